//! Orders: who has what in flight, what an action becomes, and when an order must wait.

use std::collections::BTreeSet;

use rota_ids::{NodeId, NodeName, Term};
use rota_transition::executor::Input as StepInput;
use rota_transition::{AbortReason, Action, Executor, ResourceOp, Task};

use crate::book;
use crate::entry::Entry;
use crate::event::{Effect, Now};
use crate::limits::{RESEND_ORDER, RESEND_SYNC};
use crate::message::Message;
use crate::order::{Order, OrderId, OrderTask, Token};
use crate::proposals::Purpose;
use crate::state::ClusterState;
use crate::story::Story;

use super::{Controller, Given, Want};

impl Controller {
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

    /// Every member is asked once a term, also one that comes back in the middle of it: orders of
    /// an older DC that it took are part of the plan, and it takes no others.
    pub(super) fn have_all_answered(
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

    /// The same operation is not ordered twice: the new graph waits for the one in flight.
    pub(super) fn adopt_what_is_in_flight(
        &mut self,
        executor: &mut Executor,
        state: &ClusterState,
    ) {
        // Whoever is to leave is told so by each plan anew, or no more.
        self.given.retain(|_, given| given.order.task != OrderTask::Leave);
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

    pub(super) fn perform(
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

    pub(super) fn give(
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
        // A node that leaves answers by leaving, and hears of it until then.
        if order.task != OrderTask::Leave || member.id != self.me {
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

    pub(super) fn repeat_orders(&mut self, now: Now, todo: &mut Vec<Effect>) {
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
