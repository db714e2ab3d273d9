//! Orders and colocations as the user wrote them, against the starts of a plan.
//!
//! Only what is plain enough to be read without the planner's code is checked: no roles, no
//! rules, no templates or tags. What is checked must hold for every plan.

use std::collections::BTreeMap;

use rota_cib::constraint::{Colocation, Constraint, Order, OrderKind, ResourceSet};
use rota_cib::resource::{Clone_, CloneChild, Resource};
use rota_cib::{Cib, Score, Text};
use rota_transition::{Action, Graph, Task};

use super::{Finding, active, ancestors, circles};

/// What a name stands for.
pub(super) enum Thing<'c> {
    /// Primitives that exist once: a primitive, or the members of a group.
    Once(Vec<&'c Text>),
    /// Instances of these primitives.
    Clone(&'c Clone_, Vec<&'c Text>),
}

impl<'c> Thing<'c> {
    /// The primitives it stands for.
    pub(super) fn into_primitives(self) -> Vec<&'c Text> {
        match self {
            Self::Once(names) | Self::Clone(_, names) => names,
        }
    }

    fn primitives(&self) -> &[&Text] {
        match self {
            Self::Once(names) | Self::Clone(_, names) => names,
        }
    }

    /// A flag of a clone; false for anything else.
    fn flag(&self, name: &str) -> bool {
        match self {
            Self::Once(_) => false,
            Self::Clone(clone, _) => clone
                .meta
                .iter()
                .find_map(|set| set.get(name))
                .is_some_and(|v| matches!(v.as_str(), "true" | "1" | "yes" | "on")),
        }
    }

    /// Whether some instances are enough for whatever comes after.
    fn enough(&self) -> bool {
        matches!(self, Self::Clone(clone, _)
            if clone.meta.iter().any(|set| set.get("clone-min").is_some()))
    }
}

pub(super) fn thing<'c>(cib: &'c Cib, id: &str) -> Option<Thing<'c>> {
    cib.config.resources.iter().find_map(|resource| match resource {
        Resource::Primitive(p) => (p.id == id).then(|| Thing::Once(vec![&p.id])),
        Resource::Group(g) if g.id == id => {
            Some(Thing::Once(g.members.iter().map(|m| &m.id).collect()))
        }
        Resource::Group(g) => {
            g.members.iter().find(|m| m.id == id).map(|m| Thing::Once(vec![&m.id]))
        }
        Resource::Clone(c) if c.id == id => Some(Thing::Clone(
            c,
            match &c.child {
                CloneChild::Primitive(p) => vec![&p.id],
                CloneChild::Group(g) => g.members.iter().map(|m| &m.id).collect(),
            },
        )),
        Resource::Clone(_) | Resource::Bundle(_) => None,
    })
}

/// Whether an operation is one of a primitive or of an instance of it.
fn is_of(resource: &str, primitive: &str) -> bool {
    resource.strip_prefix(primitive).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

fn starts<'g>(graph: &'g Graph, thing: &Thing<'_>) -> Vec<&'g Action> {
    graph
        .actions
        .iter()
        .filter(|a| match &a.task {
            Task::Resource(op) => {
                op.operation == "start" && thing.primitives().iter().any(|p| is_of(&op.resource, p))
            }
            _ => false,
        })
        .collect()
}

/// Mandatory orders of starts: plain ones, those of clones and those of sets.
pub(super) fn orders(cib: &Cib, graph: &Graph, findings: &mut Vec<Finding>) {
    for constraint in &cib.config.constraints {
        let Constraint::Order(order) = constraint else { continue };
        if !counts(order) {
            continue;
        }
        let kept =
            steps(order).iter().all(|(first, then)| match (thing(cib, first), thing(cib, then)) {
                (Some(first), Some(then)) => one(graph, &first, &then),
                _ => true,
            });
        if !kept && !circles::leads_back(cib, order) {
            findings.push(Finding::OrderLost { constraint: order.id.clone() });
        }
    }
}

/// What comes before what by one constraint, within its sequential sets.
fn steps(order: &Order) -> Vec<(&Text, &Text)> {
    let mut pairs: Vec<(&Text, &Text)> = Vec::new();
    if let (Some(first), Some(then)) = (&order.first, &order.then) {
        pairs.push((first, then));
    }
    for set in order.sets.iter().filter(|set| plain(set)) {
        pairs.extend(set.resources.windows(2).map(|two| (&two[0], &two[1])));
    }
    pairs
}

/// Whether a constraint is about starts, always and of all instances.
fn counts(order: &Order) -> bool {
    let start = |action: &Option<Text>| action.as_deref().unwrap_or("start") == "start";
    let by_default = order.unknown_kind.is_none() && order.score.is_none();
    order.lifetime.is_empty()
        && order.kind.map_or(by_default, |kind| kind == OrderKind::Mandatory)
        && order.require_all != Some(false)
        && start(&order.first_action)
        && start(&order.then_action)
}

fn plain(set: &ResourceSet) -> bool {
    set.id_ref.is_none()
        && set.sequential != Some(false)
        && set.require_all != Some(false)
        && set.role.is_none()
        && set.kind.is_none_or(|k| k == OrderKind::Mandatory)
        && set.action.as_deref().unwrap_or("start") == "start"
}

fn one(graph: &Graph, first: &Thing<'_>, then: &Thing<'_>) -> bool {
    if first.enough() {
        return true;
    }
    let firsts = starts(graph, first);
    if firsts.is_empty() {
        return true;
    }
    let by_node = matches!(first, Thing::Clone(..)) && then.flag("interleave");
    let whole: Vec<&&Action> =
        firsts.iter().filter(|start| is_whole(first, start, &firsts)).collect();
    starts(graph, then).iter().all(|then| {
        let before = ancestors(graph, then.id);
        whole
            .iter()
            .filter(|first| !by_node || first.node == then.node)
            .all(|first| before[first.id.index()])
    })
}

/// Whether a start is of an instance that will be complete: nothing waits for an instance of a
/// group whose last member cannot run.
fn is_whole(thing: &Thing<'_>, start: &Action, starts: &[&Action]) -> bool {
    let (Thing::Clone(_, members), Task::Resource(op)) = (thing, &start.task) else { return true };
    let Some(last) = members.last() else { return true };
    let number = op.resource.rsplit_once(':').map(|(_, number)| number);
    starts.iter().any(|other| match &other.task {
        Task::Resource(op) => {
            other.node == start.node
                && is_of(&op.resource, last)
                && op.resource.rsplit_once(':').map(|(_, n)| n) == number
        }
        _ => false,
    })
}

/// Where each primitive that exists once will be.
struct Places<'c> {
    /// Active now and not stopped by the plan.
    stays: BTreeMap<&'c str, &'c str>,
    starts: BTreeMap<&'c str, (&'c Action, &'c str)>,
}

fn final_places<'c>(cib: &'c Cib, graph: &'c Graph) -> Places<'c> {
    let mut places = Places { stays: BTreeMap::new(), starts: BTreeMap::new() };
    for state in &cib.status.nodes {
        for history in &state.history {
            if active(&history.operations) {
                places.stays.insert(&history.id, &state.uname);
            }
        }
    }
    let mut fenced: Vec<&str> = Vec::new();
    for action in &graph.actions {
        match (&action.task, &action.node) {
            (Task::Resource(op), Some(node)) => match op.operation.as_str() {
                "stop" | "migrate_to" => {
                    places.stays.remove(op.resource.as_str());
                }
                "start" | "migrate_from" => {
                    places.starts.insert(&op.resource, (action, node.as_str()));
                }
                _ => {}
            },
            (Task::Fence { target, action, .. }, _)
                if *action != rota_transition::FenceAction::On =>
            {
                fenced.push(target.as_str());
            }
            _ => {}
        }
    }
    places.stays.retain(|_, node| !fenced.contains(node));
    places
}

/// Starts next to what must be elsewhere, or away from what must be with it.
pub(super) fn colocations(cib: &Cib, graph: &Graph, findings: &mut Vec<Finding>) {
    let places = final_places(cib, graph);
    for constraint in &cib.config.constraints {
        let Constraint::Colocation(coloc) = constraint else { continue };
        let plain = coloc.rsc_role.is_none()
            && coloc.with_rsc_role.is_none()
            && coloc.lifetime.is_empty()
            && coloc.other.is_empty()
            && coloc.node_attribute.as_deref().is_none_or(|a| a == "#uname");
        if plain {
            pairs(coloc).into_iter().for_each(|(score, rsc, with)| {
                pair(cib, &places, coloc, score, rsc, with, findings);
            });
        }
    }
}

/// What depends on what, by the constraint itself and within its sequential sets.
fn pairs(coloc: &Colocation) -> Vec<(Score, &Text, &Text)> {
    let mut found = Vec::new();
    let own = coloc.score.unwrap_or(Score::ZERO);
    if let (Some(rsc), Some(with)) = (&coloc.rsc, &coloc.with_rsc) {
        found.push((own, rsc, with));
    }
    for set in &coloc.sets {
        let score = set.score.unwrap_or(own);
        let listed = set.ordering.is_none()
            && set.id_ref.is_none()
            && set.role.is_none()
            && set.sequential != Some(false)
            && score == Score::INFINITY;
        if listed {
            // Each is with the one before it.
            found.extend(set.resources.windows(2).map(|two| (score, &two[1], &two[0])));
        }
    }
    found
}

fn pair(
    cib: &Cib,
    places: &Places<'_>,
    coloc: &Colocation,
    score: Score,
    rsc: &Text,
    with: &Text,
    findings: &mut Vec<Finding>,
) {
    let (Some(Thing::Once(rsc)), Some(Thing::Once(with))) = (thing(cib, rsc), thing(cib, with))
    else {
        return;
    };
    for dependent in &rsc {
        let Some((start, node)) = places.starts.get(dependent.as_str()) else { continue };
        let broken = with.iter().any(|primary| {
            let there = places
                .starts
                .get(primary.as_str())
                .map(|(_, node)| node)
                .or(places.stays.get(primary.as_str()));
            there.is_some_and(|there| match score {
                Score::INFINITY => there != node,
                Score::NEG_INFINITY => there == node,
                _ => false,
            }) && !contradicted(cib, score, dependent, primary)
        });
        if broken {
            findings.push(Finding::WrongCompany {
                action: start.id,
                constraint: coloc.id.clone(),
                node: Text::from(*node),
            });
        }
    }
}

/// Whether the same two must be together by one constraint and apart by another: no place is
/// right then.
fn contradicted(cib: &Cib, score: Score, one: &Text, other: &Text) -> bool {
    let opposite = match score {
        Score::INFINITY => Score::NEG_INFINITY,
        Score::NEG_INFINITY => Score::INFINITY,
        _ => return false,
    };
    let has = |name: &Text, id: &Text| {
        thing(cib, name).is_some_and(|thing| thing.primitives().contains(&id))
    };
    cib.config.constraints.iter().any(|constraint| match constraint {
        Constraint::Colocation(coloc) => pairs(coloc).into_iter().any(|(score, rsc, with)| {
            score == opposite
                && ((has(rsc, one) && has(with, other)) || (has(rsc, other) && has(with, one)))
        }),
        _ => false,
    })
}
