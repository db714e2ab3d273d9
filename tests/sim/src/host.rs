//! One host: its power, its disk, its services, and the daemon that runs on it.

use std::collections::BTreeMap;

use rota_ids::{BootId, Incarnation, NodeId, NodeName};
use rota_membership::Membership;
use rota_node::entry::Member;
use rota_node::{Event, Node};

use crate::agents::Services;
use crate::clock::{Clock, Time};
use crate::disk::SimDisk;
use crate::fence::Mood;
use crate::world::What;

/// One host.
pub struct Host {
    /// Its name.
    pub name: NodeName,
    /// Its number.
    pub id: NodeId,
    /// The present boot; none while the power is off.
    pub boot: Option<BootId>,
    /// Its monotonic clock, of this boot.
    pub clock: Clock,
    /// Its management card.
    pub card: Mood,
    /// What survives a power-cut.
    pub disk: Disk,
    /// What does not.
    pub run: Volatile,
    /// The daemon, while it runs.
    pub daemon: Option<Daemon>,
    /// The daemon left with a goodbye; nobody starts it again by itself.
    pub departed: bool,
    /// All software of the host stands still until then.
    pub paused_until: Time,
    /// The daemon's main loop stands still until then; its heartbeats go on.
    pub hung_until: Time,
    /// What waits for the end of a pause.
    pub deferred: Vec<What>,
    /// What waits for the main loop.
    pub deferred_loop: Vec<What>,
    /// A card has switched it off, and none has switched it on since.
    pub off_by_card: bool,
    /// A boot is under way.
    pub booting: bool,
    /// Since when the host cannot talk to a majority (as the checker sees it).
    pub alone_since: Option<Time>,
}

/// What survives a power-cut.
pub struct Disk {
    /// The log.
    pub log: SimDisk,
    /// Whether this host belongs to the cluster at all.
    pub provisioned: bool,
    /// Whether it has founded the cluster already.
    pub founded: bool,
    /// Its list of nodes.
    pub roster: Vec<Member>,
}

/// What a power-cut takes: all that stands under /run, and all that runs.
#[derive(Default)]
pub struct Volatile {
    /// How often the daemon was started in this boot.
    pub starts: u32,
    /// What the daemon keeps for its next life.
    pub memory: Option<Vec<u8>>,
    /// Services and agents.
    pub services: Services,
}

/// A running daemon.
pub struct Daemon {
    /// Tells this life from others in events that are under way.
    pub serial: u64,
    /// Which life of the node it is.
    pub life: Incarnation,
    /// The node.
    pub node: Node<SimDisk>,
    /// Its heartbeats.
    pub membership: Membership,
    /// Rounds of the main loop.
    pub progress: u64,
    /// Tells the newest wish to be woken from older ones.
    pub member_wake: u64,
    /// When the node will be woken for its monitors.
    pub node_wake: Option<Time>,
    /// What its main loop has yet to take in.
    pub inbox: Vec<Event>,
    /// A round of its main loop is about to begin.
    pub round_due: bool,
    /// The daemon crashes after carrying out so many more effects.
    pub crash_after: Option<u32>,
    /// The link that was last good to each peer.
    pub links: BTreeMap<NodeId, usize>,
    /// Applied entries when the checkers looked last.
    pub checked: u64,
}

impl Volatile {
    /// What is left of it: broken packages stay broken.
    pub fn after_power_cut(&mut self) -> Self {
        let mut left = Self::default();
        left.services.broken = std::mem::take(&mut self.services.broken);
        left
    }
}

impl Host {
    /// Whether the daemon lives and does its work.
    pub fn is_working(&self, now: Time) -> bool {
        self.daemon.is_some() && now >= self.paused_until && now >= self.hung_until
    }
}
