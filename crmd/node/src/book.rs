//! How what happens is written down: as changes of the Cib, with Pacemaker's names and numbers.

use rota_cib::change::{
    AttributeChange, AttributeKind, Change, Configure, Edit, Item, Lifetime, List, NewValue,
    NodeUpdate, OperationFilter, Place, Recorded,
};
use rota_cib::node::Node as NodeEntry;
use rota_cib::nvset::{NvPair, NvSet};
use rota_cib::resource::Resource;
use rota_cib::status::{NodeState, OperationRecord, ResourceHistory};
use rota_cib::{Cib, Config, Header, failures};
use rota_ids::{NodeId, NodeName, Text, WallTime};
use rota_transition::executor::Limits;
use rota_transition::{Action, Digests, OpKey, ResourceOp, Task};

use crate::entry::{Member, OperationResult};
use crate::event::AgentOutcome;
use crate::order::{Order, OrderTask};
use crate::state::{Migration, News};

/// The feature set that records claim: agents choose by it how they call the tools.
pub const FEATURE_SET: &str = "3.19.6";

const INFINITY: &str = "INFINITY";

/// The Cib of a new cluster. Stickiness is above zero: users expect that nothing moves without
/// need (and `pcs cluster setup` does the same).
pub fn first_cib(cluster: &Text) -> Cib {
    let header = Header {
        validate_with: "pacemaker-3.9".into(),
        crm_feature_set: Some(FEATURE_SET.into()),
        have_quorum: Some(true),
        ..Header::default()
    };
    let pair = |prefix: &str, name: &str, value: &str| NvPair {
        id: Some(format!("{prefix}-{name}").into()),
        name: Some(name.into()),
        value: Some(value.into()),
        ..NvPair::default()
    };
    let properties = NvSet {
        id: Some("cib-bootstrap-options".into()),
        pairs: vec![
            pair("cib-bootstrap-options", "cluster-infrastructure", "rota"),
            pair("cib-bootstrap-options", "cluster-name", cluster),
            pair("cib-bootstrap-options", "have-watchdog", "false"),
        ],
        ..NvSet::default()
    };
    let defaults = NvSet {
        id: Some("build-resource-defaults".into()),
        pairs: vec![pair("build", "resource-stickiness", "1")],
        ..NvSet::default()
    };
    let config =
        Config { properties: vec![properties], rsc_defaults: vec![defaults], ..Config::default() };
    Cib { header, config, ..Cib::default() }
}

/// What a change of the Cib makes new; none for an attribute that no plan depends on.
pub fn news_of(cib: &Cib, change: &Change) -> Option<News> {
    if let Change::SetAttribute(asked) = change
        && asked.kind == AttributeKind::Plain
        && !rota_policy::reads_attribute(cib, &asked.name)
    {
        return None;
    }
    Some(match change {
        Change::Configure(_) | Change::ReplaceConfig(_) | Change::RaiseAdminEpoch(_) => {
            News::Configuration
        }
        Change::SetAttribute(asked) if asked.lifetime == Lifetime::Forever => News::Configuration,
        Change::SetAttribute(_)
        | Change::Leader { .. }
        | Change::NodeState(_)
        | Change::NodeGone { .. }
        | Change::ClearTransient { .. }
        | Change::RecordOperation(_)
        | Change::ForgetOperations { .. }
        | Change::Ticket { .. } => News::Status,
    })
}

/// A node's identity in the Cib.
pub fn uuid(node: NodeId) -> Text {
    node.to_string().into()
}

/// A node becomes known. It has never run anything: unlike a node of which nobody knows, it need
/// not be fenced before others may start (`startup-fencing`).
pub fn node_enrolled(member: &Member) -> Vec<Change> {
    let node =
        NodeEntry { id: uuid(member.id), uname: member.name.0.clone(), ..NodeEntry::default() };
    let edit = Edit::Put { item: Box::new(Item::Node(node)), place: Place::Same };
    vec![configure(vec![edit]), node_state(member.id, &member.name, GONE)]
}

/// A node is no longer known.
pub fn node_removed(member: &Member) -> Vec<Change> {
    let id = uuid(member.id);
    let edit = Edit::Remove { list: List::Nodes, id: id.clone() };
    vec![Change::NodeGone { node: id }, configure(vec![edit])]
}

/// What the cluster itself writes into the configuration is not held up by what people wrote.
fn configure(edits: Vec<Edit>) -> Change {
    Change::Configure(Configure { edits, force: true, ..Configure::default() })
}

/// A node is a member; unless its past still holds, nothing is known of what runs there.
pub fn node_joined(id: NodeId, name: &NodeName, past_holds: bool) -> Vec<Change> {
    let mut changes = Vec::new();
    if !past_holds {
        changes.push(forget_everything(id));
    }
    // Whoever comes (back) does not want to leave any more.
    changes.push(set_attribute(uuid(id), "shutdown".into(), NewValue::Unset));
    changes.push(node_state(id, name, MEMBER));
    changes
}

/// A node left without a goodbye. Expected to be a member and not being one is what unclean means.
pub fn node_lost(id: NodeId, name: &NodeName, is_proven: bool) -> Vec<Change> {
    if is_proven {
        return node_ended(id, name);
    }
    vec![node_state(id, name, LOST)]
}

/// A node's life is over for certain: nothing runs there.
pub fn node_ended(id: NodeId, name: &NodeName) -> Vec<Change> {
    vec![forget_everything(id), node_state(id, name, GONE)]
}

fn forget_everything(id: NodeId) -> Change {
    Change::ClearTransient { node: uuid(id), attributes: true, history: true }
}

/// in_ccm, crmd, join, expected.
type Words = [&'static str; 4];

const MEMBER: Words = ["true", "online", "member", "member"];
const LOST: Words = ["false", "offline", "down", "member"];
const GONE: Words = ["false", "offline", "down", "down"];

fn node_state(id: NodeId, name: &NodeName, [in_ccm, crmd, join, expected]: Words) -> Change {
    Change::NodeState(NodeUpdate {
        id: uuid(id),
        uname: Some(name.0.clone()),
        in_ccm: Some(in_ccm.into()),
        crmd: Some(crmd.into()),
        join: Some(join.into()),
        expected: Some(expected.into()),
        other: Vec::new(),
    })
}

/// A node asks to be emptied so that it can leave.
pub fn wants_to_leave(node: NodeId, at: WallTime) -> Change {
    set_attribute(uuid(node), "shutdown".into(), NewValue::Set(at.0.to_string().into()))
}

fn set_attribute(node: Text, name: Text, value: NewValue) -> Change {
    Change::SetAttribute(AttributeChange {
        node,
        name,
        value,
        lifetime: Lifetime::UntilReboot,
        kind: AttributeKind::Plain,
        set: None,
    })
}

/// An operation's end: its record, and for a failure the count.
pub fn changes_of_result(cib: &Cib, node: NodeId, result: &OperationResult) -> Vec<Change> {
    if !result.recorded {
        return Vec::new();
    }
    let resource = ResourceHistory {
        id: result.resource.clone(),
        class: Some(result.class.clone()),
        provider: result.provider.clone(),
        agent: Some(result.agent.clone()),
        ..ResourceHistory::default()
    };
    let recorded = Recorded { node: uuid(node), resource, record: result.record.clone() };
    let mut changes = vec![Change::RecordOperation(Box::new(recorded))];
    if result.is_failure() {
        changes.extend(count_failure(cib, node, result));
    }
    changes
}

/// A failed stop counts without end, a failed start too unless the cluster says otherwise
/// ("Pacemaker Explained", start-failure-is-fatal).
fn count_failure(cib: &Cib, node: NodeId, result: &OperationResult) -> [Change; 2] {
    let operation = &result.record.operation;
    let interval = result.record.interval_ms;
    let is_fatal = match operation.as_str() {
        "stop" => true,
        "start" => property(cib, "start-failure-is-fatal")
            .and_then(|value| rota_cib::value::parse_bool(value))
            .unwrap_or(true),
        _ => false,
    };
    let value = if is_fatal { NewValue::Set(INFINITY.into()) } else { NewValue::Add(1) };
    let count = failures::count_name(&result.resource, operation, interval);
    let time = failures::time_name(&result.resource, operation, interval);
    let when = result.record.last_rc_change.unwrap_or_default().to_string();
    [
        set_attribute(uuid(node), count, value),
        set_attribute(uuid(node), time, NewValue::Set(when.into())),
    ]
}

fn property<'a>(cib: &'a Cib, name: &str) -> Option<&'a Text> {
    cib.config.properties.iter().find_map(|set| set.get(name))
}

/// Nothing is known any more of what a resource did on a node.
pub fn forget_history(node: NodeId, resource: &Text) -> Change {
    let (resource, node) = (resource.clone(), Some(uuid(node)));
    Change::ForgetOperations { resource, node, filter: OperationFilter::All }
}

/// A repeated operation no longer is.
pub fn cancelled(node: NodeId, resource: &Text, operation: &Text, interval_ms: u32) -> Change {
    let filter = OperationFilter::Repeated { operation: operation.clone(), interval_ms };
    Change::ForgetOperations { resource: resource.clone(), node: Some(uuid(node)), filter }
}

/// Limits of the executor, as far as the properties set them.
pub fn limits(cib: &Cib) -> Option<Limits> {
    let per_node = property(cib, "node-action-limit")?.parse().ok().filter(|n| *n > 0)?;
    Some(Limits { per_node })
}

/// The record of an operation that ended.
pub fn record(
    node: &NodeName,
    op: &ResourceOp,
    order: Option<&Order>,
    outcome: &AgentOutcome,
    call: i64,
) -> OperationRecord {
    // Whatever an agent says that ran, it was executed: "could not be executed" (4) would have
    // people look for a missing agent.
    let status = outcome.status;
    let key = transition_key(op, order);
    let op = &as_recorded(op, outcome);
    OperationRecord {
        rc: outcome.rc,
        op_status: status.number(),
        call_id: call,
        transition_magic: Some(format!("{}:{};{key}", status.number(), outcome.rc).into()),
        exit_reason: Some(outcome.reason.clone()),
        last_run: (op.interval == 0).then_some(outcome.started.0),
        last_rc_change: Some(outcome.started.0),
        exec_time_ms: Some(outcome.exec_ms),
        queue_time_ms: Some(outcome.queue_ms),
        ..blank_record(node, op, key)
    }
}

/// The operation as its record shall name it: with the digests that its agent's meta-data ask for,
/// and a reload that went well as the start that it stands for. The next plan compares with it.
fn as_recorded(op: &ResourceOp, outcome: &AgentOutcome) -> ResourceOp {
    let mut recorded = op.clone();
    if let Some(agent) = &outcome.agent {
        let own = agent.digests(&op.params, op.interval, op.class == "stonith");
        recorded.digests = Digests { all: op.digests.all.clone(), ..own };
    }
    if outcome.rc == op.expected_rc {
        name_reload(&mut recorded);
    }
    recorded
}

/// A reload that went well stands for the start with the new parameters.
fn name_reload(op: &mut ResourceOp) {
    if op.operation == "reload-agent" {
        op.operation = "start".into();
        op.key.operation = "start".into();
    }
}

fn blank_record(node: &NodeName, op: &ResourceOp, transition_key: String) -> OperationRecord {
    let key = &op.key;
    let id = match key.interval {
        0 => format!("{}_last_0", op.resource),
        interval => format!("{}_{}_{interval}", op.resource, key.operation),
    };
    OperationRecord {
        id: id.into(),
        key: Some(format!("{}_{}_{}", op.resource, key.operation, key.interval).into()),
        operation: key.operation.clone(),
        interval_ms: key.interval,
        transition_key: Some(transition_key.into()),
        on_node: Some(node.0.clone()),
        digest: Some(op.digests.all.clone()),
        restart_digest: op.digests.restart.clone(),
        force_restart: op.digests.force_restart.clone(),
        secure_digest: op.digests.secure.clone(),
        secure_params: op.digests.secure_params.clone(),
        migrate_source: op.migrate_source.as_ref().map(|name| name.0.clone()),
        migrate_target: op.migrate_target.as_ref().map(|name| name.0.clone()),
        crm_feature_set: Some(FEATURE_SET.into()),
        ..OperationRecord::default()
    }
}

/// `action:transition:expected-rc:uuid`; the uuid of a DC's term stands for the DC's own.
fn transition_key(op: &ResourceOp, order: Option<&Order>) -> String {
    let (number, transition, term) =
        order.map_or((0, 0, 0), |order| (order.id.number, order.token.transition, order.id.term.0));
    format!("{number}:{transition}:{}:00000000-0000-4000-8000-{term:012x}", op.expected_rc)
}

/// Writes an operation that may be under way into a Cib that is to be planned with, as pending.
///
/// Only what changes where the resource may be active: whether anything else was done is not known.
///
/// It is under way now, so it has the time of now, or of what is newest there by the node's own
/// clock: a record without a time, or with the time of its beginning, would be taken for a failure
/// that has expired where there is a `failure-timeout`, and for older than what it follows.
pub fn write_pending(
    cib: &mut Cib,
    node: &NodeName,
    op: &ResourceOp,
    order: Option<&Order>,
    now: WallTime,
) {
    if !matches!(op.operation.as_str(), "start" | "promote" | "migrate_to" | "migrate_from") {
        return;
    }
    let Some(history) = history_for(cib, node, op) else { return };
    let record = OperationRecord {
        last_rc_change: Some(newest_change(history, now)),
        id: format!("{}_pending_0", op.resource).into(),
        rc: 193,
        op_status: -1,
        call_id: -1,
        ..blank_record(node, op, transition_key(op, order))
    };
    history.operations.push(record);
}

/// Writes an operation under way into a Cib that is to be planned with, as ended well.
pub fn write_done(
    cib: &mut Cib,
    node: &NodeName,
    op: &ResourceOp,
    order: Option<&Order>,
    now: WallTime,
) {
    if op.is_notification() || op.is_probe {
        return;
    }
    let Some(state) = cib.status.nodes.iter().find(|state| state.uname == node.0) else { return };
    let id = state.id.clone();
    let (time, call) = state.history.iter().find(|history| history.id == op.resource).map_or(
        (now.0, 1),
        |history| {
            let call = history.operations.iter().map(|record| record.call_id).max();
            (newest_change(history, now), call.unwrap_or(0) + 1)
        },
    );
    let mut done = op.clone();
    name_reload(&mut done);
    let record = OperationRecord {
        rc: op.expected_rc,
        op_status: 0,
        call_id: call,
        last_run: (op.interval == 0).then_some(time),
        last_rc_change: Some(time),
        ..blank_record(node, &done, transition_key(op, order))
    };
    let resource = ResourceHistory {
        id: op.resource.clone(),
        class: Some(op.class.clone()),
        provider: op.provider.clone(),
        agent: Some(op.agent.clone()),
        ..ResourceHistory::default()
    };
    let change = Change::RecordOperation(Box::new(Recorded { node: id, resource, record }));
    // A record is never refused.
    let _ = rota_cib::change::apply(cib, &change, now);
}

/// Writes into a Cib that is to be planned with that an operation is no longer repeated.
pub fn write_ended(cib: &mut Cib, node: &NodeName, key: &OpKey) {
    let Some(state) = cib.status.nodes.iter_mut().find(|state| state.uname == node.0) else {
        return;
    };
    for history in state.history.iter_mut().filter(|history| history.id == key.resource) {
        let is_it = |record: &OperationRecord| {
            record.operation == key.operation && record.interval_ms == key.interval
        };
        history.operations.retain(|record| !is_it(record));
    }
}

fn newest_change(history: &ResourceHistory, now: WallTime) -> i64 {
    let times = history.operations.iter().filter_map(|record| record.last_rc_change);
    times.max().map_or(now.0, |newest| newest.max(now.0))
}

/// What a node has on record of a resource; made if there is nothing.
fn history_for<'c>(
    cib: &'c mut Cib,
    node: &NodeName,
    op: &ResourceOp,
) -> Option<&'c mut ResourceHistory> {
    let state = cib.status.nodes.iter_mut().find(|state| state.uname == node.0)?;
    let at = state.history.iter().position(|history| history.id == op.resource);
    let at = at.unwrap_or_else(|| {
        state.history.push(ResourceHistory {
            id: op.resource.clone(),
            class: Some(op.class.clone()),
            provider: op.provider.clone(),
            agent: Some(op.agent.clone()),
            ..ResourceHistory::default()
        });
        state.history.len() - 1
    });
    state.history.get_mut(at)
}

/// Writes a migrating resource down as active on its target: what it is, its source's history
/// tells.
pub fn write_arrived(cib: &mut Cib, open: &Migration) {
    let find = |cib: &Cib, node: &NodeName| {
        let state = cib.status.nodes.iter().find(|state| state.uname == node.0)?;
        state.history.iter().find(|history| history.id == open.resource).cloned()
    };
    let Some(known) = find(cib, &open.source).or_else(|| find(cib, &open.target)) else { return };
    write_found(cib, &open.target, known);
}

/// Whether anything is known of what a resource did on a node.
pub fn has_history(cib: &Cib, node: &NodeName, resource: &Text) -> bool {
    let mut states = cib.status.nodes.iter().filter(|state| state.uname == node.0);
    states.any(|state| state.history.iter().any(|history| history.id == *resource))
}

/// Writes a resource down as found running on a node, whatever its history there says. A node of
/// which the Cib knows nothing is written down, too.
pub fn write_found(cib: &mut Cib, node: &NodeName, what: ResourceHistory) {
    let found = OperationRecord {
        id: format!("{}_last_0", what.id).into(),
        key: Some(format!("{}_monitor_0", what.id).into()),
        operation: "monitor".into(),
        call_id: 1,
        ..OperationRecord::default()
    };
    let (id, uname) = (node.0.clone(), node.0.clone());
    if !cib.config.nodes.iter().any(|entry| entry.uname == node.0) {
        let entry = NodeEntry { id: id.clone(), uname: uname.clone(), ..NodeEntry::default() };
        cib.config.nodes.push(entry);
    }
    let states = &mut cib.status.nodes;
    let at = states.iter().position(|state| state.uname == node.0).unwrap_or_else(|| {
        states.push(NodeState { id, uname, ..NodeState::default() });
        states.len() - 1
    });
    states[at].history.retain(|history| history.id != what.id);
    states[at].history.push(ResourceHistory { operations: vec![found], ..what });
}

/// Writes a node down as lost with what it left running when it said goodbye.
pub fn write_left_behind(cib: &mut Cib, node: &NodeName, left: &[ResourceHistory]) {
    let state = cib.status.nodes.iter_mut().find(|state| state.uname == node.0);
    let Some(state) = state else { return };
    set_words(state, LOST);
    state.history.extend(left.iter().cloned());
}

/// Forgets that a node is to leave. Of one that was lost meanwhile the policy engine would believe,
/// as Pacemaker does, that it left in peace; here it says goodbye when it does.
pub fn forget_that_it_leaves(cib: &mut Cib, node: &NodeName) {
    let state = cib.status.nodes.iter_mut().find(|state| state.uname == node.0);
    for set in state.into_iter().flat_map(|state| &mut state.attributes) {
        set.pairs.retain(|pair| pair.name.as_deref() != Some("shutdown"));
    }
}

/// Leaves the cluster's `no-quorum-policy` away, so that the usual one holds: stop everything.
pub fn stop_without_quorum(cib: &mut Cib) {
    for set in &mut cib.config.properties {
        set.pairs.retain(|pair| pair.name.as_deref() != Some("no-quorum-policy"));
    }
}

/// Leaves this node as the only one that is there; the others are cleanly gone, so that nothing
/// waits for their fencing.
pub fn leave_only(cib: &mut Cib, name: &NodeName) {
    for state in &mut cib.status.nodes {
        let words = if state.uname == name.0 { MEMBER } else { GONE };
        set_words(state, words);
    }
}

fn set_words(state: &mut NodeState, [in_ccm, crmd, join, expected]: Words) {
    state.in_ccm = Some(in_ccm.into());
    state.crmd = Some(crmd.into());
    state.join = Some(join.into());
    state.expected = Some(expected.into());
}

/// Whether at most one instance of the resource may be active anywhere: it is part of no clone.
pub fn is_unique(cib: &Cib, resource: &Text) -> bool {
    cib.config.resources.iter().any(|top| match top {
        Resource::Primitive(primitive) => primitive.id == *resource,
        Resource::Group(group) => group.members.iter().any(|member| member.id == *resource),
        Resource::Clone(_) | Resource::Bundle(_) => false,
    })
}

/// Whether an operation only takes away.
pub fn only_stops(op: &ResourceOp) -> bool {
    matches!(op.operation.as_str(), "stop" | "demote")
}

/// Whether an action looks for just what this look, which is under way, will find. Only looks can
/// be shared: they change nothing, so that it does not matter who asked and when.
pub fn is_same_look(task: &Task, under_way: &ResourceOp) -> bool {
    let Task::Resource(op) = task else { return false };
    op.is_look()
        && op.interval == 0
        && op.resource == under_way.resource
        && op.operation == under_way.operation
        && op.interval == under_way.interval
        && op.params == under_way.params
}

/// What tasks that only change the Cib change in it.
pub fn changes_of_task(task: &Task, node: Option<NodeId>) -> Vec<Change> {
    let node = node.map(uuid);
    let forget = |resource: &Text, filter| {
        vec![Change::ForgetOperations { resource: resource.clone(), node: node.clone(), filter }]
    };
    match task {
        Task::ClearFailures { resource, operation: None } => {
            forget(resource, OperationFilter::Failures)
        }
        Task::ClearFailures { resource, operation: Some((operation, interval)) } => {
            let operation = operation.clone();
            let interval_ms = Some(*interval);
            forget(resource, OperationFilter::FailuresOf { operation, interval_ms })
        }
        Task::DeleteHistory { resource, .. } | Task::LiftShutdownLock { resource } => {
            forget(resource, OperationFilter::All)
        }
        Task::Maintenance { on } => {
            let value = NewValue::Set(if *on { "true" } else { "false" }.into());
            node.map(|node| set_attribute(node, "#node-in-maintenance".into(), value))
                .into_iter()
                .collect()
        }
        Task::Pseudo { .. }
        | Task::Resource(_)
        | Task::Cancel { .. }
        | Task::Fence { .. }
        | Task::Shutdown => Vec::new(),
    }
}

/// What an order is about, for people: `vip_start_0`.
pub fn order_key(order: &Order) -> Text {
    match &order.task {
        OrderTask::Run(op) => op.key.to_string().into(),
        OrderTask::Cancel { resource, operation, interval } => {
            format!("cancel {resource}_{operation}_{interval}").into()
        }
        OrderTask::Leave => "leave".into(),
    }
}

/// What an action is about, for people; none for points that are merely passed.
pub fn action_key(action: &Action) -> Option<Text> {
    let node = action.node.as_ref().map(|name| format!(" on {name}")).unwrap_or_default();
    let key = match &action.task {
        Task::Pseudo { .. } => return None,
        Task::Resource(op) => format!("{}{node}", op.key),
        Task::Cancel { resource, operation, interval } => {
            format!("cancel {resource}_{operation}_{interval}{node}")
        }
        Task::Fence { target, action, .. } => format!("fence {target} ({})", action.as_str()),
        Task::ClearFailures { resource, .. } => format!("forget failures of {resource}{node}"),
        Task::Shutdown => format!("let{} leave", node.trim_start_matches(" on")),
        Task::DeleteHistory { resource, .. } => format!("forget {resource}{node}"),
        Task::Maintenance { on } => format!("maintenance {on}{node}"),
        Task::LiftShutdownLock { resource } => format!("unlock {resource}{node}"),
    };
    Some(key.into())
}
