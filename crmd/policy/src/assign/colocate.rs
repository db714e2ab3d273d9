//! Colocation: what the place of one resource means for another, before and after the choice.

use rota_cib::Text;
use rota_cib::constraint::Role;

use super::{Assign, usable};
use crate::constraints::Coloc;
use crate::model::{Cand, Kind, Nid, Rid, World};
use crate::score::{INF, sum};

/// Colocations in which a resource depends on others, its parents' included.
pub(crate) fn colocs_as_dependent(world: &World<'_>, rid: Rid) -> Vec<usize> {
    let mut list = Vec::new();
    let mut at = rid;
    loop {
        if let Some(own) = world.constraints.depends.get(&at) {
            list.extend(own);
        }
        let Some(parent) = world.rscs[at].parent else { break };
        match &world.rscs[parent].kind {
            Kind::Group { colocated: true, .. } => {
                if world.rscs[parent].children.first() != Some(&at) {
                    break;
                }
            }
            Kind::Group { .. } | Kind::Clone(_) | Kind::Primitive => {}
            Kind::Bundle(b) => {
                // A bundle's wishes are those of its containers.
                if !b.replicas.iter().any(|r| r.container == at) {
                    break;
                }
            }
        }
        at = parent;
    }
    sort(world, &mut list, true);
    list
}

/// Colocations in which others depend on a resource, its parents' included.
pub(crate) fn colocs_as_primary(world: &World<'_>, rid: Rid) -> Vec<usize> {
    let mut list = Vec::new();
    let mut at = rid;
    loop {
        if let Some(own) = world.constraints.dependents.get(&at) {
            list.extend(own);
        }
        let Some(parent) = world.rscs[at].parent else { break };
        match &world.rscs[parent].kind {
            Kind::Group { colocated: true, .. } => {
                if world.rscs[parent].children.last() != Some(&at) {
                    break;
                }
            }
            Kind::Group { .. } | Kind::Clone(_) | Kind::Primitive => {}
            Kind::Bundle(b) => {
                if !b.replicas.iter().any(|r| r.container == at) {
                    break;
                }
            }
        }
        at = parent;
    }
    sort(world, &mut list, false);
    list
}

/// More important resources first, clones before others, then by name.
fn sort(world: &World<'_>, list: &mut [usize], by_primary: bool) {
    if list.len() < 2 {
        return;
    }
    let kind = |rid: Rid| match world.rscs[rid].kind {
        Kind::Bundle(_) => 0,
        Kind::Clone(_) if world.rscs[rid].promotable => 1,
        Kind::Clone(_) => 2,
        Kind::Group { .. } => 3,
        Kind::Primitive => 4,
    };
    list.sort_by(|&a, &b| {
        let c = &world.constraints.colocations;
        let (x, y) = if by_primary {
            (c[a].primary, c[b].primary)
        } else {
            (c[a].dependent, c[b].dependent)
        };
        world.rscs[y]
            .priority
            .cmp(&world.rscs[x].priority)
            .then_with(|| kind(x).cmp(&kind(y)))
            .then_with(|| world.rscs[x].id.cmp(&world.rscs[y].id))
    });
}

/// What a colocation is about, given what is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Affects {
    Nothing,
    Location,
    Role,
}

fn affects(world: &World<'_>, dependent: Rid, primary: Rid, coloc: &Coloc) -> Affects {
    let (d, p) = (&world.rscs[dependent], &world.rscs[primary]);
    if p.provisional {
        return Affects::Nothing;
    }
    if coloc.dependent_role.is_some_and(|r| r >= Role::Unpromoted) && d.promotable && !d.provisional
    {
        // The place is settled; the role is what can still change.
        if let Some(role) = coloc.primary_role
            && p.next_role != Some(role)
        {
            return Affects::Nothing;
        }
        return Affects::Role;
    }
    if !d.provisional {
        return Affects::Nothing;
    }
    if let Some(role) = coloc.dependent_role
        && d.next_role != Some(role)
    {
        return Affects::Nothing;
    }
    if let Some(role) = coloc.primary_role
        && p.next_role != Some(role)
    {
        return Affects::Nothing;
    }
    Affects::Location
}

/// The value that must be equal: an attribute of the node, or the node itself.
fn same_place(world: &World<'_>, coloc: &Coloc, a: Nid, b: Nid) -> bool {
    match &coloc.attribute {
        None => a == b,
        Some(name) => {
            let value = |n: Nid| attribute(world, n, name);
            value(a).is_some() && value(a) == value(b) || (value(a).is_none() && value(b).is_none())
        }
    }
}

fn attribute<'w>(world: &'w World<'_>, nid: Nid, name: &str) -> Option<&'w Text> {
    world.nodes[nid].attributes.get(name)
}

/// The primary has its node: the dependent's scores follow.
pub(super) fn apply(
    world: &mut World<'_>,
    state: &mut Assign,
    dependent: Rid,
    primary: Rid,
    coloc: &Coloc,
) {
    match &world.rscs[primary].kind {
        Kind::Primitive => to_primitive(world, dependent, primary, coloc),
        Kind::Group { colocated, .. } => {
            let members = world.rscs[primary].children.clone();
            if *colocated {
                // One place for all: the last member stands for it (the first when negative).
                let member = if coloc.score >= INF { members.last() } else { members.first() };
                if let Some(&member) = member {
                    to_primitive(world, dependent, member, coloc);
                }
            } else {
                for member in members {
                    to_primitive(world, dependent, member, coloc);
                }
            }
        }
        Kind::Clone(_) => to_clone(world, state, dependent, primary, coloc),
        Kind::Bundle(_) => to_bundle(world, dependent, primary, coloc),
    }
}

fn to_primitive(world: &mut World<'_>, dependent: Rid, primary: Rid, coloc: &Coloc) {
    match affects(world, dependent, primary, coloc) {
        Affects::Location => location(world, dependent, primary, coloc),
        Affects::Role => role(world, dependent, primary, coloc),
        Affects::Nothing => {}
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
            Some(p) if same_place(world, coloc, p, nid) => {
                if coloc.score < INF {
                    cand.score = sum(cand.score, coloc.score);
                }
            }
            Some(_) if coloc.score >= INF => cand.score = sum(cand.score, -coloc.score),
            Some(_) => {}
        }
    }
    let any =
        work.iter().enumerate().any(|(nid, c)| c.present && c.score >= 0 && usable(world, nid));
    if coloc.score <= -INF || coloc.score >= INF || any {
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
    let place = world.rscs[primary].assigned.map(|p| world.host_of(p));
    let d = world.host_of(d);
    let together = place.is_some_and(|p| same_place(world, coloc, p, d));
    let promoted = coloc.dependent_role == Some(Role::Promoted);
    let new = if !together {
        if coloc.score >= INF && promoted { -INF } else { return }
    } else if coloc.score >= INF && !promoted {
        return;
    } else {
        let gain = if promoted { coloc.score } else { -coloc.score };
        sum(promotion, gain)
    };
    world.rscs[dependent].promotion = Some(new);
}

fn to_clone(
    world: &mut World<'_>,
    state: &mut Assign,
    dependent: Rid,
    primary: Rid,
    coloc: &Coloc,
) {
    if world.rscs[primary].provisional {
        return;
    }
    // Instance with instance, if the dependent's clone is interleaved.
    if let Some(owner) = world.instance_owner(dependent)
        && let Some(conf) = world.rscs[owner].clone_conf()
        && conf.interleave
    {
        let instances = world.rscs[primary].children.clone();
        let found = compatible(world, dependent, &instances, coloc.primary_role);
        match found {
            Some(instance) => apply(world, state, dependent, instance, coloc),
            None if coloc.score >= INF => {
                world.ban_all(dependent);
            }
            None => {}
        }
        return;
    }
    let instances = world.rscs[primary].children.clone();
    if coloc.score >= INF {
        let mut places = Vec::new();
        for &instance in &instances {
            let rsc = &world.rscs[instance];
            if coloc.primary_role.is_none_or(|r| instance_role(world, instance) == Some(r))
                && let Some(nid) = rsc.assigned
            {
                places.push(nid);
            }
        }
        keep_only(world, dependent, coloc, &places);
        return;
    }
    for instance in instances {
        apply_role_checked(world, state, dependent, instance, coloc);
    }
}

/// The role that an instance will have; of a group, that of its members.
fn instance_role(world: &World<'_>, rid: Rid) -> Option<Role> {
    match world.rscs[rid].kind {
        Kind::Primitive => world.rscs[rid].next_role,
        Kind::Group { .. } | Kind::Clone(_) | Kind::Bundle(_) => world.rscs[rid].next_role,
    }
}

fn apply_role_checked(
    world: &mut World<'_>,
    state: &mut Assign,
    dependent: Rid,
    instance: Rid,
    coloc: &Coloc,
) {
    if world.rscs[instance].assigned.is_none() {
        return;
    }
    apply(world, state, dependent, instance, coloc);
}

fn keep_only(world: &mut World<'_>, dependent: Rid, coloc: &Coloc, places: &[Nid]) {
    let d = &world.rscs[dependent];
    if !d.provisional {
        if d.promotable && coloc.dependent_role == Some(Role::Promoted) {
            let here = d.assigned.map(|n| world.host_of(n));
            let there =
                here.is_some_and(|n| places.iter().any(|&p| same_place(world, coloc, p, n)));
            if !there && d.promotion.is_some() {
                world.rscs[dependent].promotion = Some(-INF);
            }
        }
        return;
    }
    if let Some(role) = coloc.dependent_role
        && d.next_role != Some(role)
    {
        return;
    }
    for nid in 0..world.nodes.len() {
        if !world.rscs[dependent].allowed[nid].present {
            continue;
        }
        if !places.iter().any(|&p| same_place(world, coloc, p, nid)) {
            world.rscs[dependent].allowed[nid].score = -INF;
        }
    }
}

fn to_bundle(world: &mut World<'_>, dependent: Rid, primary: Rid, coloc: &Coloc) {
    let Some(conf) = world.rscs[primary].bundle_conf() else { return };
    if world.rscs[primary].provisional {
        return;
    }
    let mut places = Vec::new();
    for replica in &conf.replicas {
        let Some(nid) = world.rscs[replica.container].assigned else { continue };
        if let Some(role) = coloc.primary_role {
            let child = replica.child.map(|c| world.rscs[c].next_role);
            if child != Some(Some(role)) {
                continue;
            }
        }
        places.push(nid);
    }
    if coloc.score < INF {
        for nid in 0..world.nodes.len() {
            if places.iter().any(|&p| same_place(world, coloc, p, nid))
                && world.rscs[dependent].allowed[nid].present
                && world.rscs[dependent].provisional
            {
                let cand = &mut world.rscs[dependent].allowed[nid];
                cand.score = sum(cand.score, coloc.score);
            }
        }
        return;
    }
    keep_only(world, dependent, coloc, &places);
}

/// The instance that can be together with a resource: on its node, or on the best of its
/// candidates.
pub(crate) fn compatible(
    world: &World<'_>,
    rid: Rid,
    instances: &[Rid],
    role: Option<Role>,
) -> Option<Rid> {
    let fits = |instance: Rid, nid: Nid| {
        let rsc = &world.rscs[instance];
        rsc.assigned == Some(nid) && role.is_none_or(|r| rsc.next_role == Some(r))
    };
    if let Some(nid) = world.rscs[rid].assigned {
        return instances.iter().copied().find(|&i| fits(i, nid));
    }
    let mut order: Vec<Nid> = (0..world.nodes.len())
        .filter(|&n| world.rscs[rid].allowed[n].present && usable(world, n))
        .collect();
    let current = world.rscs[rid].running_on.first().copied();
    order.sort_by_key(|&n| {
        (-world.rscs[rid].allowed[n].score, world.nodes[n].load, current != Some(n))
    });
    order.iter().find_map(|&n| instances.iter().copied().find(|&i| fits(i, n)))
}

/// Whether the dependent's wishes count for the primary.
fn influences(world: &World<'_>, coloc: &Coloc, dependent: Rid) -> bool {
    coloc.influence || world.rscs[dependent].running_on.is_empty()
}

/// The dependents' preferences, added to the scores of the primary before its choice.
pub(crate) fn add_dependents(
    world: &mut World<'_>,
    state: &mut Assign,
    index: usize,
    primary: Rid,
) {
    let coloc = world.constraints.colocations[index].clone();
    let dependent = coloc.dependent;
    if !influences(world, &coloc, dependent) || state.merging.len() < world.rscs.len() {
        state.merging.resize(world.rscs.len(), false);
        if !influences(world, &coloc, dependent) {
            return;
        }
    }
    if coloc.dependent_role.is_some_and(|r| r >= Role::Unpromoted)
        || (coloc.primary_role.is_some_and(|r| r >= Role::Unpromoted))
    {
        return;
    }
    if !world.rscs[dependent].provisional {
        return;
    }
    let factor = f64::from(coloc.score) / f64::from(INF);
    let positive = world.rscs[primary].is_clone() || world.instance_owner(primary).is_some();
    let mut work = world.rscs[primary].allowed.clone();
    state.merging[primary] = true;
    let merged = merge(world, state, dependent, &mut work, &coloc, factor, positive);
    state.merging[primary] = false;
    if merged {
        world.rscs[primary].allowed = work;
    }
}

/// Adds the wishes of `source`, and of those who depend on it, to a table of candidates.
pub(crate) fn merge(
    world: &World<'_>,
    state: &mut Assign,
    source: Rid,
    work: &mut Vec<Cand>,
    coloc: &Coloc,
    factor: f64,
    positive: bool,
) -> bool {
    if state.merging[source] {
        return false;
    }
    state.merging[source] = true;
    // A group speaks through its first member; so does any member that others are with.
    let group = match world.rscs[source].parent {
        Some(parent) if coloc.id != "#group-members" => match world.rscs[parent].kind {
            Kind::Group { colocated: true, .. } => parent,
            _ => source,
        },
        _ => source,
    };
    let start = match world.rscs[group].kind {
        Kind::Group { .. } => world.rscs[group].children.first().copied().unwrap_or(source),
        _ => source,
    };
    if start != source && state.merging[start] {
        state.merging[source] = false;
        return false;
    }
    if start != source {
        state.merging[start] = true;
    }
    let mut next = work.clone();
    add_matching(world, start, &mut next, coloc, factor, positive);
    let any = |list: &[Cand]| {
        list.iter().enumerate().any(|(n, c)| c.present && c.score >= 0 && usable(world, n))
    };
    let ok = any(&next);
    if ok {
        for i in colocs_as_primary(world, start) {
            let further = world.constraints.colocations[i].clone();
            if !influences(world, &further, further.dependent) {
                continue;
            }
            let inner = factor * f64::from(further.score) / f64::from(INF);
            merge(world, state, further.dependent, &mut next, &further, inner, positive);
        }
        *work = next;
    }
    state.merging[source] = false;
    state.merging[start] = false;
    ok
}

/// For each candidate: the best score of `source` in the same place, times the factor.
fn add_matching(
    world: &World<'_>,
    source: Rid,
    work: &mut [Cand],
    coloc: &Coloc,
    factor: f64,
    positive: bool,
) {
    for (nid, cand) in work.iter_mut().enumerate() {
        if !cand.present {
            continue;
        }
        let score = best_in_place(world, source, coloc, nid);
        if factor < 0.0 && score < 0 {
            // Two resources that avoid each other need not share what they dislike.
            continue;
        }
        let product = factor * f64::from(score);
        let delta = if product.abs() < 1.0 && score != 0 && product != 0.0 {
            if product > 0.0 { 1 } else { -1 }
        } else if product < 0.0 {
            (product - 0.5) as i32
        } else {
            (product + 0.5) as i32
        };
        let new = sum(delta, cand.score);
        if positive && new < 0 && cand.score > 0 {
            cand.score = 1;
        } else if positive && new < 0 && cand.score == 0 {
            // Others' dislikes alone do not empty a node of a clone.
        } else {
            cand.score = new;
        }
    }
}

fn best_in_place(world: &World<'_>, source: Rid, coloc: &Coloc, nid: Nid) -> i32 {
    let allowed = &world.rscs[source].allowed;
    match &coloc.attribute {
        None => {
            if allowed[nid].present && usable(world, nid) {
                allowed[nid].score
            } else {
                -INF
            }
        }
        Some(_) => (0..allowed.len())
            .filter(|&n| allowed[n].present && usable(world, n) && same_place(world, coloc, n, nid))
            .map(|n| allowed[n].score)
            .max()
            .unwrap_or(-INF),
    }
}
