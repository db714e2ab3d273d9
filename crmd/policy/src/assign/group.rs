//! A group: its members one after the other; each goes where the first went.

use rota_cib::constraint::Role;

use super::Assign;
use crate::model::{Nid, Rid, World};

/// Assigns all members.
pub(super) fn assign(
    world: &mut World<'_>,
    state: &mut Assign,
    rid: Rid,
    prefer: Option<Nid>,
) -> Option<Nid> {
    if !world.rscs[rid].provisional {
        return world.rscs[rid].assigned;
    }
    if world.rscs[rid].allocating {
        return None;
    }
    if let Some(parent) = world.rscs[rid].parent
        && !world.rscs[parent].allocating
        && world.rscs[parent].provisional
    {
        super::resource(world, state, parent, prefer);
        return world.rscs[rid].assigned;
    }
    world.rscs[rid].allocating = true;
    state.show(world, "pcmk__group_assign", rid);
    let members = world.rscs[rid].children.clone();
    for &member in &members {
        state.show(world, "pcmk__group_assign", member);
    }
    let mut first = None;
    for &member in &members {
        let chosen = super::resource(world, state, member, prefer);
        if first.is_none() {
            first = chosen;
        }
    }
    let rsc = &mut world.rscs[rid];
    rsc.allocating = false;
    rsc.provisional = false;
    rsc.assigned = first;
    if rsc.next_role.is_none() {
        rsc.next_role = Some(if first.is_some() { Role::Started } else { Role::Stopped });
    }
    first
}
