//! Stage 5: who must be fenced, and what waits for the proof; nodes that may leave.

use rota_cib::constraint::Role;
use rota_transition::FenceAction;
use smol_str::format_smolstr;

use crate::actions::{Actions, Aid, Extra, Verb, blank, edge};
use crate::create::can_fence;
use crate::model::{Nid, Node, NodeSort, Requires, Rid, World};
use crate::options::NoQuorum;
use crate::values::{boolean, get};

/// Makes fencing actions and what hangs on them.
pub(crate) fn run(world: &mut World<'_>, acts: &mut Actions) {
    unrecoverable(world);
    guests(world, acts);
    let mut fences: Vec<(Nid, Aid)> = Vec::new();
    // Nobody is fenced for the sake of resources that are all left alone: the fencing waits until
    // there is something to manage.
    let any_managed = world.rscs.iter().any(|rsc| rsc.managed);
    for nid in (0..world.nodes.len()).filter(|_| any_managed) {
        let node = &world.nodes[nid];
        if node.sort == NodeSort::Guest || !node.unclean || node.sort == NodeSort::Ping {
            continue;
        }
        if !can_fence(world, nid) {
            continue;
        }
        if node.sort == NodeSort::Remote && node.remote_was_fenced && !node.online {
            continue;
        }
        let aid = fence(world, acts, nid);
        fences.push((nid, aid));
    }
    for &(nid, aid) in &fences {
        implied(world, acts, nid, aid);
        starts_wait(world, acts, nid, aid);
    }
    unfence(world, acts);
    connections_after(world, acts, &fences);
    dc_last(world, acts, &fences);
    if !world.opts.concurrent_fencing {
        one_by_one(world, acts, &fences);
    }
    shutdowns(world, acts, &fences);
}

/// The action that makes a node harmless.
fn fence_action(world: &World<'_>) -> FenceAction {
    if world.opts.fencing_action_off { FenceAction::Off } else { FenceAction::Reboot }
}

fn fence(world: &mut World<'_>, acts: &mut Actions, nid: Nid) -> Aid {
    if let Some(&aid) = acts.fences.get(&nid) {
        return aid;
    }
    let mut act = blank(None, Verb::Fence, Some(nid));
    act.optional = false;
    act.reason = world.nodes[nid].fence_reason.clone().or(Some("node is unclean".into()));
    act.extra = Some(Box::new(Extra { fence: Some(fence_action(world)), ..Extra::default() }));
    let aid = acts.add(act);
    acts.fences.insert(nid, aid);
    aid
}

/// Guests are fenced by stopping what they live in.
fn guests(world: &mut World<'_>, acts: &mut Actions) {
    for nid in 0..world.nodes.len() {
        if world.nodes[nid].sort != NodeSort::Guest || !world.nodes[nid].remote_reset {
            continue;
        }
        let Some(container) = world.nodes[nid].container else { continue };
        let action = fence_action(world);
        let name = world.nodes[nid].name.clone();
        let mut stop = None;
        for aid in acts.all(container, Verb::Stop) {
            if !acts.acts[aid].optional {
                stop = Some(aid);
            }
        }
        let restarted = acts.all(container, Verb::Start).iter().any(|&a| !acts.acts[a].optional);
        // Where the host can neither be asked nor fenced, nothing can be said of the guest.
        let beyond = |nid: Nid| world.nodes[nid].unclean && !can_fence(world, nid);
        if stop.and_then(|s| acts.acts[s].node).is_some_and(beyond) {
            continue;
        }
        let action = if stop.is_some() && !restarted { FenceAction::Off } else { action };
        let mut act = blank(None, Verb::Fence, Some(nid));
        act.name = format_smolstr!("stonith-{name}-{}", action.as_str());
        act.pseudo = true;
        act.optional = false;
        act.reason = Some(String::from("guest is unclean"));
        act.extra = Some(Box::new(Extra { fence: Some(action), ..Extra::default() }));
        let aid = acts.add(act);
        acts.fences.insert(nid, aid);
        if let Some(stop) = stop {
            acts.order(stop, aid, edge::NEEDS | edge::FORCES | edge::QUIET);
            if let Some(host) = acts.acts[stop].node
                && let Some(&fence) = acts.fences.get(&host)
            {
                acts.order(fence, aid, edge::ORDER);
            }
        }
        implied(world, acts, nid, aid);
        starts_wait(world, acts, nid, aid);
    }
}

/// Remote nodes whose connection failed, or went down with its host, and will be nowhere: what
/// they run can be ended by fencing only. Where the connection comes back nothing need be done.
fn unrecoverable(world: &mut World<'_>) {
    for nid in 0..world.nodes.len() {
        let node = &world.nodes[nid];
        let (NodeSort::Remote, Some(connection)) = (node.sort, node.connection) else { continue };
        let rsc = &world.rscs[connection];
        let lost = !rsc.running_on.is_empty()
            && rsc.running_on.iter().all(|&host| world.nodes[host].unclean);
        let back = rsc.assigned.is_some() && rsc.next_role.is_some_and(|r| r > Role::Stopped);
        if back || node.unclean {
            continue;
        }
        if rsc.failed && rsc.managed {
            world.fence(nid, "the connection is unrecoverable");
            continue;
        }
        if !lost {
            continue;
        }
        let known = world
            .cib
            .status
            .nodes
            .iter()
            .any(|s| (s.id == node.id || s.uname == node.name) && s.history_id.is_some());
        if !node.running.is_empty() {
            world.fence(nid, "resources are active but connection is unrecoverable");
        } else if !known {
            world.fence(nid, "resources are in unknown state and connection is unrecoverable");
        }
    }
}

/// The whole partition, when it must not live without quorum.
///
/// A partition that never had quorum has taken nothing over, so it is left alone: Pacemaker's
/// controller writes `no-quorum-panic` into the Cib when quorum was there and is lost.
pub(crate) fn quorum_policy(world: &mut World<'_>) {
    let had_quorum = world.cib.header.other.iter().any(|(name, value)| {
        name == "no-quorum-panic"
            && crate::values::boolean(value)
                .unwrap_or_else(|| crate::score::leading_number(value).unwrap_or(0) > 0)
    });
    if world.opts.no_quorum != NoQuorum::Fence || world.quorum || !had_quorum {
        return;
    }
    for nid in 0..world.nodes.len() {
        if world.nodes[nid].online && world.nodes[nid].sort == NodeSort::Member {
            world.fence(nid, "cluster does not have quorum");
        }
    }
}

/// Ends on a fenced node are done by the fencing.
fn implied(world: &mut World<'_>, acts: &mut Actions, nid: Nid, fence: Aid) {
    for aid in acts.of_node.get(&nid).cloned().unwrap_or_default() {
        let act = &acts.acts[aid];
        let Some(rid) = act.rid else { continue };
        match act.verb {
            Verb::Stop | Verb::Demote => {
                let act = &mut acts.acts[aid];
                act.pseudo = true;
                act.runnable = true;
                act.optional = false;
                let stops = act.verb == Verb::Stop;
                // That a fence device is gone, too, need not be waited for.
                let free = world.is_fencing(rid);
                let device = if free { edge::VOID } else { 0 };
                acts.order(fence, aid, edge::FORCES | edge::NEEDS | edge::QUIET | device);
                // Where else it runs it is stopped when that is done, unless it has failed there
                // itself, and what it is part of.
                for stop in acts.all(rid, Verb::Stop).into_iter().filter(|_| stops && !free) {
                    let failed = &world.rscs[rid].stops_for_failure;
                    let waits = |n: Nid| !acts.fences.contains_key(&n) && !failed.contains(&n);
                    if acts.acts[stop].node.is_some_and(waits) {
                        acts.order(fence, stop, edge::ORDER);
                    }
                }
                let whole = if stops && !free { whole(world, rid) } else { None };
                for stop in whole.map(|r| acts.all(r, Verb::Stop)).into_iter().flatten() {
                    acts.order(fence, stop, edge::ORDER);
                }
                let own = get(&world.rscs[rid].meta.pairs, "notify");
                let asks = own.is_some_and(|v| boolean(v) == Some(true));
                if stops && (asks || world.rscs[rid].notify) {
                    crate::notify::fenced(world, acts, rid, fence);
                }
            }
            // A remote or guest node that comes back is watched again.
            Verb::Monitor if act.interval > 0 && world.nodes[nid].is_remote() => {}
            Verb::Cancel | Verb::Delete | Verb::Monitor => {
                acts.acts[aid].runnable = false;
            }
            _ => {}
        }
    }
}

/// The clone or group that a resource is part of, the outermost one.
fn whole(world: &World<'_>, rid: Rid) -> Option<Rid> {
    let parent = |rid: Rid| world.rscs[rid].parent.filter(|&p| !world.rscs[p].is_bundle());
    let first = parent(rid)?;
    Some(parent(first).unwrap_or(first))
}

/// Nodes that a device must let in before anything is looked at or started there.
fn unfence(world: &World<'_>, acts: &mut Actions) {
    if !world.opts.fencing {
        return;
    }
    if !(0..world.rscs.len()).any(|rid| world.rscs[rid].is_primitive() && lets_in(world, rid)) {
        return;
    }
    for (nid, node) in world.nodes.iter().enumerate() {
        let done = node
            .attributes
            .get("#node-unfenced")
            .is_some_and(|v| crate::score::leading_number(v).unwrap_or(0) > 0);
        let again = world.unfence.iter().find(|(n, _)| *n == nid).map(|(_, why)| *why);
        let wanted = node.online
            && !node.unclean
            && !node.pending
            && !node.shutdown
            && matches!(node.sort, NodeSort::Member | NodeSort::Remote)
            && (!done || again.is_some())
            && !acts.fences.contains_key(&nid);
        if !wanted {
            continue;
        }
        let mut act = blank(None, Verb::Fence, Some(nid));
        // Let in is a node only for something that is to be looked at or started there.
        act.optional = !done || again.is_none();
        act.reason = again.filter(|_| done).map(String::from);
        act.extra = Some(Box::new(Extra { fence: Some(FenceAction::On), ..Extra::default() }));
        let aid = acts.add(act);
        acts.fences.insert(nid, aid);
        for other in acts.of_node.get(&nid).cloned().unwrap_or_default() {
            let Some(rid) = acts.acts[other].rid else { continue };
            let verb = acts.acts[other].verb;
            if world.rscs[rid].meta.requires != Requires::Unfencing && !lets_in(world, rid) {
                continue;
            }
            let probes = acts.acts[other].extra.as_ref().is_some_and(|e| e.probe);
            match verb {
                // What runs there did so without: it goes through it.
                Verb::Start => {
                    acts.order(aid, other, edge::NEEDS | edge::FORCES | edge::WANTS);
                }
                Verb::Stop if lets_in(world, rid) => {}
                Verb::Stop => acts.order(other, aid, edge::ORDER),
                Verb::Monitor if probes => {
                    acts.order(aid, other, edge::NEEDS | edge::WANTS | edge::QUIET);
                }
                // What watches follows the start.
                Verb::Monitor => acts.order(aid, other, edge::NEEDS | edge::QUIET | edge::VOID),
                Verb::Promote => acts.order(aid, other, edge::NEEDS | edge::QUIET),
                _ => continue,
            }
            let wanted = verb == Verb::Start || verb == Verb::Monitor && !acts.acts[other].optional;
            if wanted && acts.acts[aid].optional {
                let why = acts.words(world, other, "required by");
                acts.acts[aid].optional = false;
                acts.acts[aid].reason = Some(why);
            }
        }
    }
}

/// Whether a resource is a device that lets nodes in.
pub(crate) fn lets_in(world: &World<'_>, rid: Rid) -> bool {
    world.is_fencing(rid)
        && get(&world.rscs[rid].meta.pairs, "provides").is_some_and(|v| v == "unfencing")
}

/// What needs the proof before it starts.
fn starts_wait(world: &World<'_>, acts: &mut Actions, nid: Nid, fence: Aid) {
    for rid in 0..world.rscs.len() {
        let rsc = &world.rscs[rid];
        if !rsc.is_primitive() {
            continue;
        }
        let waits = match rsc.meta.requires {
            Requires::Fencing | Requires::Unfencing => true,
            Requires::Quorum => !rsc.known_on.contains(&nid) && rsc.allowed[nid].present,
            Requires::Nothing => false,
        };
        if !waits {
            continue;
        }
        for verb in [Verb::Start, Verb::Promote] {
            for aid in acts.all(rid, verb) {
                if rsc.meta.requires != Requires::Quorum || verb == Verb::Start {
                    acts.order(fence, aid, edge::NEEDS);
                }
            }
        }
    }
}

/// Failures of a connection are forgotten when the node that it leads to is off.
fn connections_after(world: &World<'_>, acts: &mut Actions, fences: &[(Nid, Aid)]) {
    for &(nid, fence) in fences {
        let Some(connection) = world.nodes[nid].connection else { continue };
        if world.rscs[connection].reconnect_s == 0 {
            continue;
        }
        for clear in acts.all(connection, Verb::ClearFailures) {
            acts.order(fence, clear, edge::ORDER);
        }
    }
}

/// The node that leads is fenced last, so that the others are sure to be.
fn dc_last(world: &World<'_>, acts: &mut Actions, fences: &[(Nid, Aid)]) {
    let Some(&(_, dc)) = fences.iter().find(|(n, _)| Some(*n) == world.dc) else { return };
    for &(nid, aid) in fences {
        if Some(nid) != world.dc && world.nodes[nid].sort == NodeSort::Member {
            acts.order(aid, dc, edge::ORDER);
        }
    }
}

/// One node after the other as they came up, the one that leads last (`concurrent-fencing`).
fn one_by_one(world: &World<'_>, acts: &mut Actions, fences: &[(Nid, Aid)]) {
    let mut order: Vec<(bool, Aid)> =
        fences.iter().map(|&(nid, aid)| (Some(nid) == world.dc, aid)).collect();
    order.sort_unstable();
    for two in order.windows(2) {
        acts.order(two[0].1, two[1].1, edge::ORDER);
    }
}

/// Nodes that want to leave may do so when nothing runs on them any more.
fn shutdowns(world: &World<'_>, acts: &mut Actions, fences: &[(Nid, Aid)]) {
    let mut leaves: Vec<(Nid, Aid)> = Vec::new();
    for (nid, node) in world.nodes.iter().enumerate() {
        let leaving = node.online
            && node.shutdown
            && !node.unclean
            && matches!(node.sort, NodeSort::Member | NodeSort::Ping);
        if !leaving {
            continue;
        }
        let mut act = blank(None, Verb::Shutdown, Some(nid));
        act.optional = false;
        let aid = acts.add(act);
        for other in acts.of_node.get(&nid).cloned().unwrap_or_default() {
            let a = &acts.acts[other];
            if a.verb == Verb::Stop {
                // What failed to stop holds the node up; what is left alone does not.
                let unmanaged = a.rid.is_some_and(|r| {
                    let rsc = &world.rscs[r];
                    !rsc.managed && (rsc.maintenance || !rsc.blocked) && rsc.role > Role::Stopped
                });
                if !unmanaged {
                    acts.order(other, aid, edge::NEEDS | edge::QUIET);
                }
            }
        }
        for &(other, fence) in fences {
            if world.dc == Some(nid) || other == nid {
                acts.order(fence, aid, edge::ORDER);
            }
        }
        leaves.push((nid, aid));
    }
    // The node that leads leaves last, so that the others are sure to.
    let Some(&(_, dc)) = leaves.iter().find(|(n, _)| Some(*n) == world.dc) else { return };
    for &(_, aid) in &leaves {
        acts.order(aid, dc, edge::ORDER);
    }
}

/// Seconds to wait before a node is fenced, so that in a match of two halves the more important
/// one wins (`priority-fencing-delay` in "Cluster-Wide Configuration" of Pacemaker Explained).
///
/// It counts for full members only, where this partition is no majority, for nodes of the
/// highest total priority of what runs there, if not all are equal. A promoted instance of a
/// resource that has a priority counts for one more.
pub(crate) fn delay_s(world: &World<'_>, nid: Nid) -> u32 {
    let delay = world.opts.priority_fencing_delay_s;
    if delay == 0 || world.nodes[nid].sort != NodeSort::Member {
        return 0;
    }
    let members = || world.nodes.iter().filter(|n| n.sort == NodeSort::Member);
    let here = members().filter(|n| n.online).count();
    if here > members().count() / 2 {
        return 0;
    }
    let weights: Vec<i64> = members().map(|n| weight(world, n)).collect();
    let (top, least) = (weights.iter().max().copied(), weights.iter().min().copied());
    if top == least || Some(weight(world, &world.nodes[nid])) != top { 0 } else { delay }
}

/// How important what runs on a node is, all together.
fn weight(world: &World<'_>, node: &Node) -> i64 {
    let of = |rid: &Rid| {
        let rsc = &world.rscs[*rid];
        let base = i64::from(rsc.meta.priority);
        base + i64::from(base != 0 && rsc.role == Role::Promoted)
    };
    node.running.iter().map(of).sum()
}
