//! In which order the graph lists what happens.
//!
//! A graph is executed in passes over its actions, so the order in which they are listed is the
//! order of the report. It is that of Pacemaker, as far as its recorded graphs show it: resource
//! by resource, within each what came up last first, and at the end what belongs to no resource.

use crate::actions::{Actions, Aid, Verb};
use crate::model::{Kind, Nid, Rid, World};

/// What happens, as the graph lists it.
pub(crate) fn sequence(world: &World<'_>, acts: &Actions) -> Vec<Aid> {
    let mut list = List { world, acts, order: Vec::new(), listed: vec![false; acts.acts.len()] };
    for &rid in &world.top {
        list.resource(rid);
    }
    for aid in (0..acts.acts.len()).rev() {
        list.add(aid);
    }
    list.order
}

struct List<'w, 'c> {
    world: &'w World<'c>,
    acts: &'w Actions,
    order: Vec<Aid>,
    listed: Vec<bool>,
}

impl List<'_, '_> {
    fn add(&mut self, aid: Aid) {
        if self.acts.happens(aid) && !std::mem::replace(&mut self.listed[aid], true) {
            self.order.push(aid);
        }
    }

    /// A resource with all that is in it: a group before its members, a clone after its
    /// instances, of a bundle first what runs inside.
    fn resource(&mut self, rid: Rid) {
        let children = self.world.rscs[rid].children.clone();
        match &self.world.rscs[rid].kind {
            Kind::Primitive => self.own(rid),
            Kind::Group { .. } => {
                self.own(rid);
                children.into_iter().for_each(|child| self.resource(child));
            }
            Kind::Clone(_) => {
                let children = self.instances(rid);
                children.into_iter().for_each(|child| self.resource(child));
                self.own(rid);
            }
            // Where a bundle as a whole begins and ends belongs to no resource.
            Kind::Bundle(conf) => {
                conf.clone.into_iter().for_each(|clone| self.resource(clone));
                for r in &conf.replicas {
                    let parts = [r.ip, Some(r.container), r.remote];
                    parts.into_iter().flatten().for_each(|part| self.resource(part));
                }
            }
        }
    }

    /// The instances of a clone: by their numbers if they were looked for, as is done for all
    /// but what bundles run; otherwise as they chose their nodes.
    fn instances(&self, clone: Rid) -> Vec<Rid> {
        let rsc = &self.world.rscs[clone];
        let inside = rsc.parent.is_some();
        match self.world.ranked.get(&clone) {
            Some(ranked) if inside || !self.world.opts.startup_probes => ranked.clone(),
            _ => rsc.children.clone(),
        }
    }

    /// The actions of a resource itself, the latest first.
    fn own(&mut self, rid: Rid) {
        let Some(own) = self.acts.of_rsc.get(rid) else { return };
        let mut own = own.clone();
        own.sort_by_key(|&aid| std::cmp::Reverse((self.stage(rid, aid), aid)));
        own.into_iter().for_each(|aid| self.add(aid));
    }

    /// The step of planning in which Pacemaker comes upon an action.
    fn stage(&self, rid: Rid, aid: Aid) -> Stage {
        let (rsc, act) = (&self.world.rscs[rid], &self.acts.acts[aid]);
        let checked = aid < self.acts.checked;
        match act.verb {
            _ if !rsc.is_primitive() => Stage::Whole,
            Verb::LiftLock => Stage::History,
            Verb::ClearFailures if !self.anew(rid) => Stage::History,
            Verb::Stop if !checked && self.failed_on(rid, act.node) => Stage::History,
            Verb::Cancel => Stage::Watched,
            Verb::Monitor if act.interval > 0 && self.watched(rid, aid) => Stage::Watched,
            Verb::Reload => Stage::Definition,
            Verb::Start | Verb::Stop if checked => Stage::Definition,
            Verb::ClearFailures | Verb::Delete => Stage::Forget,
            Verb::Monitor if act.interval == 0 => Stage::Probe,
            Verb::Demote => Stage::Demote,
            Verb::Stop => Stage::Stop,
            Verb::Start => Stage::Start,
            Verb::Promote => Stage::Promote,
            Verb::Monitor => Stage::Watch,
            Verb::MigrateTo => Stage::Push,
            Verb::MigrateFrom => Stage::Pull,
            Verb::Running
            | Verb::Stopped
            | Verb::Promoted
            | Verb::Demoted
            | Verb::Notify
            | Verb::Notice
            | Verb::Shutdown
            | Verb::Fence
            | Verb::Point => Stage::Whole,
        }
    }

    /// Whether a definition that changed asks for a new start of a resource.
    fn anew(&self, rid: Rid) -> bool {
        self.acts.of_rsc[rid].iter().any(|&aid| {
            aid < self.acts.checked && self.acts.acts[aid].verb == Verb::Start
                || self.acts.acts[aid].verb == Verb::Reload
        })
    }

    /// Whether the history of a node already calls for a stop there.
    fn failed_on(&self, rid: Rid, node: Option<Nid>) -> bool {
        let rsc = &self.world.rscs[rid];
        rsc.stop_required && node.is_some_and(|nid| rsc.running_on.contains(&nid))
    }

    /// Whether a recurring operation is one that runs already.
    fn watched(&self, rid: Rid, aid: Aid) -> bool {
        let act = &self.acts.acts[aid];
        let Some(nid) = act.node else { return false };
        let world = self.world;
        let known = [&world.active_ops, &world.watched_ops];
        known
            .iter()
            .filter_map(|ops| ops.get(&(rid, nid)))
            .flatten()
            .any(|(name, interval)| *name == act.name && *interval == act.interval)
    }
}

/// What comes up when, in the order of Pacemaker's planning.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// While the history is read.
    History,
    /// While it is compared with the configuration: what watches a resource, then what must be
    /// started anew, then what must be forgotten.
    Watched,
    Definition,
    Forget,
    Probe,
    /// From one role to another.
    Demote,
    Stop,
    Start,
    Promote,
    Watch,
    Push,
    Pull,
    /// What stands for several actions, and notifications.
    Whole,
}
