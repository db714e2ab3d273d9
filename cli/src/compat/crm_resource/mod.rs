//! `crm_resource`: where resources run, their options, moves, clean-up.

mod agents;
mod constraint;
mod option;
mod query;

use std::time::Duration;

use rota_cib::change::{Change, OperationFilter};
use rota_cib::resource::Resource;
use rota_cib::value::parse_duration;
use rota_cib::{Cib, Text};

use super::args::{Args, Spec, Takes::Nothing, Takes::Perhaps, Takes::Value};
use super::crm_failcount::operation;
use super::fail::{CONFIG, Failure, NO_SUCH, Outcome, USAGE};
use super::source::{Source, node_id};
use super::view::{View, without_number};

const SPECS: &[Spec] = &[
    ("list", "L", &["list"], Nothing),
    ("list-raw", "l", &["list-raw"], Nothing),
    ("operations", "Oo", &["list-operations", "list-all-operations"], Nothing),
    ("query-xml", "q", &["query-xml"], Nothing),
    ("query-xml-raw", "w", &["query-xml-raw"], Nothing),
    ("metadata", "", &["show-metadata"], Value),
    ("standards", "", &["list-standards"], Nothing),
    ("providers", "", &["list-ocf-providers"], Nothing),
    ("agents", "", &["list-agents"], Value),
    ("alternatives", "", &["list-ocf-alternatives"], Value),
    ("get", "g", &["get-parameter"], Value),
    ("locate", "W", &["locate"], Nothing),
    ("constraints", "aA", &["constraints", "stack"], Nothing),
    ("cleanup", "C", &["cleanup"], Nothing),
    ("refresh", "R", &["refresh", "reprobe"], Nothing),
    ("set", "p", &["set-parameter"], Value),
    ("delete", "d", &["delete-parameter"], Value),
    ("move", "M", &["move"], Nothing),
    ("ban", "B", &["ban"], Nothing),
    ("clear", "U", &["clear", "un-move"], Nothing),
    ("expired", "e", &["expired"], Nothing),
    ("lifetime", "u", &["lifetime"], Value),
    ("promoted", "", &["promoted", "master"], Nothing),
    ("wait", "", &["wait"], Nothing),
    ("resource", "r", &["resource"], Value),
    ("node", "NH", &["node"], Value),
    ("value", "v", &["parameter-value"], Value),
    ("meta", "m", &["meta"], Nothing),
    ("utilization", "z", &["utilization"], Nothing),
    ("operation", "n", &["operation"], Value),
    ("interval", "I", &["interval"], Value),
    ("timeout", "T", &["timeout"], Value),
    ("set-name", "s", &["set-name"], Value),
    ("recursive", "", &["recursive"], Nothing),
    ("force", "f", &["force"], Nothing),
    ("quiet", "Q", &["quiet", "query"], Nothing),
    ("type", "t", &["resource-type"], Value),
    ("output-as", "", &["output-as"], Value),
    ("validate", "", &["validate"], Perhaps),
];

const COMMANDS: &[&str] = &[
    "list",
    "list-raw",
    "operations",
    "query-xml",
    "query-xml-raw",
    "metadata",
    "get",
    "locate",
    "constraints",
    "cleanup",
    "refresh",
    "set",
    "delete",
    "move",
    "ban",
    "clear",
    "wait",
    "validate",
    "standards",
    "providers",
    "agents",
    "alternatives",
];

const TOOL: &str = "crm_resource";

/// How long `--wait` waits, unless told otherwise.
const PATIENCE: Duration = Duration::from_secs(3600);

/// Runs the tool.
pub fn run(words: &[String]) -> Outcome {
    let args = Args::parse(TOOL, words, SPECS)?;
    let (command, parameter) = args.last_of(COMMANDS).unwrap_or(("list", None));
    match command {
        "metadata" => return query::metadata(parameter.unwrap_or_default()),
        "standards" => return agents::standards(),
        "providers" => return agents::providers(),
        "agents" => return agents::list(parameter.unwrap_or_default()),
        "alternatives" => return agents::alternatives(parameter.unwrap_or_default()),
        _ => {}
    }
    let mut source = Source::open()?;
    match command {
        "wait" => return wait(&mut source, &args),
        "list" => return query::list(&View::of(&mut source)?),
        "list-raw" => return query::list_raw(&View::of(&mut source)?),
        "operations" => return query::operations(&View::of(&mut source)?, &args),
        "cleanup" | "refresh" => return forget(&mut source, &args, command == "refresh"),
        _ => {}
    }
    // Some agents give the resource as a word of its own.
    let word = args.words.first().map(String::as_str);
    let Some(id) = args.value("resource").or(word) else {
        return Err(Failure::new(USAGE, format!("{TOOL}: Must supply a resource id with -r")));
    };
    let cib = source.cib()?;
    find(&cib, id)?;
    match command {
        "locate" => query::locate(&View::of(&mut source)?, id, args.has("quiet")),
        "query-xml" | "query-xml-raw" => {
            let view = View::of(&mut source)?;
            query::xml(&view, &source.text()?, id)
        }
        "constraints" => query::constraints(&cib, id),
        "get" => option::get(&cib, id, parameter.unwrap_or_default(), &args),
        "set" => {
            let value = args.value("value").ok_or_else(|| {
                Failure::new(
                    USAGE,
                    format!("{TOOL}: You need to supply a value with the -v option"),
                )
            })?;
            option::set(&mut source, &cib, id, parameter.unwrap_or_default(), value, &args)
        }
        "delete" => option::delete(&mut source, &cib, id, parameter.unwrap_or_default(), &args),
        "clear" => constraint::clear(&mut source, &cib, id, args.value("node")),
        "move" | "ban" => {
            if args.has("lifetime") {
                let words = "crm_resource: --lifetime is not taken; use --clear when it is over";
                return Err(Failure::new(3, words));
            }
            let view = View::of(&mut source)?;
            constraint::place(&mut source, &view, id, &args, command == "ban")
        }
        _ => Err(Failure::new(3, format!("{TOOL}: --{command} is not taken"))),
    }
}

/// The resource of this id, which may stand inside another one.
///
/// # Errors
/// With code 105, if there is none.
fn find<'c>(cib: &'c Cib, id: &str) -> Result<&'c Resource, Failure> {
    let holding = cib.config.resource_holding(id);
    holding.or_else(|| cib.config.resource_holding(without_number(id))).ok_or_else(|| {
        let words = format!(
            "{TOOL}: Resource '{id}' not found\nError performing operation: No such object"
        );
        Failure::new(NO_SUCH, words)
    })
}

fn wait(source: &mut Source, args: &Args) -> Outcome {
    let patience = args.value("timeout").and_then(parse_duration).unwrap_or(PATIENCE);
    match source.client() {
        Some(client) => Ok(client.wait_idle(patience)?),
        None => Ok(()),
    }
}

/// Forgets failures (cleanup) or everything (refresh).
fn forget(source: &mut Source, args: &Args, everything: bool) -> Outcome {
    let cib = source.cib()?;
    let node = match args.value("node") {
        None => None,
        Some(name) => {
            let missing = || {
                let words = format!(
                    "{TOOL}: Node '{name}' not found\nError performing operation: No such object"
                );
                Failure::new(NO_SUCH, words)
            };
            Some(node_id(&cib, name).ok_or_else(missing)?)
        }
    };
    let filter = match (everything, operation(args)?) {
        (true, _) => OperationFilter::All,
        (false, None) => OperationFilter::Failures,
        (false, Some((name, interval_ms))) => {
            OperationFilter::FailuresOf { operation: name.into(), interval_ms }
        }
    };
    let meant: Vec<Text> = match args.value("resource") {
        None => cib.config.resources.iter().flat_map(primitive_ids).collect(),
        Some(id) => {
            let holding = find(&cib, id)?;
            let inside = primitive_ids(holding);
            // A member of a group is meant alone, a clone or group with all inside.
            let is_inside = inside.iter().any(|inner| inner == without_number(id));
            if is_inside { vec![without_number(id).into()] } else { inside }
        }
    };
    let mut count = 0;
    for state in cib.status.nodes.iter().filter(|s| node.as_ref().is_none_or(|id| s.id == *id)) {
        for resource in &meant {
            let mut histories = state.history.iter();
            let known = histories.find(|h| without_number(&h.id) == resource.as_str());
            let Some(known) = known else { continue };
            let has_failed = known.operations.iter().any(|op| op.has_failed());
            if !everything && args.value("resource").is_none() && !has_failed {
                continue;
            }
            count += 1;
            if source.client().is_none() {
                let name = &state.uname;
                eprintln!("Dry run: skipping clean-up of {resource} on {name} due to CIB_file");
                continue;
            }
            let (resource, filter) = (resource.clone(), filter.clone());
            let node = Some(state.id.clone());
            eprintln!("Cleaned up {resource} on {}", state.uname);
            source.change(&Change::ForgetOperations { resource, node, filter })?;
        }
    }
    if args.value("resource").is_none() {
        let whom = args.value("node").unwrap_or("all nodes");
        eprintln!("Cleaned up all resources on {whom}");
    } else if count == 0 {
        eprintln!("{TOOL}: there is nothing to clean up");
    }
    Ok(())
}

fn primitive_ids(resource: &Resource) -> Vec<Text> {
    resource.primitives().iter().map(|primitive| primitive.id.clone()).collect()
}

/// A change that the real tool would call an invalid configuration.
fn invalid() -> Failure {
    let words = format!("{TOOL}: Error performing operation: Invalid configuration");
    Failure::new(CONFIG, words)
}
