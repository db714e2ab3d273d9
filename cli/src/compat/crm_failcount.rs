//! `crm_failcount`: how often a resource failed on a node.

use rota_cib::change::{Change, OperationFilter};
use rota_cib::failures::{count_name, parse_name};
use rota_cib::value::{parse_duration, parse_score};
use rota_cib::{Cib, Score, Text};

use super::args::{Args, Spec, Takes::Nothing, Takes::Value};
use super::attribute::known_node;
use super::fail::{Failure, Outcome, USAGE};
use super::source::Source;

const SPECS: &[Spec] = &[
    ("query", "G", &["query", "get-value"], Nothing),
    ("delete", "D", &["delete", "delete-attr"], Nothing),
    ("resource", "r", &["resource", "resource-id"], Value),
    ("operation", "n", &["operation"], Value),
    ("interval", "I", &["interval"], Value),
    ("node", "NU", &["node", "uname"], Value),
    ("quiet", "qQ", &["quiet"], Nothing),
];

const TOOL: &str = "crm_failcount";

/// Runs the tool.
pub fn run(words: &[String]) -> Outcome {
    let args = Args::parse(TOOL, words, SPECS)?;
    let Some((command, _)) = args.last_of(&["query", "delete"]) else {
        return Err(Failure::new(USAGE, "error: must specify a command"));
    };
    let Some(resource) = args.value("resource") else {
        return Err(Failure::new(USAGE, "error: resource name required"));
    };
    let operation = operation(&args)?;
    let mut source = Source::open()?;
    let node = source.node_or_local(args.value("node"))?;
    let cib = source.cib_without_history()?;
    if command == "delete" {
        let filter = match operation {
            None => OperationFilter::Failures,
            Some((operation, interval_ms)) => {
                OperationFilter::FailuresOf { operation: operation.into(), interval_ms }
            }
        };
        let node_id = Some(known_node(TOOL, &cib, &node)?);
        let resource = resource.into();
        return source.change(&Change::ForgetOperations { resource, node: node_id, filter });
    }
    let count = count(&cib, resource, &node, operation);
    if args.has("quiet") {
        out!("{count}");
        return Ok(());
    }
    let name = match operation {
        Some((operation, interval)) => count_name(resource, operation, interval.unwrap_or(0)),
        None => format!("fail-count-{resource}").into(),
    };
    out!("scope=status  name={name} value={count}");
    Ok(())
}

/// The operation named by `-n` and `-I`, its interval in milliseconds.
pub fn operation(args: &Args) -> Result<Option<(&str, Option<u32>)>, Failure> {
    let Some(name) = args.value("operation") else { return Ok(None) };
    let interval = match args.value("interval") {
        None => None,
        Some(text) => {
            let length = parse_duration(text).and_then(|d| u32::try_from(d.as_millis()).ok());
            Some(length.ok_or_else(|| Failure::new(USAGE, format!("bad interval: {text}")))?)
        }
    };
    Ok(Some((name, interval)))
}

/// The failures of a resource on a node, of all operations or of one.
pub fn count(
    cib: &Cib,
    resource: &str,
    node: &Text,
    operation: Option<(&str, Option<u32>)>,
) -> Score {
    let states = cib.status.nodes.iter().filter(|state| state.uname == *node);
    let pairs = states.flat_map(|state| &state.attributes).flat_map(|set| &set.pairs);
    let counts = pairs.filter_map(|pair| {
        let name = parse_name(pair.name.as_deref()?)?;
        let is_meant = match (name.operation, operation) {
            (_, None) => true,
            (Some((counted, at)), Some((wanted, interval))) => {
                counted == wanted && interval.is_none_or(|interval| interval == at)
            }
            (None, Some(_)) => false,
        };
        let fits = !name.is_time && name.resource == resource && is_meant;
        fits.then(|| pair.value.as_deref().and_then(parse_score)).flatten()
    });
    counts.fold(Score::ZERO, |sum, count| sum + count)
}
