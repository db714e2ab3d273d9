//! One device of a level being made to do one action: which node drives it, how often it is
//! tried, when it counts as failed.

use std::collections::{BTreeMap, BTreeSet};

use rota_ids::{Moment, NodeId, NodeName, Text};
use serde::{Deserialize, Serialize};

use crate::device::{Device, DeviceId};
use crate::fencer::Effect;
use crate::limits::{EXECUTORS_PER_ROUND, OUTSTANDING_MAX, REASONS_MAX, REPLY_GRACE};
use crate::proof::Reply;
use crate::request::Action;
use crate::topology::Topology;

/// Names one attempt; a reply brings it back. Never used twice if each leader starts higher.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct AttemptId(pub u64);

/// A node that may drive fence devices: an online member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executor {
    /// Its id.
    pub id: NodeId,
    /// Its name.
    pub name: NodeName,
    /// Devices that its last monitor reached.
    pub verified: BTreeSet<DeviceId>,
    /// Devices that it must not drive (a location constraint of -INFINITY).
    pub barred: BTreeSet<DeviceId>,
}

/// What a job sees of the rest of the cluster during one step.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The node that runs the fencer; preferred as executor.
    pub local: NodeId,
    /// Every configured device, in configured order.
    pub devices: &'a [Device],
    /// The levels.
    pub topology: &'a Topology,
    /// Who may execute.
    pub nodes: &'a [Executor],
    /// Actions running on each device, for its limit.
    pub busy: BTreeMap<DeviceId, u32>,
    /// The next attempt's number.
    pub next: &'a mut AttemptId,
}

impl Surroundings<'_> {
    pub(crate) fn device(&self, id: &DeviceId) -> Option<&Device> {
        self.devices.iter().find(|device| device.id == *id)
    }

    pub(crate) fn reached_by_another(&self, device: &DeviceId, target: &NodeName) -> bool {
        self.nodes.iter().any(|node| node.name != *target && node.verified.contains(device))
    }

    /// Who may drive this device, best first: verified access, then the local node; the target
    /// itself only when nobody else is left.
    fn executors(&self, device: &DeviceId, target: &NodeName) -> Vec<&Executor> {
        let mut able: Vec<_> =
            self.nodes.iter().filter(|node| !node.barred.contains(device)).collect();
        able.sort_by_key(|node| {
            let verified = node.verified.contains(device);
            (node.name == *target, !verified, node.id != self.local, node.id)
        });
        able
    }

    fn take_slot(&mut self, device: &Device) -> bool {
        let running = self.busy.entry(device.id.clone()).or_default();
        if device.action_limit.is_some_and(|limit| *running >= limit.max(1)) {
            return false;
        }
        *running += 1;
        true
    }

    fn give_back_slot(&mut self, device: &DeviceId) {
        if let Some(running) = self.busy.get_mut(device) {
            *running = running.saturating_sub(1);
        }
    }

    fn next_attempt(&mut self) -> AttemptId {
        let id = *self.next;
        self.next.0 += 1;
        id
    }
}

/// An attempt given out and not yet answered.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub device: DeviceId,
    pub agent: Text,
    pub executor: NodeId,
    pub action: Action,
    pub round: u32,
    /// The newest request that stood when it began.
    pub seen: u64,
}

/// What the attempts of a job share.
#[derive(Debug)]
pub(crate) struct Ledger {
    pub target: NodeName,
    pub round: u32,
    /// Rounds in which every level failed.
    pub failures: u32,
    pub seen: u64,
    pub outstanding: BTreeMap<AttemptId, Attempt>,
    pub reasons: Vec<Text>,
}

impl Ledger {
    pub fn new(target: NodeName) -> Self {
        Self {
            target,
            round: 0,
            failures: 0,
            seen: 0,
            outstanding: BTreeMap::new(),
            reasons: Vec::new(),
        }
    }

    pub fn note(&mut self, reason: String) {
        if self.reasons.len() < REASONS_MAX {
            self.reasons.push(reason.into());
        }
    }

    fn remember(&mut self, id: AttemptId, attempt: Attempt) {
        self.outstanding.insert(id, attempt);
        while self.outstanding.len() > OUTSTANDING_MAX {
            self.outstanding.pop_first();
        }
    }

    /// Takes back the orders for an action that nobody waits for any more.
    pub fn cancel(&mut self, action: Action, todo: &mut Vec<Effect>) {
        self.outstanding.retain(|id, attempt| {
            if attempt.action == action {
                todo.push(Effect::Cancel { attempt: *id, executor: attempt.executor });
            }
            attempt.action != action
        });
    }

    /// What failed in this round, as one line.
    pub fn summary(&self) -> Text {
        let reasons: Vec<&str> = self.reasons.iter().map(Text::as_str).collect();
        reasons.join("; ").into()
    }
}

/// One device and the action it is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leg {
    pub device: DeviceId,
    action: Action,
    asked: Vec<NodeId>,
    /// Executors whose no is final for this round.
    refused: BTreeSet<NodeId>,
    stage: Stage,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    /// Not begun, or to be tried again; maybe for want of a free slot at the device.
    Waiting,
    /// An executor works on it.
    Running {
        attempt: AttemptId,
        executor: NodeId,
        deadline: Moment,
    },
    Done,
    Failed,
}

impl Leg {
    pub fn new(device: DeviceId, action: Action) -> Self {
        Self { device, action, asked: Vec::new(), refused: BTreeSet::new(), stage: Stage::Waiting }
    }

    pub fn is_done(&self) -> bool {
        self.stage == Stage::Done
    }

    pub fn wants(&self, action: Action) -> bool {
        self.action == action
    }

    pub fn has_failed(&self) -> bool {
        self.stage == Stage::Failed
    }

    pub fn running_on(&self) -> Option<NodeId> {
        match self.stage {
            Stage::Running { executor, .. } => Some(executor),
            Stage::Waiting | Stage::Done | Stage::Failed => None,
        }
    }

    pub fn waits_for(&self, id: AttemptId) -> bool {
        matches!(self.stage, Stage::Running { attempt, .. } if attempt == id)
    }

    pub fn done(&mut self, around: &mut Surroundings<'_>) {
        self.leave_running(around);
        self.stage = Stage::Done;
    }

    /// The awaited attempt failed; the next executor may try.
    pub fn failed_once(
        &mut self,
        reply: &Reply,
        ledger: &mut Ledger,
        around: &mut Surroundings<'_>,
    ) {
        let Some(executor) = self.running_on() else { return };
        if matches!(reply, Reply::Refused { .. }) {
            self.refused.insert(executor);
        }
        ledger.note(format!("{} by node {executor}: {reply}", self.device));
        self.leave_running(around);
    }

    /// Gives up on overdue or lost executors, then starts the next attempt if one is due.
    pub fn advance(
        &mut self,
        now: Moment,
        ledger: &mut Ledger,
        around: &mut Surroundings<'_>,
        todo: &mut Vec<Effect>,
    ) {
        if let Stage::Running { executor, deadline, .. } = self.stage {
            let gone = !around.nodes.iter().any(|node| node.id == executor);
            if !gone && now < deadline {
                return;
            }
            let what = if gone { "left the cluster meanwhile" } else { "did not answer in time" };
            ledger.note(format!("{} by node {executor}: {what}", self.device));
            self.leave_running(around);
        }
        if self.stage == Stage::Waiting {
            self.start(now, ledger, around, todo);
        }
    }

    fn leave_running(&mut self, around: &mut Surroundings<'_>) {
        if self.running_on().is_some() {
            around.give_back_slot(&self.device);
            self.stage = Stage::Waiting;
        }
    }

    fn start(
        &mut self,
        now: Moment,
        ledger: &mut Ledger,
        around: &mut Surroundings<'_>,
        todo: &mut Vec<Effect>,
    ) {
        let Some(device) = around.device(&self.device).cloned() else {
            return self.give_up(ledger, "no such device");
        };
        let Some(plug) = device.targets.plug(&ledger.target) else {
            return self.give_up(ledger, "is not known to reach this node (pcmk_host_list)");
        };
        let Some(executor) = self.next_executor(&device, ledger, around) else {
            if self.asked.is_empty() {
                self.give_up(ledger, "no node can drive it");
            }
            self.stage = Stage::Failed;
            return;
        };
        if !around.take_slot(&device) {
            return;
        }
        let timeout = device.timeouts.of(self.action);
        let deadline = now + timeout + REPLY_GRACE;
        let attempt = around.next_attempt();
        self.asked.push(executor);
        self.stage = Stage::Running { attempt, executor, deadline };
        ledger.remember(
            attempt,
            Attempt {
                device: device.id.clone(),
                agent: device.agent.clone(),
                executor,
                action: self.action,
                round: ledger.round,
                seen: ledger.seen,
            },
        );
        todo.extend([
            Effect::Run {
                attempt,
                executor,
                device: device.id,
                action: self.action,
                target: ledger.target.clone(),
                plug,
                timeout,
            },
            Effect::WakeAt(deadline),
        ]);
    }

    fn give_up(&mut self, ledger: &mut Ledger, why: &str) {
        ledger.note(format!("{}: {why}", self.device));
        self.stage = Stage::Failed;
    }

    /// Who tries next: every able node in turn, starting one further after each failed round, and from the
    /// front again while the device's own count of attempts is not used up.
    fn next_executor(
        &self,
        device: &Device,
        ledger: &Ledger,
        around: &Surroundings<'_>,
    ) -> Option<NodeId> {
        let able = around.executors(&device.id, &ledger.target);
        let willing: Vec<NodeId> =
            able.iter().map(|node| node.id).filter(|id| !self.refused.contains(id)).collect();
        let budget = able.len().min(EXECUTORS_PER_ROUND).max(device.attempts_max as usize);
        if willing.is_empty() || self.asked.len() >= budget {
            return None;
        }
        let turn = ledger.failures as usize;
        let rotated = (0..willing.len()).map(|i| willing[(i + turn) % willing.len()]);
        // The one asked least often; the first of equals.
        rotated.min_by_key(|id| self.asked.iter().filter(|asked| *asked == id).count())
    }
}
