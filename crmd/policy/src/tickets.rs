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
            if need.role == Some(Role::Promoted) {
                no_promotion(world, leaf);
            }
            missing(world, leaf, need, info.granted);
            world.mark(leaf, crate::explain::Source::Ticket);
        }
    }
}

/// One resource without its ticket (or with one that is about to be given up).
fn missing(world: &mut World<'_>, rid: Rid, need: &crate::constraints::TicketC, granted: bool) {
    let promoted_only = need.role == Some(Role::Promoted);
    let running = world.rscs[rid].running_on.clone();
    if granted || running.is_empty() {
        if !promoted_only || need.loss == LossPolicy::Stop {
            ban(world, rid);
        }
        return;
    }
    match need.loss {
        LossPolicy::Stop => ban(world, rid),
        LossPolicy::Demote => {
            if !promoted_only {
                ban(world, rid);
            }
        }
        LossPolicy::Fence => {
            ban(world, rid);
            for nid in running {
                world.fence(nid, "deadman ticket was lost");
            }
        }
        LossPolicy::Freeze => {
            world.rscs[rid].managed = false;
            world.rscs[rid].blocked = true;
        }
    }
}

fn ban(world: &mut World<'_>, rid: Rid) {
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
