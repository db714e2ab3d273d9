//! Colocations, of two or of sets.

use rota_cib::constraint::{Colocation, Role};

use super::{Coloc, add_coloc, expand, find, spelled};
use crate::model::{Rid, World};

pub(super) fn colocation(world: &mut World<'_>, c: &Colocation) {
    let score = c.score.map_or(0, rota_cib::Score::value);
    if c.sets.is_empty() {
        let (Some(rsc), Some(with)) = (&c.rsc, &c.with_rsc) else { return };
        let many = |world: &World<'_>, id: &str| find(world, id).is_none();
        if many(world, rsc) && many(world, with) {
            // As Pacemaker has it, one end at most may be a tag or a template.
            world.warnings.push(format!(
                "colocation {} has no effect: both ends are tags or templates",
                c.id
            ));
            return;
        }
        let dependents = expand(world, rsc);
        let primaries = expand(world, with);
        for &d in &dependents {
            for &p in &primaries {
                pair(world, c, d, p, score, c.rsc_role, c.with_rsc_role);
            }
        }
        return;
    }
    let sets = spelled(world, &c.sets);
    for set in &sets {
        let score = set.score.unwrap_or(score);
        if !set.sequential && score >= 0 {
            continue;
        }
        if score < 0 {
            // Against each other: each pair once.
            if set.sequential {
                for (i, &d) in set.rids.iter().enumerate() {
                    for &p in &set.rids[..i] {
                        pair(world, c, d, p, score, set.role, set.role);
                    }
                }
            }
            continue;
        }
        for two in set.rids.windows(2) {
            let (d, p) = if set.listed { (two[0], two[1]) } else { (two[1], two[0]) };
            pair(world, c, d, p, score, set.role, set.role);
        }
    }
    for two in sets.windows(2) {
        let (dep, pri) = (&two[0], &two[1]);
        let score = dep.score.unwrap_or(score);
        let dependents: Vec<Rid> = if dep.sequential {
            dep.rids.first().copied().into_iter().collect()
        } else {
            dep.rids.clone()
        };
        let primaries: Vec<Rid> = if pri.sequential {
            pri.rids.last().copied().into_iter().collect()
        } else {
            pri.rids.clone()
        };
        for &d in &dependents {
            for &p in &primaries {
                pair(world, c, d, p, score, dep.role, pri.role);
            }
        }
    }
}

fn pair(
    world: &mut World<'_>,
    c: &Colocation,
    dependent: Rid,
    primary: Rid,
    score: i32,
    dependent_role: Option<Role>,
    primary_role: Option<Role>,
) {
    if dependent == primary {
        return;
    }
    let influence = c.influence.unwrap_or(world.rscs[dependent].meta.critical);
    // A role means nothing to what has none.
    let has_roles = |rid: Rid| {
        world.rscs[rid].promotable
            || world.rscs[rid].bundle_conf().is_some_and(|b| b.promoted_max > 0)
    };
    let dependent_role = dependent_role.filter(|_| has_roles(dependent));
    let primary_role = primary_role.filter(|_| has_roles(primary));
    add_coloc(
        world,
        Coloc {
            id: c.id.clone(),
            dependent,
            primary,
            score,
            dependent_role: dependent_role.filter(|r| *r != Role::Started),
            primary_role: primary_role.filter(|r| *r != Role::Started),
            attribute: c.node_attribute.clone().filter(|a| a != "#uname"),
            influence,
        },
    );
}
