//! Stage 3: what must be looked at before anything else.

use rota_cib::constraint::Role;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::actions::{Actions, Aid, Collect, Extra, Verb, blank, edge};
use crate::model::{Discover, Kind, Nid, NodeSort, Rid, World};

/// Makes the probes, node by node.
pub(crate) fn create(world: &World<'_>, acts: &mut Actions) {
    if !world.opts.startup_probes {
        return;
    }
    let places = instance_places(world);
    for nid in 0..world.nodes.len() {
        let node = &world.nodes[nid];
        if !node.online || changes(world, nid) || node.unclean || node.sort == NodeSort::Ping {
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
    // What is at work already need not wait for a look at a node that is just joining.
    if node.pending && (!rsc.running_on.is_empty() || world.instance_owner(rid).is_some()) {
        return;
    }
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
    act.runnable = !node.pending;
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

/// Orders the probes before what depends on what they find, all other orderings being known.
///
/// The rules are those that Pacemaker's recorded graphs show without exception: a resource is
/// looked for everywhere before it starts, migrates or is reloaded, but not before it stops. Of
/// what can be in several places the whole waits.
pub(crate) fn order(world: &World<'_>, acts: &mut Actions) {
    let mut probes: FxHashMap<Rid, Vec<Aid>> = FxHashMap::default();
    for (aid, act) in acts.acts.iter().enumerate() {
        if let Some(rid) = act.rid
            && act.extra.as_ref().is_some_and(|e| e.probe)
        {
            probes.entry(rid).or_default().push(aid);
        }
    }
    let followers = followers(world, acts);
    let mut before: Vec<(Aid, Aid, u16)> = Vec::new();
    let mut rids: Vec<Rid> = probes.keys().copied().collect();
    rids.sort_unstable();
    for rid in rids {
        let mut thens = own(world, acts, rid);
        thens.extend(
            restarted(world, acts, &followers, rid).into_iter().map(|then| (then, edge::ORDER)),
        );
        for &probe in &probes[&rid] {
            // What cannot be looked at because its node is fenced holds nothing up.
            // A node that is just joining can be looked at soon: starts wait for that.
            let joins = acts.acts[probe].node.is_some_and(|nid| world.nodes[nid].pending);
            let looks = acts.acts[probe].runnable || joins;
            let kind = |kind: u16| if looks { kind } else { edge::ORDER };
            before.extend(thens.iter().map(|&(then, k)| (probe, then, kind(k))));
        }
    }
    for (rid, then) in after_stops(world, acts) {
        let probes = probes.get(&rid).into_iter().flatten();
        before.extend(probes.map(|&probe| (probe, then, edge::ORDER)));
    }
    for (rid, then) in apart(world, acts) {
        let there = acts.acts[then].node;
        let here = |&&probe: &&Aid| there.is_none() || acts.acts[probe].node == there;
        let probes = probes.get(&rid).into_iter().flatten().filter(here);
        before.extend(probes.map(|&probe| (probe, then, edge::ORDER)));
    }
    for (probe, then, kind) in before {
        acts.order(probe, then, kind);
    }
}

/// What of a resource itself, or of what it is part of, waits for its probes.
fn own(world: &World<'_>, acts: &Actions, rid: Rid) -> Vec<(Aid, u16)> {
    let mut thens = Vec::new();
    let mut add = |rid: Rid, verb: Verb, kind: u16| {
        thens.extend(acts.all(rid, verb).into_iter().map(|then| (then, kind)));
    };
    let parent = world.rscs[rid].parent;
    match world.instance_owner(rid).filter(|&owner| world.rscs[owner].is_clone()) {
        // An instance may be found anywhere: all instances wait.
        Some(clone) => {
            add(clone, Verb::Start, edge::ORDER);
            if parent == Some(clone) {
                add(clone, Verb::Stopped, edge::ORDER);
            }
        }
        None => add(rid, Verb::Start, edge::NEEDS | edge::QUIET),
    }
    add(rid, Verb::MigrateTo, edge::ORDER);
    add(rid, Verb::Reload, edge::ORDER);
    match parent.map(|p| (p, &world.rscs[p].kind)) {
        Some((group, Kind::Group { .. })) => add(group, Verb::Stopped, edge::ORDER),
        Some((_, Kind::Bundle(conf))) if conf.replicas.iter().any(|r| r.container == rid) => {
            conf.clone.into_iter().for_each(|clone| add(clone, Verb::Start, edge::ORDER));
        }
        _ => {}
    }
    thens
}

/// Stops of what must start anew when a resource starts: whether it does is only known once it
/// has been looked for.
fn restarted(
    world: &World<'_>,
    acts: &Actions,
    followers: &FxHashMap<Aid, Vec<Aid>>,
    rid: Rid,
) -> Vec<Aid> {
    let mut starts = acts.all(rid, Verb::Start);
    let owner = world.instance_owner(rid).filter(|&owner| world.rscs[owner].is_clone());
    starts.extend(owner.map(|clone| acts.all(clone, Verb::Running)).into_iter().flatten());
    let mut seen: FxHashSet<Aid> = starts.iter().copied().collect();
    let mut stops = Vec::new();
    while let Some(start) = starts.pop() {
        for &then in followers.get(&start).into_iter().flatten() {
            if seen.insert(then) {
                starts.push(then);
                stops.extend(acts.acts[then].rid.map(|r| acts.all(r, Verb::Stop)));
            }
        }
    }
    stops.into_iter().flatten().filter(|&stop| !acts.acts[stop].pseudo).collect()
}

/// For each start of a primitive, and each point at which a clone is up, the starts of others that
/// it makes necessary.
fn followers(world: &World<'_>, acts: &Actions) -> FxHashMap<Aid, Vec<Aid>> {
    let starts = |aid: Aid| {
        let act = &acts.acts[aid];
        act.verb == Verb::Start && act.collect == Collect::No
    };
    let mut found: FxHashMap<Aid, Vec<Aid>> = FxHashMap::default();
    for e in &acts.edges {
        let first = &acts.acts[e.first];
        let up = first.verb == Verb::Running && first.rid.is_some_and(|r| world.rscs[r].is_clone());
        if e.kind & edge::FORCES != 0 && (up || starts(e.first)) && starts(e.then) {
            found.entry(e.first).or_default().push(e.then);
        }
    }
    found
}

/// What comes after the stop of a resource, and so after the probes that may find it running;
/// also where no stop is foreseen.
fn after_stops(world: &World<'_>, acts: &Actions) -> Vec<(Rid, Aid)> {
    let mut found = Vec::new();
    for e in &acts.edges {
        let (first, then) = (&acts.acts[e.first], &acts.acts[e.then]);
        let (Some(rid), Some(other)) = (first.rid, then.rid) else { continue };
        let role = matches!(
            then.verb,
            Verb::Start | Verb::Stop | Verb::Stopped | Verb::Demote | Verb::MigrateTo
        );
        if first.verb == Verb::Stop && role && rid != other && world.rscs[rid].is_primitive() {
            // What goes down itself waits before that, not before it comes up again.
            let down = then.verb == Verb::Start && !acts.all(other, Verb::Stop).is_empty();
            if world.rscs[rid].container != Some(other) && !down {
                found.push((rid, e.then));
            }
            if then.verb == Verb::Stop {
                // What is migrated leaves its place by that.
                found.extend(acts.all(other, Verb::MigrateTo).into_iter().map(|to| (rid, to)));
            }
        }
    }
    for group in &world.rscs {
        if !matches!(group.kind, Kind::Group { ordered: true, .. }) {
            continue;
        }
        for two in group.children.windows(2) {
            found.extend(acts.all(two[0], Verb::Stop).into_iter().map(|then| (two[1], then)));
        }
    }
    for clone in world.rscs.iter().filter(|r| r.clone_conf().is_some_and(|c| c.ordered)) {
        let mut stops: Vec<Aid> = Vec::new();
        for &instance in clone.children.iter().filter(|&&c| world.rscs[c].is_primitive()) {
            found.extend(stops.iter().map(|&stop| (instance, stop)));
            stops.extend(acts.all(instance, Verb::Stop));
        }
    }
    for order in &world.constraints.orders {
        if order.first_action == "stop" && world.rscs[order.first].is_primitive() {
            let verb = Verb::parse(order.then_action).into_iter();
            let thens = verb.flat_map(|verb| acts.all(order.then, verb));
            found.extend(thens.map(|then| (order.first, then)));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Starts on a node that wait until it is known whether a resource is there with which the one
/// that starts must never be, or another replica of its bundle.
fn apart(world: &World<'_>, acts: &Actions) -> Vec<(Rid, Aid)> {
    let mut found = Vec::new();
    let mut pair = |goes: Rid, comes: Rid| {
        found.extend(acts.all(comes, Verb::Start).into_iter().map(|then| (goes, then)));
    };
    for coloc in world.constraints.colocations.iter().filter(|c| c.score <= -crate::score::INF) {
        let plain = |role: Option<Role>| role.is_none_or(|r| r == Role::Started);
        if plain(coloc.dependent_role) && plain(coloc.primary_role) {
            pair(coloc.primary, coloc.dependent);
            pair(coloc.dependent, coloc.primary);
        }
    }
    for conf in world.rscs.iter().filter_map(|r| r.bundle_conf()) {
        for one in &conf.replicas {
            for other in conf.replicas.iter().filter(|r| r.container != one.container) {
                pair(one.container, other.container);
            }
        }
    }
    found
}
