//! Orders: who has what in flight, what an action becomes, and when an order must wait.

use std::collections::BTreeSet;

use rota_ids::{NodeId, Term};
use rota_transition::executor::Input as StepInput;
use rota_transition::{AbortReason, Action, ResourceOp, Task};

use crate::book;
use crate::entry::Entry;
use crate::event::Effect;
use crate::limits::{RESEND_ORDER, RESEND_SYNC};
use crate::message::Message;
use crate::order::{Order, OrderId, OrderTask, Token};
use crate::proposals::Purpose;
use crate::state::ClusterState;
use crate::story::Story;

use super::{Controller, Desk, Given, Place, Want};

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
            let given = Given { node, place: None, why: None, taken: true, sent: None, order };
            self.given.entry(id).or_insert(given);
        }
    }

    /// The order has arrived at its node.
    pub fn taken(&mut self, order: OrderId) {
        if let Some(given) = self.given.get_mut(&order) {
            given.taken = true;
        }
    }

    /// A node refuses an order: it has seen a newer token. Either there is a newer DC, or a later
    /// plan of ours overtook it on the way; as it is still wanted, it is brought again.
    pub fn refused(&mut self, order: OrderId, newest: Token) {
        if newest.term <= self.term
            && let Some(given) = self.given.get_mut(&order)
        {
            given.taken = false;
        }
    }

    /// The daemon of a node was restarted: what it did not keep of its orders it must hear again.
    pub fn node_restarted(&mut self, node: NodeId) {
        for given in self.given.values_mut().filter(|given| given.node == node) {
            given.taken = false;
            given.sent = None;
        }
    }

    /// A node was lost. What it was ordered may be under way there until it is proven off, but it
    /// begins nothing more, and nobody waits for what it says of a notification.
    pub fn node_lost(&mut self, node: NodeId, desk: &mut Desk<'_>) {
        let is_notification = |given: &Given| match &given.order.task {
            OrderTask::Run(op) => op.is_notification(),
            OrderTask::Cancel { .. } | OrderTask::Leave => false,
        };
        self.given.retain(|_, given| given.node != node || !is_notification(given));
        if let Some(name) = desk.state.name_of(node).cloned() {
            self.lose(&name, false, desk);
        }
    }

    /// Orders of a node whose life is over will never be answered.
    pub fn node_gone(&mut self, node: NodeId, desk: &mut Desk<'_>) {
        self.given.retain(|_, given| given.node != node);
        self.sync.answered.remove(&node);
        if let Some(name) = desk.state.name_of(node).cloned() {
            self.lose(&name, true, desk);
        }
    }

    /// Every member is asked once a term, also one that comes back in the middle of it: orders of
    /// an older DC that it took are part of the plan, and it takes no others.
    pub(super) fn have_all_answered(&mut self, desk: &mut Desk<'_>) -> bool {
        let (now, state) = (desk.now, desk.state);
        let members = state.view.members.keys().copied();
        let sync = &mut self.sync;
        let waiting: BTreeSet<NodeId> =
            members.filter(|node| *node != self.me && !sync.answered.contains(node)).collect();
        if waiting.is_empty() {
            sync.waiting = waiting;
            if !std::mem::replace(&mut sync.in_charge, true) {
                desk.todo.push(Effect::Tale(Story::InCharge { term: self.term }));
            }
            return true;
        }
        let is_new = !waiting.is_subset(&sync.waiting);
        sync.waiting = waiting;
        if is_new || sync.sent.is_none_or(|sent| now.moment.since(sent) >= RESEND_SYNC) {
            sync.sent = Some(now.moment);
            let token = Token { term: self.term, view: state.view.id, transition: 0 };
            for &to in &sync.waiting {
                desk.todo.push(Effect::Peer { to, message: Message::Sync { token } });
            }
        }
        false
    }

    pub(super) fn perform(&mut self, action: &Action, place: Place, desk: &mut Desk<'_>) {
        let Place { transition, action: id } = place;
        let order = match &action.task {
            Task::Pseudo { .. } => return,
            Task::Resource(op) => match migrating(op, action) {
                Some(entry) => {
                    let purpose = Purpose::Before { transition, action: id };
                    desk.wants.push(Want::Propose(Box::new(entry), purpose));
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
                self.fencing.insert(target.clone());
                desk.wants.push(Want::Fence { target, action, delay_s: *delay_s });
                return;
            }
            Task::ClearFailures { .. }
            | Task::DeleteHistory { .. }
            | Task::Maintenance { .. }
            | Task::LiftShutdownLock { .. } => {
                let purpose = Purpose::Action { transition, action: id };
                let node = action.node.as_ref().and_then(|name| desk.state.node_named(name));
                for change in book::changes_of_task(&action.task, node.map(|member| member.id)) {
                    desk.wants.push(Want::Propose(Box::new(Entry::Change(change)), purpose));
                }
                return;
            }
        };
        self.give(order, action, place, desk);
    }

    pub(super) fn give(
        &mut self,
        task: OrderTask,
        action: &Action,
        place: Place,
        desk: &mut Desk<'_>,
    ) {
        let Some(member) = action.performer().and_then(|name| desk.state.node_named(name)) else {
            // Its node was removed meanwhile: it will never be done.
            return self.give_up(place, desk);
        };
        if let OrderTask::Run(op) = &task {
            if self.is_under_way_elsewhere(op, member.id, desk.state) {
                // What the configuration puts in an order waits before it comes here. This is for
                // what it says nothing of: better late than twice.
                return self.give_up(place, desk);
            }
            if op.operation == "start" {
                self.brake.started(op.leaf(), &member.name, desk.now.moment);
            }
        }
        self.next_order += 1;
        let order = Order {
            id: OrderId { term: self.term, number: self.next_order },
            token: self.token(desk.state),
            task,
        };
        let why = self.reasons.of(action).cloned().filter(|_| place.transition == self.transition);
        desk.todo.push(Effect::Tale(Story::Ordered {
            node: member.name.clone(),
            key: book::order_key(&order),
            why: why.clone(),
        }));
        if member.id == self.me {
            desk.wants.push(Want::OrderHere(Box::new(order.clone())));
        }
        let (node, taken) = (member.id, member.id == self.me);
        // A node that leaves answers by leaving, and hears of it until then.
        if order.task != OrderTask::Leave || !taken {
            let id = order.id;
            let given = Given { node, place: Some(place), why, taken, sent: None, order };
            self.given.insert(id, given);
        }
    }

    /// An action that was handed out cannot be ordered.
    fn give_up(&mut self, place: Place, desk: &mut Desk<'_>) {
        self.stale(AbortReason::Membership, desk);
        self.walk_at(place, StepInput::Failed, desk);
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

    pub(super) fn repeat_orders(&mut self, desk: &mut Desk<'_>) {
        let (now, token) = (desk.now, self.token(desk.state));
        for given in self.given.values_mut() {
            let is_due = given.sent.is_none_or(|at| now.moment.since(at) >= RESEND_ORDER);
            if !given.taken && is_due {
                given.sent = Some(now.moment);
                // It is as much of the present plan as of the one that gave it.
                given.order.token = token;
                let message = Message::Order(Box::new(given.order.clone()));
                desk.todo.push(Effect::Peer { to: given.node, message });
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
