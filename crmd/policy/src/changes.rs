//! Recorded operations against their definitions: what changed, what is wanted no more.

use rota_cib::Text;
use rota_cib::status::{OperationRecord, ResourceHistory};

use crate::actions::{Actions, Verb};
use crate::model::{Chore, Nid, Rid, World};

/// Finds recurring operations that run, and definitions that changed.
pub(crate) fn check(world: &mut World<'_>, acts: &mut Actions) {
    let records = std::mem::take(&mut world.records);
    for &(rid, nid, history) in &records {
        one(world, acts, rid, nid, history);
    }
    world.records = records;
}

fn one(world: &mut World<'_>, acts: &mut Actions, rid: Rid, nid: Nid, history: &ResourceHistory) {
    let rsc = &world.rscs[rid];
    // On a node that is left nothing is compared.
    let node = &world.nodes[nid];
    let maintained = rsc.maintenance || node.maintenance;
    let kept = node.maintenance && node.online && !node.unclean && !node.pending;
    let in_use = node.can_run() || kept;
    if !in_use {
        for op in active(history).iter().filter(|o| o.interval_ms > 0) {
            let key = (op.operation.clone(), op.interval_ms);
            world.active_ops.entry((rid, nid)).or_default().push(key);
        }
        return;
    }
    if rsc.orphan {
        let gone = !rsc.running_on.contains(&nid) && rsc.parent.is_none();
        if gone && rsc.managed {
            world.chores.push(Chore::DeleteHistory { rid, nid });
        }
        return;
    }
    if !maintained && rsc.managed && class_changed(world, rid, history) {
        world.chores.push(Chore::DeleteHistory { rid, nid });
        let_in_again(world, rid, nid, "Device definition changed");
        let rsc = &world.rscs[rid];
        if rsc.running_on.contains(&nid) {
            crate::create::act(world, acts, rid, Verb::Stop, Some(nid), false);
            world.rscs[rid].stop_required = true;
            forget_failures(world, rid, nid);
        }
        return;
    }
    // A remote node that comes back will be asked anew.
    if !rsc.running_on.contains(&nid) || world.nodes[nid].coming {
        return;
    }
    let ops = active(history);
    if maintained {
        // Whoever maintains it is not to be disturbed by what watches it.
        for op in ops.iter().filter(|o| o.interval_ms > 0 && !is_memory(o)) {
            let aid =
                crate::recurring::cancel(world, acts, rid, nid, &op.operation, op.interval_ms);
            acts.acts[aid].reason = Some("maintenance mode".into());
        }
        return;
    }
    for op in ops {
        let task = op.operation.as_str();
        if op.interval_ms > 0 {
            recurring(world, acts, rid, nid, op);
        } else if matches!(task, "start" | "promote" | "migrate_from")
            || (task == "monitor" && op.rc != 7)
        {
            definition(world, acts, rid, nid, op);
        }
    }
}

/// Records since the last start, in order; what came before has no meaning any more.
fn active(history: &ResourceHistory) -> Vec<&OperationRecord> {
    let mut ops: Vec<&OperationRecord> = history.operations.iter().collect();
    ops.sort_by(|a, b| crate::history::in_time(a, b));
    let last = |names: &[&str]| {
        ops.iter().rposition(|o| names.contains(&o.operation.as_str()) && o.op_status == 0)
    };
    let stop = last(&["stop"]);
    let mut start = last(&["start", "migrate_from"]);
    if start.is_none() {
        // Implied by a change of role, or by the first look that found it running.
        let turned = last(&["promote", "demote"]);
        let after = stop.map_or(0, |s| s + 1);
        let found = ops[after..]
            .iter()
            .position(|o| o.operation == "monitor" && matches!(o.rc, 0 | 8))
            .map(|i| i + after);
        start = turned.or(found);
    }
    if stop > start {
        return Vec::new();
    }
    let from = start.unwrap_or(0);
    ops.split_off(from.min(ops.len()))
}

/// Whether a record only remembers a failure: that of the operation itself stands beside it, and
/// goes when the operation is cancelled.
fn is_memory(op: &OperationRecord) -> bool {
    op.id.ends_with("_last_failure_0")
}

fn class_changed(world: &World<'_>, rid: Rid, history: &ResourceHistory) -> bool {
    let Some(conf) = world.conf(rid) else { return false };
    let differs = |recorded: &Option<Text>, now: &str| recorded.as_ref().is_some_and(|r| r != now);
    differs(&history.class, &conf.class)
        || differs(&history.agent, &conf.agent)
        || (history.provider.is_some() && history.provider != conf.provider)
}

fn recurring(world: &mut World<'_>, acts: &mut Actions, rid: Rid, nid: Nid, op: &OperationRecord) {
    let configured = world.op_conf(rid, &op.operation, op.interval_ms).map(|o| o.enabled);
    if configured != Some(true) {
        if is_memory(op) {
            return;
        }
        let stays = world.rscs[rid].assigned == Some(nid)
            && world.rscs[rid].next_role.is_some_and(|r| r > rota_cib::constraint::Role::Stopped);
        if !stays {
            // It ends with the resource.
            return;
        }
        if world.opts.stop_orphan_actions {
            let why = if configured.is_none() { "orphan" } else { "disabled" };
            let aid =
                crate::recurring::cancel(world, acts, rid, nid, &op.operation, op.interval_ms);
            acts.acts[aid].reason = Some(why.into());
        }
        return;
    }
    let digest = world.digest(rid, Some(nid), &op.operation, op.interval_ms);
    let key = (op.operation.clone(), op.interval_ms);
    world.watched_ops.entry((rid, nid)).or_default().push(key.clone());
    if op.digest.as_ref() != Some(&digest) && !hidden_only(world, rid, nid, op) {
        forget_failures(world, rid, nid);
        return;
    }
    // What has lapsed or has not been heard of since it was ordered is begun anew.
    let lapsed = op.op_status == -1 || world.lapsed.contains(&(rid, nid, op.id.clone()));
    let active = world.active_ops.entry((rid, nid)).or_default();
    if lapsed {
        active.retain(|k| *k != key);
    } else {
        active.push(key);
    }
}

fn definition(world: &mut World<'_>, acts: &mut Actions, rid: Rid, nid: Nid, op: &OperationRecord) {
    if !world.rscs[rid].managed {
        return;
    }
    // What came by migration or was promoted is started anew like any other.
    let task: &str = match op.operation.as_str() {
        "migrate_from" | "promote" => "start",
        other => other,
    };
    let digest = world.digest(rid, Some(nid), task, op.interval_ms);
    if op.digest.as_ref() == Some(&digest) {
        return;
    }
    if hidden_only(world, rid, nid, op) {
        return;
    }
    forget_failures(world, rid, nid);
    let_in_again(world, rid, nid, "Device parameters changed");
    if reloadable(world, rid, nid, op) {
        world.rscs[rid].reload = true;
        return;
    }
    let Some(place) = world.rscs[rid].assigned else { return };
    let aid = crate::create::act(world, acts, rid, Verb::Start, Some(place), false);
    acts.acts[aid].optional = false;
    if !acts.acts[aid].why_blocked {
        acts.acts[aid].reason = Some("resource definition change".into());
    }
}

/// A node was let in by a device as it was defined then.
fn let_in_again(world: &mut World<'_>, rid: Rid, nid: Nid, why: &'static str) {
    if crate::fence::lets_in(world, rid) && !world.unfence.iter().any(|(n, _)| *n == nid) {
        world.unfence.push((nid, why));
    }
}

/// What failed with other parameters says nothing of the present ones.
fn forget_failures(world: &mut World<'_>, rid: Rid, nid: Nid) {
    let goes_on = world.rscs[rid].assigned.is_some()
        && world.rscs[rid].next_role.is_some_and(|r| r > rota_cib::constraint::Role::Stopped);
    if goes_on && world.rscs[rid].fail_counts.iter().any(|(n, c)| *n == nid && c.count > 0) {
        crate::history::failure::clear(world, rid, nid, "resource parameters have changed");
    }
}

/// Whether the configuration hides its secrets (`****`) and all else is as recorded.
///
/// Parameters of fence devices that are for the fencer (`pcmk_*`) are no part of that digest.
fn hidden_only(world: &mut World<'_>, rid: Rid, nid: Nid, op: &OperationRecord) -> bool {
    let (Some(recorded), Some(names)) = (&op.secure_digest, &op.secure_params) else {
        return false;
    };
    let secret: Vec<&str> = names.split_whitespace().collect();
    let params = world.op_params(rid, Some(nid), &op.operation, op.interval_ms);
    let hidden = params.iter().any(|(n, v)| secret.contains(&n.as_str()) && v == "****");
    let device = world.is_fencing(rid);
    let open: Vec<(Text, Text)> = params
        .iter()
        .filter(|(n, _)| !secret.contains(&n.as_str()) && !n.starts_with("CRM_meta_"))
        .filter(|(n, _)| !(device && n.starts_with("pcmk_")))
        .cloned()
        .collect();
    hidden && crate::digest::of(&open) == *recorded
}

/// Whether only parameters changed that the agent can take up without a restart.
fn reloadable(world: &mut World<'_>, rid: Rid, nid: Nid, op: &OperationRecord) -> bool {
    let (Some(recorded), Some(names)) = (&op.restart_digest, &op.force_restart) else {
        return false;
    };
    if op.operation == "monitor" && op.interval_ms == 0 && op.digest.is_none() {
        return false;
    }
    // Parameters that an operation has of its own reach the agent through that alone.
    let own = world.op_conf(rid, &op.operation, op.interval_ms).and_then(|o| o.source);
    if own.is_some_and(|source| !source.parameters.is_empty()) {
        return false;
    }
    let params = world.op_params(rid, Some(nid), &op.operation, op.interval_ms);
    let listed: Vec<&str> = names.split_whitespace().collect();
    let kept: Vec<(Text, Text)> = params
        .iter()
        .filter(|(n, _)| listed.contains(&n.as_str()) && !n.starts_with("CRM_meta_"))
        .cloned()
        .collect();
    crate::digest::of(&kept) == *recorded
}
