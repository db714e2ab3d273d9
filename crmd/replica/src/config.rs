//! What goes into a replica and what comes out.

use rota_ids::{NodeId, Term};

use crate::{Members, limits};

/// A place in the log, counted from 1. 0 stands for "before everything".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogIndex(pub u64);

impl std::fmt::Display for LogIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Where a proposal was put. It is committed if and only if an entry with this index *and* this
/// term is: another term at that index means that it was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Term of the leader that took it.
    pub term: Term,
    /// Its place in the log.
    pub index: LogIndex,
}

/// How a replica behaves. Times are ticks of [`limits::TICK_MS`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// This node.
    pub me: NodeId,
    /// Feeds the repeatable election timer; must differ between nodes.
    pub seed: u64,
    /// See [`limits::ELECTION_TICKS`].
    pub election_ticks: u32,
    /// See [`limits::HEARTBEAT_TICKS`].
    pub heartbeat_ticks: u32,
    /// How long one contact counts for [`crate::Replica::is_quorate`].
    pub lease_ticks: u32,
    /// See [`limits::SNAPSHOT_RETRY_TICKS`].
    pub snapshot_retry_ticks: u32,
    /// See [`limits::KEEP_ENTRIES`].
    pub keep_entries: u64,
}

impl Config {
    /// The defaults of [`limits`] for the node `me`.
    #[must_use]
    pub fn new(me: NodeId) -> Self {
        Config {
            me,
            seed: u64::from(me.0),
            election_ticks: limits::ELECTION_TICKS,
            heartbeat_ticks: limits::HEARTBEAT_TICKS,
            lease_ticks: limits::ELECTION_TICKS,
            snapshot_retry_ticks: limits::SNAPSHOT_RETRY_TICKS,
            keep_entries: limits::KEEP_ENTRIES,
        }
    }
}

/// Everything that can happen to a replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// [`limits::TICK_MS`] have passed.
    Tick,
    /// Bytes of an [`Effect::Send`] of another replica have arrived. `from` is the authenticated
    /// sender, not what the bytes claim.
    Received {
        /// Who sent it.
        from: NodeId,
        /// What it sent.
        message: Vec<u8>,
    },
    /// The detector is sure that `leader` is gone. Given on every node that lost it. `rank` counts
    /// from 0 among the survivors and keeps their campaigns apart; the best candidate gets 0.
    LeaderLost {
        /// Who was lost; ignored when this replica follows another one already. With no leader
        /// known any node will do: the detector sees that an election can succeed.
        leader: NodeId,
        /// Place of this node among those that will campaign.
        rank: u32,
    },
    /// A message to this peer could not be delivered.
    PeerUnreachable(NodeId),
}

/// What a replica plays in its term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Follows, with or without a known leader.
    Follower,
    /// Asks whether it could win, or campaigns.
    Candidate,
    /// Leads, but has committed nothing of its term yet: it may not act.
    Elected,
    /// Leads and knows everything that was committed before.
    Leader,
}

/// Everything that a replica asks of the world, in the order in which it must be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Give these bytes to that peer. May be lost, repeated or reordered.
    Send {
        /// To whom.
        to: NodeId,
        /// [`Input::Received`] there.
        message: Vec<u8>,
    },
    /// Forget the state and take this one. The first effect after an open, but for newcomers.
    Restore {
        /// The last entry that the state includes.
        at: Position,
        /// What was given to [`crate::Replica::compact`] or [`crate::Replica::bootstrap`].
        snapshot: Vec<u8>,
    },
    /// Apply this entry. Each comes once per open, in order of index; indexes have gaps where the
    /// log holds raft's own entries.
    Committed {
        /// Where it stands.
        at: Position,
        /// What was proposed.
        data: Vec<u8>,
    },
    /// A newcomer needs a snapshot that is younger than its joining: call
    /// [`crate::Replica::compact`] with the present state. Repeated until that is done.
    SnapshotWanted,
    /// Leader, term or own role have changed.
    Role {
        /// The leader, if known.
        leader: Option<NodeId>,
        /// The current term.
        term: Term,
        /// This replica's role; [`Role::Leader`] only after all earlier commits were handed out.
        role: Role,
    },
    /// The membership that is now in force.
    Members(Members),
    /// All entries up to `index` have been handed out and none later was committed before the
    /// barrier was asked for.
    ReadReady {
        /// As given to [`crate::Replica::read_barrier`].
        token: u64,
        /// The commit index at that time.
        index: LogIndex,
    },
    /// The barrier will not be answered: this replica no longer leads. Ask the new leader.
    ReadLost {
        /// As given to [`crate::Replica::read_barrier`].
        token: u64,
    },
}
