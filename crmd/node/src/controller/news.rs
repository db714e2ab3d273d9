//! What the log says about what is under way.

use rota_ids::{NodeId, NodeName, Text};
use rota_transition::executor::Input as StepInput;
use rota_transition::{AbortReason, Task};

use crate::order::{OrderId, OrderTask};

use super::carried::is_single_look;
use super::{Controller, Desk, Given, Place};

impl Controller {
    /// The log holds the end of an operation.
    pub fn operation_ended(
        &mut self,
        order: Option<OrderId>,
        key: &Text,
        unexpected: bool,
        desk: &mut Desk<'_>,
    ) {
        let given = order.and_then(|order| self.given.remove(&order));
        let Some(given) = given else {
            // A repeated look found something else, or an order of an older DC ended.
            return self.stale(AbortReason::UnexpectedResult { key: key.clone() }, desk);
        };
        if unexpected {
            self.stale(AbortReason::ActionFailed { key: key.clone() }, desk);
        } else if is_unplanned_look(&given) {
            self.stale(AbortReason::UnexpectedResult { key: key.clone() }, desk);
        }
        match given.place {
            Some(place) => self.walk_at(place, outcome(unexpected), desk),
            None => self.go_on(desk),
        }
    }

    /// The log holds a change that an action of a plan asked for.
    pub fn change_made(
        &mut self,
        transition: u64,
        action: rota_transition::ActionId,
        desk: &mut Desk<'_>,
    ) {
        if transition == self.transition {
            self.walk(StepInput::Confirmed(action), desk);
        }
    }

    /// The log holds what had to be written down before an action of a plan.
    pub fn may_begin(
        &mut self,
        transition: u64,
        action: rota_transition::ActionId,
        desk: &mut Desk<'_>,
    ) {
        let place = Place { transition, action };
        if let Some(action) = self.action_at(place)
            && let Task::Resource(op) = &action.task
        {
            self.give(OrderTask::Run(op.clone()), &action, place, desk);
        }
    }

    /// The log holds the proof that a node is off.
    pub fn node_ended(&mut self, target: &NodeName, id: Option<NodeId>, desk: &mut Desk<'_>) {
        self.fencing.remove(target);
        if let Some(id) = id {
            self.node_gone(id, desk);
        }
        let waiting = self
            .fencing_in_flight()
            .find(|(fenced, _)| *fenced == target)
            .map(|(_, action)| action.id);
        match waiting {
            Some(action) => {
                self.fenced_for_it = id;
                self.walk(StepInput::Confirmed(action), desk);
            }
            None => {
                if let Some(id) = id {
                    self.stale(AbortReason::Fenced(id), desk);
                }
            }
        }
    }
}

fn outcome(unexpected: bool) -> fn(rota_transition::ActionId) -> StepInput {
    if unexpected { StepInput::Failed } else { StepInput::Confirmed }
}

/// What a look finds that belongs to no plan, nobody has expected.
fn is_unplanned_look(given: &Given) -> bool {
    let OrderTask::Run(op) = &given.order.task else { return false };
    given.place.is_none() && is_single_look(op)
}
