//! A clone: how many instances on which node, and which instance goes where.

use rota_cib::constraint::Role;

use super::colocate::{self, Toward, Wish};
use super::{Assign, add_dependents, available, colocs_as_dependent, colocs_as_primary, primitive};
use crate::explain::Source;
use crate::model::{Cand, Nid, Rid, World};
use crate::score::INF;

/// Assigns a clone's instances, and roles if it is promotable.
pub(super) fn assign(world: &mut World<'_>, state: &mut Assign, rid: Rid) {
    if !world.rscs[rid].provisional || world.rscs[rid].allocating {
        return;
    }
    world.rscs[rid].allocating = true;
    if world.rscs[rid].promotable {
        super::add_promotion_scores(world, rid);
        world.mark_tree(rid, Source::Promotion);
    }
    for i in colocs_as_dependent(world, rid) {
        let primary = world.constraints.colocations[i].primary;
        super::resource(world, state, primary, None);
    }
    for i in colocs_as_primary(world, rid) {
        add_dependents(world, state, i, rid);
        world.mark(rid, Source::WantedBy(i));
    }
    state.show(world, "pcmk__clone_assign", rid);
    for child in world.rscs[rid].children.clone() {
        state.show(world, "pcmk__clone_assign", child);
        for member in world.rscs[child].children.clone() {
            state.show(world, "pcmk__clone_assign", member);
        }
    }
    let (max, node_max) = match world.rscs[rid].clone_conf() {
        Some(conf) => (conf.max, conf.node_max),
        None => (0, 0),
    };
    let children = world.rscs[rid].children.clone();
    distribute(world, state, rid, &children, max, node_max);
    world.rscs[rid].provisional = false;
    if world.rscs[rid].promotable {
        super::set_roles(world, state, rid);
    }
    let active =
        children.iter().any(|&c| world.rscs[c].next_role.is_some_and(|r| r > Role::Stopped));
    world.rscs[rid].next_role = Some(if active { Role::Started } else { Role::Stopped });
    world.rscs[rid].allocating = false;
}

/// Gives instances their nodes: at most `max` in all and `node_max` on a node; those that run
/// stay where they are as far as that is possible and fair.
pub(crate) fn distribute(
    world: &mut World<'_>,
    state: &mut Assign,
    owner: Rid,
    instances: &[Rid],
    max: usize,
    node_max: usize,
) {
    let mut order: Vec<Rid> = instances.to_vec();
    sort(world, state, owner, &mut order);
    state.ranked.insert(owner, order.clone());
    let open: Vec<Nid> = (0..world.nodes.len()).filter(|&n| available(world, owner, n)).collect();
    let fair = if open.is_empty() {
        1
    } else {
        let share = (max / open.len()).max(1);
        share.min(node_max.max(1))
    };
    let mut assigned = 0;
    for &instance in &order {
        if assigned >= max {
            break;
        }
        if !world.rscs[instance].provisional || world.rscs[instance].orphan {
            continue;
        }
        let Some(here) = stay_place(world, state, owner, instance, fair) else { continue };
        if early(world, state, owner, instance, here, node_max, max - assigned) {
            assigned += 1;
        }
    }
    for &instance in &order {
        if !world.rscs[instance].provisional {
            continue;
        }
        if assigned >= max && !world.rscs[instance].orphan {
            // More than wanted.
            ban_tree(world, instance);
            world.mark_tree(instance, Source::CloneEnough);
            one(world, state, owner, instance, None, node_max);
            continue;
        }
        if one(world, state, owner, instance, None, node_max).is_some() {
            assigned += 1;
        }
    }
}

fn ban_tree(world: &mut World<'_>, rid: Rid) {
    world.ban_all(rid);
    for child in world.rscs[rid].children.clone() {
        ban_tree(world, child);
    }
}

/// Where an instance runs, if it may stay there.
fn stay_place(
    world: &World<'_>,
    state: &Assign,
    owner: Rid,
    instance: Rid,
    fair: usize,
) -> Option<Nid> {
    if world.rscs[instance].failed {
        return None;
    }
    let here = *world.rscs[instance].running_on.first()?;
    if !available(world, owner, here) || !available(world, instance, here) {
        return None;
    }
    let count = state.counts.get(&(owner, here)).copied().unwrap_or(0);
    (count < fair).then_some(here)
}

/// Tries to keep an instance where it is.
///
/// Where another node is better for it, that place may be for an instance that has none yet:
/// it is put aside and the instance tried again, as long as there are instances to come.
fn early(
    world: &mut World<'_>,
    state: &mut Assign,
    owner: Rid,
    instance: Rid,
    here: Nid,
    node_max: usize,
    left: usize,
) -> bool {
    let parts = tree(world, instance);
    let saved: Vec<(Rid, Vec<crate::model::Cand>)> =
        parts.iter().map(|&r| (r, world.rscs[r].allowed.clone())).collect();
    let mut aside: Vec<Nid> = Vec::new();
    let mut kept = false;
    while aside.len() < left {
        let chosen = one(world, state, owner, instance, Some(here), node_max);
        if chosen == Some(here) {
            kept = true;
            break;
        }
        primitive::undo(world, state, instance);
        for (r, allowed) in &saved {
            world.rscs[*r].allowed.clone_from(allowed);
            world.mark(*r, Source::Undone);
        }
        // The count of the chosen node stays raised for the next try.
        match chosen {
            Some(nid) => aside.push(nid),
            None => break,
        }
    }
    for nid in aside {
        if let Some(count) = state.counts.get_mut(&(owner, nid)) {
            *count -= 1;
        }
    }
    kept
}

fn tree(world: &World<'_>, rid: Rid) -> Vec<Rid> {
    let mut all = vec![rid];
    let mut at = 0;
    while at < all.len() {
        all.extend(world.rscs[all[at]].children.iter().copied());
        at += 1;
    }
    all
}

/// Assigns one instance; full nodes are closed to it.
fn one(
    world: &mut World<'_>,
    state: &mut Assign,
    owner: Rid,
    instance: Rid,
    prefer: Option<Nid>,
    node_max: usize,
) -> Option<Nid> {
    if !world.rscs[instance].provisional {
        return None;
    }
    for nid in 0..world.nodes.len() {
        if !world.rscs[instance].allowed[nid].present {
            continue;
        }
        let count = state.counts.get(&(owner, nid)).copied().unwrap_or(0);
        // What is inside of a replica is in there, whether it will run or not.
        let inside = world.in_bundle(owner) && world.nodes[nid].container.is_some();
        let open = match inside {
            true => world.rscs[owner].allowed[nid].effective() >= 0,
            false => available(world, owner, nid),
        };
        if !open || count >= node_max {
            close(world, instance, nid);
        }
    }
    world.mark_tree(instance, Source::CloneNode);
    let chosen = super::resource(world, state, instance, prefer);
    if let Some(nid) = chosen {
        *state.counts.entry((owner, nid)).or_default() += 1;
    }
    chosen
}

fn close(world: &mut World<'_>, rid: Rid, nid: Nid) {
    if world.rscs[rid].allowed[nid].present {
        world.rscs[rid].allowed[nid].score = -INF;
    }
    for child in world.rscs[rid].children.clone() {
        close(world, child, nid);
    }
}

/// Who chooses first: what runs in one place before what runs in several, what may stay before
/// what may not, then by priority, what runs before what does not, what is well before what
/// failed, and what is worth more to its node before what is worth less.
fn sort(world: &World<'_>, state: &mut Assign, owner: Rid, list: &mut Vec<Rid>) {
    use std::cmp::Ordering::{self, Equal};
    let place = |rid: Rid| {
        let rsc = &world.rscs[rid];
        rsc.running_on
            .first()
            .or_else(|| rsc.children.iter().find_map(|&c| world.rscs[c].running_on.first()))
            .copied()
    };
    let places = |rid: Rid| {
        let mut all: Vec<Nid> =
            world.leaves(rid).iter().flat_map(|&l| world.rscs[l].running_on.clone()).collect();
        all.sort_unstable();
        all.dedup();
        all.len()
    };
    let worth: rustc_hash::FxHashMap<(Rid, Nid), i32> = list
        .iter()
        .filter_map(|&r| place(r).map(|n| ((r, n), worth(world, state, owner, r, n))))
        .collect();
    let allowed = |n: Nid| world.rscs[owner].allowed[n].effective() >= 0;
    let failed = |rid: Rid| world.leaves(rid).iter().any(|&l| world.rscs[l].failed);
    let compare = |&a: &Rid, &b: &Rid| -> Ordering {
        let (x, y) = (place(a), place(b));
        if x.is_some() && y.is_some() {
            let by = places(a).cmp(&places(b));
            if by != Equal {
                return by;
            }
        }
        let stays = |p: Option<Nid>| p.is_none_or(allowed);
        let by = stays(y).cmp(&stays(x)).then(world.rscs[b].priority.cmp(&world.rscs[a].priority));
        if by != Equal {
            return by;
        }
        let (Some(x), Some(y)) = (x, y) else { return y.is_some().cmp(&x.is_some()) };
        super::usable(world, y)
            .cmp(&super::usable(world, x))
            .then_with(|| failed(a).cmp(&failed(b)))
            .then_with(|| {
                let score = |r: Rid, n: Nid| worth.get(&(r, n)).copied().unwrap_or(-INF);
                score(b, y).cmp(&score(a, x))
            })
            .then_with(|| crate::nodes::by_name(&world.rscs[a].id, &world.rscs[b].id))
    };
    merge_sort(list, &compare);
}

/// What its node is worth to an instance, together with the colocations of its clone.
fn worth(world: &World<'_>, state: &mut Assign, owner: Rid, rid: Rid, nid: Nid) -> i32 {
    let own = world.rscs[rid].allowed[nid];
    let mut table = vec![Cand::ABSENT; world.nodes.len()];
    table[nid] = Cand { score: own.effective(), ..Cand::OPEN };
    for i in colocs_as_dependent(world, owner) {
        let coloc = &world.constraints.colocations[i];
        let wish = Wish {
            coloc: Some(coloc),
            factor: colocate::share(coloc),
            keep_positive: false,
            toward: Toward::Dependents,
        };
        colocate::merge(world, state, coloc.primary, &mut table, wish);
    }
    for i in colocs_as_primary(world, owner) {
        let coloc = &world.constraints.colocations[i];
        if colocate::influences(world, coloc) {
            let wish = Wish {
                coloc: Some(coloc),
                factor: colocate::share(coloc),
                keep_positive: true,
                toward: Toward::Dependents,
            };
            colocate::merge(world, state, coloc.dependent, &mut table, wish);
        }
    }
    table[nid].score
}

/// A stable sort that any comparison is good enough for: the one above is no order in the strict
/// sense, because where nothing runs some of its questions are not asked.
fn merge_sort(list: &mut Vec<Rid>, compare: &impl Fn(&Rid, &Rid) -> std::cmp::Ordering) {
    if list.len() < 2 {
        return;
    }
    let mut right = list.split_off(list.len().div_ceil(2));
    merge_sort(list, compare);
    merge_sort(&mut right, compare);
    let (left, mut right) = (std::mem::take(list), right.into_iter().peekable());
    for item in left {
        while let Some(other) = right.next_if(|r| compare(&item, r).is_gt()) {
            list.push(other);
        }
        list.push(item);
    }
    list.extend(right);
}
