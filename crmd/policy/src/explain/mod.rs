//! Why: for each resource and node what counted, for each action of a plan its first cause.
//!
//! The planner keeps two small records while it works: a ledger of what changed each score
//! ([`ledger`]), and of each action which other one required or forbade it (`Actions::blame`).
//! Everything else is read off the finished tables, so that an explanation cannot say anything
//! that the plan did not take into account.
//!
//! Reasons are data ([`Reason`]); their words and the commands that would change them are made in
//! one place ([`words`]).

mod blocked;
mod cause;
mod compare;
mod definition;
mod explained;
mod facts;
mod failure;
mod ledger;
mod movement;
mod promotion;
mod reason;
mod target;
mod text;
mod whole;
mod why;
mod words;

pub use explained::{Explained, Stuck};
pub use failure::Failure;
pub use reason::{Fact, NodeState, Reason};
pub use why::{Error, OnNode, PromotedRole, Subject, Verdict, Why, why, why_all};

pub(crate) use cause::Causes;
pub(crate) use ledger::{Ledger, Source};
