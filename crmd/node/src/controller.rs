//! The DC's loop: changed state → plan → transition → orders → committed results.
//!
//! A controller exists from the moment a node leads until it does not. It begins by asking every
//! member what it still has in flight from older DCs; from their answers on no order of an older
//! DC can begin anywhere, and what has begun is part of the first plan.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use rota_cib::Cib;
use rota_cib::zone::Zone;
use rota_ids::{Moment, NodeId, NodeName, Term, Text, WallTime};
use rota_policy::check::{Finding, check};
use rota_transition::executor::{Effect as Step, Input as StepInput, Limits};
use rota_transition::{AbortReason, Action, ActionId, Executor, Graph, Task};

mod news;
mod orders;

use crate::book;
use crate::entry::Entry;
use crate::event::{Effect, Now};
use crate::limits::{CALM_DOWN, PLANS_IN_A_ROW};
use crate::order::{Order, OrderId, OrderTask, Token};
use crate::proposals::Purpose;
use crate::reasons::Reasons;
use crate::state::ClusterState;
use crate::story::Story;

/// What the controller wants of the node beside effects.
#[derive(Clone, Debug, PartialEq)]
pub enum Want {
    /// Put this into the log.
    Propose(Box<Entry>, Purpose),
    /// Make this node harmless.
    Fence {
        /// The node.
        target: NodeName,
        /// How.
        action: rota_transition::FenceAction,
        /// Seconds to wait first.
        delay_s: u32,
    },
    /// Of all fencing that plans have asked for only this is still wanted.
    FenceOnly(BTreeSet<NodeName>),
    /// An order for this very node.
    OrderHere(Box<Order>),
}

/// An order that was given and whose end the log does not hold.
struct Given {
    order: Order,
    node: NodeId,
    /// Which action of the present graph it carries out, if any.
    action: Option<ActionId>,
    taken: bool,
    sent: Option<Moment>,
}

/// What members have in flight from older DCs, and who has yet to say it.
#[derive(Default)]
struct Sync {
    /// Who has said it in this term: no order of an older DC can begin there any more.
    answered: BTreeSet<NodeId>,
    /// Members who have not.
    waiting: BTreeSet<NodeId>,
    /// When they were asked last.
    sent: Option<Moment>,
    /// Everybody who was a member when the term began has answered.
    in_charge: bool,
}

/// The DC's loop.
pub struct Controller {
    me: NodeId,
    term: Term,
    transition: u64,
    next_order: u64,
    sync: Sync,
    executor: Option<Executor>,
    given: BTreeMap<OrderId, Given>,
    /// An action of the present graph waits for an order to end that the graph does not know.
    held: bool,
    stale: Option<AbortReason>,
    planned_at: Moment,
    recheck_at: Option<WallTime>,
    /// How long a plan holds although nothing happens (`cluster-recheck-interval`).
    recheck_every: Option<Duration>,
    plans_in_a_row: u32,
    idle_askers: VecDeque<(NodeId, u64)>,
    reasons: Reasons,
}

impl Controller {
    /// A controller for a term that has just begun.
    pub fn new(me: NodeId, term: Term, now: Now) -> Self {
        Self {
            me,
            term,
            transition: 0,
            next_order: 0,
            sync: Sync::default(),
            executor: None,
            given: BTreeMap::new(),
            held: false,
            stale: Some(AbortReason::Membership),
            planned_at: now.moment,
            recheck_at: None,
            recheck_every: None,
            plans_in_a_row: 0,
            idle_askers: VecDeque::new(),
            reasons: Reasons::default(),
        }
    }

    /// The same, where dates in rules are meant in this zone.
    pub fn in_zone(mut self, zone: Zone) -> Self {
        self.reasons.zone = zone;
        self
    }

    /// The term that this controller leads in.
    pub fn term(&self) -> Term {
        self.term
    }

    /// The number of the latest plan of this term.
    pub fn transition(&self) -> u64 {
        self.transition
    }

    /// The token of orders given now.
    pub fn token(&self, state: &ClusterState) -> Token {
        Token { term: self.term, view: state.view.id, transition: self.transition }
    }

    /// The plan must be made again.
    pub fn stale(&mut self, why: AbortReason, todo: &mut Vec<Effect>) {
        if let Some(executor) = &mut self.executor {
            let mut steps = Vec::new();
            executor.step(StepInput::Stop, &mut steps);
            self.report_end(&steps, todo);
        }
        self.stale.get_or_insert(why);
    }

    /// Somebody wants to know when there is nothing left to do.
    pub fn tell_when_idle(&mut self, asker: NodeId, question: u64) {
        if !self.idle_askers.contains(&(asker, question)) {
            self.idle_askers.push_back((asker, question));
        }
    }

    /// Those who asked, if there is nothing left to do now.
    pub fn idle_askers(&mut self, nothing_else: bool) -> Vec<(NodeId, u64)> {
        if nothing_else && self.is_idle() {
            self.idle_askers.drain(..).collect()
        } else {
            Vec::new()
        }
    }

    /// Whether nothing is planned, ordered or running.
    pub fn is_idle(&self) -> bool {
        let running = self.executor.as_ref().is_some_and(|executor| !executor.is_finished());
        !running
            && self.stale.is_none()
            && self.given.is_empty()
            && self.sync.waiting.is_empty()
            && self.sync.in_charge
    }

    /// What is still going on, for people.
    pub fn pending(&self, state: &ClusterState) -> Vec<Text> {
        let mut pending: Vec<Text> = Vec::new();
        for node in &self.sync.waiting {
            let name = state.name_of(*node).map_or_else(String::new, ToString::to_string);
            pending.push(format!("{name} is asked what it is doing").into());
        }
        for given in self.given.values() {
            let name = state.name_of(given.node).map_or_else(String::new, ToString::to_string);
            let executor = self.executor.as_ref();
            let action = given.action.and_then(|id| executor.and_then(|e| e.graph().action(id)));
            let key = format!("{} on {name}", book::order_key(&given.order));
            pending.push(self.with_reason(key, action));
        }
        for action in self.executor.iter().flat_map(Executor::in_flight) {
            if let Task::Fence { target, .. } = &action.task {
                pending.push(self.with_reason(format!("fencing of {target}"), Some(action)));
            }
        }
        let waiting = self.executor.iter().flat_map(Executor::waiting);
        pending.extend(waiting.filter_map(|action| Some((action, book::action_key(action)?))).map(
            |(action, key)| self.with_reason(format!("{key} (waits for the others)"), Some(action)),
        ));
        pending
    }

    fn with_reason(&self, what: String, action: Option<&Action>) -> Text {
        match action.and_then(|action| self.reasons.of(action)) {
            Some(why) => format!("{what}: {why}").into(),
            None => what.into(),
        }
    }

    /// What holds each resource that does not run, or must not be touched.
    pub fn stuck(&self) -> &BTreeMap<Text, Text> {
        self.reasons.stuck()
    }

    /// Moves on: asks, plans, and repeats what was not heard. Call it after every batch of news.
    pub fn advance(
        &mut self,
        now: Now,
        state: &ClusterState,
        may_act: bool,
        todo: &mut Vec<Effect>,
        wants: &mut Vec<Want>,
    ) {
        if !self.have_all_answered(now, state, todo) || !may_act {
            return;
        }
        if self.recheck_at.is_some_and(|at| now.wall >= at)
            || self.recheck_every.is_some_and(|every| now.moment.since(self.planned_at) >= every)
        {
            self.stale(AbortReason::Time, todo);
        }
        if self.plans_in_a_row > 0 && now.moment.since(self.planned_at) >= CALM_DOWN {
            self.plans_in_a_row = 0;
        }
        if self.plans_in_a_row < PLANS_IN_A_ROW
            && let Some(why) = self.stale.take()
        {
            self.plan(now, why, state, todo, wants);
        }
        self.repeat_orders(now, todo);
    }

    fn plan(
        &mut self,
        now: Now,
        why: AbortReason,
        state: &ClusterState,
        todo: &mut Vec<Effect>,
        wants: &mut Vec<Want>,
    ) {
        self.transition += 1;
        self.plans_in_a_row += 1;
        self.planned_at = now.moment;
        self.held = false;
        let cib = self.cib_with_what_is_in_flight(now.wall, state);
        let plan = self.reasons.plan(&cib, now.wall);
        if let Some(why) = reason_to_refuse(&cib, &plan.graph) {
            todo.push(Effect::Tale(Story::PlanRefused { why }));
            self.executor = None;
            return;
        }
        let fences = plan.graph.actions.iter().filter_map(|action| match &action.task {
            Task::Fence { target, .. } => Some(target.clone()),
            _ => None,
        });
        wants.push(Want::FenceOnly(fences.collect()));
        self.recheck_at = plan.graph.recheck_at.map(WallTime);
        self.recheck_every = rota_policy::recheck_interval(&cib, now.wall, &self.reasons.zone);
        let actions = plan.graph.actions.iter().filter_map(book::action_key).collect();
        todo.push(Effect::Tale(Story::Planned { transition: self.transition, why, actions }));
        let limits = book::limits(&state.cib).unwrap_or(Limits::DEFAULT);
        let mut executor = Executor::new(plan.graph, limits);
        self.adopt_what_is_in_flight(&mut executor, state);
        self.executor = Some(executor);
        self.walk(StepInput::Begin, todo, wants, state);
    }

    /// Operations in flight stand in the planned Cib as pending, as Pacemaker writes them.
    fn cib_with_what_is_in_flight(&self, now: WallTime, state: &ClusterState) -> Cib {
        let mut cib = state.cib.clone();
        cib.header.have_quorum = Some(true);
        cib.header.dc_uuid = Some(self.me.to_string().into());
        for name in state.unclean.keys().filter_map(|node| state.name_of(*node)) {
            book::forget_that_it_leaves(&mut cib, name);
        }
        for given in self.given.values() {
            if let (OrderTask::Run(op), Some(name)) = (&given.order.task, state.name_of(given.node))
            {
                book::write_pending(&mut cib, name, op, &given.order, now);
            }
        }
        cib
    }

    fn walk(
        &mut self,
        input: StepInput,
        todo: &mut Vec<Effect>,
        wants: &mut Vec<Want>,
        state: &ClusterState,
    ) {
        let Some(executor) = &mut self.executor else { return };
        let mut steps = Vec::new();
        executor.step(input, &mut steps);
        for step in &steps {
            if let Step::Perform(id) = step
                && let Some(action) =
                    self.executor.as_ref().and_then(|e| e.graph().action(*id)).cloned()
            {
                self.perform(&action, todo, wants, state);
            }
        }
        self.report_end(&steps, todo);
    }

    fn report_end(&self, steps: &[Step], todo: &mut Vec<Effect>) {
        for step in steps {
            if let Step::Finished { complete } = step {
                let transition = self.transition;
                todo.push(Effect::Tale(Story::Finished { transition, complete: *complete }));
            }
        }
    }
}

/// What the checker, which shares no code with the planner, holds against a plan. Doing nothing
/// and saying so is better than two masters; an order or a place that is not as wished is not
/// worth that.
fn reason_to_refuse(cib: &Cib, graph: &Graph) -> Option<Text> {
    check(cib, graph).into_iter().find(Finding::is_grave).map(|finding| finding.to_string().into())
}
