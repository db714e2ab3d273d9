//! Every bound of this crate, with its reason.

/// Memory for the database's cache. The log is written far more than read, and the whole daemon
/// has 40 MB.
pub const CACHE_BYTES: usize = 4 << 20;

/// Snapshots are stored in pieces of this size: sled would put larger values into files of their
/// own, which nobody syncs.
pub const PIECE_BYTES: usize = 64 << 10;

/// How many damaged stores are kept beside the living one before we refuse to set another aside:
/// something is wrong with that disk, and it must not be filled either.
pub const DAMAGED_MAX: u32 = 100;

/// Times 10 ms: how long to wait for the lock of a sled store that was just closed.
pub const SLED_LOCK_ATTEMPTS: u32 = 100;
