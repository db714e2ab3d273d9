//! What the log says about the actions of the present graph.

use rota_ids::{NodeId, NodeName, Text};
use rota_transition::executor::Input as StepInput;
use rota_transition::{AbortReason, ActionId, Task};

use crate::event::Effect;
use crate::order::{OrderId, OrderTask};
use crate::state::ClusterState;

use super::{Controller, Want};

impl Controller {
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
}
