//! Notifications: instances of a clone are told before and after what happens to any of them.

use rota_cib::Text;
use rota_cib::constraint::Role;
use smol_str::format_smolstr;

use crate::actions::{Actions, Aid, Collect, Extra, Verb, blank, edge};
use crate::model::{Nid, Rid, World};

/// Adds the notifications of one clone around its collective actions.
pub(crate) fn create(world: &World<'_>, acts: &mut Actions, clone: Rid) {
    let mut ends: Vec<(Verb, Aid, Aid)> = Vec::new();
    let mut verbs = vec![Verb::Stop, Verb::Start];
    if world.rscs[clone].promotable {
        verbs = vec![Verb::Demote, Verb::Stop, Verb::Start, Verb::Promote];
    }
    for verb in verbs {
        let Some(&all) = acts.all(clone, verb).first() else { continue };
        let Some(done_verb) = verb.done() else { continue };
        let Some(&done) = acts.all(clone, done_verb).first() else { continue };
        let pre = notice(world, acts, clone, "pre_notify", verb.name(), all);
        let pre_done = notice(world, acts, clone, "confirmed-pre_notify", verb.name(), all);
        let post = notice(world, acts, clone, "post_notify", done_verb.name(), all);
        let post_done = notice(world, acts, clone, "confirmed-post_notify", done_verb.name(), all);
        acts.order(pre, pre_done, edge::ORDER);
        acts.order(pre_done, all, edge::ORDER);
        acts.order(done, post, edge::ORDER);
        acts.order(post, post_done, edge::ORDER);
        for leaf in world.leaves(clone) {
            tell(world, acts, leaf, verb, all, (pre, pre_done), (post, post_done));
        }
        ends.push((verb, pre, post_done));
    }
    // What watches the instances begins when all have been told.
    for &(_, _, over) in &ends {
        for leaf in world.leaves(clone) {
            for watch in acts.all(leaf, Verb::Monitor) {
                if acts.acts[watch].interval > 0 {
                    acts.order(over, watch, edge::ORDER);
                }
            }
        }
    }
    // One round of notifications is over before the next begins.
    for (i, &(_, _, over)) in ends.iter().enumerate() {
        for &(_, pre, _) in &ends[i + 1..] {
            acts.order(over, pre, edge::ORDER);
        }
    }
}

/// A point of the notification protocol that shares the fate of the collective action.
fn notice(
    world: &World<'_>,
    acts: &mut Actions,
    clone: Rid,
    stage: &str,
    what: &str,
    all: Aid,
) -> Aid {
    let mut act = blank(Some(clone), Verb::Notice, None);
    act.name = format_smolstr!("{stage}_{what}");
    act.pseudo = true;
    act.mirrors = Some(all);
    let name = act.name.clone();
    let aid = acts.add(act);
    acts.acts[all].mirrored.push(aid);
    acts.named.insert(format_smolstr!("{}_{name}_0", world.rscs[clone].id), aid);
    aid
}

/// Tells one instance before and after, wherever it is or will be; which of these are sent
/// shows once it is settled what happens, see [`settle`].
fn tell(
    world: &World<'_>,
    acts: &mut Actions,
    leaf: Rid,
    verb: Verb,
    all: Aid,
    pre: (Aid, Aid),
    post: (Aid, Aid),
) {
    let rsc = &world.rscs[leaf];
    // What is not managed is told nothing, either.
    if !rsc.managed {
        return;
    }
    let mut places: Vec<Nid> = Vec::new();
    if rsc.role > Role::Stopped {
        places.extend(&rsc.running_on);
    }
    if rsc.next_role.is_some_and(|r| r > Role::Stopped) {
        places.extend(rsc.assigned.filter(|n| !rsc.running_on.contains(n)));
    }
    for nid in places {
        if hears_on(world, nid) {
            message(world, acts, leaf, nid, "pre", verb, all, pre);
            message(world, acts, leaf, nid, "post", verb, all, post);
        }
    }
}

/// Whether a message can be sent to a node: not to one that is lost or still joining.
fn hears_on(world: &World<'_>, nid: Nid) -> bool {
    let node = &world.nodes[nid];
    node.online && !node.unclean && !node.pending
}

/// The peers of an instance that ends with its node hear of it only after the fencing; that much
/// also where not the clone, but only what is in it asks for notifications.
pub(crate) fn fenced(world: &World<'_>, acts: &mut Actions, instance: Rid, fence: Aid) {
    let owner = world.instance_owner(instance);
    let Some(clone) = owner.filter(|&o| world.rscs[o].is_clone()) else { return };
    let name = &world.rscs[instance].history_id;
    let gone = acts.point(format_smolstr!("{name}_post_notify_stop_0"), None);
    let told = acts.point(format_smolstr!("{name}_notified_0"), None);
    acts.acts[gone].optional = false;
    acts.acts[told].optional = false;
    acts.order(fence, gone, edge::ORDER);
    acts.order(gone, told, edge::ORDER);
    for leaf in world.leaves(clone) {
        if !world.rscs[clone].notify
            && let Some(&stop) = acts.all(instance, Verb::Stop).first()
        {
            for nid in world.rscs[leaf].running_on.clone() {
                if hears_on(world, nid) {
                    message(world, acts, leaf, nid, "post", Verb::Stop, stop, (gone, told));
                }
            }
        }
        for aid in acts.of_rsc[leaf].clone() {
            let act = &acts.acts[aid];
            match act.verb {
                Verb::Notify if act.name == "post_notify_stop" => {
                    acts.order(gone, aid, edge::ORDER);
                    acts.order(aid, told, edge::ORDER);
                }
                Verb::Monitor if act.interval > 0 => acts.order(told, aid, edge::ORDER),
                _ => {}
            }
        }
    }
}

/// Drops messages about what does not happen, and those to instances that are not there to
/// hear them.
pub(crate) fn settle(world: &World<'_>, acts: &mut Actions) {
    for aid in 0..acts.acts.len() {
        let act = &acts.acts[aid];
        let (Verb::Notify, Some(leaf), Some(nid), Some(all)) =
            (act.verb, act.rid, act.node, act.mirrors)
        else {
            continue;
        };
        let there = hears(world, acts, leaf, nid, act.name.starts_with("pre"), acts.acts[all].verb);
        if !there || world.nodes[nid].unclean || !any_happens(acts, all) {
            acts.acts[aid].runnable = false;
        }
    }
}

/// Whether an instance is active on a node when a message comes. What stops there hears no
/// more of stops; what starts there hears of starts once they are done.
fn hears(world: &World<'_>, acts: &Actions, leaf: Rid, nid: Nid, pre: bool, verb: Verb) -> bool {
    let rsc = &world.rscs[leaf];
    let now = rsc.role > Role::Stopped && rsc.running_on.contains(&nid);
    let stops = acts.find(leaf, Verb::Stop, Some(nid)).is_some_and(|s| !acts.acts[s].optional);
    let starts = acts.find(leaf, Verb::Start, Some(nid)).is_some_and(|s| acts.happens(s));
    let stays = now && !stops;
    match (verb, pre) {
        (Verb::Demote, _) | (Verb::Stop, true) => now,
        (Verb::Stop, false) | (Verb::Start, true) => stays,
        (_, _) => stays || starts,
    }
}

/// Whether anything that a collective action stands for is really done.
fn any_happens(acts: &Actions, all: Aid) -> bool {
    if acts.acts[all].collect == Collect::No {
        return acts.happens(all);
    }
    acts.acts[all].members.iter().any(|&member| {
        if acts.acts[member].members.is_empty() {
            acts.happens(member)
        } else {
            any_happens(acts, member)
        }
    })
}

#[expect(clippy::too_many_arguments, reason = "the parts of a message")]
fn message(
    world: &World<'_>,
    acts: &mut Actions,
    leaf: Rid,
    nid: Nid,
    stage: &str,
    verb: Verb,
    all: Aid,
    between: (Aid, Aid),
) {
    let what = if stage == "pre" { verb.name() } else { verb.done().map_or("", Verb::name) };
    let name: Text = format_smolstr!("{stage}_notify_{}", verb.name());
    let known = acts.of_rsc.get(leaf).is_some_and(|list| {
        list.iter().any(|&a| {
            let act = &acts.acts[a];
            act.verb == Verb::Notify && act.name == name && act.node == Some(nid)
        })
    });
    if known {
        return;
    }
    let mut act = blank(Some(leaf), Verb::Notify, Some(nid));
    act.name = name;
    act.priority = world.rscs[leaf].priority;
    act.mirrors = Some(all);
    act.extra = Some(Box::new(Extra {
        meta: vec![
            ("CRM_meta_notify_type".into(), stage.into()),
            ("CRM_meta_notify_operation".into(), verb.name().into()),
            ("CRM_meta_notify_key_type".into(), stage.into()),
            ("CRM_meta_notify_key_operation".into(), what.into()),
        ],
        ..Extra::default()
    }));
    let aid = acts.add(act);
    acts.acts[all].mirrored.push(aid);
    acts.of_node.entry(nid).or_default().push(aid);
    acts.order(between.0, aid, edge::ORDER);
    acts.order(aid, between.1, edge::ORDER);
}
