//! Fail counts, and failures that count no more: expired, or of an older definition.

use rota_cib::Text;
use rota_cib::status::OperationRecord;
use rustc_hash::FxHashMap;

use super::on_fail::{OnFail, on_fail};
use super::record::status;
use crate::model::{Chore, FailCount, Nid, Rid, World};
use crate::score::leading_number;

/// Fail counts of one node, by resource name.
pub(super) struct FailCounts {
    pub(super) by_name: FxHashMap<Text, FailCount>,
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
        Self { by_name }
    }
}

pub(super) fn resource_part(rest: &str) -> Text {
    rest.split('#').next().unwrap_or(rest).into()
}

/// Whether a failure is older than failure-timeout, and what follows for the fail count.
pub(super) fn failure_expired(
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

pub(super) fn definition_changed(
    world: &mut World<'_>,
    nid: Nid,
    rid: Rid,
    op: &OperationRecord,
) -> bool {
    if world.rscs[rid].orphan {
        return false;
    }
    if op.interval_ms > 0 && world.op_conf(rid, &op.operation, op.interval_ms).is_none() {
        return false;
    }
    let now = world.digest(rid, Some(nid), &op.operation, op.interval_ms);
    op.digest.as_ref() != Some(&now)
}
