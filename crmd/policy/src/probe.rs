//! Stage 3: what must be looked at before anything else.

use rota_cib::constraint::Role;
use rustc_hash::FxHashMap;

use crate::actions::{Actions, Extra, Verb, blank, edge};
use crate::model::{Discover, Kind, Nid, NodeSort, Rid, World};

/// Makes the probes, node by node.
pub(crate) fn create(world: &World<'_>, acts: &mut Actions) {
    if !world.opts.startup_probes {
        return;
    }
    let places = instance_places(world);
    for nid in 0..world.nodes.len() {
        let node = &world.nodes[nid];
        if !node.online
            || changes(world, nid)
            || node.pending
            || node.unclean
            || node.sort == NodeSort::Ping
        {
            continue;
        }
        if !node.discovery {
            continue;
        }
        for &rid in &world.top {
            resource(world, acts, rid, nid, &places);
        }
    }
}

/// Whether what a guest lives in starts afresh, ends or moves: nothing is looked for in it then.
fn changes(world: &World<'_>, nid: Nid) -> bool {
    let node = &world.nodes[nid];
    let (NodeSort::Guest, Some(container)) = (node.sort, node.container) else { return false };
    let rsc = &world.rscs[container];
    rsc.next_role == Some(Role::Stopped) || rsc.assigned != rsc.running_on.first().copied()
}

/// For each anonymous clone: which instance a node has (or will have).
fn instance_places(world: &World<'_>) -> FxHashMap<(Rid, Nid), Rid> {
    let mut map = FxHashMap::default();
    for (rid, rsc) in world.rscs.iter().enumerate() {
        if !rsc.is_clone() || rsc.unique {
            continue;
        }
        for &child in &rsc.children {
            if let Some(nid) = world.rscs[child].assigned {
                map.entry((rid, nid)).or_insert(child);
            }
        }
        for &child in &rsc.children {
            for &nid in &world.rscs[child].running_on {
                map.insert((rid, nid), child);
            }
        }
    }
    map
}

fn resource(
    world: &World<'_>,
    acts: &mut Actions,
    rid: Rid,
    nid: Nid,
    places: &FxHashMap<(Rid, Nid), Rid>,
) {
    let rsc = &world.rscs[rid];
    match &rsc.kind {
        Kind::Primitive => primitive(world, acts, rid, nid),
        Kind::Group { .. } => {
            for &child in &rsc.children {
                resource(world, acts, child, nid, places);
            }
        }
        Kind::Clone(conf) => {
            if rsc.exclusive_discover && rsc.allowed[nid].discover != Discover::Exclusive {
                return;
            }
            if conf.unique {
                for &child in &rsc.children {
                    resource(world, acts, child, nid, places);
                }
                return;
            }
            let child = places.get(&(rid, nid)).or_else(|| rsc.children.first());
            if let Some(&child) = child {
                resource(world, acts, child, nid, places);
            }
        }
        Kind::Bundle(conf) => {
            for replica in &conf.replicas {
                if let Some(child) = replica.child
                    && replica.node == Some(nid)
                {
                    primitive(world, acts, child, nid);
                }
                // Containers are not nested.
                if world.nodes[nid].sort == NodeSort::Guest {
                    continue;
                }
                if let Some(ip) = replica.ip {
                    primitive(world, acts, ip, nid);
                }
                primitive(world, acts, replica.container, nid);
                if let Some(remote) = replica.remote {
                    primitive(world, acts, remote, nid);
                }
            }
        }
    }
}

fn known(world: &World<'_>, rid: Rid, nid: Nid) -> bool {
    let rsc = &world.rscs[rid];
    if rsc.known_on.contains(&nid) {
        return true;
    }
    if rsc.anonymous
        && let Some(owner) = world.instance_owner(rid)
    {
        return world
            .known_by_name
            .get(&(owner, rsc.conf_id.clone()))
            .is_some_and(|list| list.contains(&nid));
    }
    false
}

fn primitive(world: &World<'_>, acts: &mut Actions, rid: Rid, nid: Nid) {
    let rsc = &world.rscs[rid];
    if rsc.orphan || known(world, rid, nid) {
        return;
    }
    // No connection leads to a replica that is nowhere and goes nowhere.
    if let Some(container) = rsc.container.filter(|_| rsc.serves.is_some() && world.in_bundle(rid))
        && world.rscs[container].running_on.is_empty()
        && world.rscs[container].assigned.is_none()
    {
        return;
    }
    let node = &world.nodes[nid];
    if node.is_remote() {
        // Guests and containers run on remote nodes, too, but not within one another.
        let holds = rsc.fillers.iter().any(|&f| world.rscs[f].serves.is_some());
        let nests = holds && node.sort == NodeSort::Guest;
        let special = world.is_fencing(rid) || rsc.serves.is_some() || nests;
        if special {
            return;
        }
    }
    let cand = rsc.allowed[nid];
    let exclusive = exclusive(world, rid);
    if cand.discover == Discover::Never || (exclusive && cand.discover != Discover::Exclusive) {
        return;
    }
    // What lives inside another resource is there exactly when that is.
    if rsc.container.is_some() && rsc.serves.is_none() && !world.in_bundle(rid) {
        return;
    }
    // What lives inside a container is looked for there only.
    if let Some(container) = rsc.container
        && rsc.parent.is_some()
        && world.in_bundle(rid)
        && node.container != Some(container)
        && rsc.serves.is_none()
    {
        return;
    }
    if node.container.is_some_and(|c| rsc.fillers.is_empty() && c == rid) {
        return;
    }
    let mut act = blank(Some(rid), Verb::Monitor, Some(nid));
    act.name = "monitor".into();
    act.optional = false;
    act.priority = rsc.priority;
    let here = rsc.running_on.contains(&nid);
    act.extra = Some(Box::new(Extra {
        expected_rc: match (here, rsc.role) {
            (false, _) => 7,
            (true, Role::Promoted) => 8,
            (true, _) => 0,
        },
        probe: true,
        ..Extra::default()
    }));
    let aid = acts.add(act);
    acts.of_node.entry(nid).or_default().push(aid);
}

/// Whether only nodes named for it are looked at; what a bundle was told is about its
/// containers, not about their addresses and connections.
fn exclusive(world: &World<'_>, mut rid: Rid) -> bool {
    loop {
        if world.rscs[rid].exclusive_discover {
            return true;
        }
        match world.rscs[rid].parent {
            Some(parent) if !world.rscs[parent].is_bundle() => rid = parent,
            Some(_) | None => return false,
        }
    }
}

/// Probes of a resource come before its start; anywhere, since it may be found elsewhere.
pub(crate) fn order(world: &World<'_>, acts: &mut Actions) {
    for rid in 0..world.rscs.len() {
        if !world.rscs[rid].is_primitive() {
            continue;
        }
        let probes: Vec<usize> = acts.of_rsc[rid]
            .iter()
            .copied()
            .filter(|&a| acts.acts[a].extra.as_ref().is_some_and(|e| e.probe))
            .collect();
        if probes.is_empty() {
            continue;
        }
        let mut targets = Vec::new();
        for verb in [
            Verb::Start,
            Verb::Stop,
            Verb::Promote,
            Verb::Demote,
            Verb::Delete,
            Verb::MigrateFrom,
            Verb::MigrateTo,
        ] {
            targets.extend(acts.all(rid, verb));
        }
        for &probe in &probes {
            for &then in &targets {
                // What cannot be looked at because its node is fenced holds nothing up.
                let looks = acts.acts[probe].runnable;
                let kind = if looks && acts.acts[then].verb == Verb::Start {
                    edge::NEEDS | edge::QUIET
                } else {
                    edge::ORDER
                };
                acts.order(probe, then, kind);
            }
        }
    }
    // Any instance may be found on any node: starts of all instances wait.
    for &clone in &world.top {
        if !world.rscs[clone].is_clone() || world.rscs[clone].unique {
            continue;
        }
        let starts: Vec<usize> = acts.all(clone, Verb::Start);
        let leaves = world.leaves(clone);
        let Some(&start) = starts.first() else { continue };
        for leaf in leaves {
            for aid in acts.of_rsc[leaf].clone() {
                if acts.acts[aid].extra.as_ref().is_some_and(|e| e.probe) {
                    acts.order(aid, start, edge::ORDER);
                }
            }
        }
    }
}
