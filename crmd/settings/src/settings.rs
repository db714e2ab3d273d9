//! The settings of this host's daemon.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use rota_ids::NodeId;
use serde::{Deserialize, Serialize};

/// The port for datagrams (UDP) and peers (TCP) where none is given.
pub const DEFAULT_PORT: u16 = 7610;

/// What `rotad.toml` says. Unknown fields are refused: a typing error must not be silence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The cluster's name, for people.
    pub cluster: String,
    /// This node's name.
    pub node: String,
    /// This node's number.
    pub node_id: NodeId,
    /// This host's address on each link, in the cluster's order of links.
    pub links: Vec<SocketAddr>,
    /// Where to listen on each link when that differs from the address that others know, as
    /// behind NAT; peers are called from there too. Empty: on `links`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bind: Vec<SocketAddr>,
    /// Whether this node founded the cluster: the only one that may begin a log on its own.
    #[serde(default)]
    pub founder: bool,
    /// Where the log is kept.
    pub state_dir: PathBuf,
    /// Where the socket, the boot's mark and the journal are kept; lost when power goes.
    pub run_dir: PathBuf,
    /// Directory of our tools under the names that agents call; put first in their PATH.
    #[serde(default)]
    pub tools_dir: Option<PathBuf>,
    /// Root of the OCF agents; `/usr/lib/ocf` if absent.
    #[serde(default)]
    pub ocf_root: Option<PathBuf>,
    /// Further environment of agents, beside what OCF prescribes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub agent_env: BTreeMap<String, String>,
    /// Times of the membership protocol.
    #[serde(default)]
    pub timing: Timing,
}

impl Settings {
    /// The addresses to listen on, one for each link.
    pub fn listen(&self) -> &[SocketAddr] {
        if self.bind.is_empty() { &self.links } else { &self.bind }
    }
}

/// Times of the membership protocol, in milliseconds; absent ones have the protocol's defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timing {
    /// Between two heartbeats on a link.
    pub heartbeat_ms: Option<u64>,
    /// Silence on all links after which a node counts as lost.
    pub lost_after_ms: Option<u64>,
}

impl Timing {
    /// Time between two heartbeats, if set.
    pub fn heartbeat(&self) -> Option<Duration> {
        self.heartbeat_ms.map(Duration::from_millis)
    }

    /// Silence after which a node counts as lost, if set.
    pub fn lost_after(&self) -> Option<Duration> {
        self.lost_after_ms.map(Duration::from_millis)
    }
}

/// The nodes of the cluster as this host last knew them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// All nodes, this one included.
    #[serde(default)]
    pub members: Vec<Member>,
}

/// A node and how it is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its number.
    pub node_id: NodeId,
    /// Its name.
    pub name: String,
    /// Its address on each link.
    pub links: Vec<SocketAddr>,
}
