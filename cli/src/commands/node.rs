//! `rota node …`: standby, maintenance, attributes, utilization.

use rota_cib::node::Node;

use super::error::UserError;
use super::resource::check_numbers;
use super::sets::{remove_value, set_values, value};
use super::work::Work;
use super::{show, words};

const COMMANDS: [&str; 6] =
    ["standby", "unstandby", "maintenance", "unmaintenance", "attribute", "utilization"];

/// Runs `rota node WORDS`.
pub(super) fn run(work: &mut Work<'_>, given: &[&str]) -> Result<(), UserError> {
    match given {
        ["standby", nodes @ ..] => switch(work, nodes, "standby", Some("on")),
        ["unstandby", nodes @ ..] => switch(work, nodes, "standby", None),
        ["maintenance", nodes @ ..] => switch(work, nodes, "maintenance", Some("true")),
        ["unmaintenance", nodes @ ..] => switch(work, nodes, "maintenance", None),
        ["attribute", rest @ ..] => attribute(work, rest),
        ["utilization", rest @ ..] => utilization(work, rest),
        [given, ..] => Err(UserError::unknown_command("node", given, &COMMANDS)),
        [] => Err(UserError::unknown_command("node", "", &COMMANDS)),
    }
}

/// Names of all nodes, configured or seen.
pub(super) fn node_names(work: &Work<'_>) -> Vec<String> {
    let configured = work.config.nodes.iter().map(|node| node.uname.to_string());
    let mut names: Vec<String> = configured.collect();
    for state in &work.context.cib.status.nodes {
        if !names.iter().any(|name| *name == state.uname) {
            names.push(state.uname.to_string());
        }
    }
    // Remote and guest nodes are known by the resources that they are.
    for primitive in work.config.all_primitives() {
        let is_remote = primitive.provider.as_deref() == Some("pacemaker")
            && primitive.agent.as_deref() == Some("remote");
        if is_remote {
            names.push(primitive.id.to_string());
        }
        if let Some(guest) = value(&primitive.meta, "remote-node") {
            names.push(guest.to_string());
        }
    }
    names
}

/// Checks that a node exists, if any node is known at all (a file may have none).
pub(super) fn check_node(work: &Work<'_>, name: &str) -> Result<(), UserError> {
    let names = node_names(work);
    if names.is_empty() || names.iter().any(|known| known == name) || work.forced() {
        return Ok(());
    }
    Err(UserError::not_found("node", name, names.iter().map(String::as_str)))
}

/// The entry of a node in the configuration; made if the node is known from elsewhere.
fn entry<'w>(work: &'w mut Work<'_>, name: &str) -> Result<&'w mut Node, UserError> {
    let at = match work.config.nodes.iter().position(|node| node.uname == name) {
        Some(at) => at,
        None => {
            let names = node_names(work);
            if !names.iter().any(|known| known == name) {
                return Err(UserError::not_found("node", name, names.iter().map(String::as_str)));
            }
            let seen = work.context.cib.status.nodes.iter().find(|state| state.uname == name);
            let id = seen.map_or_else(|| name.into(), |state| state.id.clone());
            work.config.nodes.push(Node { id, uname: name.into(), ..Node::default() });
            work.config.nodes.len() - 1
        }
    };
    Ok(&mut work.config.nodes[at])
}

/// Sets or removes an attribute of the named nodes, of all, or of the local one.
fn switch(
    work: &mut Work<'_>,
    nodes: &[&str],
    name: &str,
    on: Option<&str>,
) -> Result<(), UserError> {
    let named: Vec<String> = match (nodes, work.has("--all"), work.context.local_node) {
        ([], true, _) => work.config.nodes.iter().map(|node| node.uname.to_string()).collect(),
        ([], false, Some(local)) => vec![local.to_owned()],
        ([], false, None) => {
            return Err(UserError::refused("no node is named", "name nodes, or use --all"));
        }
        (_, true, _) => {
            return Err(UserError::refused("--all excludes names of nodes", "give one of both"));
        }
        (nodes, false, _) => nodes.iter().map(|node| (*node).to_owned()).collect(),
    };
    for node in named {
        let mut ids = work.ids();
        let entry = entry(work, &node)?;
        match on {
            Some(on) => {
                let base = format!("nodes-{}", entry.id);
                set_values(&mut entry.attributes, &base, &[(name, on)], &mut ids);
            }
            None => {
                remove_value(&mut entry.attributes, name);
            }
        }
    }
    Ok(())
}

fn attribute(work: &mut Work<'_>, given: &[&str]) -> Result<(), UserError> {
    let Some((node, options)) = given.split_first().filter(|(_, options)| !options.is_empty())
    else {
        return show::node_attributes(work, given.first().copied());
    };
    let pairs = words::pairs(options)?;
    let mut ids = work.ids();
    let entry = entry(work, node)?;
    let base = format!("nodes-{}", entry.id);
    set_values(&mut entry.attributes, &base, &pairs, &mut ids);
    Ok(())
}

fn utilization(work: &mut Work<'_>, given: &[&str]) -> Result<(), UserError> {
    let Some((node, options)) = given.split_first().filter(|(_, options)| !options.is_empty())
    else {
        return show::node_utilization(work, given.first().copied());
    };
    let pairs = words::pairs(options)?;
    check_numbers(work, &pairs)?;
    let mut ids = work.ids();
    let entry = entry(work, node)?;
    let base = format!("nodes-{}-utilization", entry.id);
    set_values(&mut entry.utilization, &base, &pairs, &mut ids);
    Ok(())
}
