//! Stage 2: operation history becomes what runs where, what failed, what is unknown.

pub(crate) mod failure;
mod locate;
mod migrated;
mod on_fail;
mod place;
mod record;

use rota_cib::constraint::Role;
use rota_cib::status::{NodeState, OperationRecord, ResourceHistory};

use self::failure::FailCounts;
use self::locate::{bind_containers, locate};
use self::on_fail::OnFail;
use self::place::{finish, place};
pub(crate) use self::record::in_time;
use self::record::{Reading, record};
use crate::model::{Chore, Nid, NodeSort, Rid, World};

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
    failure::without_history(world);
    finish(world);
}

fn node_of(world: &World<'_>, state: &NodeState) -> Option<Nid> {
    world.node_by_id.get(&state.id).or_else(|| world.node_by_name.get(&state.uname)).copied()
}

/// Whether the history of a node may be read in the first passes: it is there, or what its
/// connection and container do is known.
fn ready(world: &World<'_>, nid: Nid) -> bool {
    let node = &world.nodes[nid];
    match node.sort {
        // What is fenced was where its history says: it is read with the others.
        NodeSort::Member | NodeSort::Ping => {
            node.online || world.opts.fencing || world.opts.shutdown_lock
        }
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
        let managed = rsc.managed;
        let hosts = rsc.running_on.clone();
        let container_failed = container.is_some_and(|c| world.rscs[c].failed);
        let node = &mut world.nodes[nid];
        node.online = role == Role::Started;
        // Whoever took a connection out of the cluster's hands has the node, whether by the
        // connection itself or by the node that it is on.
        node.maintenance |= role == Role::Started && !managed;
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
        let active = resource_history(world, nid, rid, history, &failcounts);
        world.records.push((rid, nid, history));
        // Instances answer to the name under which their node knows them.
        if world.rscs[rid].anonymous && (!history.id.contains(':') || active) {
            world.rscs[rid].history_id = history.id.clone();
        }
    }
    bind_containers(world, state);
}

fn resource_history(
    world: &mut World<'_>,
    nid: Nid,
    rid: Rid,
    history: &ResourceHistory,
    counts: &FailCounts,
) -> bool {
    if let Some(count) = counts.about(&world.rscs[rid], &history.id)
        && world.rscs[rid].fail_counts.iter().all(|(n, _)| *n != nid)
    {
        world.rscs[rid].fail_counts.push((nid, count));
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
        hopeless: false,
        spared: "",
    };
    let old_role = world.rscs[rid].role;
    if world.rscs[rid].serves.is_some() {
        world.rscs[rid].reconnect_s = on_fail::reconnect_s(world, rid);
    }
    if world.rscs[rid].meta.failure_timeout_s > 0 && failure::stays(world, rid, history) {
        world.rscs[rid].failures_stay = true;
    }
    for op in &ops {
        record(world, nid, rid, op, &mut reading, history);
    }
    place(world, nid, rid, &reading, old_role);
    reading.role > Role::Stopped
}

fn shutdown_lock(world: &mut World<'_>, nid: Nid, rid: Rid, lock: i64) {
    if !world.opts.shutdown_lock || lock <= 0 {
        return;
    }
    let limit = (world.opts.shutdown_lock_limit_ms / 1000) as i64;
    if limit > 0 && world.now > lock.saturating_add(limit) {
        world.chores.push(Chore::LiftLock { rid, nid });
    } else {
        if limit > 0 {
            world.values.wake_at(lock.saturating_add(limit).saturating_add(1));
        }
        world.rscs[rid].lock_node = Some(nid);
        world.rscs[rid].lock_time = lock;
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
