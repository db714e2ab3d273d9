//! One replicated log: how raft is used (pure but for raft's own crates).
//!
//! The payload is opaque bytes; the state machine that they feed is the caller's. A [`Replica`]
//! owns raft and a [`LogStore`]. It has no clock: a tick is [`limits::TICK_MS`] of the caller's time.
//!
//! The loop: hand in what happened with [`Replica::step`] and [`Replica::propose`], as much of it as
//! is at hand, then call [`Replica::flush`] once: it writes and syncs once, and only then returns
//! the messages and committed entries that depend on it.
//!
//! What raft-rs does not promise and this crate adds:
//! - a replica whose store is empty never votes, and messages meant for the store that was lost
//!   never reach the one that took its place ([`StoreId`]);
//! - a configuration takes effect only when the commit index that makes it valid is on disk;
//! - foreign bytes are decoded by prost and checked before raft sees them;
//! - elections start when the caller's detector is sure, spread by rank, and by a repeatable clock.

mod check;
mod config;
mod core;
mod elect;
mod error;
pub mod limits;
mod logger;
mod mem;
mod members;
mod raft_types;
pub mod record;
mod store;

#[cfg(any(test, feature = "testing"))]
pub mod laws;

pub use config::{Config, Effect, Input, LogIndex, Position, Role};
pub use core::Replica;
pub use error::{Error, NotLeader, ProposeError, Refused};
pub use mem::MemStore;
pub use members::{Follower, Members, Seat};
pub use store::{Bounds, Budget, LogStore, StoreError, StoreId};
