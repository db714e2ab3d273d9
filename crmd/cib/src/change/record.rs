//! Changes of the status: nodes, operations, tickets.

use rota_ids::{WallTime, leaf};
use serde::{Deserialize, Serialize};

use super::texts::readable_reason;
use crate::failures;
use crate::nvset::NvPair;
use crate::status::{CANCELLED, DONE, NodeState, OperationRecord, ResourceHistory, TicketState};
use crate::{Cib, Text};

/// What became known of a node; fields that are none stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeUpdate {
    /// Identity.
    pub id: Text,
    /// Name; none leaves it.
    pub uname: Option<Text>,
    /// See [`NodeState::in_ccm`].
    pub in_ccm: Option<Text>,
    /// See [`NodeState::crmd`].
    pub crmd: Option<Text>,
    /// See [`NodeState::join`].
    pub join: Option<Text>,
    /// See [`NodeState::expected`].
    pub expected: Option<Text>,
    /// Further attributes; no value removes one.
    pub other: Vec<(Text, Option<Text>)>,
}

/// An operation that began or ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recorded {
    /// Identity of the node that ran it.
    pub node: Text,
    /// The resource or instance, with class, provider, agent and container.
    /// Its list of operations is ignored.
    pub resource: ResourceHistory,
    /// What happened. Its id is made by [`OperationRecord::slots`].
    pub record: OperationRecord,
}

/// Which operation records are forgotten.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum OperationFilter {
    /// The whole history, so that the resource is looked for anew (refresh).
    All,
    /// Failures only, with their counts (cleanup).
    Failures,
    /// Failures of one operation only, with their counts.
    FailuresOf {
        /// Name of the operation.
        operation: Text,
        /// Its interval; every one, if none.
        interval_ms: Option<u32>,
    },
    /// The record of one repeated operation (it was cancelled).
    Repeated {
        /// Name of the operation.
        operation: Text,
        /// Its interval.
        interval_ms: u32,
    },
}

/// What happens to a ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TicketAction {
    /// This cluster gets it.
    Grant,
    /// This cluster loses it.
    Revoke,
    /// It is about to be given up, or no longer is.
    Standby(bool),
    /// Another attribute of it gets a value, or none.
    Attribute(Text, Option<Text>),
    /// Nothing is known of it any more.
    Forget,
}

/// The state of a node; made if there is none.
pub(super) fn node_state<'c>(cib: &'c mut Cib, node: &str) -> &'c mut NodeState {
    let nodes = &mut cib.status.nodes;
    let at = match nodes.iter().position(|state| state.id == node) {
        Some(at) => at,
        None => {
            let configured = cib.config.nodes.iter().find(|n| n.id == node);
            let uname = configured.map_or_else(|| Text::from(node), |n| n.uname.clone());
            nodes.push(NodeState { id: node.into(), uname, ..NodeState::default() });
            nodes.len() - 1
        }
    };
    &mut nodes[at]
}

fn existing<'c>(cib: &'c mut Cib, node: &str) -> Option<&'c mut NodeState> {
    cib.status.nodes.iter_mut().find(|state| state.id == node)
}

/// Gives a field its new value; whether that changed anything.
pub(super) fn replace<T: PartialEq>(field: &mut T, value: T) -> bool {
    let changed = *field != value;
    *field = value;
    changed
}

/// What is known of a node changes. All functions here say whether anything changed.
pub(super) fn node_update(cib: &mut Cib, update: &NodeUpdate) -> bool {
    let is_new = !cib.status.nodes.iter().any(|state| state.id == update.id);
    let state = node_state(cib, &update.id);
    let mut changed = is_new;
    if let Some(uname) = &update.uname {
        changed |= replace(&mut state.uname, uname.clone());
    }
    for (field, value) in [
        (&mut state.in_ccm, &update.in_ccm),
        (&mut state.crmd, &update.crmd),
        (&mut state.join, &update.join),
        (&mut state.expected, &update.expected),
    ] {
        if value.is_some() {
            changed |= replace(field, value.clone());
        }
    }
    for (name, value) in &update.other {
        changed |= set_other(&mut state.other, name, value.as_ref());
    }
    changed
}

/// Sets or removes an attribute kept as written.
pub(super) fn set_other(other: &mut Vec<(Text, Text)>, name: &str, value: Option<&Text>) -> bool {
    let at = other.iter().position(|(known, _)| known == name);
    match (at, value) {
        (Some(at), Some(value)) => replace(&mut other[at].1, value.clone()),
        (Some(at), None) => {
            other.remove(at);
            true
        }
        (None, Some(value)) => {
            other.push((name.into(), value.clone()));
            true
        }
        (None, None) => false,
    }
}

/// A node's state goes.
pub(super) fn node_gone(cib: &mut Cib, node: &str) -> bool {
    let before = cib.status.nodes.len();
    cib.status.nodes.retain(|state| state.id != node);
    cib.status.nodes.len() != before
}

/// What lasted until the node left goes: attributes, history, or both. Histories locked by a
/// clean shutdown stay.
pub(super) fn clear(cib: &mut Cib, node: &str, attributes: bool, history: bool) -> bool {
    let Some(state) = existing(cib, node) else { return false };
    let mut changed = false;
    if attributes && state.attributes_id.is_some() {
        state.attributes_id = None;
        state.attributes.clear();
        state.utilization.clear();
        changed = true;
    }
    if history && state.history_id.is_some() {
        let before = state.history.len();
        state.history.retain(|one| one.shutdown_lock.is_some());
        changed |= state.history.len() != before;
        if state.history.is_empty() {
            state.history_id = None;
            state.history_other.clear();
            state.history_list_id = None;
            changed = true;
        }
    }
    changed
}

/// An operation began or ended.
pub(super) fn record(cib: &mut Cib, recorded: &Recorded) -> bool {
    let state = node_state(cib, &recorded.node);
    let resource = &recorded.resource;
    if state.history_id.is_none() {
        state.history_id = Some(recorded.node.clone());
    }
    if state.position_of(&resource.id).is_none() {
        let operations = Vec::new();
        state.push_history(ResourceHistory { operations, ..resource.clone() });
    }
    let Some(history) = state.history_of(&resource.id) else { return false };
    history.agent.clone_from(&resource.agent);
    history.class.clone_from(&resource.class);
    history.provider.clone_from(&resource.provider);
    history.container.clone_from(&resource.container);
    history.shutdown_lock = resource.shutdown_lock;
    let reason = recorded.record.exit_reason.as_deref().map(readable_reason);
    add_record(history, &OperationRecord { exit_reason: reason, ..recorded.record.clone() });
    true
}

fn add_record(history: &mut ResourceHistory, record: &OperationRecord) {
    let operations = &mut history.operations;
    if record.op_status == CANCELLED && record.interval_ms > 0 {
        let slot = crate::status::operation_key(&history.id, &record.operation, record.interval_ms);
        operations.retain(|old| old.id != slot);
        return;
    }
    let stopped = record.operation == "stop" && record.op_status == DONE && !record.has_failed();
    if stopped {
        // What was repeated has ended with the service; the last failure is still of interest.
        operations.retain(|old| old.interval_ms == 0 || old.has_failed());
    }
    for slot in record.slots(&history.id) {
        let new = OperationRecord { id: slot, ..record.clone() };
        match operations.iter_mut().find(|old| old.id == new.id) {
            Some(old) => *old = new,
            None => operations.push(new),
        }
    }
}

/// Operation records go, and with failures their counts.
pub(super) fn forget(
    cib: &mut Cib,
    resource: &str,
    node: Option<&str>,
    filter: &OperationFilter,
) -> bool {
    let mut changed = false;
    for state in &mut cib.status.nodes {
        if node.is_none_or(|node| state.id == node) {
            changed |= forgets(state, resource, filter);
        }
    }
    changed
}

/// Forgets on one node; whether there was anything to forget.
pub(super) fn forgets(state: &mut NodeState, resource: &str, filter: &OperationFilter) -> bool {
    let is_meant = |id: &str| id == resource || leaf(id) == resource;
    let mut changed = false;
    match filter {
        OperationFilter::All => {
            let before = state.history.len();
            state.history.retain(|history| !is_meant(&history.id));
            changed |= state.history.len() != before;
        }
        OperationFilter::Failures
        | OperationFilter::FailuresOf { .. }
        | OperationFilter::Repeated { .. } => {
            for history in state.history.iter_mut().filter(|history| is_meant(&history.id)) {
                changed |= forget_in(&mut history.operations, filter);
            }
            // A history without records would claim that the resource was looked for.
            let before = state.history.len();
            state.history.retain(|h| !(is_meant(&h.id) && h.operations.is_empty()));
            changed |= state.history.len() != before;
        }
    }
    for set in &mut state.attributes {
        let before = set.pairs.len();
        set.pairs.retain(|pair| !is_forgotten_count(pair, resource, filter));
        changed |= set.pairs.len() != before;
    }
    changed
}

/// What an operation that failed left behind nobody knows: when that is forgotten, what was known
/// before it holds no more, and the resource must be looked for ("entire history is always cleared,
/// to allow current state to be rechecked", crm_resource(8) on --cleanup). After a failed look
/// (monitor) the one before stands; if it fails again, that will be told.
fn forget_in(records: &mut Vec<OperationRecord>, filter: &OperationFilter) -> bool {
    let before = records.len();
    let mut unsure = None;
    records.retain(|record| {
        let is_gone = is_forgotten(record, filter);
        if is_gone && record.operation != "monitor" && record.has_failed() {
            unsure = unsure.max(Some(record.call_id));
        }
        !is_gone
    });
    let newest = records.iter().map(|record| record.call_id).max();
    if unsure > newest {
        records.clear();
    }
    records.len() != before
}

fn is_forgotten(record: &OperationRecord, filter: &OperationFilter) -> bool {
    match filter {
        OperationFilter::All => true,
        // Older versions kept there what is no failure.
        OperationFilter::Failures => record.has_failed() || record.id.ends_with("_last_failure_0"),
        OperationFilter::FailuresOf { operation, interval_ms } => {
            record.has_failed()
                && record.operation == *operation
                && interval_ms.is_none_or(|interval| record.interval_ms == interval)
        }
        OperationFilter::Repeated { operation, interval_ms } => {
            record.operation == *operation
                && record.interval_ms == *interval_ms
                && !record.has_failed()
        }
    }
}

fn is_forgotten_count(pair: &NvPair, resource: &str, filter: &OperationFilter) -> bool {
    let Some(name) = pair.name.as_deref().and_then(failures::parse_name) else { return false };
    if name.resource != resource && name.resource != leaf(resource) {
        return false;
    }
    match filter {
        OperationFilter::All | OperationFilter::Failures => true,
        OperationFilter::FailuresOf { operation, interval_ms } => {
            name.operation.is_some_and(|(counted, interval)| {
                counted == *operation && interval_ms.is_none_or(|wanted| wanted == interval)
            })
        }
        OperationFilter::Repeated { .. } => false,
    }
}

/// Something happens to a ticket at a time.
pub(super) fn ticket(cib: &mut Cib, id: &Text, action: &TicketAction, at: WallTime) -> bool {
    let tickets = &mut cib.status.tickets;
    if *action == TicketAction::Forget {
        let before = tickets.len();
        tickets.retain(|ticket| ticket.id != *id);
        return tickets.len() != before;
    }
    let is_new = !tickets.iter().any(|ticket| ticket.id == *id);
    let position = tickets.iter().position(|ticket| ticket.id == *id).unwrap_or_else(|| {
        tickets.push(TicketState { id: id.clone(), granted: Some(false), ..Default::default() });
        tickets.len() - 1
    });
    let ticket = &mut tickets[position];
    let before = (!is_new).then(|| ticket.clone());
    match action {
        TicketAction::Grant => {
            ticket.granted = Some(true);
            ticket.last_granted = Some(Text::from(at.0.to_string()));
        }
        TicketAction::Revoke => ticket.granted = Some(false),
        TicketAction::Standby(standby) => ticket.standby = Some(*standby),
        TicketAction::Attribute(name, value) => {
            set_other(&mut ticket.other, name, value.as_ref());
        }
        TicketAction::Forget => {}
    }
    before.as_ref() != Some(ticket)
}
