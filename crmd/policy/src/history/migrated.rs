//! Live migrations on record: complete, half done, failed.
//!
//! A migration leaves records on two nodes. Records of one node are ordered by their call
//! numbers, those of two nodes by the time of their result, or, where that is missing or the
//! same, by the number of the transition that ordered them.

use rota_cib::constraint::Role;
use rota_cib::status::{NodeState, OperationRecord, ResourceHistory};

use super::record::{Reading, active_role, status};
use crate::model::{Nid, Rid, World};

pub(super) fn state_of<'a>(world: &World<'a>, nid: Nid) -> Option<&'a NodeState> {
    let node = &world.nodes[nid];
    world.cib.status.nodes.iter().find(|s| s.id == node.id || s.uname == node.name)
}

/// What a node knows of the resource.
fn history_on<'a>(world: &World<'a>, nid: Nid, rid: Rid) -> Option<&'a ResourceHistory> {
    let name = &world.rscs[rid].history_id;
    state_of(world, nid)?.history.iter().find(|h| h.id == *name)
}

/// The number of the transition that ordered an operation, and who led then.
fn transition(op: &OperationRecord) -> Option<(i64, &str)> {
    let key = op.transition_key.as_deref()?;
    let mut parts = key.splitn(4, ':');
    let (_action, number, _rc) = (parts.next()?, parts.next()?, parts.next()?);
    let number = number.parse().ok().filter(|n| *n >= 0)?;
    Some((number, parts.next()?))
}

/// Whether an operation came after one on another node.
fn after(op: &OperationRecord, other: &OperationRecord) -> bool {
    match (op.last_rc_change, other.last_rc_change) {
        (Some(a), Some(b)) if a != b => return a > b,
        _ => {}
    }
    match (transition(op), transition(other)) {
        (Some((a, x)), Some((b, y))) => x == y && a > b,
        _ => false,
    }
}

/// Whether a record says more about where the resource is than an older migration: what brings,
/// ends or moves it, and a monitor that did not find it.
fn tells(op: &OperationRecord) -> bool {
    match op.operation.as_str() {
        "monitor" => op.rc == 7,
        "start" | "stop" | "migrate_to" | "migrate_from" => op.op_status != status::PENDING,
        _ => false,
    }
}

/// The record of this migration's arrival.
fn arrival<'a>(there: &'a ResourceHistory, op: &OperationRecord) -> Option<&'a OperationRecord> {
    there
        .operations
        .iter()
        .filter(|o| {
            o.operation == "migrate_from"
                && o.migrate_source == op.migrate_source
                && o.migrate_target == op.migrate_target
        })
        .max_by_key(|o| o.call_id)
}

/// Whether the target has a state that is newer than the migration.
fn newer_there(
    there: Option<&ResourceHistory>,
    op: &OperationRecord,
    from: Option<&OperationRecord>,
) -> bool {
    there.is_some_and(|h| {
        h.operations.iter().filter(|o| tells(o)).any(|o| match from {
            Some(from) => o.call_id > from.call_id,
            None => after(o, op),
        })
    })
}

/// Whether a node's state is known; where it is not, it is probed, so nothing is presumed.
fn known(there: Option<&ResourceHistory>) -> bool {
    there
        .is_some_and(|h| h.operations.iter().any(|o| o.op_status != status::PENDING && o.rc != 193))
}

/// A migration to another node succeeded here: where is the resource now?
pub(super) fn migrated_away(
    world: &mut World<'_>,
    nid: Nid,
    rid: Rid,
    op: &OperationRecord,
    reading: &mut Reading,
    history: &ResourceHistory,
) {
    if op.migrate_source.is_none() {
        return;
    }
    let Some(target) = &op.migrate_target else { return };
    let Some(&t) = world.node_by_name.get(target) else { return };
    // Newer operations here outweigh the migration.
    let newer_here = history.operations.iter().any(|o| {
        o.call_id > op.call_id
            && matches!(o.operation.as_str(), "start" | "stop" | "migrate_from")
            && o.op_status == status::DONE
    });
    if newer_here {
        return;
    }
    let there = history_on(world, t, rid);
    let known = known(there);
    let from = there.and_then(|h| arrival(h, op)).filter(|o| o.op_status != status::PENDING);
    let newer_there = newer_there(there, op, from);
    match from {
        Some(from) if from.op_status == status::DONE && from.rc == 0 => {
            // Complete but for the stop on the source, which does no harm.
            reading.role = Role::Stopped;
            if !newer_there && !world.rscs[rid].dangling.contains(&nid) {
                world.rscs[rid].dangling.push(nid);
            }
        }
        Some(_) if world.nodes[t].online && !newer_there => {
            world.add_running(rid, t);
            reading.role = Role::Started;
        }
        // Nothing is known of the target yet: it will be asked.
        None if !known && world.nodes[t].online => reading.role = active_role(world, rid),
        None if world.nodes[t].online && !newer_there => {
            // Still under way.
            world.add_running(rid, t);
            if world.nodes[nid].online {
                world.rscs[rid].migration_target = Some(t);
                world.rscs[rid].migration_source = Some(nid);
            } else {
                world.rscs[rid].migration_target = None;
            }
            reading.role = Role::Started;
        }
        Some(_) | None => {
            // The target cannot have it, or has said since what it has without a word of an
            // arrival: it is started anew, from here as far as is known.
            reading.role = Role::Started;
            world.rscs[rid].failed = true;
            world.rscs[rid].stop_required = true;
        }
    }
}

/// A migration away failed on its source: the target may hold the resource all the same.
pub(super) fn failed_migrate_to(world: &mut World<'_>, rid: Rid, op: &OperationRecord) {
    let Some(target) = &op.migrate_target else { return };
    let Some(&t) = world.node_by_name.get(target) else { return };
    let there = history_on(world, t, rid);
    let known = known(there);
    let from = there.and_then(|h| arrival(h, op));
    if known && world.nodes[t].online && !newer_there(there, op, from) {
        world.add_running(rid, t);
    }
}

/// A migration failed on its target: the source may still hold the resource.
pub(super) fn failed_migrate_from(world: &mut World<'_>, rid: Rid, op: &OperationRecord) {
    let Some(source) = &op.migrate_source else { return };
    let Some(&s) = world.node_by_name.get(source) else { return };
    let last = |task: &str| {
        history_on(world, s, rid).and_then(|h| {
            h.operations.iter().filter(|o| o.operation == task).map(|o| o.call_id).max()
        })
    };
    if last("migrate_to") > last("stop") && world.nodes[s].online {
        world.add_running(rid, s);
    }
}
