//! What a node can say about its peers at any moment, cheaply.

use std::time::Duration;

use rota_ids::{Incarnation, LinkId, NodeId};

use crate::events::LostReason;
use crate::links::LinkState;

/// All peers, in the order of their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// One entry for each configured peer.
    pub peers: Vec<PeerStatus>,
}

/// One peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerStatus {
    /// Who.
    pub peer: NodeId,
    /// What we hold it for.
    pub standing: Standing,
    /// Which life of it we know; `None` before the first.
    pub incarnation: Option<Incarnation>,
    /// The link to use, see [`crate::Membership::best_link`].
    pub best: Option<LinkId>,
    /// Its links in order.
    pub links: Vec<LinkStatus>,
}

/// What we hold a peer for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Configured, never heard by this life of ours.
    Unheard,
    /// Here.
    Heard,
    /// Was here and went without a goodbye.
    Lost(LostReason),
    /// Was lost and is heard again; it counts when it has been heard steadily for so long still.
    Returning(Duration),
    /// Said goodbye.
    Left,
}

/// One link to one peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkStatus {
    /// Which link.
    pub link: LinkId,
    /// How it is doing.
    pub state: LinkState,
    /// Smoothed round-trip time.
    pub round_trip: Option<Duration>,
    /// What we miss of the peer's heartbeats, in thousandths, over about the last second.
    pub loss_here_permille: u16,
    /// What the peer says that it misses of ours.
    pub loss_there_permille: u16,
    /// Time since the last proven heartbeat; `None` when there was none.
    pub silent_for: Option<Duration>,
}
