//! Stage 6a: for each resource the actions that bring it from where it is to where it should be.

mod collective;
mod primitive;

use crate::actions::{Act, Actions, Aid, Verb, blank};
use crate::model::{Kind, Nid, NodeSort, Requires, Rid, World};
use crate::options::NoQuorum;

pub(crate) use collective::{least_points, one_after_other};

/// Makes the actions of everything.
pub(crate) fn run(world: &mut World<'_>, acts: &mut Actions) {
    for rid in world.top.clone() {
        resource(world, acts, rid);
    }
}

fn resource(world: &mut World<'_>, acts: &mut Actions, rid: Rid) {
    match world.rscs[rid].kind.clone() {
        Kind::Primitive => primitive::primitive(world, acts, rid),
        Kind::Group { ordered, .. } => {
            for child in world.rscs[rid].children.clone() {
                resource(world, acts, child);
            }
            collective::group(world, acts, rid, ordered);
        }
        Kind::Clone(conf) => {
            for child in world.rscs[rid].children.clone() {
                resource(world, acts, child);
            }
            collective::clone(world, acts, rid, conf.promotable);
            if world.rscs[rid].notify {
                crate::notify::create(world, acts, rid);
            }
        }
        Kind::Bundle(_) => crate::bundle::actions(world, acts, rid),
    }
}

pub(crate) fn resource_actions(world: &mut World<'_>, acts: &mut Actions, rid: Rid) {
    resource(world, acts, rid);
}

/// Whether what a node ran is known to be gone or can be made so.
pub(crate) fn can_fence(world: &World<'_>, nid: Nid) -> bool {
    let node = &world.nodes[nid];
    if node.sort == NodeSort::Guest {
        return true;
    }
    if !world.opts.fencing {
        return false;
    }
    world.quorum
        || world.opts.no_quorum == NoQuorum::Ignore
        || node.online
        || (node.sort == NodeSort::Remote && world.opts.fence_remote_without_quorum)
}

/// Makes (or finds) an action of a primitive.
pub(crate) fn act(
    world: &mut World<'_>,
    acts: &mut Actions,
    rid: Rid,
    verb: Verb,
    node: Option<Nid>,
    optional: bool,
) -> Aid {
    if let Some(aid) = acts.find(rid, verb, node) {
        let act = &mut acts.acts[aid];
        act.optional &= optional;
        act.runnable &= act.optional || !act.fixed;
        return aid;
    }
    let mut act = blank(Some(rid), verb, node);
    act.optional = optional;
    act.priority = world.rscs[rid].priority;
    act.fixed = !world.rscs[rid].managed
        && matches!(verb, Verb::Start | Verb::Stop | Verb::Promote | Verb::Demote);
    judge(world, &mut act, rid);
    // Whatever would have to be done: what is not managed is not touched.
    act.runnable &= optional || !act.fixed;
    // What ends with its node can be done after all, by fencing.
    act.never = !act.runnable && matches!(verb, Verb::Start | Verb::Promote);
    let aid = acts.add(act);
    if let Some(nid) = node {
        acts.of_node.entry(nid).or_default().push(aid);
    }
    aid
}

/// Whether an action can be carried out at all, as far as its node and quorum say.
fn judge(world: &mut World<'_>, act: &mut Act, rid: Rid) {
    let Some(nid) = act.node else {
        act.runnable = false;
        return;
    };
    let node = &world.nodes[nid];
    let rsc = &world.rscs[rid];
    if !node.online {
        // On a node that is off nothing can be done, but what runs there can be ended by
        // fencing; see `fence`.
        act.runnable = false;
        if act.verb == Verb::Stop && rsc.managed && node.unclean {
            act.reason = None;
        }
        return;
    }
    if node.pending || (act.verb != Verb::Start && out_of_reach(world, nid)) {
        act.runnable = false;
        return;
    }
    if act.verb == Verb::Stop
        || act.verb == Verb::Demote
        || act.verb == Verb::Cancel
        || act.verb == Verb::Delete
        || act.verb == Verb::ClearFailures
    {
        return;
    }
    if rsc.meta.requires == Requires::Nothing {
        return;
    }
    if !world.quorum {
        match world.opts.no_quorum {
            NoQuorum::Stop | NoQuorum::Fence => {
                act.runnable = false;
                act.reason = Some("no quorum".into());
                act.why_blocked = true;
            }
            NoQuorum::Freeze => {
                // Nothing is begun; what runs is not stopped for a promotion that cannot be.
                let more = act.verb != Verb::Start && rsc.next_role.is_some_and(|r| r > rsc.role);
                if rsc.running_on.is_empty() || more {
                    act.runnable = false;
                    act.reason = Some("quorum freeze".into());
                    act.why_blocked = true;
                }
            }
            NoQuorum::Demote if !(rsc.promotable && rsc.is_active()) => {
                act.runnable = false;
                act.reason = Some("no quorum".into());
                act.why_blocked = true;
            }
            NoQuorum::Ignore | NoQuorum::Demote => {}
        }
    }
}

/// Whether a guest lives on a host that can neither be asked nor fenced.
fn out_of_reach(world: &World<'_>, nid: Nid) -> bool {
    let Some(container) = world.nodes[nid].container else { return false };
    let hosts = &world.rscs[container].running_on;
    hosts.first().is_some_and(|&h| world.nodes[h].unclean && !can_fence(world, h))
}
