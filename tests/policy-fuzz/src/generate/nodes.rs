//! Nodes: who is there, in which state, with which attributes.

use super::{Feature, Maker, pair};
use crate::xml::Element;

/// How a node stands to the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// A full member.
    Online,
    /// Left in good order.
    Offline,
    /// Lost.
    Unclean,
    /// In the membership, but not yet in the process group.
    Joining,
    /// About to leave.
    Leaving,
    /// Never seen.
    Unseen,
}

/// A node of the document.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Number and name.
    pub id: usize,
    pub name: String,
    pub standing: Standing,
}

/// The nodes of the configuration.
pub(crate) fn section(maker: &mut Maker) -> Element {
    let count = *maker.rng.pick(&[2, 3, 3, 3, 4, 4, 5]);
    let mut section = Element::new("nodes");
    for id in 1..=count {
        let standing = if id == 1 { Standing::Online } else { standing(maker) };
        let name = format!("node{id}");
        let mut node = Element::new("node").with("id", id).with("uname", &name);
        let attributes = attributes(maker);
        node = node.all(maker.pairs("instance_attributes", &attributes));
        if maker.on(Feature::Utilization) {
            let capacity = [pair("cpu", maker.rng.between(0, 6)), pair("ram", 10)];
            let named = maker.rng.between(1, 2);
            node = node.all(maker.pairs("utilization", &capacity[..named]));
        }
        maker.nodes.push(Node { id, name, standing });
        section.children.push(node);
    }
    section
}

fn standing(maker: &mut Maker) -> Standing {
    if maker.now(Feature::Unclean, 30) {
        Standing::Unclean
    } else if maker.now(Feature::Offline, 30) {
        if maker.rng.chance(15) { Standing::Unseen } else { Standing::Offline }
    } else if maker.now(Feature::Passage, 40) {
        if maker.rng.chance(50) { Standing::Joining } else { Standing::Leaving }
    } else {
        Standing::Online
    }
}

fn attributes(maker: &mut Maker) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    if maker.now(Feature::Standby, 30) {
        pairs.push(pair("standby", "on"));
    }
    if maker.now(Feature::Maintenance, 15) {
        pairs.push(pair("maintenance", "true"));
    }
    if maker.now(Feature::Rules, 60) {
        pairs.push(pair("site", maker.rng.pick(&["north", "south"])));
    }
    if maker.now(Feature::Rules, 30) {
        pairs.push(pair("load", maker.rng.between(1, 3) * 10));
    }
    pairs
}

impl Standing {
    /// What the status says: `in_ccm`, `crmd`, `join`, `expected`.
    pub(crate) const fn words(self) -> [&'static str; 4] {
        match self {
            Self::Online | Self::Leaving => ["true", "online", "member", "member"],
            Self::Offline | Self::Unseen => ["false", "offline", "down", "down"],
            Self::Unclean => ["false", "offline", "down", "member"],
            Self::Joining => ["true", "offline", "down", "down"],
        }
    }
}
