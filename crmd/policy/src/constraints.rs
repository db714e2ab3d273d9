//! Stage 1c: constraints by index; sets, tags and templates spelled out.

use rota_cib::Text;
use rota_cib::constraint::{
    Colocation, Constraint, Location, LossPolicy, Order, OrderKind, ResourceSet, Role, Ticket,
};
use rota_cib::rule::Rule;
use rustc_hash::FxHashMap;

use crate::model::{Discover, Nid, Rid, World};
use crate::score;
use crate::values::Context;
use crate::{rules, unpack};

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
            Constraint::Location(c) => location(world, c),
            Constraint::Colocation(c) => colocation(world, c),
            Constraint::Order(c) => order(world, c),
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

fn location(world: &mut World<'_>, c: &Location) {
    if let Some(id) = &c.rsc {
        for rid in expand(world, id) {
            locate(world, c, rid, c.role, &[], None);
        }
    }
    if let Some(pattern) = &c.rsc_pattern {
        let (inverted, pattern) = match pattern.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, pattern.as_str()),
        };
        let Some(regex) = crate::pattern::Pattern::new(pattern) else { return };
        for rid in 0..world.rscs.len() {
            if world.rscs[rid].orphan
                || world.rscs[rid].parent.is_some_and(|p| world.rscs[p].is_clone())
            {
                continue;
            }
            if in_clone(world, rid) {
                continue;
            }
            match regex.find(&world.rscs[rid].id.clone()) {
                Some(groups) if !inverted => locate(world, c, rid, c.role, &groups, None),
                None if inverted => locate(world, c, rid, c.role, &[], None),
                Some(_) | None => {}
            }
        }
    }
    for set in &c.sets {
        let set = resolve(&c.sets, set, world.cib);
        for id in &set.resources {
            for rid in expand(world, id) {
                locate(
                    world,
                    c,
                    rid,
                    set.role.or(c.role),
                    &[],
                    set.score.map(rota_cib::Score::value),
                );
            }
        }
    }
}

fn in_clone(world: &World<'_>, rid: Rid) -> bool {
    world.instance_owner(rid).is_some()
}

fn locate(
    world: &mut World<'_>,
    c: &Location,
    rid: Rid,
    role: Option<Role>,
    matches: &[Text],
    set_score: Option<i32>,
) {
    let discover = unpack::discover(c.discovery.as_deref());
    let push = |world: &mut World<'_>, nodes: Vec<(Nid, i32)>, role: Option<Role>| {
        world.constraints.locations.push(LocationC {
            id: c.id.clone(),
            rid,
            // What is promoted runs as unpromoted first: only "promoted" is a role of its own.
            role: role.filter(|r| *r == Role::Promoted),
            nodes,
            discover,
        });
    };
    if let Some(node) = &c.node {
        let score = set_score.or(c.score.map(rota_cib::Score::value)).unwrap_or(0);
        let found = world.node_by_name.get(node).or_else(|| world.node_by_id.get(node)).copied();
        match found {
            Some(nid) => push(world, vec![(nid, score)], role),
            None => push(world, Vec::new(), role),
        }
        return;
    }
    for rule in &c.rules {
        let rule = resolve_rule(rule, world.cib);
        let nodes = rule_nodes(world, rid, rule, matches, c.score.map(rota_cib::Score::value));
        push(world, nodes, rule.role.or(role));
    }
}

fn resolve_rule<'a>(rule: &'a Rule, cib: &'a rota_cib::Cib) -> &'a Rule {
    let Some(id) = &rule.id_ref else { return rule };
    for constraint in &cib.config.constraints {
        if let Constraint::Location(c) = constraint
            && let Some(found) = c.rules.iter().find(|r| r.id.as_ref() == Some(id))
        {
            return found;
        }
    }
    rule
}

/// Nodes for which a rule holds, with the score each gets.
fn rule_nodes(
    world: &mut World<'_>,
    rid: Rid,
    rule: &Rule,
    matches: &[Text],
    fallback: Option<i32>,
) -> Vec<(Nid, i32)> {
    let mut found = Vec::new();
    let meta = std::sync::Arc::clone(&world.rscs[rid].meta);
    let first = world.leaves(rid).first().copied();
    for nid in 0..world.nodes.len() {
        let params = match first {
            Some(leaf) if crate::values::rule_uses_params(rule) => world.params(leaf, Some(nid)),
            _ => std::sync::Arc::default(),
        };
        let node = &world.nodes[nid];
        let context = Context {
            attributes: Some(&node.attributes),
            params: Some(&params),
            meta: Some(&meta.pairs),
            matches,
            ..Context::default()
        };
        if !rules::holds(rule, &world.values, &context) {
            continue;
        }
        let mut attribute = rule.score_attribute.clone();
        if let Some(name) = &attribute
            && name.contains('%')
        {
            let mut text = name.to_string();
            for (i, m) in matches.iter().enumerate() {
                text = text.replace(&format!("%{i}"), m);
            }
            attribute = Some(text.into());
        }
        let score = match &attribute {
            // Nodes without the attribute have no preference.
            Some(name) => match node.attributes.get(name) {
                Some(value) => score::parse(value).unwrap_or(0),
                None => continue,
            },
            None => rule.score.map(rota_cib::Score::value).or(fallback).unwrap_or(0),
        };
        found.push((nid, score));
    }
    found
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

fn colocation(world: &mut World<'_>, c: &Colocation) {
    let score = c.score.map_or(0, rota_cib::Score::value);
    if c.sets.is_empty() {
        let (Some(rsc), Some(with)) = (&c.rsc, &c.with_rsc) else { return };
        let many = |world: &World<'_>, id: &str| find(world, id).is_none();
        if many(world, rsc) && many(world, with) {
            // As Pacemaker has it, one end at most may be a tag or a template.
            world.warnings.push(format!(
                "colocation {} has no effect: both ends are tags or templates",
                c.id
            ));
            return;
        }
        let dependents = expand(world, rsc);
        let primaries = expand(world, with);
        for &d in &dependents {
            for &p in &primaries {
                pair(world, c, d, p, score, c.rsc_role, c.with_rsc_role);
            }
        }
        return;
    }
    let sets = spelled(world, &c.sets);
    for set in &sets {
        let score = set.score.unwrap_or(score);
        if !set.sequential && score >= 0 {
            continue;
        }
        if score < 0 {
            // Against each other: each pair once.
            if set.sequential {
                for (i, &d) in set.rids.iter().enumerate() {
                    for &p in &set.rids[..i] {
                        pair(world, c, d, p, score, set.role, set.role);
                    }
                }
            }
            continue;
        }
        for two in set.rids.windows(2) {
            let (d, p) = if set.listed { (two[0], two[1]) } else { (two[1], two[0]) };
            pair(world, c, d, p, score, set.role, set.role);
        }
    }
    for two in sets.windows(2) {
        let (dep, pri) = (&two[0], &two[1]);
        let score = dep.score.unwrap_or(score);
        let dependents: Vec<Rid> = if dep.sequential {
            dep.rids.first().copied().into_iter().collect()
        } else {
            dep.rids.clone()
        };
        let primaries: Vec<Rid> = if pri.sequential {
            pri.rids.last().copied().into_iter().collect()
        } else {
            pri.rids.clone()
        };
        for &d in &dependents {
            for &p in &primaries {
                pair(world, c, d, p, score, dep.role, pri.role);
            }
        }
    }
}

fn pair(
    world: &mut World<'_>,
    c: &Colocation,
    dependent: Rid,
    primary: Rid,
    score: i32,
    dependent_role: Option<Role>,
    primary_role: Option<Role>,
) {
    if dependent == primary {
        return;
    }
    let influence = c.influence.unwrap_or(world.rscs[dependent].meta.critical);
    // A role means nothing to what has none.
    let has_roles = |rid: Rid| {
        world.rscs[rid].promotable
            || world.rscs[rid].bundle_conf().is_some_and(|b| b.promoted_max > 0)
    };
    let dependent_role = dependent_role.filter(|_| has_roles(dependent));
    let primary_role = primary_role.filter(|_| has_roles(primary));
    add_coloc(
        world,
        Coloc {
            id: c.id.clone(),
            dependent,
            primary,
            score,
            dependent_role: dependent_role.filter(|r| *r != Role::Started),
            primary_role: primary_role.filter(|r| *r != Role::Started),
            attribute: c.node_attribute.clone().filter(|a| a != "#uname"),
            influence,
        },
    );
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

fn opposite(action: &str) -> Option<&'static str> {
    match action {
        "start" => Some("stop"),
        "stop" => Some("start"),
        "promote" => Some("demote"),
        "demote" => Some("promote"),
        _ => None,
    }
}

fn order(world: &mut World<'_>, c: &Order) {
    let kind = match c.kind {
        Some(kind) => kind,
        None if c.unknown_kind.is_some() => OrderKind::Mandatory,
        None => match c.score {
            Some(score) if score.value() == 0 => OrderKind::Optional,
            Some(_) | None => OrderKind::Mandatory,
        },
    };
    let symmetrical = match c.symmetrical {
        Some(true) if kind == OrderKind::Serialize => false,
        Some(given) => given,
        None => kind != OrderKind::Serialize,
    };
    if c.sets.is_empty() {
        simple_order(world, c, kind, symmetrical);
        return;
    }
    let sets = spelled(world, &c.sets);
    for set in &sets {
        inside_set(world, c, set, set.kind.unwrap_or(kind), symmetrical);
    }
    for two in sets.windows(2) {
        between_sets(world, c, &two[0], &two[1], two[0].kind.unwrap_or(kind), symmetrical);
    }
}

fn simple_order(world: &mut World<'_>, c: &Order, kind: OrderKind, symmetrical: bool) {
    let (Some(first), Some(then)) = (&c.first, &c.then) else { return };
    let first_action = c.first_action.as_deref().and_then(action).unwrap_or("start");
    let then_action = c.then_action.as_deref().and_then(action).unwrap_or(first_action);
    let firsts = expand(world, first);
    let thens = expand(world, then);
    let require_all = c.require_all.unwrap_or(true);
    for &f in &firsts {
        for &t in &thens {
            push(world, c, f, first_action, t, then_action, kind, symmetrical, require_all);
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "an order has that many parts")]
fn push(
    world: &mut World<'_>,
    c: &Order,
    first: Rid,
    first_action: &'static str,
    then: Rid,
    then_action: &'static str,
    kind: OrderKind,
    symmetrical: bool,
    require_all: bool,
) {
    if first == then && first_action == then_action {
        return;
    }
    world.constraints.orders.push(OrderC {
        id: c.id.clone(),
        first,
        first_action,
        then,
        then_action,
        kind,
        symmetrical,
        inverse: false,
        require_all,
    });
    if !symmetrical {
        return;
    }
    // Of a clone of which any instance will do none makes others stop when it does.
    let loose = !require_all && world.rscs[first].is_clone();
    let back = if loose { OrderKind::Optional } else { kind };
    if let (Some(undo_first), Some(undo_then)) = (opposite(first_action), opposite(then_action)) {
        world.constraints.orders.push(OrderC {
            id: c.id.clone(),
            first: then,
            first_action: undo_then,
            then: first,
            then_action: undo_first,
            kind: back,
            symmetrical: true,
            inverse: true,
            require_all: true,
        });
    }
}

/// Within a set each comes after the one before it. What is serialized is so with everything
/// listed before it, whether the set says that it is a sequence or not.
fn inside_set(world: &mut World<'_>, c: &Order, set: &Set, kind: OrderKind, symmetrical: bool) {
    let act = set.action.unwrap_or("start");
    let serial = kind == OrderKind::Serialize;
    if !set.sequential && !serial {
        return;
    }
    for (i, &then) in set.rids.iter().enumerate() {
        let before = if serial { 0 } else { i.saturating_sub(1) };
        for &first in &set.rids[before..i] {
            push(world, c, first, act, then, act, kind, symmetrical, true);
        }
    }
}

/// All of a set come after all of the set before it, so that the order holds as well where some
/// of them have nothing to do.
fn between_sets(
    world: &mut World<'_>,
    c: &Order,
    before: &Set,
    after: &Set,
    kind: OrderKind,
    symmetrical: bool,
) {
    let first_action = before.action.unwrap_or("start");
    let then_action = after.action.unwrap_or(first_action);
    if before.require_all {
        for &f in &before.rids {
            for &t in &after.rids {
                push(world, c, f, first_action, t, then_action, kind, symmetrical, true);
            }
        }
        return;
    }
    world.constraints.order_sets.push(AnyOf {
        name: before.id.clone(),
        first: before.rids.iter().map(|&r| (r, first_action)).collect(),
        then: after.rids.iter().map(|&r| (r, then_action)).collect(),
        kind,
    });
    if symmetrical && after.require_all {
        // On the way back all of them wait.
        undo_sets(world, c, before, after, kind);
    }
}

fn undo_sets(world: &mut World<'_>, c: &Order, before: &Set, after: &Set, kind: OrderKind) {
    let first_action = before.action.unwrap_or("start");
    let then_action = after.action.unwrap_or(first_action);
    let (Some(undo_first), Some(undo_then)) = (opposite(first_action), opposite(then_action))
    else {
        return;
    };
    for &t in &after.rids {
        for &f in &before.rids {
            world.constraints.orders.push(OrderC {
                id: c.id.clone(),
                first: t,
                first_action: undo_then,
                then: f,
                then_action: undo_first,
                kind,
                symmetrical: true,
                inverse: true,
                require_all: true,
            });
        }
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
