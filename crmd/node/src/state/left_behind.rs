//! What a node left running when it said goodbye: nobody touches what is not managed, so that a
//! node may leave with it. Should it be managed again while that node is away, it must not start
//! elsewhere before the node is back or proven off.

use rota_cib::change::{Change, Recorded};
use rota_cib::status::{OperationRecord, ResourceHistory};
use rota_ids::{NodeId, NodeName, Text, WallTime, leaf};

use crate::book;

use super::ClusterState;

impl ClusterState {
    /// A node says goodbye. Call it before its history is forgotten.
    pub(super) fn note_what_is_left(&mut self, node: &NodeName) {
        let state = self.cib.status.nodes.iter().find(|state| state.uname == node.0);
        let history = state.into_iter().flat_map(|state| &state.history);
        let left: Vec<ResourceHistory> = history
            .filter(|one| one.class.as_deref() != Some("stonith") && seems_active(&one.operations))
            .cloned()
            .collect();
        if !left.is_empty() {
            self.left_behind.insert(node.clone(), left);
        }
    }

    /// A node is back in the boot in which it said goodbye. What is configured will be looked for;
    /// of what was deleted meanwhile nobody else would know that it runs there.
    pub(super) fn recall_what_is_left(&mut self, node: NodeId, at: WallTime) -> Result<(), Text> {
        let left = self.name_of(node).cloned().and_then(|name| self.left_behind.remove(&name));
        let deleted: Vec<ResourceHistory> = left
            .into_iter()
            .flatten()
            .filter(|one| self.cib.config.resource_holding(leaf(&one.id)).is_none())
            .collect();
        for history in deleted {
            for record in &history.operations {
                let resource = history.clone();
                let record = record.clone();
                let recorded = Recorded { node: book::uuid(node), resource, record };
                self.change(&Change::RecordOperation(Box::new(recorded)), at)?;
            }
        }
        Ok(())
    }

    /// The life that ended with services running on a node, if that is so.
    pub fn life_left_behind(&self, node: NodeId) -> Option<rota_ids::Incarnation> {
        let name = self.name_of(node)?;
        self.left_behind.contains_key(name).then(|| self.ended.get(&node).copied()).flatten()
    }
}

/// Whether what is on record last may have left a resource active.
fn seems_active(operations: &[OperationRecord]) -> bool {
    const NOT_INSTALLED: i32 = 5;
    const NOT_RUNNING: i32 = 7;
    let once = operations.iter().filter(|op| op.interval_ms == 0);
    let Some(last) = once.max_by_key(|op| op.call_id) else { return false };
    match last.operation.as_str() {
        "stop" | "migrate_to" => last.has_failed(),
        "monitor" => !matches!(last.rc, NOT_INSTALLED | NOT_RUNNING),
        _ => true,
    }
}
