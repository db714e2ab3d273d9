//! Resources that cost a node its life, as they could not be stopped there: the next node where
//! they do not stop is left alone, or one broken package would take the cluster down node by node.

use rota_cib::change::{Change, OperationFilter};
use rota_cib::status::OperationRecord;
use rota_ids::{NodeName, Text, leaf};

use crate::entry::OperationResult;

use super::ClusterState;

impl ClusterState {
    /// A node is proven off: what could not be stopped there has cost it its life. Call it before
    /// the node's history is forgotten.
    pub(super) fn note_what_it_cost(&mut self, node: &NodeName) {
        let Some(state) = self.cib.status.nodes.iter().find(|state| state.uname == node.0) else {
            return;
        };
        let failed_last = |operations: &[OperationRecord]| {
            let last = operations.iter().filter(|op| op.interval_ms == 0).max_by_key(|o| o.call_id);
            last.is_some_and(|op| op.operation == "stop" && op.has_failed())
        };
        let costly = state.history.iter().filter(|history| failed_last(&history.operations));
        let costly: Vec<Text> = costly.map(|history| leaf(&history.id).into()).collect();
        self.costly.extend(costly);
    }

    /// Whoever cleans up after a resource has looked into it.
    pub(super) fn forgive(&mut self, change: &Change) {
        if let Change::ForgetOperations { resource, filter, .. } = change
            && !matches!(filter, OperationFilter::Repeated { .. })
        {
            self.costly.remove(leaf(resource));
        }
    }

    /// What stops has got over it.
    pub(super) fn note_a_stop(&mut self, result: &OperationResult) {
        if result.record.operation == "stop" && !result.is_unexpected() {
            self.costly.remove(leaf(&result.resource));
        }
    }
}
