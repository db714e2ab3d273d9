//! After the primary has chosen: what is left for the dependent.

use rota_cib::constraint::Role;

use super::{Affects, affects, same_place};
use crate::assign::{Assign, settle, usable};
use crate::constraints::Coloc;
use crate::model::{Cand, Kind, Nid, Rid, World};
use crate::score::{INF, sum};

/// Assigns the primary and lets the dependent follow.
///
/// A mere dislike, or a wish about promotion, that leaves the dependent no node is given up.
pub(crate) fn follow(world: &mut World<'_>, state: &mut Assign, dependent: Rid, index: usize) {
    let coloc = world.constraints.colocations[index].clone();
    let revocable = coloc.dependent_role.is_some_and(|r| r >= Role::Promoted)
        || (coloc.score < 0 && coloc.score > -INF);
    let before = revocable.then(|| world.rscs[dependent].allowed.clone());
    crate::assign::resource(world, state, coloc.primary, None);
    apply(world, dependent, coloc.primary, &coloc);
    if let Some(before) = before
        && !any_usable(world, &world.rscs[dependent].allowed)
    {
        world.rscs[dependent].allowed = before;
    }
}

fn any_usable(world: &World<'_>, list: &[Cand]) -> bool {
    list.iter().enumerate().any(|(n, c)| c.present && c.score >= 0 && usable(world, n))
}

/// The primary has its node: the dependent's scores follow.
pub(crate) fn apply(world: &mut World<'_>, dependent: Rid, primary: Rid, coloc: &Coloc) {
    if let Kind::Group { colocated, .. } = world.rscs[dependent].kind {
        // An instance of a clone: its first member decides for all.
        let members = world.rscs[dependent].children.clone();
        let count = if colocated { 1 } else { members.len() };
        if world.rscs[dependent].provisional {
            for &member in members.iter().take(count) {
                apply(world, member, primary, coloc);
            }
            return;
        }
    }
    match &world.rscs[primary].kind {
        Kind::Primitive => match affects(world, dependent, primary, coloc, false) {
            Affects::Location => location(world, dependent, primary, coloc),
            Affects::Role => role(world, dependent, primary, coloc),
            Affects::Nothing => {}
        },
        Kind::Group { colocated, .. } => to_group(world, dependent, primary, coloc, *colocated),
        Kind::Clone(_) => to_clone(world, dependent, primary, coloc),
        Kind::Bundle(_) => to_bundle(world, dependent, primary, coloc),
    }
}

/// One place for all: the last member stands for the group, the first when it is but a wish.
fn to_group(world: &mut World<'_>, dependent: Rid, group: Rid, coloc: &Coloc, colocated: bool) {
    if world.rscs[group].provisional {
        return;
    }
    let members = world.rscs[group].children.clone();
    let chosen: &[Rid] = match (colocated, members.as_slice()) {
        (true, [.., last]) if coloc.score >= INF => std::slice::from_ref(last),
        (true, [first, ..]) => std::slice::from_ref(first),
        (_, all) => all,
    };
    for &member in chosen {
        apply(world, dependent, member, coloc);
    }
}

fn location(world: &mut World<'_>, dependent: Rid, primary: Rid, coloc: &Coloc) {
    let place = world.rscs[primary].assigned;
    if place.is_none() && coloc.score < 0 {
        return;
    }
    let mut work = world.rscs[dependent].allowed.clone();
    for (nid, cand) in work.iter_mut().enumerate() {
        if !cand.present {
            continue;
        }
        match place {
            None => cand.score = sum(cand.score, -coloc.score),
            Some(p) if same_place(world, Some(coloc), p, nid) => {
                if coloc.score < INF {
                    cand.score = sum(cand.score, coloc.score);
                }
            }
            Some(_) if coloc.score >= INF => cand.score = -INF,
            Some(_) => {}
        }
    }
    if coloc.score.abs() >= INF || any_usable(world, &work) {
        world.rscs[dependent].allowed = work;
    }
}

/// Whether the dependent may be promoted, and how gladly.
fn role(world: &mut World<'_>, dependent: Rid, primary: Rid, coloc: &Coloc) {
    let (Some(d), Some(promotion)) =
        (world.rscs[dependent].assigned, world.rscs[dependent].promotion)
    else {
        return;
    };
    let together = world.rscs[primary]
        .assigned
        .is_some_and(|p| same_place(world, Some(coloc), world.host_of(p), world.host_of(d)));
    let promoted = coloc.dependent_role == Some(Role::Promoted);
    let new = if !together {
        if coloc.score < INF || !promoted {
            return;
        }
        -INF
    } else if coloc.primary_role.is_some_and(|r| world.rscs[primary].next_role != Some(r)) {
        return;
    } else {
        sum(promotion, if promoted { coloc.score } else { -coloc.score })
    };
    world.rscs[dependent].promotion = Some(new);
}

fn to_clone(world: &mut World<'_>, dependent: Rid, primary: Rid, coloc: &Coloc) {
    if world.rscs[primary].provisional {
        return;
    }
    if world.rscs[primary].promotable
        && let Some(wanted) = coloc.primary_role
    {
        if world.rscs[dependent].provisional {
            to_promoted(world, dependent, primary, coloc, wanted);
        } else if coloc.dependent_role == Some(Role::Promoted) {
            promoted_with(world, dependent, primary, coloc, wanted);
        }
        return;
    }
    let instances = world.rscs[primary].children.clone();
    if interleaved(world, dependent, primary) {
        // Instance with instance.
        match compatible(world, dependent, &instances, coloc.primary_role) {
            Some(instance) => apply(world, dependent, instance, coloc),
            None if coloc.score >= INF => nowhere(world, dependent),
            None => {}
        }
        return;
    }
    if coloc.score >= INF {
        let places: Vec<Nid> = instances
            .iter()
            .filter(|&&i| !blocked(world, i))
            .filter_map(|&i| world.rscs[i].assigned)
            .collect();
        keep_only(world, dependent, coloc, &places);
        return;
    }
    for instance in instances {
        if !world.rscs[instance].orphan {
            apply(world, dependent, instance, coloc);
        }
    }
}

/// Whether each instance of the dependent's clone is to be with one of the primary's.
fn interleaved(world: &World<'_>, dependent: Rid, primary: Rid) -> bool {
    world.instance_owner(dependent).is_some_and(|owner| {
        match (world.per_node(owner), world.per_node(primary)) {
            (Some(d), Some(p)) => world.interleaves(owner) && d == p,
            _ => false,
        }
    })
}

fn blocked(world: &World<'_>, rid: Rid) -> bool {
    world.leaves(rid).iter().any(|&l| world.rscs[l].blocked)
}

/// The dependent cannot run at all.
fn nowhere(world: &mut World<'_>, rid: Rid) {
    for child in world.rscs[rid].children.clone() {
        nowhere(world, child);
    }
    if world.rscs[rid].provisional {
        settle(world, rid, None);
    }
}

/// The dependent is to be where instances have a certain role.
fn to_promoted(world: &mut World<'_>, dependent: Rid, primary: Rid, coloc: &Coloc, wanted: Role) {
    let mut places: Vec<(Nid, i32)> = Vec::new();
    for instance in world.rscs[primary].children.clone() {
        let rsc = &world.rscs[instance];
        if rsc.next_role != Some(wanted) {
            continue;
        }
        let Some(place) = rsc.assigned else { continue };
        places.push((place, rsc.allowed[place].score));
        if coloc.score >= INF {
            continue;
        }
        for nid in 0..world.nodes.len() {
            let cand = world.rscs[dependent].allowed[nid];
            if cand.present && same_place(world, Some(coloc), place, nid) {
                world.rscs[dependent].allowed[nid].score = sum(cand.score, coloc.score);
            }
        }
    }
    // Between promoted instances nothing else is known to be impossible: others may start.
    let both = coloc.dependent_role == Some(Role::Promoted) && wanted == Role::Promoted;
    if coloc.score < INF || both {
        return;
    }
    for nid in 0..world.nodes.len() {
        let cand = world.rscs[dependent].allowed[nid];
        if !cand.present {
            continue;
        }
        let found = places.iter().find(|(p, _)| same_place(world, Some(coloc), *p, nid));
        world.rscs[dependent].allowed[nid].score =
            found.map_or(-INF, |(_, score)| sum(cand.score, *score));
    }
}

/// The dependent has its node: whether it may be promoted there.
fn promoted_with(world: &mut World<'_>, dependent: Rid, primary: Rid, coloc: &Coloc, wanted: Role) {
    let Some(promotion) = world.rscs[dependent].promotion else { return };
    let instances = world.rscs[primary].children.clone();
    let new = match compatible(world, dependent, &instances, Some(wanted)) {
        Some(_) => sum(promotion, coloc.score),
        None if coloc.score >= INF => -INF,
        None => return,
    };
    world.rscs[dependent].promotion = Some(new);
}

fn keep_only(world: &mut World<'_>, dependent: Rid, coloc: &Coloc, places: &[Nid]) {
    let d = &world.rscs[dependent];
    if !d.provisional {
        if d.promotable && coloc.dependent_role == Some(Role::Promoted) {
            let here = d.assigned.map(|n| world.host_of(n));
            let there =
                here.is_some_and(|n| places.iter().any(|&p| same_place(world, Some(coloc), p, n)));
            if !there && d.promotion.is_some() {
                world.rscs[dependent].promotion = Some(-INF);
            }
        }
        return;
    }
    if coloc.dependent_role.is_some_and(|role| d.next_role != Some(role)) {
        return;
    }
    for nid in 0..world.nodes.len() {
        if world.rscs[dependent].allowed[nid].present
            && !places.iter().any(|&p| same_place(world, Some(coloc), p, nid))
        {
            world.rscs[dependent].allowed[nid].score = -INF;
        }
    }
}

fn to_bundle(world: &mut World<'_>, dependent: Rid, primary: Rid, coloc: &Coloc) {
    let Some(conf) = world.rscs[primary].bundle_conf() else { return };
    let by_role = coloc.dependent_role.is_some_and(|r| r >= Role::Promoted);
    let d = &world.rscs[dependent];
    if world.rscs[primary].provisional || (by_role && world.in_bundle(dependent) && d.provisional) {
        // Roles are taken by what is in containers, not by them.
        return;
    }
    let has_role = |child: Option<Rid>| {
        coloc.primary_role.is_none_or(|r| child.is_some_and(|c| world.rscs[c].next_role == Some(r)))
    };
    let containers: Vec<Rid> =
        conf.replicas.iter().filter(|r| has_role(r.child)).map(|r| r.container).collect();
    let places: Vec<Nid> = containers.iter().filter_map(|&c| world.rscs[c].assigned).collect();
    if !d.provisional {
        promoted_where(world, dependent, coloc, &places);
    } else if interleaved(world, dependent, primary) {
        match compatible(world, dependent, &containers, None) {
            Some(container) => location(world, dependent, container, coloc),
            None if coloc.score >= INF => nowhere(world, dependent),
            None => {}
        }
    } else if coloc.score >= INF {
        keep_only(world, dependent, coloc, &places);
    } else {
        for nid in 0..world.nodes.len() {
            let cand = world.rscs[dependent].allowed[nid];
            if cand.present && places.iter().any(|&p| same_place(world, Some(coloc), p, nid)) {
                world.rscs[dependent].allowed[nid].score = sum(cand.score, coloc.score);
            }
        }
    }
}

/// The dependent has its node: how gladly it is promoted there, with what is in these places.
fn promoted_where(world: &mut World<'_>, dependent: Rid, coloc: &Coloc, places: &[Nid]) {
    let d = &world.rscs[dependent];
    let (Some(promotion), Some(at)) = (d.promotion, d.assigned) else { return };
    if !d.promotable || coloc.dependent_role != Some(Role::Promoted) {
        return;
    }
    let here = world.host_of(at);
    let there = places.iter().any(|&p| same_place(world, Some(coloc), p, here));
    world.rscs[dependent].promotion = Some(match there {
        true => sum(promotion, coloc.score),
        false if coloc.score >= INF => -INF,
        false => promotion,
    });
}

/// The instance that can be together with a resource: on its node, or on the best of its
/// candidates.
fn compatible(world: &World<'_>, rid: Rid, instances: &[Rid], role: Option<Role>) -> Option<Rid> {
    let fits = |instance: Rid, nid: Nid| {
        let rsc = &world.rscs[instance];
        rsc.assigned.map(|n| world.host_of(n)) == Some(nid)
            && role.is_none_or(|r| rsc.next_role == Some(r))
            && !blocked(world, instance)
    };
    if let Some(nid) = world.rscs[rid].assigned {
        let nid = world.host_of(nid);
        return instances.iter().copied().find(|&i| fits(i, nid));
    }
    let mut order: Vec<Nid> =
        (0..world.nodes.len()).filter(|&n| world.rscs[rid].allowed[n].present).collect();
    order.sort_by(|&a, &b| {
        let score = |n: Nid| if usable(world, n) { world.rscs[rid].allowed[n].score } else { -INF };
        (score(b), world.nodes[a].load)
            .cmp(&(score(a), world.nodes[b].load))
            .then_with(|| crate::nodes::by_name(&world.nodes[a].name, &world.nodes[b].name))
    });
    order.iter().find_map(|&n| instances.iter().copied().find(|&i| fits(i, n)))
}
