//! What is inside of what, and on which host.

use rota_cib::Text;

use crate::model::{Nid, Rid, World};
use crate::values::get;

impl World<'_> {
    /// Whether a resource is part of a bundle.
    pub(crate) fn in_bundle(&self, mut rid: Rid) -> bool {
        while let Some(parent) = self.rscs[rid].parent {
            if self.rscs[parent].is_bundle() {
                return true;
            }
            rid = parent;
        }
        false
    }

    /// The instance of a bundle's inner clone that belongs to the replica which is this node.
    pub(crate) fn replica_child(&self, clone: Rid, nid: Nid) -> Option<Rid> {
        let bundle = self.rscs[self.rscs[clone].parent?].bundle_conf()?;
        bundle.replicas.iter().find(|r| r.node == Some(nid)).and_then(|r| r.child)
    }

    /// The node that a bundle's replica is on; any other node is its own host.
    pub(crate) fn host_of(&self, nid: Nid) -> Nid {
        match self.nodes[nid].container {
            Some(container) if self.in_bundle(container) => self.rscs[container]
                .assigned
                .or(self.rscs[container].running_on.first().copied())
                .unwrap_or(nid),
            _ => nid,
        }
    }

    /// Whether a node, if it is a replica's inside, will have its container and connection.
    pub(crate) fn inside_runs(&self, nid: Nid) -> bool {
        let node = &self.nodes[nid];
        let (Some(container), Some(connection)) = (node.container, node.connection) else {
            return true;
        };
        !self.in_bundle(container)
            || (self.rscs[container].assigned.is_some() && self.rscs[connection].assigned.is_some())
    }

    /// The node whose attributes an instance on a node goes by: for a guest the host that its
    /// container will be on, if `container-attribute-target` says so; any other node itself.
    pub(crate) fn attribute_node(&self, rid: Rid, nid: Nid) -> Option<Nid> {
        let by_host = get(&self.rscs[rid].meta.pairs, "container-attribute-target")
            .is_some_and(|v| v.eq_ignore_ascii_case("host"));
        match self.nodes[nid].container.filter(|_| by_host) {
            Some(container) => self.rscs[container].assigned,
            None => Some(nid),
        }
    }

    /// The host of a bundle's replica, where its connection is asked to go by name.
    pub(crate) fn bundle_host(&self, rid: Rid) -> Option<Text> {
        let rsc = &self.rscs[rid];
        rsc.serves?;
        let container = rsc.container?;
        if !self.in_bundle(rid) {
            return None;
        }
        let host =
            self.rscs[container].running_on.first().copied().or(self.rscs[container].assigned)?;
        Some(self.nodes[host].name.clone())
    }
}
