//! Actions and their orderings while it is still open which of them will happen.
//!
//! An action is *optional* until something requires it and *runnable* until something forbids
//! it; both only ever change in one direction, so that [`settle`](Plan::settle) ends after a
//! number of steps that is linear in actions and edges.

pub(crate) mod edge;
mod settle;
mod words;

use rota_cib::Text;
use rustc_hash::FxHashMap;

use crate::model::{Nid, Rid};

/// Index of an action.
pub(crate) type Aid = usize;

/// What an action does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Verb {
    Start,
    Stop,
    Promote,
    Demote,
    Monitor,
    MigrateTo,
    MigrateFrom,
    Reload,
    Running,
    Stopped,
    Promoted,
    Demoted,
    Notify,
    /// `pre_notify_X`, `confirmed-post_notify_Y` …: the name says which.
    Notice,
    Cancel,
    Delete,
    ClearFailures,
    LiftLock,
    Shutdown,
    Fence,
    /// Any other point in the graph: the name says which.
    Point,
}

impl Verb {
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Promote => "promote",
            Self::Demote => "demote",
            Self::Monitor => "monitor",
            Self::MigrateTo => "migrate_to",
            Self::MigrateFrom => "migrate_from",
            Self::Reload => "reload-agent",
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Promoted => "promoted",
            Self::Demoted => "demoted",
            Self::Notify => "notify",
            Self::Notice | Self::Point => "",
            Self::Cancel => "cancel",
            Self::Delete => "delete",
            Self::ClearFailures => "clear_failcount",
            Self::LiftLock => "lrm_delete",
            Self::Shutdown => "do_shutdown",
            Self::Fence => "stonith",
        }
    }

    /// What a collective action is followed by when all of it is done.
    pub fn done(self) -> Option<Self> {
        match self {
            Self::Start => Some(Self::Running),
            Self::Stop => Some(Self::Stopped),
            Self::Promote => Some(Self::Promoted),
            Self::Demote => Some(Self::Demoted),
            _ => None,
        }
    }

    /// The collective action that a completion completes; any other verb itself.
    pub fn begun(self) -> Self {
        match self {
            Self::Running => Self::Start,
            Self::Stopped => Self::Stop,
            Self::Promoted => Self::Promote,
            Self::Demoted => Self::Demote,
            other => other,
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "start" => Some(Self::Start),
            "stop" => Some(Self::Stop),
            "promote" => Some(Self::Promote),
            "demote" => Some(Self::Demote),
            _ => None,
        }
    }
}

/// How a collective action follows from its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Collect {
    /// Not collective.
    No,
    /// Runnable when all members are (groups).
    All,
    /// Runnable when at least so many members are (clones).
    Least(usize),
}

/// An ordering.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    pub first: Aid,
    pub then: Aid,
    pub kind: u16,
}

/// Further facts of certain actions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extra {
    /// Exit code that a monitor expects.
    pub expected_rc: i32,
    pub probe: bool,
    /// Partner node of a migration.
    pub source: Option<Nid>,
    pub target: Option<Nid>,
    /// on / off / reboot.
    pub fence: Option<rota_transition::FenceAction>,
    /// Key of a notification and environment for it.
    pub meta: Vec<(Text, Text)>,
}

/// An action.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    pub rid: Option<Rid>,
    pub verb: Verb,
    /// For monitors the operation's name; for points their whole key.
    pub name: Text,
    pub interval: u32,
    pub node: Option<Nid>,
    pub optional: bool,
    pub runnable: bool,
    pub pseudo: bool,
    pub reason: Option<String>,
    /// Members of a collective action.
    pub members: Vec<Aid>,
    pub collect: Collect,
    /// Collective actions it is a member of.
    pub owners: Vec<Aid>,
    /// Same fate as this other action (running ~ start).
    pub mirrors: Option<Aid>,
    pub mirrored: Vec<Aid>,
    pub priority: i32,
    pub migratable: bool,
    pub extra: Option<Box<Extra>>,
    /// Runnable enough: how many firsts an any-of needs.
    pub needed: usize,
    /// In the graph although nothing requires it.
    pub always: bool,
    pub why_blocked: bool,
    /// Of a resource that is not managed.
    pub fixed: bool,
    /// Node or quorum rule it out, whatever becomes of other actions.
    pub never: bool,
}

/// All actions and orderings.
#[derive(Default)]
pub(crate) struct Actions {
    pub acts: Vec<Act>,
    pub edges: Vec<Edge>,
    pub of_rsc: Vec<Vec<Aid>>,
    pub of_node: FxHashMap<Nid, Vec<Aid>>,
    pub named: FxHashMap<Text, Aid>,
    pub fences: FxHashMap<Nid, Aid>,
    /// How many of them the comparison of history and configuration called for; see `sequence`.
    pub checked: usize,
    outs: Vec<Vec<u32>>,
    ins: Vec<Vec<u32>>,
    /// Of each action that another required (false) or forbade (true), that other.
    pub blame: FxHashMap<(Aid, bool), Aid>,
    /// The two ends of the ordering that is looked at, and the last one to blame.
    following: Option<(Aid, Aid)>,
    suspect: Option<Aid>,
    queue: Vec<Aid>,
    queued: Vec<bool>,
}

impl Actions {
    pub fn new(rscs: usize) -> Self {
        Self { of_rsc: vec![Vec::new(); rscs], ..Self::default() }
    }

    pub fn add(&mut self, act: Act) -> Aid {
        let aid = self.acts.len();
        if let Some(rid) = act.rid {
            if rid >= self.of_rsc.len() {
                self.of_rsc.resize(rid + 1, Vec::new());
            }
            self.of_rsc[rid].push(aid);
        }
        self.acts.push(act);
        aid
    }

    /// The action of a resource on a node (or the one without node).
    pub fn find(&self, rid: Rid, verb: Verb, node: Option<Nid>) -> Option<Aid> {
        self.of_rsc.get(rid)?.iter().copied().find(|&a| {
            let act = &self.acts[a];
            act.verb == verb && act.interval == 0 && act.node == node
        })
    }

    /// All actions of a resource with this verb.
    pub fn all(&self, rid: Rid, verb: Verb) -> Vec<Aid> {
        self.of_rsc
            .get(rid)
            .map(|list| list.iter().copied().filter(|&a| self.acts[a].verb == verb).collect())
            .unwrap_or_default()
    }

    /// A point with a name of its own.
    pub fn point(&mut self, key: Text, node: Option<Nid>) -> Aid {
        if let Some(&aid) = self.named.get(&key) {
            return aid;
        }
        let mut act = blank(None, Verb::Point, node);
        act.name = key.clone();
        act.pseudo = true;
        act.optional = true;
        let aid = self.add(act);
        self.named.insert(key, aid);
        aid
    }

    pub fn order(&mut self, first: Aid, then: Aid, kind: u16) {
        if first != then {
            self.edges.push(Edge { first, then, kind });
        }
    }

    /// Makes `aid` collective over `member`.
    pub fn join(&mut self, aid: Aid, member: Aid) {
        self.acts[aid].members.push(member);
        self.acts[member].owners.push(aid);
    }
}

/// An action about which nothing is decided yet.
pub(crate) fn blank(rid: Option<Rid>, verb: Verb, node: Option<Nid>) -> Act {
    Act {
        rid,
        verb,
        name: Text::default(),
        interval: 0,
        node,
        optional: true,
        runnable: true,
        pseudo: false,
        reason: None,
        members: Vec::new(),
        collect: Collect::No,
        owners: Vec::new(),
        mirrors: None,
        mirrored: Vec::new(),
        priority: 0,
        migratable: false,
        extra: None,
        needed: 1,
        always: false,
        why_blocked: false,
        fixed: false,
        never: false,
    }
}
