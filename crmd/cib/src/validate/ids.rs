//! Ids: unique, and made of legal characters.

use rustc_hash::FxHashSet;

use super::{Findings, Problem};
use crate::constraint::{Constraint, ResourceSet};
use crate::resource::Resource;
use crate::rule::{Condition, Rule};
use crate::{Config, Text};

/// A walk over all ids.
struct Ids<'v, 'a> {
    visit: &'v mut dyn FnMut(&'a str),
}

impl<'a> Ids<'_, 'a> {
    fn claim(&mut self, id: &'a str) {
        (self.visit)(id);
    }

    fn rule(&mut self, rule: &'a Rule) {
        rule.id.iter().for_each(|id| self.claim(id));
        for condition in &rule.conditions {
            match condition {
                Condition::Rule(inner) => self.rule(inner),
                Condition::Attribute(test) => self.claim(&test.id),
                Condition::Date(test) => {
                    self.claim(&test.id);
                    test.duration.iter().for_each(|list| self.attributes(list));
                    test.spec.iter().for_each(|list| self.attributes(list));
                }
                Condition::Resource { id, .. } | Condition::Operation { id, .. } => self.claim(id),
            }
        }
    }

    /// The id among attributes kept as written.
    fn attributes(&mut self, attributes: &'a [(Text, Text)]) {
        let ids = attributes.iter().filter(|(name, _)| name == "id");
        ids.for_each(|(_, id)| self.claim(id));
    }

    fn resource_sets(&mut self, sets: &'a [ResourceSet]) {
        sets.iter().filter_map(|set| set.id.as_ref()).for_each(|id| self.claim(id));
    }

    fn constraint(&mut self, constraint: &'a Constraint) {
        self.claim(constraint.id());
        let (sets, rules) = match constraint {
            Constraint::Location(c) => {
                c.rules.iter().for_each(|rule| self.rule(rule));
                (&c.sets, &c.lifetime)
            }
            Constraint::Colocation(c) => (&c.sets, &c.lifetime),
            Constraint::Order(c) => (&c.sets, &c.lifetime),
            Constraint::Ticket(c) => return self.resource_sets(&c.sets),
        };
        rules.iter().for_each(|rule| self.rule(rule));
        self.resource_sets(sets);
    }

    fn resource(&mut self, resource: &'a Resource) {
        resource.ids().into_iter().for_each(|id| self.claim(id));
        if let Resource::Bundle(bundle) = resource {
            bundle.storage.iter().for_each(|mapping| self.attributes(mapping));
            let ports = bundle.network.iter().flat_map(|network| &network.ports);
            ports.for_each(|port| self.attributes(port));
        }
    }
}

/// Whether an id is an XML name without a colon (the schema's type for ids).
pub fn is_legal(id: &str) -> bool {
    let mut chars = id.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// Checks all ids of a configuration.
pub(super) fn check(config: &Config, findings: &mut Findings) {
    check_nodes(config, findings);
    let mut seen = FxHashSet::default();
    each(config, &mut |id| {
        if !seen.insert(id) {
            findings.error(id, Problem::DuplicateId);
        } else if !is_legal(id) {
            findings.error(id, Problem::BadId);
        }
    });
}

/// All ids that are in use, but for those of nodes, which are a world of their own.
pub fn in_use(config: &Config) -> FxHashSet<&str> {
    let mut seen = FxHashSet::default();
    each(config, &mut |id| {
        seen.insert(id);
    });
    seen
}

/// Calls `visit` with every id that must be unique.
fn each<'a>(config: &'a Config, visit: &mut dyn FnMut(&'a str)) {
    let mut ids = Ids { visit };
    config.all_sets(|_, _, set| {
        set.id.iter().for_each(|id| ids.claim(id));
        set.pairs.iter().filter_map(|pair| pair.id.as_ref()).for_each(|id| ids.claim(id));
        set.rule.iter().for_each(|rule| ids.rule(rule));
    });
    config.templates.iter().for_each(|template| ids.claim(&template.id));
    config.resources.iter().for_each(|resource| ids.resource(resource));
    for operations in config.all_primitives().map(|primitive| &primitive.operations) {
        operations.id.iter().for_each(|id| ids.claim(id));
        operations.ops.iter().for_each(|op| ids.claim(&op.id));
    }
    config.constraints.iter().for_each(|constraint| ids.constraint(constraint));
    config.fencing_topology.iter().for_each(|level| ids.claim(&level.id));
    config.tags.iter().for_each(|tag| ids.claim(&tag.id));
    for role in &config.acls.roles {
        ids.claim(&role.id);
        role.permissions.iter().for_each(|permission| ids.attributes(permission));
    }
    for alert in &config.alerts {
        ids.claim(&alert.id);
        alert.recipients.iter().for_each(|recipient| ids.claim(&recipient.id));
        let selected = alert.select.iter().filter_map(|select| select.attributes.as_ref());
        selected.flatten().for_each(|attribute| ids.claim(&attribute.id));
    }
}

/// Ids and names of nodes are a world of their own: they may be numbers.
fn check_nodes(config: &Config, findings: &mut Findings) {
    let (mut ids, mut names) = (FxHashSet::default(), FxHashSet::default());
    for node in &config.nodes {
        if !ids.insert(&node.id) {
            findings.error(&node.id, Problem::DuplicateId);
        }
        if !names.insert(&node.uname) {
            let why = "two nodes have the same name".into();
            findings.error(&node.uname, Problem::Conflict { with: node.id.clone(), why });
        }
    }
}
