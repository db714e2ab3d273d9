//! What one node says to another. Bytes are made in the shell.

use std::sync::Arc;
use std::time::Duration;

use rota_ids::{Incarnation, NodeId};

/// One heartbeat to one peer on one link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// Which life of the sender speaks.
    pub incarnation: Incarnation,
    /// Counts the heartbeats of this incarnation to this peer on this link, from 1.
    pub seq: u64,
    /// The addressee's heartbeats that the sender got last on this link: of the incarnation it
    /// believes in, and of one that has yet to prove itself. This is the proof of freshness.
    pub echoes: [Option<Echo>; 2],
    /// The sender's main loop counts its rounds; 0 while it has not begun.
    pub progress: u64,
    /// Grows with each change of `hears`.
    pub hears_version: u64,
    /// Whom the sender counts as heard.
    pub hears: Arc<[(NodeId, Incarnation)]>,
    /// Whom the sender hears well and does not count yet, since that host was lost repeatedly of
    /// late. Empty from older versions.
    pub wary: Arc<[(NodeId, Incarnation)]>,
    /// The sender says goodbye: it has nothing left to do here.
    pub leaving: bool,
}

/// "I got this one from you": freshness, round-trip time and loss in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Echo {
    /// Which life of the addressee sent it.
    pub incarnation: Incarnation,
    /// Its sequence number.
    pub seq: u64,
    /// How long the sender held it before this answer.
    pub held: Duration,
    /// What the sender misses of the addressee's heartbeats on this link, in thousandths.
    pub loss_permille: u16,
}
