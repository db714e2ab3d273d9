//! Stage 4: scores become nodes and roles.

mod clone;
mod colocate;
mod group;
mod limits;
mod primitive;
mod promote;
mod score_table;
mod utilization;

use rota_cib::constraint::Role;

use crate::model::{Kind, Nid, Rid, World};

pub(crate) use limits::{fail_count, prepare, stick};

/// State of the assignment beside the world.
#[derive(Default)]
pub(crate) struct Assign {
    /// Lines of the score table, if wanted.
    pub trace: Option<Vec<String>>,
    /// Instances counted per clone and node.
    pub counts: rustc_hash::FxHashMap<(Rid, Nid), usize>,
    /// The instances of a clone in the order in which they chose.
    pub ranked: rustc_hash::FxHashMap<Rid, Vec<Rid>>,
    /// Guard against circles among colocations.
    pub merging: Vec<bool>,
    /// What is left of the bounds within which wishes are followed.
    pub walk: colocate::Walk,
    /// Resources to which others are tied in more ways than can be followed.
    pub crowded: Vec<bool>,
    /// The colocations along which wishes are followed, as far as they were asked for.
    pub tied: rustc_hash::FxHashMap<(Rid, colocate::Toward), std::sync::Arc<[usize]>>,
    /// What is left of each node's capacity (index as in the node table).
    pub capacity: Vec<Vec<(rota_cib::Text, i64)>>,
}

/// Assigns everything.
pub(crate) fn run(world: &mut World<'_>, trace: bool) -> Assign {
    let mut state = Assign {
        trace: trace.then(Vec::new),
        merging: vec![false; world.rscs.len()],
        crowded: vec![false; world.rscs.len()],
        capacity: world.nodes.iter().map(|n| n.capacity.clone()).collect(),
        ..Assign::default()
    };
    let order = utilization::order(world, &mut state);
    // Whoever chooses first comes first in all lists, too.
    world.top.clone_from(&order);
    // Connections to remote nodes go first: what runs behind them depends on them.
    for &rid in &order {
        if world.rscs[rid].serves.is_some() && world.rscs[rid].is_primitive() {
            resource(world, &mut state, rid, None);
        }
    }
    for &rid in &order {
        if !(world.rscs[rid].serves.is_some() && world.rscs[rid].is_primitive()) {
            // Those who wanted to know first where a bundle is had it placed before its turn.
            if world.rscs[rid].is_bundle() && !world.rscs[rid].provisional {
                crate::bundle::show(world, &mut state, rid);
            }
            resource(world, &mut state, rid, None);
        }
    }
    state
}

/// Assigns one resource of any kind.
pub(crate) fn resource(
    world: &mut World<'_>,
    state: &mut Assign,
    rid: Rid,
    prefer: Option<Nid>,
) -> Option<Nid> {
    match world.rscs[rid].kind {
        Kind::Primitive => primitive::assign(world, state, rid, prefer),
        Kind::Group { .. } => group::assign(world, state, rid, prefer),
        Kind::Clone(_) => {
            clone::assign(world, state, rid);
            None
        }
        Kind::Bundle(_) => {
            crate::bundle::assign(world, state, rid);
            None
        }
    }
}

pub(crate) use clone::distribute;
pub(crate) use colocate::{add_dependents, colocs_as_dependent, colocs_as_primary};
pub(crate) use promote::{add_scores as add_promotion_scores, set_roles};

impl Assign {
    /// Writes down the scores of a resource as they are now.
    pub fn show(&mut self, world: &World<'_>, stage: &str, rid: Rid) {
        let Some(trace) = &mut self.trace else { return };
        let rsc = &world.rscs[rid];
        if rsc.orphan {
            return;
        }
        for (nid, cand) in rsc.allowed.iter().enumerate() {
            if cand.present {
                trace.push(format!(
                    "{stage}: {} allocation score on {}: {}",
                    rsc.id,
                    world.nodes[nid].name,
                    crate::score::text(cand.score)
                ));
            }
        }
    }

    /// Adds a line to the score table.
    pub fn line(&mut self, text: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(text());
        }
    }
}

/// Whether a node can take a resource: it is there, and the resource is welcome.
pub(crate) fn available(world: &World<'_>, rid: Rid, nid: Nid) -> bool {
    let cand = world.rscs[rid].allowed[nid];
    cand.present && cand.score >= 0 && usable(world, nid)
}

/// Whether a node can take anything.
pub(crate) fn usable(world: &World<'_>, nid: Nid) -> bool {
    let node = &world.nodes[nid];
    if !node.can_run() {
        return false;
    }
    // A guest is as good as what it lives in, a remote node as its connection.
    match node.connection {
        Some(connection) if node.is_remote() && !world.in_bundle(connection) => {
            let rsc = &world.rscs[connection];
            rsc.next_role != Some(Role::Stopped) || rsc.provisional
        }
        _ => true,
    }
}

/// The role a resource takes once it has a node.
pub(crate) fn settle(world: &mut World<'_>, rid: Rid, chosen: Option<Nid>) {
    let rsc = &mut world.rscs[rid];
    rsc.provisional = false;
    rsc.assigned = chosen;
    if chosen.is_none() {
        rsc.next_role = Some(Role::Stopped);
    } else if rsc.next_role.is_none() {
        rsc.next_role = Some(if rsc.promotable { Role::Unpromoted } else { Role::Started });
    }
}
