//! The actions of one primitive and their order among each other.

use rota_cib::constraint::Role;

use super::act;
use crate::actions::{Actions, Verb, edge};
use crate::model::{Multiple, Nid, Requires, Rid, World};

pub(super) fn primitive(world: &mut World<'_>, acts: &mut Actions, rid: Rid) {
    let chosen = world.rscs[rid].assigned;
    let next = world.rscs[rid].next_role.unwrap_or(Role::Stopped);
    for nid in world.rscs[rid].dangling.clone() {
        let stop = act(world, acts, rid, Verb::Stop, Some(nid), false);
        if acts.acts[stop].reason.is_none() {
            acts.acts[stop].reason = Some("dangling migration".into());
        }
    }
    let places = world.rscs[rid].running_on.clone();
    let partial = continue_migration(world, rid, chosen, &places);
    let current = match partial {
        Some((source, _)) => Some(source),
        None => {
            // Of several places the one where it should be counts as where it is.
            chosen.filter(|c| places.contains(c)).or_else(|| places.first().copied())
        }
    };
    let mut need_stop = world.rscs[rid].stop_required && current.is_some();
    let mut moving = false;
    let mut stop_others = false;
    // What needs no proof of fencing may run elsewhere before a node is off.
    let proof = matches!(world.rscs[rid].meta.requires, Requires::Fencing | Requires::Unfencing);
    let counts = |n: &&Nid| proof || (world.nodes[**n].online && !world.nodes[**n].unclean);
    let managed = world.rscs[rid].managed;
    if managed && places.iter().filter(counts).count() > 1 && partial.is_none() {
        match world.rscs[rid].meta.multiple {
            Multiple::StopUnexpected if chosen.is_some_and(|c| places.contains(&c)) => {
                // What is not managed is left where it is, even twice.
                stop_others = world.rscs[rid].managed;
                need_stop |= !stop_others;
            }
            Multiple::StopUnexpected => need_stop = true,
            Multiple::StopStart | Multiple::StopOnly | Multiple::Block => need_stop = true,
        }
    }
    if let (Some(here), Some(there)) = (current, chosen)
        && here != there
        && next > Role::Stopped
    {
        moving = true;
        need_stop = true;
    }
    if world.rscs[rid].failed && current.is_some() && world.rscs[rid].stop_required {
        need_stop = true;
    }
    if world.rscs[rid].blocked {
        need_stop = true;
    }
    if let Some(there) = chosen
        && next > Role::Stopped
    {
        let start = act(world, acts, rid, Verb::Start, Some(there), true);
        if !acts.acts[start].optional {
            need_stop = true;
        }
        if world.rscs[rid].start_pending && Some(there) == current && world.rscs[rid].managed {
            // Under way already; it is not stopped for that.
            acts.acts[start].always = true;
        }
    }
    let role = world.rscs[rid].role;
    // A start that is under way is not stopped for that alone.
    let under_way = world.rscs[rid].start_pending
        && places.len() == 1
        && !moving
        && !world.rscs[rid].stop_required;
    if role > Role::Stopped && !places.is_empty() {
        if stop_others && next > Role::Stopped {
            only_stray(world, acts, rid, &places, chosen);
        } else if need_stop && !under_way {
            // Where a migration goes on to it is not stopped.
            let leaving: Vec<Nid> = match partial {
                Some((_, target)) => places.iter().copied().filter(|&n| n != target).collect(),
                None => places.clone(),
            };
            down(world, acts, rid, &leaving, false, current);
            // What cannot be stopped is not started again either.
            if next > Role::Stopped && !world.rscs[rid].blocked {
                up(world, acts, rid, chosen, Role::Stopped, next, false);
            }
        } else {
            steady(world, acts, rid, &places, role, next, chosen);
        }
    } else if next > Role::Stopped {
        up(world, acts, rid, chosen, Role::Stopped, next, false);
    }
    if moving || partial.is_some() {
        crate::migrate::consider(world, acts, rid, current, chosen, partial.is_some(), next);
    }
    inside(world, acts, rid);
    crate::recurring::create(world, acts, rid);
}

/// A migration that is under way goes on if its target is still the best place.
fn continue_migration(
    world: &World<'_>,
    rid: Rid,
    chosen: Option<Nid>,
    places: &[Nid],
) -> Option<(Nid, Nid)> {
    let rsc = &world.rscs[rid];
    let (source, target) = (rsc.migration_source?, rsc.migration_target?);
    (chosen == Some(target)
        && places.len() == 2
        && places.contains(&source)
        && places.contains(&target)
        && rsc.meta.allow_migrate
        && rsc.next_role.is_some_and(|r| r > Role::Stopped))
    .then_some((source, target))
}

/// Of several places all but the chosen one are stopped. What depends on it starts anew, as
/// after a restart, though it is not touched itself (`multiple-active=stop_unexpected`).
fn only_stray(
    world: &mut World<'_>,
    acts: &mut Actions,
    rid: Rid,
    places: &[Nid],
    chosen: Option<Nid>,
) {
    for &nid in places.iter().filter(|&&n| Some(n) != chosen) {
        let stop = act(world, acts, rid, Verb::Stop, Some(nid), false);
        acts.acts[stop].reason = Some("being multiply active".into());
    }
    let start = act(world, acts, rid, Verb::Start, chosen, false);
    acts.acts[start].pseudo = true;
}

/// Stays where it is: role changes, and a restart in reserve.
fn steady(
    world: &mut World<'_>,
    acts: &mut Actions,
    rid: Rid,
    places: &[Nid],
    role: Role,
    next: Role,
    chosen: Option<Nid>,
) {
    if next <= Role::Stopped || chosen.is_none() {
        down(world, acts, rid, places, false, None);
        return;
    }
    let here = chosen;
    let promoted = role == Role::Promoted;
    if promoted {
        // What failed is demoted and promoted again (on-fail=demote), if it may be touched.
        let again = world.rscs[rid].failed && world.rscs[rid].managed;
        act(world, acts, rid, Verb::Demote, here, next == Role::Promoted && !again);
    }
    let proof = matches!(world.rscs[rid].meta.requires, Requires::Fencing | Requires::Unfencing);
    for &nid in places {
        // Elsewhere it is only on a node that is to be fenced, if that does no harm.
        let node = &world.nodes[nid];
        let stray = world.rscs[rid].managed && (proof || (node.online && !node.unclean));
        if stray || Some(nid) == here {
            act(world, acts, rid, Verb::Stop, Some(nid), Some(nid) == here);
        }
    }
    act(world, acts, rid, Verb::Start, here, true);
    if world.rscs[rid].reload && world.rscs[rid].managed {
        act(world, acts, rid, Verb::Reload, here, false);
    }
    if next == Role::Promoted {
        let demoting = world.rscs[rid].failed && world.rscs[rid].managed && promoted;
        act(world, acts, rid, Verb::Promote, here, promoted && !demoting);
    }
}

/// Demote if need be, and stop, everywhere.
fn down(
    world: &mut World<'_>,
    acts: &mut Actions,
    rid: Rid,
    places: &[Nid],
    optional: bool,
    _current: Option<Nid>,
) {
    let promoted = world.rscs[rid].role == Role::Promoted;
    for &nid in places {
        if promoted {
            let demote = act(world, acts, rid, Verb::Demote, Some(nid), optional);
            if !world.rscs[rid].managed || world.rscs[rid].blocked {
                acts.acts[demote].runnable = false;
            }
        }
        // A migration's target that is not to be kept is stopped like any other place.
        let stop = act(world, acts, rid, Verb::Stop, Some(nid), optional);
        if !world.rscs[rid].managed || world.rscs[rid].blocked {
            acts.acts[stop].runnable = false;
        }
    }
}

fn up(
    world: &mut World<'_>,
    acts: &mut Actions,
    rid: Rid,
    chosen: Option<Nid>,
    _from: Role,
    next: Role,
    optional: bool,
) {
    let start = act(world, acts, rid, Verb::Start, chosen, optional);
    if world.rscs[rid].blocked || !world.rscs[rid].managed {
        acts.acts[start].runnable = false;
    }
    if next == Role::Promoted {
        let promote = act(world, acts, rid, Verb::Promote, chosen, optional);
        if world.rscs[rid].blocked {
            acts.acts[promote].runnable = false;
        }
    }
}

/// Order among the actions of one primitive.
fn inside(world: &World<'_>, acts: &mut Actions, rid: Rid) {
    let (starts, stops) = (acts.all(rid, Verb::Start), acts.all(rid, Verb::Stop));
    let (promotes, demotes) = (acts.all(rid, Verb::Promote), acts.all(rid, Verb::Demote));
    // What watched it, and is configured no more, ends when it is down.
    for cancel in acts.all(rid, Verb::Cancel) {
        for &stop in &stops {
            if acts.acts[stop].node == acts.acts[cancel].node {
                acts.order(stop, cancel, edge::ORDER);
            }
        }
    }
    for &stop in &stops {
        for &start in &starts {
            // A stray instance elsewhere is ended without touching the one that may stay.
            let (there, here) = (acts.acts[stop].node, acts.acts[start].node);
            let left_over = world.rscs[rid].meta.multiple == Multiple::StopUnexpected
                || there.is_some_and(|n| world.rscs[rid].dangling.contains(&n));
            let stray = left_over
                && there != here
                && here.is_some_and(|n| world.rscs[rid].running_on.contains(&n));
            acts.order(stop, start, if stray { edge::ORDER } else { edge::RESTART });
        }
        for &demote in &demotes {
            let same = acts.acts[demote].node == acts.acts[stop].node;
            acts.order(demote, stop, if same { edge::WANTS | edge::QUIET } else { edge::ORDER });
        }
    }
    for &start in &starts {
        for &promote in &promotes {
            acts.order(start, promote, edge::NEEDS | edge::FORCES);
        }
        for &demote in &demotes {
            acts.order(demote, start, edge::ORDER);
        }
    }
    for &demote in &demotes {
        for &promote in &promotes {
            acts.order(demote, promote, edge::FORCES | edge::QUIET);
        }
    }
}
