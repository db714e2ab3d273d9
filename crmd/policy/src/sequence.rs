//! In which order the graph lists what happens.
//!
//! A graph is executed in passes over its actions, so the order in which they are listed is the
//! order of the report. It is that of Pacemaker, as far as its recorded graphs show it: resource
//! by resource, within each what came up last first, and at the end what belongs to no resource.

use crate::actions::{Actions, Aid, Verb};
use crate::model::{Kind, Rid, World};

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

    /// The actions of a resource itself, the latest first. What it was watched with so far came
    /// up before all else.
    fn own(&mut self, rid: Rid) {
        let Some(own) = self.acts.of_rsc.get(rid) else { return };
        let mut own = own.clone();
        own.sort_by_key(|&aid| std::cmp::Reverse((self.rank(rid, aid), aid)));
        own.into_iter().for_each(|aid| self.add(aid));
    }

    fn rank(&self, rid: Rid, aid: Aid) -> u8 {
        let act = &self.acts.acts[aid];
        let watched = act.verb == Verb::Monitor
            && act.interval > 0
            && act.node.is_some_and(|nid| {
                self.world.active_ops.get(&(rid, nid)).is_some_and(|ops| {
                    ops.iter().any(|(name, interval)| *name == act.name && *interval == act.interval)
                })
            });
        u8::from(!watched)
    }
}
