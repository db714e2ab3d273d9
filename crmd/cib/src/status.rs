//! Status: what the cluster found out about nodes, operations and tickets.

use serde::{Deserialize, Serialize};

use crate::Text;
use crate::nvset::NvSet;

/// What the cluster found out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// One state per node that was ever seen.
    pub nodes: Vec<NodeState>,
    /// Tickets.
    pub tickets: Vec<TicketState>,
}

/// What is known of one node.
///
/// The membership attributes are kept as Pacemaker writes them, as text: releases differ in
/// what they write (`true`/`false`, or times), and the policy engine interprets them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeState {
    /// Identity, as in the node's configuration.
    pub id: Text,
    /// Name.
    pub uname: Text,
    /// Whether the membership layer has it.
    pub in_ccm: Option<Text>,
    /// Whether its controller is there.
    pub crmd: Option<Text>,
    /// How far it has joined: down, pending, member, nack.
    pub join: Option<Text>,
    /// What it is expected to be: member or down.
    pub expected: Option<Text>,
    /// Further attributes as written: remote_node, node_fenced, node_in_maintenance, ha, shutdown
    /// crm-debug-origin …
    pub other: Vec<(Text, Text)>,
    /// Attributes that last until the node leaves.
    pub attributes: Vec<NvSet>,
    /// Utilization that lasts until the node leaves (`crm_attribute --utilization`).
    pub utilization: Vec<NvSet>,
    /// The id of the transient attributes element; none if there is no such element.
    pub attributes_id: Option<Text>,
    /// The id of the `lrm` element (empty if it has none); none if there is no such element.
    pub history_id: Option<Text>,
    /// Further attributes of the `lrm` element as written.
    pub history_other: Vec<(Text, Text)>,
    /// The id of the `lrm_resources` element, which old releases wrote.
    pub history_list_id: Option<Text>,
    /// Histories of resources on this node.
    pub history: Vec<ResourceHistory>,
}

/// What was done with one resource on one node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ResourceHistory {
    /// The resource or instance.
    pub id: Text,
    /// Agent's name.
    pub agent: Option<Text>,
    /// Class as written.
    pub class: Option<Text>,
    /// Provider.
    pub provider: Option<Text>,
    /// The container that it ran in.
    pub container: Option<Text>,
    /// Locked to the node since this time.
    pub shutdown_lock: Option<i64>,
    /// Operations in written order.
    pub operations: Vec<OperationRecord>,
    /// Further attributes as written.
    pub other: Vec<(Text, Text)>,
}

/// One recorded operation (`lrm_rsc_op`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OperationRecord {
    /// Record id such as `vip_last_0`, `vip_monitor_10000`, `vip_last_failure_0`.
    pub id: Text,
    /// Key such as `vip_monitor_10000`.
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
    pub transition_key: Option<Text>,
    /// `op-status:rc;transition-key`.
    pub transition_magic: Option<Text>,
    /// Node that the record speaks of.
    pub on_node: Option<Text>,
    /// What the agent said of a failure.
    pub exit_reason: Option<Text>,
    /// Seconds since 1970.
    pub last_run: Option<i64>,
    /// Seconds since 1970 of the last change of the result.
    pub last_rc_change: Option<i64>,
    /// Milliseconds.
    pub exec_time_ms: Option<i64>,
    /// Milliseconds.
    pub queue_time_ms: Option<i64>,
    /// Digest of all parameters.
    pub digest: Option<Text>,
    /// Digest of parameters that need a restart.
    pub restart_digest: Option<Text>,
    /// Names of parameters that need a restart (or, in old records, do not).
    pub force_restart: Option<Text>,
    /// Digest of the parameters that are no secrets.
    pub secure_digest: Option<Text>,
    /// Names of secret parameters.
    pub secure_params: Option<Text>,
    /// Source of a migration.
    pub migrate_source: Option<Text>,
    /// Target of a migration.
    pub migrate_target: Option<Text>,
    /// Feature set of the writer.
    pub crm_feature_set: Option<Text>,
    /// Further attributes as written.
    pub other: Vec<(Text, Text)>,
}

/// What is known of a ticket.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TicketState {
    /// The ticket.
    pub id: Text,
    /// Whether this cluster has it.
    pub granted: Option<bool>,
    /// Whether it is about to be given up.
    pub standby: Option<bool>,
    /// Seconds since 1970.
    pub last_granted: Option<Text>,
    /// Further attributes as written.
    pub other: Vec<(Text, Text)>,
}
