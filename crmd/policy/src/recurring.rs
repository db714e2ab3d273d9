//! Recurring operations: the ones to start, the ones to cancel.

use rota_cib::Text;
use rota_cib::constraint::Role;

use crate::actions::{Actions, Extra, Verb, blank, edge};
use crate::model::{Nid, Rid, World};

/// Makes the recurring operations of a primitive in its new place.
pub(crate) fn create(world: &mut World<'_>, acts: &mut Actions, rid: Rid) {
    let Some(prim) = world.rscs[rid].prim else { return };
    let rsc = &world.rscs[rid];
    // What is blocked is left alone in every respect, also where it is not.
    if rsc.maintenance || rsc.blocked {
        return;
    }
    let node_maintained = rsc.running_on.iter().any(|&n| world.nodes[n].maintenance);
    if node_maintained {
        return;
    }
    let ops: Vec<(Text, u32, Option<Role>, bool)> = world.prims[prim]
        .ops
        .iter()
        .filter(|op| op.interval_ms > 0 && !op.ambiguous)
        .filter(|op| op.name != "start" && op.name != "stop")
        .map(|op| (op.name.clone(), op.interval_ms, op.role, op.enabled))
        .collect();
    if ops.is_empty() || rsc.orphan {
        return;
    }
    let next = rsc.next_role.unwrap_or(Role::Stopped);
    let chosen = rsc.assigned;
    if let Some(nid) = chosen
        && next > Role::Stopped
    {
        for (name, interval, role, enabled) in &ops {
            if !enabled || *role == Some(Role::Stopped) {
                if *enabled && recorded(world, rid, nid, name, *interval) {
                    // What watches that it is not here ends before it is.
                    let aid = cancel(world, acts, rid, nid, name, *interval);
                    for start in acts.all(rid, Verb::Start) {
                        acts.order(aid, start, edge::ORDER);
                    }
                }
                continue;
            }
            active(world, acts, rid, nid, name, *interval, *role, next);
        }
    }
    for (name, interval, role, enabled) in &ops {
        if *role == Some(Role::Stopped) && *enabled {
            inactive(world, acts, rid, name, *interval);
        }
    }
}

fn exists(world: &World<'_>, rid: Rid, nid: Nid, name: &str, interval: u32) -> bool {
    world
        .active_ops
        .get(&(rid, nid))
        .is_some_and(|ops| ops.iter().any(|(n, i)| n == name && *i == interval))
}

/// Whether a node's history has the operation, whatever it found.
fn recorded(world: &World<'_>, rid: Rid, nid: Nid, name: &str, interval: u32) -> bool {
    world.records.iter().any(|(r, n, history)| {
        *r == rid
            && *n == nid
            && history.operations.iter().any(|o| o.operation == name && o.interval_ms == interval)
    })
}

#[expect(clippy::too_many_arguments, reason = "an operation has that many parts")]
fn active(
    world: &mut World<'_>,
    acts: &mut Actions,
    rid: Rid,
    nid: Nid,
    name: &Text,
    interval: u32,
    role: Option<Role>,
    next: Role,
) {
    let fits = match role {
        None => next != Role::Promoted,
        Some(given) => given == next,
    };
    let known = exists(world, rid, nid, name, interval);
    let start = acts.find(rid, Verb::Start, Some(nid));
    // What is not managed is watched where it is, whatever ought to be done about it.
    let rsc = &world.rscs[rid];
    let left_alone = !rsc.managed && !rsc.blocked && rsc.running_on.contains(&nid);
    let start_optional = left_alone || start.is_none_or(|s| acts.acts[s].optional);
    if !fits {
        // With a new start nothing is left of it.
        if known && start_optional {
            let aid = cancel(world, acts, rid, nid, name, interval);
            for verb in [Verb::Promote, Verb::Demote] {
                for then in acts.all(rid, verb) {
                    acts.order(aid, then, edge::ORDER);
                }
            }
        }
        return;
    }
    let mut act = blank(Some(rid), Verb::Monitor, Some(nid));
    act.name = name.clone();
    act.interval = interval;
    act.optional = known && start_optional;
    act.priority = world.rscs[rid].priority;
    let node = &world.nodes[nid];
    let coming = node.is_remote() && start.is_some_and(|s| acts.acts[s].runnable);
    act.runnable = (node.online || coming) && !node.unclean && !node.pending;
    let promoted = next == Role::Promoted;
    act.extra =
        Some(Box::new(Extra { expected_rc: if promoted { 8 } else { 0 }, ..Extra::default() }));
    let blocked = |s: usize| !acts.acts[s].runnable && !acts.acts[s].optional;
    if start.is_some_and(blocked) && !left_alone {
        act.runnable = false;
    }
    let aid = acts.add(act);
    acts.of_node.entry(nid).or_default().push(aid);
    if let Some(start) = start.filter(|_| !left_alone) {
        acts.order(start, aid, edge::FORCES | edge::NEEDS | edge::QUIET);
    }
    for promote in acts.all(rid, Verb::Promote) {
        acts.order(
            promote,
            aid,
            // Through a demotion and a promotion what watches goes on.
            match (promoted, world.rscs[rid].role == Role::Promoted) {
                (true, false) => edge::FORCES | edge::NEEDS | edge::QUIET,
                (true, true) => edge::NEEDS | edge::QUIET,
                (false, _) => edge::ORDER,
            },
        );
    }
    for demote in acts.all(rid, Verb::Demote) {
        if acts.acts[demote].node == Some(nid) && !promoted {
            acts.order(demote, aid, edge::FORCES | edge::NEEDS | edge::QUIET);
        } else {
            acts.order(demote, aid, edge::ORDER);
        }
    }
    for reload in acts.all(rid, Verb::Reload) {
        acts.order(reload, aid, edge::FORCES | edge::QUIET);
    }
}

/// Watches for a resource where it should not be.
fn inactive(world: &mut World<'_>, acts: &mut Actions, rid: Rid, name: &Text, interval: u32) {
    // Instances that are all alike may be anywhere: none is where it should not be.
    if world.rscs[rid].anonymous {
        return;
    }
    for nid in 0..world.nodes.len() {
        let node = &world.nodes[nid];
        let here = world.rscs[rid].assigned == Some(nid)
            && world.rscs[rid].next_role.is_some_and(|r| r > Role::Stopped);
        if here || !node.online || node.unclean || node.pending {
            continue;
        }
        let known = recorded(world, rid, nid, name, interval);
        let stopping = acts.find(rid, Verb::Stop, Some(nid));
        let mut act = blank(Some(rid), Verb::Monitor, Some(nid));
        act.name = name.clone();
        act.interval = interval;
        act.optional = known && stopping.is_none();
        act.extra = Some(Box::new(Extra { expected_rc: 7, ..Extra::default() }));
        let aid = acts.add(act);
        acts.of_node.entry(nid).or_default().push(aid);
        if let Some(stop) = stopping {
            acts.order(stop, aid, edge::FORCES | edge::NEEDS | edge::QUIET);
        }
        for probe in acts.all(rid, Verb::Monitor) {
            if acts.acts[probe].node == Some(nid)
                && acts.acts[probe].extra.as_ref().is_some_and(|e| e.probe)
            {
                acts.order(probe, aid, edge::ORDER);
            }
        }
    }
}

/// Makes an action that ends a recurring operation.
pub(crate) fn cancel(
    world: &World<'_>,
    acts: &mut Actions,
    rid: Rid,
    nid: Nid,
    name: &Text,
    interval: u32,
) -> usize {
    let mut act = blank(Some(rid), Verb::Cancel, Some(nid));
    act.name = name.clone();
    act.interval = interval;
    act.optional = false;
    act.runnable = world.nodes[nid].online;
    let aid = acts.add(act);
    acts.of_node.entry(nid).or_default().push(aid);
    aid
}
