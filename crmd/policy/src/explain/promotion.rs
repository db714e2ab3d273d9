//! What speaks for and against the promoted role of an instance on its node.

use rota_cib::constraint::Role;
use smol_str::format_smolstr;

use super::facts::{about, location_reason, place_of};
use super::reason::{Fact, Reason};
use crate::assign::{colocs_as_dependent, colocs_as_primary};
use crate::model::{Nid, Rid, World};

/// The instance of a clone that a primitive is, or is in.
pub(super) fn instance_of(world: &World<'_>, clone: Rid, leaf: Rid) -> Rid {
    let mut at = leaf;
    while let Some(parent) = world.rscs[at].parent {
        if parent == clone {
            return at;
        }
        at = parent;
    }
    leaf
}

/// How gladly an instance would be promoted where it is, all in all; none if not at all.
pub(super) fn total(world: &World<'_>, clone: Rid, leaf: Rid) -> Option<i32> {
    let instance = instance_of(world, clone, leaf);
    let ranked = world.ledger.as_ref().and_then(|ledger| ledger.promotion_of(instance));
    ranked.or(world.rscs[instance].promotion)
}

/// What that total is made of, as far as it is about the promoted role alone.
pub(super) fn facts(world: &World<'_>, clone: Rid, leaf: Rid, nid: Nid) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut push = |reason, score| facts.push(Fact::new(reason, score, about(world, leaf, nid)));
    let rsc = &world.rscs[leaf];
    let attribute = format_smolstr!("master-{}", rsc.conf_id);
    let value = world.nodes[nid].attributes.get(&attribute);
    match value.and_then(|value| crate::score::parse(value)) {
        Some(score) => push(Reason::Promotion { attribute }, Some(score)),
        None => {
            push(Reason::NoPromotionScore { clone: world.rscs[clone].conf_id.clone() }, Some(-1));
        }
    }
    let host = world.host_of(nid);
    let bundle = world.rscs[clone].parent.filter(|&p| world.rscs[p].is_bundle());
    for location in &world.constraints.locations {
        let about_it = location.rid == clone || Some(location.rid) == bundle;
        if location.role != Some(Role::Promoted) || !about_it {
            continue;
        }
        let here =
            location.nodes.iter().filter(|(n, score)| (*n == host || *n == nid) && *score != 0);
        for &(_, score) in here {
            push(location_reason(world, location, score), Some(score));
        }
    }
    let owner = bundle.unwrap_or(clone);
    for i in colocs_as_dependent(world, owner) {
        let coloc = &world.constraints.colocations[i];
        if coloc.dependent_role != Some(Role::Promoted) {
            continue;
        }
        let place = place_of(world, coloc.primary, host);
        let here = place == Some(host);
        let score = match here {
            true => Some(coloc.score),
            false if coloc.score >= crate::score::INF => Some(-crate::score::INF),
            false => None,
        };
        let Some(score) = score else { continue };
        let (constraint, with) = (coloc.id.clone(), world.rscs[coloc.primary].id.clone());
        let with_node = place.map(|p| world.nodes[p].name.clone());
        push(Reason::Colocation { constraint, with, with_node, score: coloc.score }, Some(score));
    }
    for i in colocs_as_primary(world, owner) {
        let coloc = &world.constraints.colocations[i];
        if coloc.primary_role == Some(Role::Promoted) {
            let by = world.rscs[coloc.dependent].id.clone();
            push(Reason::WantedBy { constraint: coloc.id.clone(), by }, None);
        }
    }
    facts
}

/// That another instance has the better claim to the promoted role; none if none is promoted.
pub(super) fn better(world: &World<'_>, clone: Rid, leaf: Rid) -> Option<Reason> {
    let rsc = &world.rscs[leaf];
    let winner = world.leaves(clone).into_iter().find(|&other| {
        let o = &world.rscs[other];
        other != leaf && o.conf_id == rsc.conf_id && o.next_role == Some(Role::Promoted)
    })?;
    let name = |rid: Rid| world.rscs[rid].assigned.map(|n| world.nodes[n].name.clone());
    let score = |rid: Rid| total(world, clone, rid).unwrap_or(-crate::score::INF);
    Some(Reason::BetterPromoted {
        clone: world.rscs[clone].conf_id.clone(),
        limit: world.rscs[clone].clone_conf().map_or(1, |c| c.promoted_max),
        from: name(leaf).unwrap_or_default(),
        score_from: score(leaf),
        to: name(winner)?,
        score_to: score(winner),
    })
}
