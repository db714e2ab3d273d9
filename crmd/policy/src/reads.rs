//! Which node attributes can make a difference to a plan.
//!
//! Agents write attributes of their own at each monitor. A plan for each of these would be work for
//! nothing. In doubt an attribute is read: a plan too many costs time, one too few a service.

use rota_cib::Cib;
use rota_cib::constraint::Constraint;
use rota_cib::fencing::LevelTarget;
use rota_cib::rule::{Condition, Rule};

/// Names that planning knows by themselves.
const ALWAYS: [&str; 7] = [
    "standby",
    "maintenance",
    "terminate",
    "shutdown",
    "probe_complete",
    "resource-discovery-enabled",
    "site-name",
];

/// Beginnings of such names: those of the cluster's own (health among them), promotion scores,
/// counted failures, and what is for fencing.
const BEGINNINGS: [&str; 6] =
    ["#", "master-", "promotion-", "fail-count-", "last-failure-", "pcmk_"];

/// Whether a plan may depend on the node attribute of this name, permanent or transient.
pub fn reads_attribute(cib: &Cib, name: &str) -> bool {
    ALWAYS.contains(&name)
        || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
        || constraints_read(cib, name)
        || sets_read(cib, name)
        || cib.config.fencing_topology.iter().any(|level| {
            matches!(&level.target, LevelTarget::Attribute(attribute, _) if attribute == name)
        })
}

fn constraints_read(cib: &Cib, name: &str) -> bool {
    let any = |rules: &[Rule]| rules.iter().any(|rule| rule_reads(rule, name));
    cib.config.constraints.iter().any(|constraint| match constraint {
        Constraint::Location(c) => any(&c.rules) || any(&c.lifetime),
        Constraint::Colocation(c) => c.node_attribute.as_deref() == Some(name) || any(&c.lifetime),
        Constraint::Order(c) => any(&c.lifetime),
        Constraint::Ticket(_) => false,
    })
}

fn sets_read(cib: &Cib, name: &str) -> bool {
    let mut read = false;
    cib.config.all_sets(|_, _, set| {
        read = read || set.rule.as_ref().is_some_and(|rule| rule_reads(rule, name));
    });
    read
}

fn rule_reads(rule: &Rule, name: &str) -> bool {
    // A pattern's groups (%1) make a name of it for each resource.
    let is_score = |score: &str| score == name || score.contains('%');
    rule.score_attribute.as_deref().is_some_and(is_score)
        || rule.conditions.iter().any(|condition| match condition {
            Condition::Rule(inner) => rule_reads(inner, name),
            Condition::Attribute(test) => test.attribute == name,
            Condition::Date(_) | Condition::Resource { .. } | Condition::Operation { .. } => false,
        })
}
