//! `rota simulate --explain` and `--output-format`: a plan with its reasons.
//!
//! All other options are those of `crm_simulate`; without one that names a CIB the live cluster's
//! is taken.

use std::fmt::Write;

use rota_policy::explain::{Explained, Reason};
use rota_policy::{Options, Plan, plan};

use crate::client::Client;
use crate::compat::prepared_for_simulation;
use crate::error::Error;

/// How a plan is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Text,
    Json,
    Dot,
}

/// Runs `rota simulate ARGS` if they ask for something that `crm_simulate` does not have.
pub fn run(args: &[String]) -> Option<Result<(), Error>> {
    let (mut rest, mut format, mut explain) = (Vec::new(), None, false);
    let mut words = args.iter();
    while let Some(word) = words.next() {
        match word.split_once('=') {
            _ if word == "--explain" => explain = true,
            _ if word == "--output-format" => format = Some(words.next().cloned()),
            Some(("--output-format", value)) => format = Some(Some(value.to_owned())),
            _ => rest.push(word.clone()),
        }
    }
    if !explain && format.is_none() {
        return None;
    }
    let format = match format.as_ref().map(Option::as_deref) {
        None | Some(Some("text")) => Format::Text,
        Some(Some("json")) => Format::Json,
        Some(Some("dot")) => Format::Dot,
        Some(Some(other)) => {
            let message = format!("--output-format {other}: give text, json or dot");
            return Some(Err(Error::Usage(message)));
        }
        Some(None) => {
            let message = "--output-format wants a value: text, json or dot".to_owned();
            return Some(Err(Error::Usage(message)));
        }
    };
    Some(show(&rest, format))
}

fn show(args: &[String], format: Format) -> Result<(), Error> {
    let live = || {
        let mut client = Client::connect().map_err(|error| {
            format!("{error}; name a CIB with --xml-file FILE to simulate without a cluster")
        })?;
        client.cib().map_err(|error| error.to_string())
    };
    let (cib, now) = prepared_for_simulation(args, live).map_err(Error::Refused)?;
    let scores = format == Format::Json;
    let zone = rota_settings::system_zone();
    let options = Options { scores, explain: true, zone, ..Options::default() };
    let plan = plan(&cib, now, &options);
    crate::say(&match format {
        Format::Text => text(&plan),
        Format::Dot => rota_transition::dot::render(&plan.graph),
        Format::Json => json(&plan)?,
    });
    Ok(())
}

/// The plan as one object: what it changes, why, and the graph itself.
fn json(plan: &Plan) -> Result<String, Error> {
    let placements: Vec<_> = plan
        .placements
        .iter()
        .map(|placed| {
            serde_json::json!({
                "resource": placed.resource,
                "from": placed.from,
                "role": placed.role,
                "node": placed.node,
                "next_role": placed.next_role,
            })
        })
        .collect();
    let all = serde_json::json!({
        "summary": plan.summary,
        "placements": placements,
        "scores": plan.scores,
        "actions": plan.explained,
        "stuck": plan.stuck,
        "warnings": plan.warnings,
        "graph": plan.graph,
    });
    serde_json::to_string_pretty(&all).map_err(|error| Error::Refused(error.to_string()))
}

/// The plan for people.
fn text(plan: &Plan) -> String {
    let mut out = String::new();
    // Writing into a String cannot fail.
    let _ = write_text(&mut out, plan);
    out
}

fn write_text(out: &mut String, plan: &Plan) -> std::fmt::Result {
    writeln!(out, "What will change:")?;
    if plan.summary.is_empty() {
        writeln!(out, "  nothing")?;
    }
    for line in &plan.summary {
        writeln!(out, "  {line}")?;
    }
    writeln!(out, "\nActions and their causes:")?;
    if plan.explained.is_empty() {
        writeln!(out, "  none")?;
    }
    for (tasks, cause) in grouped(&plan.explained) {
        writeln!(out, "  {tasks}\n      {cause}")?;
    }
    if !plan.stuck.is_empty() {
        writeln!(out, "\nWhat stands still:")?;
    }
    for stuck in &plan.stuck {
        writeln!(out, "  {}: {}", stuck.resource, stuck.line())?;
    }
    Ok(())
}

/// Actions with the same cause stand together, in the order of the first of them.
fn grouped(all: &[Explained]) -> Vec<(String, &str)> {
    let mut groups: Vec<(String, &str)> = Vec::new();
    for action in all {
        let node = action.node.as_deref().map_or_else(String::new, |n| format!(" on {n}"));
        let what = action.resource.as_deref().map_or_else(String::new, |r| format!(" {r}"));
        let probe = action.cause == Reason::Unknown;
        let verb = if probe { "probe" } else { action.task.as_str() };
        let task = format!("{verb}{what}{node}");
        match groups.iter_mut().find(|(_, text)| *text == action.text) {
            Some((tasks, _)) => *tasks = format!("{tasks}, {task}"),
            None => groups.push((task, &action.text)),
        }
    }
    groups
}
