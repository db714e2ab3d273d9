//! What can fail.

use rota_ids::NodeId;

use crate::StoreError;

/// A replica that says this is dead: drop it, let the process end, its peers recover.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk failed. What was being written may or may not be there.
    #[error("store failed")]
    Store(#[from] StoreError),
    /// The store contradicts itself. Nothing was changed; it must be set aside.
    #[error("store is inconsistent: {0}")]
    Inconsistent(String),
    /// A leader sent another entry for a place that is committed here. Nothing was changed.
    #[error("log differs from the leader's at committed index {0}")]
    Diverged(u64),
    /// raft refused its own state. Nothing can be said about memory; the disk is as last synced.
    #[error("raft refused: {0}")]
    Raft(String),
    /// `bootstrap` was called on a store that already holds a log. Nothing was changed.
    #[error("store is not empty")]
    NotEmpty,
}

/// The one to ask instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the leader")]
pub struct NotLeader {
    /// Who leads, if known.
    pub leader: Option<NodeId>,
}

/// Why a proposal was not taken. It is in no log and never will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProposeError {
    /// Ask the leader.
    #[error(transparent)]
    NotLeader(#[from] NotLeader),
    /// Too much is waiting for commitment, or leadership is being handed over. Try again.
    #[error("leader is busy")]
    Busy,
    /// Larger than [`crate::limits::PROPOSAL_BYTES_MAX`], or empty.
    #[error("proposal is empty or too large")]
    Size,
}

/// Why a change of membership was not taken. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Ask the leader.
    #[error(transparent)]
    NotLeader(#[from] NotLeader),
    /// A store with this number or a newer one was seen under that node id: a node that was removed
    /// or lost its disk comes back with an empty, newer store.
    #[error("a newer store of this node is known; come back with an empty one")]
    StaleStore,
    /// The leader does not remove itself: transfer leadership first.
    #[error("leader cannot remove itself; transfer leadership first")]
    LeaderItself,
    /// Without that node the voters that answer are no majority.
    #[error("without this node the reachable voters are no majority")]
    WouldLoseQuorum,
    /// See [`crate::limits::VOTERS_MAX`] and [`crate::limits::MEMBERS_MAX`].
    #[error("too many members")]
    TooMany,
}
