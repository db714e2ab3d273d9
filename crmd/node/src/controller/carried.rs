//! What older plans have begun and the present one must live with: known by the ids of its orders,
//! awaited by what depends on it, never ordered twice.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use rota_ids::{NodeId, NodeName, Text, leaf};
use rota_transition::executor::{Burden, Input};
use rota_transition::{AbortReason, Action, ActionId, Carried, Executor, OpKey, ResourceOp, Task};

use crate::book;
use crate::order::OrderTask;
use crate::planner::{Expected, ExpectedEnd};
use crate::state::ClusterState;

use super::brake::Mercy;
use super::relations::Doing;
use super::{Controller, Desk, Given, Place};

/// What is left of a plan that was replaced.
pub(super) struct Remainder {
    transition: u64,
    /// Walks it.
    pub executor: Executor,
    now: BTreeMap<ActionId, ActionId>,
    then: BTreeMap<ActionId, ActionId>,
}

impl Remainder {
    fn new(transition: u64, carried: Carried) -> Self {
        let then = carried.ids.iter().map(|(then, now)| (*now, *then)).collect();
        Self { transition, executor: carried.executor, now: carried.ids, then }
    }

    /// Which plan it is of.
    pub fn transition(&self) -> u64 {
        self.transition
    }

    /// Whether it is of this plan.
    pub fn is_of(&self, transition: u64) -> bool {
        self.transition == transition
    }

    /// The present number of an action of the whole plan.
    pub fn id_now(&self, then: ActionId) -> Option<ActionId> {
        self.now.get(&then).copied()
    }

    /// The number that an action had in the whole plan.
    pub fn id_then(&self, now: ActionId) -> Option<ActionId> {
        self.then.get(&now).copied()
    }
}

/// Whether an action of the present plan must wait for something outside of it.
pub(super) struct Holds<'a> {
    controller: &'a Controller,
    state: &'a ClusterState,
    now: rota_ids::Moment,
    under_way: Vec<Doing>,
    mercy: RefCell<Mercy>,
    held_by_brake: RefCell<BTreeSet<Text>>,
}

impl Holds<'_> {
    /// Whether this action must wait for now.
    pub fn hold(&self, action: &Action) -> bool {
        let controller = self.controller;
        match &action.task {
            Task::Resource(op) => {
                let Some(doing) = doing(action) else { return false };
                let relations = &controller.relations;
                if self.under_way.iter().any(|other| relations.must_wait(&doing, other)) {
                    return true;
                }
                let is_slowed = op.operation == "start"
                    && controller.brake.must_wait(&doing.resource, &doing.node, self.now);
                if is_slowed {
                    self.held_by_brake.borrow_mut().insert(doing.resource);
                }
                is_slowed
            }
            Task::ClearFailures { resource, .. }
            | Task::DeleteHistory { resource, .. }
            | Task::LiftShutdownLock { resource } => self.under_way.iter().any(|other| {
                other.resource == leaf(resource) && Some(&other.node) == action.node.as_ref()
            }),
            Task::Shutdown => {
                let member = action.node.as_ref().and_then(|n| self.state.node_named(n));
                member.is_some_and(|member| controller.is_busy(member.id, &member.name))
            }
            Task::Fence { target, .. } => {
                let must_wait = self.mercy.borrow_mut().spares(target);
                if must_wait {
                    self.held_by_brake.borrow_mut().insert(target.0.clone());
                }
                must_wait
            }
            Task::Pseudo { .. } | Task::Cancel { .. } | Task::Maintenance { .. } => false,
        }
    }

    /// What only time, or the return of a node, lets go on.
    pub fn held_by_brake(&self) -> BTreeSet<Text> {
        self.held_by_brake.borrow().clone()
    }
}

impl Controller {
    /// What something must wait for that the first so many older plans have begun, or nobody's
    /// plan.
    pub(super) fn holds<'a>(&'a self, mercy: Mercy, older: usize, desk: &Desk<'a>) -> Holds<'a> {
        let mut under_way: Vec<Doing> = self
            .carried
            .iter()
            .take(older)
            .flat_map(|rest| rest.executor.under_way())
            .filter_map(doing)
            .collect();
        under_way.extend(self.strangers().filter_map(|given| doing_of(given, desk.state)));
        Holds {
            controller: self,
            state: desk.state,
            now: desk.now.moment,
            under_way,
            mercy: RefCell::new(mercy),
            held_by_brake: RefCell::default(),
        }
    }

    /// Orders that are of no plan of this term.
    fn strangers(&self) -> impl Iterator<Item = &Given> {
        self.given.values().filter(|given| given.place.is_none())
    }

    /// What is in flight beside the present plan.
    pub(super) fn burden(&self, state: &ClusterState) -> Burden {
        let mut burden = Burden::default();
        let is_beside =
            |given: &&Given| given.place.is_none_or(|place| place.transition != self.transition);
        for given in self.given.values().filter(is_beside) {
            if let (OrderTask::Run(_), Some(name)) = (&given.order.task, state.name_of(given.node))
            {
                *burden.per_node.entry(name.clone()).or_default() += 1;
                burden.total += 1;
            }
        }
        burden
    }

    /// Keeps of the present plan what has begun; it is no longer the present one.
    pub(super) fn put_aside(&mut self) {
        let Some(executor) = self.executor.take() else { return };
        // Looks are anybody's.
        for given in self.given.values_mut() {
            let is_of_it = given.place.is_some_and(|place| place.transition == self.transition);
            if is_of_it && matches!(&given.order.task, OrderTask::Run(op) if is_single_look(op)) {
                given.place = None;
            }
        }
        if let Some(carried) = executor.into_carried() {
            self.carried.push(Remainder::new(self.transition, carried));
        }
    }

    pub(super) fn let_go_of_what_ended(&mut self) {
        self.carried.retain(|rest| !rest.executor.is_finished());
    }

    /// What is under way, or will be whatever is planned, and how it will end if it ends well.
    pub(super) fn expected(&self, state: &ClusterState) -> Vec<Expected> {
        let executors = self.carried.iter().map(|rest| &rest.executor).chain(&self.executor);
        let mut expected: Vec<Expected> = executors
            .flat_map(Executor::under_way)
            .filter_map(|action| match (&action.task, &action.node) {
                (Task::Resource(op), Some(node)) => {
                    Some(expect(node, ExpectedEnd::Did(op.clone()), state))
                }
                _ => None,
            })
            .collect();
        for given in self.given.values() {
            let Some(node) = state.name_of(given.node) else { continue };
            let what = match &given.order.task {
                OrderTask::Run(op) if given.place.is_none() => ExpectedEnd::Did(op.clone()),
                OrderTask::Cancel { resource, operation, interval } => ExpectedEnd::Ended(OpKey {
                    resource: resource.clone(),
                    operation: operation.clone(),
                    interval: *interval,
                }),
                OrderTask::Run(_) | OrderTask::Leave => continue,
            };
            expected.push(expect(node, what, state));
        }
        expected
    }

    /// Looks under way are shared: the present plan waits for the same look instead of ordering it
    /// again.
    pub(super) fn share_looks(&mut self, executor: &mut Executor, state: &ClusterState) {
        let mut nothing = Vec::new();
        for given in self.given.values_mut() {
            let OrderTask::Run(op) = &given.order.task else { continue };
            if !is_single_look(op) {
                continue;
            }
            let name = state.name_of(given.node);
            let same = executor.graph().actions.iter().find(|action| {
                action.node.as_ref() == name
                    && action.inputs.is_empty()
                    && book::is_same_look(&action.task, op)
            });
            if let Some(action) = same.map(|action| action.id) {
                given.place = Some(Place { transition: self.transition, action });
                executor.step(Input::Adopt(action), &mut nothing);
            }
        }
    }

    /// A node answers no more: what it was to begin it will not. When it `is_off` nothing of it is
    /// under way any more.
    pub(super) fn lose(&mut self, node: &NodeName, is_off: bool, desk: &mut Desk<'_>) {
        let mut is_stale = false;
        for rest in &mut self.carried {
            // The present plan takes it for done.
            is_stale |= rest.executor.lose(node, is_off).is_broken;
        }
        let present = self.executor.as_mut().map(|executor| executor.lose(node, is_off));
        if is_stale || present.is_some_and(|loss| loss.is_missed) {
            self.stale(AbortReason::Membership, desk);
        }
        self.go_on(desk);
    }

    /// Whether a node has yet to answer anything: what it answers may be that something still
    /// runs there, so that it cannot leave.
    pub(super) fn is_busy(&self, node: NodeId, name: &NodeName) -> bool {
        let mut rest = self.carried.iter().map(|rest| &rest.executor);
        self.given.values().any(|given| given.node == node)
            || rest.any(|executor| executor.under_way().any(|a| a.performer() == Some(name)))
    }
}

/// Whether an operation looks once how a resource is.
pub(super) fn is_single_look(op: &ResourceOp) -> bool {
    op.is_look() && op.interval == 0
}

fn expect(node: &NodeName, what: ExpectedEnd, state: &ClusterState) -> Expected {
    let is_there = state.node_named(node).is_some_and(|member| {
        state.view.members.contains_key(&member.id) && !state.unclean.contains_key(&member.id)
    });
    Expected { node: node.clone(), what, order: None, is_there }
}

fn doing(action: &Action) -> Option<Doing> {
    match (&action.task, &action.node) {
        (Task::Resource(op), Some(node)) => Some(Doing {
            resource: op.leaf().into(),
            node: node.clone(),
            operation: op.operation.clone(),
        }),
        _ => None,
    }
}

fn doing_of(given: &Given, state: &ClusterState) -> Option<Doing> {
    let OrderTask::Run(op) = &given.order.task else { return None };
    let node = state.name_of(given.node)?.clone();
    Some(Doing { resource: op.leaf().into(), node, operation: op.operation.clone() })
}
