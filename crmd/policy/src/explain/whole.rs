//! What is true of a resource wherever it might run.

use rota_cib::Text;
use rota_cib::constraint::Role;
use rota_cib::resource::{CloneChild, Resource};
use smol_str::format_smolstr;

use super::reason::{Fact, Reason};
use super::words::About;
use super::{facts, failure};
use crate::model::{Multiple, Nid, NodeSort, Rid, World};
use crate::options::NoQuorum;
use crate::score::leading_number;

/// The outermost resource around one.
pub(super) fn top_of(world: &World<'_>, mut rid: Rid) -> Rid {
    while let Some(parent) = world.rscs[rid].parent {
        rid = parent;
    }
    rid
}

/// The configured name of what contains a resource.
pub(super) fn parent_name(world: &World<'_>, rid: Rid) -> Text {
    let named = world.rscs[rid].parent.unwrap_or(rid);
    world.rscs[named].conf_id.clone()
}

/// What keeps a resource from running, or from being touched, on all nodes alike.
pub(super) fn of(world: &World<'_>, rid: Rid) -> Vec<Fact> {
    let rsc = &world.rscs[rid];
    let name = if rsc.anonymous { &rsc.conf_id } else { &rsc.id };
    let about = About { resource: name, node: "" };
    let mut reasons = Vec::new();
    if rsc.orphan {
        reasons.push(Reason::Removed);
    }
    match rsc.meta.target_role {
        Some(Role::Stopped) => {
            reasons.push(Reason::Disabled { by: holder(world, rid, "target-role") });
        }
        Some(Role::Unpromoted) => {
            reasons.push(Reason::NotToPromote { by: holder(world, rid, "target-role") });
        }
        Some(Role::Started | Role::Promoted) | None => {}
    }
    if world.opts.stop_all && !world.is_fencing(rid) {
        reasons.push(Reason::StopAll);
    }
    if rsc.blocked && rsc.running_on.len() > 1 && rsc.meta.multiple == Multiple::Block {
        let nodes = rsc.running_on.iter().map(|&n| world.nodes[n].name.clone()).collect();
        reasons.push(Reason::MultiplyActive { nodes });
    } else if rsc.blocked {
        let why = rsc.blocked_why.into();
        reasons.push(Reason::Blocked { failure: failure::anywhere(world, rid), why });
    } else if !rsc.managed {
        reasons.push(unmanaged(world, rid));
    }
    // Before any choice it was settled that it must not run.
    let settled = rsc.next_role == Some(Role::Stopped) && rsc.meta.target_role.is_none();
    match rsc.next_role_why {
        "failure" | "on-fail=stop" if settled => {
            let failure = failure::anywhere(world, rid);
            reasons.push(Reason::Failed { failure, consequence: "on-fail=stop".into() });
        }
        "multiple-active" if settled => {
            let nodes = rsc.running_on.iter().map(|&n| world.nodes[n].name.clone()).collect();
            reasons.push(Reason::MultiplyActive { nodes });
        }
        "remote reset" if settled => {
            let words = "its connection waits until the remote node is fenced".into();
            reasons.push(Reason::Other { words });
        }
        _ => {}
    }
    if !world.quorum
        && let Some(policy) = quorum_policy(world.opts.no_quorum)
    {
        reasons.push(Reason::NoQuorum { policy: policy.into() });
    }
    for need in &world.constraints.tickets {
        let there = world.tickets.get(&need.ticket).is_some_and(|t| t.granted && !t.standby);
        if !there && is_within(world, need.rid, rid) {
            let (constraint, ticket) = (need.id.clone(), need.ticket.clone());
            reasons.push(Reason::Ticket { constraint, ticket });
        }
    }
    let fact = |reason| Fact { decisive: true, ..Fact::new(reason, None, about) };
    reasons.into_iter().map(fact).collect()
}

fn is_within(world: &World<'_>, outer: Rid, rid: Rid) -> bool {
    let mut at = Some(rid);
    while let Some(here) = at {
        if here == outer {
            return true;
        }
        at = world.rscs[here].parent;
    }
    false
}

fn quorum_policy(policy: NoQuorum) -> Option<&'static str> {
    match policy {
        NoQuorum::Ignore => None,
        NoQuorum::Freeze => Some("freeze"),
        NoQuorum::Stop => Some("stop"),
        NoQuorum::Demote => Some("demote"),
        NoQuorum::Fence => Some("fence"),
    }
}

/// Who says that a resource is not managed.
pub(super) fn unmanaged(world: &World<'_>, rid: Rid) -> Reason {
    let rsc = &world.rscs[rid];
    let by = if world.opts.maintenance {
        "maintenance-mode".into()
    } else if !rsc.meta.managed {
        holder(world, rid, "is-managed")
    } else if rsc.maintenance {
        holder(world, rid, "maintenance")
    } else {
        let node = rsc.running_on.iter().find(|&&n| world.nodes[n].maintenance);
        node.map_or_else(|| rsc.id.clone(), |&n| format_smolstr!("node {}", world.nodes[n].name))
    };
    Reason::Unmanaged { by }
}

/// Whoever has a meta attribute: the resource, or the nearest around it that has.
pub(super) fn holder(world: &World<'_>, rid: Rid, name: &str) -> Text {
    let mut at = rid;
    loop {
        let rsc = &world.rscs[at];
        if has_meta(world, &rsc.conf_id, name) {
            return rsc.conf_id.clone();
        }
        match rsc.parent {
            Some(parent) => at = parent,
            None => return world.rscs[rid].conf_id.clone(),
        }
    }
}

fn has_meta(world: &World<'_>, id: &str, name: &str) -> bool {
    world.cib.config.resources.iter().any(|resource| {
        let (own, meta, inner) = match resource {
            Resource::Primitive(p) => (&p.id, &p.meta, Vec::new()),
            Resource::Group(g) => (&g.id, &g.meta, g.members.iter().collect()),
            Resource::Clone(c) => {
                let inner = match &c.child {
                    CloneChild::Primitive(p) => vec![p],
                    CloneChild::Group(g) if g.id == id => {
                        return g.meta.iter().any(|set| set.get(name).is_some());
                    }
                    CloneChild::Group(g) => g.members.iter().collect(),
                };
                (&c.id, &c.meta, inner)
            }
            Resource::Bundle(b) => (&b.id, &b.meta, b.primitive.iter().collect()),
        };
        let says = |sets: &[rota_cib::nvset::NvSet]| sets.iter().any(|s| s.get(name).is_some());
        (own == id && says(meta)) || inner.iter().any(|p| p.id == id && says(&p.meta))
    })
}

/// What a resource needs and a node has.
pub(super) fn utilization(world: &World<'_>, rid: Rid, nid: Nid) -> Reason {
    let pair = |name: &Text, value: i64| format_smolstr!("{name}={value}");
    let needs = world.conf(rid).map_or_else(Vec::new, |conf| {
        let number = |value: &Text| leading_number(value).unwrap_or(0);
        conf.utilization.iter().map(|(n, v)| pair(n, number(v))).collect()
    });
    let has = world.nodes[nid].capacity.iter().map(|(n, v)| pair(n, *v)).collect();
    Reason::Utilization { needs, has }
}

/// Per node what is decisive, for a resource that has none.
pub(super) fn no_node(world: &World<'_>, rid: Rid) -> Reason {
    let told = |nid: Nid| {
        let (node, cand) = (&world.nodes[nid], world.rscs[rid].allowed[nid]);
        let open = cand.effective() >= 0 && crate::assign::usable(world, nid);
        if node.sort == NodeSort::Ping || open {
            return None;
        }
        let facts = facts::of(world, rid, nid);
        let against = |f: &&Fact| f.score.is_some_and(|s| s < 0);
        let fact = facts.iter().find(|f| facts::bars(f)).or_else(|| facts.iter().find(against))?;
        match fact.text.starts_with(node.name.as_str()) {
            true => Some(fact.text.as_str().into()),
            false => Some(format_smolstr!("{}: {}", node.name, fact.text)),
        }
    };
    Reason::NoNode { nodes: (0..world.nodes.len()).filter_map(told).collect() }
}
