//! One whole cluster node as one state machine (pure).
//!
//! The daemon drives [`Node`] with real sockets, disks and agents; the simulator drives the very
//! same code with simulated ones. Nothing in here knows the wall clock, a socket or a process.
//!
//! The loop, in one direction: something happens ([`Event`]) → perhaps a proposal
//! ([`entry::Proposal`]) → the log → [`state::ClusterState::apply`] → on the leader a plan
//! ([`controller`]) → orders ([`order`]) → the node that is asked ([`local`]) → a result, which is
//! a proposal again.

mod attempts;
mod book;
pub mod controller;
mod drive;
pub mod entry;
mod event;
mod fences;
pub mod following;
pub mod limits;
pub mod local;
pub mod message;
mod minority;
mod node;
pub mod order;
mod owed;
pub mod planner;
mod proposals;
mod recall;
pub mod report;
pub mod state;
mod story;
pub mod unreachable;
mod views;

pub use drive::{BATCH_MAX, Round};
pub use event::{AgentOutcome, Ask, Effect, Event, ExecStatus, Now, RequestId, RunId, Told};
pub use node::{Config, Error, Node};
pub use planner::{PlanJob, PlanMade};
pub use rota_policy::agents::AgentParams;
pub use story::Story;
