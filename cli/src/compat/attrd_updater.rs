//! `attrd_updater`: transient attributes of nodes, as agents set and ask them.

use rota_cib::change::{AttributeKind, Lifetime, NewValue};
use rota_cib::{Cib, Text};
use rota_wire::admin::PrivateAttribute;

use super::args::{Args, Spec, Takes::Nothing, Takes::Value};
use super::attribute::{self, Filter, Scope, new_value};
use super::fail::{CONFIG, Failure, Outcome, USAGE};
use super::source::Source;
use crate::client::Client;

const SPECS: &[Spec] = &[
    ("name", "n", &["name", "attr-name"], Value),
    ("update", "Uv", &["update", "attr-value"], Value),
    ("update-both", "B", &["update-both"], Value),
    ("update-delay", "Y", &["update-delay"], Nothing),
    ("query", "Q", &["query"], Nothing),
    ("delete", "D", &["delete"], Nothing),
    ("refresh", "R", &["refresh"], Nothing),
    // Values are committed at once, so that there is nothing to wait for.
    ("delay", "d", &["delay"], Value),
    ("set", "s", &["set"], Value),
    ("node", "N", &["node"], Value),
    ("all", "A", &["all"], Nothing),
    ("lifetime", "lS", &["lifetime", "section"], Value),
    ("private", "p", &["private"], Nothing),
    ("quiet", "q", &["quiet"], Nothing),
    ("output", "", &["output-as", "output-to"], Value),
];

const COMMANDS: &[&str] = &["update", "update-both", "update-delay", "query", "delete", "refresh"];

const TOOL: &str = "attrd_updater";

/// Runs the tool.
pub fn run(words: &[String]) -> Outcome {
    let args = Args::parse(TOOL, words, SPECS)?;
    match args.value("lifetime") {
        None | Some("reboot" | "status" | "forever" | "nodes") => {}
        Some(other) => {
            let words = format!("{TOOL}: Unknown value for --lifetime: {other}");
            return Err(Failure::new(USAGE, words));
        }
    }
    let command = args.last_of(COMMANDS);
    if let Some(("refresh", _)) = command {
        Source::cluster()?;
        return Ok(());
    }
    let name: Text = args
        .value("name")
        .map(Into::into)
        .ok_or_else(|| Failure::new(USAGE, format!("{TOOL}: Command requires --name argument")))?;
    // Attributes are the daemon's to keep, also for a caller that looks at a file.
    let mut source = Source::cluster()?;
    let cib = source.cib_without_history()?;
    let value = match command {
        Some(("query", _)) | None => {
            let node = source.node_or_local(args.value("node"))?;
            let private = source.client().map(Client::private).transpose()?.unwrap_or_default();
            return query(&cib, &private, &name, (!args.has("all")).then_some(&node));
        }
        Some(("delete", _)) => NewValue::Unset,
        Some(("update-delay", _)) => return Ok(()),
        Some((_, value)) => new_value(&name, value.unwrap_or_default()),
    };
    let node = source.node_or_local(args.value("node"))?;
    if args.has("private")
        && let Some(client) = source.client()
    {
        let id = attribute::known_node(TOOL, &cib, &node)?;
        let known = cib.config.nodes.iter().find(|known| known.id == id);
        client.set_private(known.map_or(&node, |known| &known.uname), &name, &value)?;
        return Ok(());
    }
    let scope = transient(node);
    let filter = Filter { set: args.value("set").map(Into::into), ..Filter::named(name) };
    attribute::set(TOOL, &mut source, &cib, &scope, &filter, &value)
}

/// The transient attributes of a node.
pub fn transient(node: Text) -> Scope {
    Scope::Node { node, lifetime: Lifetime::UntilReboot, kind: AttributeKind::Plain }
}

fn query(cib: &Cib, private: &[PrivateAttribute], name: &Text, node: Option<&Text>) -> Outcome {
    let mut is_known = false;
    for state in cib.status.nodes.iter().filter(|s| node.is_none_or(|node| s.uname == *node)) {
        let scope = transient(state.uname.clone());
        for pair in attribute::find(cib, &scope, &Filter::named(name.clone())) {
            is_known = true;
            let value = pair.value.as_deref().unwrap_or_default();
            out!("name=\"{name}\" host=\"{}\" value=\"{value}\"", state.uname);
        }
    }
    let is_meant = |known: &&PrivateAttribute| {
        name.as_str() == known.name && node.is_none_or(|node| node.as_str() == known.node)
    };
    for known in private.iter().filter(is_meant) {
        is_known = true;
        out!("name=\"{name}\" host=\"{}\" value=\"{}\"", known.node, known.value);
    }
    if is_known {
        return Ok(());
    }
    Err(Failure::new(
        CONFIG,
        format!("{TOOL}: Could not query value of {name}: attribute does not exist"),
    ))
}
