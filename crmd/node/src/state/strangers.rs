//! The roster says who is a node (architecture, D17), not what people wrote, perhaps elsewhere.
//!
//! A configuration that was imported or restored names nodes that are none here: they would be planned
//! for, waited for and fenced. And it may lack some that are.

use std::collections::BTreeSet;

use rota_cib::Cib;
use rota_cib::node::{Node as NodeEntry, NodeKind};
use rota_ids::Text;

use crate::book;
use crate::entry::Roster;

/// Makes the nodes of a configuration that has just been changed those of the roster: an entry is
/// known by its name and has the number that it has here; strangers go; who is missing comes back as
/// it was `before`. Remote nodes are no members and stay as written. Gives the strangers' names.
pub(super) fn leave_out(cib: &mut Cib, before: &[NodeEntry], roster: &Roster) -> Vec<Text> {
    let mut strangers = Vec::new();
    let mut known = BTreeSet::new();
    let mut remote = BTreeSet::new();
    cib.config.nodes.retain_mut(|entry| {
        if entry.kind == Some(NodeKind::Remote) {
            remote.insert(entry.id.clone());
            return true;
        }
        match roster.values().find(|member| member.name.0 == entry.uname) {
            Some(member) => {
                entry.id = book::uuid(member.id);
                known.insert(member.id)
            }
            None => {
                strangers.push(entry.uname.clone());
                false
            }
        }
    });
    for member in roster.values().filter(|member| !known.contains(&member.id)) {
        let id = book::uuid(member.id);
        let as_before = before.iter().find(|entry| entry.id == id).cloned();
        cib.config.nodes.push(as_before.unwrap_or_else(|| NodeEntry {
            id,
            uname: member.name.0.clone(),
            ..NodeEntry::default()
        }));
    }
    cib.status.nodes.retain(|state| {
        let is_remote = remote.contains(&state.id)
            || state.other.iter().any(|(name, value)| name == "remote_node" && value == "true");
        is_remote || roster.values().any(|member| member.name.0 == state.uname)
    });
    strangers
}
