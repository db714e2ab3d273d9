//! What goes into the machine and what comes out of it.

use std::collections::BTreeSet;
use std::time::Duration;

use rota_ids::{Incarnation, LinkId, Moment, NodeId};

use crate::hearing::Hearing;
use crate::links::LinkState;
use crate::message::Heartbeat;

/// A peer and the links on which it has an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerLinks {
    /// Who.
    pub peer: NodeId,
    /// Which links exist to it.
    pub links: BTreeSet<LinkId>,
}

/// Why the machine is woken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// These are the peers from now on. What is known of those that stay is kept.
    ///
    /// Ourselves, links beyond [`crate::LINKS_MAX`] and peers beyond [`crate::NODES_MAX`] are
    /// passed over.
    Configure(Vec<PeerLinks>),
    /// An authentic heartbeat arrived.
    Received {
        /// Its sender.
        from: NodeId,
        /// The link it came on.
        link: LinkId,
        /// What it says.
        heartbeat: Heartbeat,
    },
    /// A moment named by [`Effect::WakeAt`] has come. Early wake-ups are harmless.
    Woken,
    /// The main loop's counter of rounds; 0 means that it has not begun.
    Progress(u64),
    /// Say goodbye on all links, then be silent for ever. [`Report::Departed`] follows.
    Leave,
}

/// What the shell is to do, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send this heartbeat.
    Send {
        /// To whom.
        to: NodeId,
        /// On which link.
        link: LinkId,
        /// What.
        heartbeat: Heartbeat,
    },
    /// Give [`Input::Woken`] at this moment. It replaces the moment asked for before.
    WakeAt(Moment),
    /// Tell the main loop.
    Report(Report),
}

/// News for the main loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// A peer counts as heard from now on.
    PeerHeard {
        /// Who.
        peer: NodeId,
        /// Which life of it.
        incarnation: Incarnation,
        /// What became of the life before.
        birth: Birth,
    },
    /// A peer went without a goodbye. It may be alive: this is no proof of death.
    PeerLost {
        /// Who.
        peer: NodeId,
        /// Which life of it.
        incarnation: Incarnation,
        /// Time since its last proven heartbeat, pauses of our own included.
        silent_for: Duration,
        /// How it was lost.
        reason: LostReason,
    },
    /// A peer said goodbye.
    PeerLeft {
        /// Who.
        peer: NodeId,
        /// Which life of it.
        incarnation: Incarnation,
    },
    /// A configured peer has not been heard once since we began to wait for it.
    PeerAbsent {
        /// Who.
        peer: NodeId,
    },
    /// The matrix of who hears whom has changed and settled: all hear all, or nobody in it is about
    /// to be lost or has only just come, and hearing is mutual or has been one-sided for a whole
    /// detection time. [`crate::choose`] from the latest of these at any moment. Before the first
    /// one we hear nobody; the first comes when all configured peers are heard, or after
    /// [`crate::Timing::absent`].
    HearingChanged(Hearing),
    /// A link began to be heard, or was lost.
    LinkChanged {
        /// To whom.
        peer: NodeId,
        /// Which link.
        link: LinkId,
        /// [`LinkState::Heard`] or [`LinkState::Lost`].
        state: LinkState,
    },
    /// Another link to a peer is the one to use; `None` when none can be used.
    BestLinkChanged {
        /// To whom.
        peer: NodeId,
        /// The link.
        link: Option<LinkId>,
    },
    /// We ourselves were not scheduled for so long beyond the moment we asked for. Peers are not
    /// blamed for the gap, but they may well have declared us lost.
    Overslept {
        /// How long.
        by: Duration,
    },
    /// All goodbyes are said.
    Departed,
}

/// What a newly heard life follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Birth {
    /// Nothing: the first life of the peer that this life of ours hears.
    First,
    /// Itself: it was lost and is heard steadily again.
    Returned,
    /// An earlier start of the daemon in the same boot: the peer's resources may still run.
    DaemonRestarted,
    /// An earlier boot: everything that ran there is gone.
    HostRestarted,
}

/// How a peer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LostReason {
    /// No proven heartbeat on any link for the detection time.
    Silent,
    /// Heartbeats come, but the main loop behind them stands still.
    Stalled,
    /// Its daemon keeps dying and being started again.
    Restarting,
}
