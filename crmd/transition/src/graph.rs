//! Graph, Action, Task: a plan with nothing left to choose.

use std::fmt;

use rota_ids::{NodeName, Text, leaf};
use serde::{Deserialize, Serialize};

/// An action within its graph: an index into [`Graph::actions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActionId(pub u32);

impl ActionId {
    /// The index into [`Graph::actions`].
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for ActionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A repetition interval in milliseconds; 0 for once.
pub type Interval = u32;

/// Names and values in the order of the names.
pub type Params = Vec<(Text, Text)>;

/// All that is to be done, and in which order.
///
/// The graph has no cycles. `actions[i].id` is `i`; inputs name actions of this graph only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Graph {
    /// The actions; the index of each is its id.
    pub actions: Vec<Action>,
    /// How many actions may be in flight at once; 0 for no limit (`batch-limit`).
    pub batch_limit: u32,
    /// How many migrations may be in flight on one node at once; none for no limit
    /// (`migration-limit`).
    pub migration_limit: Option<u32>,
    /// Milliseconds a cluster action may travel between nodes (`cluster-delay`), added to
    /// the timeout of each remote action.
    pub cluster_delay_ms: u32,
    /// Milliseconds a fence device may need (`stonith-timeout`).
    pub fencing_timeout_ms: u32,
    /// Whether a failed stop counts as fatal for its node (`stop-failure` fail-count).
    pub failed_stop_is_fatal: bool,
    /// Whether a failed start counts as fatal for its node (`start-failure-is-fatal`).
    pub failed_start_is_fatal: bool,
    /// Seconds since 1970 after which the plan should be made again even if nothing happens
    /// (a failure expires, a rule changes).
    pub recheck_at: Option<i64>,
}

impl Graph {
    /// The action of this id.
    pub fn action(&self, id: ActionId) -> Option<&Action> {
        self.actions.get(id.index())
    }

    /// For each action the actions that have it as an input, built in one pass.
    pub fn outputs(&self) -> Vec<Vec<ActionId>> {
        let mut outputs = vec![Vec::new(); self.actions.len()];
        for action in &self.actions {
            for input in &action.inputs {
                if let Some(list) = outputs.get_mut(input.index()) {
                    list.push(action.id);
                }
            }
        }
        outputs
    }

    /// The same limits and times, and nothing to do.
    pub fn clone_head(&self) -> Self {
        Self {
            actions: Vec::new(),
            batch_limit: self.batch_limit,
            migration_limit: self.migration_limit,
            cluster_delay_ms: self.cluster_delay_ms,
            fencing_timeout_ms: self.fencing_timeout_ms,
            failed_stop_is_fatal: self.failed_stop_is_fatal,
            failed_start_is_fatal: self.failed_start_is_fatal,
            recheck_at: self.recheck_at,
        }
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }
}

/// One action with all that the executor needs to carry it out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// Its index in the graph.
    pub id: ActionId,
    /// What is done.
    pub task: Task,
    /// The node it is about; absent for actions of the whole cluster.
    pub node: Option<NodeName>,
    /// The full member that carries it out, when that is not `node` itself (remote and guest
    /// nodes: the member that holds the connection).
    pub router: Option<NodeName>,
    /// Actions that must be complete before this one begins.
    pub inputs: Vec<ActionId>,
    /// Higher ones go first where there is a choice.
    pub priority: i32,
    /// Whether the graph goes on when this fails.
    pub can_fail: bool,
    /// Index of the note that says why, in the plan that made this graph.
    pub note: Option<u32>,
    /// The step of one resource that it is part of, when that has more parts than this one.
    #[serde(default)]
    pub unit: Option<InUnit>,
}

impl Action {
    /// The member that carries it out.
    pub fn performer(&self) -> Option<&NodeName> {
        self.router.as_ref().or(self.node.as_ref())
    }

    /// Whether it is a notification: what it answers is of no consequence.
    pub fn is_notification(&self) -> bool {
        matches!(&self.task, Task::Resource(op) if op.is_notification())
    }
}

/// A unit of work within its graph: what belongs to one step of one resource. For a clone that
/// wants notifications these are the notifications before, the actions of all its instances, and
/// the notifications afterwards; for a live migration its three actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnitId(pub u32);

/// The place of an action in its unit of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InUnit {
    /// Which unit.
    pub unit: UnitId,
    /// Which part of it.
    pub part: Part,
}

/// The parts of a unit of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// Leads to what is done: notifications before it.
    Before,
    /// What is done.
    Main,
    /// Follows from what was done: notifications of it.
    After,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Task {
    /// Nothing: a point that others wait for or wait to be passed. Complete at once.
    Pseudo {
        /// Its name, such as `web_running_0`, `all_stopped` or `load_stopped_n1`.
        key: Text,
    },
    /// An operation of a resource agent: start, stop, promote, demote, monitor (also as a
    /// probe), notify, migrate_to, migrate_from, reload-agent …
    Resource(Box<ResourceOp>),
    /// The node stops repeating a recurring operation.
    Cancel {
        /// The resource or instance, as in the history.
        resource: Text,
        /// The operation, such as `monitor`.
        operation: Text,
        /// Its interval.
        interval: Interval,
    },
    /// The target is made harmless. Complete when it is proven, and not earlier.
    Fence {
        /// The node.
        target: NodeName,
        /// How.
        action: FenceAction,
        /// Devices that have to be used for unfencing; empty when the topology decides.
        devices: Vec<Text>,
        /// Seconds to wait first (`priority-fencing-delay`).
        delay_s: u32,
    },
    /// The failures of an operation of a resource on `node` are forgotten.
    ClearFailures {
        /// The resource as its fail counts name it.
        resource: Text,
        /// The operation with its interval, or all of them.
        operation: Option<(Text, Interval)>,
    },
    /// `node` wanted to leave and may leave now.
    Shutdown,
    /// The history of the resource on `node` is deleted.
    DeleteHistory {
        /// The resource or instance as in the history.
        resource: Text,
        /// Class, provider and name of its agent.
        agent: (Text, Option<Text>, Text),
    },
    /// The node state of `node` (a remote or guest node) is told whether maintenance is on.
    Maintenance {
        /// On or off.
        on: bool,
    },
    /// The shutdown lock of a resource on `node` is lifted.
    LiftShutdownLock {
        /// The resource as in the history.
        resource: Text,
    },
}

/// How a node is made harmless, or usable again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FenceAction {
    /// Power off and on again.
    Reboot,
    /// Power off.
    Off,
    /// Allowed back: unfencing.
    On,
}

impl FenceAction {
    /// The word for fence agents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reboot => "reboot",
            Self::Off => "off",
            Self::On => "on",
        }
    }
}

/// An operation of a resource agent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ResourceOp {
    /// The name under which the node knows the resource: the configured id for an anonymous
    /// instance, `id:N` for a unique one (also the id of its history).
    pub resource: Text,
    /// The instance within the cluster (`id:N`), when that differs from `resource`.
    pub instance: Option<Text>,
    /// Class of the agent: ocf, systemd, lsb, service, stonith …
    pub class: Text,
    /// Provider of an OCF agent.
    pub provider: Option<Text>,
    /// The agent.
    pub agent: Text,
    /// The operation as the agent is to be called.
    pub operation: Text,
    /// The key under which the result is recorded; the same operation as above, save that a
    /// notification says which.
    pub key: OpKey,
    /// 0 for once.
    pub interval: Interval,
    /// Milliseconds until the agent is killed.
    pub timeout_ms: u32,
    /// Milliseconds to wait before a recurring operation runs first (`start-delay`,
    /// `interval-origin`).
    pub start_delay_ms: u64,
    /// The exit code that means success here (0; 7 for a probe of a stopped resource; 8 for a
    /// monitor of a promoted one).
    pub expected_rc: i32,
    /// Whether this only looks (a probe).
    pub is_probe: bool,
    /// Resolved parameters: OCF_RESKEY_* of the agent.
    pub params: Params,
    /// CRM_meta_* names with values for the agent's environment: name, timeout, interval,
    /// on_fail, clone, clone_max, notify_* …
    pub meta: Params,
    /// To be recorded with the result.
    pub digests: Digests,
    /// The other node of a migration.
    pub migrate_source: Option<NodeName>,
    /// The other node of a migration.
    pub migrate_target: Option<NodeName>,
}

impl ResourceOp {
    /// Whether it tells an instance of a clone what happens to the others.
    pub fn is_notification(&self) -> bool {
        self.operation == "notify"
    }

    /// Whether it only looks how the resource is.
    pub fn is_look(&self) -> bool {
        self.operation == "monitor"
    }

    /// The resource without the number of its instance: `pg` of `pg:1`.
    pub fn leaf(&self) -> &str {
        leaf(&self.key.resource)
    }
}

/// The parts of a key such as `vip_monitor_10000`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OpKey {
    /// The resource or instance.
    pub resource: Text,
    /// The operation; `pre_notify_start` and the like for notifications.
    pub operation: Text,
    /// The interval.
    pub interval: Interval,
}

impl fmt::Display for OpKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}_{}", self.resource, self.operation, self.interval)
    }
}

/// Digests of the parameters an operation was run with; recorded with its result, so that a
/// change of configuration is noticed.
///
/// MD5 of ` <parameters name="value" …/>` and a newline, names in order ("what changed" is an
/// equality test, not a matter of security).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digests {
    /// Of all parameters (`op-digest`).
    pub all: Text,
    /// Of the parameters whose change needs a restart (`op-restart-digest`); when the agent
    /// can reload.
    pub restart: Option<Text>,
    /// Names of the parameters that can be reloaded or need a restart, as the agent's meta-data
    /// says (`op-force-restart`), with blanks around each.
    pub force_restart: Option<Text>,
    /// Of the parameters that are no secrets (`op-secure-digest`).
    pub secure: Option<Text>,
    /// Names of secret parameters (`op-secure-params`), with blanks around each.
    pub secure_params: Option<Text>,
}
