//! Monitors that come back make way for what changes their resource.
//!
//! Seen half way through a demotion, a healthy resource fails: no monitor runs or queues from the
//! moment that an action on its resource begins until that has ended. Afterwards the DC orders
//! those of the new role; those of the old one do not come back.

use std::time::Duration;

use rota_ids::{Moment, Text};
use rota_transition::ResourceOp;

use crate::entry::Entry;
use crate::event::{Effect, Now};

use super::{Local, OpKeyOrd, Recurring, Run};

/// Whether an operation only looks at its resource, or talks to it.
fn leaves_it_alone(operation: &str) -> bool {
    matches!(operation, "monitor" | "notify")
}

/// What a monitor must find once this has gone well; none where the role stays what it was.
fn found_after(operation: &str) -> Option<i32> {
    const OK: i32 = 0;
    const PROMOTED: i32 = 8;
    match operation {
        "start" | "demote" | "migrate_from" => Some(OK),
        "promote" => Some(PROMOTED),
        _ => None,
    }
}

impl Local {
    /// Before an action that changes a resource its monitors stop: they would see it half done.
    pub(super) fn make_way(
        &mut self,
        op: &ResourceOp,
        entries: &mut Vec<Entry>,
        todo: &mut Vec<Effect>,
    ) {
        if leaves_it_alone(&op.operation) {
            return;
        }
        let ends_all = matches!(op.operation.as_str(), "stop" | "migrate_to");
        for key in self.watching(&op.key.resource) {
            if ends_all {
                self.end_recurring(&key, entries, todo);
            } else if let Some(recurring) = self.recurring.get_mut(&key)
                && let Some(running) = recurring.running.take()
            {
                todo.push(Effect::CancelAgent(running));
                if recurring.order.is_some() {
                    // The DC waits for this result: not an interval later, too.
                    recurring.next = Moment::default();
                }
            }
        }
    }

    /// After it they go on, but for those that expect another role than the resource has now. The
    /// plan goes on with its next step at once: it has the length of an interval for that.
    pub(super) fn go_on_watching(
        &mut self,
        now: Now,
        op: &ResourceOp,
        rc: i32,
        entries: &mut Vec<Entry>,
        todo: &mut Vec<Effect>,
    ) {
        if leaves_it_alone(&op.operation) {
            return;
        }
        let found = found_after(&op.operation).filter(|_| rc == op.expected_rc);
        for key in self.watching(&op.key.resource) {
            let Some(recurring) = self.recurring.get_mut(&key) else { continue };
            if found.is_some_and(|found| found != recurring.op.expected_rc) {
                self.end_recurring(&key, entries, todo);
            } else if recurring.order.is_none() {
                let interval = Duration::from_millis(u64::from(recurring.op.interval));
                recurring.next = recurring.next.max(now.moment + interval);
            }
        }
    }

    /// Whether this monitor waits for the end of an action on its resource.
    pub(super) fn is_held(&self, recurring: &Recurring) -> bool {
        let changes_it = |run: &Run| {
            let op = run.looks_for.as_deref().unwrap_or(&run.op);
            !run.ended
                && op.key.resource == recurring.op.key.resource
                && !leaves_it_alone(&op.operation)
        };
        self.runs.values().any(changes_it)
    }

    fn watching(&self, resource: &Text) -> Vec<OpKeyOrd> {
        self.recurring.keys().filter(|key| key.0 == *resource).cloned().collect()
    }
}
