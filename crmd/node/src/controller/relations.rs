//! What the configuration puts in an order: who must wait while something is under way of which
//! the present graph knows nothing.
//!
//! Within a graph the edges say it. Between what an older plan has begun and what the present one
//! wants to begin, this says it: a dependent that began before the action that it depends on has
//! ended would find half of it (a second node of a database promoted before the first has finished
//! to found the cluster).

use std::collections::BTreeMap;

use rota_cib::constraint::{Constraint, Order, OrderKind, ResourceSet, opposite_action};
use rota_cib::nvset::NvSet;
use rota_cib::resource::{CloneChild, Primitive, Resource};
use rota_cib::value::parse_bool;
use rota_cib::{Cib, Config};
use rota_ids::{NodeName, Text, leaf};

/// Something that is, or is to be, under way on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doing {
    /// The resource, without the number of an instance.
    pub resource: Text,
    /// Where.
    pub node: NodeName,
    /// What: start, stop, promote …
    pub operation: Text,
}

/// How the members of a family wait for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A single resource or a group, or a clone that wants notifications: one step at a time.
    OneAtATime,
    /// A promotable clone without notifications: nobody comes up while another is between roles.
    Promotable {
        /// One instance after the other.
        ordered: bool,
    },
    /// A clone whose instances know nothing of each other, but for how many there may be.
    Loose {
        /// One instance after the other.
        ordered: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Family {
    top: Text,
    kind: Kind,
    /// Whether its members on one node wait for each other (a group).
    together: bool,
}

/// One ordering: `then` begins `then_action` only when `first` has ended `first_action`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    first: Vec<Text>,
    first_action: Text,
    then: Vec<Text>,
    then_action: Text,
}

/// Who waits for whom, by the configuration of one plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relations {
    families: BTreeMap<Text, Family>,
    rules: Vec<Rule>,
    /// For each resource the rules in which it is first.
    firsts: BTreeMap<Text, Vec<usize>>,
    /// Whether what stops on a node makes room for what starts there.
    capacity: bool,
}

impl Relations {
    /// The relations of a configuration.
    pub fn of(cib: &Cib) -> Self {
        let config = &cib.config;
        let mut relations = Self { capacity: counts_capacity(config), ..Self::default() };
        for top in &config.resources {
            relations.add_family(config, top);
        }
        for constraint in &config.constraints {
            if let Constraint::Order(order) = constraint {
                relations.add_order(config, order);
            }
        }
        for (number, rule) in relations.rules.iter().enumerate() {
            for first in &rule.first {
                relations.firsts.entry(first.clone()).or_default().push(number);
            }
        }
        relations
    }

    /// Whether something must not begin while something else, that is not in its graph, is under
    /// way.
    pub fn must_wait(&self, wanted: &Doing, under_way: &Doing) -> bool {
        if under_way.operation == "monitor" {
            return false;
        }
        if wanted.resource == under_way.resource && wanted.node == under_way.node {
            return true;
        }
        if wanted.operation == "monitor" {
            return false;
        }
        self.is_held_by_family(wanted, under_way)
            || self.is_held_by_rule(wanted, under_way)
            || (self.capacity
                && wanted.node == under_way.node
                && comes_up(&wanted.operation)
                && goes_away(&under_way.operation))
    }

    fn is_held_by_family(&self, wanted: &Doing, under_way: &Doing) -> bool {
        let (Some(own), Some(other)) =
            (self.families.get(&wanted.resource), self.families.get(&under_way.resource))
        else {
            // Not configured any more: it is only taken away.
            return wanted.resource == under_way.resource;
        };
        if own.top != other.top {
            return false;
        }
        let same = wanted.operation == under_way.operation;
        let in_turn = match own.kind {
            Kind::OneAtATime => true,
            Kind::Promotable { ordered } => !goes_away(&wanted.operation) || (ordered && same),
            // How many there may be counts those that are about to end.
            Kind::Loose { ordered } => {
                (comes_up(&wanted.operation) && goes_away(&under_way.operation))
                    || (ordered && same)
            }
        };
        in_turn || (own.together && wanted.node == under_way.node)
    }

    fn is_held_by_rule(&self, wanted: &Doing, under_way: &Doing) -> bool {
        let rules = self.firsts.get(&under_way.resource).into_iter().flatten();
        rules.filter_map(|&number| self.rules.get(number)).any(|rule| {
            is(&under_way.operation, &rule.first_action)
                && is(&wanted.operation, &rule.then_action)
                && rule.then.contains(&wanted.resource)
        })
    }

    fn add_family(&mut self, config: &Config, top: &Resource) {
        let (kind, together) = match top {
            Resource::Primitive(_) => (Kind::OneAtATime, false),
            Resource::Group(_) => (Kind::OneAtATime, true),
            Resource::Clone(clone) => {
                let child_meta = match &clone.child {
                    CloneChild::Primitive(one) => &one.meta,
                    CloneChild::Group(group) => &group.meta,
                };
                let says = |name: &str| {
                    let own = clone.meta.iter().chain(child_meta).chain(&config.rsc_defaults);
                    is_anywhere_true(own, name)
                };
                let ordered = says("ordered");
                let kind = if says("notify") {
                    Kind::OneAtATime
                } else if clone.written_as_master || says("promotable") {
                    Kind::Promotable { ordered }
                } else {
                    Kind::Loose { ordered }
                };
                (kind, top.group().is_some())
            }
            // What is in one is refused, and left out of what is planned with.
            Resource::Bundle(_) => return,
        };
        for member in top.primitives() {
            let family = Family { top: top.id().clone(), kind, together };
            self.families.insert(member.id.clone(), family);
        }
    }

    fn add_order(&mut self, config: &Config, order: &Order) {
        let both_ways = order.kind == Some(OrderKind::Serialize);
        let symmetrical = order.symmetrical.unwrap_or(!both_ways);
        if let (Some(first), Some(then)) = (&order.first, &order.then) {
            let first_action = order.first_action.clone().unwrap_or_else(|| "start".into());
            let then_action = order.then_action.clone().unwrap_or_else(|| first_action.clone());
            let rule = Rule {
                first: members_of(config, first),
                first_action,
                then: members_of(config, then),
                then_action,
            };
            self.add_rule(rule, symmetrical, both_ways);
        }
        let mut before: Option<(Vec<Text>, Text)> = None;
        for set in &order.sets {
            let action = set.action.clone().unwrap_or_else(|| "start".into());
            let all = self.add_set(config, set, &action, symmetrical, both_ways);
            if let Some((first, first_action)) = before.replace((all.clone(), action.clone())) {
                let rule = Rule { first, first_action, then: all, then_action: action };
                self.add_rule(rule, symmetrical, both_ways);
            }
        }
    }

    /// Adds the order within a set; gives all that is in it.
    fn add_set(
        &mut self,
        config: &Config,
        set: &ResourceSet,
        action: &Text,
        symmetrical: bool,
        both_ways: bool,
    ) -> Vec<Text> {
        let parts: Vec<Vec<Text>> = set.resources.iter().map(|id| members_of(config, id)).collect();
        if set.sequential.unwrap_or(true) {
            for two in parts.windows(2) {
                let rule = Rule {
                    first: two[0].clone(),
                    first_action: action.clone(),
                    then: two[1].clone(),
                    then_action: action.clone(),
                };
                self.add_rule(rule, symmetrical, both_ways);
            }
        }
        parts.concat()
    }

    fn add_rule(&mut self, rule: Rule, symmetrical: bool, both_ways: bool) {
        if both_ways {
            self.rules.push(Rule {
                first: rule.then.clone(),
                first_action: rule.then_action.clone(),
                then: rule.first.clone(),
                then_action: rule.first_action.clone(),
            });
        }
        if let (true, Some(undo_first), Some(undo_then)) =
            (symmetrical, opposite_action(&rule.first_action), opposite_action(&rule.then_action))
        {
            self.rules.push(Rule {
                first: rule.then.clone(),
                first_action: undo_then.into(),
                then: rule.first.clone(),
                then_action: undo_first.into(),
            });
        }
        self.rules.push(rule);
    }
}

/// What an operation is called in an ordering; a migration is both ends of it.
fn is(operation: &str, action: &str) -> bool {
    operation == action
        || (matches!(operation, "migrate_to" | "migrate_from")
            && matches!(action, "start" | "stop"))
}

fn comes_up(operation: &str) -> bool {
    matches!(operation, "start" | "promote" | "migrate_to" | "migrate_from")
}

fn goes_away(operation: &str) -> bool {
    matches!(operation, "stop" | "demote" | "migrate_to" | "migrate_from")
}

fn counts_capacity(config: &Config) -> bool {
    let named = |set: &NvSet| set.get("placement-strategy").is_some_and(|word| word != "default");
    config.properties.iter().any(named)
}

/// Whether any set says so. To wait where a rule would have said otherwise costs a moment.
fn is_anywhere_true<'a>(mut sets: impl Iterator<Item = &'a NvSet>, name: &str) -> bool {
    sets.any(|set| set.get(name).and_then(|word| parse_bool(word)).unwrap_or(false))
}

/// The resources with a history that an id stands for: of a group, a clone, a tag, a template.
fn members_of(config: &Config, id: &str) -> Vec<Text> {
    if let Some(tag) = config.tags.iter().find(|tag| tag.id == id) {
        return tag.references.iter().flat_map(|id| members_of_resource(config, id)).collect();
    }
    members_of_resource(config, id)
}

fn members_of_resource(config: &Config, id: &str) -> Vec<Text> {
    let mut members = Vec::new();
    for top in &config.resources {
        let is_whole = top.id() == id || top.group().is_some_and(|group| group.id == id);
        let is_meant = |one: &&Primitive| {
            is_whole || leaf(id) == one.id || one.template.as_deref() == Some(id)
        };
        members.extend(top.primitives().into_iter().filter(is_meant).map(|one| one.id.clone()));
    }
    members
}
