//! What runs where, for status displays: the first stages of a plan and nothing more.

use std::collections::BTreeSet;

use rota_cib::constraint::Role;
use rota_cib::zone::Zone;
use rota_cib::{Cib, Text};
use rota_ids::{NodeName, WallTime};

use crate::model::{Rid, World};
use crate::plan::{Options, state};

/// One primitive or instance as the history has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// Its id, with the number of an instance.
    pub id: Text,
    /// `ocf:heartbeat:IPaddr2`.
    pub agent: Text,
    /// Groups, clones and bundles around it, outermost first.
    pub parents: Vec<Text>,
    /// The role that it is in.
    pub role: Role,
    /// Where it is active.
    pub nodes: Vec<NodeName>,
    /// Whether it failed.
    pub failed: bool,
    /// Whether the cluster manages it.
    pub managed: bool,
    /// Whether nothing can be done about it.
    pub blocked: bool,
    /// Whether it is no longer configured.
    pub orphan: bool,
    /// Whether it stands for a clone none of whose instances runs.
    pub spare: bool,
}

/// The nodes that a plan would have to fence, for what is known of them or failed there (a stop that
/// only blocks its resource is none such); by name.
pub fn unclean(cib: &Cib, now: WallTime, zone: &Zone) -> BTreeSet<NodeName> {
    let options = Options { zone: zone.clone(), ..Options::default() };
    let world = state(cib, now, &options);
    world.nodes.iter().filter(|node| node.unclean).map(|node| NodeName(node.name.clone())).collect()
}

/// Every primitive and instance, in configured order. The zone is that of dates in rules that name
/// none.
pub fn running(cib: &Cib, now: WallTime, zone: &Zone) -> Vec<Running> {
    let options = Options { zone: zone.clone(), ..Options::default() };
    let world = state(cib, now, &options);
    let mut found = Vec::new();
    for &top in &world.top {
        collect(&world, top, Spares::LeftOut, &mut Vec::new(), &mut found);
    }
    found
}

/// Whether instances of a clone that run nowhere are wanted: beside others that run they are no
/// news.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spares {
    LeftOut,
    Wanted,
}

fn collect(
    world: &World<'_>,
    rid: Rid,
    spares: Spares,
    parents: &mut Vec<Text>,
    found: &mut Vec<Running>,
) {
    let rsc = &world.rscs[rid];
    if !rsc.is_primitive() {
        parents.push(rsc.id.clone());
        let before = found.len();
        for &child in &rsc.children {
            collect(world, child, spares, parents, found);
        }
        // What runs nowhere at all must be seen: its first instance stands for it.
        if found.len() == before
            && rsc.parent.is_none()
            && let Some(&first) = rsc.children.first()
        {
            collect(world, first, Spares::Wanted, parents, found);
        }
        parents.pop();
        return;
    }
    if spares == Spares::LeftOut
        && rsc.running_on.is_empty()
        && rsc.parent.is_some()
        && rsc.anonymous
    {
        return;
    }
    let agent = rsc.prim.map(|prim| {
        let conf = &world.prims[prim];
        let provider = conf.provider.as_ref().map(|p| format!("{p}:")).unwrap_or_default();
        format!("{}:{provider}{}", conf.class, conf.agent)
    });
    found.push(Running {
        id: rsc.id.clone(),
        agent: agent.unwrap_or_default().into(),
        parents: parents.clone(),
        role: if rsc.running_on.is_empty() { Role::Stopped } else { rsc.role },
        nodes: rsc
            .running_on
            .iter()
            .map(|&node| NodeName(world.nodes[node].name.clone()))
            .collect(),
        failed: rsc.failed,
        managed: rsc.managed,
        blocked: rsc.blocked,
        orphan: rsc.orphan,
        spare: spares == Spares::Wanted,
    });
}
