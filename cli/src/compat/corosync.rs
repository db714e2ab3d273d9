//! `corosync-quorumtool` and `corosync-cfgtool`: votes and links.

use rota_node::report::{NodeCondition, NodeReport, StatusReport};

use super::args::{Args, Spec, Takes::Nothing, Takes::Value};
use super::crm_mon::ctime;
use super::crm_node::is_member;
use super::fail::{ERROR, Failure, Outcome, USAGE};
use super::source::{Source, now};

const QUORUM: &[Spec] = &[
    ("status", "s", &[], Nothing),
    ("devices", "p", &[], Nothing),
    ("list", "l", &[], Nothing),
    ("names", "n", &[], Nothing),
    ("address", "i", &[], Nothing),
    ("expected", "e", &[], Value),
];

const LINKS: &[Spec] = &[
    ("status", "s", &[], Nothing),
    ("brief", "b", &[], Nothing),
    ("nodes", "n", &[], Nothing),
    ("reload", "R", &[], Nothing),
    ("address", "a", &[], Value),
];

/// The exit code for a partition without quorum.
const NOT_QUORATE: u8 = 2;

fn report() -> Result<StatusReport, Failure> {
    let none = || Failure::new(ERROR, "Cannot initialize CMAP service");
    Source::cluster().map_err(|_| none())?.report()?.ok_or_else(none)
}

/// Runs `corosync-quorumtool`.
pub fn quorumtool(words: &[String]) -> Outcome {
    let args = Args::parse("corosync-quorumtool", words, QUORUM)?;
    if args.has("expected") {
        let words = "expected votes follow the cluster's members; 'rota node remove' takes one out";
        return Err(Failure::new(ERROR, words));
    }
    let report = report()?;
    let with_devices = args.has("devices");
    if !args.has("list") {
        quorum(&report);
    }
    out!("Membership information");
    out!("----------------------");
    let qdevice = if with_devices { "    Qdevice" } else { "" };
    out!("    Nodeid      Votes{qdevice} Name");
    for node in members(&report) {
        let qdevice = if with_devices { "         NR" } else { "" };
        let local = if node.name == report.via { " (local)" } else { "" };
        let votes = u8::from(node.votes);
        out!("{:>10} {votes:>10}{qdevice} {}{local}", node.id, node.name);
    }
    if report.quorum { Ok(()) } else { Err(Failure::silent(NOT_QUORATE)) }
}

fn members(report: &StatusReport) -> impl Iterator<Item = &NodeReport> {
    report.nodes.iter().filter(|node| is_member(node))
}

fn quorum(report: &StatusReport) {
    let me = report.nodes.iter().find(|node| node.name == report.via).map_or(0, |node| node.id);
    let lowest = members(report).map(|node| node.id).min().unwrap_or(me);
    let (yes, flag) = if report.quorum { ("Yes", "Quorate ") } else { ("No", "") };
    let expected = report.nodes.iter().filter(|node| node.votes).count();
    let votes = members(report).filter(|node| node.votes).count();
    let needed = expected / 2 + 1;
    let blocked = if report.quorum { "" } else { "Activity blocked" };
    out!("Quorum information");
    out!("------------------");
    out!("Date:             {}", ctime(now().0));
    out!("Quorum provider:  corosync_votequorum");
    out!("Nodes:            {}", members(report).count());
    out!("Node ID:          {me}");
    out!("Ring ID:          {lowest}.{:x}", report.view);
    out!("Quorate:          {yes}\n");
    out!("Votequorum information");
    out!("----------------------");
    out!("Expected votes:   {expected}");
    out!("Highest expected: {expected}");
    out!("Total votes:      {votes}");
    out!("Quorum:           {needed} {blocked} ");
    out!("Flags:            {flag}\n");
}

/// Runs `corosync-cfgtool`.
pub fn cfgtool(words: &[String]) -> Outcome {
    let args = Args::parse("corosync-cfgtool", words, LINKS)?;
    if args.has("reload") {
        out!("Reloading corosync.conf...\nDone");
        return Ok(());
    }
    if !args.has("status") && !args.has("nodes") {
        return Err(Failure::new(USAGE, "corosync-cfgtool -s | -n | -R"));
    }
    let report = report()?;
    let me = report.nodes.iter().find(|node| node.name == report.via).map_or(0, |node| node.id);
    out!("Local node ID {me}, transport knet");
    // The report tells of nodes, not of single links: the first one stands for them.
    out!("LINK ID 0 udp");
    out!("\taddr\t= {}", report.via);
    out!("\tstatus:");
    for node in &report.nodes {
        let state = match node.state {
            _ if node.id == me => "localhost",
            NodeCondition::Online
            | NodeCondition::Standby
            | NodeCondition::Maintenance
            | NodeCondition::Pending => "connected",
            NodeCondition::Unclean | NodeCondition::Offline => "disconnected",
        };
        out!("\t\tnodeid: {:>10}:\t{state}", node.id);
    }
    Ok(())
}
