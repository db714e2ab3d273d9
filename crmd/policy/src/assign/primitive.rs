//! One primitive: what it wants, what others want of it, and the choice.

use rota_cib::constraint::Role;

use super::{Assign, colocate, settle, usable, utilization};
use crate::explain::Source;
use crate::model::{Nid, Rid, World};
use crate::options::{NoQuorum, Placement};
use crate::score::INF;

/// Assigns a primitive.
pub(super) fn assign(
    world: &mut World<'_>,
    state: &mut Assign,
    rid: Rid,
    prefer: Option<Nid>,
) -> Option<Nid> {
    if let Some(parent) = world.rscs[rid].parent
        && !world.rscs[parent].allocating
        && world.rscs[parent].provisional
    {
        super::resource(world, state, parent, prefer);
    }
    if !world.rscs[rid].provisional {
        return world.rscs[rid].assigned;
    }
    if world.rscs[rid].allocating {
        return None;
    }
    world.rscs[rid].allocating = true;
    // What must be comes before what would be nice, so that as much as possible is kept.
    let dependent = colocate::colocs_as_dependent(world, rid);
    let primary = colocate::colocs_as_primary(world, rid);
    for mandatory in [true, false] {
        let now = |world: &World<'_>, i: usize| {
            (world.constraints.colocations[i].score.abs() >= INF) == mandatory
        };
        for &i in &dependent {
            if now(world, i) {
                colocate::follow(world, state, rid, i);
                world.mark(rid, Source::Colocation(i));
            }
        }
        for &i in &primary {
            if now(world, i) {
                colocate::add_dependents(world, state, i, rid);
                world.mark(rid, Source::WantedBy(i));
            }
        }
    }
    if world.rscs[rid].next_role == Some(Role::Stopped) {
        world.ban_all(rid);
    } else if !world.rscs[rid].orphan && target_stopped(world, rid) {
        world.rscs[rid].next_role = Some(Role::Stopped);
        world.rscs[rid].next_role_why = "target-role";
        world.ban_all(rid);
    }
    world.mark(rid, Source::Stopped);
    state.show(world, "pcmk__primitive_assign", rid);
    if !world.rscs[rid].provisional {
        // What it must be with is nowhere.
        world.rscs[rid].allocating = false;
        return world.rscs[rid].assigned;
    }
    utilization::limit(world, state, rid);
    world.mark(rid, Source::Utilization);
    let chosen = if world.rscs[rid].orphan && world.opts.stop_orphans && world.rscs[rid].managed {
        world.rscs[rid].next_role = Some(Role::Stopped);
        None
    } else if !world.rscs[rid].managed {
        stay(world, rid)
    } else if world.opts.stop_all {
        world.rscs[rid].next_role = Some(Role::Stopped);
        None
    } else if world.rscs[rid].orphan && world.opts.stop_orphans {
        None
    } else {
        choose(world, state, rid, prefer)
    };
    finish(world, state, rid, chosen);
    world.rscs[rid].allocating = false;
    chosen
}

/// The target role, own or of what it is part of.
fn target_stopped(world: &World<'_>, rid: Rid) -> bool {
    world.rscs[rid].meta.target_role == Some(Role::Stopped)
}

/// What is not managed stays as it is.
fn stay(world: &mut World<'_>, rid: Rid) -> Option<Nid> {
    let rsc = &mut world.rscs[rid];
    let place = rsc.running_on.first().copied();
    rsc.next_role = Some(rsc.role);
    if place.is_none() {
        rsc.next_role = Some(Role::Stopped);
    } else if rsc.failed && rsc.role == Role::Promoted {
        rsc.next_role = Some(Role::Promoted);
    }
    place
}

/// Best first: score, then where it is, then free capacity, then the emptier node, then name.
fn choose(world: &World<'_>, state: &Assign, rid: Rid, prefer: Option<Nid>) -> Option<Nid> {
    let rsc = &world.rscs[rid];
    let fits = |nid: Nid| rsc.allowed[nid].effective() >= 0 && usable(world, nid);
    if let Some(nid) = prefer
        && fits(nid)
    {
        let best = (0..world.nodes.len())
            .filter(|&n| fits(n))
            .map(|n| rsc.allowed[n].score)
            .max()
            .unwrap_or(-INF);
        if rsc.allowed[nid].score >= best {
            return Some(nid);
        }
    }
    // A connection that is on its way goes on to where it is going.
    if rsc.serves.is_some()
        && let Some(target) = rsc.migration_target
        && fits(target)
    {
        return Some(target);
    }
    // What is being migrated is still where it came from.
    let current = rsc.migration_source.or(rsc.running_on.first().copied());
    let better = |a: Nid, b: Nid| -> bool {
        let (x, y) = (rsc.allowed[a].score, rsc.allowed[b].score);
        if x != y {
            return x > y;
        }
        if world.opts.placement == Placement::Balanced {
            let by = utilization::compare(&state.capacity[a], &state.capacity[b]);
            if by != std::cmp::Ordering::Equal {
                return by == std::cmp::Ordering::Greater;
            }
        }
        if world.opts.placement != Placement::Minimal && world.nodes[a].load != world.nodes[b].load
        {
            return world.nodes[a].load < world.nodes[b].load;
        }
        let stays = world.opts.placement != Placement::Minimal;
        if stays && (current == Some(a) || current == Some(b)) {
            return current == Some(a);
        }
        crate::nodes::by_name(&world.nodes[a].name, &world.nodes[b].name).is_lt()
    };
    let mut best: Option<Nid> = None;
    for nid in 0..world.nodes.len() {
        if fits(nid) && best.is_none_or(|b| better(nid, b)) {
            best = Some(nid);
        }
    }
    match (best, current) {
        // Where it is, if that is wanted and as good as any other; instances of unique clones
        // have been asked for that already.
        (Some(nid), Some(here))
            if !rsc.unique
                && rsc.allowed[nid].score > 0
                && fits(here)
                && rsc.allowed[here].score == rsc.allowed[nid].score =>
        {
            Some(here)
        }
        _ => best,
    }
}

/// The choice is made: counts, capacity, what follows for guests.
fn finish(world: &mut World<'_>, state: &mut Assign, rid: Rid, chosen: Option<Nid>) {
    settle(world, rid, chosen);
    if let Some(served) = world.rscs[rid].serves {
        // A node whose connection will be there may be used; otherwise it must not.
        let up = chosen.is_some() && world.rscs[rid].next_role.is_some_and(|r| r > Role::Stopped);
        // What is inside a replica has nowhere else to be: that its connection cannot start
        // will keep it down.
        let inside = world.in_bundle(rid);
        let node = &mut world.nodes[served];
        if up {
            node.coming |= !node.online;
            node.online = true;
            if node.unseen {
                node.unclean = false;
            }
        } else if !inside {
            node.shutdown = true;
        }
    }
    if let Some(nid) = chosen {
        world.nodes[nid].load += 1;
        utilization::consume(world, state, rid, nid);
        if world.opts.no_quorum == NoQuorum::Demote
            && !world.quorum
            && world.rscs[rid].next_role == Some(Role::Promoted)
        {
            world.rscs[rid].next_role = Some(Role::Unpromoted);
        }
    }
}

/// Takes an assignment back (a trial that did not turn out well).
pub(super) fn undo(world: &mut World<'_>, state: &mut Assign, rid: Rid) {
    for leaf in world.leaves(rid) {
        if let Some(nid) = world.rscs[leaf].assigned {
            world.nodes[nid].load = world.nodes[nid].load.saturating_sub(1);
            utilization::release(world, state, leaf, nid);
        }
    }
    let mut all = vec![rid];
    let mut at = 0;
    while at < all.len() {
        all.extend(world.rscs[all[at]].children.clone());
        at += 1;
    }
    for r in all {
        world.rscs[r].assigned = None;
        world.rscs[r].provisional = true;
        world.rscs[r].allocating = false;
        world.rscs[r].next_role = None;
    }
}
