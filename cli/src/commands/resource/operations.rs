//! Operations of resources: those that people give, those that agents suggest, `rota resource op`.

use rota_cib::Text;
use rota_cib::constraint::Role;
use rota_cib::fresh::Ids;
use rota_cib::nvset::{NvPair, NvSet};
use rota_cib::options::{OPERATION, find as find_option, suggest};
use rota_cib::resource::Operation;
use rota_cib::value::parse_duration;

use super::super::agents::{AgentInfo, AgentSpec};
use super::super::error::UserError;
use super::super::find::{self, Found};
use super::super::sets::set_values;
use super::super::words::pair;
use super::super::work::Work;
use super::defaults;

/// An operation as asked for: its name and options.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Given<'a> {
    /// Its name.
    pub(in super::super) name: &'a str,
    /// Its options in given order.
    pub(in super::super) options: Vec<(&'a str, &'a str)>,
}

/// Adds a word of an `op` section: an option of the operation before it, or a new one's name.
pub(super) fn collect<'a>(into: &mut Vec<Given<'a>>, word: &'a str) -> Result<(), UserError> {
    if !word.contains('=') {
        into.push(Given { name: word, options: Vec::new() });
        return Ok(());
    }
    match into.last_mut() {
        Some(operation) => {
            operation.options.push(pair(word)?);
            Ok(())
        }
        None => Err(UserError::refused(
            format!("'{word}' stands before the name of an operation"),
            "write op ACTION NAME=VALUE…, such as op monitor interval=10s",
        )),
    }
}

/// An operation with all its options, as it will be written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Complete {
    name: String,
    interval: String,
    options: Vec<(String, String)>,
}

/// Actions of agents that are no operations of a resource.
const NO_OPERATIONS: [&str; 8] =
    ["meta-data", "validate-all", "status", "list", "list-status", "methods", "usage", "describe"];

/// The given operations and the default ones for the others, sorted by name.
pub(super) fn complete(
    work: &mut Work<'_>,
    agent: &AgentSpec,
    info: Option<&AgentInfo>,
    given: &[Given<'_>],
    no_defaults: bool,
) -> Result<Vec<Complete>, UserError> {
    let mut all = Vec::new();
    for operation in given {
        all.push(from_given(work, operation)?);
    }
    check_intervals(&all)?;
    for suggested in defaults_of(agent, info) {
        let is_given = given.iter().any(|operation| operation.name == suggested.name);
        if !is_given && (!no_defaults || suggested.name == "monitor") {
            all.push(make_unique(suggested, &all));
        }
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

/// What the agent suggests; only a monitor of fence devices and of agents that say nothing.
fn defaults_of(agent: &AgentSpec, info: Option<&AgentInfo>) -> Vec<Complete> {
    let monitor =
        Complete { name: "monitor".to_owned(), interval: "60s".to_owned(), options: Vec::new() };
    let Some(info) = info.filter(|_| agent.class != "stonith") else { return vec![monitor] };
    let actions = info.actions.iter().filter(|a| !NO_OPERATIONS.contains(&a.name.as_str()));
    let mut all: Vec<Complete> =
        actions.map(|action| from_action(&action.name, &action.attributes)).collect();
    if !all.iter().any(|operation| operation.name == "monitor") {
        all.push(monitor);
    }
    all
}

fn from_action(name: &str, attributes: &[(String, String)]) -> Complete {
    let value = |wanted: &str| {
        attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    };
    let is_zero = |text: &str| parse_duration(text).is_some_and(|time| time.is_zero());
    let mut options = Vec::new();
    for name in ["timeout", "role", "start-delay"] {
        match value(name) {
            Some(text) if !(name == "start-delay" && is_zero(text)) => {
                let text = Role::parse(text).map_or(text, |role| role.as_str());
                options.push((name.to_owned(), text.to_owned()));
            }
            _ => {}
        }
    }
    if let Some(depth) = value("depth").filter(|depth| *depth != "0") {
        options.push(("OCF_CHECK_LEVEL".to_owned(), depth.to_owned()));
    }
    let interval = value("interval").unwrap_or(default_interval(name));
    let interval = if is_zero(interval) { "0s" } else { interval };
    Complete { name: name.to_owned(), interval: interval.to_owned(), options }
}

fn default_interval(name: &str) -> &'static str {
    if name == "monitor" { "60s" } else { "0s" }
}

/// Results are kept by name and interval, so two monitors need different intervals.
fn make_unique(mut operation: Complete, others: &[Complete]) -> Complete {
    let same = |a: &str, b: &Complete| {
        b.name == operation.name && parse_duration(a) == parse_duration(&b.interval)
    };
    let Some(start) = parse_duration(&operation.interval) else { return operation };
    let mut seconds = start.as_secs();
    let mut interval = operation.interval.clone();
    while others.iter().any(|other| same(&interval, other)) {
        seconds += 1;
        interval = format!("{seconds}s");
    }
    operation.interval = interval;
    operation
}

fn from_given(work: &mut Work<'_>, given: &Given<'_>) -> Result<Complete, UserError> {
    let mut operation = Complete {
        name: given.name.to_owned(),
        interval: default_interval(given.name).to_owned(),
        options: Vec::new(),
    };
    for (name, value) in &given.options {
        check_option(work, name, value)?;
        let value = match *name {
            "role" => Role::parse(value).map_or(*value, |role| role.as_str()),
            _ => value,
        };
        match *name {
            "interval" => operation.interval = value.to_owned(),
            // An empty value means "none".
            _ if value.is_empty() => {}
            _ => operation.options.push(((*name).to_owned(), value.to_owned())),
        }
    }
    Ok(operation)
}

/// Whether an option of an operation is known, and its value one of its kind.
fn check_option(work: &mut Work<'_>, name: &str, value: &str) -> Result<(), UserError> {
    match find_option(OPERATION, name) {
        _ if name == "id" || value.is_empty() => Ok(()),
        Some(known) if known.kind.accepts(value) => Ok(()),
        Some(known) => work.unless_forced(format!(
            "'{value}' is no value for '{name}', give {}",
            known.kind.expected()
        )),
        None => {
            let near = match suggest(OPERATION, name) {
                Some(near) => format!(" (did you mean '{near}'?)"),
                None => String::new(),
            };
            work.unless_forced(format!("operations have no option '{name}'{near}"))
        }
    }
}

fn check_intervals(all: &[Complete]) -> Result<(), UserError> {
    for (at, operation) in all.iter().enumerate() {
        let same = all[..at].iter().any(|other| {
            other.name == operation.name
                && parse_duration(&other.interval) == parse_duration(&operation.interval)
        });
        if same {
            return Err(UserError::refused(
                format!(
                    "two '{}' operations have the interval {}",
                    operation.name, operation.interval
                ),
                "give each of them an interval of its own",
            ));
        }
    }
    Ok(())
}

/// The operation as it stands in a configuration.
pub(super) fn element(resource: &str, operation: &Complete, ids: &mut Ids) -> Operation {
    let given_id = operation.options.iter().find(|(name, _)| name == "id");
    let base = match given_id {
        Some((_, id)) => id.clone(),
        None => format!("{resource}-{}-interval-{}", operation.name, operation.interval),
    };
    let id = ids.fresh(&base);
    let mut parameters = Vec::new();
    let mut attributes: Vec<(Text, Text)> = Vec::new();
    for (name, value) in operation.options.iter().filter(|(name, _)| name != "id") {
        if name == "OCF_CHECK_LEVEL" {
            let set_id = ids.fresh(&format!("params-{id}"));
            let pair = NvPair {
                id: Some(ids.fresh(&format!("{set_id}-{name}"))),
                name: Some(name.as_str().into()),
                value: Some(value.as_str().into()),
                ..NvPair::default()
            };
            parameters.push(NvSet { id: Some(set_id), pairs: vec![pair], ..NvSet::default() });
        } else {
            attributes.push((name.as_str().into(), value.as_str().into()));
        }
    }
    Operation {
        id,
        name: operation.name.as_str().into(),
        interval: operation.interval.as_str().into(),
        attributes,
        parameters,
        meta: Vec::new(),
    }
}

const USAGE: &str = "resource op add RESOURCE ACTION [NAME=VALUE…] | remove RESOURCE ACTION \
                     [NAME=VALUE…] | remove OPERATION-ID | defaults …";

/// `rota resource op …`
pub(super) fn run(work: &mut Work<'_>, words: &[&str]) -> Result<(), UserError> {
    match words {
        ["add", resource, rest @ ..] if !rest.is_empty() => add(work, resource, rest),
        ["remove" | "delete", rest @ ..] if !rest.is_empty() => remove(work, rest),
        ["defaults", rest @ ..] => defaults::operation_defaults(work, rest),
        ["add" | "remove" | "delete", ..] => Err(UserError::Usage(USAGE)),
        [given, ..] => {
            Err(UserError::unknown_command("resource op", given, &["add", "remove", "defaults"]))
        }
        [] => Err(UserError::Usage(USAGE)),
    }
}

fn primitive_only<'c>(
    found: Found<'c>,
    id: &str,
) -> Result<&'c mut rota_cib::resource::Primitive, UserError> {
    match found {
        Found::Primitive(primitive) => Ok(primitive),
        Found::Group(_) | Found::Clone(_) | Found::Bundle(_) => Err(UserError::refused(
            format!("'{id}' has no operations of its own"),
            "name a single service inside it",
        )),
    }
}

fn add(work: &mut Work<'_>, resource: &str, words: &[&str]) -> Result<(), UserError> {
    let mut given = Vec::new();
    words.iter().try_for_each(|word| collect(&mut given, word))?;
    let mut ids = work.ids();
    for operation in &given {
        let operation = from_given(work, operation)?;
        let primitive = primitive_only(find::need(&mut work.config, resource)?, resource)?;
        let interval = parse_duration(&operation.interval);
        let same = primitive.operations.ops.iter().find(|other| {
            other.name == operation.name && parse_duration(&other.interval) == interval
        });
        if let Some(same) = same {
            return Err(UserError::refused(
                format!("'{resource}' has a '{}' with that interval: '{}'", same.name, same.id),
                "give another interval, or remove that one first",
            ));
        }
        let element = element(resource, &operation, &mut ids);
        primitive.operations.ops.push(element);
    }
    Ok(())
}

fn remove(work: &mut Work<'_>, words: &[&str]) -> Result<(), UserError> {
    let before = work.config.clone();
    match words {
        [operation_id] => {
            for resource in &mut work.config.resources {
                for primitive in resource.primitives_mut() {
                    primitive.operations.ops.retain(|op| op.id != *operation_id);
                }
            }
            if work.config == before {
                let known = before.all_primitives().flat_map(|p| &p.operations.ops);
                let known = known.map(|op| op.id.as_str());
                return Err(UserError::not_found("operation", operation_id, known));
            }
        }
        [resource, name, options @ ..] => {
            let wanted = super::super::words::pairs(options)?;
            let primitive = primitive_only(find::need(&mut work.config, resource)?, resource)?;
            primitive.operations.ops.retain(|op| !fits(op, name, &wanted));
            if work.config == before {
                return Err(UserError::refused(
                    format!("'{resource}' has no such operation '{name}'"),
                    format!("see: rota resource config {resource}"),
                ));
            }
        }
        [] => return Err(UserError::Usage(USAGE)),
    }
    Ok(())
}

fn fits(op: &Operation, name: &str, options: &[(&str, &str)]) -> bool {
    op.name == name
        && options.iter().all(|(option, value)| match *option {
            "interval" => parse_duration(&op.interval) == parse_duration(value),
            _ => op.attributes.iter().any(|(known, has)| known == option && has == value),
        })
}

/// Changes an operation of a resource, or adds it if there is none that it could mean.
pub(super) fn update(
    work: &mut Work<'_>,
    resource: &str,
    given: &Given<'_>,
) -> Result<(), UserError> {
    let asked = from_given(work, given)?;
    let option = |name: &str| given.options.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
    let mut ids = work.ids();
    let primitive = primitive_only(find::need(&mut work.config, resource)?, resource)?;
    let role_of = |op: &Operation| {
        op.attributes.iter().find(|(n, _)| n == "role").and_then(|(_, v)| Role::parse(v))
    };
    let ops = &mut primitive.operations.ops;
    let role = option("role").and_then(Role::parse);
    let same_name: Vec<usize> = (0..ops.len()).filter(|at| ops[*at].name == given.name).collect();
    let same_interval = same_name.iter().copied().find(|at| {
        option("interval").is_some_and(|i| parse_duration(i) == parse_duration(&ops[*at].interval))
            && (role.is_none() || role == role_of(&ops[*at]))
    });
    let only = match same_name[..] {
        [at] if role.is_none() || role == role_of(&ops[at]) => Some(at),
        _ => None,
    };
    let Some(at) = same_interval.or(only) else {
        if same_name.len() > 1 && option("interval").is_none() {
            return Err(UserError::refused(
                format!("'{resource}' has several '{}' operations", given.name),
                "say which one by its interval",
            ));
        }
        ops.push(element(resource, &asked, &mut ids));
        return Ok(());
    };
    let op = &mut ops[at];
    if option("interval").is_some() {
        op.interval = asked.interval.as_str().into();
    }
    for (name, value) in &given.options {
        if matches!(*name, "interval" | "id") {
            continue;
        }
        if *name == "OCF_CHECK_LEVEL" {
            let base = format!("params-{}", op.id);
            set_values(&mut op.parameters, &base, &[(name, value)], &mut ids);
            continue;
        }
        op.attributes.retain(|(known, _)| known != name);
        let complete = asked.options.iter().find(|(known, _)| known == name);
        if let Some((_, value)) = complete.filter(|(_, value)| !value.is_empty()) {
            op.attributes.push(((*name).into(), value.as_str().into()));
        }
    }
    Ok(())
}
