//! Stage 1c: constraints by index; sets, tags and templates spelled out.

mod colocation;
mod location;
mod order;

use rota_cib::Text;
use rota_cib::constraint::{Constraint, LossPolicy, OrderKind, ResourceSet, Role, Ticket};
use rustc_hash::FxHashMap;

use crate::model::{Discover, Nid, Rid, World};
use crate::rules;
use crate::values::Context;

/// All constraints.
#[derive(Default)]
pub(crate) struct Constraints {
    pub bans: Vec<Ban>,
    pub locations: Vec<LocationC>,
    pub colocations: Vec<Coloc>,
    /// For each resource, the colocations in which it depends.
    pub depends: FxHashMap<Rid, Vec<usize>>,
    /// For each resource, the colocations in which others depend on it.
    pub dependents: FxHashMap<Rid, Vec<usize>>,
    pub orders: Vec<OrderC>,
    pub order_sets: Vec<AnyOf>,
    pub tickets: Vec<TicketC>,
}

/// Never on this node, whatever else is said.
#[derive(Clone, Debug)]
pub(crate) struct Ban {
    pub rid: Rid,
    pub nid: Nid,
    pub why: &'static str,
}

/// A location constraint with its nodes found.
#[derive(Clone, Debug)]
pub(crate) struct LocationC {
    pub id: Text,
    pub rid: Rid,
    pub role: Option<Role>,
    pub nodes: Vec<(Nid, i32)>,
    pub discover: Discover,
}

/// A colocation of two resources.
#[derive(Clone, Debug)]
pub(crate) struct Coloc {
    pub id: Text,
    pub dependent: Rid,
    pub primary: Rid,
    pub score: i32,
    pub dependent_role: Option<Role>,
    pub primary_role: Option<Role>,
    /// The node attribute that must be equal; the node itself by default.
    pub attribute: Option<Text>,
    pub influence: bool,
}

/// An order of two actions.
#[derive(Clone, Debug)]
pub(crate) struct OrderC {
    pub id: Text,
    pub first: Rid,
    pub first_action: &'static str,
    pub then: Rid,
    pub then_action: &'static str,
    pub kind: OrderKind,
    /// Whether the opposite order is implied elsewhere.
    pub symmetrical: bool,
    /// Whether this is the opposite of the order as written.
    pub inverse: bool,
    /// For clones: whether all instances that will start must have.
    pub require_all: bool,
}

/// An order in which one of several is enough.
#[derive(Clone, Debug)]
pub(crate) struct AnyOf {
    pub name: Text,
    pub first: Vec<(Rid, &'static str)>,
    pub then: Vec<(Rid, &'static str)>,
    pub kind: OrderKind,
}

/// A resource's need of a ticket.
#[derive(Clone, Debug)]
pub(crate) struct TicketC {
    pub id: Text,
    pub ticket: Text,
    pub rid: Rid,
    pub role: Option<Role>,
    pub loss: LossPolicy,
}

/// Reads all constraints.
pub(crate) fn unpack(world: &mut World<'_>) {
    let cib = world.cib;
    for constraint in &cib.config.constraints {
        let lifetime = match constraint {
            Constraint::Location(c) => &c.lifetime,
            Constraint::Colocation(c) => &c.lifetime,
            Constraint::Order(c) => &c.lifetime,
            Constraint::Ticket(_) => &Vec::new(),
        };
        let context = Context::default();
        if !lifetime.is_empty()
            && !lifetime.iter().any(|r| rules::holds(r, &world.values, &context))
        {
            continue;
        }
        match constraint {
            Constraint::Location(c) => location::location(world, c),
            Constraint::Colocation(c) => colocation::colocation(world, c),
            Constraint::Order(c) => order::order(world, c),
            Constraint::Ticket(c) => ticket(world, c),
        }
    }
    index(world);
}

/// Makes the lists per resource.
pub(crate) fn index(world: &mut World<'_>) {
    let c = &mut world.constraints;
    c.depends.clear();
    c.dependents.clear();
    for (i, coloc) in c.colocations.iter().enumerate() {
        c.depends.entry(coloc.dependent).or_default().push(i);
        c.dependents.entry(coloc.primary).or_default().push(i);
    }
}

/// The resource that a constraint names: a clone stands for what is in it.
fn find(world: &World<'_>, id: &str) -> Option<Rid> {
    if let Some(&rid) = world.by_id.get(id) {
        let mut result = rid;
        let mut at = rid;
        while let Some(parent) = world.rscs[at].parent {
            if world.rscs[parent].is_clone() {
                result = parent;
            }
            at = parent;
        }
        return Some(result);
    }
    world.clone_of.get(id).copied()
}

/// The resources behind an id: itself, those of a template, those of a tag.
fn expand(world: &World<'_>, id: &str) -> Vec<Rid> {
    if let Some(rid) = find(world, id) {
        return vec![rid];
    }
    let list = world.templates.get(id).or_else(|| world.tags.get(id));
    list.map(|ids| ids.iter().filter_map(|id| find(world, id)).collect()).unwrap_or_default()
}

fn resolve<'a>(
    sets: &'a [ResourceSet],
    set: &'a ResourceSet,
    cib: &'a rota_cib::Cib,
) -> &'a ResourceSet {
    let Some(id) = &set.id_ref else { return set };
    if let Some(found) = sets.iter().find(|s| s.id.as_ref() == Some(id)) {
        return found;
    }
    for constraint in &cib.config.constraints {
        let sets = match constraint {
            Constraint::Location(c) => &c.sets,
            Constraint::Colocation(c) => &c.sets,
            Constraint::Order(c) => &c.sets,
            Constraint::Ticket(c) => &c.sets,
        };
        if let Some(found) = sets.iter().find(|s| s.id.as_ref() == Some(id)) {
            return found;
        }
    }
    set
}

/// A set with templates and tags spelled out.
struct Set {
    rids: Vec<Rid>,
    sequential: bool,
    require_all: bool,
    role: Option<Role>,
    score: Option<i32>,
    action: Option<&'static str>,
    listed: bool,
    kind: Option<OrderKind>,
    id: Text,
}

fn spelled(world: &World<'_>, sets: &[ResourceSet]) -> Vec<Set> {
    sets.iter()
        .map(|set| {
            let set = resolve(sets, set, world.cib);
            Set {
                rids: set.resources.iter().flat_map(|id| expand(world, id)).collect(),
                sequential: set.sequential.unwrap_or(true),
                require_all: set.require_all.unwrap_or(true),
                role: set.role,
                score: set.score.map(rota_cib::Score::value),
                action: set.action.as_deref().and_then(action),
                listed: set.ordering.as_deref() == Some("listed"),
                kind: set.kind,
                id: set.id.clone().unwrap_or_default(),
            }
        })
        .collect()
}

/// Adds a colocation; those without weight say nothing.
pub(crate) fn add_coloc(world: &mut World<'_>, coloc: Coloc) {
    if coloc.score != 0 {
        world.constraints.colocations.push(coloc);
    }
}

/// The action of a name.
pub(crate) fn action(name: &str) -> Option<&'static str> {
    match name {
        "start" => Some("start"),
        "stop" => Some("stop"),
        "promote" => Some("promote"),
        "demote" => Some("demote"),
        _ => None,
    }
}

fn ticket(world: &mut World<'_>, c: &Ticket) {
    world.tickets.entry(c.ticket.clone()).or_default();
    let loss = |role: Option<Role>| {
        c.loss_policy.unwrap_or(if role == Some(Role::Promoted) {
            LossPolicy::Demote
        } else {
            LossPolicy::Stop
        })
    };
    let push = |world: &mut World<'_>, rid: Rid, role: Option<Role>| {
        world.constraints.tickets.push(TicketC {
            id: c.id.clone(),
            ticket: c.ticket.clone(),
            rid,
            role: role.filter(|r| *r != Role::Started),
            loss: loss(role),
        });
    };
    if let Some(rsc) = &c.rsc {
        for rid in expand(world, rsc) {
            push(world, rid, c.rsc_role);
        }
    }
    for set in spelled(world, &c.sets) {
        for rid in set.rids {
            push(world, rid, set.role);
        }
    }
}
