//! Which colocations count for a resource, and in which order.

use std::cmp::Ordering;

use crate::model::{Kind, Rid, World};
use crate::score::INF;

/// Colocations in which a resource depends on others, its parents' included.
///
/// The first member of a group speaks for the group: it takes the group's colocations, and the
/// mandatory ones of the other members with resources outside, because all will be together.
pub(crate) fn colocs_as_dependent(world: &World<'_>, rid: Rid) -> Vec<usize> {
    let mut list = Vec::new();
    let mut at = rid;
    if let Kind::Group { colocated: true, .. } = world.rscs[rid].kind {
        members_wishes(world, rid, rid, &mut list);
    }
    loop {
        if let Some(own) = world.constraints.depends.get(&at) {
            add(world, &mut list, own, End::Primary);
        }
        let Some(parent) = world.rscs[at].parent else { break };
        match &world.rscs[parent].kind {
            Kind::Group { colocated: true, .. } => {
                if world.rscs[parent].children.first() != Some(&at) {
                    break;
                }
                members_wishes(world, parent, at, &mut list);
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
    list
}

/// The mandatory colocations of a group's members, except one, with what is not in the group.
fn members_wishes(world: &World<'_>, group: Rid, except: Rid, list: &mut Vec<usize>) {
    for &member in world.rscs[group].children.iter().filter(|&&m| m != except) {
        let Some(own) = world.constraints.depends.get(&member) else { continue };
        let outward: Vec<usize> = own
            .iter()
            .copied()
            .filter(|&i| {
                let coloc = &world.constraints.colocations[i];
                coloc.score >= INF && world.rscs[coloc.primary].parent != Some(group)
            })
            .collect();
        add(world, list, &outward, End::Primary);
    }
}

/// Colocations in which others depend on a resource, its parents' included.
///
/// What is with a group is with its last member, which is there when all are.
pub(crate) fn colocs_as_primary(world: &World<'_>, rid: Rid) -> Vec<usize> {
    let mut list = Vec::new();
    let mut at = rid;
    loop {
        if let Some(own) = world.constraints.dependents.get(&at) {
            add(world, &mut list, own, End::Dependent);
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
    list
}

/// Adds colocations to a list; what was defined later goes first where nothing else decides.
fn add(world: &World<'_>, list: &mut Vec<usize>, own: &[usize], end: End) {
    let mut own: Vec<usize> = own.iter().rev().copied().collect();
    own.sort_by(|&a, &b| compare(world, a, b, end));
    if list.is_empty() {
        *list = own;
        return;
    }
    for i in own {
        let at = list.partition_point(|&other| compare(world, other, i, end).is_lt());
        list.insert(at, i);
    }
}

/// The resource by whose weight colocations are sorted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Primary,
    Dependent,
}

/// More important resources first, clones before others, then by name.
fn compare(world: &World<'_>, a: usize, b: usize, end: End) -> Ordering {
    let kind = |rid: Rid| match world.rscs[rid].kind {
        Kind::Bundle(_) => 0,
        Kind::Clone(_) if world.rscs[rid].promotable => 1,
        Kind::Clone(_) => 2,
        Kind::Group { .. } => 3,
        Kind::Primitive => 4,
    };
    let c = &world.constraints.colocations;
    let (x, y) = match end {
        End::Primary => (c[a].primary, c[b].primary),
        End::Dependent => (c[a].dependent, c[b].dependent),
    };
    world.rscs[y]
        .priority
        .cmp(&world.rscs[x].priority)
        .then_with(|| kind(x).cmp(&kind(y)))
        .then_with(|| world.rscs[x].id.cmp(&world.rscs[y].id))
}
