//! Before the first choice: location constraints, health, stickiness, failures, locks.

use crate::explain::Source;
use crate::model::{Cand, Chore, Discover, Kind, Nid, Rid, World};
use crate::options::Health;
use crate::score::{INF, sum};

/// Gives every resource its scores as far as they do not depend on other resources.
pub(crate) fn prepare(world: &mut World<'_>) {
    locks(world);
    world.mark_all(Source::Lock);
    base_scores(world);
    world.mark_all(Source::NodeScore);
    health(world);
    world.mark_all(Source::Health);
    let locations = std::mem::take(&mut world.constraints.locations);
    for (i, location) in locations.iter().enumerate() {
        if location.role.is_none() || location.discover == Discover::Exclusive {
            let counts = location.role.is_none();
            apply(world, location.rid, &location.nodes, location.discover, counts);
            world.mark_tree(location.rid, Source::Location(i));
        }
    }
    world.constraints.locations = locations;
    connections_anywhere(world);
    for ban in std::mem::take(&mut world.constraints.bans) {
        apply(world, ban.rid, &[(ban.nid, -INF)], Discover::Always, true);
        world.mark_tree(ban.rid, Source::Ban(ban.why));
    }
    for rid in world.top.clone() {
        thresholds(world, rid);
    }
    world.mark_all(Source::Threshold);
    for rid in 0..world.rscs.len() {
        if world.rscs[rid].exclusive_discover {
            for cand in &mut world.rscs[rid].allowed {
                if cand.present && cand.discover != Discover::Exclusive {
                    cand.score = -INF;
                }
            }
        }
        world.mark(rid, Source::Discovery);
        if world.rscs[rid].is_primitive() && !world.rscs[rid].managed {
            // What must not be touched stays, whatever else is said.
            for nid in world.rscs[rid].running_on.clone() {
                world.add_score(rid, nid, INF);
            }
            world.mark(rid, Source::Stickiness);
        }
    }
    not_on_itself(world);
    world.mark_all(Source::NotOnItself);
}

/// Where nodes must be named, the connections that nobody configured may go to any member: it is
/// what they lead to that the names are about.
fn connections_anywhere(world: &mut World<'_>) {
    if world.opts.symmetric {
        return;
    }
    for nid in 0..world.nodes.len() {
        let node = &world.nodes[nid];
        let (Some(connection), Some(_)) = (node.connection, node.container) else { continue };
        for cand in &mut world.rscs[connection].allowed {
            if !cand.present {
                *cand = Cand { discover: cand.discover, ..Cand::OPEN };
            }
        }
    }
}

fn base_scores(world: &mut World<'_>) {
    for nid in 0..world.nodes.len() {
        let base = world.nodes[nid].base_score;
        if base != 0 {
            for rsc in &mut world.rscs {
                if rsc.allowed[nid].present {
                    rsc.allowed[nid].score = base;
                }
            }
        }
    }
}

fn health(world: &mut World<'_>) {
    if world.opts.health == Health::None {
        return;
    }
    let scores: Vec<(Nid, i32)> = world
        .nodes
        .iter()
        .enumerate()
        .filter(|(_, n)| n.health != 0)
        .map(|(i, n)| (i, n.health))
        .collect();
    if scores.is_empty() {
        return;
    }
    for rid in world.top.clone() {
        if world.rscs[rid].meta.allow_unhealthy {
            continue;
        }
        apply(world, rid, &scores, Discover::Always, true);
    }
}

/// Applies scores to a resource and to what is in it.
pub(crate) fn apply(
    world: &mut World<'_>,
    rid: Rid,
    nodes: &[(Nid, i32)],
    discover: Discover,
    counts: bool,
) {
    for &(nid, score) in nodes {
        let cand = &mut world.rscs[rid].allowed[nid];
        if !cand.present {
            *cand = Cand { score: if counts { score } else { 0 }, present: true, discover };
        } else if counts {
            cand.score = sum(cand.score, score);
        }
        let cand = &mut world.rscs[rid].allowed[nid];
        if discover != Discover::Always && cand.discover != Discover::Exclusive {
            cand.discover = discover;
        }
    }
    if discover == Discover::Exclusive {
        world.rscs[rid].exclusive_discover = true;
    }
    let children = match &world.rscs[rid].kind {
        Kind::Primitive => return,
        Kind::Group { colocated: true, .. } => {
            // The first member speaks for all; the others may go where it goes.
            for (i, child) in world.rscs[rid].children.clone().into_iter().enumerate() {
                apply(world, child, nodes, discover, counts && i == 0);
            }
            return;
        }
        Kind::Group { .. } | Kind::Clone(_) => world.rscs[rid].children.clone(),
        // Addresses go with their containers; connections may be anywhere.
        Kind::Bundle(b) => {
            b.replicas.iter().flat_map(|r| [Some(r.container), r.ip]).flatten().collect()
        }
    };
    for child in children {
        apply(world, child, nodes, discover, counts);
    }
}

/// Failures of what lives inside count for the container, too.
pub(crate) fn fail_count(world: &World<'_>, rid: Rid, nid: Nid) -> i32 {
    let now = world.now;
    let of = |rid: Rid| {
        let rsc = &world.rscs[rid];
        let timeout = rsc.failure_timeout_s();
        rsc.fail_counts
            .iter()
            .filter(|(n, _)| *n == nid)
            .filter(|(_, c)| !(timeout > 0 && c.last_failure > 0 && now > c.last_failure + timeout))
            .map(|(_, c)| c.count)
            .fold(0, sum)
    };
    let fillers = world.rscs[rid].fillers.iter().map(|&f| of(f)).fold(0, sum);
    sum(of(rid), fillers)
}

fn thresholds(world: &mut World<'_>, rid: Rid) {
    for leaf in world.leaves(rid) {
        if world.rscs[leaf].fail_counts.is_empty()
            && world.rscs[leaf].fillers.iter().all(|&f| world.rscs[f].fail_counts.is_empty())
        {
            continue;
        }
        for nid in 0..world.nodes.len() {
            let threshold = world.rscs[leaf].meta.migration_threshold;
            if threshold == 0 || world.rscs[leaf].failure_ignored {
                continue;
            }
            let count = fail_count(world, leaf, nid);
            if count > 0 && count >= threshold {
                // Instances that cannot be told apart failed all together.
                if world.rscs[leaf].anonymous {
                    if let Some(clone) = world.instance_owner(leaf) {
                        ban_tree(world, clone, nid);
                    }
                } else {
                    apply(world, leaf, &[(nid, -INF)], Discover::Always, true);
                }
            }
        }
    }
}

/// Keeps a resource and all that is in it off a node.
fn ban_tree(world: &mut World<'_>, rid: Rid, nid: Nid) {
    if world.rscs[rid].allowed[nid].present {
        world.rscs[rid].allowed[nid].score = -INF;
    }
    for child in world.rscs[rid].children.clone() {
        ban_tree(world, child, nid);
    }
}

/// What runs would rather stay; what a ticket has frozen since stays anyway.
pub(crate) fn stick(world: &mut World<'_>) {
    for rid in 0..world.rscs.len() {
        if world.rscs[rid].is_primitive() {
            stick_one(world, rid);
            world.mark(rid, Source::Stickiness);
        }
    }
}

fn stick_one(world: &mut World<'_>, rid: Rid) {
    let rsc = &world.rscs[rid];
    if !rsc.managed || rsc.stickiness == 0 || rsc.running_on.len() != 1 {
        return;
    }
    let (nid, stickiness) = (rsc.running_on[0], rsc.stickiness);
    if rsc.allowed[nid].present || world.opts.symmetric {
        world.add_score(rid, nid, stickiness);
    }
}

/// A guest cannot run what it runs in, nor a remote node its own connection.
fn not_on_itself(world: &mut World<'_>) {
    for nid in 0..world.nodes.len() {
        if !world.nodes[nid].is_remote() {
            continue;
        }
        for rid in 0..world.rscs.len() {
            let rsc = &world.rscs[rid];
            if !rsc.is_primitive() {
                continue;
            }
            // Connections run on full members only; fence devices too.
            if (rsc.serves.is_some() || world.is_fencing(rid)) && rsc.allowed[nid].present {
                world.rscs[rid].allowed[nid].score = -INF;
            }
        }
    }
    for rid in 0..world.rscs.len() {
        // What a guest lives in cannot be on a guest or remote node by itself.
        let hosts_guest = world.rscs[rid]
            .fillers
            .iter()
            .any(|&f| world.rscs[f].serves.is_some_and(|n| world.nodes[n].container.is_some()));
        if !hosts_guest || !world.rscs[rid].is_primitive() {
            continue;
        }
        let bundled = world.rscs[rid].parent.is_some_and(|p| world.rscs[p].is_bundle());
        for nid in 0..world.nodes.len() {
            let node = &world.nodes[nid];
            let nested = node.container.is_some() && (bundled || node.container.is_some());
            if nested && world.rscs[rid].allowed[nid].present {
                world.rscs[rid].allowed[nid].score = -INF;
            }
        }
    }
}

/// Resources that wait for their node to come back (shutdown-lock).
fn locks(world: &mut World<'_>) {
    if !world.opts.shutdown_lock {
        return;
    }
    let limit = (world.opts.shutdown_lock_limit_ms / 1000) as i64;
    for rid in 0..world.rscs.len() {
        if !world.rscs[rid].is_primitive() || world.instance_owner(rid).is_some() {
            continue;
        }
        if world.is_fencing(rid) || world.rscs[rid].serves.is_some() {
            continue;
        }
        if let Some(nid) = world.rscs[rid].lock_node {
            let elsewhere = !world.rscs[rid].running_on.is_empty();
            let node = &world.nodes[nid];
            let back = node.online && !node.shutdown;
            if elsewhere {
                world.rscs[rid].lock_node = None;
                world.chores.push(Chore::LiftLock { rid, nid });
            } else if node.unclean || back {
                world.rscs[rid].lock_node = None;
                if back {
                    world.chores.push(Chore::LiftLock { rid, nid });
                }
            }
        } else if world.rscs[rid].running_on.len() == 1 && world.rscs[rid].managed {
            let nid = world.rscs[rid].running_on[0];
            let node = &world.nodes[nid];
            if node.shutdown && node.online && !node.unclean && !node.is_remote() {
                let at = node.shutdown_at.unwrap_or(world.now);
                if limit == 0 || world.now <= at.saturating_add(limit) {
                    if limit > 0 {
                        world.values.wake_at(at.saturating_add(limit).saturating_add(1));
                    }
                    world.rscs[rid].lock_node = Some(nid);
                    world.rscs[rid].lock_time = at;
                }
            }
        }
        if let Some(nid) = world.rscs[rid].lock_node {
            for other in 0..world.nodes.len() {
                if other != nid && world.rscs[rid].allowed[other].present {
                    world.rscs[rid].allowed[other].score = -INF;
                }
            }
        }
    }
}
