//! Actions and their orderings while it is still open which of them will happen.
//!
//! An action is *optional* until something requires it and *runnable* until something forbids
//! it; both only ever change in one direction, so that [`settle`](Plan::settle) ends after a
//! number of steps that is linear in actions and edges.

use rota_cib::Text;
use rustc_hash::FxHashMap;

use crate::model::{Nid, Rid, World};

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

/// Ordering kinds, as bits.
pub(crate) mod edge {
    /// Nothing but order, if both happen.
    pub const ORDER: u16 = 0;
    /// When the first happens, the second must.
    pub const FORCES: u16 = 1;
    /// When the second happens, the first must have.
    pub const WANTS: u16 = 2;
    /// When the first cannot happen, the second cannot.
    pub const NEEDS: u16 = 4;
    /// A restart: first is the stop, second the start of one resource.
    pub const RESTART: u16 = 8;
    /// Only if both are on one node, or one is about to free what the other needs.
    pub const LOAD: u16 = 16;
    /// Never both at once; the first first, unless that makes a circle.
    pub const SERIAL: u16 = 32;
    /// One of several firsts is enough.
    pub const ANY: u16 = 64;
    /// The order as written has no opposite.
    pub const ONEWAY: u16 = 128;
    /// Like WANTS, only for promoted instances.
    pub const WANTS_PROMOTED: u16 = 256;
    /// Says nothing about reasons.
    pub const QUIET: u16 = 512;
    /// Kept even if the first is a probe that finds nothing new.
    pub const PROBE: u16 = 1024;
    /// The first is the start of what the second must be together with.
    pub const TOGETHER: u16 = 4096;
    /// When the first must happen and cannot, the second cannot.
    pub const IF_ABLE: u16 = 8192;
    /// What keeps the first from happening, or calls for it, does so for the second: between a
    /// guest's connection and what is behind it.
    pub const SAME_REASON: u16 = 16384;
    /// Is no order after all, whatever else it means: one of the two is migrated instead, or
    /// need not be waited for.
    pub const VOID: u16 = 32768;
    /// Between two resources by the user's constraint.
    pub const USER: u16 = 2048;
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

    /// Builds the adjacency; edges added later do not take part.
    pub fn link(&mut self) {
        self.outs = vec![Vec::new(); self.acts.len()];
        self.ins = vec![Vec::new(); self.acts.len()];
        self.queued = vec![false; self.acts.len()];
        for (i, edge) in self.edges.iter().enumerate() {
            if edge.kind != edge::ORDER {
                self.outs[edge.first].push(i as u32);
                self.ins[edge.then].push(i as u32);
            }
        }
    }

    fn enqueue(&mut self, aid: Aid) {
        if aid < self.queued.len() && !self.queued[aid] {
            self.queued[aid] = true;
            self.queue.push(aid);
        }
    }

    /// Requires an action (and, of a collective one, its members).
    pub fn require(&mut self, aid: Aid, reason: Option<String>) {
        self.accuse(aid, false, self.acts[aid].optional);
        if !self.acts[aid].members.is_empty() {
            for member in self.acts[aid].members.clone() {
                self.require(member, reason.clone());
            }
        }
        if !self.acts[aid].optional {
            return;
        }
        self.acts[aid].optional = false;
        if self.acts[aid].reason.is_none() {
            self.acts[aid].reason = reason;
        }
        if self.acts[aid].fixed && self.acts[aid].runnable {
            // It would have to be touched, and must not be.
            self.acts[aid].runnable = false;
        }
        self.changed(aid);
    }

    /// Forbids an action (and, of a collective one, its members).
    pub fn forbid(&mut self, aid: Aid, reason: Option<String>) {
        self.accuse(aid, true, self.acts[aid].runnable);
        if !self.acts[aid].members.is_empty() {
            for member in self.acts[aid].members.clone() {
                self.forbid(member, reason.clone());
            }
        }
        if !self.acts[aid].runnable {
            return;
        }
        self.acts[aid].runnable = false;
        if reason.is_some() && (self.acts[aid].reason.is_none() || !self.acts[aid].why_blocked) {
            self.acts[aid].reason = reason;
            self.acts[aid].why_blocked = true;
        }
        self.changed(aid);
    }

    /// Remembers whose consequence it is; members of a collective action share its fate.
    fn accuse(&mut self, aid: Aid, forbidden: bool, news: bool) {
        match self.following {
            Some((first, then)) if aid == then => self.suspect = Some(first),
            Some((first, then)) if aid == first => self.suspect = Some(then),
            Some(_) | None => {}
        }
        if let Some(other) = self.suspect
            && news
        {
            self.blame.entry((aid, forbidden)).or_insert(other);
        }
    }

    fn changed(&mut self, aid: Aid) {
        self.enqueue(aid);
        for owner in self.acts[aid].owners.clone() {
            self.collect(owner);
        }
        for mirror in self.acts[aid].mirrored.clone() {
            self.mirror(mirror);
        }
    }

    /// A collective action follows its members.
    pub fn collect(&mut self, aid: Aid) {
        let act = &self.acts[aid];
        let optional = act.optional && act.members.iter().all(|&m| self.acts[m].optional);
        let able = act.members.iter().filter(|&&m| self.acts[m].runnable).count();
        let runnable = act.runnable
            && match act.collect {
                Collect::No => true,
                // A group sets out if any member may be touched at all; that it is done is
                // another thing, see `mirror`.
                Collect::All => act.members.iter().any(|&m| {
                    let member = &self.acts[m];
                    !member.fixed && !member.never && member.node.is_some()
                }),
                Collect::Least(n) => able >= n.max(1),
            };
        if act.collect == Collect::All {
            for done in act.mirrored.clone() {
                self.mirror(done);
            }
        }
        let act = &self.acts[aid];
        if optional != act.optional || runnable != act.runnable {
            let act = &mut self.acts[aid];
            act.optional = optional;
            act.runnable = runnable;
            self.changed(aid);
        }
    }

    fn mirror(&mut self, aid: Aid) {
        let Some(of) = self.acts[aid].mirrors else { return };
        let (optional, mut runnable) = (self.acts[of].optional, self.acts[of].runnable);
        // A group is done when all its members are.
        let done = matches!(
            self.acts[aid].verb,
            Verb::Running | Verb::Stopped | Verb::Promoted | Verb::Demoted
        );
        if done && self.acts[of].collect == Collect::All {
            runnable &= self.acts[of].members.iter().all(|&m| self.acts[m].runnable);
        }
        let act = &mut self.acts[aid];
        if (act.optional && !optional) || (act.runnable && !runnable) {
            act.optional &= optional;
            act.runnable &= runnable;
            self.changed(aid);
        }
    }

    /// Follows all consequences until nothing changes.
    pub fn settle(&mut self, world: &World<'_>) {
        self.link();
        for aid in 0..self.acts.len() {
            if self.acts[aid].collect != Collect::No {
                self.collect(aid);
            }
        }
        for aid in 0..self.acts.len() {
            if self.acts[aid].mirrors.is_some() {
                self.mirror(aid);
            }
        }
        for aid in (0..self.acts.len()).rev() {
            self.enqueue(aid);
        }
        while let Some(aid) = self.queue.pop() {
            self.queued[aid] = false;
            for i in self.ins[aid].clone() {
                self.update(world, self.edges[i as usize]);
            }
            for i in self.outs[aid].clone() {
                self.update(world, self.edges[i as usize]);
            }
        }
    }

    fn update(&mut self, world: &World<'_>, edge: Edge) {
        use edge::{ANY, FORCES, LOAD, NEEDS, ONEWAY, RESTART, SERIAL, WANTS, WANTS_PROMOTED};
        let kind = edge.kind;
        self.following = Some((edge.first, edge.then));
        if kind & (LOAD | SERIAL) != 0 {
            return;
        }
        let (first, then) = (&self.acts[edge.first], &self.acts[edge.then]);
        if kind & ANY != 0 {
            self.update_any(world, edge.then);
            return;
        }
        // Of a clone only what is on the other action's node counts.
        // That all were told is no matter of the place where a group starts.
        let asked = if first.verb == Verb::Notice { then.node } else { place(world, then) };
        let (f_optional, f_runnable) = (
            self.optional_on(edge.first, asked),
            first.runnable || self.nothing_to_undo(edge.first),
        );
        let (t_optional, t_runnable) =
            (self.optional_on(edge.then, place(world, first)), self.could_some(edge.then));
        let quiet = kind & edge::QUIET != 0;
        if kind & RESTART != 0 {
            // The start must come or cannot: the stop comes either way.
            let first_rid = first.rid;
            let managed = first_rid.is_none_or(|r| world.rscs[r].managed);
            if f_optional && (!t_optional || (!t_runnable && managed)) {
                let reason = then.reason.clone();
                self.require(edge.first, reason);
            }
            if !f_runnable && t_runnable && !f_optional {
                self.forbid(edge.then, None);
            }
            let stuck = first_rid.is_some_and(|r| world.rscs[r].blocked);
            if !f_optional && t_optional && !stuck {
                let reason = self.acts[edge.first].reason.clone();
                self.require(edge.then, reason);
            }
            return;
        }
        if kind & edge::IF_ABLE != 0 && !f_optional && !f_runnable && t_runnable {
            let why = self.words(world, edge.first, "unrunnable");
            self.forbid(edge.then, Some(why));
            return;
        }
        if kind & ONEWAY != 0 {
            // A running second is not touched by what happens to the first.
            if kind & NEEDS != 0 && !f_runnable && t_runnable && !t_optional {
                let why = self.words(world, edge.first, "unrunnable");
                self.forbid(edge.then, Some(why));
            }
            return;
        }
        let nothing_starts =
            first.verb == Verb::Start && first.collect != Collect::No && first.optional;
        if kind & edge::TOGETHER != 0 && !f_runnable && t_runnable && !nothing_starts {
            let name = first.rid.map_or("", |r| world.rscs[r].id.as_str());
            let why = format!("colocation with {name}");
            self.forbid(edge.then, Some(why));
            return;
        }
        if kind & NEEDS != 0 && !f_runnable && t_runnable {
            let why = (!quiet).then(|| self.reason_of(world, edge, "unrunnable"));
            self.forbid(edge.then, why);
        }
        // A live migration touches nobody, unless something it builds on is started anew.
        let f_moves = self.acts[edge.first].migratable;
        let t_moves = self.acts[edge.then].migratable;
        if t_moves && !f_moves && !f_optional && kind & (FORCES | NEEDS) != 0 {
            let builds = matches!(
                self.acts[edge.first].verb,
                Verb::Start | Verb::Promote | Verb::Running | Verb::Promoted
            ) || (self.acts[edge.first].verb == Verb::Fence && kind & FORCES != 0);
            let anew = self.acts[edge.first].rid.is_none_or(|r| {
                !world.rscs[r].is_primitive() || !world.rscs[r].running_on.is_empty()
            });
            if builds
                && anew
                && self.acts[edge.then].verb == Verb::Start
                && self.acts[edge.first].rid != self.acts[edge.then].rid
            {
                let why = self.unmigrateable(world, edge.first);
                self.give_up_migration(edge.then, why);
            }
        }
        if kind & FORCES != 0 && !f_optional && self.spares_some(edge.then) && !f_moves {
            let why = (!quiet).then(|| self.reason_of(world, edge, "required"));
            self.require(edge.then, why);
        }
        if kind & WANTS != 0 && !t_optional && f_optional && !t_moves {
            let lets_in = self.acts[edge.first].verb == Verb::Fence;
            let word = if lets_in { "required by" } else { "required" };
            let why = (lets_in || !quiet).then(|| self.words(world, edge.then, word));
            self.require(edge.first, why);
        }
        if kind & WANTS_PROMOTED != 0
            && !t_optional
            && f_optional
            && self.acts[edge.first]
                .rid
                .is_some_and(|r| world.rscs[r].role == rota_cib::constraint::Role::Promoted)
        {
            let why = (!quiet).then(|| self.words(world, edge.then, "required"));
            self.require(edge.first, why);
        }
        // A stop that must and cannot happen keeps what comes after it from happening.
        let ordered = kind & FORCES != 0 && kind & edge::USER != 0;
        // (Of a collective action members may go on, so its own word counts: once is enough.)
        if (kind & WANTS != 0 || (ordered && self.acts[edge.first].verb == Verb::Stop))
            && self.acts[edge.then].runnable
            && !t_optional
            && !f_optional
            && !f_runnable
            && (self.acts[edge.first].fixed
                || self.acts[edge.first].rid.is_some_and(|r| world.rscs[r].blocked))
        {
            self.accuse(edge.then, true, true);
            self.acts[edge.then].runnable = false;
            self.changed(edge.then);
        }
    }

    /// The resource is stopped and started like any other.
    fn give_up_migration(&mut self, start: Aid, why: String) {
        let Some(rid) = self.acts[start].rid else { return };
        for aid in self.of_rsc[rid].clone() {
            if self.acts[aid].migratable {
                self.acts[aid].migratable = false;
                self.acts[aid].reason.get_or_insert_with(|| why.clone());
                self.changed(aid);
            }
        }
    }

    /// "unmigrateable web stop": what keeps others from being migrated is that it goes down first.
    fn unmigrateable(&self, world: &World<'_>, first: Aid) -> String {
        match self.acts[first].rid {
            Some(rid) => format!("unmigrateable {} stop", world.rscs[rid].id),
            None => self.words(world, first, "unmigrateable"),
        }
    }

    /// Whether an action, or one that it stands for, is still optional.
    fn spares_some(&self, aid: Aid) -> bool {
        let act = &self.acts[aid];
        act.optional || act.members.iter().any(|&m| self.spares_some(m))
    }

    /// Whether an action stands for the stops or demotions of instances of which there are none:
    /// it is as good as done.
    fn nothing_to_undo(&self, aid: Aid) -> bool {
        let act = &self.acts[self.acts[aid].mirrors.unwrap_or(aid)];
        matches!(act.verb, Verb::Stop | Verb::Demote)
            && matches!(act.collect, Collect::Least(_))
            && act.members.is_empty()
    }

    /// Whether an action, or one that it stands for, can still be carried out.
    fn could_some(&self, aid: Aid) -> bool {
        let act = &self.acts[aid];
        act.runnable || act.members.iter().any(|&m| self.could_some(m))
    }

    /// Whether an action is optional as far as a node is concerned.
    fn optional_on(&self, aid: Aid, node: Option<Nid>) -> bool {
        let act = &self.acts[aid];
        let Some(node) = node else { return act.optional };
        if act.optional {
            return true;
        }
        let of = act.mirrors.unwrap_or(aid);
        match self.acts[of].collect {
            Collect::Least(_) => !self.required_on(of, node),
            Collect::No | Collect::All => false,
        }
    }

    fn required_on(&self, aid: Aid, node: Nid) -> bool {
        self.acts[aid].members.iter().any(|&m| {
            let member = &self.acts[m];
            if member.members.is_empty() {
                !member.optional && member.node == Some(node)
            } else {
                !member.optional && self.required_on(m, node)
            }
        })
    }

    /// A point that needs some of its firsts.
    fn update_any(&mut self, world: &World<'_>, then: Aid) {
        let able = self.ins[then]
            .iter()
            .map(|&i| self.edges[i as usize])
            .filter(|e| e.kind & edge::ANY != 0 && self.acts[e.first].runnable)
            .count();
        let required = self.ins[then]
            .iter()
            .map(|&i| self.edges[i as usize])
            .any(|e| e.kind & edge::ANY != 0 && !self.acts[e.first].optional);
        if able < self.acts[then].needed && self.acts[then].runnable {
            self.forbid(then, None);
        }
        let _ = (required, world);
    }

    /// Why the first of an edge acts on the second.
    fn reason_of(&self, world: &World<'_>, edge: Edge, word: &str) -> String {
        let first = &self.acts[edge.first];
        if edge.kind & edge::SAME_REASON != 0
            && let Some(own) = &first.reason
            && (own.starts_with(word) || (first.why_blocked && word == "unrunnable"))
        {
            return own.clone();
        }
        // What is made of instances waits for the action of a bundle, others for its completion.
        let of_instances = |aid: Aid| {
            self.acts[aid]
                .rid
                .is_some_and(|r| !world.rscs[r].is_primitive() || world.instance_owner(r).is_some())
        };
        match first.rid {
            Some(rid) if world.rscs[rid].is_bundle() && of_instances(edge.then) => {
                format!("{word} {} {}", world.rscs[rid].id, first.verb.begun().name())
            }
            _ => self.words(world, edge.first, word),
        }
    }

    /// "required web start": what an action's reason says of another action.
    pub fn words(&self, world: &World<'_>, aid: Aid, word: &str) -> String {
        let act = &self.acts[aid];
        match act.rid {
            Some(rid) => {
                let what = if act.verb == Verb::Notice { "notified" } else { act.verb.name() };
                format!("{word} {} {what}", world.rscs[rid].id)
            }
            None if act.verb == Verb::Fence => format!("{word} {}", act.verb.name()),
            None => format!("{word} {}", act.name),
        }
    }

    /// Whether an action will be in the graph.
    pub fn happens(&self, aid: Aid) -> bool {
        let act = &self.acts[aid];
        (!act.optional || act.always) && act.runnable
    }
}

/// Where an action takes place; a group starts in one place.
fn place(world: &World<'_>, act: &Act) -> Option<Nid> {
    act.node.or_else(|| {
        let rsc = &world.rscs[act.rid?];
        (act.verb == Verb::Start && rsc.is_group()).then_some(rsc.assigned).flatten()
    })
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
