//! `rota resource cleanup`, `refresh` and `failcount`

use std::collections::BTreeMap;

use rota_cib::Score;
use rota_cib::Text;
use rota_cib::change::{Change, OperationFilter};
use rota_cib::failures::parse_name;
use rota_cib::status::NodeState;
use rota_cib::value::{parse_duration, parse_score};

use super::super::error::UserError;
use super::super::node::check_node;
use super::super::work::Work;
use super::super::{find, words};

/// How much is forgotten.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Depth {
    /// Failures.
    Failures,
    /// All, so that the cluster looks anew.
    Everything,
}

/// What history is meant.
pub(in super::super) struct Meant<'a> {
    resource: Option<&'a str>,
    node: Option<&'a str>,
    operation: Option<&'a str>,
    interval_ms: Option<u32>,
}

/// `[RESOURCE] [node=NODE] [operation=OPERATION [interval=TIME]]`
pub(in super::super) fn history_words<'a>(
    work: &Work<'_>,
    given: &[&'a str],
) -> Result<Meant<'a>, UserError> {
    let (resource, options) = match given.split_first() {
        Some((resource, options)) if !resource.contains('=') => (Some(*resource), options),
        _ => (None, given),
    };
    if let Some(resource) = resource {
        find::check(&work.config, resource)?;
    }
    let mut options = words::pairs(options)?;
    let node = words::take(&mut options, "node");
    if let Some(node) = node {
        check_node(work, node)?;
    }
    let operation = words::take(&mut options, "operation");
    let interval_ms = match words::take(&mut options, "interval") {
        None => None,
        Some(_) if operation.is_none() => {
            return Err(UserError::refused("'interval' needs 'operation'", "say which operation"));
        }
        Some(text) => {
            let time = parse_duration(text).ok_or_else(|| {
                UserError::refused(format!("'{text}' is no length of time"), "write 10s")
            })?;
            Some(u32::try_from(time.as_millis()).unwrap_or(u32::MAX))
        }
    };
    words::nothing_left(&options, &["node", "operation", "interval"])?;
    Ok(Meant { resource, node, operation, interval_ms })
}

/// The id of a node in the status, or in the configuration.
fn node_id(work: &Work<'_>, name: &str) -> Option<Text> {
    let states = &work.context.cib.status.nodes;
    let in_status = states.iter().find(|state| state.uname == name).map(|state| state.id.clone());
    let configured = work.config.nodes.iter().find(|node| node.uname == name);
    in_status.or_else(|| configured.map(|node| node.id.clone()))
}

/// `rota resource cleanup …` and `refresh …`
pub(in super::super) fn cleanup(
    work: &mut Work<'_>,
    given: &[&str],
    depth: Depth,
) -> Result<(), UserError> {
    let meant = history_words(work, given)?;
    let filter = match (depth, meant.operation) {
        (Depth::Everything, None) => OperationFilter::All,
        (Depth::Everything, Some(_)) => {
            return Err(UserError::refused(
                "refresh forgets a resource's whole history",
                "leave 'operation' out, or use: rota resource cleanup",
            ));
        }
        (Depth::Failures, None) => OperationFilter::Failures,
        (Depth::Failures, Some(operation)) => OperationFilter::FailuresOf {
            operation: operation.into(),
            interval_ms: meant.interval_ms,
        },
    };
    let node = meant.node.and_then(|name| node_id(work, name));
    for resource in with_history(work, meant.resource, node.as_deref()) {
        let node = node.clone();
        work.out.changes.push(Change::ForgetOperations { resource, node, filter: filter.clone() });
    }
    if work.out.changes.is_empty() {
        work.remark("there is nothing to forget");
    }
    Ok(())
}

fn without_instance(id: &str) -> &str {
    match id.rsplit_once(':') {
        Some((name, number)) if number.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => id,
    }
}

/// Primitives with history or failure counts, of those meant.
fn with_history(work: &Work<'_>, resource: Option<&str>, node: Option<&str>) -> Vec<Text> {
    let meant = resource.map(|resource| find::primitives_of(&work.config, resource));
    let mut found = BTreeMap::new();
    let states = work.context.cib.status.nodes.iter();
    for state in states.filter(|state| node.is_none_or(|node| state.id == node)) {
        let histories = state.history.iter().map(|history| without_instance(&history.id));
        let counts = state.attributes.iter().flat_map(|set| &set.pairs);
        let counts = counts.filter_map(|pair| parse_name(pair.name.as_deref()?));
        for name in histories.chain(counts.map(|count| count.resource)) {
            if meant.as_ref().is_none_or(|meant| meant.iter().any(|id| id == name)) {
                found.insert(Text::from(name), ());
            }
        }
    }
    found.into_keys().collect()
}

/// `rota resource failcount [show|reset] …`
pub(super) fn failcount(work: &mut Work<'_>, given: &[&str]) -> Result<(), UserError> {
    match given {
        ["reset", rest @ ..] => cleanup(work, rest, Depth::Failures),
        ["show", rest @ ..] => show(work, rest),
        rest => show(work, rest),
    }
}

fn show(work: &mut Work<'_>, given: &[&str]) -> Result<(), UserError> {
    let meant = history_words(work, given)?;
    let members = meant.resource.map(|resource| find::primitives_of(&work.config, resource));
    let full = work.has("--full");
    let mut counts: BTreeMap<String, BTreeMap<String, Score>> = BTreeMap::new();
    for state in &work.context.cib.status.nodes {
        if meant.node.is_some_and(|node| state.uname != node) {
            continue;
        }
        for (resource, operation, count) in counts_of(state) {
            let is_meant = members.as_ref().is_none_or(|ids| ids.iter().any(|id| *id == resource))
                && meant.operation.is_none_or(|name| operation.starts_with(&format!("{name} ")));
            if !is_meant {
                continue;
            }
            let line = match full {
                true => format!("{}: {operation}", state.uname),
                false => state.uname.to_string(),
            };
            let sum = counts.entry(resource).or_default().entry(line).or_insert(Score::ZERO);
            *sum = *sum + count;
        }
    }
    if counts.is_empty() {
        let of = meant.resource.map(|id| format!(" for resource '{id}'")).unwrap_or_default();
        work.line(format!("No failcounts{of}"));
    }
    for (resource, lines) in counts {
        work.line(format!("Failcounts for resource '{resource}'"));
        for (line, count) in lines {
            work.line(format!("  {line}: {count}"));
        }
    }
    Ok(())
}

/// Resource, operation with interval, and count of each failure count of a node.
fn counts_of(state: &NodeState) -> Vec<(String, String, Score)> {
    let pairs = state.attributes.iter().flat_map(|set| &set.pairs);
    let counts = pairs.filter_map(|pair| {
        let name = parse_name(pair.name.as_deref()?).filter(|name| !name.is_time)?;
        let count = pair.value.as_deref().and_then(parse_score)?;
        let operation = match name.operation {
            Some((operation, interval_ms)) => format!("{operation} {interval_ms}ms"),
            None => String::from("any "),
        };
        Some((name.resource.to_owned(), operation, count))
    });
    counts.filter(|(.., count)| *count != Score::ZERO).collect()
}
