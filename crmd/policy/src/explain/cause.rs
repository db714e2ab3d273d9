//! The first cause of an action: back through whatever required it.

use rota_cib::Text;
use rota_cib::constraint::Role;
use smol_str::format_smolstr;

use super::reason::{Fact, Reason};
use super::{compare, definition, facts, failure, promotion, whole};
use crate::actions::{Actions, Aid, Verb};
use crate::model::{Nid, Rid, World};

/// How many steps back are followed.
const STEPS: usize = 24;

/// How many resources that must be together are followed: they may form a circle.
const COMPANY: usize = 8;

/// What an action comes from.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// From the action back to the cause, in words.
    pub path: Vec<Text>,
    /// The first cause.
    pub reason: Reason,
}

impl Origin {
    fn at_once(reason: Reason) -> Self {
        Self { path: Vec::new(), reason }
    }
}

/// Finds causes in a finished plan.
pub(crate) struct Causes<'w, 'a> {
    pub world: &'w World<'a>,
    pub acts: &'w Actions,
    /// The configuration as it was, to say what changed.
    pub before: Option<&'w rota_cib::Config>,
}

impl Causes<'_, '_> {
    /// The cause of an action that happens.
    pub fn of(&self, aid: Aid) -> Origin {
        let mut path = Vec::new();
        let reason = self.trace(aid, &mut path, &mut Vec::new());
        // Whoever is named twice in a row is named once.
        path.dedup();
        Origin { path, reason }
    }

    fn trace(&self, aid: Aid, path: &mut Vec<Text>, seen: &mut Vec<Aid>) -> Reason {
        let act = &self.acts.acts[aid];
        if seen.contains(&aid) || seen.len() >= STEPS {
            return self.fallback(aid);
        }
        seen.push(aid);
        if let Some(reason) = self.simple(aid) {
            return reason;
        }
        let Some(rid) = act.rid else { return self.fallback(aid) };
        if self.world.rscs[rid].is_primitive()
            && let Some(origin) = self.own(rid, act.verb, act.node, act.reason.as_deref(), COMPANY)
        {
            path.extend(origin.path);
            return origin.reason;
        }
        if let Some(other) = self.next_suspect(aid, seen) {
            if self.acts.acts[other].rid != act.rid
                && let Some(step) = self.step(other)
            {
                path.push(step);
            }
            return self.trace(other, path, seen);
        }
        self.fallback(aid)
    }

    /// Whoever required an action; of a collective one, a member that is required.
    fn next_suspect(&self, aid: Aid, seen: &[Aid]) -> Option<Aid> {
        let act = &self.acts.acts[aid];
        let blamed = self.acts.blame.get(&(aid, false)).copied();
        let mirrored = act.mirrors;
        let members = act.members.iter().copied().filter(|&m| !self.acts.acts[m].optional);
        blamed.into_iter().chain(mirrored).chain(members).find(|a| !seen.contains(a))
    }

    /// Causes that an action carries with it.
    fn simple(&self, aid: Aid) -> Option<Reason> {
        let act = &self.acts.acts[aid];
        let reason = || act.reason.as_deref().map(Text::from);
        let node = || act.node.map(|n| self.world.nodes[n].name.clone()).unwrap_or_default();
        Some(match act.verb {
            Verb::Fence => Reason::Fence { node: node(), why: reason().unwrap_or_default() },
            Verb::Shutdown => {
                Reason::Node { node: node(), state: super::NodeState::Leaving, why: None }
            }
            Verb::Monitor if act.extra.as_ref().is_some_and(|e| e.probe) => Reason::Unknown,
            Verb::Monitor => return self.monitor(aid),
            Verb::Cancel => {
                let why = match act.reason.as_deref() {
                    Some("orphan") => "this recurring operation is not configured any more".into(),
                    Some("disabled") => "this recurring operation is switched off".into(),
                    Some(other) => Text::from(other),
                    None => "this recurring operation is not wanted in this role".into(),
                };
                Reason::Recurring { why }
            }
            Verb::ClearFailures => Reason::Other {
                words: format_smolstr!("its failures need not be kept: {}", reason()?),
            },
            Verb::LiftLock => Reason::Other { words: "its shutdown lock is over".into() },
            Verb::Delete => Reason::Other { words: "nobody needs its history any more".into() },
            Verb::Start
            | Verb::Stop
            | Verb::Promote
            | Verb::Demote
            | Verb::MigrateTo
            | Verb::MigrateFrom
            | Verb::Reload
            | Verb::Running
            | Verb::Stopped
            | Verb::Promoted
            | Verb::Demoted
            | Verb::Notify
            | Verb::Notice
            | Verb::Point => return None,
        })
    }

    /// A recurring monitor begins with its resource, or because it is not there as configured.
    fn monitor(&self, aid: Aid) -> Option<Reason> {
        let act = &self.acts.acts[aid];
        let rid = act.rid?;
        let begins = [Verb::Start, Verb::Promote, Verb::Demote, Verb::MigrateFrom, Verb::Reload]
            .iter()
            .flat_map(|&verb| self.acts.all(rid, verb))
            .any(|a| self.acts.happens(a));
        let why = if begins {
            "it is repeated from now on, as configured"
        } else {
            "it is configured and not going on"
        };
        Some(Reason::Recurring { why: why.into() })
    }

    /// Causes that lie in the resource itself.
    fn own(
        &self,
        rid: Rid,
        verb: Verb,
        node: Option<Nid>,
        said: Option<&str>,
        company: usize,
    ) -> Option<Origin> {
        let (world, rsc) = (self.world, &self.world.rscs[rid]);
        let next = rsc.next_role.unwrap_or(Role::Stopped);
        let there = rsc.assigned.filter(|_| next > Role::Stopped);
        let ending = matches!(verb, Verb::Stop | Verb::Demote);
        let here = match node.filter(|n| ending && rsc.running_on.contains(n)) {
            Some(nid) => Some(nid),
            None => rsc.running_on.first().copied(),
        };
        if let Some(here) = here.filter(|&n| world.nodes[n].unclean) {
            return Some(Origin::at_once(facts::states(world, here).into_iter().next()?));
        }
        let Some(here) = here else {
            return self.begins(rid, verb);
        };
        if rsc.running_on.len() > 1 && rsc.migration_target.is_none() {
            let nodes = rsc.running_on.iter().map(|&n| world.nodes[n].name.clone()).collect();
            return Some(Origin::at_once(Reason::MultiplyActive { nodes }));
        }
        let Some(there) = there else { return Some(self.ends(rid, here, company)) };
        if !rsc.running_on.contains(&there) {
            return Some(self.leaves(rid, here, there, company));
        }
        match said {
            Some("dangling migration") => return Some(Origin::at_once(Reason::Dangling)),
            Some("resource definition change") => {
                return Some(Origin::at_once(self.definition(rid, node)));
            }
            Some(_) | None => {}
        }
        let redefined = |start: Aid| {
            let start = &self.acts.acts[start];
            start.reason.as_deref() == Some("resource definition change") && !start.optional
        };
        if verb == Verb::Reload || self.acts.all(rid, Verb::Start).into_iter().any(redefined) {
            return Some(Origin::at_once(self.definition(rid, node)));
        }
        if rsc.failed || rsc.stop_required {
            return Some(Origin::at_once(self.failed(rid, here)));
        }
        self.role_change(rid, verb, next, company)
    }

    /// Stopped, and on no node afterwards.
    fn ends(&self, rid: Rid, here: Nid, company: usize) -> Origin {
        let whole = whole::of(self.world, rid);
        if let Some(fact) = whole.into_iter().find(|f| stops(&f.reason)) {
            return Origin::at_once(fact.reason);
        }
        self.barred(rid, here, company).unwrap_or_else(|| {
            if let Some(clone) = self.world.instance_owner(rid)
                && let Some(conf) = self.world.rscs[clone].clone_conf()
            {
                let (clone, limit) = (self.world.rscs[clone].conf_id.clone(), conf.max);
                return Origin::at_once(Reason::CloneEnough { clone, limit });
            }
            Origin::at_once(whole::no_node(self.world, rid))
        })
    }

    /// What keeps it off the node where it is.
    fn barred(&self, rid: Rid, here: Nid, company: usize) -> Option<Origin> {
        let facts = facts::of(self.world, rid, here);
        // What is said of itself comes before what others want of it.
        let distance = |f: &&Fact| match f.reason {
            Reason::WantedBy { .. } => 2,
            Reason::Colocation { .. } | Reason::GroupMember { .. } => 1,
            _ => 0,
        };
        let fact = facts.iter().filter(|f| facts::bars(f)).min_by_key(distance)?.clone();
        if let Reason::WantedBy { by, .. } = &fact.reason
            && let Some(origin) = self.barred_partner(by, here)
        {
            return Some(origin);
        }
        let with = match &fact.reason {
            Reason::Colocation { with, .. } | Reason::GroupMember { with, .. } => with,
            _ => return Some(Origin::at_once(fact.reason)),
        };
        let blocked =
            |f: &&Fact| matches!(f.reason, Reason::Blocked { .. } | Reason::MultiplyActive { .. });
        if let Some(root) = fact.because.iter().find(blocked) {
            let step = format_smolstr!("it must be with {with}, and nothing can be with that now");
            return Some(Origin { path: vec![step], reason: root.reason.clone() });
        }
        // The other went first: whatever moved it moves this one.
        let mut origin = Origin::at_once(fact.reason.clone());
        let first = match (&fact.reason, self.world.rscs[rid].parent) {
            (Reason::GroupMember { .. }, Some(group)) => {
                self.world.rscs[group].children.first().copied()
            }
            _ => None,
        };
        let named = || self.world.by_id.get(with).copied();
        let Some(other) = first.or_else(named) else { return Some(origin) };
        let with = &self.world.rscs[other].id;
        let leaf = self.world.leaves(other).first().copied().unwrap_or(other);
        let moves = !self.world.rscs[leaf].running_on.is_empty()
            && self.world.rscs[leaf].assigned != self.world.rscs[leaf].running_on.first().copied();
        if leaf != rid && moves && company > 0 {
            let further = self.own(leaf, Verb::Stop, None, None, company - 1)?;
            let moves = self.movement(other);
            origin.path.push(format_smolstr!("it must be with {with}, and {moves}"));
            origin.path.extend(further.path);
            origin.reason = further.reason;
        }
        Some(origin)
    }

    /// What keeps the one off that is to be with it.
    fn barred_partner(&self, by: &str, here: Nid) -> Option<Origin> {
        let &other = self.world.by_id.get(by)?;
        let leaf = self.world.leaves(other).first().copied()?;
        let mutual = |f: &Fact| {
            let with = matches!(f.reason, Reason::Colocation { .. } | Reason::GroupMember { .. });
            with || matches!(f.reason, Reason::WantedBy { .. })
        };
        let facts = facts::of(self.world, leaf, here);
        let fact = facts.into_iter().find(|f| facts::bars(f) && !mutual(f))?;
        let step = format_smolstr!("{by}, which must be with it, cannot be there");
        Some(Origin { path: vec![step], reason: fact.reason })
    }

    fn leaves(&self, rid: Rid, here: Nid, there: Nid, company: usize) -> Origin {
        if let Some(origin) = self.barred(rid, here, company) {
            return origin;
        }
        let rsc = &self.world.rscs[rid];
        if rsc.failed {
            return Origin::at_once(self.failed(rid, here));
        }
        match compare::better(self.world, rid, here, there) {
            Some(fact) => Origin::at_once(fact.reason),
            None => Origin::at_once(Reason::NotRunning),
        }
    }

    fn failed(&self, rid: Rid, here: Nid) -> Reason {
        let rsc = &self.world.rscs[rid];
        if let Some(container) = rsc.container.filter(|&c| self.world.rscs[c].failed) {
            return Reason::Container { container: self.world.rscs[container].id.clone() };
        }
        let failure = failure::find(self.world, rid, here)
            .or_else(|| rsc.fillers.iter().find_map(|&f| failure::anywhere(self.world, f)));
        Reason::Failed { failure, consequence: "it must be recovered".into() }
    }

    /// Not active anywhere, and to be.
    fn begins(&self, rid: Rid, verb: Verb) -> Option<Origin> {
        if !matches!(verb, Verb::Start | Verb::Promote) {
            return None;
        }
        let there = self.world.rscs[rid].assigned?;
        // Found dead by its monitor where it was.
        let failure = failure::find(self.world, rid, there)
            .filter(|f| f.operation == "monitor" && f.rc == 7 && f.interval_ms > 0);
        Some(Origin::at_once(match failure {
            Some(failure) => {
                Reason::Failed { failure: Some(failure), consequence: "it must run".into() }
            }
            None => Reason::NotRunning,
        }))
    }

    fn role_change(&self, rid: Rid, verb: Verb, next: Role, company: usize) -> Option<Origin> {
        let (world, rsc) = (self.world, &self.world.rscs[rid]);
        let clone = world.instance_owner(rid)?;
        match verb {
            Verb::Promote if rsc.role != Role::Promoted => {
                let loser = world.leaves(clone).into_iter().find(|&l| {
                    let other = &world.rscs[l];
                    l != rid
                        && other.conf_id == rsc.conf_id
                        && other.role == Role::Promoted
                        && other.next_role != Some(Role::Promoted)
                });
                let Some(loser) = loser.filter(|_| company > 0) else {
                    return Some(Origin::at_once(Reason::NotPromoted));
                };
                let further =
                    self.own(loser, Verb::Demote, None, None, company.saturating_sub(1))?;
                let mut path = vec![self.movement(loser)];
                path.extend(further.path);
                Some(Origin { path, reason: further.reason })
            }
            Verb::Demote if next != Role::Promoted => {
                let whole = whole::of(world, rid);
                let said = whole.into_iter().find(|f| demotes(&f.reason)).map(|f| f.reason);
                let score = || promotion::total(world, clone, rid).unwrap_or(-crate::score::INF);
                let lost = || {
                    let words = format_smolstr!("promotion score {}", crate::score::text(score()));
                    promotion::better(world, clone, rid).unwrap_or(Reason::Other { words })
                };
                Some(Origin::at_once(said.unwrap_or_else(lost)))
            }
            _ => None,
        }
    }

    fn definition(&self, rid: Rid, node: Option<Nid>) -> Reason {
        let changes = definition::changes(self.world, self.before, rid, node);
        let rsc = &self.world.rscs[rid];
        Reason::Definition { resource: rsc.conf_id.clone(), changes }
    }

    fn fallback(&self, aid: Aid) -> Reason {
        let act = &self.acts.acts[aid];
        let primitive = act.rid.is_some_and(|r| self.world.rscs[r].is_primitive());
        match (&act.reason, act.verb) {
            (Some(words), _) => Reason::Other { words: words.as_str().into() },
            (None, Verb::Promote) if primitive => Reason::NotPromoted,
            (None, Verb::Start) if primitive => Reason::NotRunning,
            (None, _) => Reason::Other { words: "the plan needs it".into() },
        }
    }

    /// A step back, in words.
    fn step(&self, aid: Aid) -> Option<Text> {
        let act = &self.acts.acts[aid];
        match (act.rid, act.verb) {
            (None, Verb::Fence) => None,
            (None, _) => None,
            (Some(rid), _) => Some(self.movement(rid)),
        }
    }
}

/// What stops a resource wherever it is.
pub(super) fn stops(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::Removed
            | Reason::Disabled { .. }
            | Reason::StopAll
            | Reason::Ticket { .. }
            | Reason::Failed { .. }
            | Reason::NoQuorum { .. }
    )
}

/// What takes the promoted role away.
fn demotes(reason: &Reason) -> bool {
    stops(reason) || matches!(reason, Reason::NotToPromote { .. })
}
