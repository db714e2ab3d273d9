//! Promotable clones: which instances are promoted.

use rota_cib::Text;
use rota_cib::constraint::Role;
use smol_str::format_smolstr;

use super::{Assign, colocate};
use crate::model::{Nid, Rid, World};
use crate::options::NoQuorum;
use crate::score::{INF, leading_number, sum, text};

/// An instance goes gladly where it would be promoted.
pub(crate) fn add_scores(world: &mut World<'_>, clone: Rid) {
    for child in world.rscs[clone].children.clone() {
        for nid in 0..world.nodes.len() {
            if !world.rscs[child].allowed[nid].present || world.rscs[child].allowed[nid].score < 0 {
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
        let mut total = None;
        for &member in &rsc.children {
            if let Some(score) = promotion_score(world, member, nid) {
                total = Some(sum(total.unwrap_or(0), score));
            }
        }
        return total;
    }
    if rsc.anonymous && !rsc.running_on.contains(&nid) {
        // The score on a node belongs to the instance that runs there. Before anything was
        // looked at it may be anyone's; where it is known to be stopped, it is out of date.
        let owner = world.instance_owner(rid)?;
        let alike = |l: &Rid| world.rscs[*l].conf_id == rsc.conf_id;
        let leaves = world.leaves(owner);
        let elsewhere =
            leaves.iter().filter(|l| alike(l)).any(|&l| world.rscs[l].running_on.contains(&nid));
        let known =
            leaves.iter().filter(|l| alike(l)).any(|&l| world.rscs[l].known_on.contains(&nid));
        if elsewhere || known {
            return None;
        }
    }
    let attributes = &world.nodes[world.attribute_node(rid, nid)?].attributes;
    let named = |name: &Text| attributes.get(&format_smolstr!("master-{name}"));
    let value = named(&rsc.history_id).or_else(|| named(&rsc.conf_id))?;
    Some(
        crate::score::parse(value).or_else(|| leading_number(value).map(|n| n as i32)).unwrap_or(0),
    )
}

/// Decides the roles of a clone's instances once they have nodes.
pub(crate) fn set_roles(world: &mut World<'_>, state: &mut Assign, clone: Rid) {
    let children = world.rscs[clone].children.clone();
    for &child in &children {
        first_score(world, clone, child);
    }
    for &child in &children {
        by_constraints(world, state, clone, child);
    }
    let mut order: Vec<Rid> = children.clone();
    let key = |world: &World<'_>, r: Rid| {
        let rsc = &world.rscs[r];
        (-rsc.promotion.unwrap_or(-INF), rsc.role != Role::Promoted, rank(world, clone, r))
    };
    order.sort_by_cached_key(|&r| key(world, r));
    for &child in &children {
        let line = {
            let rsc = &world.rscs[child];
            let score = rsc.promotion.unwrap_or(-INF);
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
    let (max, node_max) =
        world.rscs[clone].clone_conf().map_or((0, 0), |c| (c.promoted_max, c.promoted_node_max));
    let mut promoted = 0;
    let mut per_node: rustc_hash::FxHashMap<Nid, usize> = rustc_hash::FxHashMap::default();
    for &child in &order {
        let rsc = &world.rscs[child];
        let Some(nid) = rsc.assigned else { continue };
        if promoted >= max {
            demoted(world, child);
            continue;
        }
        let count = per_node.entry(nid).or_default();
        let may = rsc.promotion.is_some_and(|p| p >= 0)
            && *count < node_max
            && world.rscs[clone].allowed[nid].effective() >= 0
            && (rsc.managed || rsc.role == Role::Promoted)
            && role_open(rsc.next_role)
            && !no_promotion(world);
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
    world.rscs[rid].next_role = Some(role);
    for child in world.rscs[rid].children.clone() {
        if world.rscs[child].next_role != Some(Role::Stopped) {
            set_role(world, child, role);
        }
    }
}

fn demoted(world: &mut World<'_>, rid: Rid) {
    let rsc = &world.rscs[rid];
    let fixed = !rsc.managed && rsc.role == Role::Promoted;
    if !fixed && rsc.next_role.is_none_or(|r| r == Role::Started || r == Role::Promoted) {
        set_role(world, rid, Role::Unpromoted);
    }
}

/// Ties: the better node for the instance, then its number.
fn rank(world: &World<'_>, _clone: Rid, rid: Rid) -> (i32, usize) {
    let rsc = &world.rscs[rid];
    let here = rsc.assigned.map_or(-INF, |n| rsc.allowed[n].effective());
    let number = rsc.id.rsplit_once(':').and_then(|(_, n)| n.parse().ok()).unwrap_or(usize::MAX);
    (-here, number)
}

fn first_score(world: &mut World<'_>, clone: Rid, child: Rid) {
    let rsc = &world.rscs[child];
    let Some(nid) = rsc.assigned else {
        world.rscs[child].promotion = None;
        return;
    };
    let target = rsc.meta.target_role;
    let score = match rsc.next_role {
        Some(Role::Stopped) => -INF,
        Some(Role::Unpromoted)
            if rsc.next_role_why == "demote" || rsc.next_role_why == "failure" =>
        {
            -INF
        }
        _ if target == Some(Role::Unpromoted) || target == Some(Role::Stopped) => -INF,
        _ => promotion_score(world, child, nid).unwrap_or(-1),
    };
    let score = if world.no_promotion.contains(&child) { -INF } else { score };
    let unmanaged_promoted = !rsc.managed && rsc.role == Role::Promoted;
    let score = if unmanaged_promoted { INF } else { score };
    let _ = clone;
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
    world.rscs[child].promotion = Some(sum(base, gain));
    // As dependent: where the other is.
    let as_dependent: Vec<usize> = colocate::colocs_as_dependent(world, clone)
        .into_iter()
        .chain(bundle.map(|b| colocate::colocs_as_dependent(world, b)).unwrap_or_default())
        .collect();
    let as_primary: Vec<usize> = colocate::colocs_as_primary(world, clone)
        .into_iter()
        .chain(bundle.map(|b| colocate::colocs_as_primary(world, b)).unwrap_or_default())
        .collect();
    for i in as_dependent {
        let coloc = world.constraints.colocations[i].clone();
        if coloc.dependent_role == Some(Role::Promoted)
            || coloc.dependent_role == Some(Role::Unpromoted)
        {
            super::resource(world, state, coloc.primary, None);
            colocate::apply(world, state, child, coloc.primary, &coloc);
        }
    }
    // As primary: where those who want to be with the promoted instance would like to be.
    for i in as_primary {
        let coloc = world.constraints.colocations[i].clone();
        if coloc.primary_role != Some(Role::Promoted) || !world.rscs[coloc.dependent].provisional {
            continue;
        }
        if !(coloc.influence || world.rscs[coloc.dependent].running_on.is_empty()) {
            continue;
        }
        let factor = f64::from(coloc.score) / f64::from(INF);
        let mut work: Vec<crate::model::Cand> =
            world.nodes.iter().map(|_| crate::model::Cand::OPEN).collect();
        if state.merging.len() < world.rscs.len() {
            state.merging.resize(world.rscs.len(), false);
        }
        if colocate::merge(world, state, coloc.dependent, &mut work, &coloc, factor, false) {
            let now = world.rscs[child].promotion.unwrap_or(0);
            world.rscs[child].promotion = Some(sum(now, work[nid].score));
        }
    }
}
