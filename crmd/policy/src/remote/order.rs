//! What happens behind a connection, in relation to its coming and going.

use crate::actions::{Actions, Aid, Verb, blank, edge};
use crate::model::{NodeSort, Rid, World};

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
        let Some(connection) = world.nodes[nid].connection else { continue };
        if let Some(container) = world.nodes[nid].container {
            let container_starts = starts_or_never(acts, container);
            for &a in &container_starts {
                for b in acts.all(connection, Verb::Start) {
                    acts.order(a, b, edge::NEEDS | edge::FORCES);
                }
            }
            pairwise(acts, connection, Verb::Stop, container, Verb::Stop, edge::WANTS);
        }
        let starts = if world.in_bundle(connection) {
            starts_or_never(acts, connection)
        } else {
            acts.all(connection, Verb::Start)
        };
        let stops = acts.all(connection, Verb::Stop);
        if let Some(container) = world.nodes[nid].container
            && world.in_bundle(connection)
        {
            // There is nothing to look for before the container runs.
            let idle = world.rscs[container].running_on.is_empty()
                && !acts.all(container, Verb::Start).iter().any(|&s| !acts.acts[s].optional);
            if idle {
                for probe in acts.all(connection, Verb::Monitor) {
                    acts.acts[probe].runnable = false;
                }
            }
            for start in acts.all(container, Verb::Start) {
                for probe in acts.all(connection, Verb::Monitor) {
                    if acts.acts[probe].extra.as_ref().is_some_and(|e| e.probe) {
                        acts.order(start, probe, edge::NEEDS | edge::QUIET);
                    }
                }
            }
        }
        let gone = world.nodes[nid].remote_reset || world.rscs[connection].failed;
        for aid in acts.of_node.get(&nid).cloned().unwrap_or_default() {
            let verb = acts.acts[aid].verb;
            match verb {
                Verb::Start | Verb::Promote | Verb::MigrateFrom => {
                    // A new connection to the same remote node changes nothing behind it.
                    let guest = world.nodes[nid].sort == NodeSort::Guest;
                    let kind = if guest {
                        edge::NEEDS | edge::FORCES | edge::SAME_REASON
                    } else {
                        edge::NEEDS
                    };
                    for &start in &starts {
                        acts.order(start, aid, kind);
                    }
                }
                Verb::Monitor
                | Verb::Cancel
                | Verb::Delete
                | Verb::ClearFailures
                | Verb::Notify => {
                    for &start in &starts {
                        acts.order(start, aid, edge::NEEDS | edge::QUIET);
                    }
                }
                Verb::Stop | Verb::Demote if !gone => {
                    for &stop in &stops {
                        let moving = !acts.acts[stop].optional
                            && starts.iter().any(|&s| !acts.acts[s].optional);
                        let _ = moving;
                        acts.order(aid, stop, edge::WANTS | edge::QUIET);
                    }
                }
                _ => {}
            }
        }
    }
}
