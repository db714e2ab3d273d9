//! Constraints as text.

use rota_cib::constraint::{
    Colocation, Constraint, Location, Order, OrderKind, ResourceSet, Role, Ticket,
};
use rota_cib::{Score, Text};

use super::super::error::UserError;
use super::super::work::Work;
use rota_cib::rule_words::to_words;

/// `rota constraint config`
pub(super) fn all(work: &mut Work<'_>) -> Result<(), UserError> {
    locations(work)?;
    colocations(work)?;
    orders(work)?;
    tickets(work)
}

/// Constraints that name the given resources.
pub(super) fn referring(work: &mut Work<'_>, resources: &[&str]) -> Result<(), UserError> {
    if resources.is_empty() {
        return Err(UserError::Usage("constraint ref RESOURCE…"));
    }
    for resource in resources {
        super::find::check(&work.config, resource)?;
        work.line(format!("Resource: {resource}"));
        let ids: Vec<Text> = work
            .config
            .constraints
            .iter()
            .filter(|constraint| names(constraint).iter().any(|name| *name == resource))
            .map(|constraint| constraint.id().clone())
            .collect();
        if ids.is_empty() {
            work.line("  No Matches");
        }
        for id in ids {
            work.line(format!("  {id}"));
        }
    }
    Ok(())
}

fn names(constraint: &Constraint) -> Vec<&Text> {
    let (single, sets): (Vec<&Option<Text>>, &[ResourceSet]) = match constraint {
        Constraint::Location(c) => (vec![&c.rsc], &c.sets),
        Constraint::Colocation(c) => (vec![&c.rsc, &c.with_rsc], &c.sets),
        Constraint::Order(c) => (vec![&c.first, &c.then], &c.sets),
        Constraint::Ticket(c) => (vec![&c.rsc], &c.sets),
    };
    single.into_iter().flatten().chain(sets.iter().flat_map(|set| &set.resources)).collect()
}

/// A heading and lines, if there are lines.
fn section(work: &mut Work<'_>, heading: &str, lines: Vec<String>) -> Result<(), UserError> {
    if lines.is_empty() {
        return Ok(());
    }
    work.line(heading);
    for line in lines {
        work.line(format!("  {line}"));
    }
    Ok(())
}

/// ` (id: …)`, if all is to be shown.
fn id_of(work: &Work<'_>, id: &str) -> String {
    if work.has("--full") { format!(" (id: {id})") } else { String::new() }
}

/// Location constraints.
pub(super) fn locations(work: &mut Work<'_>) -> Result<(), UserError> {
    let mut lines = Vec::new();
    for constraint in &work.config.constraints {
        if let Constraint::Location(c) = constraint {
            location(work, c, &mut lines);
        }
    }
    section(work, "Location Constraints:", lines)
}

fn location(work: &Work<'_>, c: &Location, lines: &mut Vec<String>) {
    let who = match (&c.rsc, &c.rsc_pattern) {
        (Some(rsc), _) => format!("resource '{rsc}'"),
        (None, Some(pattern)) => format!("resource pattern '{pattern}'"),
        (None, None) => "resource set".to_owned(),
    };
    let role = c.role.map(|role| format!(" in role {}", role.as_str())).unwrap_or_default();
    let id = id_of(work, &c.id);
    if let Some(node) = &c.node {
        let score = c.score.unwrap_or(Score::ZERO);
        let (verb, score) =
            if score < Score::ZERO { ("avoids", -score) } else { ("prefers", score) };
        lines.push(format!("{who}{role} {verb} node '{node}' with score {score}{id}"));
    } else {
        lines.push(format!("{who}{role}{id}"));
    }
    if let Some(discovery) = &c.discovery {
        lines.push(format!("  resource-discovery={discovery}"));
    }
    sets(&c.sets, lines);
    for rule in &c.rules {
        let score = match (&rule.score, &rule.score_attribute) {
            (_, Some(name)) => format!("score-attribute={name}"),
            (score, None) => format!("score={}", score.unwrap_or(Score::ZERO)),
        };
        let role = rule.role.map(|role| format!(" role={}", role.as_str())).unwrap_or_default();
        let id = rule.id.as_deref().map(|id| id_of(work, id)).unwrap_or_default();
        lines.push(format!("  Rule: {score}{role}{id}"));
        lines.push(format!("    {}", to_words(rule)));
    }
}

fn sets(list: &[ResourceSet], lines: &mut Vec<String>) {
    for set in list {
        let resources: Vec<String> = set.resources.iter().map(|id| format!("'{id}'")).collect();
        lines.push(format!("  Resource Set: {}", resources.join(", ")));
        let options = [
            set.sequential.map(|value| format!("sequential={value}")),
            set.require_all.map(|value| format!("require-all={value}")),
            set.action.as_ref().map(|value| format!("action={value}")),
            set.role.map(|value| format!("role={}", value.as_str())),
            set.score.map(|value| format!("score={value}")),
        ];
        let options: Vec<String> = options.into_iter().flatten().collect();
        if !options.is_empty() {
            lines.push(format!("    {}", options.join(" ")));
        }
    }
}

/// Colocation constraints.
pub(super) fn colocations(work: &mut Work<'_>) -> Result<(), UserError> {
    let mut lines = Vec::new();
    for constraint in &work.config.constraints {
        if let Constraint::Colocation(c) = constraint {
            colocation(work, c, &mut lines);
        }
    }
    section(work, "Colocation Constraints:", lines)
}

/// `Started `, if there is a role.
fn role_word(role: Option<Role>) -> String {
    role.map(|role| format!("{} ", role.as_str())).unwrap_or_default()
}

fn colocation(work: &Work<'_>, c: &Colocation, lines: &mut Vec<String>) {
    let id = id_of(work, &c.id);
    match (&c.rsc, &c.with_rsc) {
        (Some(rsc), Some(with)) => {
            let (one, other) = (role_word(c.rsc_role), role_word(c.with_rsc_role));
            lines.push(format!("{one}resource '{rsc}' with {other}resource '{with}'{id}"));
        }
        _ => lines.push(format!("resource sets{id}")),
    }
    let score = c.score.unwrap_or(Score::ZERO);
    let influence = c.influence.map(|value| format!(" influence={value}")).unwrap_or_default();
    let by = c.node_attribute.as_ref().map(|name| format!(" node-attribute={name}"));
    lines.push(format!("  score={score}{influence}{}", by.unwrap_or_default()));
    sets(&c.sets, lines);
}

/// Order constraints.
pub(super) fn orders(work: &mut Work<'_>) -> Result<(), UserError> {
    let mut lines = Vec::new();
    for constraint in &work.config.constraints {
        if let Constraint::Order(c) = constraint {
            order(work, c, &mut lines);
        }
    }
    section(work, "Order Constraints:", lines)
}

fn order(work: &Work<'_>, c: &Order, lines: &mut Vec<String>) {
    let id = id_of(work, &c.id);
    match (&c.first, &c.then) {
        (Some(first), Some(then)) => {
            let first_action = c.first_action.as_deref().unwrap_or("start");
            let then_action = c.then_action.as_deref().unwrap_or(first_action);
            let line = format!(
                "{first_action} resource '{first}' then {then_action} resource '{then}'{id}"
            );
            lines.push(line);
        }
        _ => lines.push(format!("resource sets{id}")),
    }
    let options = [
        c.kind.map(|kind: OrderKind| format!("kind={}", kind.as_str())),
        c.symmetrical.map(|value| format!("symmetrical={value}")),
        c.require_all.map(|value| format!("require-all={value}")),
    ];
    let options: Vec<String> = options.into_iter().flatten().collect();
    if !options.is_empty() {
        lines.push(format!("  {}", options.join(" ")));
    }
    sets(&c.sets, lines);
}

/// Ticket constraints.
pub(super) fn tickets(work: &mut Work<'_>) -> Result<(), UserError> {
    let mut lines = Vec::new();
    for constraint in &work.config.constraints {
        if let Constraint::Ticket(c) = constraint {
            ticket(work, c, &mut lines);
        }
    }
    section(work, "Ticket Constraints:", lines)
}

fn ticket(work: &Work<'_>, c: &Ticket, lines: &mut Vec<String>) {
    let id = id_of(work, &c.id);
    let who = match &c.rsc {
        Some(rsc) => format!("{}resource '{rsc}' depends", role_word(c.rsc_role)),
        None => "resource sets depend".to_owned(),
    };
    lines.push(format!("{who} on ticket '{}'{id}", c.ticket));
    if let Some(policy) = c.loss_policy {
        lines.push(format!("  loss-policy={}", policy.as_str()));
    }
    sets(&c.sets, lines);
}
