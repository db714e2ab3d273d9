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
    // Where members must be because of others is known before the first one chooses.
    for &member in members.iter().skip(1) {
        for i in world.constraints.depends.get(&member).cloned().unwrap_or_default() {
            let coloc = world.constraints.colocations[i].clone();
            if coloc.score < crate::score::INF || world.rscs[coloc.primary].parent == Some(rid) {
                continue;
            }
            super::resource(world, state, coloc.primary, None);
            if world.rscs[member].provisional && state.applied.insert((member, i)) {
                super::colocate::apply(world, state, member, coloc.primary, &coloc);
                world.mark(member, crate::explain::Source::Colocation(i));
            }
        }
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
