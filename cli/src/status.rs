//! `rota status`: what the cluster looks like from here.

use std::fmt::Write;

use rota_ids::NodeName;
use rota_node::report::{NodeCondition, StatusReport};

use crate::client::Client;
use crate::error::Error;
use crate::options::Options;

/// Runs `rota status ARGS`.
///
/// # Errors
/// When the daemon cannot answer.
pub fn run(args: &[String]) -> Result<(), Error> {
    let options = Options::parse(args, &["output-format"], &["full"])?;
    match options.value("output-format").unwrap_or("text") {
        "json" => out!("{}", Client::connect()?.status_json()?),
        "text" => {
            let mut client = Client::connect()?;
            let mut report = client.status()?;
            if report.dc.as_ref() != Some(&report.via) {
                work_out_reasons(&mut report, &client.cib()?);
            }
            out_part!("{}", text(&report));
            if options.has("full") {
                out_part!("{}", links(&report));
            }
        }
        other => {
            return Err(Error::Usage(format!("--output-format {other}: give text or json")));
        }
    }
    Ok(())
}

/// Only the DC knows its plan; seen from another node it is worked out from the same state.
fn work_out_reasons(report: &mut StatusReport, cib: &rota_cib::Cib) {
    if report.resources.iter().all(|r| r.role != "Stopped" && r.managed && !r.blocked) {
        return;
    }
    let zone = rota_settings::system_zone();
    let options = rota_policy::Options { explain: true, zone, ..rota_policy::Options::default() };
    let plan = rota_policy::plan(cib, crate::edit::now(), &options);
    for resource in &mut report.resources {
        let stuck = plan.stuck.iter().find(|stuck| stuck.resource == resource.id);
        resource.why = stuck.map(|stuck| stuck.line().into());
    }
}

/// The report as people read it.
pub fn text(report: &StatusReport) -> String {
    let mut out = String::new();
    // Writing into a String cannot fail.
    let _ = write_text(&mut out, report);
    out
}

/// The networks and their datagrams as people read them.
fn links(report: &StatusReport) -> String {
    let mut out = String::from("\nLinks:\n");
    for link in &report.links {
        let used = if link.used { ", used" } else { "" };
        #[expect(clippy::cast_precision_loss, reason = "for people")]
        let trip = link
            .round_trip_us
            .map_or(String::from("unknown"), |micros| format!("{:.2} ms", micros as f64 / 1000.0));
        let percent = |permille: u16| f64::from(permille) / 10.0;
        out += &format!(
            "  {:<16} link {}: {}{used}; round trip {trip}, lost {:.1} % here, {:.1} % there\n",
            link.peer.as_str(),
            link.link,
            link.state,
            percent(link.loss_here_permille),
            percent(link.loss_there_permille),
        );
    }
    let d = &report.datagrams;
    out += &format!(
        "  datagrams: {} sent, {} received; dropped: {} by size, {} by version, {} by address, \
         {} by key, {} seen before, {} unreadable\n",
        d.sent,
        d.received,
        d.rejected_size,
        d.rejected_version,
        d.rejected_address,
        d.rejected_key,
        d.rejected_replayed,
        d.rejected_content,
    );
    out
}

fn write_text(out: &mut String, report: &StatusReport) -> std::fmt::Result {
    let dc = report.dc.as_ref().map_or("none", |name| name.as_str());
    let quorum = if report.quorum { "has quorum" } else { "WITHOUT quorum" };
    writeln!(out, "Cluster {} seen from {}: {quorum}, DC is {dc}", report.cluster, report.via)?;
    for warning in &report.warnings {
        writeln!(out, "  ! {warning}")?;
    }
    writeln!(out, "\nNodes:")?;
    for node in &report.nodes {
        let state = match node.state {
            NodeCondition::Online => "online",
            NodeCondition::Standby => "standby",
            NodeCondition::Maintenance => "maintenance",
            NodeCondition::Pending => "heard, not yet a member",
            NodeCondition::Unclean => "UNCLEAN",
            NodeCondition::Offline => "offline",
        };
        let learns = if node.votes { "" } else { " (no vote yet)" };
        writeln!(out, "  {:<16} {state}{learns}", node.name.as_str())?;
    }
    write_resources(out, report)?;
    if !report.failures.is_empty() {
        writeln!(out, "\nFailures that count:")?;
        for failure in &report.failures {
            let reason =
                if failure.reason.is_empty() { "no reason given" } else { &failure.reason };
            writeln!(
                out,
                "  {} on {}: exit code {}, {reason}",
                failure.key, failure.node, failure.rc
            )?;
        }
        writeln!(out, "  ('rota resource cleanup' forgets them)")?;
    }
    write_fencing(out, report)?;
    if !report.pending.is_empty() {
        writeln!(out, "\nGoing on:")?;
        for going in &report.pending {
            writeln!(out, "  {going}")?;
        }
    }
    Ok(())
}

fn write_resources(out: &mut String, report: &StatusReport) -> std::fmt::Result {
    writeln!(out, "\nResources:")?;
    if report.resources.is_empty() {
        writeln!(out, "  none; 'rota resource create' makes one")?;
    }
    let mut parents: &[rota_ids::Text] = &[];
    for resource in &report.resources {
        if resource.parents != parents {
            for (depth, parent) in resource.parents.iter().enumerate() {
                if parents.get(depth) != Some(parent) {
                    writeln!(out, "  {:indent$}{parent}:", "", indent = depth * 2)?;
                }
            }
            parents = &resource.parents;
        }
        let indent = resource.parents.len() * 2;
        let unclean = |name: &NodeName| {
            report.nodes.iter().any(|n| n.name == *name && n.state == NodeCondition::Unclean)
        };
        let nodes: Vec<String> = resource
            .nodes
            .iter()
            .map(|name| format!("{name}{}", if unclean(name) { " (UNCLEAN)" } else { "" }))
            .collect();
        let mut state = format!("{} {}", resource.role, nodes.join(" "));
        for (is_so, word) in [
            (resource.failed, "FAILED"),
            (resource.blocked, "blocked"),
            (!resource.managed, "unmanaged"),
        ] {
            if is_so {
                state.push_str(&format!(" ({word})"));
            }
        }
        let width = 24usize.saturating_sub(indent);
        writeln!(
            out,
            "  {:indent$}{:<width$} {:<28} {}",
            "",
            resource.id,
            resource.agent,
            state.trim_end()
        )?;
        if let Some(why) = &resource.why {
            writeln!(out, "  {:indent$}  {why}", "")?;
        }
    }
    Ok(())
}

fn write_fencing(out: &mut String, report: &StatusReport) -> std::fmt::Result {
    const SHOWN: usize = 5;
    if report.fencing_history.is_empty() && report.fencing_now.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nFencing:")?;
    for now in &report.fencing_now {
        writeln!(out, "  {}: {}", now.target, now.phase)?;
    }
    for past in report.fencing_history.iter().rev().take(SHOWN) {
        let at = rota_cib::date::ctime(past.at.0).unwrap_or_default();
        writeln!(out, "  {at}  {}: {}", past.target, past.outcome)?;
    }
    Ok(())
}
