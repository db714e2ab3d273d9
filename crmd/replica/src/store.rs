//! What a replica needs from a disk.

use std::fmt;

use crate::record::{Entry, HardState, Snapshot, SnapshotMeta};

/// One life of a store: given when it is created, never changed, and larger than that of any
/// earlier store of the same node (milliseconds since 1970 at creation will do). Never 0.
///
/// A node that lost its disk has a new one, so that nothing that was promised or sent under the
/// old store counts for the new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreId(pub u64);

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The entries that a store holds. Empty when `last == first - 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The first index held; 1 for an empty store.
    pub first: u64,
    /// The last index held.
    pub last: u64,
}

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system or the database under it failed. What was written since the last
    /// `sync` may or may not be there.
    #[error("disk failed: {0}")]
    Disk(String),
    /// A record does not verify. The store must not be used any more.
    #[error("record is damaged: {0}")]
    Damaged(String),
    /// Asked for what is not there. A bug of the caller; nothing was changed.
    #[error("no such entry: {0}")]
    Missing(u64),
}

/// Hard state, log and snapshot of one replica.
///
/// Each writing call is one atomic step. Readers see it at once; a power-cut may undo it until
/// `sync` has returned, together with everything after it: **what survives is a prefix of the steps
/// that includes all synced ones**. `laws::check` holds every implementation to this page.
pub trait LogStore {
    /// Which life of the store this is.
    fn id(&self) -> StoreId;

    /// Gives an empty store another number; when this returns no power-cut undoes it.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the store is not empty: what it holds belongs to its number.
    fn renumber(&mut self, id: StoreId) -> Result<(), StoreError>;

    /// The last hard state written.
    fn hard_state(&self) -> HardState;

    /// What the snapshot stands for; index 0 without one.
    fn snapshot_meta(&self) -> SnapshotMeta;

    /// The snapshot with its data.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none.
    fn snapshot(&self) -> Result<Snapshot, StoreError>;

    /// Which entries are here.
    fn bounds(&self) -> Bounds;

    /// Entries `low..high`, at least one, then as many as fit into `bytes_max` of data.
    ///
    /// # Errors
    /// [`StoreError::Missing`] outside of [`LogStore::bounds`].
    fn entries(&self, low: u64, high: u64, bytes_max: u64) -> Result<Vec<Entry>, StoreError>;

    /// The term of an entry, from `first - 1` to `last`; 0 for index 0.
    ///
    /// # Errors
    /// [`StoreError::Missing`] outside of that.
    fn term(&self, index: u64) -> Result<u64, StoreError>;

    /// Writes entries, dropping all old ones from the first new index on, and the hard state.
    /// `entries` may be empty; they are contiguous and start at `last + 1` or below.
    ///
    /// # Errors
    /// [`StoreError::Missing`] for entries that would leave a gap.
    fn append(&mut self, entries: &[Entry], hard: Option<HardState>) -> Result<(), StoreError>;

    /// Replaces everything by a snapshot from elsewhere: afterwards the log is empty and begins
    /// behind the snapshot.
    ///
    /// # Errors
    /// Only of the disk.
    fn install(&mut self, snapshot: &Snapshot, hard: HardState) -> Result<(), StoreError>;

    /// Replaces the snapshot by one of an entry held here, and drops entries below `first`, which is
    /// at most one above the snapshot's index.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the snapshot's entry or `first` is not held.
    fn compact(&mut self, snapshot: &Snapshot, first: u64) -> Result<(), StoreError>;

    /// Returns when everything written so far survives a power-cut.
    ///
    /// # Errors
    /// Only of the disk; then nothing is known about what was written since the last one.
    fn sync(&mut self) -> Result<(), StoreError>;
}

/// Counts out the entries of one [`LogStore::entries`]: the first always fits.
#[derive(Debug)]
pub struct Budget {
    left: u64,
    first: bool,
}

impl Budget {
    /// For `bytes_max` bytes of data.
    #[must_use]
    pub fn new(bytes_max: u64) -> Self {
        Budget { left: bytes_max, first: true }
    }

    /// Whether this entry goes with those admitted before.
    pub fn admits(&mut self, entry: &Entry) -> bool {
        let size = entry.data.len() as u64;
        let fits = self.first || size <= self.left;
        self.left = self.left.saturating_sub(size);
        self.first = false;
        fits
    }
}
