//! Nodes as people configure them.

use serde::{Deserialize, Serialize};

use crate::Text;
use crate::nvset::NvSet;

/// A node's entry in the configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Identity; for our own full nodes the number as text.
    pub id: Text,
    /// Name.
    pub uname: Text,
    /// Full member, remote executor or quorum-only peer.
    pub kind: Option<NodeKind>,
    /// A sentence for people.
    pub description: Option<Text>,
    /// Preference added to every score of this node (an old, undocumented attribute).
    pub score: Option<crate::Score>,
    /// Permanent attributes.
    pub attributes: Vec<NvSet>,
    /// What the node has to offer.
    pub utilization: Vec<NvSet>,
}

/// What a node can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum NodeKind {
    /// A full member with a vote.
    Member,
    /// Runs resources for the cluster, has no vote.
    Remote,
    /// Has a vote, runs nothing.
    Ping,
}
