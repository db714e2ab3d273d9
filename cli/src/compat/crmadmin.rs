//! `crmadmin`: who decides, and whether a node's controller answers.

use super::args::{Args, Spec, Takes::Nothing, Takes::Perhaps, Takes::Value};
use super::crm_node::is_member;
use super::fail::{Failure, NO_SUCH, Outcome, TIMEOUT, USAGE};
use super::source::Source;

const SPECS: &[Spec] = &[
    ("status", "S", &["status"], Value),
    ("pacemakerd", "P", &["pacemakerd"], Nothing),
    ("dc", "D", &["dc_lookup"], Nothing),
    ("nodes", "N", &["nodes"], Perhaps),
    ("timeout", "t", &["timeout"], Value),
    ("bash-export", "B", &["bash-export"], Nothing),
    ("ipc-name", "i", &["ipc-name"], Value),
    ("quiet", "q", &["quiet"], Nothing),
    ("output", "", &["output-as", "output-to"], Value),
];

/// Runs the tool.
pub fn run(words: &[String]) -> Outcome {
    let args = Args::parse("crmadmin", words, SPECS)?;
    match args.last_of(&["status", "pacemakerd", "dc", "nodes"]) {
        Some(("status", node)) => status(node.unwrap_or_default(), args.has("quiet")),
        Some(("dc", _)) => dc(args.has("quiet")),
        Some(("nodes", kind)) => nodes(kind.unwrap_or("all"), args.has("bash-export")),
        Some(_) => {
            Source::cluster()?;
            out!("Status of pacemakerd: 'Pacemaker is running'");
            Ok(())
        }
        None => Err(Failure::new(USAGE, "error: Must specify a command option")),
    }
}

fn status(node: &str, quiet: bool) -> Outcome {
    let Some(report) = Source::cluster()?.report()? else { return Ok(()) };
    let found = report.nodes.iter().find(|one| one.name.as_str() == node);
    let found =
        found.ok_or_else(|| Failure::new(NO_SUCH, format!("error: there is no node '{node}'")))?;
    if !is_member(found) {
        let words = "error: No reply received from controller before timeout (30000ms)";
        return Err(Failure::new(TIMEOUT, words));
    }
    let is_dc = report.dc.as_ref().is_some_and(|dc| dc.as_str() == node);
    let state = match (is_dc, report.pending.is_empty()) {
        (true, true) => "S_IDLE",
        (true, false) => "S_TRANSITION_ENGINE",
        (false, _) => "S_NOT_DC",
    };
    if quiet {
        out!("{state}");
    } else {
        out!("Controller on {node} in state {state}: ok");
    }
    Ok(())
}

fn dc(quiet: bool) -> Outcome {
    let Some(report) = Source::cluster()?.report()? else { return Ok(()) };
    match report.dc {
        Some(dc) if quiet => out!("{dc}"),
        Some(dc) => out!("Designated Controller is: {dc}"),
        None => out!("Designated Controller not yet elected"),
    }
    Ok(())
}

fn nodes(kind: &str, bash: bool) -> Outcome {
    let cib = Source::open()?.cib_without_history()?;
    for node in &cib.config.nodes {
        let word = match node.kind {
            Some(rota_cib::node::NodeKind::Remote) => "remote",
            Some(_) | None => "cluster",
        };
        if kind != "all" && !kind.split(',').any(|wanted| wanted == word) {
            continue;
        }
        if bash {
            out!("export {}={}", node.uname, node.id);
        } else {
            out!("{word} node: {} ({})", node.uname, node.id);
        }
    }
    Ok(())
}
