//! What decides beside the resources themselves: attributes of nodes, tickets, bans.

use rota_cib::Text;
use rota_cib::constraint::Constraint;

use super::super::ctime;
use super::{element, truth};
use crate::compat::tree::Element;
use crate::compat::view::{Node, View};

/// Attributes of the online nodes that people may want to see, by name.
pub fn shown_attributes(view: &View, node: &Node) -> Vec<(Text, Text)> {
    let states = view.cib.status.nodes.iter().filter(|state| state.id == node.id);
    let entries = view.cib.config.nodes.iter().filter(|entry| entry.id == node.id);
    let sets = states.flat_map(|s| &s.attributes).chain(entries.flat_map(|e| &e.attributes));
    let mut found: Vec<(Text, Text)> = Vec::new();
    for pair in sets.flat_map(|set| &set.pairs) {
        let (Some(name), Some(value)) = (&pair.name, &pair.value) else { continue };
        let is_ours = name.starts_with("fail-count-")
            || name.starts_with("last-failure-")
            || name.starts_with('#')
            || ["standby", "terminate", "probe_complete", "shutdown"].contains(&name.as_str());
        if !is_ours && !found.iter().any(|(known, _)| known == name) {
            found.push((name.clone(), value.clone()));
        }
    }
    found.sort();
    found
}

pub(super) fn attributes(view: &View) -> Element {
    let mut all = element("node_attributes", &[]);
    for node in view.nodes.iter().filter(|node| node.online) {
        let found = shown_attributes(view, node);
        if found.is_empty() {
            continue;
        }
        let mut shown = element("node", &[("name", &node.name)]);
        let each = |(name, value): &(Text, Text)| {
            element("attribute", &[("name", name), ("value", value)])
        };
        shown.children = found.iter().map(each).collect();
        all.children.push(shown);
    }
    all
}

pub(super) fn tickets(view: &View) -> Option<Element> {
    let mut all = element("tickets", &[]);
    for ticket in &view.cib.status.tickets {
        let status = if ticket.granted == Some(true) { "granted" } else { "revoked" };
        let standby = truth(ticket.standby == Some(true));
        let mut shown =
            element("ticket", &[("id", &ticket.id), ("status", status), ("standby", standby)]);
        if let Some(at) = ticket.last_granted.as_ref().and_then(|at| at.parse().ok()) {
            shown.set("last-granted", &ctime(at));
        }
        all.children.push(shown);
    }
    Some(all).filter(|all| !all.children.is_empty())
}

pub(super) fn bans(view: &View) -> Option<Element> {
    let mut all = element("bans", &[]);
    for ban in negative_locations(view) {
        let promoted = truth(ban.promoted);
        all.children.push(element(
            "ban",
            &[
                ("id", &ban.id),
                ("resource", &ban.resource),
                ("node", &ban.node),
                ("weight", &ban.weight.to_string()),
                ("promoted-only", promoted),
                ("master_only", promoted),
            ],
        ));
    }
    Some(all).filter(|all| !all.children.is_empty())
}

/// A constraint that keeps a resource off a node.
pub struct Ban {
    /// The constraint.
    pub id: Text,
    /// The resource.
    pub resource: Text,
    /// The node.
    pub node: Text,
    /// The score.
    pub weight: i32,
    /// Whether only the promoted role is kept off.
    pub promoted: bool,
}

/// Constraints with a negative score for a node.
pub fn negative_locations(view: &View) -> Vec<Ban> {
    let mut bans = Vec::new();
    for constraint in &view.cib.config.constraints {
        let Constraint::Location(location) = constraint else { continue };
        let (Some(resource), Some(node), Some(score)) =
            (&location.rsc, &location.node, location.score)
        else {
            continue;
        };
        if score.value() >= 0 || view.node(node).is_none() {
            continue;
        }
        bans.push(Ban {
            id: location.id.clone(),
            resource: resource.clone(),
            node: node.clone(),
            weight: score.value(),
            promoted: location.role == Some(rota_cib::constraint::Role::Promoted),
        });
    }
    bans
}
