//! *Notify*: what ended well is told to all who should hear of it, before the clone's next step;
//! and nobody is told the same twice at once.

use std::collections::BTreeMap;

use rota_ids::{Text, ViewId};
use rota_transition::ResourceOp;

use crate::agents::RunState;
use crate::clock::{SECOND, Time};
use crate::world::World;

/// How long a post-notification may take: others of its phase may still hang until their time is
/// out, one after the other what stands before it in their lines, then notifications that hang.
const TOLD_WITHIN: Time = 60 * SECOND;

/// A notification that is owed.
#[derive(Clone, Debug)]
pub(super) struct Owed {
    /// The instance's primitive.
    pub(super) leaf: Text,
    operation: Text,
    place: usize,
    since: Time,
    /// The DC: its host, and which life of its daemon, in which term, with which view.
    dc: (usize, u64, u64, ViewId),
    /// Who has yet to be told, and which life of the daemon there.
    whom: BTreeMap<usize, u64>,
}

impl World {
    pub(super) fn expect_one_notification(&mut self, place: usize, op: &ResourceOp) {
        let mut runs = self.hosts[place].run.services.runs.values();
        let open = runs.any(|run| run.op.key == op.key && !matches!(run.state, RunState::Ended(_)));
        if open {
            let what = format!("{} is queued on n{} while it is under way", op.key, place + 1);
            self.violated(what);
        }
    }

    fn dc(&self) -> Option<(usize, u64, u64, ViewId)> {
        let leaders = self.leaders();
        let &[(place, term)] = leaders.as_slice() else { return None };
        let daemon = self.hosts[place].daemon.as_ref()?;
        Some((place, daemon.serial, term, daemon.node.state().view.id))
    }

    pub(super) fn expect_to_be_told(&mut self, place: usize, op: &ResourceOp) {
        let pieces = self.setup.pieces.as_ref();
        let notifies = pieces.and_then(|p| p.of(&op.resource)).is_some_and(|piece| piece.notify);
        let changes = matches!(op.operation.as_str(), "start" | "stop" | "promote" | "demote");
        let Some(dc) = self.dc().filter(|_| notifies && changes && self.obeys_a_dc(place)) else {
            return;
        };
        let leaf = op.resource.clone();
        let stops = |host: usize| {
            let mut runs = self.hosts[host].run.services.runs.values();
            runs.any(|run| {
                run.op.resource == leaf
                    && run.op.operation == "stop"
                    && matches!(run.state, RunState::Running { .. })
            })
        };
        // Who stops hears of nothing that goes on at the same time.
        let hears = |host: &usize| {
            self.active(&leaf).contains(host) && self.obeys_a_dc(*host) && !stops(*host)
        };
        let whom = (0..self.hosts.len())
            .filter(hears)
            .filter_map(|host| Some((host, self.hosts[host].daemon.as_ref()?.serial)));
        let whom = whom.collect();
        let (operation, since) = (op.operation.clone(), self.now);
        self.expect.owed.push(Owed { leaf, operation, place, since, dc, whom });
    }

    /// Something of a clone begins: what it owes its instances must be told by now.
    pub(super) fn expect_told_before(&mut self, place: usize, op: &ResourceOp) {
        if let Some(what) = op.key.operation.strip_prefix("post_notify_") {
            for owed in &mut self.expect.owed {
                if owed.leaf == op.resource && owed.operation == what {
                    owed.whom.remove(&place);
                }
            }
            return;
        }
        let operation = op.operation.as_str();
        if !matches!(operation, "start" | "stop" | "promote" | "demote") {
            return;
        }
        self.settle_owed();
        // Who stops hears of nothing that goes on at the same time.
        if operation == "stop" {
            for owed in self.expect.owed.iter_mut().filter(|owed| owed.leaf == op.resource) {
                owed.whom.remove(&place);
            }
        }
        let next = |owed: &&Owed| owed.leaf == op.resource && owed.operation != operation;
        if let Some(owed) = self.expect.owed.iter().find(next) {
            let what = format!("{} begins on n{} before {}", op.key, place + 1, owed.what());
            self.violated(what);
        }
    }

    pub(super) fn expect_told_in_time(&mut self) {
        self.settle_owed();
        let now = self.now;
        if let Some(owed) = self.expect.owed.iter().find(|owed| now > owed.since + TOLD_WITHIN) {
            let what = format!(
                "{:.1} s and not yet: {}",
                crate::world::seconds(now - owed.since),
                owed.what()
            );
            self.violated(what);
        }
    }

    /// Drops what is owed no more: to whoever died or was stopped meanwhile, by a DC that is gone.
    fn settle_owed(&mut self) {
        let dc = self.dc();
        let mut owed = std::mem::take(&mut self.expect.owed);
        owed.retain(|owed| Some(owed.dc) == dc);
        for owed in &mut owed {
            let active = self.active(&owed.leaf);
            let lives = |host: usize, serial: u64| {
                self.hosts[host].daemon.as_ref().is_some_and(|daemon| daemon.serial == serial)
            };
            owed.whom.retain(|host, serial| active.contains(host) && lives(*host, *serial));
        }
        owed.retain(|owed| !owed.whom.is_empty());
        self.expect.owed = owed;
    }
}

impl Owed {
    fn what(&self) -> String {
        let whom: Vec<String> = self.whom.keys().map(|host| format!("n{}", host + 1)).collect();
        format!(
            "post_notify_{} of {} (which ended well on n{}) on {}",
            self.operation,
            self.leaf,
            self.place + 1,
            whom.join(", ")
        )
    }
}
