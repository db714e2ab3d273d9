//! The laws of [`LogStore`], as one test for every implementation.
//!
//! Random steps are done to the store and to a plain model of it; after each the two must agree.
//! Every so often the store is closed and opened again, as after a crash: then it must agree with
//! the model after *some* step that is not before the last sync.

use std::collections::BTreeMap;

use crate::record::{ConfState, Entry, HardState, Snapshot, SnapshotMeta};
use crate::{Bounds, LogStore, StoreError, StoreId};

/// Runs the laws with `seeds` seeds of 60 steps. `fresh` makes an empty store; `reopen` closes one
/// (or cuts its power, if it can) and opens it again.
///
/// # Panics
/// When a law is broken, with the seed and the step.
pub fn check<S: LogStore>(
    seeds: u64,
    mut fresh: impl FnMut(StoreId) -> S,
    mut reopen: impl FnMut(S) -> S,
) {
    for seed in 0..seeds {
        let mut id = StoreId(seed + 1);
        let mut run = Run::new(seed, fresh(id));
        run.agree("when it is empty");
        if seed % 2 == 1 {
            id = StoreId(seed + 1_000);
            assert!(run.store.renumber(id).is_ok(), "seed {seed}: an empty store is renumbered");
        }
        for step in 0..60 {
            let what = format!("seed {seed}, step {step}");
            if run.random.below(12) == 0 {
                run = run.reopened(&mut reopen, &what);
            } else {
                run.step(&what);
            }
            run.agree(&what);
            assert_eq!(run.store.id(), id, "{what}: the store has another id");
        }
    }
}

/// What a store must look like.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    hard: HardState,
    snapshot: Option<Snapshot>,
    before: (u64, u64),
    entries: BTreeMap<u64, Entry>,
}

/// Reads everything that a store holds, through every one of its reading methods.
///
/// # Errors
/// The store's.
///
/// # Panics
/// When two readings contradict each other.
pub fn observe(store: &impl LogStore) -> Result<Model, StoreError> {
    let Bounds { first, last } = store.bounds();
    let before = (first - 1, store.term(first - 1)?);
    let all = store.entries(first, last + 1, u64::MAX)?;
    for entry in &all {
        assert_eq!(store.term(entry.index)?, entry.term, "term and entry differ");
        let alone = store.entries(entry.index, entry.index + 1, 0)?;
        assert_eq!(alone.as_slice(), std::slice::from_ref(entry), "read alone it differs");
    }
    if all.len() > 1 {
        let some = store.entries(first, last + 1, 1)?;
        let more: usize = some.iter().skip(1).map(|entry| entry.data.len()).sum();
        assert!(more <= 1, "more bytes than asked for");
        assert_eq!(some.first(), all.first(), "a limit must not skip entries");
    }
    let meta = store.snapshot_meta();
    let snapshot = match meta.index {
        0 => None,
        _ => Some(store.snapshot()?),
    };
    let meta_again = snapshot.as_ref().and_then(|snapshot| snapshot.metadata.clone());
    assert_eq!(meta_again.unwrap_or_default(), meta, "two opinions on the snapshot");
    let entries = all.into_iter().map(|entry| (entry.index, entry)).collect();
    Ok(Model { hard: store.hard_state(), snapshot, before, entries })
}

struct Run<S> {
    random: Random,
    store: S,
    model: Model,
    /// The model after each step since the last sync, that of the sync first.
    since_sync: Vec<Model>,
}

impl<S: LogStore> Run<S> {
    fn new(seed: u64, store: S) -> Self {
        let model = Model::default();
        Run { random: Random(seed), store, since_sync: vec![model.clone()], model }
    }

    fn agree(&self, what: &str) {
        let seen = observe(&self.store).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(seen, self.model, "{what}");
        let Bounds { first, last } = self.store.bounds();
        assert!(self.store.term(last + 1).is_err(), "{what}: a term beyond the end");
        assert!(self.store.entries(first, last + 2, 1).is_err(), "{what}: an entry beyond the end");
        if first > 1 {
            assert!(self.store.entries(first - 1, last, 1).is_err(), "{what}: a dropped entry");
        }
    }

    fn reopened(mut self, reopen: &mut impl FnMut(S) -> S, what: &str) -> Self {
        self.store = reopen(self.store);
        let seen = observe(&self.store).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(
            self.since_sync.contains(&seen),
            "{what}: after a crash the store holds\n{seen:?}\nbut since the last sync it was\n{:?}",
            self.since_sync
        );
        self.since_sync = vec![seen.clone()];
        self.model = seen;
        self
    }

    fn step(&mut self, what: &str) {
        let done = match self.random.below(10) {
            0..=3 => self.append(),
            4 => self.vote(),
            5 => self.compact(),
            6 if self.random.below(3) == 0 => self.install(),
            7 => self.append_with_a_gap(),
            _ => self.sync(),
        };
        done.unwrap_or_else(|error| panic!("{what}: {error}"));
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        self.store.sync()?;
        self.since_sync = vec![self.model.clone()];
        Ok(())
    }

    fn written(&mut self) {
        self.since_sync.push(self.model.clone());
    }

    fn last(&self) -> (u64, u64) {
        let last = self.model.entries.values().next_back();
        last.map_or(self.model.before, |entry| (entry.index, entry.term))
    }

    fn append(&mut self) -> Result<(), StoreError> {
        let (last, _) = self.last();
        let back = self.random.below(4).min(last - self.model.before.0);
        let start = last + 1 - back;
        let term = self.model.hard.term.max(self.last().1) + self.random.below(2);
        let entries: Vec<Entry> = (0..self.random.below(5))
            .map(|n| Entry {
                entry_type: i32::from(self.random.below(5) == 0) * 2,
                term,
                index: start + n,
                data: self.random.bytes(),
                context: Vec::new(),
            })
            .collect();
        let commit = self.model.hard.commit;
        let hard = (self.random.below(3) > 0).then_some(HardState { term, vote: 0, commit });
        self.store.append(&entries, hard)?;
        if !entries.is_empty() {
            self.model.entries.retain(|index, _| *index < start);
        }
        self.model.entries.extend(entries.into_iter().map(|entry| (entry.index, entry)));
        self.model.hard = hard.unwrap_or(self.model.hard);
        self.written();
        Ok(())
    }

    fn append_with_a_gap(&mut self) -> Result<(), StoreError> {
        let entry = Entry { index: self.last().0 + 2, term: 9, ..Entry::default() };
        match self.store.append(&[entry], None) {
            Err(StoreError::Missing(_)) => Ok(()),
            Err(error) => Err(error),
            Ok(()) => panic!("a gap in the log was accepted"),
        }
    }

    fn vote(&mut self) -> Result<(), StoreError> {
        let term = self.model.hard.term + 1;
        let hard = HardState { term, vote: self.random.below(9), commit: self.last().0 };
        self.store.append(&[], Some(hard))?;
        self.model.hard = hard;
        self.written();
        Ok(())
    }

    fn snapshot(&mut self, index: u64, term: u64) -> Snapshot {
        let mut data = self.random.bytes();
        if self.random.below(4) == 0 {
            // Larger than one piece of any store.
            data = data.iter().copied().cycle().take(150_000).collect();
        }
        let conf = ConfState { voters: vec![1, 2, index], ..ConfState::default() };
        Snapshot { data, metadata: Some(SnapshotMeta { conf_state: Some(conf), index, term }) }
    }

    fn compact(&mut self) -> Result<(), StoreError> {
        let held: Vec<(u64, u64)> =
            self.model.entries.values().map(|entry| (entry.index, entry.term)).collect();
        let old = self.model.snapshot.as_ref().and_then(|s| s.metadata.as_ref());
        let old = old.map_or(0, |meta| meta.index);
        let newer: Vec<_> = held.into_iter().filter(|(index, _)| *index > old).collect();
        let Some((index, term)) = self.random.choose(&newer) else { return Ok(()) };
        let snapshot = self.snapshot(index, term);
        let keep = self.random.below(4).min(index - self.model.before.0);
        let first = index + 1 - keep;
        self.store.compact(&snapshot, first)?;
        if let Some(entry) = self.model.entries.get(&(first - 1)) {
            self.model.before = (entry.index, entry.term);
        }
        self.model.entries.retain(|index, _| *index >= first);
        self.model.snapshot = Some(snapshot);
        self.written();
        Ok(())
    }

    fn install(&mut self) -> Result<(), StoreError> {
        let index = self.last().0 + 1 + self.random.below(50);
        let term = self.model.hard.term.max(self.last().1) + 1;
        let snapshot = self.snapshot(index, term);
        let hard = HardState { term, vote: 0, commit: index };
        self.store.install(&snapshot, hard)?;
        let entries = BTreeMap::new();
        self.model = Model { hard, snapshot: Some(snapshot), before: (index, term), entries };
        self.written();
        Ok(())
    }
}

/// SplitMix64: the same steps for the same seed, everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }

    fn bytes(&mut self) -> Vec<u8> {
        (0..self.below(40)).map(|_| u8::try_from(self.below(256)).unwrap_or(0)).collect()
    }

    fn choose<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        let at = self.below(from.len().max(1) as u64);
        from.get(usize::try_from(at).unwrap_or(0)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::MemStore;

    #[test]
    fn the_store_in_memory_keeps_the_laws_when_everything_unsynced_is_lost() {
        check(200, MemStore::new, |mut store| {
            store.power_cut(0);
            store
        });
    }

    #[test]
    fn the_store_in_memory_keeps_the_laws_when_half_of_the_unsynced_is_lost() {
        check(200, MemStore::new, |mut store| {
            let keep = store.unsynced() / 2;
            store.power_cut(keep);
            store
        });
    }
}
