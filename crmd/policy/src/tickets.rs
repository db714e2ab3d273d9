//! Tickets: what must not run, or not be promoted, without them.

use rota_cib::constraint::{LossPolicy, Role};

use crate::model::{Rid, World};
use crate::score::INF;

/// Applies the loss of tickets before anything is assigned.
pub(crate) fn apply(world: &mut World<'_>) {
    let list = world.constraints.tickets.clone();
    for need in &list {
        let info = world.tickets.get(&need.ticket).cloned().unwrap_or_default();
        if info.granted && !info.standby {
            continue;
        }
        for leaf in world.leaves(need.rid) {
            lost(world, leaf, need, info.granted);
        }
    }
}

fn lost(world: &mut World<'_>, rid: Rid, need: &crate::constraints::TicketC, standby: bool) {
    let role_matters = need.role == Some(Role::Promoted);
    let rsc = &world.rscs[rid];
    let running: Vec<usize> = rsc.running_on.clone();
    let affected = if role_matters { rsc.role == Role::Promoted } else { !running.is_empty() };
    if standby {
        // About to be given up: as if lost, but gently.
        ban(world, rid, need);
        return;
    }
    match need.loss {
        LossPolicy::Stop => {
            if need.role != Some(Role::Unpromoted) || true {
                for nid in 0..world.nodes.len() {
                    ban_here(world, rid, nid);
                }
            }
        }
        LossPolicy::Demote => {
            if need.role != Some(Role::Promoted) && need.role.is_some() {
                return;
            }
            no_promotion(world, rid);
        }
        LossPolicy::Fence => {
            ban(world, rid, need);
            if affected {
                for nid in running {
                    world.fence(nid, "deadman ticket was lost");
                }
            }
        }
        LossPolicy::Freeze => {
            if affected {
                world.rscs[rid].managed = false;
                world.rscs[rid].blocked = true;
            } else {
                ban(world, rid, need);
            }
        }
    }
}

fn ban(world: &mut World<'_>, rid: Rid, need: &crate::constraints::TicketC) {
    if need.role == Some(Role::Promoted) {
        no_promotion(world, rid);
        return;
    }
    for nid in 0..world.nodes.len() {
        ban_here(world, rid, nid);
    }
}

fn ban_here(world: &mut World<'_>, rid: Rid, nid: usize) {
    if world.rscs[rid].allowed[nid].present {
        world.rscs[rid].allowed[nid].score = -INF;
    }
}

/// Keeps an instance from being promoted anywhere.
fn no_promotion(world: &mut World<'_>, rid: Rid) {
    world.no_promotion.insert(rid);
    if let Some(parent) = world.rscs[rid].parent
        && world.rscs[parent].is_group()
    {
        world.no_promotion.insert(parent);
    }
}
