//! Constraints that move a resource, keep it away, and are cleared again.

use rota_cib::change::{Change, Configure, Edit, Item, List, Place};
use rota_cib::constraint::{Constraint, Location, Role};
use rota_cib::{Cib, Score, Text};

use super::super::args::Args;
use super::super::fail::{Failure, NO_SUCH, Outcome, USAGE};
use super::super::source::Source;
use super::super::view::View;
use super::TOOL;
use super::query::meant;

/// `--move` and `--ban`; without a node, away from where it is.
pub fn place(source: &mut Source, view: &View, id: &str, args: &Args, ban: bool) -> Outcome {
    let role = if args.has("promoted") { Role::Promoted } else { Role::Started };
    let Some(node) = args.value("node") else {
        let wanted = |one: &Role| role != Role::Promoted || *one == Role::Promoted;
        let active = meant(view, id).into_iter().filter(|one| wanted(&one.role));
        let mut nodes: Vec<Text> = active.flat_map(|one| one.nodes.clone()).collect();
        nodes.dedup();
        let [node] = nodes.as_slice() else {
            let words = format!(
                "{TOOL}: Resource '{id}' not moved: active in {} locations.\nTo prevent '{id}' \
                 from running on a specific location, specify a node.",
                nodes.len()
            );
            return Err(Failure::new(USAGE, words));
        };
        return keep_away(source, id, node, role, args);
    };
    if view.node(node).is_none() {
        let words =
            format!("{TOOL}: Node '{node}' not found\nError performing operation: No such object");
        return Err(Failure::new(NO_SUCH, words));
    }
    if ban {
        return keep_away(source, id, node, role, args);
    }
    let location = location(format!("cli-prefer-{id}"), id, node, role, Score::INFINITY);
    put(source, location)
}

fn location(name: String, id: &str, node: &str, role: Role, score: Score) -> Location {
    Location {
        id: name.into(),
        rsc: Some(id.into()),
        role: Some(role),
        node: Some(node.into()),
        score: Some(score),
        ..Location::default()
    }
}

fn keep_away(source: &mut Source, id: &str, node: &str, role: Role, args: &Args) -> Outcome {
    let name = format!("cli-ban-{id}-on-{node}");
    put(source, location(name.clone(), id, node, role, Score::NEG_INFINITY))?;
    if args.has("quiet") {
        return Ok(());
    }
    let verb = if role == Role::Promoted { "being promoted" } else { "running" };
    out!(
        "WARNING: Creating rsc_location constraint '{name}' with a score of -INFINITY for \
         resource {id} on {node}."
    );
    out!(
        "\tThis will prevent {id} from {verb} on {node} until the constraint is removed using the \
         clear option or by editing the CIB with an appropriate tool"
    );
    out!("\tThis will be the case even if {node} is the last node in the cluster");
    Ok(())
}

fn put(source: &mut Source, location: Location) -> Outcome {
    let item = Box::new(Item::Constraint(Constraint::Location(location)));
    let edits = vec![Edit::Put { item, place: Place::Same }];
    source.change(&Change::Configure(Configure { edits, ..Configure::default() }))
}

/// `--clear`: what `--move` and `--ban` left, for one node or all.
pub fn clear(source: &mut Source, cib: &Cib, id: &str, node: Option<&str>) -> Outcome {
    let prefer = format!("cli-prefer-{id}");
    let ban = format!("cli-ban-{id}-on-");
    let mut gone: Vec<Text> = Vec::new();
    for constraint in &cib.config.constraints {
        let Constraint::Location(one) = constraint else { continue };
        let is_ours = one.id == prefer || one.id.starts_with(&ban);
        let is_there = node.is_none() || one.node.as_deref() == node;
        if is_ours && is_there {
            gone.push(one.id.clone());
        }
    }
    if gone.is_empty() {
        return Ok(());
    }
    let remove = |id: &Text| Edit::Remove { list: List::Constraints, id: id.clone() };
    let edits = gone.iter().map(remove).collect();
    source.change(&Change::Configure(Configure { edits, ..Configure::default() }))?;
    gone.iter().for_each(|id| out!("Removing constraint: {id}"));
    Ok(())
}
