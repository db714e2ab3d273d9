//! Values of options: known names, and values of their kind.

use std::collections::BTreeMap;

use super::{Findings, Problem};
use crate::nvset::NvSet;
use crate::options::{CLUSTER, FENCE_DEVICE, Known, META, OPERATION, find, suggest};
use crate::resource::AgentClass;
use crate::value::{parse_duration, parse_score};
use crate::walk::SetKind;
use crate::{Config, Text};

/// Checks the values of all known options.
pub(super) fn check(config: &Config, findings: &mut Findings) {
    config.all_sets(|kind, owner, set| match kind {
        // Others keep options of their own there, such as replication facts of agents.
        SetKind::Properties if set.id.as_deref() != Some("cib-bootstrap-options") => {}
        SetKind::Properties => set_of(CLUSTER, owner, set, findings),
        SetKind::ResourceDefaults | SetKind::Meta => set_of(META, owner, set, findings),
        SetKind::OperationDefaults | SetKind::Operation => {
            set_of(OPERATION, owner, set, findings);
        }
        SetKind::Utilization => utilization(owner, set, findings),
        SetKind::NodeAttributes | SetKind::Parameters | SetKind::Alert => {}
    });
    for primitive in config.all_primitives() {
        if primitive.class == Some(AgentClass::Stonith) {
            primitive.parameters.iter().for_each(|set| fence_device(&primitive.id, set, findings));
        }
        for op in &primitive.operations.ops {
            for (name, value) in &op.attributes {
                option(OPERATION, &op.id, name, value, findings);
            }
            if !op.interval.is_empty() && parse_duration(&op.interval).is_none() {
                option(OPERATION, &op.id, "interval", &op.interval, findings);
            }
        }
        intervals(&primitive.id, &primitive.operations.ops, findings);
    }
    levels(config, findings);
    unparsed_attributes(config, findings);
}

fn set_of(table: &'static [Known], owner: &str, set: &NvSet, findings: &mut Findings) {
    for pair in &set.pairs {
        if let (Some(name), Some(value)) = (&pair.name, &pair.value) {
            option(table, owner, name, value, findings);
        }
    }
}

fn option(table: &'static [Known], owner: &str, name: &str, value: &str, findings: &mut Findings) {
    match find(table, name) {
        Some(known) if known.kind.accepts(value) || value == "#default" => {}
        Some(known) => {
            let (name, value) = (name.into(), value.into());
            let expected = known.kind.expected().into();
            findings.warning(owner, Problem::BadValue { name, value, expected });
        }
        None => {
            let near = suggest(table, name).map(Text::from);
            findings.warning(owner, Problem::UnknownOption { name: name.into(), near });
        }
    }
}

fn fence_device(owner: &str, set: &NvSet, findings: &mut Findings) {
    for pair in &set.pairs {
        let (Some(name), Some(value)) = (&pair.name, &pair.value) else { continue };
        // All other parameters are the agent's.
        if name.starts_with("pcmk_") && !name.ends_with("_cmd") {
            option(FENCE_DEVICE, owner, name, value, findings);
        }
    }
}

fn utilization(owner: &str, set: &NvSet, findings: &mut Findings) {
    for pair in &set.pairs {
        if let (Some(name), Some(value)) = (&pair.name, &pair.value)
            && value.trim().parse::<i64>().is_err()
        {
            let (name, value) = (name.clone(), value.clone());
            let expected = "a whole number".into();
            findings.warning(owner, Problem::BadValue { name, value, expected });
        }
    }
}

/// Two operations of one name need different intervals: results are kept by name and interval.
fn intervals(owner: &str, ops: &[crate::resource::Operation], findings: &mut Findings) {
    let mut seen = BTreeMap::new();
    for op in ops {
        let interval = parse_duration(&op.interval).unwrap_or_default();
        if let Some(other) = seen.insert((&op.name, interval), &op.id) {
            let why = format!("two '{}' operations have the same interval", op.name).into();
            let with: Text = if *other == op.id { owner.into() } else { other.clone() };
            findings.warning(&op.id, Problem::Conflict { with, why });
        }
    }
}

fn levels(config: &Config, findings: &mut Findings) {
    for level in &config.fencing_topology {
        if !(1..=9).contains(&level.index) {
            let problem = Problem::BadValue {
                name: "index".into(),
                value: level.index.to_string().into(),
                expected: "a number from 1 to 9".into(),
            };
            findings.warning(&level.id, problem);
        }
    }
}

/// Attributes that the reader could not make sense of and kept as written.
fn unparsed_attributes(config: &Config, findings: &mut Findings) {
    use crate::constraint::Constraint;
    for constraint in &config.constraints {
        let other = match constraint {
            Constraint::Location(c) => &c.other,
            Constraint::Colocation(c) => &c.other,
            Constraint::Order(c) => &c.other,
            Constraint::Ticket(c) => &c.other,
        };
        let kind = match constraint {
            Constraint::Order(c) => c.unknown_kind.as_ref(),
            Constraint::Location(_) | Constraint::Colocation(_) | Constraint::Ticket(_) => None,
        };
        let kind = kind.map(|kind| (Text::from("kind"), kind.clone()));
        for (name, value) in other.iter().cloned().chain(kind) {
            let expected = match name.as_str() {
                "score" if parse_score(&value).is_none() => "a whole number or INFINITY",
                "role" | "rsc-role" | "with-rsc-role" => "Started, Stopped, Promoted or Unpromoted",
                "kind" => "Optional, Mandatory or Serialize",
                "influence" | "symmetrical" | "require-all" => "true or false",
                _ => "nothing: this attribute is not used",
            };
            let expected = expected.into();
            findings.warning(constraint.id(), Problem::BadValue { name, value, expected });
        }
    }
}
