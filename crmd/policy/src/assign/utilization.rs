//! Capacity: what nodes have, what resources need.

use std::cmp::Ordering;

use rota_cib::Text;

use super::Assign;
use super::colocate::{self, Affects};
use crate::constraints::Coloc;
use crate::model::{Kind, Nid, Rid, World};
use crate::options::Placement;
use crate::score::{INF, leading_number};

/// Top-level resources in the order of their assignment: by priority; where capacity counts,
/// then by how much they want to stay where they are, then by how much they want each node, the
/// best node first ("Pacemaker Explained", "Utilization and placement strategy").
pub(super) fn order(world: &World<'_>, state: &mut Assign) -> Vec<Rid> {
    let mut order = world.top.clone();
    if world.opts.placement == Placement::Default {
        order.sort_by_key(|&rid| -world.rscs[rid].priority);
        return order;
    }
    let nodes = best_first(world, state);
    order.sort_by_cached_key(|&rid| {
        let wanted = colocate::wanted(world, state, rid);
        let here = current(world, rid).map_or(INF, |n| -wanted[n]);
        let each: Vec<i32> = nodes.iter().map(|&n| -wanted[n]).collect();
        (-world.rscs[rid].priority, here, each)
    });
    order
}

/// Where a resource, or the first of its members that runs, is now.
fn current(world: &World<'_>, rid: Rid) -> Option<Nid> {
    let own = world.rscs[rid].running_on.first().copied();
    own.or_else(|| {
        world.leaves(rid).iter().find_map(|&l| world.rscs[l].running_on.first().copied())
    })
}

/// Nodes that can be used first, those with more room before others, then by name.
fn best_first(world: &World<'_>, state: &Assign) -> Vec<Nid> {
    let mut nodes: Vec<Nid> = (0..world.nodes.len()).collect();
    nodes.sort_by(|&a, &b| crate::nodes::by_name(&world.nodes[a].name, &world.nodes[b].name));
    let mut sorted: Vec<Nid> = Vec::with_capacity(nodes.len());
    for nid in nodes {
        let before = |&other: &Nid| {
            let by = super::usable(world, other).cmp(&super::usable(world, nid));
            let room = || match world.opts.placement {
                Placement::Balanced => compare(&state.capacity[other], &state.capacity[nid]),
                Placement::Default | Placement::Utilization | Placement::Minimal => Ordering::Equal,
            };
            by.then_with(room).is_ge()
        };
        let at = sorted.iter().position(|o| !before(o)).unwrap_or(sorted.len());
        sorted.insert(at, nid);
    }
    sorted
}

/// What a primitive needs of its node. What runs in a container of a bundle needs it of the node
/// that the container is on.
fn needs(world: &World<'_>, rid: Rid) -> Vec<(Text, i64)> {
    let rsc = &world.rscs[rid];
    if rsc.container.is_some_and(|c| world.in_bundle(c)) {
        return Vec::new();
    }
    let inside = if world.in_bundle(rid) { rsc.fillers.as_slice() } else { &[] };
    total(std::iter::once(&rid).chain(inside).map(|&r| configured_needs(world, r)))
}

fn configured_needs(world: &World<'_>, rid: Rid) -> Vec<(Text, i64)> {
    world.conf(rid).map_or_else(Vec::new, |conf| {
        conf.utilization
            .iter()
            .map(|(name, value)| (name.clone(), leading_number(value).unwrap_or(0)))
            .collect()
    })
}

/// Which of two capacities is the larger: more names in which it has more.
pub(super) fn compare(a: &[(Text, i64)], b: &[(Text, i64)]) -> Ordering {
    let mut balance = 0i32;
    let value = |list: &[(Text, i64)], name: &str| {
        list.iter().find(|(n, _)| n == name).map_or(0, |(_, v)| *v)
    };
    for (name, x) in a {
        balance += match x.cmp(&value(b, name)) {
            Ordering::Greater => 1,
            Ordering::Less => -1,
            Ordering::Equal => 0,
        };
    }
    for (name, y) in b {
        if !a.iter().any(|(n, _)| n == name) {
            balance += match 0.cmp(y) {
                Ordering::Greater => 1,
                Ordering::Less => -1,
                Ordering::Equal => 0,
            };
        }
    }
    balance.cmp(&0)
}

/// Takes nodes out that have not enough left: for all that must be together if that fits
/// anywhere, else for the resource alone.
pub(super) fn limit(world: &mut World<'_>, state: &Assign, rid: Rid) {
    if world.opts.placement == Placement::Default {
        return;
    }
    let together = needs_with_others(world, rid);
    if together.iter().all(|(_, n)| n.is_empty()) {
        return;
    }
    let own = needs(world, rid);
    let all = total(together.into_iter().map(|(_, n)| n));
    let fits = |nid: Nid, need: &[(Text, i64)]| {
        need.iter().all(|(name, n)| {
            state.capacity[nid].iter().find(|(c, _)| c == name).map_or(0, |(_, v)| *v) >= *n
        })
    };
    let open: Vec<Nid> =
        (0..world.nodes.len()).filter(|&n| super::available(world, rid, n)).collect();
    let roomy: Vec<Nid> = open.iter().copied().filter(|&n| fits(n, &all)).collect();
    for nid in open {
        let enough = if !roomy.is_empty() { roomy.contains(&nid) } else { fits(nid, &own) };
        if !enough {
            world.rscs[rid].allowed[nid].score = -INF;
        }
    }
}

fn total(parts: impl Iterator<Item = Vec<(Text, i64)>>) -> Vec<(Text, i64)> {
    let mut sum: Vec<(Text, i64)> = Vec::new();
    for part in parts {
        for (name, value) in part {
            match sum.iter_mut().find(|(n, _)| *n == name) {
                Some(slot) => slot.1 += value,
                None => sum.push((name, value)),
            }
        }
    }
    sum
}

/// The needs of a resource and of those that must be with it and have no node yet.
///
/// Of a clone that others must be with, one instance counts; who must be with a clone need not
/// be with any given instance of it.
fn needs_with_others(world: &World<'_>, rid: Rid) -> Vec<(Rid, Vec<(Text, i64)>)> {
    let mut found = Vec::new();
    let mut seen = rustc_hash::FxHashSet::default();
    let mut todo = vec![rid];
    while let Some(here) = todo.pop() {
        if !seen.insert(here) {
            continue;
        }
        match world.rscs[here].kind {
            Kind::Primitive => found.push(here),
            Kind::Group { .. } => todo.extend(&world.rscs[here].children),
            Kind::Clone(_) => {
                let children = &world.rscs[here].children;
                let present = |c: &Rid| world.leaves(*c).iter().any(|l| seen.contains(l));
                if !children.iter().any(present) {
                    let first = children.first().map(|&c| world.leaves(c)).unwrap_or_default();
                    seen.extend(&first);
                    found.extend(first);
                }
            }
            Kind::Bundle(_) => {}
        }
        let c = &world.constraints.colocations;
        for i in colocate::colocs_as_dependent(world, here) {
            if must(world, here, c[i].primary, &c[i]) {
                todo.push(c[i].primary);
            }
        }
        for i in colocate::colocs_as_primary(world, here) {
            let dependent = c[i].dependent;
            let loose = world.rscs[here].is_clone() && !world.rscs[dependent].is_clone();
            if !loose && must(world, dependent, here, &c[i]) {
                todo.push(dependent);
            }
        }
    }
    found.retain(|&r| world.rscs[r].provisional);
    found.into_iter().map(|r| (r, needs(world, r))).collect()
}

/// Whether two resources will have to be in one place.
fn must(world: &World<'_>, dependent: Rid, primary: Rid, coloc: &Coloc) -> bool {
    coloc.score >= INF
        && colocate::affects(world, dependent, primary, coloc, true) == Affects::Location
}

/// The node has less now.
pub(super) fn consume(world: &World<'_>, state: &mut Assign, rid: Rid, nid: Nid) {
    change(world, state, rid, nid, -1);
}

/// The node has more again.
pub(super) fn release(world: &World<'_>, state: &mut Assign, rid: Rid, nid: Nid) {
    change(world, state, rid, nid, 1);
}

fn change(world: &World<'_>, state: &mut Assign, rid: Rid, nid: Nid, sign: i64) {
    if world.opts.placement == Placement::Default {
        return;
    }
    for (name, n) in needs(world, rid) {
        if let Some(slot) = state.capacity[nid].iter_mut().find(|(c, _)| *c == name) {
            slot.1 += sign * n;
        }
    }
}
