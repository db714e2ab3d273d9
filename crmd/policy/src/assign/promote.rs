//! Promotable clones: which instances are promoted.

use rota_cib::Text;
use rota_cib::constraint::Role;
use smol_str::format_smolstr;

use super::Assign;
use super::colocate::{self, Toward, Wish};
use crate::model::{Cand, Nid, Rid, World};
use crate::options::NoQuorum;
use crate::score::{INF, leading_number, sum, text};

/// An instance goes gladly where it would be promoted.
pub(crate) fn add_scores(world: &mut World<'_>, clone: Rid) {
    for child in world.rscs[clone].children.clone() {
        for nid in 0..world.nodes.len() {
            if world.rscs[child].allowed[nid].effective() < 0 || !super::usable(world, nid) {
                continue;
            }
            if let Some(score) = promotion_score(world, child, nid)
                && score > 0
            {
                let cand = &mut world.rscs[child].allowed[nid];
                cand.score = sum(cand.score, score);
                // The instance that is to be promoted chooses first.
                if world.rscs[child].priority < score {
                    world.rscs[child].priority = score;
                }
            }
        }
    }
}

/// What the agent on a node says of an instance, by a node attribute.
fn promotion_score(world: &World<'_>, rid: Rid, nid: Nid) -> Option<i32> {
    let rsc = &world.rscs[rid];
    if rsc.is_group() {
        // A plain sum: what one member refuses may weigh less than what another offers.
        let scores = rsc.children.iter().filter_map(|&m| promotion_score(world, m, nid));
        return scores.reduce(i32::saturating_add);
    }
    if !applies(world, rid, nid) {
        return None;
    }
    let attributes = &world.nodes[world.attribute_node(rid, nid)?].attributes;
    let named = |name: &Text| attributes.get(&format_smolstr!("master-{name}"));
    let value =
        named(&rsc.history_id).or_else(|| rsc.anonymous.then(|| named(&rsc.conf_id)).flatten())?;
    Some(
        crate::score::parse(value).or_else(|| leading_number(value).map(|n| n as i32)).unwrap_or(0),
    )
}

/// Whether the promotion score on a node is meant for an instance.
///
/// It is for the instance that runs there; if none does, for all, once the node was looked at.
/// An instance of which nothing is known anywhere may go by the scores of all nodes.
fn applies(world: &World<'_>, rid: Rid, nid: Nid) -> bool {
    let rsc = &world.rscs[rid];
    if rsc.running_on.contains(&nid) || (rsc.running_on.is_empty() && rsc.known_on.is_empty()) {
        return true;
    }
    if rsc.anonymous
        && let Some(owner) = world.instance_owner(rid)
    {
        let alike: Vec<Rid> = world
            .leaves(owner)
            .into_iter()
            .filter(|&l| world.rscs[l].conf_id == rsc.conf_id)
            .collect();
        let active = alike.iter().any(|&l| world.rscs[l].running_on.contains(&nid));
        if !active && alike.iter().any(|&l| world.rscs[l].known_on.contains(&nid)) {
            return true;
        }
    }
    rsc.known_on.contains(&nid)
}

/// Decides the roles of a clone's instances once they have nodes.
pub(crate) fn set_roles(world: &mut World<'_>, state: &mut Assign, clone: Rid) {
    let children = world.rscs[clone].children.clone();
    for &child in &children {
        first_score(world, child);
        by_constraints(world, state, clone, child);
    }
    let rank = rank(world, state, clone);
    let mut order: Vec<(i32, Rid)> = rank;
    world.mark_ranks(&order);
    order.sort_by_key(|&(score, r)| (-score, std::cmp::Reverse(world.rscs[r].role)));
    for &(score, child) in &order {
        let line = {
            let rsc = &world.rscs[child];
            match rsc.assigned {
                Some(n) => format!(
                    "{} promotion score on {}: {}",
                    rsc.id,
                    world.nodes[n].name,
                    text(score)
                ),
                None => format!("{} promotion score (inactive): {}", rsc.id, text(-INF)),
            }
        };
        state.line(|| line);
    }
    state.ranked.insert(clone, order.iter().map(|&(_, child)| child).collect());
    let (max, node_max) =
        world.rscs[clone].clone_conf().map_or((0, 0), |c| (c.promoted_max, c.promoted_node_max));
    let mut promoted = 0;
    let mut per_node: rustc_hash::FxHashMap<Nid, usize> = rustc_hash::FxHashMap::default();
    for &(_, child) in &order {
        let rsc = &world.rscs[child];
        let Some(nid) = rsc.assigned else { continue };
        if promoted >= max {
            demoted(world, child);
            continue;
        }
        let count = per_node.entry(nid).or_default();
        let may = rsc.promotion.is_some_and(|p| p >= 0)
            && (*count < node_max || !rsc.managed)
            && world.rscs[clone].allowed[nid].present
            && (rsc.managed || promoted_for_good(world, child))
            && role_open(rsc.next_role)
            && rsc.children.iter().all(|&c| world.rscs[c].assigned.is_some())
            && !no_promotion(world)
            && world.inside_runs(nid);
        if may {
            *count += 1;
            promoted += 1;
            set_role(world, child, Role::Promoted);
        } else {
            demoted(world, child);
        }
    }
}

fn no_promotion(world: &World<'_>) -> bool {
    world.opts.no_quorum == NoQuorum::Demote && !world.quorum
}

/// A role that may still become another.
fn role_open(role: Option<Role>) -> bool {
    matches!(role, None | Some(Role::Started | Role::Unpromoted | Role::Promoted))
}

fn set_role(world: &mut World<'_>, rid: Rid, role: Role) {
    let rsc = &world.rscs[rid];
    if rsc.is_primitive() && !rsc.managed && rsc.next_role.is_some() {
        // It keeps the role it has.
        return;
    }
    world.rscs[rid].next_role = Some(role);
    for child in world.rscs[rid].children.clone() {
        if world.rscs[child].next_role != Some(Role::Stopped) {
            set_role(world, child, role);
        }
    }
}

/// Whether something in an instance is promoted and must not be touched.
fn promoted_for_good(world: &World<'_>, rid: Rid) -> bool {
    let fixed = |r: Rid| !world.rscs[r].managed && world.rscs[r].role == Role::Promoted;
    fixed(rid) || world.rscs[rid].children.iter().any(|&c| fixed(c))
}

fn demoted(world: &mut World<'_>, rid: Rid) {
    let rsc = &world.rscs[rid];
    if !promoted_for_good(world, rid)
        && rsc.next_role.is_none_or(|r| r == Role::Started || r == Role::Promoted)
    {
        set_role(world, rid, Role::Unpromoted);
    }
}

/// How gladly each instance is promoted, all in all: its own score, what its node is worth to
/// the clone, and the wishes of those who want to be with the promoted instance.
fn rank(world: &World<'_>, state: &mut Assign, clone: Rid) -> Vec<(i32, Rid)> {
    let bundle = world.rscs[clone].parent.filter(|&p| world.rscs[p].is_bundle());
    let mut worth = world.rscs[clone].allowed.clone();
    let children = state.ranked.get(&clone).unwrap_or(&world.rscs[clone].children).clone();
    let own = |child: Rid| world.rscs[child].promotion.unwrap_or(-INF);
    for &child in &children {
        if let Some(nid) = world.rscs[child].assigned
            && own(child) >= 0
            && worth[nid].present
        {
            worth[nid].score = sum(worth[nid].score, own(child));
        }
    }
    // What is outside of a bundle knows the hosts, not the replicas.
    let mut outside: Vec<Cand> = match bundle {
        Some(_) => {
            let mut hosts: Vec<Cand> = world.nodes.iter().map(|_| Cand::OPEN).collect();
            for nid in children.iter().filter_map(|&c| world.rscs[c].assigned) {
                let host = &mut hosts[world.host_of(nid)];
                host.score = sum(host.score, worth[nid].score);
            }
            hosts
        }
        None => std::mem::take(&mut worth),
    };
    let owner = bundle.unwrap_or(clone);
    state.merging[owner] = true;
    for i in colocate::colocs_as_primary(world, owner) {
        let coloc = &world.constraints.colocations[i];
        if coloc.primary_role == Some(Role::Promoted) && colocate::influences(world, coloc) {
            let wish = Wish {
                coloc: Some(coloc),
                factor: colocate::share(coloc),
                keep_positive: true,
                toward: Toward::Dependents,
            };
            colocate::merge(world, state, coloc.dependent, &mut outside, wish);
        }
    }
    state.merging[owner] = false;
    let total = |child: Rid| {
        let score = own(child);
        let Some(nid) = world.rscs[child].assigned else { return score };
        if promoted_for_good(world, child) {
            return INF;
        }
        if score < 0 {
            return score;
        }
        outside[if bundle.is_some() { world.host_of(nid) } else { nid }].score
    };
    children.iter().map(|&c| (total(c), c)).collect()
}

fn first_score(world: &mut World<'_>, child: Rid) {
    let rsc = &world.rscs[child];
    let Some(nid) = rsc.assigned else {
        world.rscs[child].promotion = None;
        return;
    };
    let target = rsc.meta.target_role;
    let stopped = |r: &Rid| {
        let member = &world.rscs[*r];
        member.next_role == Some(Role::Stopped) && member.meta.target_role == Some(Role::Stopped)
    };
    let score = match rsc.next_role {
        Some(Role::Stopped) => -INF,
        // A group of which a member shall be stopped is not promoted.
        _ if rsc.children.iter().any(stopped) => -INF,
        _ if target == Some(Role::Unpromoted) => -INF,
        _ => promotion_score(world, child, nid).unwrap_or(-1),
    };
    let score = if promoted_for_good(world, child) { INF } else { score };
    world.rscs[child].promotion = Some(score);
}

/// Location and colocation constraints about the promoted role.
fn by_constraints(world: &mut World<'_>, state: &mut Assign, clone: Rid, child: Rid) {
    let Some(inside) = world.rscs[child].assigned else { return };
    // An instance in a container is where the container is.
    let nid = world.host_of(inside);
    let bundle = world.rscs[clone].parent.filter(|&p| world.rscs[p].is_bundle());
    if world.rscs[child].promotion.is_none_or(|p| p <= -INF) {
        return;
    }
    let mut gain = 0;
    for location in &world.constraints.locations {
        if location.role == Some(Role::Promoted)
            && (location.rid == clone || location.rid == child || Some(location.rid) == bundle)
        {
            for &(n, score) in &location.nodes {
                if n == nid || n == inside {
                    gain = sum(gain, score);
                }
            }
        }
    }
    let base = world.rscs[child].promotion.unwrap_or(0);
    let wanted = sum(base, gain);
    // A ticket that is missing matters where the instance would be promoted at all.
    let barred = wanted >= 0 && world.no_promotion.contains(&child);
    world.rscs[child].promotion = Some(if barred { -INF } else { wanted });
    // Where those are with whom it is to be.
    let as_dependent: Vec<usize> = colocate::colocs_as_dependent(world, clone)
        .into_iter()
        .chain(bundle.map(|b| colocate::colocs_as_dependent(world, b)).unwrap_or_default())
        .collect();
    for i in as_dependent {
        let coloc = world.constraints.colocations[i].clone();
        if coloc.dependent_role.is_some_and(|r| r >= Role::Unpromoted) {
            super::resource(world, state, coloc.primary, None);
            colocate::apply(world, child, coloc.primary, &coloc);
        }
    }
}
