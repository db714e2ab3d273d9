//! References: what constraints, tags, levels and id-refs name must exist.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Findings, Problem};
use crate::acl::AclSubject;
use crate::constraint::{Constraint, ResourceSet};
use crate::index::Index;
use crate::near::nearest;
use crate::resource::{AgentClass, Primitive, Resource};
use crate::rule::Rule;
use crate::{Config, Text};

struct Checker<'a, 'f> {
    /// Resources at any depth, and tags, which constraints may name as well.
    names: FxHashSet<&'a str>,
    templates: FxHashSet<&'a str>,
    index: Index<'a>,
    findings: &'f mut Findings,
}

impl<'a> Checker<'a, '_> {
    fn dangling(&mut self, id: &str, kind: &str, target: &str, near: Option<&str>) {
        let problem = Problem::Dangling {
            kind: kind.into(),
            target: target.into(),
            near: near.map(Text::from),
        };
        self.findings.error(id, problem);
    }

    fn resource(&mut self, id: &str, target: Option<&Text>) {
        let Some(target) = target else { return };
        if self.names.contains(target.as_str()) || self.templates.contains(target.as_str()) {
            return;
        }
        let near = nearest_of(&self.names, target);
        self.dangling(id, "resource", target, near);
    }

    fn resource_sets(&mut self, id: &str, sets: &'a [ResourceSet]) {
        for set in sets {
            match self.index.resource_set(set) {
                Some(set) => set.resources.iter().for_each(|r| self.resource(id, Some(r))),
                None => {
                    self.dangling(id, "resource set", set.id_ref.as_deref().unwrap_or("?"), None);
                }
            }
        }
    }

    fn rules(&mut self, id: &str, rules: &'a [Rule]) {
        for rule in rules {
            if self.index.rule(rule).is_none() {
                self.dangling(id, "rule", rule.id_ref.as_deref().unwrap_or("?"), None);
            }
        }
    }

    fn constraint(&mut self, constraint: &'a Constraint) {
        let id = constraint.id();
        match constraint {
            Constraint::Location(c) => {
                self.resource(id, c.rsc.as_ref());
                self.resource_sets(id, &c.sets);
                self.rules(id, &c.rules);
                self.rules(id, &c.lifetime);
                if c.rsc.is_none() && c.rsc_pattern.is_none() && c.sets.is_empty() {
                    self.missing(id, "a resource");
                }
                if c.node.is_none() && c.rules.is_empty() {
                    self.missing(id, "a node or a rule");
                }
            }
            Constraint::Colocation(c) => {
                self.resource(id, c.rsc.as_ref());
                self.resource(id, c.with_rsc.as_ref());
                self.resource_sets(id, &c.sets);
                if c.sets.is_empty() && (c.rsc.is_none() || c.with_rsc.is_none()) {
                    self.missing(id, "two resources or a resource set");
                }
            }
            Constraint::Order(c) => {
                self.resource(id, c.first.as_ref());
                self.resource(id, c.then.as_ref());
                self.resource_sets(id, &c.sets);
                if c.sets.is_empty() && (c.first.is_none() || c.then.is_none()) {
                    self.missing(id, "two resources or a resource set");
                }
            }
            Constraint::Ticket(c) => {
                self.resource(id, c.rsc.as_ref());
                self.resource_sets(id, &c.sets);
                if c.sets.is_empty() && c.rsc.is_none() {
                    self.missing(id, "a resource");
                }
            }
        }
    }

    fn missing(&mut self, id: &str, what: &str) {
        self.findings.error(id, Problem::Missing { what: what.into() });
    }

    fn primitive(&mut self, primitive: &'a Primitive) {
        let id = &primitive.id;
        if let Some(template) = &primitive.template
            && !self.templates.contains(template.as_str())
        {
            let near = nearest_of(&self.templates, template);
            self.dangling(id, "template", template, near);
        }
        if self.index.operations(&primitive.operations).is_none() {
            let target = primitive.operations.id_ref.as_deref().unwrap_or("?");
            self.dangling(id, "set of operations", target, None);
        }
        if primitive.class == Some(AgentClass::Ocf) && primitive.provider.is_none() {
            self.missing(id, "a provider, since its class is ocf");
        }
    }
}

/// The nearest name; of equally near ones the first in the alphabet, whatever order the set has.
fn nearest_of<'a>(names: &FxHashSet<&'a str>, word: &str) -> Option<&'a str> {
    let mut sorted: Vec<&str> = names.iter().copied().collect();
    sorted.sort_unstable();
    nearest(word, sorted)
}

/// Checks all references of a configuration.
pub(super) fn check(config: &Config, findings: &mut Findings) {
    let mut names: FxHashSet<&str> = config.resources.iter().flat_map(Resource::ids).collect();
    names.extend(config.tags.iter().map(|tag| tag.id.as_str()));
    let templates = config.templates.iter().map(|template| template.id.as_str()).collect();
    let mut checker = Checker { names, templates, index: Index::new(config), findings };
    config.all_primitives().for_each(|primitive| checker.primitive(primitive));
    for resource in &config.resources {
        if resource.group().is_some_and(|group| group.members.is_empty()) {
            checker.missing(resource.id(), "at least one member");
        }
    }
    config.constraints.iter().for_each(|constraint| checker.constraint(constraint));
    check_levels(config, &mut checker);
    check_sets(config, &mut checker);
    check_tags(config, &mut checker);
    let roles: FxHashSet<&str> = config.acls.roles.iter().map(|role| role.id.as_str()).collect();
    for AclSubject { id, roles: wanted, .. } in &config.acls.subjects {
        for role in wanted.iter().filter(|role| !roles.contains(role.as_str())) {
            checker.dangling(id, "role", role, nearest_of(&roles, role));
        }
    }
}

/// A tag may name anything that has an id; usually resources.
fn check_tags(config: &Config, checker: &mut Checker<'_, '_>) {
    for tag in &config.tags {
        for target in &tag.references {
            let known = checker.names.contains(target.as_str())
                || checker.templates.contains(target.as_str())
                || config.nodes.iter().any(|node| node.id == *target || node.uname == *target)
                || config.constraints.iter().any(|constraint| constraint.id() == target);
            if !known {
                let near = nearest_of(&checker.names, target).map(Text::from);
                let kind = "object".into();
                let problem = Problem::Dangling { kind, target: target.clone(), near };
                checker.findings.warning(&tag.id, problem);
            }
        }
    }
}

fn check_levels(config: &Config, checker: &mut Checker<'_, '_>) {
    let classes: FxHashMap<&str, &Primitive> =
        config.all_primitives().map(|primitive| (primitive.id.as_str(), primitive)).collect();
    for level in &config.fencing_topology {
        for device in &level.devices {
            match classes.get(device.as_str()) {
                Some(primitive) if matches!(primitive.class, Some(AgentClass::Stonith) | None) => {}
                Some(_) => {
                    let why = "the device of a fencing level is no fence device".into();
                    let problem = Problem::Conflict { with: device.clone(), why };
                    checker.findings.error(&level.id, problem);
                }
                // Pacemaker keeps such levels, and they fail; a warning leaves that to people.
                None => {
                    let near = nearest_of(&checker.names, device).map(Text::from);
                    let kind = "fence device".into();
                    let problem = Problem::Dangling { kind, target: device.clone(), near };
                    checker.findings.warning(&level.id, problem);
                }
            }
        }
    }
}

fn check_sets<'a>(config: &'a Config, checker: &mut Checker<'a, '_>) {
    config.all_sets(|_, owner, set| {
        let Some(found) = checker.index.set(set) else {
            return checker.dangling(owner, "set", set.id_ref.as_deref().unwrap_or("?"), None);
        };
        for pair in &found.pairs {
            if checker.index.pair(pair).is_none() {
                checker.dangling(owner, "pair", pair.id_ref.as_deref().unwrap_or("?"), None);
            }
        }
        checker.rules(owner, set.rule.as_slice());
    });
}
