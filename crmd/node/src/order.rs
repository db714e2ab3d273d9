//! Orders from the DC to a node, and the token that makes them safe.

use rota_ids::{Term, Text, ViewId};
use rota_transition::{Interval, ResourceOp};
use serde::{Deserialize, Serialize};

/// The fencing token of an order (architecture, D5): a node refuses what is older than the newest
/// that it has seen, so that a deposed DC can start nothing.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Token {
    /// The term of the DC that gives the order.
    pub term: Term,
    /// The view in which it planned.
    pub view: ViewId,
    /// Its transitions, counted from 1 in each term.
    pub transition: u64,
}

/// Names an order for ever: the term of its DC, and a number within it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct OrderId {
    /// The term of the DC that gave it.
    pub term: Term,
    /// Counted from 1 in that term.
    pub number: u64,
}

/// Something that a node is to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Its name, for the answer.
    pub id: OrderId,
    /// Who may give it.
    pub token: Token,
    /// What to do.
    pub task: OrderTask,
}

/// What a node can be told to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum OrderTask {
    /// Run an agent, once or from now on.
    Run(Box<ResourceOp>),
    /// Stop repeating an operation.
    Cancel {
        /// The resource.
        resource: Text,
        /// The operation.
        operation: Text,
        /// Its interval.
        interval: Interval,
    },
    /// All is stopped here: say goodbye and end.
    Leave,
}
