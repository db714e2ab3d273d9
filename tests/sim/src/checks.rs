//! The checkers: separate from what they check, and dumb.
//!
//! They look at the truth of the world (what is active on which host, which host has power) and
//! at what nodes say to clients, and know nothing of how a decision is made.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hasher};

use rota_ids::{Incarnation, NodeId, Text};
use rota_node::Story;

use crate::clock::{SECOND, Time};
use crate::setup::Setup;
use crate::world::{World, seconds};

/// How long a host that cannot reach a majority may go on with its services: it must notice
/// (detection, lease), wait (grace), and stop them, some of them slowly, one after the other.
const MINORITY_MAY_RUN: Time = 40 * SECOND;

/// What a checker found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// When.
    pub at: Time,
    /// What.
    pub what: String,
}

/// What the checkers remember.
pub struct Checks {
    unique: Vec<Text>,
    everywhere: Vec<Text>,
    promotables: Vec<(Text, usize)>,
    /// Digest of the state at each applied index.
    digests: BTreeMap<u64, (usize, u64)>,
    /// Name, value, and the applied index of who promised it.
    promised: Vec<(Text, Text, u64)>,
    /// Who led in each term.
    leaders: BTreeMap<u64, usize>,
    /// Lives that states hold for over and that were found to be.
    ended: BTreeSet<(NodeId, Incarnation)>,
    /// Lives that left with a goodbye and nothing active.
    went_well: BTreeSet<Incarnation>,
    /// When something was last planned, ordered, fenced or agreed about the membership.
    pub last_stir: Time,
    /// What it was.
    pub last_stir_what: String,
    /// Why a plan was refused by the product's own checker; none ever should be.
    pub refused: Option<Text>,
    /// How many plans were made that had something to do.
    pub plans: u64,
    /// How many nodes were fenced.
    pub fenced: u64,
    /// How many views were installed.
    pub views: u64,
    /// How many plans were made, be there anything to do or not.
    pub plannings: u64,
}

impl Checks {
    /// Checkers for a world of this setup.
    pub fn new(setup: &Setup) -> Self {
        Self {
            unique: setup.unique(),
            everywhere: setup.everywhere(),
            promotables: setup.promotables(),
            digests: BTreeMap::new(),
            promised: Vec::new(),
            leaders: BTreeMap::new(),
            ended: BTreeSet::new(),
            went_well: BTreeSet::new(),
            last_stir: 0,
            last_stir_what: String::new(),
            refused: None,
            plans: 0,
            fenced: 0,
            views: 0,
            plannings: 0,
        }
    }

    /// A client was told that its change is done.
    pub fn promised(&mut self, name: Text, value: Text, applied: u64) {
        self.promised.push((name, value, applied));
    }

    /// How many changes clients were promised.
    pub fn promises(&self) -> usize {
        self.promised.len()
    }

    /// Notes what a node tells.
    pub fn tale(&mut self, now: Time, story: &Story) {
        let stirs = match story {
            Story::Planned { actions, .. } => {
                self.plannings += 1;
                self.plans += u64::from(!actions.is_empty());
                !actions.is_empty()
            }
            Story::Proven { .. } => {
                self.fenced += 1;
                true
            }
            Story::View { .. } => {
                self.views += 1;
                true
            }
            Story::Ordered { .. } | Story::Fencing { .. } | Story::Leader { .. } => true,
            Story::Stuck { .. } | Story::QuorumLost => true,
            Story::NotFollowing { .. } | Story::NobodyFollows => true,
            Story::PlanRefused { why } => {
                self.refused.get_or_insert_with(|| why.clone());
                true
            }
            Story::InCharge { .. }
            | Story::LeftOut { .. }
            | Story::OtherMemory { .. }
            | Story::MemoryLost { .. }
            | Story::Refused { .. }
            | Story::Finished { .. }
            | Story::Ended { .. }
            | Story::PlanIsSlow { .. }
            | Story::QuorumBack => false,
        };
        if stirs {
            self.last_stir = now;
            self.last_stir_what = story.to_string();
        }
    }
}

impl World {
    /// Never two active instances of a unique resource, never two promoted ones.
    pub(crate) fn check_instances(&mut self, changed: usize) {
        for (resource, most) in &self.checks.promotables {
            let promoted = self.promoted(resource);
            if promoted.len() > *most {
                let names: Vec<String> =
                    promoted.iter().map(|host| self.name(*host).to_string()).collect();
                let what = format!("{resource} is promoted on {}", names.join(" and "));
                return self.violated(what);
            }
        }
        for place in 0..self.checks.unique.len() {
            let resource = &self.checks.unique[place];
            if !self.hosts[changed].run.services.active.contains(resource) {
                continue;
            }
            let active = self.active(resource);
            if active.len() > 1 {
                let names: Vec<String> =
                    active.iter().map(|host| self.name(*host).to_string()).collect();
                let what = format!("{resource} is active on {}", names.join(" and "));
                return self.violated(what);
            }
        }
    }

    /// Whoever says goodbye leaves nothing behind.
    pub(crate) fn check_goodbye(&mut self, place: usize) {
        let host = &self.hosts[place];
        let Some(life) = host.daemon.as_ref().map(|daemon| daemon.life) else { return };
        // Nobody touches what is in maintenance.
        let cib = host.daemon.as_ref().map(|daemon| &daemon.node.state().cib.config.properties);
        let in_maintenance = cib.is_some_and(|sets| {
            sets.iter().any(|set| set.get("maintenance-mode").is_some_and(|word| word == "true"))
        });
        if let Some(resource) = host.run.services.active.iter().next().filter(|_| !in_maintenance) {
            let what = format!("{} says goodbye and leaves {resource} behind", host.name);
            return self.violated(what);
        }
        self.checks.went_well.insert(life);
    }

    /// Nothing is started by a life that the cluster holds for over.
    pub(crate) fn check_start(&mut self, place: usize) {
        let host = &self.hosts[place];
        let Some(daemon) = &host.daemon else { return };
        if self.checks.ended.contains(&(host.id, daemon.life)) {
            let what = format!("{} starts something in a life that is over", host.name);
            self.violated(what);
        }
    }

    /// Looks at what a node believes after it has applied something.
    pub(crate) fn after_round(&mut self, place: usize, serial: u64) {
        let Some(daemon) = &mut self.hosts[place].daemon else { return };
        if daemon.serial != serial {
            return;
        }
        let replica = daemon.node.replica();
        if replica.role() == rota_replica::Role::Leader {
            let term = replica.term().0;
            let known = *self.checks.leaders.entry(term).or_insert(place);
            if known != place {
                let what = format!("two leaders in term {term}: n{} and n{}", known + 1, place + 1);
                return self.violated(what);
            }
        }
        let applied = replica.applied().0;
        if applied <= daemon.checked {
            return;
        }
        daemon.checked = applied;
        let Ok(bytes) = daemon.node.state().encode() else { return };
        let mut hasher = DefaultHasher::new();
        hasher.write(&bytes);
        let digest = hasher.finish();
        let (other, known) = *self.checks.digests.entry(applied).or_insert((place, digest));
        if known != digest {
            let what = format!("n{} and n{} differ at entry {applied}", other + 1, place + 1);
            return self.violated(what);
        }
        self.check_ended(place);
        if applied % 32 == 0 {
            self.check_promises(place);
        }
    }

    /// A life that the cluster holds for over is over.
    fn check_ended(&mut self, place: usize) {
        let Some(daemon) = &self.hosts[place].daemon else { return };
        let ended: Vec<_> =
            daemon.node.state().ended.iter().map(|(node, life)| (*node, *life)).collect();
        for (node, life) in ended {
            if !self.checks.ended.insert((node, life)) {
                continue;
            }
            let Some(host) = self.place_of(node).map(|place| &self.hosts[place]) else { continue };
            let same_boot = host.boot == Some(life.boot);
            if same_boot && !self.checks.went_well.contains(&life) {
                let what = format!("{} is held for off and is not: {life}", host.name);
                return self.violated(what);
            }
        }
    }

    /// What was promised is there.
    fn check_promises(&mut self, place: usize) {
        let Some(daemon) = &self.hosts[place].daemon else { return };
        let applied = daemon.node.replica().applied().0;
        let there: BTreeSet<(&str, &str)> = daemon
            .node
            .state()
            .cib
            .config
            .nodes
            .iter()
            .flat_map(|node| &node.attributes)
            .flat_map(|set| &set.pairs)
            .filter_map(|pair| Some((pair.name.as_deref()?, pair.value.as_deref()?)))
            .collect();
        let lost = self.checks.promised.iter().find(|(name, value, since)| {
            *since <= applied && !there.contains(&(name.as_str(), value.as_str()))
        });
        if let Some((name, _, since)) = lost {
            let what = format!("n{} has lost {name}, promised at entry {since}", place + 1);
            self.violated(what);
        }
    }

    /// Something of another host has arrived: whether this one is alone is looked at now, not
    /// only now and then.
    pub(crate) fn heard_something(&mut self, place: usize) {
        if self.hosts[place].alone_since.is_some() && !self.is_alone(place) {
            self.hosts[place].alone_since = None;
        }
    }

    /// Now and then: whoever cannot reach a majority must stop.
    pub(crate) fn look(&mut self) {
        for place in 0..self.hosts.len() {
            let alone = self.is_alone(place);
            let now = self.now;
            let host = &mut self.hosts[place];
            if !alone {
                host.alone_since = None;
                continue;
            }
            let since = *host.alone_since.get_or_insert(now);
            let active = &host.run.services.active;
            if now - since > MINORITY_MAY_RUN
                && let Some(resource) = active.iter().next()
            {
                let what = format!(
                    "{} cannot reach a majority for {:.1} s and still runs {resource}",
                    host.name,
                    seconds(now - since)
                );
                return self.violated(what);
            }
        }
    }

    /// Whether a working daemon cannot talk to a majority, be it by way of others, by what the
    /// cables say.
    fn is_alone(&self, place: usize) -> bool {
        let works = |host: usize| {
            let host = &self.hosts[host];
            host.boot.is_some() && host.is_working(self.now)
        };
        if !works(place) {
            return false;
        }
        let mut reached = vec![place];
        let mut next = 0;
        while let Some(&from) = reached.get(next) {
            next += 1;
            for other in 0..self.hosts.len() {
                let both_ways = self.net.reaches(from, other) && self.net.reaches(other, from);
                if !reached.contains(&other) && works(other) && both_ways {
                    reached.push(other);
                }
            }
        }
        reached.len() * 2 <= self.hosts.len()
    }

    /// After all faults have ended and time has passed: everything is as it should be, and quiet.
    pub fn check_peace(&mut self, quiet_for: Time) {
        let found = self.unrest(quiet_for);
        if let Some(what) = found {
            self.violated(format!("no peace after healing: {what}"));
        }
        for place in 0..self.hosts.len() {
            self.check_promises(place);
        }
    }

    /// A resource that an administrator added and deleted again, and that still runs.
    fn deleted_and_active(&self) -> Option<String> {
        let resources = &self.cib()?.config.resources;
        let there = resources.iter().any(|resource| resource.id() == "extra");
        let place = *self.active("extra").first()?;
        (!there).then(|| format!("extra is active on {}, and was deleted", self.name(place)))
    }

    /// What is not as it should be in a world without faults.
    pub fn unrest(&self, quiet_for: Time) -> Option<String> {
        for host in &self.hosts {
            if host.daemon.is_none() {
                return Some(format!("{} has no daemon", host.name));
            }
        }
        let leaders = self.leaders();
        let [(leader, _)] = leaders.as_slice() else {
            return Some(format!("there are {} leaders", leaders.len()));
        };
        let node = &self.hosts[*leader].daemon.as_ref()?.node;
        let applied = node.replica().applied();
        let view = &node.state().view;
        for host in &self.hosts {
            let daemon = host.daemon.as_ref()?;
            if view.members.get(&host.id) != Some(&daemon.life) {
                return Some(format!("{} is not in the view of the leader", host.name));
            }
            if daemon.node.replica().applied() != applied {
                return Some(format!("{} is behind", host.name));
            }
            if !daemon.node.is_quorate() {
                return Some(format!("{} has no quorum", host.name));
            }
        }
        if let Some(pending) = node.pending().first() {
            return Some(format!("still pending: {pending}"));
        }
        if let Some((target, _)) = node.fencing_jobs().first() {
            return Some(format!("still fencing {target}"));
        }
        for resource in &self.checks.unique {
            let active = self.active(resource);
            if active.len() != 1 && self.setup.is_watched(resource) {
                return Some(format!("{resource} is active {} times", active.len()));
            }
        }
        for resource in &self.checks.everywhere {
            let active = self.active(resource).len();
            if active != self.hosts.len() && self.setup.is_watched(resource) {
                return Some(format!("{resource} is active {active} times"));
            }
        }
        for (resource, wanted) in &self.checks.promotables {
            let promoted = self.promoted(resource).len();
            if promoted != *wanted {
                return Some(format!("{resource} is promoted {promoted} times"));
            }
        }
        if let Some(found) = self.deleted_and_active() {
            return Some(found);
        }
        if self.now < self.checks.last_stir + quiet_for {
            return Some(format!(
                "{:.1} s ago: {}",
                seconds(self.now - self.checks.last_stir),
                self.checks.last_stir_what
            ));
        }
        None
    }
}
