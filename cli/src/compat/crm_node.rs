//! `crm_node`: who is here.

use rota_node::report::{NodeCondition, NodeReport, StatusReport};

use super::args::{Args, Spec, Takes::Nothing, Takes::Value};
use super::fail::{ERROR, Failure, NO_SUCH, Outcome, USAGE};
use super::source::Source;

const SPECS: &[Spec] = &[
    ("id", "i", &["cluster-id"], Nothing),
    ("list", "l", &["list"], Nothing),
    ("name", "n", &["name"], Nothing),
    ("partition", "p", &["partition"], Nothing),
    ("quorum", "q", &["quorum"], Nothing),
    ("name-for-id", "N", &["name-for-id"], Value),
    ("remove", "R", &["remove"], Value),
    ("force", "f", &["force"], Nothing),
    ("quiet", "Q", &["quiet"], Nothing),
];

const COMMANDS: &[&str] = &["id", "list", "name", "partition", "quorum", "name-for-id", "remove"];

/// Runs the tool; of several commands the last one counts.
pub fn run(words: &[String]) -> Outcome {
    let args = Args::parse("crm_node", words, SPECS)?;
    let Some((command, value)) = args.last_of(COMMANDS) else {
        return Err(Failure::new(USAGE, "crm_node: give one of -n -i -l -p -q -N ID -R NAME"));
    };
    let mut source = Source::cluster()?;
    if command == "remove" {
        return remove(&mut source, value.unwrap_or_default(), args.has("force"));
    }
    let Some(report) = source.report()? else { return Ok(()) };
    match command {
        "name" => {
            // For a remote node the agent is told its name by its environment.
            let name = std::env::var("OCF_RESKEY_CRM_meta_on_node");
            out!("{}", name.unwrap_or_else(|_| report.via.to_string()));
        }
        "id" => out!("{}", me(&report)?.id),
        "list" => {
            for node in &report.nodes {
                let state = if is_member(node) { "member" } else { "lost" };
                out!("{} {} {state}", node.id, node.name);
            }
        }
        "partition" => {
            // Agents split this at blanks and trust that there is one behind each name.
            let members = report.nodes.iter().filter(|node| is_member(node));
            let names: String = members.map(|node| format!("{} ", node.name)).collect();
            out!("{names}");
        }
        "quorum" => out!("{}", u8::from(report.quorum)),
        _ => {
            let id = value.unwrap_or_default();
            let node = report.nodes.iter().find(|node| node.id.to_string() == id);
            let node = node.ok_or_else(|| {
                Failure::new(NO_SUCH, format!("crm_node: no node has the number {id}"))
            })?;
            out!("{}", node.name);
        }
    }
    Ok(())
}

/// Whether a node is a member now, whatever it is allowed to run.
pub fn is_member(node: &NodeReport) -> bool {
    match node.state {
        NodeCondition::Online | NodeCondition::Standby | NodeCondition::Maintenance => true,
        NodeCondition::Pending | NodeCondition::Unclean | NodeCondition::Offline => false,
    }
}

fn me(report: &StatusReport) -> Result<&NodeReport, Failure> {
    let found = report.nodes.iter().find(|node| node.name == report.via);
    found.ok_or_else(|| Failure::new(NO_SUCH, "crm_node: this node is no member"))
}

fn remove(source: &mut Source, node: &str, force: bool) -> Outcome {
    if !force {
        let words = format!(
            "The supplied command is considered dangerous.\n\
             To prevent accidental destruction of the cluster, the --force flag is required in \
             order to proceed ({node})."
        );
        return Err(Failure::new(USAGE, words));
    }
    match source.client() {
        Some(client) => Ok(client.remove_node(node)?),
        None => Err(Failure::silent(ERROR)),
    }
}
