//! A store in memory whose power can be cut.

use std::collections::VecDeque;

use crate::record::{Entry, HardState, Snapshot, SnapshotMeta};
use crate::store::Budget;
use crate::{Bounds, LogStore, StoreError, StoreId};

/// A store in memory, for tests and the simulator. Knows which steps were synced, and can forget
/// the others.
#[derive(Clone, Debug)]
pub struct MemStore {
    id: StoreId,
    live: State,
    synced: State,
    unsynced: Vec<Step>,
    budget: Option<u64>,
}

#[derive(Clone, Debug, Default)]
struct State {
    hard: HardState,
    snapshot: Snapshot,
    /// Index and term of the last entry that was dropped.
    before: (u64, u64),
    entries: VecDeque<Entry>,
}

#[derive(Clone, Debug)]
enum Step {
    Append(Vec<Entry>, Option<HardState>),
    Install(Snapshot, HardState),
    Compact(Snapshot, u64),
}

impl MemStore {
    /// An empty store.
    #[must_use]
    pub fn new(id: StoreId) -> Self {
        MemStore {
            id,
            live: State::default(),
            synced: State::default(),
            unsynced: Vec::new(),
            budget: None,
        }
    }

    /// How many steps a power-cut could undo now.
    #[must_use]
    pub fn unsynced(&self) -> usize {
        self.unsynced.len()
    }

    /// Cuts the power: of the un-synced steps the first `keep` survive, the others never were.
    pub fn power_cut(&mut self, keep: usize) {
        let steps = std::mem::take(&mut self.unsynced);
        for step in steps.into_iter().take(keep) {
            self.synced.apply(step);
        }
        self.live = self.synced.clone();
        self.budget = None;
    }

    /// Lets `calls` further writes and syncs succeed and the following ones fail, so that a crash
    /// can be put between any two of them. A power-cut removes the limit.
    pub fn fail_after(&mut self, calls: u64) {
        self.budget = Some(calls);
    }

    fn spend(&mut self) -> Result<(), StoreError> {
        match &mut self.budget {
            None => Ok(()),
            Some(0) => Err(StoreError::Disk("simulated crash".to_owned())),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }

    fn write(&mut self, step: Step) -> Result<(), StoreError> {
        self.spend()?;
        self.live.apply(step.clone());
        self.unsynced.push(step);
        Ok(())
    }
}

impl State {
    fn bounds(&self) -> Bounds {
        let first = self.before.0 + 1;
        Bounds { first, last: self.before.0 + self.entries.len() as u64 }
    }

    fn snapshot_index(&self) -> u64 {
        self.snapshot.metadata.as_ref().map_or(0, |meta| meta.index)
    }

    fn term(&self, index: u64) -> Option<u64> {
        if index == self.before.0 {
            return Some(self.before.1);
        }
        let at = usize::try_from(index.checked_sub(self.before.0 + 1)?).ok()?;
        self.entries.get(at).map(|entry| entry.term)
    }

    fn apply(&mut self, step: Step) {
        match step {
            Step::Append(entries, hard) => {
                if let Some(first) = entries.first() {
                    let keep = first.index.saturating_sub(self.before.0 + 1);
                    self.entries.truncate(usize::try_from(keep).unwrap_or(usize::MAX));
                }
                self.entries.extend(entries);
                self.hard = hard.unwrap_or(self.hard);
            }
            Step::Install(snapshot, hard) => {
                let meta = snapshot.metadata.clone().unwrap_or_default();
                self.before = (meta.index, meta.term);
                self.entries.clear();
                self.snapshot = snapshot;
                self.hard = hard;
            }
            Step::Compact(snapshot, first) => {
                self.snapshot = snapshot;
                while self.before.0 + 1 < first {
                    let Some(entry) = self.entries.pop_front() else { break };
                    self.before = (entry.index, entry.term);
                }
            }
        }
    }
}

impl LogStore for MemStore {
    fn id(&self) -> StoreId {
        self.id
    }

    fn renumber(&mut self, id: StoreId) -> Result<(), StoreError> {
        if self.live.bounds().last > 0 || self.live.snapshot_index() > 0 {
            return Err(StoreError::Missing(0));
        }
        self.spend()?;
        self.id = id;
        Ok(())
    }

    fn hard_state(&self) -> HardState {
        self.live.hard
    }

    fn snapshot_meta(&self) -> SnapshotMeta {
        self.live.snapshot.metadata.clone().unwrap_or_default()
    }

    fn snapshot(&self) -> Result<Snapshot, StoreError> {
        match self.live.snapshot.metadata {
            Some(_) => Ok(self.live.snapshot.clone()),
            None => Err(StoreError::Missing(0)),
        }
    }

    fn bounds(&self) -> Bounds {
        self.live.bounds()
    }

    fn entries(&self, low: u64, high: u64, bytes_max: u64) -> Result<Vec<Entry>, StoreError> {
        let bounds = self.bounds();
        if low < bounds.first || high > bounds.last + 1 || low > high {
            return Err(StoreError::Missing(low));
        }
        let skip = usize::try_from(low - bounds.first).unwrap_or(usize::MAX);
        let count = usize::try_from(high - low).unwrap_or(usize::MAX);
        let wanted = self.live.entries.iter().skip(skip).take(count);
        let mut budget = Budget::new(bytes_max);
        Ok(wanted.take_while(|entry| budget.admits(entry)).cloned().collect())
    }

    fn term(&self, index: u64) -> Result<u64, StoreError> {
        self.live.term(index).ok_or(StoreError::Missing(index))
    }

    fn append(&mut self, entries: &[Entry], hard: Option<HardState>) -> Result<(), StoreError> {
        let bounds = self.bounds();
        if let Some(first) = entries.first()
            && (first.index > bounds.last + 1 || first.index < bounds.first)
        {
            return Err(StoreError::Missing(first.index));
        }
        self.write(Step::Append(entries.to_vec(), hard))
    }

    fn install(&mut self, snapshot: &Snapshot, hard: HardState) -> Result<(), StoreError> {
        self.write(Step::Install(snapshot.clone(), hard))
    }

    fn compact(&mut self, snapshot: &Snapshot, first: u64) -> Result<(), StoreError> {
        let index = snapshot.metadata.as_ref().map_or(0, |meta| meta.index);
        let bounds = self.bounds();
        if first < bounds.first || first > index + 1 || index > bounds.last {
            return Err(StoreError::Missing(first));
        }
        self.write(Step::Compact(snapshot.clone(), first))
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        self.spend()?;
        for step in std::mem::take(&mut self.unsynced) {
            self.synced.apply(step);
        }
        Ok(())
    }
}
