//! Records one by one: what each says of role and failure.

use rota_cib::Text;
use rota_cib::constraint::Role;
use rota_cib::status::{OperationRecord, ResourceHistory};

use super::failure::failure_expired;
use super::migrated::{migrated_away, state_of};
use super::on_fail::{OnFail, failure, on_fail};
use crate::model::{Nid, Rid, World};
use crate::values::get;

/// Execution status of a record.
pub(super) mod status {
    pub const PENDING: i32 = -1;
    pub const DONE: i32 = 0;
    pub const CANCELLED: i32 = 1;
    pub const NOT_SUPPORTED: i32 = 3;
    pub const ERROR: i32 = 4;
    pub const ERROR_HARD: i32 = 5;
    pub const ERROR_FATAL: i32 = 6;
    pub const NOT_INSTALLED: i32 = 7;
}

/// The expected exit code in a transition key.
pub(super) fn target_rc(op: &OperationRecord) -> Option<i32> {
    let key = op.transition_key.as_ref().or(op.transition_magic.as_ref())?;
    let key = key.rsplit_once(';').map_or(key.as_str(), |(_, k)| k);
    let mut parts = key.split(':');
    let (_action, _transition) = (parts.next()?, parts.next()?);
    parts.next()?.parse().ok()
}

/// The state of one resource on one node while its history is read.
pub(super) struct Reading {
    pub role: Role,
    pub on_fail: OnFail,
    pub last_failure: Option<(Text, u32)>,
    pub fail_next: Option<Role>,
    /// The last stop failed for a reason that another attempt will not cure.
    pub hopeless: bool,
    /// Why a failed stop blocks the resource rather than costing the node its life; else empty.
    pub spared: &'static str,
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
pub(super) fn pending_after(
    pending: &OperationRecord,
    other: &OperationRecord,
) -> std::cmp::Ordering {
    match (pending.last_rc_change, other.last_rc_change) {
        (Some(x), Some(y)) if x < y => std::cmp::Ordering::Less,
        _ => std::cmp::Ordering::Greater,
    }
}

pub(super) fn active_role(world: &World<'_>, rid: Rid) -> Role {
    if world.rscs[rid].promotable { Role::Unpromoted } else { Role::Started }
}

/// One record: what it says of role and failure.
pub(super) fn record(
    world: &mut World<'_>,
    nid: Nid,
    rid: Rid,
    op: &OperationRecord,
    reading: &mut Reading,
    history: &ResourceHistory,
) {
    let task = op.operation.as_str();
    if matches!(task, "notify" | "meta-data" | "delete" | "cancel") {
        if task == "notify" && op.op_status == status::DONE {
            return;
        }
        return;
    }
    let probe = op.is_probe();
    if op.op_status == status::CANCELLED {
        return;
    }
    if op.op_status == status::PENDING {
        // What has been under way for longer than failures count is no news any more; the node
        // is asked again, if it can be.
        if world.nodes[nid].online && failure_expired(world, nid, rid, op, op.op_status, op.rc) {
            return;
        }
        // Of what is under way only these say already what the state will be.
        if matches!(task, "start" | "promote") {
            known(world, nid, rid);
        }
        pending(world, nid, rid, op, reading);
        return;
    }
    let wanted = target_rc(op);
    let rc = rota_cib::status::state_of_exit(op.rc);
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
    if expired {
        // It says nothing of the node any more: if nothing else does, that is looked at again.
        if op.interval_ms > 0 {
            world.lapsed.insert((rid, nid, op.id.clone()));
        }
        return;
    }
    // A probe that did not come back leaves the state unknown.
    if !(probe && op.rc == 193) {
        known(world, nid, rid);
    }
    if let Some(role) = why_role {
        reading.role = role;
    }
    // That the agent is missing cannot be ignored.
    let ignored = result != status::DONE && op.op_status != status::NOT_INSTALLED && {
        let severity = on_fail(world, rid, op);
        severity == OnFail::Ignore
            || (severity == OnFail::RestartContainer && op.operation == "stop")
    };
    match result {
        _ if ignored => {
            success(world, nid, rid, op, reading, wanted.unwrap_or(0), history);
            world.rscs[rid].failure_ignored = true;
        }
        status::DONE => success(world, nid, rid, op, reading, rc, history),
        status::NOT_INSTALLED | status::ERROR_HARD | status::ERROR_FATAL => {
            failure(world, nid, rid, op, reading, rc);
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
        _ => failure(world, nid, rid, op, reading, rc),
    }
}

/// The state of the resource on this node is known.
fn known(world: &mut World<'_>, nid: Nid, rid: Rid) {
    if !world.rscs[rid].known_on.contains(&nid) {
        world.rscs[rid].known_on.push(nid);
    }
}

/// Exit code against expectation: the status that counts, and a role if the code tells one.
pub(super) fn judge(
    world: &World<'_>,
    _nid: Nid,
    rid: Rid,
    op: &OperationRecord,
    rc: i32,
    wanted: Option<i32>,
) -> (i32, Option<Role>) {
    let task = op.operation.as_str();
    let probe = op.is_probe();
    // Whoever manages it may have stopped it.
    let unmanaged = !world.rscs[rid].meta.managed || world.rscs[rid].maintenance;
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
            match rc {
                6 => (status::ERROR_FATAL, None),
                _ => (status::ERROR_HARD, None),
            }
        }
        // Any other code is an error, whoever expected it.
        _ => (status::ERROR, None),
    }
}

pub(super) fn pending(
    world: &mut World<'_>,
    nid: Nid,
    rid: Rid,
    op: &OperationRecord,
    reading: &mut Reading,
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
                    // It counts as active there, and is stopped before it starts anywhere.
                    world.add_running(rid, t);
                    let active = active_role(world, rid);
                    let rsc = &mut world.rscs[rid];
                    rsc.migration_source = Some(nid);
                    rsc.role = rsc.role.max(active);
                    rsc.stop_required = true;
                }
            }
        }
        _ => {}
    }
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

pub(super) fn success(
    world: &mut World<'_>,
    nid: Nid,
    rid: Rid,
    op: &OperationRecord,
    reading: &mut Reading,
    rc: i32,
    history: &ResourceHistory,
) {
    let mut clears = false;
    if rc == 7 {
        // Found not running, as it should be: whatever was done, that is the state.
        reading.role = Role::Stopped;
        forgive(world, rid, reading);
        return;
    }
    let promoted = rc == 8;
    if promoted {
        reading.role = Role::Promoted;
    }
    match op.operation.as_str() {
        "monitor" => {
            let same = reading
                .last_failure
                .as_ref()
                .is_some_and(|(name, every)| *name == op.operation && *every == op.interval_ms);
            clears = same;
            if !promoted && reading.role < Role::Started {
                reading.role = active_role(world, rid);
            }
        }
        "start" => {
            reading.role = active_role(world, rid);
            world.rscs[rid].just_started = true;
            clears = true;
        }
        "stop" => {
            reading.hopeless = false;
            reading.role = Role::Stopped;
            clears = true;
        }
        "promote" => {
            reading.role = Role::Promoted;
            clears = true;
        }
        "demote" => {
            // It ends a failure of the promoted role, not one of the resource itself.
            clears = reading.on_fail == OnFail::Demote;
            reading.role = Role::Unpromoted;
            world.rscs[rid].just_started = false;
        }
        "migrate_from" => {
            reading.role = Role::Started;
            clears = true;
        }
        "migrate_to" => migrated_away(world, nid, rid, op, reading, history),
        _ => {
            if reading.role < Role::Started && !promoted {
                reading.role = active_role(world, rid);
            }
        }
    }
    if clears {
        forgive(world, rid, reading);
    }
}

/// A success ends the consequences of failures before it, save those that need people or are
/// about the node.
fn forgive(world: &World<'_>, rid: Rid, reading: &mut Reading) {
    match reading.on_fail {
        // With an interval between attempts the failure stands until that is over.
        OnFail::ResetRemote if super::on_fail::reconnect_s(world, rid) > 0 => {}
        OnFail::Stop | OnFail::Ban | OnFail::Standby | OnFail::Fence => {}
        OnFail::Ignore
        | OnFail::Demote
        | OnFail::Recover
        | OnFail::RestartContainer
        | OnFail::Block
        | OnFail::ResetRemote => {
            reading.on_fail = OnFail::Ignore;
            reading.fail_next = None;
        }
    }
}
