//! Which recorded operation a failure is.

use rota_cib::Text;
use rota_cib::status::OperationRecord;
use serde::Serialize;

use crate::model::{Nid, Rid, World};

/// An operation that did not end as it should.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The resource as its history names it.
    pub resource: Text,
    /// The node.
    pub node: Text,
    /// The operation, such as `monitor`.
    pub operation: Text,
    /// Its interval in milliseconds.
    pub interval_ms: u32,
    /// Exit code of the agent.
    pub rc: i32,
    /// Whether it took too long.
    pub timed_out: bool,
    /// Whether its end is not known.
    pub pending: bool,
    /// What the agent said.
    pub exit_reason: Option<Text>,
    /// Seconds since 1970.
    pub at: Option<i64>,
}

impl Failure {
    /// In words: `start on n1 ended with 1 (error) at … : port in use`.
    pub fn words(&self) -> String {
        let every = match self.interval_ms {
            0 => String::new(),
            ms => format!(" (every {})", super::words::span(i64::from(ms) / 1000)),
        };
        let end = if self.pending {
            "has not ended".to_owned()
        } else if self.timed_out {
            "took too long".to_owned()
        } else {
            format!("ended with {} ({})", self.rc, exit_word(self.rc))
        };
        let at = self
            .at
            .map_or_else(String::new, |at| format!(" at {}", crate::simulate::date_text(at)));
        let said = self.exit_reason.as_deref().filter(|r| !r.is_empty());
        let said = said.map_or_else(String::new, |reason| format!(": {reason}"));
        format!("{} of {}{every} on {} {end}{at}{said}", self.operation, self.resource, self.node)
    }
}

/// The meaning of an agent's exit code (OCF 1.1, "Exit codes").
fn exit_word(rc: i32) -> &'static str {
    match rc {
        0 => "running",
        1 => "error",
        2 => "invalid parameter",
        3 => "not implemented",
        4 => "insufficient privileges",
        5 => "not installed",
        6 => "not configured",
        7 => "not running",
        8 => "running promoted",
        9 => "failed while promoted",
        124 => "timeout",
        189 | 190 => "degraded",
        193 => "unknown",
        _ => "unexpected",
    }
}

/// The latest failure of a resource on a node that its history holds.
pub(super) fn find(world: &World<'_>, rid: Rid, nid: Nid) -> Option<Failure> {
    let histories = world.records.iter().filter(|(r, n, _)| *r == rid && *n == nid);
    let failed = histories
        .flat_map(|(_, _, h)| h.operations.iter().map(move |op| (h, op)))
        .filter(|(_, op)| is_failure(op));
    let (history, op) =
        failed.max_by_key(|(_, op)| (op.last_rc_change.unwrap_or(0), op.call_id))?;
    Some(Failure {
        resource: history.id.clone(),
        node: world.nodes[nid].name.clone(),
        operation: op.operation.clone(),
        interval_ms: op.interval_ms,
        rc: op.rc,
        timed_out: op.op_status == 2,
        pending: op.op_status == -1,
        exit_reason: op.exit_reason.clone(),
        at: op.last_rc_change.filter(|at| *at > 0),
    })
}

/// The same on any node, those where it is active first.
pub(super) fn anywhere(world: &World<'_>, rid: Rid) -> Option<Failure> {
    let here = world.rscs[rid].running_on.iter().copied();
    here.chain(0..world.nodes.len()).find_map(|nid| find(world, rid, nid))
}

fn is_failure(op: &OperationRecord) -> bool {
    op.has_failed() && !(op.op_status == rota_cib::status::DONE && op.rc == 193)
}
