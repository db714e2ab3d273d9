//! Every reason to wake up, and everything a node can do to the world.

use rota_cib::Version;
use rota_cib::change::{Change, NewValue};
use rota_fencing::{AttemptId, Reply, Wish};
use rota_ids::{Moment, NodeId, NodeName, Text, WallTime};
use rota_membership::Report;
use rota_transition::ResourceOp;
use serde::{Deserialize, Serialize};

use crate::entry::Member;
use crate::message::{DeviceOrder, Message};
use crate::planner::{PlanJob, PlanMade};
use crate::story::Story;

/// The time, as the shell hands it in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// On this host's monotonic clock: for all that waits.
    pub moment: Moment,
    /// On the wall: for records, rules with dates, and people.
    pub wall: WallTime,
}

/// One run of an agent on this host.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct RunId(pub u64);

/// One question of a client on this host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// Something happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// [`rota_replica::limits::TICK_MS`] have passed.
    Tick,
    /// A raft message of an authenticated peer.
    Raft {
        /// The peer.
        from: NodeId,
        /// The message.
        message: Vec<u8>,
    },
    /// Another message of an authenticated peer.
    Peer {
        /// The peer.
        from: NodeId,
        /// The message.
        message: Message,
    },
    /// A peer cannot be reached by the transport.
    Unreachable(NodeId),
    /// News of the membership layer.
    Membership(Report),
    /// An agent ended.
    AgentEnded {
        /// Which run.
        run: RunId,
        /// How.
        outcome: AgentOutcome,
    },
    /// A fence device that this host was asked to run answered.
    DeviceEnded {
        /// Which run.
        attempt: AttemptId,
        /// What it said.
        reply: Reply,
    },
    /// A plan was made.
    Planned(Box<PlanMade>),
    /// A client on this host asks for something.
    Asked {
        /// For the answer.
        request: RequestId,
        /// What.
        ask: Ask,
    },
}

/// What a client can ask for.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// A change of the Cib.
    Change(Change),
    /// A write of a private attribute.
    Private {
        /// Whose.
        node: NodeName,
        /// Its name.
        name: Text,
        /// What it becomes.
        value: NewValue,
    },
    /// Fencing of a node.
    Fence {
        /// Which.
        target: NodeName,
        /// off, reboot or on.
        wish: Wish,
        /// Who asks.
        by: Text,
    },
    /// The administrator vouches that a node is off.
    Confirm {
        /// Which.
        target: NodeName,
        /// Who vouches.
        by: Text,
    },
    /// A join line was made: let one newcomer with it in.
    Token {
        /// Digest of its secret.
        digest: [u8; 32],
        /// How long it is good.
        expires: WallTime,
    },
    /// A newcomer knocks.
    Admit {
        /// Digest of the secret it brought.
        digest: [u8; 32],
        /// Its name.
        name: NodeName,
        /// Its addresses.
        links: Vec<std::net::SocketAddr>,
    },
    /// A node is taken out for good.
    Remove(NodeName),
    /// Say when there is nothing left to do.
    WaitIdle,
    /// Move everything away from here, then leave.
    Leave,
}

/// What a client is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// Done and committed; the Cib has this version.
    Done(Version),
    /// The newcomer has this number; these are the members, itself included.
    Admitted {
        /// The newcomer.
        newcomer: Member,
        /// Everybody.
        members: Vec<Member>,
    },
    /// Not done; nothing was changed. The text says why and what to do.
    Refused(Text),
    /// There is nothing left to do.
    Idle,
}

/// How a run of an agent ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentOutcome {
    /// The agent's exit code, or the code that stands for what became of it.
    pub rc: i32,
    /// How the execution itself went.
    pub status: ExecStatus,
    /// What the agent gave as the reason.
    pub reason: Text,
    /// When it began.
    pub started: WallTime,
    /// Milliseconds that it ran.
    pub exec_ms: i64,
    /// Milliseconds that it waited before.
    pub queue_ms: i64,
    /// What the agent's meta-data on that host says of its parameters, if they could be read.
    pub agent: Option<rota_policy::agents::AgentParams>,
}

/// How the execution of an operation went, with Pacemaker's numbers (`op-status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExecStatus {
    /// The agent ended by itself.
    Done,
    /// It was cancelled before it ended.
    Cancelled,
    /// It did not end in time and was killed.
    TimedOut,
    /// It could not be run.
    Error,
    /// There is no such agent here.
    NotInstalled,
    /// It ran when the daemon died, and nobody knows how it ended.
    Lost,
}

impl ExecStatus {
    /// The number in the history.
    pub const fn number(self) -> i32 {
        match self {
            Self::Done => 0,
            Self::Cancelled => 1,
            Self::TimedOut => 2,
            Self::Error | Self::Lost => 4,
            Self::NotInstalled => 7,
        }
    }
}

/// Something is to be done, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Send a raft message.
    Raft {
        /// To whom.
        to: NodeId,
        /// What.
        message: Vec<u8>,
    },
    /// Send another message.
    Peer {
        /// To whom.
        to: NodeId,
        /// What.
        message: Message,
    },
    /// Run an agent; [`Event::AgentEnded`] follows.
    RunAgent {
        /// For the answer.
        run: RunId,
        /// What to run. Of class `stonith`: ask the device whether it works.
        op: Box<ResourceOp>,
    },
    /// Take back a run that has not begun, or kill it; [`Event::AgentEnded`] follows.
    CancelAgent(RunId),
    /// The log holds the end of this run: its result need not be kept any longer.
    ForgetRun(RunId),
    /// Make a plan, beside the loop; [`Event::Planned`] follows.
    Plan(Box<PlanJob>),
    /// Run a fence device; [`Event::DeviceEnded`] follows.
    RunDevice(Box<DeviceOrder>),
    /// The answer of a device run is no longer wanted.
    CancelDevice(AttemptId),
    /// Answer a client.
    Tell {
        /// The question.
        request: RequestId,
        /// The answer.
        told: Told,
    },
    /// These are the nodes now: listen to them, connect to them, remember them.
    Roster(Vec<Member>),
    /// Keep this where a restarted daemon of the same boot finds it.
    Remember(Vec<u8>),
    /// Say goodbye to the peers and end.
    Depart,
    /// End at once and loudly: this node must not go on.
    Die(Text),
    /// Something worth telling people.
    Tale(Story),
}
