//! What ids in a configuration stand for, where an `id-ref` can stand instead of a copy.

use rustc_hash::FxHashMap;

use crate::Config;
use crate::constraint::{Constraint, ResourceSet};
use crate::nvset::{NvPair, NvSet};
use crate::resource::{CloneChild, Operation, Operations, Primitive, Resource};
use crate::rule::{Condition, Rule};

/// The parts of one configuration that others may refer to, by id.
#[derive(Debug, Default)]
pub struct Index<'a> {
    sets: FxHashMap<&'a str, &'a NvSet>,
    pairs: FxHashMap<&'a str, &'a NvPair>,
    rules: FxHashMap<&'a str, &'a Rule>,
    operations: FxHashMap<&'a str, &'a Operations>,
    resource_sets: FxHashMap<&'a str, &'a ResourceSet>,
}

impl<'a> Index<'a> {
    /// The index of a configuration; costs one walk over it.
    pub fn new(config: &'a Config) -> Self {
        let mut index = Self::default();
        index.add_sets(&config.properties);
        index.add_sets(&config.rsc_defaults);
        index.add_sets(&config.op_defaults);
        for node in &config.nodes {
            index.add_sets(&node.attributes);
            index.add_sets(&node.utilization);
        }
        config.templates.iter().for_each(|template| index.add_primitive(template));
        config.resources.iter().for_each(|resource| index.add_resource(resource));
        config.constraints.iter().for_each(|constraint| index.add_constraint(constraint));
        for alert in &config.alerts {
            index.add_sets(&alert.meta);
            index.add_sets(&alert.parameters);
            for recipient in &alert.recipients {
                index.add_sets(&recipient.meta);
                index.add_sets(&recipient.parameters);
            }
        }
        index
    }

    /// The set itself, or the one that it refers to; none if nothing has that id.
    pub fn set(&self, set: &'a NvSet) -> Option<&'a NvSet> {
        match &set.id_ref {
            None => Some(set),
            Some(id) => self.sets.get(id.as_str()).copied(),
        }
    }

    /// The pair itself, or the one that it refers to; none if nothing has that id.
    pub fn pair(&self, pair: &'a NvPair) -> Option<&'a NvPair> {
        match &pair.id_ref {
            None => Some(pair),
            Some(id) => self.pairs.get(id.as_str()).copied(),
        }
    }

    /// The rule itself, or the one that it refers to; none if nothing has that id.
    pub fn rule<'r>(&self, rule: &'r Rule) -> Option<&'r Rule>
    where
        'a: 'r,
    {
        match &rule.id_ref {
            None => Some(rule),
            Some(id) => self.rules.get(id.as_str()).copied(),
        }
    }

    /// The operations themselves, or those that they refer to.
    pub fn operations(&self, operations: &'a Operations) -> Option<&'a Operations> {
        match &operations.id_ref {
            None => Some(operations),
            Some(id) => self.operations.get(id.as_str()).copied(),
        }
    }

    /// The resource set itself, or the one that it refers to.
    pub fn resource_set(&self, set: &'a ResourceSet) -> Option<&'a ResourceSet> {
        match &set.id_ref {
            None => Some(set),
            Some(id) => self.resource_sets.get(id.as_str()).copied(),
        }
    }

    fn add_sets(&mut self, sets: &'a [NvSet]) {
        for set in sets {
            if let Some(id) = &set.id {
                self.sets.insert(id, set);
            }
            for pair in &set.pairs {
                if let Some(id) = &pair.id {
                    self.pairs.insert(id, pair);
                }
            }
            if let Some(rule) = &set.rule {
                self.add_rule(rule);
            }
        }
    }

    fn add_rule(&mut self, rule: &'a Rule) {
        if let Some(id) = &rule.id {
            self.rules.insert(id, rule);
        }
        for condition in &rule.conditions {
            match condition {
                Condition::Rule(inner) => self.add_rule(inner),
                Condition::Attribute(_)
                | Condition::Date(_)
                | Condition::Resource { .. }
                | Condition::Operation { .. } => {}
            }
        }
    }

    fn add_resource(&mut self, resource: &'a Resource) {
        let (parameters, meta) = match resource {
            Resource::Primitive(p) => return self.add_primitive(p),
            Resource::Group(g) => {
                g.members.iter().for_each(|p| self.add_primitive(p));
                (&g.parameters, &g.meta)
            }
            Resource::Clone(c) => {
                match &c.child {
                    CloneChild::Primitive(p) => self.add_primitive(p),
                    CloneChild::Group(g) => {
                        self.add_sets(&g.parameters);
                        self.add_sets(&g.meta);
                        g.members.iter().for_each(|p| self.add_primitive(p));
                    }
                }
                (&c.parameters, &c.meta)
            }
            Resource::Bundle(b) => {
                b.primitive.iter().for_each(|p| self.add_primitive(p));
                (&b.parameters, &b.meta)
            }
        };
        self.add_sets(parameters);
        self.add_sets(meta);
    }

    fn add_primitive(&mut self, primitive: &'a Primitive) {
        self.add_sets(&primitive.parameters);
        self.add_sets(&primitive.meta);
        self.add_sets(&primitive.utilization);
        if let Some(id) = &primitive.operations.id {
            self.operations.insert(id, &primitive.operations);
        }
        for Operation { parameters, meta, .. } in &primitive.operations.ops {
            self.add_sets(parameters);
            self.add_sets(meta);
        }
    }

    fn add_constraint(&mut self, constraint: &'a Constraint) {
        let (sets, rules) = match constraint {
            Constraint::Location(c) => {
                c.rules.iter().for_each(|rule| self.add_rule(rule));
                (&c.sets, &c.lifetime)
            }
            Constraint::Colocation(c) => (&c.sets, &c.lifetime),
            Constraint::Order(c) => (&c.sets, &c.lifetime),
            Constraint::Ticket(c) => return self.add_resource_sets(&c.sets),
        };
        rules.iter().for_each(|rule| self.add_rule(rule));
        self.add_resource_sets(sets);
    }

    fn add_resource_sets(&mut self, sets: &'a [ResourceSet]) {
        for set in sets {
            if let Some(id) = &set.id {
                self.resource_sets.insert(id, set);
            }
        }
    }
}
