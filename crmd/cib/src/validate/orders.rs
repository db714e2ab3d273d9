//! Orders that wait for themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::{Findings, Problem};
use crate::constraint::{Constraint, Order, OrderKind};
use crate::{Config, Score, Text};

/// Finds circles among mandatory orders of the same action. What groups and sets order inside is
/// left out: those cannot close a circle without a constraint that names their members.
pub(super) fn check(config: &Config, findings: &mut Findings) {
    let mut after: BTreeMap<&Text, Vec<(&Text, &Text)>> = BTreeMap::new();
    for constraint in &config.constraints {
        let Constraint::Order(order) = constraint else { continue };
        if let (Some(first), Some(then), true) = (&order.first, &order.then, counts(order)) {
            after.entry(first).or_default().push((then, &order.id));
        }
    }
    let mut done = BTreeSet::new();
    for start in after.keys() {
        let mut path = Vec::new();
        follow(start, &after, &mut path, &mut done, findings);
    }
}

/// Whether an order is mandatory and about starts only.
fn counts(order: &Order) -> bool {
    let mandatory = match order.kind {
        Some(kind) => kind == OrderKind::Mandatory,
        None => order.score.is_none_or(|score| score > Score::ZERO),
    };
    let first = order.first_action.as_deref().unwrap_or("start");
    let then = order.then_action.as_deref().unwrap_or(first);
    mandatory && order.unknown_kind.is_none() && first == "start" && then == "start"
}

/// Depth first; what is on the path and comes again closes a circle. Does not recurse: a chain of
/// orders may be as long as a configuration.
fn follow<'a>(
    start: &'a Text,
    after: &BTreeMap<&'a Text, Vec<(&'a Text, &'a Text)>>,
    path: &mut Vec<(&'a Text, usize)>,
    done: &mut BTreeSet<&'a Text>,
    findings: &mut Findings,
) {
    if done.contains(start) {
        return;
    }
    path.push((start, 0));
    while let Some((resource, next)) = path.last_mut() {
        let resource = *resource;
        let Some((then, id)) = after.get(resource).and_then(|list| list.get(*next)) else {
            done.insert(resource);
            path.pop();
            continue;
        };
        *next += 1;
        if let Some(at) = path.iter().position(|(on_path, _)| on_path == then) {
            let circle = path[at..].iter().map(|(r, _)| (*r).clone());
            let resources = circle.chain([(*then).clone()]).collect();
            findings.warning(id, Problem::OrderCycle { resources });
        } else if !done.contains(*then) {
            path.push((then, 0));
        }
    }
}
