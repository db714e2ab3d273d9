//! Decides what should run where: one pure function from state and time to a plan.
//!
//! The stages, in the order in which data flows through them: `nodes` and `unpack` (the Cib
//! becomes dense tables), `history` (what runs where, what failed), `constraints`, `assign`
//! (scores become nodes and roles), `create`, `recurring`, `probe`, `fence`, `order`
//! (actions and orderings), `actions` (consequences), `emit` (the graph).

mod actions;
pub mod agents;
mod assign;
mod bundle;
mod changes;
pub mod check;
mod circles;
mod constraints;
mod create;
mod digest;
mod emit;
pub mod explain;
mod fence;
mod history;
mod migrate;
mod model;
mod nodes;
mod notify;
mod notify_lists;
mod options;
mod order;
mod pattern;
mod plan;
mod probe;
mod reads;
mod recurring;
mod remote;
mod rules;
mod running;
mod score;
mod sequence;
pub mod simulate;
mod summary;
mod tickets;
mod units;
mod unpack;
mod values;

pub use options::recheck_interval;
pub use pattern::is_found;
pub use plan::{Options, Placed, Plan, plan, plan_since};
pub use reads::reads_attribute;
pub use running::{Running, running, unclean};
