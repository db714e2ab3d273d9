//! Nodes as people configure them.

use serde::{Deserialize, Serialize};

use crate::Text;
use crate::nvset::NvSet;

/// A node's entry in the configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
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
    /// Attributes of the element that have no field here, as written.
    pub other: Vec<(Text, Text)>,
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

impl NodeKind {
    /// The kind that a word means (`normal` is the old word for a member).
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "member" | "normal" => Some(Self::Member),
            "remote" => Some(Self::Remote),
            "ping" => Some(Self::Ping),
            _ => None,
        }
    }

    /// The word for the kind in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Remote => "remote",
            Self::Ping => "ping",
        }
    }
}
