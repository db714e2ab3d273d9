//! The raft log on disk.
//!
//! [`open`] gives a store that was verified from the first record to the last, or an empty one, and
//! says which. `docs/decisions/0002-storage.md` says which database is under it, and why; the
//! power-cut test (`tests/power_cut.rs`) is the evidence.

mod archive;
mod error;
mod kv;
pub mod limits;
mod log;
mod open;
mod redb_kv;
#[cfg(feature = "sled-log")]
mod sled_kv;
mod value;

pub use archive::Archive;
pub use error::Error;
pub use log::KvLog;
#[cfg(feature = "sled-log")]
pub use open::open_sled;
pub use open::{Opened, open};
pub use redb_kv::RedbKv;
#[cfg(feature = "sled-log")]
pub use sled_kv::SledKv;

/// The store that the daemon uses.
pub type Store = KvLog<RedbKv>;
