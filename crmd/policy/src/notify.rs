//! Notifications: instances of a clone are told before and after what happens to any of them.

use rota_cib::Text;
use rota_cib::constraint::Role;
use smol_str::format_smolstr;

use crate::actions::{Actions, Aid, Extra, Verb, blank, edge};
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

/// Tells one instance before and after.
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
    let mut now: Vec<Nid> = Vec::new();
    if rsc.role > Role::Stopped {
        now = rsc.running_on.clone();
        now.retain(|&n| world.nodes[n].online && !world.nodes[n].unclean);
    }
    let later = rsc
        .assigned
        .filter(|&n| rsc.next_role.is_some_and(|r| r > Role::Stopped) && !world.nodes[n].unclean);
    let stays = later.filter(|n| now.contains(n));
    let (before, after) = match verb {
        Verb::Demote => (now.clone(), now),
        Verb::Stop => (now, Vec::from_iter(stays)),
        Verb::Start => (Vec::from_iter(stays), Vec::from_iter(later)),
        _ => (Vec::from_iter(later), Vec::from_iter(later)),
    };
    for nid in before {
        message(world, acts, leaf, nid, "pre", verb, all, pre);
    }
    for nid in after {
        let told = message(world, acts, leaf, nid, "post", verb, all, post);
        let start = acts.find(leaf, Verb::Start, Some(nid));
        if let (Some(told), Some(start)) = (told, start)
            && verb == Verb::Start
        {
            acts.order(start, told, edge::NEEDS | edge::QUIET);
        }
    }
}

/// Whoever is down between its stop and its start is not told what happens meanwhile.
pub(crate) fn hush(world: &World<'_>, acts: &mut Actions) {
    for (rid, rsc) in world.rscs.iter().enumerate() {
        if !rsc.notify || !rsc.is_primitive() {
            continue;
        }
        for aid in acts.all(rid, Verb::Notify) {
            let node = acts.acts[aid].node;
            let meanwhile =
                matches!(acts.acts[aid].name.as_str(), "post_notify_stopped" | "pre_notify_start");
            let restarts = acts.find(rid, Verb::Stop, node).is_some_and(|s| !acts.acts[s].optional);
            if meanwhile && restarts {
                acts.acts[aid].optional = true;
            }
        }
    }
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
) -> Option<Aid> {
    let what = if stage == "pre" { verb.name() } else { verb.done().map_or("", Verb::name) };
    let name: Text = format_smolstr!("{stage}_notify_{}", verb.name());
    let known = acts.of_rsc.get(leaf).is_some_and(|list| {
        list.iter().any(|&a| {
            let act = &acts.acts[a];
            act.verb == Verb::Notify && act.name == name && act.node == Some(nid)
        })
    });
    if known {
        return None;
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
    Some(aid)
}
