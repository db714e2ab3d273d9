//! Fail counts, and failures that count no more: expired, or of an older definition.

use rota_cib::Text;
use rota_cib::status::{OperationRecord, ResourceHistory};
use rustc_hash::FxHashMap;

use super::record::{status, target_rc};
use crate::model::{Chore, FailCount, Nid, OpConf, Rid, Rsc, World};
use crate::score::leading_number;
use crate::values::get;

/// Fail counts of one node.
pub(super) struct FailCounts {
    /// By the name that the failed resource had.
    by_name: FxHashMap<Text, FailCount>,
    /// By that name without the number of an instance, all instances together.
    by_base: FxHashMap<Text, FailCount>,
}

impl FailCounts {
    pub(super) fn of(attributes: &FxHashMap<Text, Text>) -> Self {
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
        let mut by_base: FxHashMap<Text, FailCount> = FxHashMap::default();
        for (name, count) in &by_name {
            let entry = by_base.entry(base(name).into()).or_default();
            entry.count = crate::score::sum(entry.count, count.count);
            entry.last_failure = entry.last_failure.max(count.last_failure);
        }
        Self { by_name, by_base }
    }

    /// The failures of a resource; instances that cannot be told apart failed all together,
    /// under whatever number it was.
    pub(super) fn about(&self, rsc: &Rsc, history: &Text) -> Option<FailCount> {
        if rsc.anonymous {
            return self.by_base.get(&rsc.conf_id).copied();
        }
        self.by_name.get(&rsc.id).or_else(|| self.by_name.get(history)).copied()
    }
}

/// A name without the number of an instance.
fn base(name: &str) -> &str {
    match name.rsplit_once(':') {
        Some((base, n)) if !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()) => base,
        _ => name,
    }
}

pub(super) fn resource_part(rest: &str) -> Text {
    rest.split('#').next().unwrap_or(rest).into()
}

/// Whether a record is a failure older than `failure-timeout`; a fail count whose last failure
/// is that old is cleared.
///
/// A probe that found out what state the resource is in is a fact rather than a failure, so
/// it never expires.
pub(super) fn failure_expired(
    world: &mut World<'_>,
    nid: Nid,
    rid: Rid,
    op: &OperationRecord,
    result: i32,
    rc: i32,
) -> bool {
    let timeout = world.rscs[rid].failure_timeout_s();
    let count = world.rscs[rid].fail_counts.iter().find(|(n, _)| *n == nid).map(|(_, c)| *c);
    let mut expired = false;
    if timeout > 0 {
        let changed = op.last_rc_change.unwrap_or(0);
        expired = changed.saturating_add(timeout) <= world.now;
        // A count outlasts the failures before its last one, and what it says of the node, too.
        let last = match count.filter(|c| c.count > 0) {
            Some(count) if count.last_failure > 0 => Some(count.last_failure.max(changed)),
            Some(_) => None,
            None => (result != status::DONE).then_some(changed),
        };
        if let Some(last) = last {
            world.values.wake_at(last.saturating_add(timeout));
        }
        if expired && let Some(count) = count.filter(|c| c.count > 0) {
            // A count of which it is not known when it last grew stands.
            if count.last_failure > 0
                && count.last_failure.max(changed).saturating_add(timeout) <= world.now
            {
                clear(world, rid, nid, "it expired");
            } else {
                expired = false;
            }
        }
    }
    let known_start = op.operation == "monitor" || op.operation == "start";
    if op.id.contains("_last_failure_")
        && known_start
        && op.digest.is_some()
        && definition_changed(world, nid, rid, op)
    {
        clear(world, rid, nid, "resource parameters have changed");
    }
    let fact = op.interval_ms == 0 && op.operation == "monitor" && matches!(rc, 0 | 7 | 8 | 9);
    // A lost connection counts until the remote node has been fenced.
    let waits = world.rscs[rid].reconnect_s > 0
        && op.operation == "monitor"
        && op.interval_ms > 0
        && world.rscs[rid].serves.is_some_and(|n| !world.nodes[n].remote_was_fenced);
    expired && result != status::DONE && !fact && !waits
}

/// The fail count is to be cleared, and counts no more.
pub(crate) fn clear(world: &mut World<'_>, rid: Rid, nid: Nid, why: &'static str) {
    let known = world.chores.iter().any(
        |c| matches!(c, Chore::ClearFailures { rid: r, nid: n, .. } if *r == rid && *n == nid),
    );
    for (_, count) in world.rscs[rid].fail_counts.iter_mut().filter(|(n, _)| *n == nid) {
        count.count = 0;
    }
    if !known {
        world.chores.push(Chore::ClearFailures { rid, nid, why });
    }
}

/// Whether an operation failed that is configured to block: until people have cleaned up,
/// no failure of the resource expires ("Failure Response" in Pacemaker Explained).
pub(super) fn stays(world: &World<'_>, rid: Rid, history: &ResourceHistory) -> bool {
    let Some(conf) = world.conf(rid) else { return false };
    let blocks = |op: &&OpConf<'_>| get(&op.options, "on-fail").is_some_and(|v| v == "block");
    conf.ops.iter().filter(blocks).any(|op| {
        history.operations.iter().any(|o| {
            o.operation == op.name
                && o.interval_ms == op.interval_ms
                && o.op_status != status::PENDING
                && target_rc(o).is_some_and(|wanted| wanted != o.rc)
        })
    })
}

/// Fail counts on nodes that have no history of the resource, and those of orphans.
pub(super) fn without_history(world: &mut World<'_>) {
    for nid in 0..world.nodes.len() {
        let counts = FailCounts::of(&world.nodes[nid].transient);
        let mut names: Vec<(Text, FailCount)> = counts.by_name.into_iter().collect();
        names.sort_by(|a, b| a.0.cmp(&b.0));
        for (name, count) in names {
            let Some(rid) = counted(world, nid, &name) else { continue };
            if !world.rscs[rid].fail_counts.iter().any(|(n, _)| *n == nid) {
                world.rscs[rid].fail_counts.push((nid, count));
            }
            if world.rscs[rid].orphan && world.rscs[rid].parent.is_none() {
                clear(world, rid, nid, "it is orphaned");
            }
        }
    }
}

/// The primitive that a fail count is about; for instances that cannot be told apart the one
/// that has the node's history already, else any.
fn counted(world: &World<'_>, nid: Nid, name: &Text) -> Option<Rid> {
    if let Some(&rid) = world.by_id.get(name)
        && world.rscs[rid].is_primitive()
        && !world.rscs[rid].anonymous
    {
        return Some(rid);
    }
    let base = base(name);
    let clone = *world.clone_of.get(base)?;
    let mut leaves = world.leaves(clone).into_iter().filter(|&l| world.rscs[l].conf_id == base);
    if world.rscs[clone].unique {
        return None;
    }
    let first = leaves.next()?;
    let has = |l: &Rid| world.rscs[*l].fail_counts.iter().any(|(n, _)| *n == nid);
    Some(if has(&first) { first } else { leaves.find(has).unwrap_or(first) })
}

/// Whether a recorded operation was run with other parameters than it would be now.
fn definition_changed(world: &mut World<'_>, nid: Nid, rid: Rid, op: &OperationRecord) -> bool {
    if world.rscs[rid].orphan {
        return false;
    }
    if op.interval_ms > 0 && world.op_conf(rid, &op.operation, op.interval_ms).is_none() {
        return false;
    }
    if world.in_bundle(rid) && world.rscs[rid].serves.is_some() && world.bundle_host(rid).is_none()
    {
        // What it is told depends on where its container is, which is not known yet.
        return false;
    }
    let now = world.digest(rid, Some(nid), &op.operation, op.interval_ms);
    op.digest.as_ref() != Some(&now)
}
