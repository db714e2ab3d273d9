//! Orders that lead back to themselves: no plan can keep all of such a circle.

use std::collections::{BTreeMap, BTreeSet};

use rota_cib::Cib;
use rota_cib::constraint::{Constraint, Order, OrderKind};
use rota_cib::resource::Resource;

use super::constraints::thing;

/// Whether mandatory orders and groups, followed from what comes last in this constraint, lead
/// to what comes first or last in it.
pub(super) fn leads_back(cib: &Cib, order: &Order) -> bool {
    let after = successors(cib);
    steps(order).into_iter().any(|(first, then)| {
        let mut goal = names(cib, first);
        let from = names(cib, then);
        let next = from.iter().filter_map(|name| after.get(name)).flatten();
        let mut todo: Vec<&str> =
            next.copied().chain(from.iter().copied().filter(|n| goal.contains(n))).collect();
        goal.extend(from);
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        while let Some(name) = todo.pop() {
            if goal.contains(&name) {
                return true;
            }
            if seen.insert(name) {
                todo.extend(after.get(name).into_iter().flatten());
            }
        }
        false
    })
}

/// What comes after each primitive.
fn successors(cib: &Cib) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut after: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for constraint in &cib.config.constraints {
        let Constraint::Order(order) = constraint else { continue };
        if order.kind.is_some_and(|kind| kind != OrderKind::Mandatory) {
            continue;
        }
        for (first, then) in steps(order) {
            for name in names(cib, first) {
                after.entry(name).or_default().extend(names(cib, then));
            }
        }
    }
    for resource in &cib.config.resources {
        if let Resource::Group(group) = resource {
            for two in group.members.windows(2) {
                after.entry(&two[0].id).or_default().insert(&two[1].id);
            }
        }
    }
    after
}

/// What a constraint puts before what, whatever the actions are.
fn steps(order: &Order) -> Vec<(&str, &str)> {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    if let (Some(first), Some(then)) = (&order.first, &order.then) {
        // The other way round when it is about stops: their counterpart orders the starts.
        match order.first_action.as_deref() {
            Some("stop" | "demote") => pairs.push((then, first)),
            _ => pairs.push((first, then)),
        }
    }
    for set in &order.sets {
        pairs.extend(set.resources.windows(2).map(|two| (two[0].as_str(), two[1].as_str())));
    }
    for two in order.sets.windows(2) {
        for first in &two[0].resources {
            pairs.extend(two[1].resources.iter().map(|then| (first.as_str(), then.as_str())));
        }
    }
    pairs
}

/// The primitives that a name stands for.
fn names<'c>(cib: &'c Cib, id: &str) -> Vec<&'c str> {
    thing(cib, id)
        .map(|thing| thing.into_primitives().into_iter().map(|id| id.as_str()).collect())
        .unwrap_or_default()
}
