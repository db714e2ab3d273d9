//! Cluster properties, read once.

use std::time::Duration;

use rota_cib::Cib;
use rota_cib::zone::Zone;
use rota_ids::WallTime;

use crate::score;
use crate::values::{Context, Pairs, Values, boolean, get, limit_millis, millis};

/// What to do without quorum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoQuorum {
    /// Carry on.
    Ignore,
    /// Keep what runs, start nothing.
    Freeze,
    /// Stop everything.
    Stop,
    /// Demote what is promoted, stop the rest only where it must.
    Demote,
    /// Fence all nodes of this partition.
    Fence,
}

/// How capacity counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placement {
    /// Not at all.
    Default,
    /// As a limit.
    Utilization,
    /// As a limit, and as few nodes as possible.
    Minimal,
    /// As a limit, and evenly.
    Balanced,
}

/// What node health means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// Nothing.
    None,
    /// Red nodes run nothing.
    MigrateOnRed,
    /// Only green nodes run something.
    OnlyGreen,
    /// The colours have scores.
    Progressive,
    /// The colours have scores, and constraints do the rest.
    Custom,
}

/// Cluster properties with their defaults.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub no_quorum: NoQuorum,
    pub fencing: bool,
    pub fencing_action_off: bool,
    pub fencing_timeout_ms: u32,
    pub startup_fencing: bool,
    pub symmetric: bool,
    pub maintenance: bool,
    pub startup_probes: bool,
    pub stop_orphans: bool,
    pub stop_orphan_actions: bool,
    pub remove_after_stop: bool,
    pub start_failure_fatal: bool,
    pub stop_all: bool,
    pub placement: Placement,
    pub health: Health,
    pub health_base: i32,
    pub health_green: i32,
    pub health_yellow: i32,
    pub health_red: i32,
    pub shutdown_lock: bool,
    pub shutdown_lock_limit_ms: u64,
    pub batch_limit: u32,
    pub migration_limit: Option<u32>,
    pub cluster_delay_ms: u32,
    pub default_stickiness: Option<i32>,
    pub managed_default: bool,
    pub node_pending_timeout_s: i64,
    pub fence_remote_without_quorum: bool,
    /// Whether several nodes may be fenced at once.
    pub concurrent_fencing: bool,
    /// Seconds by which fencing of the more important side waits.
    pub priority_fencing_delay_s: u32,
    /// Some device lets nodes in (`provides=unfencing`): by default everything waits for that.
    pub unfencing: bool,
}

impl Options {
    /// Reads the properties of a Cib.
    pub fn read<'a>(cib: &'a Cib, values: &Values<'a>) -> Self {
        let mut pairs = Pairs::new();
        let sets: Vec<_> = cib.config.properties.iter().collect();
        values.collect(&sets, Some("cib-bootstrap-options"), &Context::default(), &mut pairs);
        let one = |names: &[&str]| names.iter().find_map(|name| get(&pairs, name));
        let flag =
            |names: &[&str], default: bool| one(names).and_then(|v| boolean(v)).unwrap_or(default);
        let time =
            |names: &[&str], default: u64| one(names).and_then(|v| millis(v)).unwrap_or(default);
        let points = |name: &str, default: i32| {
            one(&[name]).and_then(|v| score::parse(v)).unwrap_or(default)
        };
        let fencing = flag(&["fencing-enabled", "stonith-enabled"], true);
        let word = |names: &[&str]| one(names).map_or("", |v| v.as_str());
        Self {
            no_quorum: match word(&["no-quorum-policy"]) {
                "ignore" => NoQuorum::Ignore,
                "freeze" => NoQuorum::Freeze,
                "demote" => NoQuorum::Demote,
                "suicide" | "fence" if fencing => NoQuorum::Fence,
                _ => NoQuorum::Stop,
            },
            fencing,
            fencing_action_off: matches!(
                word(&["fencing-action", "stonith-action"]),
                "off" | "poweroff"
            ),
            fencing_timeout_ms: one(&["fencing-timeout", "stonith-timeout"])
                .and_then(|v| limit_millis(v))
                .map_or(60_000, |ms| u32::try_from(ms).unwrap_or(u32::MAX)),
            startup_fencing: flag(&["startup-fencing"], true),
            symmetric: flag(&["symmetric-cluster"], true),
            maintenance: flag(&["maintenance-mode"], false),
            startup_probes: flag(&["enable-startup-probes"], true),
            stop_orphans: flag(&["stop-removed-resources", "stop-orphan-resources"], true),
            stop_orphan_actions: flag(&["cancel-removed-actions", "stop-orphan-actions"], true),
            remove_after_stop: flag(&["remove-after-stop"], false),
            start_failure_fatal: flag(&["start-failure-is-fatal"], true),
            stop_all: flag(&["stop-all-resources"], false),
            placement: match word(&["placement-strategy"]) {
                "utilization" => Placement::Utilization,
                "minimal" => Placement::Minimal,
                "balanced" => Placement::Balanced,
                _ => Placement::Default,
            },
            health: match word(&["node-health-strategy"]) {
                "migrate-on-red" => Health::MigrateOnRed,
                "only-green" => Health::OnlyGreen,
                "progressive" => Health::Progressive,
                "custom" => Health::Custom,
                _ => Health::None,
            },
            health_base: points("node-health-base", 0),
            health_green: points("node-health-green", 0),
            health_yellow: points("node-health-yellow", 0),
            health_red: points("node-health-red", -score::INF),
            shutdown_lock: flag(&["shutdown-lock"], false),
            shutdown_lock_limit_ms: time(&["shutdown-lock-limit"], 0),
            batch_limit: one(&["batch-limit"])
                .and_then(|v| score::leading_number(v))
                .map_or(0, |n| n.max(0) as u32),
            migration_limit: one(&["migration-limit"])
                .and_then(|v| score::leading_number(v))
                .and_then(|n| u32::try_from(n).ok()),
            cluster_delay_ms: time(&["cluster-delay"], 60_000) as u32,
            default_stickiness: one(&["default-resource-stickiness"]).and_then(|v| score::parse(v)),
            managed_default: flag(&["is-managed-default"], true),
            node_pending_timeout_s: (time(&["node-pending-timeout"], 0) / 1000) as i64,
            fence_remote_without_quorum: flag(&["fence-remote-without-quorum"], false),
            concurrent_fencing: flag(&["concurrent-fencing"], true),
            priority_fencing_delay_s: (time(&["priority-fencing-delay"], 0) / 1000) as u32,
            unfencing: provides_unfencing(cib),
        }
    }
}

/// How long a plan holds at most although nothing happens: `cluster-recheck-interval`, 15 minutes
/// by default. None if it is 0: then only what happens or expires makes a new plan. `zone` is where
/// dates in rules are meant.
pub fn recheck_interval(cib: &Cib, now: WallTime, zone: &Zone) -> Option<Duration> {
    const DEFAULT: Duration = Duration::from_secs(15 * 60);
    let values = Values::new(cib, now.0, zone);
    let mut pairs = Pairs::new();
    let sets: Vec<_> = cib.config.properties.iter().collect();
    values.collect(&sets, Some("cib-bootstrap-options"), &Context::default(), &mut pairs);
    let written = get(&pairs, "cluster-recheck-interval");
    let interval = written.and_then(|v| rota_cib::value::parse_duration(v)).unwrap_or(DEFAULT);
    (!interval.is_zero()).then_some(interval)
}

/// Whether a configured fence device provides unfencing.
fn provides_unfencing(cib: &Cib) -> bool {
    use rota_cib::resource::{AgentClass, CloneChild, Primitive, Resource};
    let provides = |p: &Primitive| {
        p.class == Some(AgentClass::Stonith)
            && p.meta.iter().any(|set| set.get("provides").is_some_and(|v| v == "unfencing"))
    };
    cib.config.resources.iter().any(|resource| match resource {
        Resource::Primitive(p) => provides(p),
        Resource::Group(g) => g.members.iter().any(provides),
        Resource::Clone(c) => match &c.child {
            CloneChild::Primitive(p) => provides(p),
            CloneChild::Group(g) => g.members.iter().any(provides),
        },
        Resource::Bundle(_) => false,
    })
}
