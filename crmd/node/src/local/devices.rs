//! Fence devices are not started like services.

use rota_ids::Text;
use rota_transition::ResourceOp;

use crate::entry::Entry;
use crate::event::{AgentOutcome, Now};

use super::Local;

impl Local {
    /// Fence devices are not started like services: to "start" one is to try whether it works
    /// from here, and from then on to look at it now and then. Probe and stop need no agent.
    pub(super) fn answer_for_device(&mut self, op: &ResourceOp) -> Option<i32> {
        match op.operation.as_str() {
            "stop" => {
                self.fence_devices.remove(&op.resource);
                Some(0)
            }
            "monitor" if op.interval == 0 => {
                Some(if self.fence_devices.contains(&op.resource) { 0 } else { 7 })
            }
            _ => None,
        }
    }

    /// Whether the "start" of a fence device runs. Its stop is answered after it: a DC that heard
    /// of the stop first would take the start, which is still to end, for a newer one.
    pub(super) fn is_being_tried(&self, device: &Text) -> bool {
        self.runs.values().any(|run| {
            run.op.resource == *device && run.op.interval == 0 && run.order.is_some() && !run.ended
        })
    }

    pub(super) fn stop_devices(&mut self, now: Now, entries: &mut Vec<Entry>) {
        for (op, order) in std::mem::take(&mut self.device_stops) {
            if self.is_being_tried(&op.resource) {
                self.device_stops.push((op, order));
            } else if let Some(rc) = self.answer_for_device(&op) {
                let outcome = AgentOutcome::at_once(now, rc);
                self.tell(&op, order.as_ref(), &outcome, entries);
            }
        }
    }

    pub(super) fn watch_over(&mut self, op: &ResourceOp, rc: i32) {
        if op.operation == "start" && rc == 0 {
            self.fence_devices.insert(op.resource.clone());
        }
    }
}
