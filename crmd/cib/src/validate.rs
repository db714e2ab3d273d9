//! What is wrong with a configuration: all of it, not only the first thing.
//!
//! Errors keep a configuration from being used as meant; warnings are probably mistakes.

pub mod closed;
pub mod ids;
mod orders;
mod references;
mod values;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Config, Text};

/// Something wrong, or probably wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The id of the element that it is about.
    pub id: Text,
    /// What is wrong.
    pub problem: Problem,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    /// The element will not do what it says.
    Error,
    /// It is legal, and probably a mistake.
    Warning,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Problem {
    /// The id is in use elsewhere.
    DuplicateId,
    /// The id has characters that ids must not have.
    BadId,
    /// Something refers to an id that nothing has.
    Dangling {
        /// What kind of thing is missing.
        kind: Text,
        /// Its id.
        target: Text,
        /// The id that was probably meant.
        near: Option<Text>,
    },
    /// An element that cannot be what it should be without another one.
    Missing {
        /// What is missing.
        what: Text,
    },
    /// A value means nothing.
    BadValue {
        /// Name of the option.
        name: Text,
        /// Its value.
        value: Text,
        /// What it takes.
        expected: Text,
    },
    /// Something that may be written and that nobody would act upon.
    NotBuilt {
        /// What it is.
        what: Text,
    },
    /// An option that nobody knows.
    UnknownOption {
        /// Its name.
        name: Text,
        /// The name that was probably meant.
        near: Option<Text>,
    },
    /// An order that waits for itself.
    OrderCycle {
        /// The resources in the order in which each waits for the one before.
        resources: Vec<Text>,
    },
    /// Two items contradict each other or say the same.
    Conflict {
        /// The other one's id.
        with: Text,
        /// In which way.
        why: Text,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}': {}", self.id, self.problem)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let did_you_mean = |f: &mut fmt::Formatter<'_>, near: &Option<Text>| match near {
            Some(near) => write!(f, "; did you mean '{near}'?"),
            None => Ok(()),
        };
        match self {
            Self::DuplicateId => f.write_str("the id is in use already, choose another one"),
            Self::BadId => f.write_str(
                "ids begin with a letter or '_' and go on with letters, digits, '-', '_' and '.'",
            ),
            Self::Dangling { kind, target, near } => {
                write!(f, "refers to the {kind} '{target}', which does not exist")?;
                did_you_mean(f, near)
            }
            Self::Missing { what } => write!(f, "needs {what}"),
            Self::BadValue { name, value, expected } => {
                write!(f, "'{value}' is no value for '{name}', give {expected}")
            }
            Self::NotBuilt { what } => {
                write!(f, "{what} is not built yet, nothing would act on it; leave it out")
            }
            Self::UnknownOption { name, near } => {
                write!(f, "unknown option '{name}'")?;
                did_you_mean(f, near)
            }
            Self::OrderCycle { resources } => {
                write!(f, "the order goes in a circle: {}", resources.join(" -> "))
            }
            Self::Conflict { with, why } => write!(f, "{why} (see '{with}')"),
        }
    }
}

/// Where findings are collected.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn error(&mut self, id: &str, problem: Problem) {
        self.0.push(Finding { severity: Severity::Error, id: id.into(), problem });
    }

    fn warning(&mut self, id: &str, problem: Problem) {
        self.0.push(Finding { severity: Severity::Warning, id: id.into(), problem });
    }
}

/// Everything that is wrong with a configuration, errors first.
pub fn validate(config: &Config) -> Vec<Finding> {
    let mut findings = Findings::default();
    ids::check(config, &mut findings);
    references::check(config, &mut findings);
    values::check(config, &mut findings);
    orders::check(config, &mut findings);
    closed::check(config, &mut findings);
    let mut findings = findings.0;
    findings.sort_by_key(|finding| finding.severity);
    findings
}

/// The errors only: what keeps a change of the configuration from being accepted.
pub fn errors(config: &Config) -> Vec<Finding> {
    let mut findings = Findings::default();
    ids::check(config, &mut findings);
    references::check(config, &mut findings);
    findings.0.retain(|finding| finding.severity == Severity::Error);
    findings.0
}
