//! The status of a cluster as text.

use std::fmt::Write;

use rota_cib::constraint::Role;

use crate::model::{Kind, Nid, Node, NodeSort, Rid, World};
use crate::nodes::by_name;

/// What is said before all else.
pub(super) fn head(world: &World<'_>) -> Option<String> {
    let nothing = world.opts.maintenance.then(|| {
        "\n              *** Resource management is DISABLED ***\n  \
         The cluster will not attempt to start, stop or recover services"
            .to_owned()
    });
    let parts: Vec<String> = nothing.into_iter().chain(counts(world)).collect();
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}

/// "1 of 5 resource instances DISABLED and 0 BLOCKED from further action due to failure".
fn counts(world: &World<'_>) -> Option<String> {
    let leaves: Vec<Rid> = (0..world.rscs.len())
        .filter(|&r| {
            world.rscs[r].is_primitive()
                && !(world.rscs[r].orphan && world.rscs[r].running_on.is_empty())
        })
        .collect();
    let total = leaves.len();
    let disabled =
        leaves.iter().filter(|&&r| world.rscs[r].meta.target_role == Some(Role::Stopped)).count();
    let blocked = leaves.iter().filter(|&&r| world.rscs[r].blocked).count();
    (disabled + blocked > 0).then(|| {
        format!(
            "{disabled} of {total} resource instances DISABLED and {blocked} BLOCKED from \
             further action due to failure"
        )
    })
}

/// Node list and resources.
pub(super) fn status(world: &World<'_>) -> String {
    let mut out = String::from("  * Node List:\n");
    nodes(world, &mut out);
    out.push_str("\n  * Full List of Resources:\n");
    for &rid in &world.top {
        let rsc = &world.rscs[rid];
        let shown = !(rsc.orphan && rsc.running_on.is_empty() && !rsc.failed);
        // A guest's connection is shown as the guest.
        let hidden = rsc.serves.is_some_and(|n| world.nodes[n].sort == NodeSort::Guest)
            && rsc.container.is_some()
            && !rsc.orphan;
        if shown && !hidden {
            resource(world, rid, 4, &mut out);
        }
    }
    out
}

fn nodes(world: &World<'_>, out: &mut String) {
    let mut lists: [Vec<&str>; 6] = Default::default();
    for node in &world.nodes {
        if node.sort == NodeSort::Ping {
            continue;
        }
        let kind = match node.sort {
            NodeSort::Member | NodeSort::Ping => "Node",
            NodeSort::Remote => "RemoteNode",
            NodeSort::Guest => "GuestNode",
        };
        let state = state(world, node);
        let slot = match (node.sort, state.as_str()) {
            (NodeSort::Member | NodeSort::Ping, "online") => Some(0),
            (NodeSort::Member | NodeSort::Ping, "OFFLINE") => Some(1),
            (NodeSort::Remote, "online") => Some(2),
            (NodeSort::Remote, "OFFLINE") => Some(3),
            (NodeSort::Guest, "online") => Some(4),
            (NodeSort::Guest, "OFFLINE") => Some(5),
            _ => None,
        };
        match slot {
            // A guest that is down is no news; what it lives in is shown as stopped.
            Some(5) => {}
            Some(slot) => lists[slot].push(&node.name),
            None => {
                let _ = writeln!(out, "    * {kind} {}: {state}", node.name);
            }
        }
    }
    let titles =
        ["Online", "OFFLINE", "RemoteOnline", "RemoteOFFLINE", "GuestOnline", "GuestOFFLINE"];
    for (title, names) in titles.iter().zip(&lists) {
        if !names.is_empty() {
            let _ = writeln!(out, "    * {title}: [ {} ]", names.join(" "));
        }
    }
}

fn state(world: &World<'_>, node: &Node) -> String {
    let active = !node.running.is_empty();
    let mut text = if node.unclean {
        if node.online {
            "UNCLEAN (online)".into()
        } else if node.pending {
            "UNCLEAN (pending)".into()
        } else {
            "UNCLEAN (offline)".to_owned()
        }
    } else if node.pending {
        "pending".into()
    } else if node.standby_by_failure && node.online {
        "standby (on-fail)".into()
    } else if node.standby {
        if !node.online {
            "OFFLINE (standby)".into()
        } else if active {
            "standby (with active resources)".into()
        } else {
            "standby".to_owned()
        }
    } else if node.maintenance {
        if node.online { "maintenance".into() } else { "OFFLINE (maintenance)".to_owned() }
    } else if node.online {
        "online".into()
    } else {
        "OFFLINE".into()
    };
    if world.opts.health != crate::options::Health::None {
        let worst = node
            .attributes
            .iter()
            .filter(|(n, _)| n.starts_with("#health"))
            .map(|(_, v)| v.as_str())
            .max_by_key(|v| match *v {
                "red" => 2,
                "yellow" => 1,
                _ => 0,
            });
        match worst {
            Some("red") => text.push_str(" (health is RED)"),
            Some("yellow") => text.push_str(" (health is YELLOW)"),
            _ => {}
        }
    }
    text
}

fn resource(world: &World<'_>, rid: Rid, indent: usize, out: &mut String) {
    match &world.rscs[rid].kind {
        Kind::Primitive => {
            let _ = writeln!(out, "{:indent$}* {}", "", primitive(world, rid));
        }
        Kind::Group { .. } => group(world, rid, indent, out),
        Kind::Clone(_) => clone(world, rid, indent, out),
        Kind::Bundle(_) => crate::bundle::render(world, rid, indent, out),
    }
}

/// Flags of a collective resource in parentheses.
fn flags(world: &World<'_>, rid: Rid, first: &[&str]) -> String {
    let rsc = &world.rscs[rid];
    let mut list: Vec<&str> = first.to_vec();
    if rsc.meta.target_role == Some(Role::Stopped) {
        list.push("disabled");
    }
    if rsc.maintenance {
        list.push("maintenance");
    } else if !rsc.managed {
        list.push("unmanaged");
    }
    if list.is_empty() { String::new() } else { format!(" ({})", list.join(", ")) }
}

pub(crate) fn collective_flags(world: &World<'_>, rid: Rid, first: &[&str]) -> String {
    flags(world, rid, first)
}

fn group(world: &World<'_>, rid: Rid, indent: usize, out: &mut String) {
    let _ = writeln!(
        out,
        "{:indent$}* Resource Group: {}{}:",
        "",
        world.rscs[rid].id,
        flags(world, rid, &[])
    );
    for &child in &world.rscs[rid].children {
        resource(world, child, indent + 2, out);
    }
}

fn clone(world: &World<'_>, rid: Rid, indent: usize, out: &mut String) {
    let rsc = &world.rscs[rid];
    let Some(conf) = rsc.clone_conf() else { return };
    let child_name = rsc.children.first().map_or("", |&c| world.rscs[c].conf_id.as_str());
    let mut first = Vec::new();
    if conf.promotable {
        first.push("promotable");
    }
    if conf.unique {
        first.push("unique");
    }
    let _ = writeln!(
        out,
        "{:indent$}* Clone Set: {} [{child_name}]{}:",
        "",
        rsc.id,
        flags(world, rid, &first)
    );
    let inner = indent + 2;
    let (mut promoted, mut started): (Vec<Nid>, Vec<Nid>) = (Vec::new(), Vec::new());
    let mut text = String::new();
    for &child in &rsc.children {
        let instance = &world.rscs[child];
        let leaves = world.leaves(child);
        // With a guest that is down its instances are, too, whatever its history says.
        let lost = |l: Rid| {
            let places = &world.rscs[l].running_on;
            places.len() == 1
                && world.nodes[places[0]].sort == NodeSort::Guest
                && !world.nodes[places[0]].online
        };
        let any = leaves.iter().any(|&l| world.rscs[l].is_active() && !lost(l));
        let all = leaves.iter().all(|&l| world.rscs[l].is_active());
        if instance.orphan && !any {
            continue;
        }
        if conf.unique {
            if any || !instance.orphan {
                resource(world, child, inner, &mut text);
            }
            continue;
        }
        if !any {
            continue;
        }
        let plain = all
            && leaves.iter().all(|&l| {
                let r = &world.rscs[l];
                !r.failed
                    && !r.orphan
                    && !r.blocked
                    && r.running_on.len() == 1
                    && r.pending_task.is_none()
                    && !r.failure_ignored
                    && r.running_on == world.rscs[leaves[0]].running_on
                    && node_online(world, r.running_on[0])
                    && r.managed
            });
        if plain {
            let node = world.rscs[leaves[0]].running_on[0];
            let role = leaves.iter().map(|&l| world.rscs[l].role).max();
            if role == Some(Role::Promoted) {
                promoted.push(node);
            } else {
                started.push(node);
            }
        } else {
            resource(world, child, inner, &mut text);
        }
    }
    let names = |list: &[Nid]| -> String {
        let mut names: Vec<&str> = list.iter().map(|&n| world.nodes[n].name.as_str()).collect();
        names.sort_by(|a, b| by_name(a, b));
        names.join(" ")
    };
    if !conf.unique || !text.is_empty() {
        out.push_str(&text);
    }
    if !promoted.is_empty() {
        let _ = writeln!(out, "{:inner$}* Promoted: [ {} ]", "", names(&promoted));
    }
    let started_word = if !conf.promotable {
        "Started"
    } else if rsc.meta.target_role == Some(Role::Unpromoted) {
        "Unpromoted (target-role)"
    } else {
        "Unpromoted"
    };
    if !started.is_empty() {
        let _ = writeln!(out, "{:inner$}* {started_word}: [ {} ]", "", names(&started));
    }
    // Those shown one by one do not count as instances that are there.
    if !conf.unique && promoted.len() + started.len() < conf.max {
        let leaves = world.leaves(rid);
        let stopped: Vec<Nid> = (0..world.nodes.len())
            .filter(|&n| {
                may_be_on(world, rid, &leaves, n)
                    && !leaves.iter().any(|&l| world.rscs[l].running_on.contains(&n))
            })
            .collect();
        let word = if rsc.meta.target_role == Some(Role::Stopped) {
            "Stopped (disabled)"
        } else {
            "Stopped"
        };
        if !stopped.is_empty() {
            let _ = writeln!(out, "{:inner$}* {word}: [ {} ]", "", names(&stopped));
        }
    }
}

/// Whether a node counts among those that a clone is said to be stopped on: where it may be, and
/// where something was heard of it; one that is to be nowhere is so on all nodes there are.
fn may_be_on(world: &World<'_>, clone: Rid, leaves: &[Rid], nid: Nid) -> bool {
    world.nodes[nid].sort != NodeSort::Ping
        && (world.rscs[clone].allowed[nid].present
            || leaves.iter().any(|&l| world.rscs[l].known_on.contains(&nid))
            || world.constraints.bans.iter().any(|b| b.rid == clone && b.nid == nid))
}

fn node_online(world: &World<'_>, nid: Nid) -> bool {
    world.nodes[nid].online
}

/// One primitive: name, agent, role, node, flags.
pub(crate) fn primitive(world: &World<'_>, rid: Rid) -> String {
    let places = &world.rscs[rid].running_on;
    primitive_at(world, rid, (places.len() == 1).then(|| places[0]))
}

/// The same with the place given: what is in a container is where that is.
pub(crate) fn primitive_at(world: &World<'_>, rid: Rid, one: Option<Nid>) -> String {
    let rsc = &world.rscs[rid];
    let Some(conf) = world.conf(rid) else { return String::new() };
    let name = if rsc.anonymous && !shows_number(world, rid) { &rsc.conf_id } else { &rsc.id };
    let agent = match &conf.provider {
        Some(provider) => format!("{}:{provider}:{}", conf.class, conf.agent),
        None => format!("{}:{}", conf.class, conf.agent),
    };
    let mut text = format!("{name}\t({agent}):\t ");
    if rsc.orphan {
        text.push_str("ORPHANED ");
    }
    let pending = rsc.pending_task.as_ref();
    let role = match (&pending, rsc.role) {
        _ if rsc.failed && rsc.role > Role::Unpromoted => "FAILED Promoted",
        _ if rsc.failed => "FAILED",
        (Some((task, _)), _) if task == "start" => "Starting",
        (Some((task, _)), _) if task == "stop" => "Stopping",
        (Some((task, _)), _) if task == "promote" => "Promoting",
        (Some((task, _)), _) if task == "demote" => "Demoting",
        (Some((task, _)), _) if task == "migrate_to" || task == "migrate_from" => "Migrating",
        (_, Role::Stopped) => "Stopped",
        (_, Role::Started) => "Started",
        (_, Role::Unpromoted) => "Unpromoted",
        (_, Role::Promoted) => "Promoted",
    };
    text.push_str(role);
    let lock = rsc.lock_node.filter(|_| rsc.running_on.is_empty());
    // Of what runs nowhere, but has something under way, the place of that.
    let idle = rsc.running_on.is_empty() && role != "Stopped";
    let busy = pending.map(|&(_, nid)| nid).filter(|_| idle);
    if let Some(nid) = one.or(lock).or(busy) {
        let _ = write!(text, " {}", world.nodes[nid].name);
    }
    if rsc.role == Role::Stopped
        && !rsc.failed
        && let Some(error) = rsc.probe_error
    {
        let _ = write!(text, " ({error}) ");
    }
    let mut flags: Vec<String> = Vec::new();
    if let Some(nid) = one
        && !world.nodes[nid].online
        && world.nodes[nid].unclean
    {
        flags.push("UNCLEAN".into());
    }
    if one.is_none() && lock.is_some() {
        flags.push("LOCKED".into());
    }
    if pending.is_some_and(|(task, _)| task == "monitor") {
        flags.push("Monitoring".into());
    }
    match rsc.meta.target_role {
        Some(Role::Stopped) => flags.push("disabled".into()),
        Some(Role::Unpromoted) if rsc.promotable && rsc.role == Role::Promoted => {
            flags.push("target-role:Unpromoted".into());
        }
        _ => {}
    }
    if rsc.blocked {
        flags.push("blocked".into());
    } else if rsc.maintenance || rsc.running_on.iter().any(|&n| world.nodes[n].maintenance) {
        flags.push("maintenance".into());
    } else if !rsc.managed || (rsc.orphan && !world.opts.stop_orphans) {
        flags.push("unmanaged".into());
    }
    if rsc.failure_ignored {
        flags.push("failure ignored".into());
    }
    if !flags.is_empty() {
        let _ = write!(text, " ({})", flags.join(", "));
    }
    if rsc.running_on.len() > 1 {
        let names: Vec<&str> =
            rsc.running_on.iter().map(|&n| world.nodes[n].name.as_str()).collect();
        let _ = write!(text, " [ {} ]", names.join(" "));
    }
    text
}

/// Whether the instance number is part of the name that is shown.
fn shows_number(world: &World<'_>, rid: Rid) -> bool {
    let _ = (world, rid);
    false
}
