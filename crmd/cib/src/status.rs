//! Status: what the cluster found out about nodes, operations and tickets.
//!
//! Absent fields are not serialised: there are hundreds of thousands of records. The format must
//! therefore carry names (MessagePack with names does).

use serde::{Deserialize, Serialize};

use crate::Text;
use crate::nvset::NvSet;

/// What the cluster found out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    /// One state per node that was ever seen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<NodeState>,
    /// Tickets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tickets: Vec<TicketState>,
}

/// What is known of one node.
///
/// The membership attributes are kept as Pacemaker writes them, as text: releases differ in
/// what they write (`true`/`false`, or times), and the policy engine interprets them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeState {
    /// Identity, as in the node's configuration.
    pub id: Text,
    /// Name.
    pub uname: Text,
    /// Whether the membership layer has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_ccm: Option<Text>,
    /// Whether its controller is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crmd: Option<Text>,
    /// How far it has joined: down, pending, member, nack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub join: Option<Text>,
    /// What it is expected to be: member or down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<Text>,
    /// Further attributes as written: remote_node, node_fenced, node_in_maintenance, ha, shutdown
    /// crm-debug-origin …
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other: Vec<(Text, Text)>,
    /// Attributes that last until the node leaves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<NvSet>,
    /// Utilization that lasts until the node leaves (`crm_attribute --utilization`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub utilization: Vec<NvSet>,
    /// The id of the transient attributes element; none if there is no such element.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes_id: Option<Text>,
    /// The id of the `lrm` element (empty if it has none); none if there is no such element.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history_id: Option<Text>,
    /// Further attributes of the `lrm` element as written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub history_other: Vec<(Text, Text)>,
    /// The id of the `lrm_resources` element, which old releases wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history_list_id: Option<Text>,
    /// Histories of resources on this node.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<ResourceHistory>,
    /// Where each resource stands in `history`.
    #[serde(skip)]
    pub positions: Positions,
}

impl NodeState {
    /// A copy that knows nothing of resources.
    #[must_use]
    pub fn without_history(&self) -> Self {
        Self {
            id: self.id.clone(),
            uname: self.uname.clone(),
            in_ccm: self.in_ccm.clone(),
            crmd: self.crmd.clone(),
            join: self.join.clone(),
            expected: self.expected.clone(),
            other: self.other.clone(),
            attributes: self.attributes.clone(),
            utilization: self.utilization.clone(),
            attributes_id: self.attributes_id.clone(),
            ..Self::default()
        }
    }
}

/// What was done with one resource on one node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResourceHistory {
    /// The resource or instance.
    pub id: Text,
    /// Agent's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<Text>,
    /// Class as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<Text>,
    /// Provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Text>,
    /// The container that it ran in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<Text>,
    /// Locked to the node since this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shutdown_lock: Option<i64>,
    /// Operations in written order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<OperationRecord>,
    /// Further attributes as written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other: Vec<(Text, Text)>,
}

/// One recorded operation (`lrm_rsc_op`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OperationRecord {
    /// Record id such as `vip_last_0`, `vip_monitor_10000`, `vip_last_failure_0`.
    pub id: Text,
    /// Key such as `vip_monitor_10000`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Text>,
    /// start, stop, monitor …
    pub operation: Text,
    /// Milliseconds between repetitions; 0 for once.
    pub interval_ms: u32,
    /// Number of the call on its node; -1 for one not yet made.
    pub call_id: i64,
    /// Exit code of the agent; 193 is "not yet known".
    pub rc: i32,
    /// Execution status: 0 done, -1 pending, 1 cancelled, 2 timed out, 4 error …
    pub op_status: i32,
    /// `action:transition:expected-rc:uuid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transition_key: Option<Text>,
    /// `op-status:rc;transition-key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transition_magic: Option<Text>,
    /// Node that the record speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_node: Option<Text>,
    /// What the agent said of a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_reason: Option<Text>,
    /// Seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_run: Option<i64>,
    /// Seconds since 1970 of the last change of the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_rc_change: Option<i64>,
    /// Milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec_time_ms: Option<i64>,
    /// Milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_time_ms: Option<i64>,
    /// Digest of all parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Text>,
    /// Digest of parameters that need a restart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_digest: Option<Text>,
    /// Names of parameters that need a restart (or, in old records, do not).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force_restart: Option<Text>,
    /// Digest of the parameters that are no secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secure_digest: Option<Text>,
    /// Names of secret parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secure_params: Option<Text>,
    /// Source of a migration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migrate_source: Option<Text>,
    /// Target of a migration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migrate_target: Option<Text>,
    /// Feature set of the writer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crm_feature_set: Option<Text>,
    /// Further attributes as written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other: Vec<(Text, Text)>,
}

/// What is known of a ticket.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TicketState {
    /// The ticket.
    pub id: Text,
    /// Whether this cluster has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granted: Option<bool>,
    /// Whether it is about to be given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standby: Option<bool>,
    /// Seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_granted: Option<Text>,
    /// Further attributes as written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other: Vec<(Text, Text)>,
}

/// Remembers where things stand in a list, as a hint that is checked at each use: the list is the
/// truth, and may be changed by anybody. Not part of the content: all are equal, copies start empty.
#[derive(Debug, Default)]
pub struct Positions(rustc_hash::FxHashMap<Text, usize>);

impl Clone for Positions {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Positions {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl NodeState {
    /// The history of a resource or instance, if there is one; costs the same however many there
    /// are, except after histories were removed.
    pub fn history_of(&mut self, resource: &str) -> Option<&mut ResourceHistory> {
        let at = self.position_of(resource)?;
        self.history.get_mut(at)
    }

    /// Where the history of a resource stands.
    pub(crate) fn position_of(&mut self, resource: &str) -> Option<usize> {
        let fits = |at: usize| self.history.get(at).is_some_and(|h| h.id == resource);
        match self.positions.0.get(resource) {
            Some(&at) if fits(at) => return Some(at),
            // Complete and without this resource: it has no history.
            None if self.positions.0.len() == self.history.len() => return None,
            Some(_) | None => {}
        }
        self.positions.0.clear();
        for (at, history) in self.history.iter().enumerate() {
            self.positions.0.entry(history.id.clone()).or_insert(at);
        }
        self.positions.0.get(resource).copied()
    }

    /// Adds a history at the end.
    pub(crate) fn push_history(&mut self, history: ResourceHistory) {
        self.positions.0.insert(history.id.clone(), self.history.len());
        self.history.push(history);
    }
}

/// An execution status ([`OperationRecord::op_status`]): the agent ended.
pub const DONE: i32 = 0;
/// The operation has not ended yet.
pub const PENDING: i32 = -1;
/// The repeated operation was cancelled.
pub const CANCELLED: i32 = 1;
/// The agent could not be executed, or nobody knows how it ended.
pub const ERROR: i32 = 4;

/// An exit code ([`OperationRecord::rc`]): it runs.
const RUNNING: i32 = 0;
/// It does not run.
const STOPPED: i32 = 7;
/// It runs and is promoted.
const PROMOTED: i32 = 8;

/// What an exit code says of the state of the resource: degraded (190) is running, degraded and
/// promoted (191) is promoted (OCF resource agent API 1.1, "Exit status codes"; Pacemaker counts
/// neither as a failure). Every other code says what it says.
pub const fn state_of_exit(rc: i32) -> i32 {
    match rc {
        190 => RUNNING,
        191 => PROMOTED,
        other => other,
    }
}

impl OperationRecord {
    /// The exit code that was expected, from the transition key; 0 if there is none.
    pub fn expected_rc(&self) -> i32 {
        let key = self.transition_key.as_deref().unwrap_or_default();
        key.split(':').nth(2).and_then(|rc| rc.parse().ok()).unwrap_or(0)
    }

    /// Whether it was a look whether something runs.
    pub fn is_probe(&self) -> bool {
        self.operation == "monitor" && self.interval_ms == 0
    }

    /// Whether the operation ended otherwise than expected. A probe that finds something has not
    /// failed, whatever was expected; what is degraded works ([`state_of_exit`]).
    pub fn has_failed(&self) -> bool {
        let state = state_of_exit(self.rc);
        match self.op_status {
            PENDING | CANCELLED => false,
            DONE if self.is_probe() => !matches!(state, RUNNING | STOPPED | PROMOTED),
            DONE => state != self.expected_rc(),
            // Older versions wrote so of agents that ran.
            ERROR if self.rc != state => state != self.expected_rc(),
            _ => true,
        }
    }

    /// Ids under which the outcome of an operation of `resource` is kept; each replaces what
    /// stood there before.
    ///
    /// The last operation that is not repeated has `R_last_0`, a repeated one the slot of its
    /// interval (`R_monitor_10000`), the last failure `R_last_failure_0`. A failed operation that is
    /// not repeated stands in both of its slots; a failed repeated one leaves the success before
    /// it in place. Migrations (`R_migrate_to_0`) and notifications have slots of their own.
    pub fn slots(&self, resource: &str) -> Vec<Text> {
        if self.operation == "notify" {
            return vec![self.key.clone().unwrap_or_else(|| format!("{resource}_notify_0").into())];
        }
        let last = match self.operation.as_str() {
            "migrate_to" | "migrate_from" => operation_key(resource, &self.operation, 0),
            _ => Text::from(format!("{resource}_last_0")),
        };
        let failure = || Text::from(format!("{resource}_last_failure_0"));
        match (self.has_failed(), self.interval_ms) {
            (true, 0) => vec![failure(), last],
            (true, _) => vec![failure()],
            (false, 0) => vec![last],
            (false, interval) => vec![operation_key(resource, &self.operation, interval)],
        }
    }
}

/// The key of an operation, such as `vip_monitor_10000`.
pub fn operation_key(resource: &str, operation: &str, interval_ms: u32) -> Text {
    format!("{resource}_{operation}_{interval_ms}").into()
}
