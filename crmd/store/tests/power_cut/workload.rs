//! The fixed workload, and the state after each of its steps.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use rota_replica::laws::{Model, observe};
use rota_replica::record::{ConfState, Entry, HardState, Snapshot, SnapshotMeta};
use rota_replica::{LogStore, MemStore, StoreError, StoreId};
use rota_store::Opened;

/// Votes, appends, truncations, compactions, a snapshot from elsewhere.
pub const STEPS: u64 = 40;

/// Makes values larger: a long run by hand sets `ROTA_POWER_CUT_SCALE`, CI does not.
fn scale() -> usize {
    std::env::var("ROTA_POWER_CUT_SCALE").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// Runs all steps, syncing after each but every seventh, and says what is safe.
pub fn run<S: LogStore>(opened: Opened<S>, acks: &Path) {
    let mut acks = File::create(acks).unwrap();
    let mut store = opened.into_store();
    acks.write_all(b"ack 0\n").unwrap();
    for n in 1..=STEPS {
        step(&mut store, n).unwrap();
        if n % 7 != 0 {
            store.sync().unwrap();
            acks.write_all(format!("ack {n}\n").as_bytes()).unwrap();
        }
    }
}

/// The state after 0, 1, 2 ... steps.
pub fn models() -> Vec<Model> {
    let mut store = MemStore::new(StoreId(1));
    let mut models = vec![observe(&store).unwrap()];
    for n in 1..=STEPS {
        step(&mut store, n).unwrap();
        models.push(observe(&store).unwrap());
    }
    models
}

fn step(store: &mut impl LogStore, n: u64) -> Result<(), StoreError> {
    let last = store.bounds().last;
    let term = store.hard_state().term;
    match n {
        1 => install(store, 1, 1),
        25 => install(store, last + 100, term + 1),
        _ if n % 9 == 0 => {
            store.append(&[], Some(HardState { term: term + 1, vote: n, commit: last }))
        }
        _ if n % 10 == 0 => compact(store, n),
        _ if n % 5 == 0 => {
            // A new leader drops two entries and puts its own there.
            let start = (last - 1).max(store.bounds().first);
            append(store, start, 2, term + 1)
        }
        _ => append(store, last + 1, 1 + n % 3, term),
    }
}

fn append(store: &mut impl LogStore, start: u64, count: u64, term: u64) -> Result<(), StoreError> {
    let entries: Vec<Entry> = (start..start + count)
        .map(|index| {
            let data = format!("{term}/{index} ")
                .repeat((20 + index as usize % 30) * scale())
                .into_bytes();
            Entry { term, index, data, ..Entry::default() }
        })
        .collect();
    store.append(&entries, Some(HardState { term, vote: 2, commit: start - 1 }))
}

fn snapshot(index: u64, term: u64, size: usize) -> Snapshot {
    let conf = ConfState { voters: vec![1, 2, 3], ..ConfState::default() };
    let data = format!("{index};").into_bytes().into_iter().cycle().take(size * scale()).collect();
    Snapshot { data, metadata: Some(SnapshotMeta { conf_state: Some(conf), index, term }) }
}

fn install(store: &mut impl LogStore, index: u64, term: u64) -> Result<(), StoreError> {
    store.install(&snapshot(index, term, 9_000), HardState { term, vote: 0, commit: index })
}

fn compact(store: &mut impl LogStore, n: u64) -> Result<(), StoreError> {
    let bounds = store.bounds();
    let index = bounds.last - 1;
    let term = store.term(index)?;
    // One of them is larger than one piece.
    let size = if n == 20 { 90_000 } else { 5_000 };
    store.compact(&snapshot(index, term, size), bounds.first.max(index.saturating_sub(3)))
}
