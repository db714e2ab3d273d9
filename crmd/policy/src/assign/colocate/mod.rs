//! Colocation: what the place of one resource means for another, before and after the choice.
//!
//! `lists` says which colocations count for a resource, `wishes` what dependents would like
//! before the primary chooses, `follow` what is left for the dependent once it has chosen.

mod follow;
mod lists;
mod wishes;

use rota_cib::Text;
use rota_cib::constraint::Role;

use crate::constraints::Coloc;
use crate::model::{Nid, Rid, World};

pub(crate) use follow::{apply, follow};
pub(crate) use lists::{colocs_as_dependent, colocs_as_primary};
pub(crate) use wishes::{Toward, Walk, Wish, add_dependents, influences, merge, share, wanted};

/// What a colocation is about, given what is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Affects {
    Nothing,
    Location,
    Role,
}

/// What a colocation with a primary that has its node can still change.
///
/// A dependent that has a node as well can only be given another role; roles that are not (yet)
/// those of the constraint take it out of force.
pub(crate) fn affects(
    world: &World<'_>,
    dependent: Rid,
    primary: Rid,
    coloc: &Coloc,
    preview: bool,
) -> Affects {
    let (d, p) = (&world.rscs[dependent], &world.rscs[primary]);
    if p.provisional && !preview {
        return Affects::Nothing;
    }
    let by_role = coloc.dependent_role.is_some_and(|r| r >= Role::Unpromoted);
    if by_role && d.promotable && !d.provisional {
        return Affects::Role;
    }
    if !d.provisional && !preview {
        return Affects::Nothing;
    }
    if coloc.dependent_role.is_some_and(|role| d.next_role != Some(role)) {
        return Affects::Nothing;
    }
    if coloc.primary_role.is_some_and(|role| p.next_role != Some(role)) {
        return Affects::Nothing;
    }
    Affects::Location
}

/// The value that must be equal: an attribute of the node, or the node itself.
pub(super) fn same_place(world: &World<'_>, coloc: Option<&Coloc>, a: Nid, b: Nid) -> bool {
    match coloc.and_then(|c| c.attribute.as_ref()) {
        None => a == b,
        Some(name) => attribute(world, a, name) == attribute(world, b, name),
    }
}

fn attribute<'w>(world: &'w World<'_>, nid: Nid, name: &str) -> Option<&'w Text> {
    world.nodes[nid].attributes.get(name)
}
