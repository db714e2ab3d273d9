//! Every bound of this crate, with its reason.

/// Memory for the database's cache. The log is written far more than read, and the whole daemon
/// has 40 MB.
pub const CACHE_BYTES: usize = 4 << 20;

/// Snapshots are stored in pieces of this size: no value needs a large contiguous run of pages, and
/// a damaged one names its place.
pub const PIECE_BYTES: usize = 64 << 10;

/// How many damaged stores are kept beside the living one before we refuse to set another aside:
/// something is wrong with that disk, and it must not be filled either.
pub const DAMAGED_MAX: u32 = 100;

/// Memory for the archive's cache; it is read only when somebody asks.
pub const ARCHIVE_CACHE_BYTES: u64 = 512 << 10;

/// Events kept in the archive; the oldest go first. A fencing a day fills it in three years.
pub const ARCHIVE_EVENTS_MAX: usize = 1_000;

/// One event: a line or two for people.
pub const ARCHIVE_EVENT_BYTES_MAX: usize = 4 << 10;
