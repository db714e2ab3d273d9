//! Runs OCF, systemd and LSB agents.
//!
//! [`Runner::run`] takes one [`Request`] and gives one [`Outcome`]. It never blocks its caller's
//! thread for longer than a spawn, and it always ends: an agent that overstays its timeout is
//! killed with its process group. It waits for the agent's exit and never for the end of its
//! output, because a service that an agent leaves behind may hold the pipes open for ever.
//!
//! Actions that change something run below a *keeper* ([`keeper`]), a tiny process that survives
//! the daemon and writes down how the agent ended. With the [`journal`] a daemon that was killed and
//! restarted knows every result that nobody has heard of yet, and every agent still running.
//!
//! [`metadata`] is pure: no clock, no process, no disk. When a monitor is due, `rota-node` knows.

mod child;
mod command;
mod environment;
pub mod journal;
pub mod keeper;
pub mod limits;
pub mod metadata;
mod orphan;
mod outcome;
mod output;
mod queue;
mod request;
mod runner;
mod systemd;

pub use environment::environment;
pub use orphan::{InFlight, Recovered, RecoveredOutcome};
pub use outcome::{OcfCode, Outcome, Status};
pub use request::{Action, Agent, AgentError, Class, OpId, Request};
pub use runner::{Config, Error, Keeper, Runner};
