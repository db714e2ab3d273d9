//! Options of resources (meta attributes) and of their operations.

use super::Kind::{Choice, Duration, Integer, Score, Text, Truth};
use super::Known;

/// Meta attributes of resources of all kinds.
pub const META: &[Known] = &[
    Known::new("priority", Score, "0", "Who stays active if not all can"),
    Known::new(
        "target-role",
        Choice(&["Stopped", "Started", "Unpromoted", "Promoted", "Slave", "Master"]),
        "Started",
        "The role that the cluster tries to give it",
    )
    .also(&["target_role"]),
    Known::new("is-managed", Truth, "true", "Whether the cluster starts and stops it")
        .also(&["is_managed"]),
    Known::new("maintenance", Truth, "false", "Keep hands off it, monitors included"),
    Known::new(
        "resource-stickiness",
        Score,
        "0",
        "How much it likes to stay where it is (1 for clones)",
    )
    .also(&["resource_stickiness"]),
    Known::new(
        "requires",
        Choice(&["nothing", "quorum", "fencing", "unfencing"]),
        "",
        "What must be given before it starts; fencing, or quorum where nothing is fenced",
    ),
    Known::new(
        "migration-threshold",
        Score,
        "INFINITY",
        "Failures before it leaves a node; 0 for never",
    )
    .also(&["migration_threshold"]),
    Known::new("failure-timeout", Duration, "0", "When failures are forgotten; 0 for never")
        .also(&["failure_timeout"]),
    Known::new(
        "multiple-active",
        Choice(&["block", "stop_only", "stop_start", "stop_unexpected"]),
        "stop_start",
        "What to do when it is active on several nodes",
    )
    .also(&["multiple_active"]),
    Known::new(
        "critical",
        Truth,
        "true",
        "Whether its failures may move resources colocated with it",
    ),
    Known::new(
        "allow-migrate",
        Truth,
        "",
        "Whether it can move while it runs (remote connections: true)",
    )
    .also(&["allow_migrate"]),
    Known::new(
        "allow-unhealthy-nodes",
        Truth,
        "false",
        "Whether it may run on nodes of bad health",
    ),
    Known::new(
        "container-attribute-target",
        Text,
        "",
        "Whose node attributes an agent in a bundle sees",
    ),
    Known::new("provides", Text, "", "'unfencing', of a fence device that must switch nodes on"),
    Known::new("container", Text, "", "The resource that this one lives in (set by the cluster)"),
    Known::new("remote-node", Text, "", "The name of the node that this resource is"),
    Known::new("remote-addr", Text, "", "Where that node is reached; its name, if absent"),
    Known::new("remote-port", Integer, "3121", "Port of that node's executor"),
    Known::new(
        "remote-connect-timeout",
        Duration,
        "60s",
        "How long connecting to that node may take",
    ),
    Known::new("remote-allow-migrate", Truth, "true", "Whether that node can move while it runs"),
    Known::new("clone-max", Integer, "", "Instances; as many as there are nodes, if absent")
        .also(&["clone_max"]),
    Known::new("clone-node-max", Integer, "1", "Instances on one node").also(&["clone_node_max"]),
    Known::new("clone-min", Integer, "0", "Instances needed by those who depend on it"),
    Known::new("promoted-max", Integer, "1", "Promoted instances")
        .also(&["master-max", "master_max"]),
    Known::new("promoted-node-max", Integer, "1", "Promoted instances on one node")
        .also(&["master-node-max", "master_node_max"]),
    Known::new("promotable", Truth, "false", "Whether instances can be promoted"),
    Known::new("globally-unique", Truth, "", "Whether instances differ from each other")
        .also(&["globally_unique"]),
    Known::new("notify", Truth, "false", "Whether instances hear of each other's actions"),
    Known::new("ordered", Truth, "false", "Whether instances start one after the other"),
    Known::new(
        "interleave",
        Truth,
        "false",
        "Whether dependents wait for the instance on their node only",
    ),
];

/// Attributes of operations, as attributes of `op` or in its meta attributes and `op_defaults`.
pub const OPERATION: &[Known] = &[
    Known::new("timeout", Duration, "20s", "How long it may take"),
    Known::new(
        "on-fail",
        Choice(&[
            "ignore",
            "block",
            "demote",
            "stop",
            "restart",
            "standby",
            "fence",
            "restart-container",
        ]),
        "",
        "What a failure leads to; of a stop: fence, or block where nothing is fenced; else restart",
    ),
    Known::new("enabled", Truth, "true", "Whether it happens at all"),
    Known::new("record-pending", Truth, "true", "Whether it shows while it runs"),
    Known::new(
        "role",
        Choice(&["Stopped", "Started", "Unpromoted", "Promoted", "Slave", "Master"]),
        "",
        "Repeat it only in this role",
    ),
    Known::new("interval", Duration, "0", "How often to repeat it; 0 for once"),
    Known::new("start-delay", Duration, "0", "Wait this long before the first one"),
    Known::new("interval-origin", Text, "", "A date to which repetitions are aligned"),
    Known::new(
        "requires",
        Choice(&["nothing", "quorum", "fencing", "unfencing"]),
        "",
        "Old place of the resource's option of this name",
    ),
    Known::new("description", Text, "", "A sentence for people"),
    Known::new(
        "OCF_CHECK_LEVEL",
        Integer,
        "0",
        "How deep an agent looks (a parameter, often written here)",
    ),
];
