//! Capacity: what nodes have, what resources need.

use std::cmp::Ordering;

use rota_cib::Text;

use super::Assign;
use crate::model::{Nid, Rid, World};
use crate::options::Placement;
use crate::score::{INF, leading_number};

/// Top-level resources in the order of their assignment: by priority; where capacity counts,
/// then by how much they want to stay where they are, then by how much they want their best
/// node ("Pacemaker Explained", "Allocation").
pub(super) fn order(world: &World<'_>) -> Vec<Rid> {
    let mut order = world.top.clone();
    let counts = world.opts.placement != Placement::Default;
    let wish = |rid: Rid| {
        if !counts {
            return (0, 0);
        }
        let leaves = world.leaves(rid);
        let mut totals: Vec<i32> = vec![0; world.nodes.len()];
        for &leaf in std::iter::once(&rid).chain(&leaves) {
            for (nid, cand) in world.rscs[leaf].allowed.iter().enumerate() {
                totals[nid] = crate::score::sum(totals[nid], cand.effective());
            }
        }
        let here = world.rscs[rid]
            .running_on
            .first()
            .or_else(|| leaves.iter().find_map(|&l| world.rscs[l].running_on.first()))
            .filter(|&&n| super::usable(world, n))
            .map_or(-INF, |&n| totals[n]);
        (-here, -totals.iter().copied().max().unwrap_or(-INF))
    };
    order.sort_by_cached_key(|&rid| (-world.rscs[rid].priority, wish(rid)));
    order
}

/// What a primitive needs.
fn needs(world: &World<'_>, rid: Rid) -> Vec<(Text, i64)> {
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

/// Takes nodes out that have not enough left.
pub(super) fn limit(world: &mut World<'_>, state: &mut Assign, rid: Rid, prefer: Option<Nid>) {
    let _ = prefer;
    if world.opts.placement == Placement::Default
        || needs_with_others(world, rid).iter().all(|(_, n)| n.is_empty())
    {
        return;
    }
    let own = needs(world, rid);
    let all = total(needs_with_others(world, rid).into_iter().map(|(_, n)| n));
    let fits = |nid: Nid, need: &[(Text, i64)], capacity: &[Vec<(Text, i64)>]| {
        need.iter().all(|(name, n)| {
            capacity[nid].iter().find(|(c, _)| c == name).map_or(0, |(_, v)| *v) >= *n
        })
    };
    let candidates: Vec<Nid> =
        (0..world.nodes.len()).filter(|&n| world.rscs[rid].allowed[n].present).collect();
    let some_fit_all = candidates
        .iter()
        .any(|&n| super::available(world, rid, n) && fits(n, &all, &state.capacity));
    for nid in candidates {
        let enough = if some_fit_all {
            fits(nid, &all, &state.capacity)
        } else {
            fits(nid, &own, &state.capacity)
        };
        if !enough && super::usable(world, nid) {
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
fn needs_with_others(world: &World<'_>, rid: Rid) -> Vec<(Rid, Vec<(Text, i64)>)> {
    let mut found = vec![rid];
    let mut at = 0;
    while at < found.len() {
        let here = found[at];
        at += 1;
        let mut look = |other: Rid| {
            for leaf in world.leaves(other) {
                if world.rscs[leaf].provisional && !found.contains(&leaf) {
                    found.push(leaf);
                }
            }
        };
        for i in super::colocate::colocs_as_primary(world, here) {
            let c = &world.constraints.colocations[i];
            if c.score >= INF && c.attribute.is_none() && !world.rscs[c.dependent].is_clone() {
                look(c.dependent);
            }
        }
        for i in super::colocate::colocs_as_dependent(world, here) {
            let c = &world.constraints.colocations[i];
            if c.score >= INF && c.attribute.is_none() && !world.rscs[c.primary].is_clone() {
                look(c.primary);
            }
        }
    }
    found.into_iter().map(|r| (r, needs(world, r))).collect()
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
