//! Making sure that a node is off: the planning half, without sockets, clock or randomness.
//!
//! The promise: [`Effect::Proven`] is said only with a [`Proof`]: every device of one level has
//! shown the power off, or the administrator vouched for it, or a new boot of the target was seen.
//! It is said as soon as the power is off; switching on again afterwards is best effort.
//!
//! What it does not promise: that a proof ever comes. A target whose devices all fail stays
//! [`Effect::Exhausted`]: visible, tried again at intervals and whenever devices or nodes change.
//!
//! The crate knows no configuration format: the caller hands in [`Device`]s and a [`Topology`],
//! carries out [`Effect`]s and feeds [`Event`]s back into [`Fencer::step`].

mod device;
mod fencer;
mod history;
mod job;
mod leg;
mod limits;
mod merge;
mod params;
mod plan;
mod proof;
mod request;
mod topology;

pub use device::{Delay, Device, DeviceId, Targets, Timeouts};
pub use fencer::{Effect, Event, Fencer, JobView};
pub use history::{History, HistoryEntry, Outcome, Recorded};
pub use job::{FencingJob, JobEvent, Phase};
pub use leg::{AttemptId, Executor, Surroundings};
pub use limits::HISTORY_ENTRIES_MAX;
pub use params::Finding;
pub use proof::{DeviceProof, Proof, Reply, Verdict};
pub use request::{Action, Chance, Request, RequestDelay, Wish};
pub use topology::Topology;
