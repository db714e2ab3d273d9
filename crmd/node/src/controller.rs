//! The DC's loop: changed state → plan → transition → orders → committed results.
//!
//! A controller exists from the moment a node leads until it does not. It begins by asking every
//! member what it still has in flight from older DCs; from their answers on no order of an older
//! DC can begin anywhere, and what has begun is part of the first plan.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rota_cib::Cib;
use rota_ids::{Moment, NodeId, NodeName, Term, Text, WallTime};
use rota_policy::check::{Finding, check};
use rota_transition::executor::{Effect as Step, Input as StepInput, Limits};
use rota_transition::{AbortReason, Action, ActionId, Executor, Graph, ResourceOp, Task};

use crate::book;
use crate::entry::Entry;
use crate::event::{Effect, Now};
use crate::limits::{CALM_DOWN, PLANS_IN_A_ROW, RECHECK, RESEND_ORDER, RESEND_SYNC};
use crate::message::Message;
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
            plans_in_a_row: 0,
            idle_askers: VecDeque::new(),
            reasons: Reasons::default(),
        }
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

    /// A member said what it has in flight.
    pub fn synced(&mut self, from: NodeId, term: Term, in_flight: Vec<Order>) {
        if term != self.term {
            return;
        }
        if self.sync.answered.insert(from) {
            self.sync.waiting.remove(&from);
            self.take_over(from, in_flight);
        }
    }

    /// What a node has in flight from older DCs is ours now.
    pub fn take_over(&mut self, node: NodeId, in_flight: impl IntoIterator<Item = Order>) {
        for order in in_flight {
            let id = order.id;
            let given = Given { node, action: None, taken: true, sent: None, order };
            self.given.entry(id).or_insert(given);
        }
    }

    /// The order has arrived at its node.
    pub fn taken(&mut self, order: OrderId) {
        if let Some(given) = self.given.get_mut(&order) {
            given.taken = true;
        }
    }

    /// A node refuses our orders: it has seen a newer token. There is a newer DC, or the order
    /// was overtaken by one of ours; it must not be brought again.
    pub fn refused(&mut self, order: OrderId, newest: Token, todo: &mut Vec<Effect>) {
        if newest.term <= self.term && self.given.remove(&order).is_some() {
            self.stale(AbortReason::Membership, todo);
        }
    }

    /// The daemon of a node was restarted: what it did not keep of its orders it must hear again.
    pub fn node_restarted(&mut self, node: NodeId) {
        for given in self.given.values_mut().filter(|given| given.node == node) {
            given.taken = false;
            given.sent = None;
        }
    }

    /// Orders of a node whose life is over will never be answered.
    pub fn node_gone(&mut self, node: NodeId) {
        self.given.retain(|_, given| given.node != node);
        if std::mem::take(&mut self.held) {
            self.stale.get_or_insert(AbortReason::Membership);
        }
        self.sync.answered.remove(&node);
    }

    /// The log holds the end of an operation.
    pub fn operation_ended(
        &mut self,
        order: Option<OrderId>,
        key: &Text,
        unexpected: bool,
        todo: &mut Vec<Effect>,
        wants: &mut Vec<Want>,
        state: &ClusterState,
    ) {
        let given = order.and_then(|order| self.given.remove(&order));
        if self.held && given.is_some() {
            self.stale(AbortReason::UnexpectedResult { key: key.clone() }, todo);
        }
        match given.and_then(|given| given.action) {
            Some(action) => {
                if unexpected {
                    self.stale(AbortReason::ActionFailed { key: key.clone() }, todo);
                }
                let input = if unexpected {
                    StepInput::Failed(action)
                } else {
                    StepInput::Confirmed(action)
                };
                self.walk(input, todo, wants, state);
            }
            None => self.stale(AbortReason::UnexpectedResult { key: key.clone() }, todo),
        }
    }

    /// The log holds a change that an action of the present graph asked for.
    pub fn change_made(
        &mut self,
        transition: u64,
        action: ActionId,
        todo: &mut Vec<Effect>,
        wants: &mut Vec<Want>,
        state: &ClusterState,
    ) {
        if transition == self.transition {
            self.walk(StepInput::Confirmed(action), todo, wants, state);
        }
    }

    /// The log holds what had to be written down before an action of the present graph.
    pub fn may_begin(
        &mut self,
        transition: u64,
        action: ActionId,
        todo: &mut Vec<Effect>,
        wants: &mut Vec<Want>,
        state: &ClusterState,
    ) {
        if transition != self.transition || self.stale.is_some() {
            return;
        }
        let found = self.executor.as_ref().and_then(|e| e.graph().action(action)).cloned();
        if let Some(action) = found
            && let Task::Resource(op) = &action.task
        {
            self.give(OrderTask::Run(op.clone()), &action, todo, wants, state);
        }
    }

    /// The log holds the proof that a node is off.
    pub fn node_ended(
        &mut self,
        target: &NodeName,
        id: Option<NodeId>,
        todo: &mut Vec<Effect>,
        wants: &mut Vec<Want>,
        state: &ClusterState,
    ) {
        if let Some(id) = id {
            self.node_gone(id);
        }
        let waiting = self.executor.as_ref().and_then(|executor| {
            executor
                .in_flight()
                .find(|a| matches!(&a.task, Task::Fence { target: t, .. } if t == target))
                .map(|action| action.id)
        });
        match waiting {
            Some(action) => self.walk(StepInput::Confirmed(action), todo, wants, state),
            None => {
                if let Some(id) = id {
                    self.stale(AbortReason::Fenced(id), todo);
                }
            }
        }
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
            || now.moment.since(self.planned_at) >= RECHECK
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

    /// Every member is asked once a term, also one that comes back in the middle of it: orders of
    /// an older DC that it took are part of the plan, and it takes no others.
    fn have_all_answered(
        &mut self,
        now: Now,
        state: &ClusterState,
        todo: &mut Vec<Effect>,
    ) -> bool {
        let members = state.view.members.keys().copied();
        let sync = &mut self.sync;
        let waiting: BTreeSet<NodeId> =
            members.filter(|node| *node != self.me && !sync.answered.contains(node)).collect();
        if waiting.is_empty() {
            sync.waiting = waiting;
            if !std::mem::replace(&mut sync.in_charge, true) {
                todo.push(Effect::Tale(Story::InCharge { term: self.term }));
            }
            return true;
        }
        let is_new = !waiting.is_subset(&sync.waiting);
        sync.waiting = waiting;
        if is_new || sync.sent.is_none_or(|sent| now.moment.since(sent) >= RESEND_SYNC) {
            sync.sent = Some(now.moment);
            let token = Token { term: self.term, view: state.view.id, transition: 0 };
            for &to in &sync.waiting {
                todo.push(Effect::Peer { to, message: Message::Sync { token } });
            }
        }
        false
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
        let cib = self.cib_with_what_is_in_flight(state);
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
        let actions = plan.graph.actions.iter().filter_map(book::action_key).collect();
        todo.push(Effect::Tale(Story::Planned { transition: self.transition, why, actions }));
        let limits = book::limits(&state.cib).unwrap_or(Limits::DEFAULT);
        let mut executor = Executor::new(plan.graph, limits);
        self.adopt_what_is_in_flight(&mut executor, state);
        self.executor = Some(executor);
        self.walk(StepInput::Begin, todo, wants, state);
    }

    /// Operations in flight stand in the planned Cib as pending, as Pacemaker writes them.
    fn cib_with_what_is_in_flight(&self, state: &ClusterState) -> Cib {
        let mut cib = state.cib.clone();
        cib.header.have_quorum = Some(true);
        cib.header.dc_uuid = Some(self.me.to_string().into());
        for given in self.given.values() {
            if let (OrderTask::Run(op), Some(name)) = (&given.order.task, state.name_of(given.node))
            {
                book::write_pending(&mut cib, name, op, &given.order);
            }
        }
        cib
    }

    /// The same operation is not ordered twice: the new graph waits for the one in flight.
    fn adopt_what_is_in_flight(&mut self, executor: &mut Executor, state: &ClusterState) {
        let mut adopted = Vec::new();
        for (id, given) in &mut self.given {
            given.action = None;
            let Some(name) = state.name_of(given.node) else { continue };
            let same = executor.graph().actions.iter().find(|action| {
                action.node.as_ref() == Some(name) && book::is_same(&action.task, &given.order.task)
            });
            if let Some(action) = same {
                adopted.push((*id, action.id));
            }
        }
        let mut nothing = Vec::new();
        for (order, action) in adopted {
            if let Some(given) = self.given.get_mut(&order) {
                given.action = Some(action);
            }
            executor.step(StepInput::Adopt(action), &mut nothing);
        }
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

    fn perform(
        &mut self,
        action: &Action,
        todo: &mut Vec<Effect>,
        wants: &mut Vec<Want>,
        state: &ClusterState,
    ) {
        let purpose = Purpose::Action { transition: self.transition, action: action.id };
        let order = match &action.task {
            Task::Pseudo { .. } => return,
            Task::Resource(op) => match migrating(op, action) {
                Some(entry) => {
                    let purpose =
                        Purpose::Before { transition: self.transition, action: action.id };
                    wants.push(Want::Propose(Box::new(entry), purpose));
                    return;
                }
                None => OrderTask::Run(op.clone()),
            },
            Task::Cancel { resource, operation, interval } => OrderTask::Cancel {
                resource: resource.clone(),
                operation: operation.clone(),
                interval: *interval,
            },
            Task::Shutdown => OrderTask::Leave,
            Task::Fence { target, action, delay_s, .. } => {
                let (target, action) = (target.clone(), *action);
                wants.push(Want::Fence { target, action, delay_s: *delay_s });
                return;
            }
            Task::ClearFailures { .. }
            | Task::DeleteHistory { .. }
            | Task::Maintenance { .. }
            | Task::LiftShutdownLock { .. } => {
                let node = action.node.as_ref().and_then(|name| state.node_named(name));
                for change in book::changes_of_task(&action.task, node.map(|member| member.id)) {
                    wants.push(Want::Propose(Box::new(Entry::Change(change)), purpose));
                }
                return;
            }
        };
        self.give(order, action, todo, wants, state);
    }

    fn give(
        &mut self,
        task: OrderTask,
        action: &Action,
        todo: &mut Vec<Effect>,
        wants: &mut Vec<Want>,
        state: &ClusterState,
    ) {
        let host = action.router.as_ref().or(action.node.as_ref());
        let Some(member) = host.and_then(|name| state.node_named(name)) else { return };
        let must_wait = match &task {
            OrderTask::Run(op) => self.is_under_way_elsewhere(op, member.id, state),
            OrderTask::Leave => self.is_busy(member.id, &member.name),
            OrderTask::Cancel { .. } => false,
        };
        if must_wait {
            self.held = true;
            return;
        }
        self.next_order += 1;
        let order = Order {
            id: OrderId { term: self.term, number: self.next_order },
            token: self.token(state),
            task,
        };
        let name = member.name.clone();
        todo.push(Effect::Tale(Story::Ordered {
            node: name,
            key: book::order_key(&order),
            why: self.reasons.of(action).cloned(),
        }));
        if member.id == self.me {
            wants.push(Want::OrderHere(Box::new(order.clone())));
        }
        let given = Given {
            node: member.id,
            action: Some(action.id),
            taken: member.id == self.me,
            sent: None,
            order: order.clone(),
        };
        // A node that leaves answers by leaving.
        if order.task == OrderTask::Leave {
            if member.id == self.me {
                return;
            }
            todo.push(Effect::Peer { to: member.id, message: Message::Order(Box::new(order)) });
        } else {
            self.given.insert(order.id, given);
        }
    }

    /// Whether another node has yet to answer an order about a resource of which there may be one
    /// instance only: whatever the plan says, it must not be started meanwhile.
    fn is_under_way_elsewhere(&self, op: &ResourceOp, node: NodeId, state: &ClusterState) -> bool {
        let is_about_it = |given: &Given| {
            given.node != node
                && matches!(&given.order.task, OrderTask::Run(other)
                    if other.key.resource == op.key.resource && other.operation != "monitor")
        };
        op.operation == "start"
            && self.given.values().any(is_about_it)
            && book::is_unique(&state.cib, &op.key.resource)
    }

    /// Whether a node has yet to answer anything: what it answers may be that something still
    /// runs there, so that it cannot leave.
    fn is_busy(&self, node: NodeId, name: &NodeName) -> bool {
        let is_its = |action: &&Action| {
            action.node.as_ref() == Some(name) && matches!(action.task, Task::Resource(_))
        };
        self.given.values().any(|given| given.node == node)
            || self
                .executor
                .as_ref()
                .is_some_and(|executor| executor.in_flight().any(|a| is_its(&a)))
    }

    fn repeat_orders(&mut self, now: Now, todo: &mut Vec<Effect>) {
        for given in self.given.values_mut() {
            let is_due = given.sent.is_none_or(|at| now.moment.since(at) >= RESEND_ORDER);
            if !given.taken && is_due {
                given.sent = Some(now.moment);
                let message = Message::Order(Box::new(given.order.clone()));
                todo.push(Effect::Peer { to: given.node, message });
            }
        }
    }
}

/// What the log must hold before this operation begins: should the source of a migration be lost
/// in the middle of it, the target's own history would not say that it may be active there.
fn migrating(op: &ResourceOp, action: &Action) -> Option<Entry> {
    let (source, target) = (action.node.clone()?, op.migrate_target.clone()?);
    let resource = op.key.resource.clone();
    (op.operation == "migrate_to").then_some(Entry::Migrating { resource, source, target })
}

/// What the checker, which shares no code with the planner, holds against a plan. Doing nothing
/// and saying so is better than two masters; an order or a place that is not as wished is not
/// worth that.
fn reason_to_refuse(cib: &Cib, graph: &Graph) -> Option<Text> {
    check(cib, graph)
        .into_iter()
        .find(Finding::is_grave)
        .map(|finding| finding.to_string().into())
}
