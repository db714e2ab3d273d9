//! Executing a graph on a Cib: results are written into the status.

use rota_cib::status::{NodeState, OperationRecord, ResourceHistory};
use rota_cib::{Cib, Text};
use rota_ids::WallTime;
use rota_transition::{Action, Graph, ResourceOp, Task};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::format_smolstr;

/// Operations that are to fail: key such as `web_start_0`, node, exit code.
pub type Failures = Vec<(String, String, i32)>;

/// Carries out a graph: each action once all its inputs are complete, in passes.
///
/// Results go into the status of `cib`; returned is one line per action.
pub fn execute(cib: &mut Cib, graph: &Graph, failures: &Failures, now: WallTime) -> Vec<String> {
    let known: FxHashSet<Text> =
        cib.status.nodes.iter().flat_map(|n| n.history.iter().map(|h| h.id.clone())).collect();
    let mut lines = Vec::new();
    let mut done = vec![false; graph.actions.len()];
    let mut waiting: Vec<usize> = (0..graph.actions.len()).collect();
    let mut calls: FxHashMap<Text, i64> = FxHashMap::default();
    loop {
        let mut blocked = Vec::new();
        let mut progress = false;
        for &i in &waiting {
            let action = &graph.actions[i];
            if !action.inputs.iter().all(|input| done.get(input.index()).copied().unwrap_or(true)) {
                blocked.push(i);
                continue;
            }
            progress = true;
            if let Some(line) = line(&known, action) {
                lines.push(line);
            }
            done[i] = carry_out(cib, action, failures, now, &mut calls);
        }
        waiting = blocked;
        if !progress || waiting.is_empty() {
            break;
        }
    }
    lines
}

/// The name of a resource as the lines show it: as in the history, if that knows it.
fn shown(known: &FxHashSet<Text>, op: &ResourceOp) -> Text {
    let instance = op.instance.as_ref().unwrap_or(&op.resource);
    if known.contains(&op.resource) { op.resource.clone() } else { instance.clone() }
}

/// What is printed for an action.
fn line(known: &FxHashSet<Text>, action: &Action) -> Option<String> {
    let node = action.node.as_ref().map_or("", |n| n.as_str());
    Some(match &action.task {
        Task::Pseudo { key } => match &action.node {
            Some(n) => format!("Pseudo action:   {key} on {n}"),
            None => format!("Pseudo action:   {key}"),
        },
        Task::Resource(op) => {
            let name = shown(known, op);
            let interval =
                if op.interval > 0 { format!("={}", op.interval) } else { String::new() };
            format!("Resource action: {name:<15} {}{interval} on {node}", op.operation)
        }
        Task::Cancel { resource, interval, .. } => {
            format!("Resource action: {resource:<15} cancel={interval} on {node}")
        }
        Task::DeleteHistory { resource, .. } => {
            format!("Resource action: {resource:<15} delete on {node}")
        }
        Task::Fence { target, action, .. } => format!("Fencing {target} ({})", action.as_str()),
        Task::ClearFailures { resource, .. } => {
            format!("Cluster action:  clear_failcount for {resource} on {node}")
        }
        Task::Shutdown => format!("Cluster action:  do_shutdown on {node}"),
        Task::Maintenance { .. } => format!("Cluster action:  maintenance_nodeattr on {node}"),
        Task::LiftShutdownLock { resource } => {
            format!("Cluster action:  lrm_delete for {resource} on {node}")
        }
    })
}

fn carry_out(
    cib: &mut Cib,
    action: &Action,
    failures: &Failures,
    now: WallTime,
    calls: &mut FxHashMap<Text, i64>,
) -> bool {
    let node = action.node.as_ref().map_or("", |n| n.as_str());
    match &action.task {
        Task::Pseudo { .. } | Task::Shutdown | Task::Maintenance { .. } | Task::Cancel { .. } => {
            true
        }
        Task::Resource(op) => result(cib, node, op, failures, now, calls),
        Task::DeleteHistory { resource, .. } | Task::LiftShutdownLock { resource } => {
            if let Some(state) = state(cib, node) {
                state.history.retain(|h| h.id != *resource);
            }
            true
        }
        Task::ClearFailures { resource, .. } => {
            if let Some(state) = state(cib, node) {
                let counts = format!("fail-count-{resource}#");
                let last = format!("last-failure-{resource}#");
                let (old_count, old_last) =
                    (format!("fail-count-{resource}"), format!("last-failure-{resource}"));
                for set in &mut state.attributes {
                    set.pairs.retain(|p| {
                        p.name.as_ref().is_none_or(|n| {
                            !(n.starts_with(&counts)
                                || n.starts_with(&last)
                                || *n == old_count
                                || *n == old_last)
                        })
                    });
                }
                // Older versions kept there what is no failure; it would be cleared for ever.
                for history in state.history.iter_mut().filter(|h| h.id == *resource) {
                    history
                        .operations
                        .retain(|op| op.has_failed() || !op.id.ends_with("_last_failure_0"));
                }
            }
            true
        }
        Task::Fence { target, action, .. } => {
            if *action != rota_transition::FenceAction::On
                && let Some(state) = state(cib, target.as_str())
            {
                state.in_ccm = Some("false".into());
                state.crmd = Some("offline".into());
                state.join = Some("down".into());
                state.expected = Some("down".into());
                state.history.clear();
                state.attributes.clear();
            }
            true
        }
    }
}

fn state<'c>(cib: &'c mut Cib, node: &str) -> Option<&'c mut NodeState> {
    let known = cib.status.nodes.iter().any(|s| s.uname == node);
    if !known {
        let id = cib
            .config
            .nodes
            .iter()
            .find(|n| n.uname == node)
            .map_or_else(|| Text::from(node), |n| n.id.clone());
        if let Some(i) = cib.status.nodes.iter().position(|s| s.id == id) {
            return cib.status.nodes.get_mut(i);
        }
        cib.status.nodes.push(NodeState { id, uname: node.into(), ..NodeState::default() });
    }
    cib.status.nodes.iter_mut().find(|s| s.uname == node)
}

fn result(
    cib: &mut Cib,
    node: &str,
    op: &ResourceOp,
    failures: &Failures,
    now: WallTime,
    calls: &mut FxHashMap<Text, i64>,
) -> bool {
    if op.operation == "notify" {
        return true;
    }
    let instance = op.instance.as_ref().unwrap_or(&op.resource);
    let key = format!("{}_{}_{}", op.resource, op.operation, op.interval);
    let long = format!("{instance}_{}_{}", op.operation, op.interval);
    let rc = failures
        .iter()
        .find(|(k, n, _)| (*k == key || *k == long) && n == node)
        .map_or(op.expected_rc, |(_, _, rc)| *rc);
    record(cib, node, op, rc, now, calls);
    rc == op.expected_rc
}

/// Writes the record of one operation.
fn record(
    cib: &mut Cib,
    node: &str,
    op: &ResourceOp,
    rc: i32,
    now: WallTime,
    calls: &mut FxHashMap<Text, i64>,
) {
    let Some(state) = state(cib, node) else { return };
    let index = match state.history.iter().position(|h| h.id == op.resource) {
        Some(index) => index,
        None => {
            state.history.push(ResourceHistory {
                id: op.resource.clone(),
                agent: Some(op.agent.clone()),
                class: Some(op.class.clone()),
                provider: op.provider.clone(),
                ..ResourceHistory::default()
            });
            state.history.len() - 1
        }
    };
    let history = &mut state.history[index];
    let newest = history.operations.iter().map(|o| o.call_id).max().unwrap_or(0).max(0);
    let call = calls.entry(node.into()).or_insert(0);
    *call = (*call).max(newest) + 1;
    let id = if op.interval == 0 {
        format_smolstr!("{}_last_0", op.resource)
    } else {
        format_smolstr!("{}_{}_{}", op.resource, op.operation, op.interval)
    };
    let failed = rc != op.expected_rc;
    // What was under way is over.
    history.operations.retain(|o| {
        !(o.op_status == -1 && o.operation == op.operation && o.interval_ms == op.interval)
    });
    // A reload leaves the resource as a start with these parameters would have.
    let task = if op.operation == "reload-agent" { "start".into() } else { op.operation.clone() };
    let mut made = OperationRecord {
        id: id.clone(),
        key: Some(format_smolstr!("{}_{}_{}", op.resource, task, op.interval)),
        operation: task,
        interval_ms: op.interval,
        call_id: *call,
        rc,
        op_status: if failed { 4 } else { 0 },
        transition_key: Some(format_smolstr!("-1:-1:{}:simulated", op.expected_rc)),
        last_rc_change: Some(now.0),
        digest: Some(op.digests.all.clone()),
        migrate_source: op.migrate_source.as_ref().map(|n| n.0.clone()),
        migrate_target: op.migrate_target.as_ref().map(|n| n.0.clone()),
        ..OperationRecord::default()
    };
    if failed {
        let mut failure = made.clone();
        failure.id = format_smolstr!("{}_last_failure_0", op.resource);
        history.operations.retain(|o| o.id != failure.id);
        history.operations.push(failure);
    }
    made.on_node = Some(node.into());
    history.operations.retain(|o| o.id != id);
    history.operations.push(made);
}
