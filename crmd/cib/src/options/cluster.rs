//! Options of the cluster (`crm_config`).

use super::Kind::{Choice, Duration, Integer, Percentage, Score, Text, Truth};
use super::Known;

/// Options of the cluster.
pub const CLUSTER: &[Known] = &[
    Known::new(
        "no-quorum-policy",
        Choice(&["stop", "freeze", "ignore", "demote", "fence", "suicide"]),
        "stop",
        "What a partition does with its resources when it has no quorum",
    ),
    Known::new(
        "symmetric-cluster",
        Truth,
        "true",
        "Whether resources may run anywhere unless told otherwise",
    ),
    Known::new("maintenance-mode", Truth, "false", "Keep hands off all resources"),
    Known::new(
        "start-failure-is-fatal",
        Truth,
        "true",
        "Whether one failed start bans a resource from the node",
    ),
    Known::new("enable-startup-probes", Truth, "true", "Look what runs on a node that joins"),
    Known::new(
        "shutdown-lock",
        Truth,
        "false",
        "Keep resources for a node that was shut down cleanly",
    ),
    Known::new("shutdown-lock-limit", Duration, "0", "How long a shutdown lock lasts; 0 for ever"),
    Known::new(
        "stonith-enabled",
        Truth,
        "true",
        "Whether nodes are fenced; without it split brain is possible",
    )
    .also(&["fencing-enabled", "stonith_enabled"]),
    Known::new(
        "stonith-action",
        Choice(&["reboot", "off", "poweroff"]),
        "reboot",
        "What fencing does to a node",
    )
    .also(&["fencing-action", "stonith_action"]),
    Known::new(
        "stonith-timeout",
        Duration,
        "60s",
        "How long a fence action may take, if its device does not say",
    )
    .also(&["fencing-timeout"]),
    Known::new("stonith-max-attempts", Integer, "10", "Failed fence attempts before a pause")
        .also(&["fencing-max-attempts"]),
    Known::new(
        "stonith-watchdog-timeout",
        Duration,
        "0",
        "How long until a lost node's watchdog has surely acted; 0 never counts on it",
    )
    .also(&["fencing-watchdog-timeout"]),
    Known::new(
        "have-watchdog",
        Truth,
        "false",
        "Whether there is a watchdog (found out, not configured)",
    ),
    Known::new("concurrent-fencing", Truth, "true", "Whether several nodes are fenced at once"),
    Known::new(
        "fence-reaction",
        Choice(&["stop", "panic"]),
        "stop",
        "What a node does that hears of its own fencing",
    )
    .also(&["fencing-reaction"]),
    Known::new("startup-fencing", Truth, "true", "Whether nodes never seen are fenced"),
    Known::new(
        "priority-fencing-delay",
        Duration,
        "0",
        "Delay in favour of the node with the more important resources",
    ),
    Known::new(
        "node-pending-timeout",
        Duration,
        "0",
        "How long a node may take to join before it is fenced; 0 for ever",
    ),
    Known::new(
        "cluster-delay",
        Duration,
        "60s",
        "Allowance for the network on top of an action's own timeout",
    ),
    Known::new(
        "batch-limit",
        Integer,
        "0",
        "Actions at once in the whole cluster; 0 as many as the load allows",
    ),
    Known::new(
        "migration-limit",
        Integer,
        "-1",
        "Live migrations at once per node; -1 without limit",
    ),
    Known::new(
        "node-action-limit",
        Integer,
        "0",
        "Actions at once per node; 0 for twice its cores",
    ),
    Known::new("load-threshold", Percentage, "80%", "Load above which fewer actions are started"),
    Known::new("stop-all-resources", Truth, "false", "Stop everything"),
    Known::new(
        "stop-orphan-resources",
        Truth,
        "true",
        "Stop resources that were removed from the configuration",
    )
    .also(&["stop-removed-resources"]),
    Known::new(
        "stop-orphan-actions",
        Truth,
        "true",
        "Cancel repeated operations that were removed from the configuration",
    )
    .also(&["cancel-removed-actions"]),
    Known::new("remove-after-stop", Truth, "false", "Forget resources once they are stopped"),
    Known::new("pe-error-series-max", Integer, "-1", "Inputs with errors to keep; -1 all"),
    Known::new("pe-warn-series-max", Integer, "5000", "Inputs with warnings to keep; -1 all"),
    Known::new("pe-input-series-max", Integer, "4000", "Other inputs to keep; -1 all"),
    Known::new(
        "node-health-strategy",
        Choice(&["none", "migrate-on-red", "only-green", "progressive", "custom"]),
        "none",
        "What bad health of a node does to its resources",
    ),
    Known::new(
        "node-health-base",
        Score,
        "0",
        "Score of a node before its health counts (progressive)",
    ),
    Known::new("node-health-green", Score, "0", "Score of good health"),
    Known::new("node-health-yellow", Score, "0", "Score of doubtful health"),
    Known::new("node-health-red", Score, "-INFINITY", "Score of bad health"),
    Known::new(
        "placement-strategy",
        Choice(&["default", "utilization", "minimal", "balanced"]),
        "default",
        "How what resources need is weighed against what nodes have",
    ),
    Known::new("enable-acl", Truth, "false", "Whether access rules are enforced"),
    Known::new("cluster-name", Text, "", "A name for people and for rules"),
    Known::new(
        "cluster-recheck-interval",
        Duration,
        "15min",
        "Longest time between two looks at rules with dates",
    ),
    Known::new(
        "cluster-infrastructure",
        Text,
        "corosync",
        "What the nodes talk over (found out, not configured)",
    ),
    Known::new(
        "dc-version",
        Text,
        "none",
        "Version of the deciding node (found out, not configured)",
    ),
    Known::new("dc-deadtime", Duration, "20s", "How long to wait for others when a cluster starts"),
    Known::new(
        "election-timeout",
        Duration,
        "2min",
        "Accepted; elections take as long as the log's protocol says",
    ),
    Known::new("shutdown-escalation", Duration, "20min", "How long a clean shutdown may take"),
    Known::new(
        "join-integration-timeout",
        Duration,
        "3min",
        "Accepted; joining is a change of the log",
    )
    .also(&["crmd-integration-timeout"]),
    Known::new(
        "join-finalization-timeout",
        Duration,
        "30min",
        "Accepted; joining is a change of the log",
    )
    .also(&["crmd-finalization-timeout"]),
    Known::new(
        "transition-delay",
        Duration,
        "0s",
        "Pause before a reaction, to wait for more events",
    )
    .also(&["crmd-transition-delay"]),
    Known::new(
        "last-lrm-refresh",
        Text,
        "",
        "When operation results were last asked for (written by tools)",
    ),
];
