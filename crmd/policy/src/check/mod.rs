//! Checks a finished plan against the Cib without using the planner's code.
//!
//! Dumb on purpose: it reads the history in its own simple way and knows only what must never
//! happen. Used by tests, by the simulator, and before a graph is executed.

mod circles;
mod constraints;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rota_cib::resource::{AgentClass, Primitive, Resource};
use rota_cib::status::{NodeState, OperationRecord};
use rota_cib::{Cib, Text};
use rota_transition::{ActionId, FenceAction, Graph, ResourceOp, Task};

/// Something that a plan must not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Ids are not dense, or an input does not exist.
    Malformed(ActionId),
    /// Actions that wait for each other.
    Circle(ActionId),
    /// An operation on a member that is not there.
    NotOnline {
        /// The operation.
        action: ActionId,
        /// The node.
        node: Text,
    },
    /// A start on a node that the same plan fences.
    StartOnFenced {
        /// The start.
        action: ActionId,
        /// The node.
        node: Text,
    },
    /// A start although the resource is (or may be) active elsewhere, with no stop there and no
    /// fencing of that node before it.
    MayBeActive {
        /// The start.
        action: ActionId,
        /// The resource.
        resource: Text,
        /// Where it may be active.
        node: Text,
    },
    /// A start on a node that is in standby.
    StartOnStandby {
        /// The start.
        action: ActionId,
        /// The node.
        node: Text,
    },
    /// A start next to what it must never be with, or away from what it must be with.
    WrongCompany {
        /// The start.
        action: ActionId,
        /// The colocation.
        constraint: Text,
        /// The node.
        node: Text,
    },
    /// A mandatory order between two starts of this plan that the graph does not hold.
    OrderLost {
        /// The constraint.
        constraint: Text,
    },
}

impl Finding {
    /// Whether doing nothing at all is better than such a plan. An order or a place that is not
    /// as wished is not worth a standstill; two masters are.
    pub const fn is_grave(&self) -> bool {
        match self {
            Self::Malformed(_)
            | Self::Circle(_)
            | Self::NotOnline { .. }
            | Self::StartOnFenced { .. }
            | Self::MayBeActive { .. } => true,
            Self::StartOnStandby { .. } | Self::WrongCompany { .. } | Self::OrderLost { .. } => {
                false
            }
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(id) => write!(f, "action {id} is malformed"),
            Self::Circle(id) => write!(f, "action {id} waits for itself"),
            Self::NotOnline { action, node } => {
                write!(f, "action {action} on {node}, which is not there")
            }
            Self::StartOnFenced { action, node } => {
                write!(f, "start {action} on {node}, which is to be fenced")
            }
            Self::MayBeActive { action, resource, node } => {
                write!(f, "start {action} of {resource}, which may be active on {node}")
            }
            Self::StartOnStandby { action, node } => {
                write!(f, "start {action} on {node}, which is in standby")
            }
            Self::WrongCompany { action, constraint, node } => {
                write!(f, "start {action} on {node} is against colocation {constraint}")
            }
            Self::OrderLost { constraint } => write!(f, "order {constraint} is not kept"),
        }
    }
}

/// All that is wrong with a plan; empty when nothing is.
pub fn check(cib: &Cib, graph: &Graph) -> Vec<Finding> {
    let mut findings = shape(graph);
    if !findings.is_empty() {
        return findings;
    }
    places(cib, graph, &mut findings);
    recoveries(cib, graph, &mut findings);
    constraints::orders(cib, graph, &mut findings);
    constraints::colocations(cib, graph, &mut findings);
    findings
}

/// Dense ids, existing inputs, no circles.
fn shape(graph: &Graph) -> Vec<Finding> {
    let count = graph.actions.len();
    let mut waits = vec![0usize; count];
    for (i, action) in graph.actions.iter().enumerate() {
        if action.id.index() != i || action.inputs.iter().any(|input| input.index() >= count) {
            return vec![Finding::Malformed(action.id)];
        }
        waits[i] = action.inputs.len();
    }
    let outputs = graph.outputs();
    let mut ready: Vec<usize> = (0..count).filter(|&i| waits[i] == 0).collect();
    let mut done = 0;
    while let Some(i) = ready.pop() {
        done += 1;
        for output in &outputs[i] {
            waits[output.index()] -= 1;
            if waits[output.index()] == 0 {
                ready.push(output.index());
            }
        }
    }
    if done == count {
        return Vec::new();
    }
    waits
        .iter()
        .position(|&w| w > 0)
        .map(|i| Finding::Circle(graph.actions[i].id))
        .into_iter()
        .collect()
}

/// Whether the membership has a node; none for what is no full member.
fn there(cib: &Cib, node: &str) -> Option<bool> {
    let state = cib.status.nodes.iter().find(|s| s.uname == node)?;
    let remote = state.other.iter().any(|(name, value)| name == "remote_node" && value == "true");
    if remote
        || !cib
            .config
            .nodes
            .iter()
            .any(|n| n.uname == node && n.kind != Some(rota_cib::node::NodeKind::Remote))
    {
        return None;
    }
    let ccm = state.in_ccm.as_deref()?;
    // Each is a word or the time since when it is so.
    let says = |value: &str, word: &str| {
        let value = value.to_lowercase();
        let digits = value.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        value == word
            || matches!(value.as_str(), "true" | "yes" | "on" | "y")
            || digits.bytes().any(|digit| digit != b'0')
    };
    // Who says goodbye is there as long as its controller is, whatever the membership says.
    let leaves = state.attributes.iter().filter_map(|set| set.get("shutdown")).any(|v| {
        let v = v.trim_start();
        let digits = v.strip_prefix(['+', '-']).unwrap_or(v);
        digits.bytes().take_while(u8::is_ascii_digit).any(|b| b != b'0')
    });
    let member = says(ccm, "true") || leaves;
    Some(member && says(state.crmd.as_deref().unwrap_or("offline"), "online"))
}

/// Whether an attribute of a node, permanent or transient, keeps everything off it.
fn standby(cib: &Cib, node: &str) -> bool {
    let says = |set: &rota_cib::nvset::NvSet| {
        set.get("standby")
            .is_some_and(|v| matches!(v.to_lowercase().as_str(), "true" | "on" | "1" | "yes" | "y"))
    };
    let state = cib.status.nodes.iter().find(|s| s.uname == node);
    state.is_some_and(|s| s.attributes.iter().any(says))
        || (state.is_some()
            && cib.config.nodes.iter().any(|n| n.uname == node && n.attributes.iter().any(says)))
}

fn places(cib: &Cib, graph: &Graph, findings: &mut Vec<Finding>) {
    let fenced: Vec<&str> = graph
        .actions
        .iter()
        .filter_map(|a| match &a.task {
            Task::Fence { target, action, .. } if *action != FenceAction::On => {
                Some(target.as_str())
            }
            _ => None,
        })
        .collect();
    for action in &graph.actions {
        let (Task::Resource(op), Some(node)) = (&action.task, &action.node) else { continue };
        if there(cib, node.as_str()) == Some(false) {
            findings.push(Finding::NotOnline { action: action.id, node: node.0.clone() });
        }
        if op.operation == "start" && standby(cib, node.as_str()) {
            findings.push(Finding::StartOnStandby { action: action.id, node: node.0.clone() });
        }
        if op.operation == "start" && fenced.contains(&node.as_str()) {
            findings.push(Finding::StartOnFenced { action: action.id, node: node.0.clone() });
        }
    }
}

/// Whether the records of one resource on one node say that it is active there.
fn active(operations: &[OperationRecord]) -> bool {
    // A start that has not ended may have done its work; a probe says nothing before it has.
    let starting = |o: &OperationRecord| o.op_status == -1 && o.operation == "start";
    let mut records: Vec<&OperationRecord> = operations
        .iter()
        .filter(|o| o.interval_ms == 0 && o.op_status != 1)
        .filter(|o| starting(o) || (o.call_id >= 0 && o.op_status != -1))
        .collect();
    // What is under way has no number, or the one under which it began.
    records.sort_by_key(|o| if o.call_id < 0 { i64::MAX } else { o.call_id });
    records.iter().rev().find_map(|o| match (o.operation.as_str(), o.rc) {
        ("start", _) if starting(o) => Some(true),
        ("stop" | "monitor", 7) | ("stop", 0) => Some(false),
        ("migrate_to", 0) => Some(false),
        ("start" | "promote" | "demote" | "migrate_from", 0) | ("monitor", 0 | 8) => Some(true),
        _ => None,
    }) == Some(true)
}

/// Primitives outside of clones and bundles: there must never be two of them. A fence device may
/// be in use on several nodes: to start one is only to try it.
fn unique(cib: &Cib) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    let is_service = |primitive: &Primitive| primitive.class != Some(AgentClass::Stonith);
    for resource in &cib.config.resources {
        match resource {
            Resource::Primitive(p) if is_service(p) => {
                names.insert(p.id.as_str());
            }
            Resource::Group(g) => {
                names.extend(g.members.iter().filter(|m| is_service(m)).map(|m| m.id.as_str()));
            }
            Resource::Primitive(_) | Resource::Clone(_) | Resource::Bundle(_) => {}
        }
    }
    names
}

fn recoveries(cib: &Cib, graph: &Graph, findings: &mut Vec<Finding>) {
    let unique = unique(cib);
    let mut active_on: BTreeMap<&str, Vec<&NodeState>> = BTreeMap::new();
    for state in &cib.status.nodes {
        for history in &state.history {
            if unique.contains(history.id.as_str()) && active(&history.operations) {
                active_on.entry(history.id.as_str()).or_default().push(state);
            }
        }
    }
    for action in &graph.actions {
        let (Task::Resource(op), Some(node)) = (&action.task, &action.node) else { continue };
        if op.operation != "start" {
            continue;
        }
        let Some(places) = active_on.get(op.resource.as_str()) else { continue };
        let mut before: Option<Vec<bool>> = None;
        for state in places {
            if state.uname == node.0 || there(cib, &state.uname).is_none() {
                continue;
            }
            let before = before.get_or_insert_with(|| ancestors(graph, action.id));
            let safe = graph.actions.iter().any(|a| {
                before[a.id.index()]
                    && match &a.task {
                        Task::Resource(other) => {
                            is_stop(other, &op.resource)
                                && a.node.as_ref().is_some_and(|n| n.0 == state.uname)
                        }
                        Task::Fence { target, .. } => target.0 == state.uname,
                        _ => false,
                    }
            });
            // Without fencing a node that is gone is taken at its word.
            let unfenced = !fences(cib) && there(cib, &state.uname) == Some(false);
            let left = unfenced || state.expected.as_deref() == Some("down");
            if !safe && !left {
                findings.push(Finding::MayBeActive {
                    action: action.id,
                    resource: op.resource.clone(),
                    node: state.uname.clone(),
                });
            }
        }
    }
}

/// Whether the cluster fences at all.
fn fences(cib: &Cib) -> bool {
    !cib.config.properties.iter().flat_map(|set| &set.pairs).any(|pair| {
        matches!(pair.name.as_deref(), Some("stonith-enabled" | "fencing-enabled"))
            && matches!(pair.value.as_deref(), Some("false" | "0" | "off" | "no"))
    })
}

fn is_stop(op: &ResourceOp, resource: &str) -> bool {
    op.resource == resource && op.operation == "stop"
}

/// All actions that are complete when an action begins.
fn ancestors(graph: &Graph, of: ActionId) -> Vec<bool> {
    let mut seen = vec![false; graph.actions.len()];
    let mut todo = vec![of];
    while let Some(id) = todo.pop() {
        for &input in &graph.actions[id.index()].inputs {
            if !seen[input.index()] {
                seen[input.index()] = true;
                todo.push(input);
            }
        }
    }
    seen
}
