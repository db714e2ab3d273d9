//! The simulator: one seed, one world.
//!
//! The real node, membership, replica, policy and fencer run in virtual time on simulated hosts:
//! networks that lose, delay, repeat and cut; disks whose power is cut; clocks that run apart;
//! agents that fail, hang and lie; management cards that are dead, slow, refusing or mute. The
//! [`checks`] are separate and dumb. A seed that fails is printed, and fails again.

pub mod admin;
pub mod agents;
pub mod bugs;
pub mod chaos;
pub mod checks;
pub mod client;
pub mod clock;
pub mod disk;
pub mod expect;
pub mod fence;
pub mod host;
mod ills;
pub mod net;
pub mod pieces;
pub mod rng;
mod roughness;
mod rounds;
pub mod run;
pub mod script;
pub mod setup;
mod shell;
pub mod world;
