//! What an id that people type stands for.

use rota_cib::Text;
use rota_cib::constraint::Role;

use super::Explained;
use crate::model::{Kind, Nid, Rid, World};

/// Something to be explained: a primitive, or all instances of one in an anonymous clone.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub name: Text,
    pub leaves: Vec<Rid>,
    /// The clone or bundle whose instances the leaves are.
    pub owner: Option<Rid>,
}

impl Target {
    fn one(world: &World<'_>, rid: Rid) -> Self {
        Self { name: world.rscs[rid].id.clone(), leaves: vec![rid], owner: owner(world, rid) }
    }

    /// The instance that a node is about: the one that will be here, is here, or might come.
    pub fn on(&self, world: &World<'_>, nid: Nid) -> Rid {
        let find = |wanted: &dyn Fn(Rid) -> bool| self.leaves.iter().copied().find(|&l| wanted(l));
        let next = |l: Rid| world.rscs[l].next_role.unwrap_or(Role::Stopped);
        find(&|l| world.rscs[l].assigned == Some(nid) && next(l) > Role::Stopped)
            .or_else(|| find(&|l| world.rscs[l].running_on.contains(&nid)))
            .or_else(|| find(&|l| world.rscs[l].assigned.is_none()))
            .or_else(|| self.leaves.last().copied())
            .unwrap_or_default()
    }

    /// Whether an action is one of this resource.
    pub fn is_about(&self, world: &World<'_>, explained: &Explained) -> bool {
        explained.resource.as_ref().is_some_and(|id| {
            self.leaves.iter().any(|&l| world.rscs[l].id == *id || world.rscs[l].history_id == *id)
        })
    }
}

fn owner(world: &World<'_>, rid: Rid) -> Option<Rid> {
    world.instance_owner(rid)
}

/// The parts behind an id; none if nothing has it.
pub(super) fn find(world: &World<'_>, id: &str) -> Option<Vec<Target>> {
    if let Some(&rid) = world.by_id.get(id) {
        return Some(parts(world, rid));
    }
    // A primitive or group inside a clone, by its configured name.
    let inside: Vec<Rid> = (0..world.rscs.len()).filter(|&r| world.rscs[r].conf_id == id).collect();
    let &first = inside.first()?;
    if world.rscs[first].is_primitive() {
        return Some(instances(world, &inside));
    }
    let owner = world.instance_owner(first)?;
    Some(parts(world, owner))
}

fn parts(world: &World<'_>, rid: Rid) -> Vec<Target> {
    let leaves = world.leaves(rid);
    match world.rscs[rid].kind {
        Kind::Primitive => vec![Target::one(world, rid)],
        Kind::Group { .. } => leaves.iter().map(|&l| Target::one(world, l)).collect(),
        Kind::Bundle(_) => {
            let of = |wanted: bool| {
                leaves.iter().copied().filter(move |&l| world.rscs[l].serves.is_none() == wanted)
            };
            of(true).map(|l| Target::one(world, l)).collect()
        }
        Kind::Clone(_) => {
            let mut names: Vec<&Text> = Vec::new();
            for &leaf in &leaves {
                if !names.contains(&&world.rscs[leaf].conf_id) {
                    names.push(&world.rscs[leaf].conf_id);
                }
            }
            let of = |name: &Text| -> Vec<Rid> {
                leaves.iter().copied().filter(|&l| world.rscs[l].conf_id == *name).collect()
            };
            names.iter().flat_map(|name| instances(world, &of(name))).collect()
        }
    }
}

/// Instances that can be told apart one by one, others together.
fn instances(world: &World<'_>, leaves: &[Rid]) -> Vec<Target> {
    match leaves.first() {
        Some(&first) if world.rscs[first].anonymous => {
            let name = world.rscs[first].conf_id.clone();
            vec![Target { name, leaves: leaves.to_vec(), owner: owner(world, first) }]
        }
        _ => leaves.iter().map(|&l| Target::one(world, l)).collect(),
    }
}

/// All ids that may be asked about.
pub(super) fn names(world: &World<'_>) -> Vec<Text> {
    let mut names: Vec<Text> = Vec::new();
    for rsc in &world.rscs {
        if !names.contains(&rsc.conf_id) {
            names.push(rsc.conf_id.clone());
        }
    }
    names
}
