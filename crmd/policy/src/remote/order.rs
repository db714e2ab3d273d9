//! What happens behind a connection, in relation to its coming and going.

use crate::actions::{Actions, Aid, Verb, blank, edge};
use crate::model::{Nid, NodeSort, Rid, World};

/// Orders all actions of one kind before all of another.
pub(crate) fn pairwise(acts: &mut Actions, first: Rid, a: Verb, then: Rid, b: Verb, kind: u16) {
    for x in acts.all(first, a) {
        for y in acts.all(then, b) {
            acts.order(x, y, kind);
        }
    }
}

/// The starts of a resource; one that cannot be stands for those of what has no node.
fn starts_or_never(acts: &mut Actions, rid: Rid) -> Vec<Aid> {
    let found = acts.all(rid, Verb::Start);
    if !found.is_empty() {
        return found;
    }
    let mut never = blank(Some(rid), Verb::Start, None);
    never.runnable = false;
    vec![acts.add(never)]
}

/// Whether what runs on a remote or guest node can be talked to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// Its connection stands.
    Now,
    /// Once its connection is there (again).
    Later,
    /// Never: whatever ran there ends with the node.
    Gone,
}

fn reach(world: &World<'_>, nid: Nid, connection: Rid) -> Reach {
    let rsc = &world.rscs[connection];
    // A guest is told as long as its host is there; another host may reach a remote node later.
    let guest = world.nodes[nid].sort == NodeSort::Guest;
    let stands = |&host: &Nid| world.nodes[host].online && (guest || !world.nodes[host].unclean);
    if world.nodes[nid].remote_reset || rsc.failed {
        Reach::Gone
    } else if rsc.is_active()
        && rsc.running_on.iter().any(stands)
        // Half-way between two hosts it cannot be used.
        && rsc.migration_source.is_none()
    {
        Reach::Now
    } else {
        Reach::Later
    }
}

/// Connections follow their containers; what runs on remote and guest nodes follows their
/// connections.
pub(crate) fn order(world: &World<'_>, acts: &mut Actions) {
    for rid in 0..world.rscs.len() {
        let rsc = &world.rscs[rid];
        if let Some(container) = rsc.container
            && rsc.serves.is_none()
            && !world.in_bundle(rid)
        {
            let forces = edge::NEEDS | edge::FORCES;
            pairwise(acts, container, Verb::Start, rid, Verb::Start, forces);
            pairwise(acts, rid, Verb::Stop, container, Verb::Stop, edge::WANTS);
        }
    }
    for nid in 0..world.nodes.len() {
        if let Some(connection) = world.nodes[nid].connection {
            if let Some(container) = world.nodes[nid].container {
                with_container(world, acts, connection, container);
            }
            behind(world, acts, nid, connection);
            beyond(world, acts, nid, connection);
        }
    }
}

/// A guest's connection comes after what the guest lives in, and goes before it.
fn with_container(world: &World<'_>, acts: &mut Actions, connection: Rid, container: Rid) {
    for start in starts_or_never(acts, container) {
        for then in acts.all(connection, Verb::Start) {
            acts.order(start, then, edge::NEEDS | edge::FORCES);
        }
    }
    pairwise(acts, connection, Verb::Stop, container, Verb::Stop, edge::WANTS);
    if !world.in_bundle(connection) {
        return;
    }
    // There is nothing to look for before the container runs.
    let idle = world.rscs[container].running_on.is_empty()
        && !acts.all(container, Verb::Start).iter().any(|&s| !acts.acts[s].optional);
    for probe in acts.all(connection, Verb::Monitor) {
        if !acts.acts[probe].extra.as_ref().is_some_and(|e| e.probe) {
            continue;
        }
        acts.acts[probe].runnable &= !idle;
        for start in acts.all(container, Verb::Start) {
            if acts.acts[start].node.is_some() {
                acts.order(start, probe, edge::NEEDS | edge::QUIET);
            }
        }
    }
}

/// What leaves for a remote or guest node stays until the connection there stands; and the
/// connection to a node that is fenced is given up after that.
fn beyond(world: &World<'_>, acts: &mut Actions, nid: Nid, connection: Rid) {
    let starts = acts.all(connection, Verb::Start);
    for aid in acts.of_node.get(&nid).cloned().unwrap_or_default() {
        let Some(rid) = acts.acts[aid].rid.filter(|_| acts.acts[aid].verb == Verb::Start) else {
            continue;
        };
        for stop in acts.all(rid, Verb::Stop) {
            let elsewhere = acts.acts[stop].node.is_some_and(|n| n != nid);
            for &start in starts.iter().filter(|_| elsewhere) {
                acts.order(start, stop, edge::ORDER);
            }
        }
    }
    if world.nodes[nid].sort == NodeSort::Remote
        && let Some(&fence) = acts.fences.get(&nid)
    {
        for stop in acts.all(connection, Verb::Stop) {
            acts.order(fence, stop, edge::ORDER);
        }
    }
}

/// What happens on a remote or guest node, in relation to its connection.
fn behind(world: &World<'_>, acts: &mut Actions, nid: Nid, connection: Rid) {
    let guest = world.nodes[nid].sort == NodeSort::Guest;
    let real = acts.all(connection, Verb::Start);
    let starts = starts_or_never(acts, connection);
    let stops = acts.all(connection, Verb::Stop);
    let reach = reach(world, nid, connection);
    for aid in acts.of_node.get(&nid).cloned().unwrap_or_default() {
        // A new connection to the same remote node changes nothing behind it; a guest is new.
        let up = match (guest, acts.acts[aid].verb) {
            (true, Verb::Start | Verb::Promote | Verb::MigrateFrom) => {
                Some(edge::NEEDS | edge::FORCES | edge::SAME_REASON)
            }
            (false, Verb::Start | Verb::Promote | Verb::MigrateFrom) => Some(edge::NEEDS),
            (_, Verb::Monitor) if acts.acts[aid].interval > 0 => {
                Some(edge::NEEDS | edge::FORCES | edge::QUIET)
            }
            (_, Verb::Monitor | Verb::Delete | Verb::ClearFailures) => {
                Some(edge::NEEDS | edge::QUIET)
            }
            (_, Verb::Cancel | Verb::Notify) => {
                (reach != Reach::Now).then_some(edge::NEEDS | edge::QUIET)
            }
            (_, Verb::Stop | Verb::Demote) => {
                (reach == Reach::Later).then_some(edge::NEEDS | edge::QUIET)
            }
            (_, _) => None,
        };
        // What must be said over the old connection is said before that ends.
        let down = match (reach, acts.acts[aid].verb) {
            (Reach::Now, Verb::Stop | Verb::Demote) => Some(edge::WANTS | edge::QUIET),
            (Reach::Now, Verb::Cancel) => Some(edge::ORDER),
            (Reach::Now, Verb::Monitor) if real.is_empty() => Some(edge::ORDER),
            (Reach::Now | Reach::Later | Reach::Gone, _) => None,
        };
        // A remote node may be looked at once more before its connection ends for good.
        let last_look = !guest && acts.acts[aid].verb == Verb::Monitor;
        for &start in if last_look { &real } else { &starts } {
            if let Some(kind) = up {
                acts.order(start, aid, kind);
            }
        }
        for &stop in &stops {
            if let Some(kind) = down {
                acts.order(aid, stop, kind);
            }
        }
    }
}
