//! The working set: nodes and resources as dense tables, everything by index.

use std::sync::Arc;

use rota_cib::constraint::Role;
use rota_cib::nvset::NvSet;
use rota_cib::resource::Operation;
use rota_cib::{Cib, Text};
use rustc_hash::FxHashMap;

use crate::constraints::Constraints;
use crate::options::Options;
use crate::score::INF;
use crate::values::{Pairs, Values, boolean, get};

/// Index of a node.
pub(crate) type Nid = usize;
/// Index of a resource (of any kind, each instance of its own).
pub(crate) type Rid = usize;

/// Everything that the stages after unpacking work on.
pub(crate) struct World<'a> {
    pub cib: &'a Cib,
    pub now: i64,
    pub values: Values<'a>,
    pub opts: Options,
    pub quorum: bool,
    /// Whether nobody can be fenced: see [`crate::Options::alone`].
    pub alone: bool,
    /// See [`crate::Options::spared`].
    pub spared: std::collections::BTreeSet<Text>,
    /// Whether a fence device is configured at all.
    pub have_fencing_device: bool,
    /// Whether some resource needs unfencing.
    pub have_unfencing: bool,
    pub nodes: Vec<Node>,
    pub node_by_name: FxHashMap<Text, Nid>,
    pub node_by_id: FxHashMap<Text, Nid>,
    pub dc: Option<Nid>,
    pub prims: Vec<PrimConf<'a>>,
    pub rscs: Vec<Rsc>,
    /// Resources without parent, in configured order, orphans last.
    pub top: Vec<Rid>,
    pub by_id: FxHashMap<Text, Rid>,
    /// For names of cloned primitives without instance number: the clone.
    pub clone_of: FxHashMap<Text, Rid>,
    /// Template id to the resources made from it; tags likewise.
    pub templates: FxHashMap<Text, Vec<Text>>,
    pub tags: FxHashMap<Text, Vec<Text>>,
    pub tickets: FxHashMap<Text, TicketInfo>,
    pub constraints: Constraints,
    /// Lines for people that came up on the way (warnings of the configuration).
    pub warnings: Vec<String>,
    /// Pieces of status that ask for an action: cleared fail counts, deletions.
    pub chores: Vec<Chore>,
    /// By resource: names of parameters recorded as needing a restart, and as secret.
    pub recorded_names: FxHashMap<Rid, (Option<Text>, Option<Text>)>,
    /// Nodes to be let in again, because the device that did so has changed since.
    pub unfence: Vec<(Nid, &'static str)>,
    /// Records of failures that count no more: what they watch for is begun anew.
    pub lapsed: rustc_hash::FxHashSet<(Rid, Nid, Text)>,
    /// Histories as found, with the instance that each was given to.
    pub records: Vec<(Rid, Nid, &'a rota_cib::status::ResourceHistory)>,
    /// Recurring operations that run and are as configured.
    pub active_ops: FxHashMap<(Rid, Nid), Vec<(Text, u32)>>,
    /// Recurring operations that are in the history, as configured or not.
    pub watched_ops: FxHashMap<(Rid, Nid), Vec<(Text, u32)>>,
    /// The instances of each clone as they chose: those to be promoted, then the others.
    pub ranked: FxHashMap<Rid, Vec<Rid>>,
    /// For members of anonymous clones: nodes whose state is known.
    pub known_by_name: FxHashMap<(Rid, Text), Vec<Nid>>,
    /// Instances that must not be promoted (tickets).
    pub no_promotion: rustc_hash::FxHashSet<Rid>,
    /// Pairs that are together by nature: address and container.
    pub implied: Vec<(Rid, Rid)>,
    /// What made each score, if anybody wants to know.
    pub ledger: Option<crate::explain::Ledger>,
}

/// A ticket and its state.
#[derive(Clone, Debug, Default)]
pub(crate) struct TicketInfo {
    pub granted: bool,
    pub standby: bool,
}

/// Something the history asks for beside starting and stopping.
#[derive(Clone, Debug)]
pub(crate) enum Chore {
    /// The fail count has expired or its cause has changed.
    ClearFailures { rid: Rid, nid: Nid, why: &'static str },
    /// A history that nobody needs.
    DeleteHistory { rid: Rid, nid: Nid },
    /// A lock on a node whose time is over.
    LiftLock { rid: Rid, nid: Nid },
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NodeSort {
    /// A full member.
    Member,
    /// Runs resources through a connection that is a resource itself.
    Remote,
    /// The same, inside a resource (virtual machine, container).
    Guest,
    /// Votes only.
    Ping,
}

/// A node.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub id: Text,
    pub name: Text,
    pub sort: NodeSort,
    pub online: bool,
    pub pending: bool,
    pub unclean: bool,
    /// Why it is to be fenced; the first reason counts.
    pub fence_reason: Option<String>,
    /// Fenced although nothing is known of it (start-up fencing).
    pub unseen: bool,
    pub standby: bool,
    pub standby_by_failure: bool,
    pub maintenance: bool,
    pub shutdown: bool,
    pub shutdown_at: Option<i64>,
    pub expected_up: bool,
    pub has_state: bool,
    pub attributes: FxHashMap<Text, Text>,
    /// Same, of the status only (transient).
    pub transient: FxHashMap<Text, Text>,
    pub capacity: Vec<(Text, i64)>,
    /// Added to every score on this node.
    pub base_score: i32,
    pub health: i32,
    /// Whether probes are wanted here.
    pub discovery: bool,
    /// The connection of a remote or guest node.
    pub connection: Option<Rid>,
    /// The resource that a guest lives in.
    pub container: Option<Rid>,
    /// Down, but its connection will be started.
    pub coming: bool,
    /// Made by a bundle and named in no list of nodes.
    pub from_bundle: bool,
    pub remote_reset: bool,
    pub remote_was_fenced: bool,
    /// How many instances are assigned to it or run on it (ties go to the emptier node).
    pub load: u32,
    /// Resources active here according to history.
    pub running: Vec<Rid>,
}

impl Node {
    pub fn is_remote(&self) -> bool {
        matches!(self.sort, NodeSort::Remote | NodeSort::Guest)
    }

    /// Whether resources may be placed here at all.
    pub fn can_run(&self) -> bool {
        self.online
            && !self.shutdown
            && !self.unclean
            && !self.standby
            && !self.maintenance
            && !self.pending
    }
}

/// Where probes of a resource go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Discover {
    #[default]
    Always,
    Never,
    Exclusive,
}

/// A node as candidate for a resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cand {
    pub score: i32,
    pub present: bool,
    pub discover: Discover,
}

impl Cand {
    /// Not a candidate.
    pub const ABSENT: Self = Self { score: 0, present: false, discover: Discover::Always };
    /// A candidate without preference.
    pub const OPEN: Self = Self { score: 0, present: true, discover: Discover::Always };

    /// The score; minus infinity when it is no candidate.
    pub fn effective(self) -> i32 {
        if self.present { self.score } else { -INF }
    }
}

/// Options of a clone.
#[derive(Clone, Debug)]
pub(crate) struct CloneConf {
    pub max: usize,
    pub node_max: usize,
    pub promoted_max: usize,
    pub promoted_node_max: usize,
    pub promotable: bool,
    pub unique: bool,
    pub ordered: bool,
    pub interleave: bool,
    pub min: usize,
}

/// A replica of a bundle.
#[derive(Clone, Debug)]
pub(crate) struct Replica {
    pub container: Rid,
    pub ip: Option<Rid>,
    pub remote: Option<Rid>,
    pub child: Option<Rid>,
    pub node: Option<Nid>,
    pub ipaddr: Option<Text>,
}

/// Options of a bundle.
#[derive(Clone, Debug)]
pub(crate) struct BundleConf {
    pub replicas: Vec<Replica>,
    pub per_host: usize,
    pub max: usize,
    pub promoted_max: usize,
    pub clone: Option<Rid>,
    pub image: Text,
}

/// What a resource is made of.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Primitive,
    Group { ordered: bool, colocated: bool },
    Clone(Box<CloneConf>),
    Bundle(Box<BundleConf>),
}

/// What several active instances of a unique resource call for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Multiple {
    StopStart,
    StopOnly,
    Block,
    StopUnexpected,
}

/// What a resource needs before it may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Requires {
    Nothing,
    Quorum,
    Fencing,
    Unfencing,
}

/// Meta attributes, read once; shared by the instances of a clone.
#[derive(Clone, Debug)]
pub(crate) struct Meta {
    pub pairs: Pairs,
    pub priority: i32,
    pub target_role: Option<Role>,
    pub managed: bool,
    pub maintenance: bool,
    pub stickiness: i32,
    pub migration_threshold: i32,
    pub failure_timeout_s: i64,
    pub multiple: Multiple,
    pub allow_migrate: bool,
    pub requires: Requires,
    pub critical: bool,
    pub allow_unhealthy: bool,
    pub remove_after_stop: bool,
}

/// A primitive's configuration, shared by its instances.
pub(crate) struct PrimConf<'a> {
    pub class: Text,
    pub provider: Option<Text>,
    pub agent: Text,
    /// Own sets, then those of the template, then those of the parents.
    pub params: Vec<&'a NvSet>,
    pub utilization: Pairs,
    pub ops: Vec<OpConf<'a>>,
    /// Parameters that are given by the cluster itself (bundles, connections).
    pub fixed_params: Pairs,
    pub params_by_node: bool,
    pub params_cache: Option<Arc<Pairs>>,
}

impl PrimConf<'_> {
    pub fn is_fencing(&self) -> bool {
        self.class == "stonith"
    }
    pub fn is_connection(&self) -> bool {
        self.class == "ocf"
            && self.agent == "remote"
            && self.provider.as_deref() == Some("pacemaker")
    }
}

/// A configured operation.
#[derive(Clone)]
pub(crate) struct OpConf<'a> {
    pub name: Text,
    pub interval_ms: u32,
    pub role: Option<Role>,
    pub enabled: bool,
    /// Options of the operation: attributes, meta sets, op_defaults.
    pub options: Pairs,
    pub source: Option<&'a Operation>,
    /// Another operation has the same name and interval.
    pub ambiguous: bool,
}

/// A resource or an instance of one.
#[derive(Clone, Debug)]
pub(crate) struct Rsc {
    /// Unique name: with instance number for instances.
    pub id: Text,
    /// Name without instance number.
    pub conf_id: Text,
    /// Name in histories.
    pub history_id: Text,
    pub kind: Kind,
    pub parent: Option<Rid>,
    pub children: Vec<Rid>,
    pub prim: Option<usize>,
    pub meta: Arc<Meta>,
    pub managed: bool,
    pub maintenance: bool,
    /// Instance of an anonymous clone (or within one).
    pub anonymous: bool,
    /// Instance of a clone with `globally-unique` (or within one).
    pub unique: bool,
    pub notify: bool,
    pub promotable: bool,
    pub orphan: bool,
    pub orphan_filler: bool,
    pub blocked: bool,
    /// Why a failed stop blocked it rather than costing the node its life; else empty.
    pub blocked_why: &'static str,
    pub failed: bool,
    pub failure_ignored: bool,
    /// Why a probe could not tell anything.
    pub probe_error: Option<&'static str>,
    pub start_pending: bool,
    pub stop_required: bool,
    /// Where its failures call for a stop.
    pub stops_for_failure: Vec<Nid>,
    pub reload: bool,
    /// Its role is known from the record of a start only (promotable).
    pub just_started: bool,
    pub role: Role,
    pub next_role: Option<Role>,
    pub next_role_why: &'static str,
    pub running_on: Vec<Nid>,
    /// Nodes whose state of it is known.
    pub known_on: Vec<Nid>,
    pub dangling: Vec<Nid>,
    pub migration_source: Option<Nid>,
    pub migration_target: Option<Nid>,
    pub pending_task: Option<(Text, Nid)>,
    pub lock_node: Option<Nid>,
    pub lock_time: i64,
    pub allowed: Vec<Cand>,
    pub assigned: Option<Nid>,
    pub provisional: bool,
    pub allocating: bool,
    pub priority: i32,
    pub stickiness: i32,
    /// Promotion score; none when it cannot be promoted.
    pub promotion: Option<i32>,
    pub exclusive_discover: bool,
    /// Of a connection to a remote node: seconds after which it is tried again.
    pub reconnect_s: i64,
    /// A failure that blocks stands until people have looked: none of them expires.
    pub failures_stay: bool,
    /// Fail counts: node, count, last failure.
    pub fail_counts: Vec<(Nid, FailCount)>,
    /// The container this resource is inside of (bundles, guest connections).
    pub container: Option<Rid>,
    /// Resources that live inside this one.
    pub fillers: Vec<Rid>,
    /// Node name of the guest or remote node that this connection serves.
    pub serves: Option<Nid>,
}

/// How often a resource failed on a node.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FailCount {
    pub count: i32,
    pub last_failure: i64,
}

impl Rsc {
    pub fn is_primitive(&self) -> bool {
        matches!(self.kind, Kind::Primitive)
    }
    pub fn is_group(&self) -> bool {
        matches!(self.kind, Kind::Group { .. })
    }
    pub fn is_clone(&self) -> bool {
        matches!(self.kind, Kind::Clone(_))
    }
    pub fn is_bundle(&self) -> bool {
        matches!(self.kind, Kind::Bundle(_))
    }
    pub fn clone_conf(&self) -> Option<&CloneConf> {
        match &self.kind {
            Kind::Clone(c) => Some(c),
            Kind::Primitive | Kind::Group { .. } | Kind::Bundle(_) => None,
        }
    }
    pub fn bundle_conf(&self) -> Option<&BundleConf> {
        match &self.kind {
            Kind::Bundle(b) => Some(b),
            Kind::Primitive | Kind::Group { .. } | Kind::Clone(_) => None,
        }
    }
    /// After how many seconds failures count no more; 0 is never.
    pub fn failure_timeout_s(&self) -> i64 {
        match (self.failures_stay, self.meta.failure_timeout_s) {
            (true, _) => 0,
            (false, 0) => self.reconnect_s,
            (false, timeout) => timeout,
        }
    }
    pub fn is_active(&self) -> bool {
        self.role >= Role::Started
    }
}

impl<'a> World<'a> {
    /// The clone or bundle that a resource is an instance of (or within), if any.
    pub fn instance_owner(&self, mut rid: Rid) -> Option<Rid> {
        while let Some(parent) = self.rscs[rid].parent {
            if self.rscs[parent].is_clone() || self.rscs[parent].is_bundle() {
                return Some(parent);
            }
            rid = parent;
        }
        None
    }

    /// How many instances of a clone, or replicas of a bundle, may be on one node.
    pub fn per_node(&self, rid: Rid) -> Option<usize> {
        match &self.rscs[rid].kind {
            Kind::Clone(c) => Some(c.node_max),
            Kind::Bundle(b) => Some(b.per_host),
            Kind::Primitive | Kind::Group { .. } => None,
        }
    }

    /// Whether the instances of a clone or bundle each go with one of another.
    pub fn interleaves(&self, rid: Rid) -> bool {
        let meta = || get(&self.rscs[rid].meta.pairs, "interleave").and_then(|v| boolean(v));
        self.rscs[rid].clone_conf().map_or_else(|| meta() == Some(true), |c| c.interleave)
    }

    /// The configuration of a primitive.
    pub fn conf(&self, rid: Rid) -> Option<&PrimConf<'a>> {
        self.rscs[rid].prim.map(|p| &self.prims[p])
    }

    /// Whether it is a fence device.
    pub fn is_fencing(&self, rid: Rid) -> bool {
        self.conf(rid).is_some_and(PrimConf::is_fencing)
    }

    /// All primitives at or below a resource, in order.
    pub fn leaves(&self, rid: Rid) -> Vec<Rid> {
        let mut out = Vec::new();
        self.leaves_into(rid, &mut out);
        out
    }

    fn leaves_into(&self, rid: Rid, out: &mut Vec<Rid>) {
        if self.rscs[rid].is_primitive() {
            out.push(rid);
        }
        for &child in &self.rscs[rid].children {
            self.leaves_into(child, out);
        }
    }

    /// Nobody can be fenced: see [`crate::Options::alone`].
    pub fn leave_alone(&mut self) {
        self.alone = true;
        for node in self.nodes.iter_mut().filter(|node| node.online && !node.is_remote()) {
            node.unclean = false;
            node.fence_reason = None;
        }
    }

    /// Asks for a node to be fenced; the first reason is kept.
    pub fn fence(&mut self, nid: Nid, reason: &str) {
        if self.alone && self.nodes[nid].sort != NodeSort::Guest {
            return;
        }
        let guest_container = self.nodes[nid].container;
        match (self.nodes[nid].sort, guest_container) {
            (NodeSort::Guest, Some(container)) => {
                // A guest dies with what it lives in: that is recovered instead.
                if !self.rscs[container].failed && self.rscs[container].managed {
                    self.nodes[nid].remote_reset = true;
                    self.rscs[container].failed = true;
                    self.rscs[container].stop_required = true;
                }
            }
            (NodeSort::Remote, _) => {
                self.nodes[nid].remote_reset = true;
                if self.nodes[nid].fence_reason.is_none() {
                    self.nodes[nid].fence_reason = Some(reason.into());
                }
                self.nodes[nid].unclean = true;
            }
            _ => {
                if self.nodes[nid].fence_reason.is_none() {
                    self.nodes[nid].fence_reason = Some(reason.into());
                }
                self.nodes[nid].unclean = true;
            }
        }
    }
}
