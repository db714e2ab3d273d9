//! Why a running graph must stop.

use std::fmt;

use rota_ids::{NodeId, Text};

/// What made the plan behind a graph stale.
///
/// A stopped graph hands out nothing more; what is in flight goes on and is known to the next
/// plan. There is no urgency to choose: planning again is cheap, and never waits for the old
/// graph to drain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AbortReason {
    /// The configuration changed.
    Configuration,
    /// Somebody joined, left or was lost.
    Membership,
    /// An action ended otherwise than the plan expected.
    ActionFailed {
        /// Its key, such as `vip_start_0`.
        key: Text,
    },
    /// A result arrived that no graph asked for: a recurring monitor, an action of an older DC.
    UnexpectedResult {
        /// Its key.
        key: Text,
    },
    /// A node attribute, a ticket or a fail count changed.
    Status,
    /// A node was proven off, though this graph did not ask for it.
    Fenced(NodeId),
    /// The time for which the plan was made is over: a failure expired, a rule's date came.
    Time,
    /// Another node is the DC now, or nobody is.
    NotLeader,
}

impl fmt::Display for AbortReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration => f.write_str("the configuration changed"),
            Self::Membership => f.write_str("the membership changed"),
            Self::ActionFailed { key } => write!(f, "{key} failed"),
            Self::UnexpectedResult { key } => write!(f, "{key} ended unasked"),
            Self::Status => f.write_str("the status changed"),
            Self::Fenced(node) => write!(f, "node {node} was fenced"),
            Self::Time => f.write_str("the time came to look again"),
            Self::NotLeader => f.write_str("this node is no longer the DC"),
        }
    }
}
