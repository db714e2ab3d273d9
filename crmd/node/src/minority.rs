//! Without quorum: this node does what `no-quorum-policy` says, by itself and without the log.
//!
//! The policy engine is asked as ever, with the quorum gone and nobody else there; of its plan
//! only what concerns this node is carried out. Starting is not among it: without quorum the
//! engine plans no start, and the checker sees to it. A stop that fails is tried again: those who
//! would fence this node for it are not there.

use std::collections::BTreeMap;
use std::time::Duration;

use rota_cib::Cib;
use rota_ids::{Moment, NodeName, WallTime};
use rota_transition::executor::{Effect as Step, Input as StepInput, Limits};
use rota_transition::{ActionId, Executor, ResourceOp, Task};

use crate::book;
use crate::entry::Entry;
use crate::event::{AgentOutcome, Effect, ExecStatus, Now, RunId};
use crate::limits::{QUORUM_GRACE, RETRY_STOP, RETRY_STOP_MAX};
use crate::local::Local;
use crate::order::OrderTask;
use crate::state::ClusterState;
use crate::story::Story;

enum Phase {
    /// Never quorate in this life: nothing was begun that would have to be stopped.
    Unarmed,
    Quorate,
    /// Quorum is gone since then; perhaps only the leader is.
    Waiting(Moment),
    /// Carrying out what the policy says.
    Acting(Box<Acting>),
}

struct Acting {
    executor: Executor,
    runs: BTreeMap<RunId, Attempt>,
    /// Handed out by the executor, not yet carried out.
    due: Vec<Step>,
    /// What failed, and when.
    failed: Vec<(Moment, Attempt)>,
}

/// A stop or the like, begun or failed.
struct Attempt {
    action: ActionId,
    op: ResourceOp,
    /// How often it was tried before.
    before: u32,
}

impl Attempt {
    /// How long after it failed it is tried again.
    fn pause(&self) -> Duration {
        RETRY_STOP.saturating_mul(1 << self.before.min(8)).min(RETRY_STOP_MAX)
    }
}

/// What this node does alone.
pub struct Minority {
    phase: Phase,
}

/// Where the stops of a node alone go.
pub struct Hands<'a> {
    /// The node's resources.
    pub local: &'a mut Local,
    /// For the log, when it can be reached again.
    pub entries: &'a mut Vec<Entry>,
    /// What is to be done.
    pub todo: &'a mut Vec<Effect>,
}

impl Minority {
    /// A node at its start; `has_past` when an earlier life of this boot may have begun something.
    pub fn new(now: Now, has_past: bool) -> Self {
        let phase = if has_past { Phase::Waiting(now.moment) } else { Phase::Unarmed };
        Self { phase }
    }

    /// A run ended; if it was ours, what waits for it may go on at the next [`Self::advance`].
    pub fn ended(&mut self, now: Now, run: RunId, outcome: &AgentOutcome) {
        if let Phase::Acting(acting) = &mut self.phase
            && let Some(attempt) = acting.runs.remove(&run)
        {
            if attempt.before == 0 {
                // Failed or not: there is nobody to fence us but the others, and the next stop
                // of the chain is better tried than not.
                acting.executor.step(StepInput::Confirmed(attempt.action), &mut acting.due);
            }
            if outcome.rc != attempt.op.expected_rc && outcome.status != ExecStatus::Lost {
                acting.failed.push((now.moment, attempt));
            }
        }
    }

    /// Moves on.
    pub fn advance(
        &mut self,
        now: Now,
        quorate: bool,
        state: &ClusterState,
        name: &NodeName,
        hands: &mut Hands<'_>,
    ) {
        match &mut self.phase {
            Phase::Unarmed if quorate => self.phase = Phase::Quorate,
            Phase::Unarmed => {}
            Phase::Quorate if quorate => {}
            Phase::Quorate => self.phase = Phase::Waiting(now.moment),
            Phase::Waiting(_) if quorate => self.phase = Phase::Quorate,
            Phase::Waiting(since)
                if now.moment.since(*since) >= QUORUM_GRACE
                    || hands.local.is_held_for_over(state) =>
            {
                hands.todo.push(Effect::Tale(Story::QuorumLost));
                let mut acting = Acting::new(state, name, now, hands.local);
                acting.go_on(now, name, hands);
                self.phase = Phase::Acting(Box::new(acting));
            }
            Phase::Waiting(_) => {}
            Phase::Acting(_) if quorate => {
                hands.todo.push(Effect::Tale(Story::QuorumBack));
                self.phase = Phase::Quorate;
            }
            Phase::Acting(acting) => {
                acting.go_on(now, name, hands);
                acting.try_again(now, hands);
            }
        }
    }
}

impl Acting {
    fn new(state: &ClusterState, name: &NodeName, now: Now, local: &Local) -> Self {
        let mut cib = alone(state, name, local, now.wall);
        crate::unreachable::leave_out(&mut cib);
        let options = rota_policy::Options { alone: true, ..rota_policy::Options::default() };
        let plan = rota_policy::plan(&cib, now.wall, &options);
        let mut executor = Executor::new(plan.graph, Limits::DEFAULT);
        let mut due = Vec::new();
        executor.step(StepInput::Begin, &mut due);
        Self { executor, runs: BTreeMap::new(), due, failed: Vec::new() }
    }

    /// Tries again what failed long enough ago.
    fn try_again(&mut self, now: Now, hands: &mut Hands<'_>) {
        let is_due =
            |(at, attempt): &mut (Moment, Attempt)| now.moment.since(*at) >= attempt.pause();
        for (_, mut attempt) in self.failed.extract_if(.., is_due) {
            attempt.before += 1;
            let op = attempt.op.clone();
            if let Some(run) = hands.local.take_alone(now, op, hands.entries, hands.todo) {
                self.runs.insert(run, attempt);
            }
        }
    }

    fn go_on(&mut self, now: Now, name: &NodeName, hands: &mut Hands<'_>) {
        while let Some(step) = self.due.pop() {
            if let Step::Perform(id) = step
                && self.perform(now, id, name, hands)
            {
                self.executor.step(StepInput::Confirmed(id), &mut self.due);
            }
        }
    }

    /// Carries an action out, if it is ours to do. Whether it is complete at once.
    fn perform(&mut self, now: Now, id: ActionId, name: &NodeName, hands: &mut Hands<'_>) -> bool {
        let Some(action) = self.executor.graph().action(id) else { return true };
        let is_here = action.node.as_ref() == Some(name);
        match &action.task {
            Task::Resource(op) if is_here && book::only_stops(op) => {
                let op = (**op).clone();
                match hands.local.take_alone(now, op.clone(), hands.entries, hands.todo) {
                    Some(run) => {
                        self.runs.insert(run, Attempt { action: id, op, before: 0 });
                        false
                    }
                    None => true,
                }
            }
            Task::Resource(_)
            | Task::Pseudo { .. }
            | Task::Cancel { .. }
            | Task::Fence { .. }
            | Task::ClearFailures { .. }
            | Task::Shutdown
            | Task::DeleteHistory { .. }
            | Task::Maintenance { .. }
            | Task::LiftShutdownLock { .. } => true,
        }
    }
}

/// The Cib as a node without quorum must see it: it is there, nobody else is, and nobody can be
/// fenced. What it began and could not tell the log any more may be active, too, and what was
/// about to migrate here may have arrived; what it began may be unknown to a log that it has lost.
/// When the cluster holds this node for off, the log has forgotten what runs here, others run it,
/// and no policy can want that it goes on.
fn alone(state: &ClusterState, name: &NodeName, local: &Local, now: WallTime) -> Cib {
    let mut cib = Cib::clone(&state.cib);
    cib.header.have_quorum = Some(false);
    for order in local.open_orders() {
        if let OrderTask::Run(op) = &order.task {
            book::write_pending(&mut cib, name, op, Some(order), now);
        }
    }
    for open in state.migrations.iter().filter(|open| open.target == *name) {
        book::write_arrived(&mut cib, open);
    }
    let is_held_for_over = local.is_held_for_over(state);
    local.write_what_was_begun(&mut cib, is_held_for_over);
    if is_held_for_over {
        book::stop_without_quorum(&mut cib);
    }
    book::leave_only(&mut cib, name);
    cib
}
