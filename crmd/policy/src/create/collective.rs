//! Groups and clones: the points that stand for what their members or instances do.

use crate::actions::{Actions, Aid, Collect, Verb, blank, edge};
use crate::model::{Rid, World};

/// A pseudo action that stands for those of the members, with the one that follows it.
fn collective(
    world: &World<'_>,
    acts: &mut Actions,
    rid: Rid,
    verb: Verb,
    collect: Collect,
) -> (Aid, Aid) {
    let mut all = blank(Some(rid), verb, None);
    all.pseudo = true;
    all.collect = collect;
    let aid = acts.add(all);
    for &child in &world.rscs[rid].children {
        let members = acts.all(child, verb);
        if members.is_empty() {
            let missing = verb == Verb::Start
                && collect == Collect::All
                && world.rscs[child].assigned.is_none();
            if missing {
                // A member without a node: the group as a whole cannot start.
                let mut none = blank(Some(child), verb, None);
                none.runnable = false;
                let none = acts.add(none);
                acts.join(aid, none);
            }
        }
        for member in members {
            acts.join(aid, member);
        }
    }
    let done_verb = verb.done().unwrap_or(Verb::Point);
    let mut done = blank(Some(rid), done_verb, None);
    done.pseudo = true;
    done.mirrors = Some(aid);
    let done = acts.add(done);
    acts.acts[aid].mirrored.push(done);
    for member in acts.acts[aid].members.clone() {
        acts.order(aid, member, edge::ORDER);
        acts.order(member, done, edge::ORDER);
        // Instances that are groups: what follows their own completion.
        let inner = acts.acts[member].mirrored.clone();
        for i in inner {
            acts.order(i, done, edge::ORDER);
        }
    }
    if verb != Verb::Promote {
        acts.order(aid, done, edge::ORDER);
    }
    (aid, done)
}

pub(super) fn group(world: &World<'_>, acts: &mut Actions, rid: Rid, ordered: bool) {
    let (start, running) = collective(world, acts, rid, Verb::Start, Collect::All);
    let (stop, stopped) = collective(world, acts, rid, Verb::Stop, Collect::All);
    acts.order(stopped, start, edge::ORDER);
    let promotable = world.rscs[rid].promotable;
    if promotable {
        let (promote, _) = collective(world, acts, rid, Verb::Promote, Collect::All);
        let (_, demoted) = collective(world, acts, rid, Verb::Demote, Collect::All);
        acts.order(running, promote, edge::ORDER);
        acts.order(demoted, stop, edge::ORDER);
    }
    if !ordered {
        return;
    }
    let members = world.rscs[rid].children.clone();
    for two in members.windows(2) {
        chain(acts, two[0], two[1], Verb::Start, edge::NEEDS | edge::FORCES);
        chain(acts, two[1], two[0], Verb::Stop, edge::WANTS);
        // On a restart the later ones are down before the earlier ones come up.
        for a in acts.all(two[1], Verb::Stop) {
            for b in acts.all(two[0], Verb::Start) {
                acts.order(a, b, edge::IF_ABLE);
            }
        }
        chain(acts, two[0], two[1], Verb::Promote, edge::NEEDS | edge::FORCES);
        chain(acts, two[1], two[0], Verb::Demote, edge::WANTS);
    }
    // Inactive members in between do not cut the chain of stops, but what cannot be stopped
    // beyond them holds up nothing.
    for (i, &later) in members.iter().enumerate() {
        for &earlier in &members[..i] {
            if i > 0 && members[i - 1] != earlier {
                let between_idle = members[..i]
                    .iter()
                    .skip_while(|&&m| m != earlier)
                    .skip(1)
                    .all(|&m| acts.all(m, Verb::Stop).is_empty());
                if between_idle {
                    chain(acts, later, earlier, Verb::Stop, edge::ORDER);
                }
            }
        }
    }
}

fn chain(acts: &mut Actions, first: Rid, then: Rid, verb: Verb, kind: u16) {
    for a in acts.all(first, verb) {
        for b in acts.all(then, verb) {
            acts.order(a, b, kind);
        }
    }
}

pub(super) fn clone(world: &World<'_>, acts: &mut Actions, rid: Rid, promotable: bool) {
    let (start, running) = collective(world, acts, rid, Verb::Start, Collect::Least(0));
    let (stop, stopped) = collective(world, acts, rid, Verb::Stop, Collect::Least(0));
    acts.order(stopped, start, edge::ORDER);
    if promotable {
        let (promote, _) = collective(world, acts, rid, Verb::Promote, Collect::Least(0));
        let (_, demoted) = collective(world, acts, rid, Verb::Demote, Collect::Least(0));
        acts.order(running, promote, edge::ORDER);
        acts.order(stopped, promote, edge::ORDER);
        acts.order(demoted, promote, edge::ORDER);
        acts.order(demoted, start, edge::ORDER);
        acts.order(demoted, stop, edge::ORDER);
    }
}

/// Instances of clones with `ordered` start one after the other and stop the other way round;
/// those that have nothing to do are passed over, so it must be known who has.
pub(crate) fn one_after_other(world: &World<'_>, acts: &mut Actions) {
    for rid in 0..world.rscs.len() {
        if !world.rscs[rid].clone_conf().is_some_and(|c| c.ordered) {
            continue;
        }
        let forward = world.rscs[rid].children.clone();
        let backward: Vec<Rid> = forward.iter().rev().copied().collect();
        let promoting = forward.clone();
        for (verb, order) in
            [(Verb::Start, forward), (Verb::Stop, backward), (Verb::Promote, promoting)]
        {
            let busy: Vec<Rid> = order
                .into_iter()
                .filter(|&r| acts.all(r, verb).iter().any(|&a| acts.happens(a)))
                .collect();
            for two in busy.windows(2) {
                for first in completed(world, acts, two[0], verb) {
                    for then in acts.all(two[1], verb) {
                        acts.order(first, then, edge::ORDER);
                    }
                }
            }
        }
    }
}

/// The actions that say that a resource is done with something: its own, or the point that
/// follows those of its members.
fn completed(world: &World<'_>, acts: &Actions, rid: Rid, verb: Verb) -> Vec<Aid> {
    match verb.done() {
        Some(done) if !world.rscs[rid].is_primitive() => acts.all(rid, done),
        Some(_) | None => acts.all(rid, verb),
    }
}

/// Where others are ordered after enough instances of a clone (`clone-min`), a stop of any is
/// followed by the point at which the clone is up again, even if none is started.
pub(crate) fn least_points(world: &World<'_>, acts: &mut Actions) {
    for order in &world.constraints.orders {
        let rid = order.first;
        let least = world.rscs[rid].clone_conf().is_some_and(|c| c.min > 0);
        let counts = order.kind == rota_cib::constraint::OrderKind::Mandatory;
        if !least || !counts || order.first_action != "start" {
            continue;
        }
        let stops = acts.all(rid, Verb::Stop).iter().any(|&a| !acts.acts[a].optional);
        let stay = acts
            .all(rid, Verb::Start)
            .iter()
            .any(|&a| acts.acts[a].members.iter().any(|&m| acts.acts[m].runnable));
        if stops && stay {
            for aid in acts.all(rid, Verb::Start).into_iter().chain(acts.all(rid, Verb::Running)) {
                acts.acts[aid].always = true;
                acts.acts[aid].runnable = true;
            }
        }
    }
}
