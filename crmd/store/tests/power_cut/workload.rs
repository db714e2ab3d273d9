//! The fixed workload, and the state after each of its steps.

use std::fs::File;
use std::io::Write as _;
use std::ops::Range;
use std::path::Path;

use rota_replica::laws::{Model, observe};
use rota_replica::record::{ConfState, Entry, HardState, Snapshot, SnapshotMeta};
use rota_replica::{LogStore, MemStore, StoreError, StoreId};
use rota_store::Opened;

/// Votes, appends, truncations, compactions, a snapshot from elsewhere.
#[derive(Clone, Copy)]
pub struct Workload {
    pub steps: u64,
    /// Makes entries and snapshots larger.
    pub scale: usize,
}

/// Runs all steps, syncing after each but every seventh, and says what is safe.
pub fn run<S: LogStore>(work: Workload, opened: Opened<S>, acks: &Path) {
    let mut acks = File::create(acks).unwrap();
    let mut store = opened.into_store();
    acks.write_all(b"ack 0\n").unwrap();
    for n in 1..=work.steps {
        step(&mut store, n, work.scale).unwrap();
        if !n.is_multiple_of(7) {
            store.sync().unwrap();
            acks.write_all(format!("ack {n}\n").as_bytes()).unwrap();
        }
    }
}

/// The state after 0, 1, 2 ... steps.
pub fn models(work: Workload) -> Vec<Model> {
    let mut store = MemStore::new(StoreId(1));
    let mut models = vec![observe(&store).unwrap()];
    for n in 1..=work.steps {
        step(&mut store, n, work.scale).unwrap();
        models.push(observe(&store).unwrap());
    }
    models
}

fn step(store: &mut impl LogStore, n: u64, scale: usize) -> Result<(), StoreError> {
    let last = store.bounds().last;
    let term = store.hard_state().term;
    match n {
        1 => install(store, (1, 1), scale),
        25 => install(store, (last + 100, term + 1), scale),
        _ if n.is_multiple_of(9) => {
            store.append(&[], Some(HardState { term: term + 1, vote: n, commit: last }))
        }
        _ if n.is_multiple_of(10) => compact(store, n, scale),
        _ if n.is_multiple_of(5) => {
            // A new leader drops two entries and puts its own there.
            let start = (last - 1).max(store.bounds().first);
            append(store, start..start + 2, term + 1, scale)
        }
        _ => append(store, last + 1..last + 2 + n % 3, term, scale),
    }
}

fn append(
    store: &mut impl LogStore,
    range: Range<u64>,
    term: u64,
    scale: usize,
) -> Result<(), StoreError> {
    let commit = range.start - 1;

    let entries: Vec<Entry> = range
        .map(|index| {
            let data =
                format!("{term}/{index} ").repeat((20 + index as usize % 30) * scale).into_bytes();
            Entry { term, index, data, ..Entry::default() }
        })
        .collect();
    store.append(&entries, Some(HardState { term, vote: 2, commit }))
}

fn snapshot(index: u64, term: u64, size: usize) -> Snapshot {
    let conf = ConfState { voters: vec![1, 2, 3], ..ConfState::default() };
    let data = format!("{index};").into_bytes().into_iter().cycle().take(size).collect();
    Snapshot { data, metadata: Some(SnapshotMeta { conf_state: Some(conf), index, term }) }
}

fn install(
    store: &mut impl LogStore,
    (index, term): (u64, u64),
    scale: usize,
) -> Result<(), StoreError> {
    store.install(&snapshot(index, term, 9_000 * scale), HardState { term, vote: 0, commit: index })
}

fn compact(store: &mut impl LogStore, n: u64, scale: usize) -> Result<(), StoreError> {
    let bounds = store.bounds();
    let index = bounds.last - 1;
    let term = store.term(index)?;
    // One of them is larger than one piece.
    let size = if n == 20 { 90_000 } else { 5_000 };
    store.compact(&snapshot(index, term, size * scale), bounds.first.max(index.saturating_sub(3)))
}
