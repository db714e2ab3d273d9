//! What a sync, an append and an open cost, for both databases in one run:
//! `cargo run --release -p rota-store --example measure --features sled-log [dir]`.
//! Count the syncs with `strace -f -c -e trace=fsync,fdatasync`.

#![expect(clippy::unwrap_used, reason = "a tool for people, who can read a panic")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use rota_replica::record::{ConfState, Entry, HardState, Snapshot, SnapshotMeta};
use rota_replica::{LogStore, StoreId};
use rota_store::{Error, Opened, open, open_sled};

const BATCHES: u64 = 200;

fn main() {
    let dir = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let root = dir.join(format!("rota-store-measure-{}", std::process::id()));
    std::fs::create_dir_all(&root).unwrap();
    measure("redb", &root.join("redb"), |dir| open(dir, StoreId(1)));
    measure("sled", &root.join("sled"), |dir| open_sled(dir, StoreId(1)));
    std::fs::remove_dir_all(&root).unwrap();
}

fn measure<S: LogStore>(name: &str, dir: &Path, open: impl Fn(&Path) -> Result<Opened<S>, Error>) {
    let memory = resident_kib();
    let mut store = open(dir).unwrap().into_store();
    let conf = ConfState { voters: vec![1], ..ConfState::default() };
    let metadata = Some(SnapshotMeta { conf_state: Some(conf), index: 1, term: 1 });
    let snapshot = Snapshot { data: vec![7; 100_000], metadata };
    store.install(&snapshot, HardState { term: 1, vote: 0, commit: 1 }).unwrap();
    store.sync().unwrap();
    for size in [1, 100] {
        let mut times: Vec<u128> = (0..BATCHES).map(|_| append(&mut store, size)).collect();
        times.sort_unstable();
        let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
        println!("{name}: append {size} x 200 B + sync: median {median} us, worst {worst} us");
    }
    while store.bounds().last < 10_000 {
        append(&mut store, 500);
    }
    let entries = store.bounds().last;
    drop(store);
    let start = Instant::now();
    let store = open(dir).unwrap().into_store();
    assert!(store.bounds().last == entries);
    let took = start.elapsed().as_micros();
    let (grown, bytes) = (resident_kib() - memory, size_of(dir));
    println!("{name}: open and verify {entries} entries: {took} us; {bytes} bytes on disk");
    println!("{name}: resident memory grew by {grown} KiB in all");
}

fn append(store: &mut impl LogStore, count: u64) -> u128 {
    let last = store.bounds().last;
    let entries: Vec<Entry> = (last + 1..=last + count)
        .map(|index| Entry { term: 1, index, data: vec![index as u8; 200], ..Entry::default() })
        .collect();
    let start = Instant::now();
    store.append(&entries, Some(HardState { term: 1, vote: 1, commit: last })).unwrap();
    store.sync().unwrap();
    start.elapsed().as_micros()
}

fn resident_kib() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn size_of(dir: &Path) -> u64 {
    let items = std::fs::read_dir(dir).unwrap().map(|item| item.unwrap());
    items
        .map(|item| match item.file_type().unwrap().is_dir() {
            true => size_of(&item.path()),
            false => item.metadata().unwrap().len(),
        })
        .sum()
}
