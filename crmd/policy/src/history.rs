//! Stage 2: operation history becomes what runs where, what failed, what is unknown.

use rota_cib::Text;
use rota_cib::constraint::Role;
use rota_cib::status::{NodeState, OperationRecord, ResourceHistory};
use rustc_hash::FxHashMap;

use crate::model::{Chore, FailCount, Nid, NodeSort, Requires, Rid, World};
use crate::score::leading_number;
use crate::unpack::{self, Instance};
use crate::values::get;

/// What a failure calls for; later ones outrank earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum OnFail {
    Ignore,
    Demote,
    Recover,
    RestartContainer,
    ResetRemote,
    Ban,
    Block,
    Stop,
    Standby,
    Fence,
}

/// Execution status of a record.
mod status {
    pub const PENDING: i32 = -1;
    pub const DONE: i32 = 0;
    pub const CANCELLED: i32 = 1;
    pub const NOT_SUPPORTED: i32 = 3;
    pub const ERROR: i32 = 4;
    pub const ERROR_HARD: i32 = 5;
    pub const ERROR_FATAL: i32 = 6;
    pub const NOT_INSTALLED: i32 = 7;
}

/// Works through the status section.
pub(crate) fn unpack(world: &mut World<'_>) {
    let cib = world.cib;
    let mut done = vec![false; cib.status.nodes.len()];
    // Histories of nodes that are there come first: instance numbers go by that.
    loop {
        let mut progress = false;
        for (i, state) in cib.status.nodes.iter().enumerate() {
            if done[i] {
                continue;
            }
            let Some(nid) = node_of(world, state) else {
                done[i] = true;
                continue;
            };
            if !ready(world, nid) {
                continue;
            }
            if world.nodes[nid].is_remote() {
                settle_remote(world, nid);
            }
            done[i] = true;
            progress = true;
            node_history(world, nid, state);
        }
        if !progress {
            break;
        }
        settle_remotes(world);
    }
    for (i, state) in cib.status.nodes.iter().enumerate() {
        if done[i] {
            continue;
        }
        if let Some(nid) = node_of(world, state)
            && (world.opts.fencing || world.opts.shutdown_lock || world.nodes[nid].is_remote())
        {
            node_history(world, nid, state);
        }
    }
    settle_remotes(world);
    finish(world);
}

fn node_of(world: &World<'_>, state: &NodeState) -> Option<Nid> {
    world.node_by_id.get(&state.id).or_else(|| world.node_by_name.get(&state.uname)).copied()
}

/// Whether the history of a node may be read in the first passes: it is there, or fencing will
/// settle what it ran, or what its connection and container do is known.
fn ready(world: &World<'_>, nid: Nid) -> bool {
    let node = &world.nodes[nid];
    match node.sort {
        NodeSort::Member | NodeSort::Ping => node.online || world.opts.fencing,
        NodeSort::Remote | NodeSort::Guest => {
            let up = node.connection.is_some_and(|c| world.rscs[c].role == Role::Started);
            let host_up = node.container.is_none_or(|c| world.rscs[c].role == Role::Started);
            up && host_up
        }
    }
}

/// Remote and guest nodes are as their connections are.
fn settle_remotes(world: &mut World<'_>) {
    for nid in 0..world.nodes.len() {
        settle_remote(world, nid);
    }
}

fn settle_remote(world: &mut World<'_>, nid: Nid) {
    {
        let Some(connection) = world.nodes[nid].connection else { return };
        let container = world.nodes[nid].container;
        let rsc = &world.rscs[connection];
        let role = rsc.role;
        let next = rsc.next_role;
        let failed = rsc.failed;
        let hosts = rsc.running_on.clone();
        let container_failed = container.is_some_and(|c| world.rscs[c].failed);
        let node = &mut world.nodes[nid];
        node.online = role == Role::Started;
        if role == Role::Started && next == Some(Role::Stopped) {
            node.shutdown = true;
        }
        if container.is_some() && container_failed {
            node.online = false;
            node.remote_reset = true;
        } else if failed {
            node.online = false;
        } else if role == Role::Stopped
            || container.is_some_and(|c| world.rscs[c].role == Role::Stopped)
        {
            node.online = false;
            node.remote_reset = false;
        } else if container.is_some()
            && hosts.len() == 1
            && !world.nodes[hosts[0]].online
            && world.nodes[hosts[0]].unclean
        {
            world.nodes[nid].online = false;
            world.nodes[nid].remote_reset = true;
        }
    }
}

fn node_history<'a>(world: &mut World<'a>, nid: Nid, state: &'a NodeState) {
    let failcounts = FailCounts::of(&world.nodes[nid].transient);
    for history in &state.history {
        if history.operations.is_empty() && history.shutdown_lock.is_none() {
            continue;
        }
        let rid = locate(world, nid, history);
        let active = resource_history(world, nid, rid, history, state, &failcounts);
        world.records.push((rid, nid, history));
        // Instances answer to the name under which their node knows them.
        if world.rscs[rid].anonymous && (!history.id.contains(':') || active) {
            world.rscs[rid].history_id = history.id.clone();
        }
    }
    bind_containers(world, state);
}

/// Fail counts of one node, by resource name.
struct FailCounts {
    by_name: FxHashMap<Text, FailCount>,
}

impl FailCounts {
    fn of(attributes: &FxHashMap<Text, Text>) -> Self {
        let mut by_name: FxHashMap<Text, FailCount> = FxHashMap::default();
        for (name, value) in attributes {
            if let Some(rest) = name.strip_prefix("fail-count-") {
                let entry = by_name.entry(resource_part(rest)).or_default();
                let more = crate::score::parse(value).unwrap_or(0);
                entry.count = crate::score::sum(entry.count, more);
            } else if let Some(rest) = name.strip_prefix("last-failure-") {
                let entry = by_name.entry(resource_part(rest)).or_default();
                entry.last_failure = entry.last_failure.max(leading_number(value).unwrap_or(0));
            }
        }
        Self { by_name }
    }
}

fn resource_part(rest: &str) -> Text {
    rest.split('#').next().unwrap_or(rest).into()
}

/// The instance that a history on a node is about; an orphan is made where there is none.
pub(crate) fn locate(world: &mut World<'_>, nid: Nid, history: &ResourceHistory) -> Rid {
    let id = &history.id;
    let (base, number) = match id.rsplit_once(':') {
        Some((base, n)) if !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()) => {
            (Text::from(base), n.parse::<usize>().ok())
        }
        _ => (id.clone(), None),
    };
    if let Some(&rid) = world.by_id.get(id)
        && !world.rscs[rid].anonymous
        && world.rscs[rid].is_primitive()
    {
        return rid;
    }
    if let Some(&clone) = world.clone_of.get(&base) {
        let unique = world.rscs[clone].unique;
        if !unique {
            return anonymous(world, clone, &base, nid);
        }
        if let Some(number) = number {
            return unique_orphan(world, clone, &base, number);
        }
        if number.is_none() {
            // The clone was anonymous when this was written: an orphan of the bare name.
            return orphan(world, history, id);
        }
    }
    orphan(world, history, id)
}

fn unique_orphan(world: &mut World<'_>, clone: Rid, base: &Text, number: usize) -> Rid {
    let child = make_instance(world, clone, number);
    find_in(world, child, base).unwrap_or(child)
}

/// Member (or instance itself) with this configured name.
fn find_in(world: &World<'_>, rid: Rid, base: &Text) -> Option<Rid> {
    if world.rscs[rid].conf_id == *base {
        return Some(rid);
    }
    world.rscs[rid].children.iter().copied().find(|&c| world.rscs[c].conf_id == *base)
}

fn anonymous(world: &mut World<'_>, clone: Rid, base: &Text, nid: Nid) -> Rid {
    // What a bundle runs is told apart by the replica it is in.
    if let Some(child) = world.replica_child(clone, nid) {
        return child;
    }
    // What needs no fencing may be started elsewhere while a lost node may still have it: that
    // one must not take the place of an instance.
    let node = &world.nodes[nid];
    let lingers = (node.unclean || !node.online)
        && world.opts.fencing
        && world.rscs[clone].children.first().is_some_and(|&child| {
            let member = find_in(world, child, base).unwrap_or(child);
            matches!(world.rscs[member].meta.requires, Requires::Nothing | Requires::Quorum)
                && !world.is_fencing(member)
        });
    let mut free = None;
    for child in world.rscs[clone].children.clone() {
        let Some(member) = find_in(world, child, base) else { continue };
        let places = running_places(world, child);
        if places.is_empty() {
            if free.is_none() && !world.rscs[child].orphan && !lingers {
                free = Some(member);
            }
        } else if places.contains(&nid) {
            // A member that runs twice on a node cannot be told apart: take another instance.
            return member;
        }
    }
    if let Some(free) = free {
        return free;
    }
    let number = world.rscs[clone].children.len();
    let child = make_instance(world, clone, number);
    find_in(world, child, base).unwrap_or(child)
}

/// Where an instance (or a member of it) runs.
fn running_places(world: &World<'_>, rid: Rid) -> Vec<Nid> {
    let mut places = world.rscs[rid].running_on.clone();
    for &child in &world.rscs[rid].children {
        for &place in &world.rscs[child].running_on {
            if !places.contains(&place) {
                places.push(place);
            }
        }
    }
    places
}

/// One more instance than configured, so an orphan.
fn make_instance(world: &mut World<'_>, clone: Rid, number: usize) -> Rid {
    let Some(&model) = world.rscs[clone].children.first() else { return clone };
    let like = world.rscs[model].clone();
    let instance = Instance {
        number: Some(number),
        unique: like.unique,
        notify: like.notify,
        promotable: like.promotable,
    };
    let child = unpack::add(
        world,
        &like.conf_id,
        like.kind.clone(),
        like.prim,
        Some(clone),
        like.meta.clone(),
        instance,
    );
    for member in like.children {
        let m = world.rscs[member].clone();
        let made = unpack::add(
            world,
            &m.conf_id,
            m.kind.clone(),
            m.prim,
            Some(child),
            m.meta.clone(),
            instance,
        );
        world.rscs[child].children.push(made);
    }
    unpack::mark_orphan(world, child);
    world.rscs[clone].children.push(child);
    child
}

/// A resource that is in no configuration any more.
fn orphan(world: &mut World<'_>, history: &ResourceHistory, id: &Text) -> Rid {
    if let Some(&rid) = world.by_id.get(id) {
        return rid;
    }
    let class = history.class.clone().unwrap_or_default();
    let conf = crate::model::PrimConf {
        class,
        provider: history.provider.clone(),
        agent: history.agent.clone().unwrap_or_default(),
        params: Vec::new(),
        utilization: Vec::new(),
        ops: Vec::new(),
        fixed_params: Vec::new(),
        params_by_node: false,
        params_cache: None,
    };
    let (fencing, connection) = (conf.is_fencing(), conf.is_connection());
    world.prims.push(conf);
    let prim = world.prims.len() - 1;
    let mut pairs = Vec::new();
    let defaults: Vec<_> = world.cib.config.rsc_defaults.iter().collect();
    world.values.collect(&defaults, None, &crate::values::Context::default(), &mut pairs);
    let meta = unpack::meta(pairs, &world.opts, fencing, connection, false);
    let rid = unpack::add(
        world,
        id,
        crate::model::Kind::Primitive,
        Some(prim),
        None,
        std::sync::Arc::new(meta),
        Instance::default(),
    );
    world.rscs[rid].orphan = true;
    world.top.push(rid);
    if connection {
        let name = id.clone();
        let nid = match world.node_by_name.get(&name) {
            Some(&nid) => nid,
            None => crate::remote::add_node(world, name.clone(), NodeSort::Remote),
        };
        world.nodes[nid].connection = Some(rid);
        world.rscs[rid].serves = Some(nid);
    }
    rid
}

/// Removed resources that lived inside another: found once all of a node's history is read.
fn bind_containers(world: &mut World<'_>, state: &NodeState) {
    for history in &state.history {
        let Some(container) = &history.container else { continue };
        let (Some(&rid), Some(&c)) = (world.by_id.get(&history.id), world.by_id.get(container))
        else {
            continue;
        };
        if !world.rscs[rid].orphan || world.rscs[rid].container.is_some() || c == rid {
            continue;
        }
        world.rscs[rid].orphan_filler = true;
        world.rscs[rid].container = Some(c);
        world.rscs[c].fillers.push(rid);
        if let Some(nid) = world.rscs[rid].serves {
            // It led to a guest.
            world.nodes[nid].sort = NodeSort::Guest;
            world.nodes[nid].container = Some(c);
        }
    }
}

/// The expected exit code in a transition key.
pub(crate) fn target_rc(op: &OperationRecord) -> Option<i32> {
    let key = op.transition_key.as_ref().or(op.transition_magic.as_ref())?;
    let key = key.rsplit_once(';').map_or(key.as_str(), |(_, k)| k);
    let mut parts = key.split(':');
    let (_action, _transition) = (parts.next()?, parts.next()?);
    parts.next()?.parse().ok()
}

/// The state of one resource on one node while its history is read.
struct Reading {
    role: Role,
    on_fail: OnFail,
    last_failure: Option<(Text, u32)>,
    fail_next: Option<Role>,
}

fn resource_history(
    world: &mut World<'_>,
    nid: Nid,
    rid: Rid,
    history: &ResourceHistory,
    state: &NodeState,
    counts: &FailCounts,
) -> bool {
    let fail_name = if world.rscs[rid].anonymous {
        world.rscs[rid].conf_id.clone()
    } else {
        world.rscs[rid].id.clone()
    };
    let counted =
        counts.by_name.get(&fail_name).or_else(|| counts.by_name.get(&history.id)).copied();
    if let Some(count) = counted {
        world.rscs[rid].fail_counts.push((nid, count));
        if world.rscs[rid].orphan && world.rscs[rid].parent.is_none() {
            world.chores.push(Chore::ClearFailures { rid, nid, why: "it is orphaned" });
        }
    }
    if let Some(lock) = history.shutdown_lock {
        shutdown_lock(world, nid, rid, lock);
    }
    if history.operations.is_empty() {
        return false;
    }
    let mut ops: Vec<&OperationRecord> = history.operations.iter().collect();
    ops.sort_by(|a, b| in_time(a, b));
    let mut reading = Reading {
        role: Role::Stopped,
        on_fail: OnFail::Ignore,
        last_failure: None,
        fail_next: None,
    };
    let old_role = world.rscs[rid].role;
    for op in &ops {
        record(world, nid, rid, op, &mut reading, history, state);
    }
    place(world, nid, rid, &reading, old_role);
    reading.role > Role::Stopped
}

/// Order of records: by call number; the pending one of no number is the newest, save when
/// its time says otherwise.
pub(crate) fn in_time(a: &OperationRecord, b: &OperationRecord) -> std::cmp::Ordering {
    if a.call_id == b.call_id {
        return match (a.last_rc_change, b.last_rc_change) {
            (Some(x), Some(y)) => x.cmp(&y),
            _ => std::cmp::Ordering::Equal,
        };
    }
    match (a.call_id < 0, b.call_id < 0) {
        (true, false) => pending_after(a, b),
        (false, true) => pending_after(b, a).reverse(),
        _ => a.call_id.cmp(&b.call_id),
    }
}

/// Where a record without call number stands relative to another.
fn pending_after(pending: &OperationRecord, other: &OperationRecord) -> std::cmp::Ordering {
    match (pending.last_rc_change, other.last_rc_change) {
        (Some(x), Some(y)) if x < y => std::cmp::Ordering::Less,
        _ => std::cmp::Ordering::Greater,
    }
}

fn shutdown_lock(world: &mut World<'_>, nid: Nid, rid: Rid, lock: i64) {
    if !world.opts.shutdown_lock || lock <= 0 {
        return;
    }
    let limit = (world.opts.shutdown_lock_limit_ms / 1000) as i64;
    if limit > 0 && world.now > lock + limit {
        world.chores.push(Chore::LiftLock { rid, nid });
    } else {
        world.rscs[rid].lock_node = Some(nid);
        world.rscs[rid].lock_time = lock;
    }
}

/// Whether one operation of a history is a probe.
fn is_probe(op: &OperationRecord) -> bool {
    op.interval_ms == 0 && op.operation == "monitor"
}

fn active_role(world: &World<'_>, rid: Rid) -> Role {
    if world.rscs[rid].promotable { Role::Unpromoted } else { Role::Started }
}

/// One record: what it says of role and failure.
fn record(
    world: &mut World<'_>,
    nid: Nid,
    rid: Rid,
    op: &OperationRecord,
    reading: &mut Reading,
    history: &ResourceHistory,
    state: &NodeState,
) {
    let task = op.operation.as_str();
    if matches!(task, "notify" | "meta-data" | "delete" | "cancel") {
        if task == "notify" && op.op_status == status::DONE {
            return;
        }
        return;
    }
    let probe = is_probe(op);
    let unknown_state = op.rc == 193 || op.op_status == status::PENDING;
    let looked = !probe || !unknown_state;
    if looked && !world.rscs[rid].known_on.contains(&nid) {
        // A probe that did not come back leaves the state unknown.
        if !(probe && matches!(op.op_status, 2 | status::ERROR) && op.rc == 193) {
            world.rscs[rid].known_on.push(nid);
        }
    }
    if op.op_status == status::CANCELLED {
        return;
    }
    if op.op_status == status::PENDING {
        pending(world, nid, rid, op, reading, state);
        return;
    }
    let wanted = target_rc(op);
    let rc = match op.rc {
        190 => 0,
        191 => 8,
        other => other,
    };
    if !world.nodes[nid].online
        && !world.nodes[nid].unclean
        && !world.nodes[nid].is_remote()
        && !world.opts.fencing
    {
        // The node left in good order: what it ran is gone with it.
        return;
    }
    let (mut result, mut why_role) = (op.op_status, None);
    if result == status::DONE || result == status::ERROR || result == status::NOT_SUPPORTED {
        (result, why_role) = judge(world, nid, rid, op, rc, wanted);
    }
    let expired = failure_expired(world, nid, rid, op, result, rc);
    if expired && (result != status::DONE) {
        if op.interval_ms == 0 && probe {
            // An expired failed probe counts as a probe that found what it should have.
            if wanted == Some(7) || wanted.is_none() {
                reading.role = Role::Stopped;
            }
        }
        if op.interval_ms > 0 {
            // What failed goes on being watched, from a new start.
            return;
        }
        return;
    }
    if let Some(role) = why_role {
        reading.role = role;
    }
    let ignored = result != status::DONE && {
        let severity = on_fail(world, rid, op);
        severity == OnFail::Ignore
            || (severity == OnFail::RestartContainer && op.operation == "stop")
    };
    match result {
        _ if ignored => {
            success(world, nid, rid, op, reading, wanted.unwrap_or(0), history, state);
            world.rscs[rid].failure_ignored = true;
        }
        status::DONE => success(world, nid, rid, op, reading, rc, history, state),
        status::NOT_INSTALLED | status::ERROR_HARD | status::ERROR_FATAL => {
            failure(world, nid, rid, op, reading, rc, state);
            let scope_all = result == status::ERROR_FATAL;
            let target = world.instance_top(rid);
            if scope_all {
                for n in 0..world.nodes.len() {
                    world.ban(target, n, "hard-error");
                }
            } else {
                world.ban(target, nid, "hard-error");
            }
        }
        _ => failure(world, nid, rid, op, reading, rc, state),
    }
}

/// Exit code against expectation: the status that counts, and a role if the code tells one.
fn judge(
    world: &World<'_>,
    _nid: Nid,
    rid: Rid,
    op: &OperationRecord,
    rc: i32,
    wanted: Option<i32>,
) -> (i32, Option<Role>) {
    let task = op.operation.as_str();
    let probe = is_probe(op);
    let unmanaged = !world.rscs[rid].meta.managed;
    match rc {
        0 => {
            if probe && wanted.is_some_and(|w| w != 0 && w != 7) {
                return (status::DONE, None);
            }
            match wanted {
                Some(w) if w != 0 && !probe => (status::ERROR, None),
                _ => (status::DONE, None),
            }
        }
        7 => {
            if probe || wanted == Some(7) || task == "stop" || (unmanaged && task == "monitor") {
                (status::DONE, Some(Role::Stopped))
            } else {
                (status::ERROR, None)
            }
        }
        8 => {
            if probe || wanted == Some(8) {
                (status::DONE, Some(Role::Promoted))
            } else {
                (status::ERROR, Some(Role::Promoted))
            }
        }
        9 => (status::ERROR, Some(Role::Promoted)),
        2..=6 => {
            if rc == 3 && op.interval_ms > 0 {
                return (status::NOT_SUPPORTED, None);
            }
            if probe && matches!(rc, 2..=6) && world.rscs[rid].running_on.is_empty() {
                // Nothing there that could run.
                return (if rc == 5 { status::NOT_INSTALLED } else { status::ERROR_HARD }, None);
            }
            match rc {
                6 => (status::ERROR_FATAL, None),
                _ => (status::ERROR_HARD, None),
            }
        }
        // Any other code is an error, whoever expected it.
        _ => (status::ERROR, None),
    }
}

/// Whether a failure is older than failure-timeout, and what follows for the fail count.
fn failure_expired(
    world: &mut World<'_>,
    nid: Nid,
    rid: Rid,
    op: &OperationRecord,
    result: i32,
    _rc: i32,
) -> bool {
    let timeout = world.rscs[rid].meta.failure_timeout_s;
    let is_last_failure = op.id.contains("_last_failure_");
    let count = world.rscs[rid].fail_counts.iter().find(|(n, _)| *n == nid).map(|(_, c)| *c);
    let mut expired = false;
    let mut clear: Option<&'static str> = None;
    // What is to block does so until people have looked.
    let blocks = on_fail(world, rid, op) == OnFail::Block;
    if timeout > 0
        && !blocks
        && let Some(changed) = op.last_rc_change
        && changed > 0
    {
        let last = count.map_or(0, |c| c.last_failure).max(changed);
        if changed + timeout <= world.now {
            expired = true;
        }
        if expired && count.is_some_and(|c| c.count > 0) {
            if last + timeout <= world.now {
                clear = Some("it expired");
            } else {
                expired = false;
            }
        }
    }
    if expired && (result == status::DONE) {
        expired = false;
    }
    if is_last_failure {
        // A failure of an operation whose definition has changed since counts no more.
        if clear.is_none()
            && (op.operation == "monitor" || op.operation == "start")
            && op.digest.is_some()
            && world.rscs[rid].meta.failure_timeout_s >= 0
            && definition_changed(world, nid, rid, op)
        {
            clear = Some("resource parameters have changed");
        }
    }
    if let Some(why) = clear
        && count.is_some()
        && !world.chores.iter().any(
            |c| matches!(c, Chore::ClearFailures { rid: r, nid: n, .. } if *r == rid && *n == nid),
        )
    {
        world.chores.push(Chore::ClearFailures { rid, nid, why });
    }
    expired
}

fn definition_changed(world: &mut World<'_>, nid: Nid, rid: Rid, op: &OperationRecord) -> bool {
    if world.rscs[rid].orphan {
        return false;
    }
    if op.interval_ms > 0 && world.op_conf(rid, &op.operation, op.interval_ms).is_none() {
        return false;
    }
    if world.in_bundle(rid)
        && world.rscs[rid].serves.is_some()
        && world.bundle_host(rid, Some(nid)).is_none()
    {
        // What it is told depends on where its container is, which is not known yet.
        return false;
    }
    let now = world.digest(rid, Some(nid), &op.operation, op.interval_ms);
    op.digest.as_ref() != Some(&now)
}

fn pending(
    world: &mut World<'_>,
    nid: Nid,
    rid: Rid,
    op: &OperationRecord,
    reading: &mut Reading,
    state: &NodeState,
) {
    match op.operation.as_str() {
        "start" => {
            world.rscs[rid].start_pending = true;
            if reading.role < Role::Started {
                reading.role = active_role(world, rid);
            }
        }
        "promote" => reading.role = Role::Promoted,
        "migrate_to" if world.nodes[nid].unclean => {
            // The source died on the way; the target may or may not have it.
            if let Some(target) = &op.migrate_target
                && let Some(&t) = world.node_by_name.get(target)
            {
                let done = state_of(world, t)
                    .and_then(|s| s.history.iter().find(|h| h.id == world.rscs[rid].history_id))
                    .is_some_and(|h| {
                        h.operations.iter().any(|o| {
                            matches!(o.operation.as_str(), "migrate_from")
                                && o.op_status == status::DONE
                        })
                    });
                if !done && world.nodes[t].online {
                    world.add_running(rid, t);
                }
            }
        }
        _ => {}
    }
    let _ = state;
    let record_pending = world
        .op_conf(rid, &op.operation, op.interval_ms)
        .and_then(|o| get(&o.options, "record-pending"))
        .is_none_or(|v| crate::values::boolean(v) != Some(false));
    if world.rscs[rid].pending_task.is_none() && record_pending {
        let name: Text = match op.operation.as_str() {
            "monitor" if op.interval_ms == 0 => "probe".into(),
            other => other.into(),
        };
        world.rscs[rid].pending_task = Some((name, nid));
    }
}

fn state_of<'a>(world: &World<'a>, nid: Nid) -> Option<&'a NodeState> {
    let node = &world.nodes[nid];
    world.cib.status.nodes.iter().find(|s| s.id == node.id || s.uname == node.name)
}

#[expect(clippy::too_many_arguments, reason = "the pieces of one record and its surroundings")]
fn success(
    world: &mut World<'_>,
    nid: Nid,
    rid: Rid,
    op: &OperationRecord,
    reading: &mut Reading,
    rc: i32,
    history: &ResourceHistory,
    state: &NodeState,
) {
    let mut clears = false;
    let starting = match rc {
        7 => {
            clears = true;
            reading.role = Role::Stopped;
            None
        }
        8 => {
            reading.role = Role::Promoted;
            None
        }
        _ => Some(()),
    };
    match op.operation.as_str() {
        "monitor" => {
            let same = reading
                .last_failure
                .as_ref()
                .is_some_and(|(name, every)| *name == op.operation && *every == op.interval_ms);
            clears = clears || same;
            if starting.is_some() && reading.role < Role::Started {
                reading.role = active_role(world, rid);
            }
        }
        "start" => {
            reading.role = active_role(world, rid);
            clears = true;
        }
        "stop" => {
            reading.role = Role::Stopped;
            clears = true;
        }
        "promote" => {
            reading.role = Role::Promoted;
            clears = true;
        }
        "demote" => {
            clears = true;
            reading.role = Role::Unpromoted;
        }
        "migrate_from" => {
            reading.role = Role::Started;
            clears = true;
        }
        "migrate_to" => migrated_away(world, nid, rid, op, reading, history, state),
        _ => {
            if reading.role < Role::Started && starting.is_some() {
                reading.role = active_role(world, rid);
            }
        }
    }
    if clears {
        match reading.on_fail {
            OnFail::Stop | OnFail::Ban | OnFail::Standby | OnFail::Fence => {}
            OnFail::Ignore
            | OnFail::Demote
            | OnFail::Recover
            | OnFail::RestartContainer
            | OnFail::Block => {
                reading.on_fail = OnFail::Ignore;
                reading.fail_next = None;
            }
            // With an interval between attempts the failure stands until that is over.
            OnFail::ResetRemote if reconnects(world, rid) => {}
            OnFail::ResetRemote => {
                reading.on_fail = OnFail::Ignore;
                reading.fail_next = None;
            }
        }
    }
}

/// A migration to another node succeeded here: where is the resource now?
fn migrated_away(
    world: &mut World<'_>,
    nid: Nid,
    rid: Rid,
    op: &OperationRecord,
    reading: &mut Reading,
    _history: &ResourceHistory,
    state: &NodeState,
) {
    let (Some(source), Some(target)) = (&op.migrate_source, &op.migrate_target) else { return };
    let Some(&t) = world.node_by_name.get(target) else { return };
    let name = world.rscs[rid].history_id.clone();
    // Newer operations here outweigh the migration.
    let newer_here = state.history.iter().find(|h| h.id == name).is_some_and(|h| {
        h.operations.iter().any(|o| {
            o.call_id > op.call_id
                && matches!(o.operation.as_str(), "start" | "stop" | "migrate_from")
                && o.op_status == status::DONE
        })
    });
    if newer_here {
        return;
    }
    let there = state_of(world, t).and_then(|s| s.history.iter().find(|h| h.id == name));
    let from = there.and_then(|h| {
        h.operations
            .iter()
            .filter(|o| {
                o.operation == "migrate_from"
                    && o.migrate_source.as_ref() == Some(source)
                    && o.migrate_target.as_ref() == Some(target)
            })
            .max_by_key(|o| o.call_id)
    });
    // Anything newer on the target than the arrival (a stop, a probe) says more.
    let target_says_stopped = there.is_some_and(|h| {
        let last = h.operations.iter().max_by(|a, b| in_time(a, b));
        last.is_some_and(|o| {
            (o.operation == "stop" && o.op_status == status::DONE)
                || (is_probe(o)
                    && o.rc == 7
                    && from.is_none()
                    && o.last_rc_change > op.last_rc_change)
        })
    });
    if from.is_some_and(|o| o.op_status == status::DONE && o.rc == 0) {
        // Complete but for the stop on the source, which does no harm.
        let ran_since = target_says_stopped;
        reading.role = Role::Stopped;
        if !ran_since {
            if !world.rscs[rid].dangling.contains(&nid) {
                world.rscs[rid].dangling.push(nid);
            }
            // The source still has a trace of it; it is to be stopped there.
            reading.role = Role::Stopped;
        }
        return;
    }
    if target_says_stopped && from.is_none() {
        reading.role = active_role(world, rid);
        return;
    }
    let failed_there =
        from.is_some_and(|o| o.op_status != status::PENDING && (o.rc != 0 || o.op_status != 0));
    if failed_there {
        if world.nodes[t].online {
            world.add_running(rid, t);
            reading.role = Role::Started;
        } else {
            // Gone with the target: the source may have lost it as well.
            reading.role = Role::Stopped;
            if !world.rscs[rid].dangling.contains(&nid) {
                world.rscs[rid].dangling.push(nid);
            }
        }
        return;
    }
    // Still under way.
    if world.nodes[t].online {
        world.add_running(rid, t);
        if world.nodes[nid].online {
            world.rscs[rid].migration_target = Some(t);
            world.rscs[rid].migration_source = Some(nid);
        } else {
            world.rscs[rid].migration_target = None;
        }
        reading.role = Role::Started;
    } else {
        reading.role = Role::Stopped;
        if !world.rscs[rid].dangling.contains(&nid) {
            world.rscs[rid].dangling.push(nid);
        }
    }
}

/// What the configuration says about failures of an operation.
pub(crate) fn on_fail(world: &World<'_>, rid: Rid, op: &OperationRecord) -> OnFail {
    let task = op.operation.as_str();
    let configured = world
        .op_conf(rid, task, op.interval_ms)
        .or_else(|| {
            (task == "monitor" && op.interval_ms == 0).then_some(())?;
            None
        })
        .and_then(|o| get(&o.options, "on-fail"))
        .map(Text::as_str);
    let fencing = world.opts.fencing;
    let is_connection =
        world.rscs[rid].serves.is_some() && world.conf(rid).is_some_and(|c| c.is_connection());
    let value = match configured {
        Some("block") => Some(OnFail::Block),
        Some("fence") if fencing => Some(OnFail::Fence),
        Some("fence") if task == "stop" => Some(OnFail::Block),
        Some("fence") => Some(OnFail::Stop),
        Some("standby") => Some(OnFail::Standby),
        Some("ignore" | "nothing") => Some(OnFail::Ignore),
        Some("migrate" | "ban") => Some(OnFail::Ban),
        Some("stop") => Some(OnFail::Stop),
        Some("restart") => Some(OnFail::Recover),
        Some("restart-container") => Some(if world.rscs[rid].container.is_some() {
            OnFail::RestartContainer
        } else {
            OnFail::Recover
        }),
        Some("demote") if task == "monitor" || task == "promote" || task == "demote" => {
            Some(OnFail::Demote)
        }
        Some(_) | None => None,
    };
    // A stop that fails must never be taken lightly.
    if task == "stop"
        && matches!(value, Some(OnFail::Stop | OnFail::Recover | OnFail::Standby | OnFail::Ban))
        && value == Some(OnFail::Stop)
    {
        return if fencing { OnFail::Fence } else { OnFail::Block };
    }
    if let Some(value) = value {
        return value;
    }
    if world.rscs[rid].container.is_some() && !is_connection && world.is_guest_filler(rid) {
        return OnFail::RestartContainer;
    }
    if is_connection && task != "stop" && task != "start" {
        // The connection is lost: the remote node is in an unknown state.
        let fence_remote = fencing && world.rscs[rid].container.is_none();
        return if fence_remote {
            OnFail::ResetRemote
        } else if world.rscs[rid].container.is_some() {
            OnFail::RestartContainer
        } else {
            OnFail::Recover
        };
    }
    if is_connection && world.rscs[rid].container.is_some() && task != "stop" {
        return OnFail::RestartContainer;
    }
    if task == "stop" {
        return if fencing { OnFail::Fence } else { OnFail::Block };
    }
    OnFail::Recover
}

fn failure(
    world: &mut World<'_>,
    nid: Nid,
    rid: Rid,
    op: &OperationRecord,
    reading: &mut Reading,
    rc: i32,
    _state: &NodeState,
) {
    let task = op.operation.as_str();
    reading.last_failure = Some((op.operation.clone(), op.interval_ms));
    let severity = on_fail(world, rid, op);
    if reading.on_fail < severity {
        reading.on_fail = severity;
        reading.fail_next = match severity {
            OnFail::Stop => Some(Role::Stopped),
            OnFail::Demote => Some(Role::Unpromoted),
            _ => None,
        };
        if severity == OnFail::ResetRemote && reconnects(world, rid) {
            reading.fail_next = Some(Role::Stopped);
        }
    }
    let probe_found_nothing = is_probe(op) && matches!(rc, 2..=6);
    match task {
        "stop" => world.ban(rid, nid, "stop-failed"),
        "migrate_to" => failed_migrate_to(world, nid, rid, op),
        "migrate_from" => failed_migrate_from(world, nid, rid, op),
        "promote" => reading.role = Role::Promoted,
        "demote" => {
            if severity == OnFail::Block {
                reading.role = Role::Promoted;
                reading.fail_next = Some(Role::Stopped);
            } else if rc == 7 {
                reading.role = Role::Stopped;
            } else {
                reading.role = Role::Unpromoted;
            }
        }
        _ => {}
    }
    if probe_found_nothing && reading.role < Role::Started {
        world.rscs[rid].probe_error = Some(match rc {
            2 => "Invalid parameter",
            3 => "Not implemented",
            4 => "Insufficient privileges",
            5 => "Not installed",
            _ => "Not configured",
        });
        if reading.on_fail == OnFail::Recover {
            reading.on_fail = OnFail::Ignore;
        }
        return;
    }
    if reading.role < Role::Started && !(task == "demote" && rc == 7) {
        reading.role = active_role(world, rid);
    }
}

fn reconnects(world: &World<'_>, rid: Rid) -> bool {
    world.conf(rid).is_some_and(|c| c.params.iter().any(|s| s.get("reconnect_interval").is_some()))
}

fn failed_migrate_to(world: &mut World<'_>, nid: Nid, rid: Rid, op: &OperationRecord) {
    let Some(target) = &op.migrate_target else { return };
    let Some(&t) = world.node_by_name.get(target) else { return };
    let name = world.rscs[rid].history_id.clone();
    let there = state_of(world, t).and_then(|s| s.history.iter().find(|h| h.id == name));
    let (mut stop, mut from, mut probe) = (-2, -2, None);
    if let Some(h) = there {
        for o in &h.operations {
            match o.operation.as_str() {
                "stop" => stop = stop.max(o.call_id),
                "migrate_from" => from = from.max(o.call_id),
                "monitor" if o.interval_ms == 0 => probe = Some(o),
                _ => {}
            }
        }
    }
    let known_stopped = probe.is_some_and(|p| p.rc == 7 && p.last_rc_change >= op.last_rc_change);
    if from > stop || (from == -2 && stop == -2 && !known_stopped) {
        if world.nodes[t].online && !known_stopped {
            world.add_running(rid, t);
        }
    } else if from < 0 && stop < 0 {
        let _ = nid;
    }
}

fn failed_migrate_from(world: &mut World<'_>, _nid: Nid, rid: Rid, op: &OperationRecord) {
    let Some(source) = &op.migrate_source else { return };
    let Some(&s) = world.node_by_name.get(source) else { return };
    let name = world.rscs[rid].history_id.clone();
    let there = state_of(world, s).and_then(|st| st.history.iter().find(|h| h.id == name));
    let (mut stop, mut to) = (-2, -2);
    if let Some(h) = there {
        for o in &h.operations {
            match o.operation.as_str() {
                "stop" => stop = stop.max(o.call_id),
                "migrate_to" => to = to.max(o.call_id),
                _ => {}
            }
        }
    }
    if to > stop && world.nodes[s].online {
        world.add_running(rid, s);
    }
}

/// Everything of the history read: role, place and consequences.
fn place(world: &mut World<'_>, nid: Nid, rid: Rid, reading: &Reading, old_role: Role) {
    let mut role = reading.role;
    let managed = world.rscs[rid].managed;
    let node_online = world.nodes[nid].online;
    let node_maintenance = world.nodes[nid].maintenance;
    if role > Role::Stopped && !node_online && !node_maintenance && managed {
        let node = &world.nodes[nid];
        let should = match node.sort {
            NodeSort::Guest => true,
            NodeSort::Remote => {
                let failed = node.connection.is_some_and(|c| world.rscs[c].failed);
                if world.opts.fencing && node.connection.is_some() && !failed {
                    // Another member may reach it: fenced only if none will.
                    world.nodes[nid].unseen = true;
                }
                world.opts.fencing
            }
            NodeSort::Member | NodeSort::Ping => world.opts.fencing,
        };
        if should {
            if world.nodes[nid].sort == NodeSort::Guest {
                world.rscs[rid].failed = true;
                world.rscs[rid].stop_required = true;
            }
            let reason = if world.nodes[nid].unseen && world.nodes[nid].sort == NodeSort::Remote {
                format!(
                    "{} is active there (fencing will be revoked if remote connection can be \
                     re-established elsewhere)",
                    world.rscs[rid].id
                )
            } else {
                format!("{} is thought to be active there", world.rscs[rid].id)
            };
            world.fence(nid, &reason);
        }
    }
    if role > Role::Stopped
        && !node_online
        && !world.nodes[nid].unclean
        && !world.opts.fencing
        && !world.nodes[nid].is_remote()
    {
        // Without fencing a node that left is taken at its word.
        role = Role::Stopped;
    }
    let mut on_fail = reading.on_fail;
    if role > Role::Stopped && !node_online && managed && !node_maintenance {
        // Whatever failed there, it ends with the node.
        on_fail = OnFail::Ignore;
    }
    if node_maintenance && !world.rscs[rid].is_clone() {
        // Nothing is done to anything on this node.
        world.rscs[rid].managed &= role <= Role::Stopped;
        on_fail = OnFail::Ignore.max(if role > Role::Stopped { OnFail::Ignore } else { on_fail });
        if reading.on_fail >= OnFail::Recover && role > Role::Stopped {
            world.rscs[rid].failed = true;
        }
    }
    if let Some(next) = reading.fail_next {
        set_next(world, rid, next, "failure");
    }
    match on_fail {
        OnFail::Ignore => {}
        OnFail::Demote => {
            world.rscs[rid].failed = true;
            set_next(world, rid, Role::Unpromoted, "demote");
        }
        OnFail::Fence => {
            world.rscs[rid].failed = true;
            world.rscs[rid].stop_required = true;
            let reason = format!("{} failed there", world.rscs[rid].id);
            world.fence(nid, &reason);
        }
        OnFail::Standby => {
            world.nodes[nid].standby = true;
            world.nodes[nid].standby_by_failure = true;
            if role > Role::Stopped {
                world.rscs[rid].failed = true;
                world.rscs[rid].stop_required = true;
            }
        }
        OnFail::Block => {
            world.rscs[rid].managed = false;
            world.rscs[rid].blocked = true;
            world.rscs[rid].failed = true;
        }
        OnFail::Ban => {
            world.ban(rid, nid, "on-fail=ban");
            if role > Role::Stopped {
                world.rscs[rid].failed = true;
                world.rscs[rid].stop_required = true;
            }
        }
        OnFail::Stop => {
            set_next(world, rid, Role::Stopped, "on-fail=stop");
            if role > Role::Stopped {
                world.rscs[rid].failed = true;
                world.rscs[rid].stop_required = true;
            }
        }
        OnFail::Recover => {
            if role > Role::Stopped {
                world.rscs[rid].failed = true;
                world.rscs[rid].stop_required = true;
            }
        }
        OnFail::RestartContainer => {
            world.rscs[rid].failed = true;
            world.rscs[rid].stop_required = true;
            if let Some(container) = world.rscs[rid].container {
                world.rscs[container].stop_required = true;
            }
        }
        OnFail::ResetRemote => {
            world.rscs[rid].failed = true;
            world.rscs[rid].stop_required = true;
            if world.opts.fencing
                && let Some(served) = world.rscs[rid].serves
                && world.nodes[served].sort == NodeSort::Remote
            {
                let name = world.rscs[rid].id.clone();
                let _ = name;
                world.fence(served, "remote connection is unrecoverable");
                world.rscs[rid].managed = managed;
            }
            if role > Role::Stopped && reading.fail_next == Some(Role::Stopped) {
                set_next(world, rid, Role::Stopped, "remote reset");
            }
        }
    }
    if role > Role::Stopped {
        if world.rscs[rid].orphan {
            // Shown and stopped, unless told otherwise.
        }
        world.add_running(rid, nid);
    }
    if !world.rscs[rid].running_on.contains(&nid) && role == Role::Stopped {
        if old_role > Role::Stopped {
            world.rscs[rid].role = old_role;
        }
        return;
    }
    let rsc = &mut world.rscs[rid];
    rsc.role = if old_role > role { old_role } else { role };
}

/// Where it should go because of failures; the stricter wins.
fn set_next(world: &mut World<'_>, rid: Rid, next: Role, why: &'static str) {
    let rsc = &mut world.rscs[rid];
    match rsc.next_role {
        Some(current) if current <= next => {}
        _ => {
            rsc.next_role = Some(next);
            rsc.next_role_why = why;
        }
    }
}

/// Consequences that need all histories: containers, several active instances, maintenance.
fn finish(world: &mut World<'_>) {
    for rid in 0..world.rscs.len() {
        if world.rscs[rid].running_on.len() > 1
            && world.rscs[rid].is_primitive()
            && world.rscs[rid].migration_target.is_none()
        {
            multiple_active(world, rid);
        }
    }
}

fn multiple_active(world: &mut World<'_>, rid: Rid) {
    use crate::model::Multiple;
    match world.rscs[rid].meta.multiple {
        Multiple::StopOnly => {
            set_next(world, rid, Role::Stopped, "multiple-active");
        }
        Multiple::Block => {
            world.rscs[rid].managed = false;
            world.rscs[rid].blocked = true;
            // What belongs together waits together.
            if let Some(parent) = world.rscs[rid].parent
                && world.rscs[parent].is_group()
            {
                for sibling in world.rscs[parent].children.clone() {
                    world.rscs[sibling].managed = false;
                    world.rscs[sibling].blocked = true;
                }
            }
        }
        Multiple::StopStart | Multiple::StopUnexpected => {}
    }
}

impl World<'_> {
    /// Says that a resource is active on a node.
    pub(crate) fn add_running(&mut self, rid: Rid, nid: Nid) {
        if self.rscs[rid].running_on.contains(&nid) {
            return;
        }
        self.rscs[rid].running_on.push(nid);
        if self.rscs[rid].is_primitive() {
            self.nodes[nid].running.push(rid);
            if self.nodes[nid].maintenance {
                self.rscs[rid].managed = false;
            }
        }
        if let Some(parent) = self.rscs[rid].parent {
            self.add_running(parent, nid);
        }
    }

    /// Keeps a resource off a node, whatever else is said.
    pub(crate) fn ban(&mut self, rid: Rid, nid: Nid, why: &'static str) {
        self.constraints.bans.push(crate::constraints::Ban { rid, nid, why });
    }

    /// For anonymous instances the whole clone, else the resource itself.
    pub(crate) fn instance_top(&self, rid: Rid) -> Rid {
        if self.rscs[rid].anonymous { self.instance_owner(rid).unwrap_or(rid) } else { rid }
    }

    /// Whether a resource lives inside a container that is recovered with it.
    pub(crate) fn is_guest_filler(&self, rid: Rid) -> bool {
        self.rscs[rid].container.is_some()
    }
}

/// The configured primitive of a name, wherever it stands.
pub(crate) fn find_primitive<'c>(
    cib: &'c rota_cib::Cib,
    id: &str,
) -> Option<&'c rota_cib::resource::Primitive> {
    use rota_cib::resource::{CloneChild, Resource};
    cib.config.resources.iter().find_map(|resource| match resource {
        Resource::Primitive(p) => (p.id == id).then_some(p),
        Resource::Group(g) => g.members.iter().find(|m| m.id == id),
        Resource::Clone(c) => match &c.child {
            CloneChild::Primitive(p) => (p.id == id).then_some(p),
            CloneChild::Group(g) => g.members.iter().find(|m| m.id == id),
        },
        Resource::Bundle(b) => b.primitive.as_ref().filter(|p| p.id == id),
    })
}
