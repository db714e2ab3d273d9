//! Who hears whom, as one node knows it.

use std::collections::BTreeMap;

use rota_ids::{Incarnation, NodeId};

/// The matrix of who hears whom: our own row and those of the peers that we hear.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hearing {
    /// One row per node, itself not named in its own.
    pub rows: BTreeMap<NodeId, Row>,
}

/// What one node says that it hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which life of the node says so.
    pub incarnation: Incarnation,
    /// Whom it hears.
    pub hears: BTreeMap<NodeId, Incarnation>,
}

impl Hearing {
    /// Whether `a` and `b` hear each other's present lives. A node hears itself.
    pub fn mutual(&self, a: NodeId, b: NodeId) -> bool {
        self.hears(a, b) && self.hears(b, a)
    }

    fn hears(&self, listener: NodeId, speaker: NodeId) -> bool {
        let (Some(row), Some(spoken)) = (self.rows.get(&listener), self.rows.get(&speaker)) else {
            return false;
        };
        listener == speaker || row.hears.get(&speaker) == Some(&spoken.incarnation)
    }
}
