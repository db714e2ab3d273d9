//! Executing a graph of actions (pure).
//!
//! A [`Graph`] is a plan with nothing left to choose: which actions, on which nodes, and which
//! of them must be complete before which. The policy engine writes it, the executor walks it,
//! the simulator prints it.

pub mod abort;
pub mod action;
mod carry;
pub mod dot;
pub mod executor;
pub mod graph;

pub use abort::AbortReason;
pub use action::Progress;
pub use carry::Carried;
pub use executor::Executor;
pub use graph::{
    Action, ActionId, Digests, FenceAction, Graph, InUnit, Interval, OpKey, Params, Part,
    ResourceOp, Task, UnitId,
};
