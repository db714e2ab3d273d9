//! Rules: conditions over attributes, dates, resources and operations.
//!
//! Parsed once; evaluated with the time as an argument ("Pacemaker Explained", "Rules").

use serde::{Deserialize, Serialize};

use crate::constraint::Role;
use crate::{Score, Text};

/// A condition, with what it gives when it holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rule {
    /// Unique id.
    pub id: Option<Text>,
    /// The id of the rule that stands here instead.
    pub id_ref: Option<Text>,
    /// Score given where it holds (location).
    pub score: Option<Score>,
    /// Node attribute whose value is the score.
    pub score_attribute: Option<Text>,
    /// Role that the rule is about (location).
    pub role: Option<Role>,
    /// How the conditions combine; `and` if absent.
    pub boolean_op: Option<BooleanOp>,
    /// The conditions.
    pub conditions: Vec<Condition>,
    /// Attributes without a field here (a role that this version does not know), as written.
    pub other: Vec<(Text, Text)>,
}

/// How conditions combine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BooleanOp {
    /// All must hold.
    And,
    /// One must hold.
    Or,
}

impl BooleanOp {
    /// The combination that a word means.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "and" => Some(Self::And),
            "or" => Some(Self::Or),
            _ => None,
        }
    }

    /// The word for the combination in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::And => "and",
            Self::Or => "or",
        }
    }
}

/// One condition of a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Condition {
    /// A rule inside the rule.
    Rule(Rule),
    /// About a node attribute.
    Attribute(AttributeTest),
    /// About the time.
    Date(DateTest),
    /// About the resource's agent.
    Resource {
        /// Unique id.
        id: Text,
        /// Class, if it matters.
        class: Option<Text>,
        /// Provider, if it matters.
        provider: Option<Text>,
        /// Agent's name, if it matters.
        agent: Option<Text>,
    },
    /// About the operation.
    Operation {
        /// Unique id.
        id: Text,
        /// Name of the operation.
        name: Text,
        /// Interval, if it matters, as written.
        interval: Option<Text>,
    },
}

/// A comparison with a node attribute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttributeTest {
    /// Unique id.
    pub id: Text,
    /// The attribute.
    pub attribute: Text,
    /// How to compare.
    pub operation: Comparison,
    /// With what.
    pub value: Option<Text>,
    /// Where the value comes from: literal, param, meta.
    pub value_source: Option<Text>,
    /// How values compare; as written by the user or guessed from the values.
    pub kind: Option<ValueKind>,
}

/// How to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Comparison {
    /// Less.
    Lt,
    /// Greater.
    Gt,
    /// Less or equal.
    Lte,
    /// Greater or equal.
    Gte,
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// The attribute has a value.
    Defined,
    /// The attribute has no value.
    NotDefined,
}

impl Comparison {
    /// The comparison that a word means.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "lt" => Some(Self::Lt),
            "gt" => Some(Self::Gt),
            "lte" => Some(Self::Lte),
            "gte" => Some(Self::Gte),
            "eq" => Some(Self::Eq),
            "ne" => Some(Self::Ne),
            "defined" => Some(Self::Defined),
            "not_defined" => Some(Self::NotDefined),
            _ => None,
        }
    }

    /// The word for the comparison in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lt => "lt",
            Self::Gt => "gt",
            Self::Lte => "lte",
            Self::Gte => "gte",
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Defined => "defined",
            Self::NotDefined => "not_defined",
        }
    }
}

/// How values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ValueKind {
    /// As text, without regard to case.
    String,
    /// As whole numbers of 64 bits.
    Integer,
    /// As floating-point numbers of double precision.
    Number,
    /// As version numbers.
    Version,
}

impl ValueKind {
    /// The kind that a word means.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "string" => Some(Self::String),
            "integer" => Some(Self::Integer),
            "number" => Some(Self::Number),
            "version" => Some(Self::Version),
            _ => None,
        }
    }

    /// The word for the kind in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Version => "version",
        }
    }
}

/// A comparison with the time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DateTest {
    /// Unique id.
    pub id: Text,
    /// lt, gt, in_range, date_spec (or eq/neq of old), as written.
    pub operation: Text,
    /// Earliest moment, ISO 8601 as written.
    pub start: Option<Text>,
    /// Latest moment, ISO 8601 as written.
    pub end: Option<Text>,
    /// Attributes of a duration: id, years, months, weeks, days, hours, minutes, seconds.
    pub duration: Option<Vec<(Text, Text)>>,
    /// Attributes of a date_spec: id, years, months, monthdays, weekdays, hours …
    pub spec: Option<Vec<(Text, Text)>>,
}
