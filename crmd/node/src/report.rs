//! What the cluster looks like from one node: for the status command, monitors and people.

use std::collections::BTreeMap;

use rota_cib::Cib;
use rota_cib::constraint::Role;
use rota_fencing::{Outcome, Phase};
use rota_ids::{NodeName, Text, WallTime};
use rota_replica::LogStore;
use serde::{Deserialize, Serialize};

use crate::book;
use crate::event::Now;
use crate::node::Node;

/// The whole report. Programs read it as JSON; fields are only ever added.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatusReport {
    /// The cluster's name.
    pub cluster: Text,
    /// The node that reports.
    pub via: NodeName,
    /// The node that decides, as far as this one knows.
    pub dc: Option<NodeName>,
    /// Whether this node may act.
    pub quorum: bool,
    /// Whether lost nodes are made harmless before recovery. Without it nothing keeps two nodes
    /// from running the same thing.
    pub fencing: bool,
    /// The term of the log.
    pub term: u64,
    /// The view.
    pub view: u64,
    /// All nodes, in the order of their numbers.
    pub nodes: Vec<NodeReport>,
    /// All resource instances, in configured order.
    pub resources: Vec<ResourceReport>,
    /// Operations whose failure still counts.
    pub failures: Vec<FailureReport>,
    /// What fencing did, oldest first.
    pub fencing_history: Vec<FencingReport>,
    /// Fencing that is under way or stuck (known to the DC only).
    pub fencing_now: Vec<FencingNow>,
    /// What is going on (known to the DC only).
    pub pending: Vec<Text>,
    /// What people should know, each with what to do.
    pub warnings: Vec<Text>,
    /// The networks between this node and its peers; empty when the heartbeats do not tell.
    #[serde(default)]
    pub links: Vec<LinkReport>,
    /// Datagrams of this node's heartbeats.
    #[serde(default)]
    pub datagrams: DatagramReport,
}

/// One link to one peer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkReport {
    /// The peer.
    pub peer: NodeName,
    /// The link, counted from 0.
    pub link: u8,
    /// Whether heartbeats go both ways.
    pub up: bool,
    /// untried, heard, late or lost.
    pub state: Text,
    /// Whether it is the one that is used.
    pub used: bool,
    /// Round trip in microseconds.
    pub round_trip_us: Option<u64>,
    /// Heartbeats of the peer that are missed here, in thousandths over the last second.
    pub loss_here_permille: u16,
    /// Ours that the peer misses.
    pub loss_there_permille: u16,
}

/// Datagrams of heartbeats since the daemon began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatagramReport {
    /// Given to the kernel.
    pub sent: u64,
    /// Arrived, good and bad.
    pub received: u64,
    /// Dropped: too short or too long.
    pub rejected_size: u64,
    /// Dropped: another format or version.
    pub rejected_version: u64,
    /// Dropped: not of a peer, or not to us.
    pub rejected_address: u64,
    /// Dropped: not sealed with the cluster's key.
    pub rejected_key: u64,
    /// Dropped: seen before.
    pub rejected_replayed: u64,
    /// Dropped: authentic, but no heartbeat.
    pub rejected_content: u64,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeReport {
    /// Its number.
    pub id: u32,
    /// Its name.
    pub name: NodeName,
    /// What it is.
    pub state: NodeCondition,
    /// Whether it votes.
    pub votes: bool,
    /// Which life of it is a member.
    pub life: Option<Text>,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeCondition {
    /// A member.
    Online,
    /// A member that shall run nothing.
    Standby,
    /// A member whose resources nobody touches.
    Maintenance,
    /// Heard, but not yet a member.
    Pending,
    /// Lost, and not proven off.
    Unclean,
    /// Off, or not there.
    Offline,
}

/// One resource instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourceReport {
    /// Its id, with the instance of a clone.
    pub id: Text,
    /// `ocf:heartbeat:IPaddr2`.
    pub agent: Text,
    /// Groups, clones and bundles that it is part of, outermost first.
    pub parents: Vec<Text>,
    /// Started, Stopped, Promoted, Unpromoted.
    pub role: Text,
    /// Where it is active.
    pub nodes: Vec<NodeName>,
    /// Whether it failed there.
    pub failed: bool,
    /// Whether the cluster manages it.
    pub managed: bool,
    /// Whether nothing can be done about it, since a node is unclean or a stop failed.
    pub blocked: bool,
    /// Why it does not run, or is left alone, and what to do (known to the DC only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Text>,
}

/// A failure that counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailureReport {
    /// The resource.
    pub resource: Text,
    /// The operation's key.
    pub key: Text,
    /// Where.
    pub node: NodeName,
    /// The exit code.
    pub rc: i32,
    /// What the agent said.
    pub reason: Text,
    /// When.
    pub at: WallTime,
}

/// Something that fencing did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FencingReport {
    /// To whom.
    pub target: NodeName,
    /// When.
    pub at: WallTime,
    /// What came of it, in words.
    pub outcome: Text,
    /// Whether the node was proven off by it.
    pub proven: bool,
}

/// Fencing under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FencingNow {
    /// Of whom.
    pub target: NodeName,
    /// How far it is, in words.
    pub phase: Text,
    /// Whether nothing works, so that people have to act.
    pub stuck: bool,
}

/// The report of this node.
pub fn status<S: LogStore>(node: &Node<S>, via: &NodeName, now: Now) -> StatusReport {
    let state = node.state();
    let cib = &known_here(node);
    let running = rota_policy::running(cib, now.wall, node.zone());
    let fencing_now: Vec<FencingNow> = node
        .fencing_jobs()
        .into_iter()
        .map(|(target, phase)| fencing_now(target, &phase))
        .collect();
    let mut report = StatusReport {
        cluster: state.name.clone(),
        via: via.clone(),
        dc: node.leader().and_then(|id| state.name_of(id)).cloned(),
        quorum: node.is_quorate(),
        fencing: fencing_is_on(cib),
        term: node.replica().term().0,
        view: state.view.id.0,
        nodes: nodes(node),
        resources: running.into_iter().map(|found| resource(node, found)).collect(),
        failures: failures(cib),
        fencing_history: fencing_history(node),
        fencing_now,
        pending: node.pending(),
        warnings: Vec::new(),
        links: Vec::new(),
        datagrams: DatagramReport::default(),
    };
    report.warnings = warnings(&report);
    // What nobody acts upon stands in the configuration, and is ignored.
    let ignored = rota_cib::validate::closed::closed(&node.state().cib.config);
    report.warnings.extend(ignored.into_iter().map(|f| format!("ignored: {f}").into()));
    report.warnings.extend(node.state().left_behind.iter().map(|(node, left)| {
        let ids: Vec<&str> = left.iter().map(|one| one.id.as_str()).collect();
        Text::from(format!(
            "{node} has left with {} running, for nobody manages that there: elsewhere it starts \
             only when {node} is back, fenced, or confirmed off ('rota stonith confirm {node}')",
            ids.join(", ")
        ))
    }));
    report
}

/// The Cib as this node knows it: the log's, and without quorum also what this node did by itself
/// and could tell nobody.
fn known_here<S: LogStore>(node: &Node<S>) -> Cib {
    let mut cib = Cib::clone(&node.state().cib);
    if node.is_quorate() {
        return cib;
    }
    for result in node.local().untold() {
        let Some(member) = node.state().node_named(&result.node) else { continue };
        for change in book::changes_of_result(&cib, member.id, result) {
            // What does not apply is not worth hiding the rest of the status.
            let _ = rota_cib::change::apply(&mut cib, &change, WallTime::default());
        }
    }
    cib
}

fn resource<S: LogStore>(node: &Node<S>, found: rota_policy::Running) -> ResourceReport {
    ResourceReport {
        why: node.why_stuck(&found.id),
        id: found.id,
        agent: found.agent,
        parents: found.parents,
        role: role(found.role).into(),
        nodes: found.nodes,
        failed: found.failed,
        managed: found.managed,
        blocked: found.blocked,
    }
}

const fn role(role: Role) -> &'static str {
    match role {
        Role::Stopped => "Stopped",
        Role::Started => "Started",
        Role::Unpromoted => "Unpromoted",
        Role::Promoted => "Promoted",
    }
}

fn nodes<S: LogStore>(node: &Node<S>) -> Vec<NodeReport> {
    let state = node.state();
    let members = node.members();
    state
        .roster
        .values()
        .map(|member| NodeReport {
            id: member.id.0,
            name: member.name.clone(),
            state: condition(node, member.id, &member.name),
            votes: members.voters.contains(&member.id),
            life: state.view.members.get(&member.id).map(|life| life.to_string().into()),
        })
        .collect()
}

fn condition<S: LogStore>(node: &Node<S>, id: rota_ids::NodeId, name: &NodeName) -> NodeCondition {
    let state = node.state();
    if state.unclean.contains_key(&id) {
        return NodeCondition::Unclean;
    }
    let heard = node.hearing().rows.get(&id).map(|row| row.incarnation);
    match (state.view.members.get(&id), heard) {
        (None, None) => return NodeCondition::Offline,
        (None, Some(_)) => return NodeCondition::Pending,
        // Another life than the one that is a member: it has not been taken back in yet. So a node
        // that has just been switched on says of itself, whatever its log still holds.
        (Some(member), Some(now)) if *member != now => return NodeCondition::Pending,
        (Some(_), _) => {}
    }
    let is_true = |attribute: &str| {
        node_attribute(&state.cib, name, attribute)
            .is_some_and(|value| rota_cib::value::parse_bool(&value) == Some(true))
    };
    if is_true("maintenance") {
        NodeCondition::Maintenance
    } else if is_true("standby") {
        NodeCondition::Standby
    } else {
        NodeCondition::Online
    }
}

/// A node's attribute, the transient one before the permanent one.
fn node_attribute(cib: &Cib, node: &NodeName, name: &str) -> Option<Text> {
    let transient = cib.status.nodes.iter().filter(|state| state.uname == node.0);
    let permanent = cib.config.nodes.iter().filter(|entry| entry.uname == node.0);
    transient
        .flat_map(|state| &state.attributes)
        .chain(permanent.flat_map(|entry| &entry.attributes))
        .find_map(|set| set.get(name))
        .cloned()
}

fn fencing_is_on(cib: &Cib) -> bool {
    let value = ["stonith-enabled", "fencing-enabled"]
        .iter()
        .find_map(|name| cib.config.properties.iter().find_map(|set| set.get(name)));
    value.and_then(|value| rota_cib::value::parse_bool(value)).unwrap_or(true)
}

fn failures(cib: &Cib) -> Vec<FailureReport> {
    let mut failures = Vec::new();
    for state in &cib.status.nodes {
        for history in &state.history {
            // Whoever wrote the record may call a failure what is none (a probe that found it).
            let failed = history
                .operations
                .iter()
                .filter(|op| op.id.ends_with("_last_failure_0") && op.has_failed());
            for op in failed {
                failures.push(FailureReport {
                    resource: history.id.clone(),
                    key: op.key.clone().unwrap_or_default(),
                    node: state.uname.as_str().into(),
                    rc: op.rc,
                    reason: op.exit_reason.clone().unwrap_or_default(),
                    at: WallTime(op.last_rc_change.unwrap_or_default()),
                });
            }
        }
    }
    failures
}

fn fencing_history<S: LogStore>(node: &Node<S>) -> Vec<FencingReport> {
    node.state()
        .fencing
        .iter()
        .map(|recorded| {
            let outcome: Text = match &recorded.entry.outcome {
                Outcome::Proven(proof) => format!("proven off: {proof}").into(),
                Outcome::TurnedOn => "switched on again".into(),
                Outcome::OnFailed { why } => format!("could not be switched on: {why}").into(),
                Outcome::Exhausted { why } => format!("no device could do it: {why}").into(),
                Outcome::Withdrawn => "no longer wanted".into(),
            };
            FencingReport {
                target: recorded.entry.target.clone(),
                at: recorded.at,
                outcome,
                proven: matches!(recorded.entry.outcome, Outcome::Proven(_)),
            }
        })
        .collect()
}

fn fencing_now(target: NodeName, phase: &Phase) -> FencingNow {
    let (words, stuck): (Text, bool) = match phase {
        Phase::Delaying { .. } => ("waits out its delay".into(), false),
        Phase::Trying { level, failures } if failures.is_empty() => {
            (format!("tries level {level}").into(), false)
        }
        Phase::Trying { level, failures } => {
            (format!("tries level {level}; so far: {failures}").into(), true)
        }
        Phase::Exhausted { why, .. } => (why.clone(), true),
        Phase::TurningOn => ("is off; being switched on again".into(), false),
        Phase::Ended => ("is over".into(), false),
    };
    FencingNow { target, phase: words, stuck }
}

fn warnings(report: &StatusReport) -> Vec<Text> {
    let mut warnings: Vec<Text> = Vec::new();
    let devices = report.resources.iter().any(|r| r.agent.starts_with("stonith:"));
    let stuck: BTreeMap<&NodeName, &Text> =
        report.fencing_now.iter().filter(|f| f.stuck).map(|f| (&f.target, &f.phase)).collect();
    if !report.fencing {
        warnings.push(
            "fencing is switched off: a node that is cut off may go on running what others \
             recover. Configure devices with 'rota stonith create' and switch it on with 'rota \
             property set stonith-enabled=true'"
                .into(),
        );
    } else if !devices {
        warnings.push(
            "fencing is on, but there is no fence device: nothing can be recovered from a lost \
             node. Create one for each node with 'rota stonith create'"
                .into(),
        );
    }
    if !report.quorum {
        warnings.push(
            "this node has no quorum: it starts nothing, and stops what no-quorum-policy says. \
             It needs a majority of the nodes; look at the links and at the others"
                .into(),
        );
    }
    for node in report.nodes.iter().filter(|n| n.state == NodeCondition::Unclean) {
        let name = &node.name;
        let why = stuck
            .get(name)
            .map_or_else(|| "it is being fenced".to_owned(), |why| format!("fencing fails: {why}"));
        warnings.push(
            format!(
                "{name} was lost and is not proven off, so nothing of it is recovered; {why}. If \
                 you know for certain that it is off, say so: 'rota stonith confirm {name}'"
            )
            .into(),
        );
    }
    warnings
}
