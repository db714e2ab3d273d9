//! A host's disk: it outlives daemons, and a power-cut takes what was not synced.

use std::cell::RefCell;
use std::rc::Rc;

use rota_replica::record::{Entry, HardState, Snapshot, SnapshotMeta};
use rota_replica::{Bounds, LogStore, MemStore, StoreError, StoreId};

use crate::clock::Time;

/// What the operating system says of a full disk.
pub const NO_ROOM: &str = "no space left on device";

/// The log's store on a host's disk. Clones are the same disk.
#[derive(Clone, Debug)]
pub struct SimDisk(Rc<RefCell<Inner>>);

#[derive(Debug)]
struct Inner {
    me: u64,
    store: MemStore,
    votes_given: u64,
    full: bool,
    takes: Time,
    syncs: u64,
}

impl Inner {
    /// Whether there is room for what is to be written.
    fn room(&self) -> Result<(), StoreError> {
        if self.full { Err(StoreError::Disk(NO_ROOM.to_owned())) } else { Ok(()) }
    }
}

impl SimDisk {
    /// An empty disk of the node of this number.
    pub fn new(me: u64, id: u64) -> Self {
        let store = MemStore::new(StoreId(id));
        Self(Rc::new(RefCell::new(Inner {
            me,
            store,
            votes_given: 0,
            full: false,
            takes: 0,
            syncs: 0,
        })))
    }

    /// Steps that a power-cut could undo now.
    pub fn unsynced(&self) -> usize {
        self.0.borrow().store.unsynced()
    }

    /// Cuts the power: of the un-synced steps only the first `keep` survive.
    pub fn power_cut(&self, keep: usize) {
        self.0.borrow_mut().store.power_cut(keep);
    }

    /// The disk takes so many calls more, then it fails.
    pub fn fail_after(&self, calls: u64) {
        self.0.borrow_mut().store.fail_after(calls);
    }

    /// The store is gone; an empty one takes its place.
    pub fn lose(&self, id: u64) {
        self.0.borrow_mut().store = MemStore::new(StoreId(id));
    }

    /// From now on there is no room for anything more, or there is again.
    pub fn fill(&self, full: bool) {
        self.0.borrow_mut().full = full;
    }

    /// From now on each sync takes so long.
    pub fn slow(&self, takes: Time) {
        self.0.borrow_mut().takes = takes;
    }

    /// How long a sync takes.
    pub fn takes(&self) -> Time {
        self.0.borrow().takes
    }

    /// How often the log was synced.
    pub fn syncs(&self) -> u64 {
        self.0.borrow().syncs
    }

    /// Whether the disk is full or slow.
    pub fn is_ill(&self) -> bool {
        let inner = self.0.borrow();
        inner.full || inner.takes > 0
    }

    /// How often a vote for somebody else was written.
    pub fn votes_given(&self) -> u64 {
        self.0.borrow().votes_given
    }

    /// A deliberate bug: the disk forgets for whom it voted.
    pub fn forget_vote(&self) {
        let mut inner = self.0.borrow_mut();
        let hard = HardState { vote: 0, ..inner.store.hard_state() };
        // Memory does not fail without being told to.
        let _ = inner.store.append(&[], Some(hard)).and_then(|()| inner.store.sync());
    }
}

impl LogStore for SimDisk {
    fn id(&self) -> StoreId {
        self.0.borrow().store.id()
    }

    fn renumber(&mut self, id: StoreId) -> Result<(), StoreError> {
        self.0.borrow_mut().store.renumber(id)
    }

    fn hard_state(&self) -> HardState {
        self.0.borrow().store.hard_state()
    }

    fn snapshot_meta(&self) -> SnapshotMeta {
        self.0.borrow().store.snapshot_meta()
    }

    fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.0.borrow().store.snapshot()
    }

    fn bounds(&self) -> Bounds {
        self.0.borrow().store.bounds()
    }

    fn entries(&self, low: u64, high: u64, bytes_max: u64) -> Result<Vec<Entry>, StoreError> {
        self.0.borrow().store.entries(low, high, bytes_max)
    }

    fn term(&self, index: u64) -> Result<u64, StoreError> {
        self.0.borrow().store.term(index)
    }

    fn append(&mut self, entries: &[Entry], hard: Option<HardState>) -> Result<(), StoreError> {
        let mut inner = self.0.borrow_mut();
        inner.room()?;
        let before = inner.store.hard_state();
        if let Some(hard) = hard
            && hard.vote != 0
            && hard.vote != inner.me
            && (hard.vote, hard.term) != (before.vote, before.term)
        {
            inner.votes_given += 1;
        }
        inner.store.append(entries, hard)
    }

    fn install(&mut self, snapshot: &Snapshot, hard: HardState) -> Result<(), StoreError> {
        let mut inner = self.0.borrow_mut();
        inner.room()?;
        inner.store.install(snapshot, hard)
    }

    fn compact(&mut self, snapshot: &Snapshot, first: u64) -> Result<(), StoreError> {
        let mut inner = self.0.borrow_mut();
        inner.room()?;
        inner.store.compact(snapshot, first)
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        let mut inner = self.0.borrow_mut();
        inner.syncs += 1;
        inner.store.sync()
    }
}
