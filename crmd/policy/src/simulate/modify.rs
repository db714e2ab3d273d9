//! Changes of a Cib's status before planning: "what if".

use rota_cib::nvset::{NvPair, NvSet};
use rota_cib::status::{NodeState, OperationRecord, ResourceHistory, TicketState};
use rota_cib::{Cib, Text};
use rota_ids::WallTime;
use smol_str::format_smolstr;

use crate::history::find_primitive;

/// Sets the membership of a node: in_ccm, crmd, join, expected.
pub fn set_node(cib: &mut Cib, name: &str, values: [&str; 4]) {
    let id = cib
        .config
        .nodes
        .iter()
        .find(|n| n.uname == name)
        .map_or_else(|| Text::from(name), |n| n.id.clone());
    let index = match cib.status.nodes.iter().position(|s| s.uname == name || s.id == id) {
        Some(index) => index,
        None => {
            cib.status.nodes.push(NodeState { id, uname: name.into(), ..NodeState::default() });
            cib.status.nodes.len() - 1
        }
    };
    let state = &mut cib.status.nodes[index];
    let [in_ccm, crmd, join, expected] = values.map(|v| Some(Text::from(v)));
    (state.in_ccm, state.crmd, state.join, state.expected) = (in_ccm, crmd, join, expected);
}

/// Forgets history and transient attributes of a node.
pub fn forget_node(cib: &mut Cib, name: &str) {
    if let Some(state) = cib.status.nodes.iter_mut().find(|s| s.uname == name) {
        state.history.clear();
        state.attributes.clear();
    }
}

/// Changes a ticket.
pub fn set_ticket(cib: &mut Cib, name: &str, granted: Option<bool>, standby: Option<bool>) {
    let index = match cib.status.tickets.iter().position(|t| t.id == name) {
        Some(index) => index,
        None => {
            cib.status.tickets.push(TicketState { id: name.into(), ..TicketState::default() });
            cib.status.tickets.len() - 1
        }
    };
    let ticket = &mut cib.status.tickets[index];
    if granted.is_some() {
        ticket.granted = granted;
    }
    if standby.is_some() {
        ticket.standby = standby;
    }
}

/// Why an operation could not be injected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InjectError {
    /// The key is not `resource_operation_interval`.
    #[error("key is not RESOURCE_OPERATION_INTERVAL")]
    Key,
    /// Nothing of this name is configured.
    #[error("no resource '{0}'")]
    Resource(String),
}

/// Records an operation with a result of one's choice. A failure is counted, too; returned is
/// one line for each attribute that was set for that.
///
/// # Errors
/// When the key cannot be read or the resource is not configured; the Cib is unchanged then.
pub fn inject(
    cib: &mut Cib,
    key: &str,
    node: &str,
    rc: i32,
    now: WallTime,
) -> Result<Vec<String>, InjectError> {
    let (rest, interval) = key.rsplit_once('_').ok_or(InjectError::Key)?;
    let interval_ms: u32 = interval.parse().map_err(|_| InjectError::Key)?;
    let (resource, operation) = match rest.rsplit_once("_migrate_") {
        Some((resource, way)) => (resource, format!("migrate_{way}")),
        None => {
            let (resource, operation) = rest.rsplit_once('_').ok_or(InjectError::Key)?;
            (resource, operation.to_owned())
        }
    };
    let base = resource.split(':').next().unwrap_or(resource);
    let primitive = find_primitive(cib, base)
        .ok_or_else(|| InjectError::Resource(resource.to_owned()))?
        .clone();
    set_if_absent(cib, node);
    let Some(state) = cib.status.nodes.iter_mut().find(|s| s.uname == node) else {
        return Ok(Vec::new());
    };
    let index = match state.history.iter().position(|h| h.id == resource) {
        Some(index) => index,
        None => {
            state.history.push(ResourceHistory {
                id: resource.into(),
                agent: primitive.agent.clone(),
                class: primitive.class.as_ref().map(|c| c.as_str().into()),
                provider: primitive.provider.clone(),
                ..ResourceHistory::default()
            });
            state.history.len() - 1
        }
    };
    let history = &mut state.history[index];
    let newest = history.operations.iter().map(|o| o.call_id).max().unwrap_or(0).max(0);
    let expected = if operation == "monitor" && interval_ms == 0 { 7 } else { 0 };
    let id = if interval_ms == 0 {
        format_smolstr!("{resource}_last_0")
    } else {
        format_smolstr!("{resource}_{operation}_{interval_ms}")
    };
    let record = OperationRecord {
        id: id.clone(),
        key: Some(key.into()),
        operation: operation.as_str().into(),
        interval_ms,
        call_id: newest + 1,
        rc,
        op_status: if rc == expected || (operation == "monitor" && interval_ms == 0 && rc == 0) {
            0
        } else {
            4
        },
        transition_key: Some(format_smolstr!("-1:-1:{expected}:injected")),
        last_rc_change: Some(now.0),
        ..OperationRecord::default()
    };
    if record.op_status == 0 {
        history.operations.retain(|o| o.id != id);
        history.operations.push(record);
        return Ok(Vec::new());
    }
    // What succeeded before stays on record beside the failure.
    let failure = OperationRecord { id: format_smolstr!("{resource}_last_failure_0"), ..record };
    history.operations.retain(|o| o.id != failure.id);
    history.operations.push(failure);
    Ok(count_failure(state, &format!("{base}#{operation}_{interval_ms}"), now))
}

/// Counts a failure in a node's transient attributes.
fn count_failure(state: &mut NodeState, what: &str, now: WallTime) -> Vec<String> {
    let (count, last) = (format!("fail-count-{what}"), format!("last-failure-{what}"));
    let before =
        state.attributes.iter().find_map(|set| set.get(&count)).and_then(|v| v.parse().ok());
    let counted = before.unwrap_or(0u32).saturating_add(1);
    if state.attributes.is_empty() {
        let id = Some(format_smolstr!("status-{}", state.id));
        state.attributes.push(NvSet { id, ..NvSet::default() });
    }
    for (name, value) in [(&count, counted.to_string()), (&last, now.0.to_string())] {
        let Some(set) = state.attributes.first_mut() else { break };
        let id = Some(format_smolstr!("status-{}-{}", state.id, name.replace('#', ".")));
        set.pairs.retain(|p| p.name.as_deref() != Some(name));
        let (name, value) = (Some(name.as_str().into()), Some(value.into()));
        set.pairs.push(NvPair { id, name, value, ..NvPair::default() });
    }
    let set = |name: &str, value: &str| {
        format!("Injecting attribute {name}={value} into /node_state '{}'", state.id)
    };
    vec![set(&count, "value++"), set(&last, &now.0.to_string())]
}

fn set_if_absent(cib: &mut Cib, node: &str) {
    if !cib.status.nodes.iter().any(|s| s.uname == node) {
        set_node(cib, node, ["true", "online", "member", "member"]);
    }
}
