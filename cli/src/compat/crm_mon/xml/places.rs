//! Nodes, and resources with where they are.

use super::super::Wanted;
use super::{element, truth};
use crate::compat::tree::Element;
use crate::compat::view::{Instance, Node, Shown, View};

pub(super) fn nodes(view: &View, wanted: &Wanted) -> Element {
    let mut nodes = element("nodes", &[]);
    for node in &view.nodes {
        nodes.children.push(one_node(view, node, wanted));
    }
    nodes
}

fn one_node(view: &View, node: &Node, wanted: &Wanted) -> Element {
    let here: Vec<&Instance> =
        view.instances().filter(|one| one.nodes.contains(&node.name)).collect();
    let running = here.len().to_string();
    let mut shown = element(
        "node",
        &[
            ("name", &node.name),
            ("id", &node.id),
            ("online", truth(node.online)),
            ("standby", truth(node.standby)),
            ("standby_onfail", "false"),
            ("maintenance", truth(node.maintenance)),
            ("pending", truth(node.pending)),
            ("unclean", truth(node.unclean)),
            ("health", "green"),
        ],
    );
    if let Some(feature_set) = &node.feature_set {
        shown.set("feature_set", feature_set);
    }
    shown.set("shutdown", truth(node.shutdown));
    shown.set("expected_up", truth(node.expected_up));
    shown.set("is_dc", truth(node.is_dc));
    shown.set("resources_running", &running);
    shown.set("type", node.kind);
    if wanted.by_node {
        shown.children = here.into_iter().map(|one| instance(view, one)).collect();
    }
    shown
}

fn instance(view: &View, one: &Instance) -> Element {
    let mut shown = element(
        "resource",
        &[("id", &one.id), ("resource_agent", &one.agent), ("role", one.role.as_str())],
    );
    if let Some(target) = &one.target_role {
        shown.set("target_role", target);
    }
    for (name, value) in [
        ("active", one.is_active()),
        ("orphaned", one.orphan),
        ("blocked", one.blocked),
        ("managed", one.managed),
        ("failed", one.failed),
        ("failure_ignored", false),
    ] {
        shown.set(name, truth(value));
    }
    shown.set("nodes_running_on", &one.nodes.len().to_string());
    for name in &one.nodes {
        let node = view.node(name);
        let id = node.map_or("", |node| node.id.as_str());
        let cached = truth(node.is_some_and(|node| node.online));
        shown.children.push(element("node", &[("name", name), ("id", id), ("cached", cached)]));
    }
    shown
}

fn group(view: &View, id: &str, members: &[Instance], managed: bool, disabled: bool) -> Element {
    let number = members.len().to_string();
    let mut shown = element(
        "group",
        &[
            ("id", id),
            ("number_resources", &number),
            ("managed", truth(managed)),
            ("disabled", truth(disabled)),
        ],
    );
    shown.children = members.iter().map(|one| instance(view, one)).collect();
    shown
}

pub(super) fn resources(view: &View, wanted: &Wanted) -> Option<Element> {
    let mut all = element("resources", &[]);
    for resource in &view.resources {
        let is_active = resource.instances().iter().any(|one| one.is_active());
        let is_shown = wanted.inactive || is_active;
        // With resources under their nodes only the others remain to be told.
        if !is_shown || (wanted.by_node && is_active) {
            continue;
        }
        let keeps = |one: &&Instance| wanted.inactive || one.is_active();
        all.children.push(match resource {
            Shown::Primitive(one) => instance(view, one),
            Shown::Group { id, managed, disabled, members } => {
                group(view, id, members, *managed, *disabled)
            }
            Shown::Clone {
                id,
                child,
                promotable,
                unique,
                managed,
                disabled,
                target_role,
                instances,
                of_group,
            } => {
                let mut shown = element(
                    "clone",
                    &[
                        ("id", id),
                        ("multi_state", truth(*promotable)),
                        ("unique", truth(*unique)),
                        ("managed", truth(*managed)),
                        ("disabled", truth(*disabled)),
                        ("failed", "false"),
                        ("failure_ignored", "false"),
                    ],
                );
                if let Some(target) = target_role {
                    shown.set("target_role", target);
                }
                for (number, members) in instances.iter().enumerate() {
                    if *of_group {
                        let id = format!("{child}:{number}");
                        shown.children.push(group(view, &id, members, *managed, *disabled));
                    } else {
                        let kept = members.iter().filter(keeps);
                        shown.children.extend(kept.map(|one| instance(view, one)));
                    }
                }
                shown
            }
        });
    }
    Some(all).filter(|all| !all.children.is_empty())
}
