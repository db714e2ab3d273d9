//! Tickets: what must not run, or not be promoted, without them.

use rota_cib::constraint::{LossPolicy, Role};

use crate::model::{Rid, World};

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
            world.ban_all(rid);
        }
        return;
    }
    match need.loss {
        LossPolicy::Stop => world.ban_all(rid),
        LossPolicy::Demote => {
            if !promoted_only {
                world.ban_all(rid);
            }
        }
        // Where it is but unpromoted the ticket was of no use.
        LossPolicy::Fence if promoted_only && world.rscs[rid].role != Role::Promoted => {}
        LossPolicy::Fence => {
            world.ban_all(rid);
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

/// Keeps an instance from being promoted anywhere.
fn no_promotion(world: &mut World<'_>, rid: Rid) {
    world.no_promotion.insert(rid);
    if let Some(parent) = world.rscs[rid].parent
        && world.rscs[parent].is_group()
    {
        world.no_promotion.insert(parent);
    }
}
