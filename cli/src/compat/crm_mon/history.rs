//! What was done and what failed, as `crm_mon` lists it.

use rota_cib::failures::parse_name;
use rota_cib::status::{NodeState, OperationRecord, ResourceHistory};
use rota_cib::value::parse_score;
use rota_cib::{Cib, Score, Text};

use super::super::view::without_number;

/// A resource's failures on a node, as its node's attributes count them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Count {
    /// How many.
    pub number: Option<Score>,
    /// The time of the last one, in seconds since 1970.
    pub last: Option<i64>,
}

/// The failures of a resource on a node.
pub fn count(state: &NodeState, resource: &str) -> Count {
    let mut count = Count::default();
    for pair in state.attributes.iter().flat_map(|set| &set.pairs) {
        let Some(name) = pair.name.as_deref().and_then(parse_name) else { continue };
        if name.resource != resource && name.resource != without_number(resource) {
            continue;
        }
        let value = pair.value.as_deref().unwrap_or_default();
        if name.is_time {
            count.last = count.last.max(value.parse().ok());
        } else if let Some(number) = parse_score(value).filter(|n| *n != Score::ZERO) {
            count.number = Some(count.number.unwrap_or(Score::ZERO) + number);
        }
    }
    count
}

/// The operations worth showing: a probe that found nothing is none.
pub fn operations(history: &ResourceHistory) -> Vec<&OperationRecord> {
    let mut shown: Vec<&OperationRecord> = history
        .operations
        .iter()
        .filter(|op| op.op_status != rota_cib::status::PENDING && op.operation != "notify")
        .filter(|op| !(op.operation == "monitor" && op.interval_ms == 0 && is_quiet_probe(op)))
        .collect();
    shown.sort_by_key(|op| op.call_id);
    shown
}

fn is_quiet_probe(op: &OperationRecord) -> bool {
    // 7: not running, 5: not installed, 0: found running.
    matches!(op.rc, 7 | 5) || op.rc == op.expected_rc()
}

/// A failed operation that is still remembered.
pub struct Failed<'c> {
    /// The node's name.
    pub node: &'c Text,
    /// The resource.
    pub resource: &'c Text,
    /// What failed.
    pub op: &'c OperationRecord,
}

/// All failed operations, in the order of the status.
pub fn failed(cib: &Cib) -> Vec<Failed<'_>> {
    let mut found = Vec::new();
    for state in &cib.status.nodes {
        for history in &state.history {
            let is_failure =
                |op: &&OperationRecord| op.id.ends_with("_last_failure_0") && op.has_failed();
            let ops = history.operations.iter().filter(is_failure);
            found.extend(ops.map(|op| Failed { node: &state.uname, resource: &history.id, op }));
        }
    }
    found
}

/// The words for an agent's exit code.
pub fn rc_text(rc: i32) -> &'static str {
    match rc {
        0 => "ok",
        1 => "error",
        2 => "invalid parameter",
        3 => "unimplemented feature",
        4 => "insufficient privileges",
        5 => "not installed",
        6 => "not configured",
        7 => "not running",
        8 => "promoted",
        9 => "promoted (failed)",
        190 => "degraded",
        191 => "promoted (degraded)",
        193 => "unknown",
        _ => "error",
    }
}

/// The words for an execution status.
pub fn status_text(status: i32) -> &'static str {
    match status {
        -1 => "pending",
        0 => "complete",
        1 => "Cancelled",
        2 => "Timed Out",
        3 => "NOT SUPPORTED",
        4 => "Error",
        5 => "Hard error",
        6 => "Fatal error",
        7 => "Not installed",
        8 => "Not connected",
        9 => "Invalid",
        _ => "UNKNOWN!",
    }
}
