//! Live migrations on record: complete, half done, failed.

use rota_cib::constraint::Role;
use rota_cib::status::{NodeState, OperationRecord, ResourceHistory};

use super::record::{Reading, active_role, in_time, is_probe, status};
use crate::model::{Nid, Rid, World};

pub(super) fn state_of<'a>(world: &World<'a>, nid: Nid) -> Option<&'a NodeState> {
    let node = &world.nodes[nid];
    world.cib.status.nodes.iter().find(|s| s.id == node.id || s.uname == node.name)
}

/// A migration to another node succeeded here: where is the resource now?
pub(super) fn migrated_away(
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

pub(super) fn failed_migrate_to(world: &mut World<'_>, nid: Nid, rid: Rid, op: &OperationRecord) {
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

pub(super) fn failed_migrate_from(
    world: &mut World<'_>,
    _nid: Nid,
    rid: Rid,
    op: &OperationRecord,
) {
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
