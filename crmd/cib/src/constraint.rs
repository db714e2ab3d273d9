//! Constraints: where, with whom, in which order, under which ticket.

use serde::{Deserialize, Serialize};

use crate::rule::Rule;
use crate::{Score, Text};

/// One constraint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Constraint {
    /// Where a resource likes to run.
    Location(Location),
    /// Which resources like each other's node.
    Colocation(Colocation),
    /// Which action comes before which.
    Order(Order),
    /// Which ticket a resource needs.
    Ticket(Ticket),
}

impl Constraint {
    /// The configured id.
    pub fn id(&self) -> &Text {
        match self {
            Self::Location(c) => &c.id,
            Self::Colocation(c) => &c.id,
            Self::Order(c) => &c.id,
            Self::Ticket(c) => &c.id,
        }
    }
}

/// The role of a resource instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// Not running.
    Stopped,
    /// Running; of a promotable clone: in any role.
    Started,
    /// Running, not promoted (Slave of old).
    Unpromoted,
    /// Running, promoted (Master of old).
    Promoted,
}

impl Role {
    /// The role that a word means, without regard to case; Master and Slave are the old words.
    pub fn parse(word: &str) -> Option<Self> {
        let is = |name: &str| word.eq_ignore_ascii_case(name);
        match () {
            () if is("Started") => Some(Self::Started),
            () if is("Stopped") => Some(Self::Stopped),
            () if is("Promoted") || is("Master") => Some(Self::Promoted),
            () if is("Unpromoted") || is("Slave") => Some(Self::Unpromoted),
            () => None,
        }
    }

    /// The word for the role in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "Stopped",
            Self::Started => "Started",
            Self::Unpromoted => "Unpromoted",
            Self::Promoted => "Promoted",
        }
    }
}

/// Where a resource likes to run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Location {
    /// Unique id.
    pub id: Text,
    /// The resource or tag.
    pub rsc: Option<Text>,
    /// A regular expression for resource ids; `!` in front inverts it.
    pub rsc_pattern: Option<Text>,
    /// Sets of resources.
    pub sets: Vec<ResourceSet>,
    /// The role that it is about.
    pub role: Option<Role>,
    /// The node, when there is no rule.
    pub node: Option<Text>,
    /// Its score, as written (a number, an infinity, perhaps nonsense of an old schema).
    pub score: Option<Score>,
    /// Where to look whether it runs: always, never, exclusive.
    pub discovery: Option<Text>,
    /// Rules instead of a node.
    pub rules: Vec<Rule>,
    /// When the constraint counts at all (the old `lifetime` element); always, if empty.
    pub lifetime: Vec<Rule>,
    /// Attributes without a field here, or with a value that the field cannot hold, as written.
    pub other: Vec<(Text, Text)>,
}

/// Several resources in one constraint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResourceSet {
    /// Unique id.
    pub id: Option<Text>,
    /// The id of the set that stands here instead.
    pub id_ref: Option<Text>,
    /// Whether order within the set counts.
    pub sequential: Option<bool>,
    /// Whether all of the set must be there.
    pub require_all: Option<bool>,
    /// Deprecated within sets: ordering of colocated sets ("group" or "listed").
    pub ordering: Option<Text>,
    /// The action that order is about.
    pub action: Option<Text>,
    /// The role that it is about.
    pub role: Option<Role>,
    /// Score of this set.
    pub score: Option<Score>,
    /// Kind of this set (order).
    pub kind: Option<OrderKind>,
    /// The resources.
    pub resources: Vec<Text>,
    /// Attributes without a field here, or with a value that the field cannot hold, as written.
    pub other: Vec<(Text, Text)>,
}

/// Which resources like each other's node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Colocation {
    /// Unique id.
    pub id: Text,
    /// Who depends.
    pub rsc: Option<Text>,
    /// In which role.
    pub rsc_role: Option<Role>,
    /// Which instance of a clone (old).
    pub rsc_instance: Option<Text>,
    /// On whom.
    pub with_rsc: Option<Text>,
    /// In which role.
    pub with_rsc_role: Option<Role>,
    /// Which instance of a clone (old).
    pub with_rsc_instance: Option<Text>,
    /// Sets of resources instead.
    pub sets: Vec<ResourceSet>,
    /// How much.
    pub score: Option<Score>,
    /// Equal value of this node attribute, rather than the same node.
    pub node_attribute: Option<Text>,
    /// Whether the dependent's wishes may move the other.
    pub influence: Option<bool>,
    /// When the constraint counts at all (the old `lifetime` element); always, if empty.
    pub lifetime: Vec<Rule>,
    /// Attributes without a field here (score-attribute of old), or with a value that the field
    /// cannot hold (`influence="perhaps"`), as written.
    pub other: Vec<(Text, Text)>,
}

/// How strict an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OrderKind {
    /// Only when both happen at once.
    Optional,
    /// Always.
    Mandatory,
    /// Never at the same time.
    Serialize,
}

/// The action that undoes another: what a symmetrical ordering reverses ("Pacemaker Explained",
/// symmetrical). None for actions that nothing undoes.
pub fn opposite_action(action: &str) -> Option<&'static str> {
    match action {
        "start" => Some("stop"),
        "stop" => Some("start"),
        "promote" => Some("demote"),
        "demote" => Some("promote"),
        _ => None,
    }
}

impl OrderKind {
    /// The kind that a word means.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "Optional" => Some(Self::Optional),
            "Mandatory" => Some(Self::Mandatory),
            "Serialize" => Some(Self::Serialize),
            _ => None,
        }
    }

    /// The word for the kind in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Optional => "Optional",
            Self::Mandatory => "Mandatory",
            Self::Serialize => "Serialize",
        }
    }
}

/// Which action comes before which.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Order {
    /// Unique id.
    pub id: Text,
    /// The resource whose action is first.
    pub first: Option<Text>,
    /// Its action: start, stop, promote, demote.
    pub first_action: Option<Text>,
    /// Which instance of a clone (old).
    pub first_instance: Option<Text>,
    /// The resource whose action follows.
    pub then: Option<Text>,
    /// Its action; that of `first`, if absent.
    pub then_action: Option<Text>,
    /// Which instance of a clone (old).
    pub then_instance: Option<Text>,
    /// Sets of resources instead.
    pub sets: Vec<ResourceSet>,
    /// How strict.
    pub kind: Option<OrderKind>,
    /// A kind that this version does not know, as written.
    pub unknown_kind: Option<Text>,
    /// The old way to say the kind: 0 is optional, other values mandatory.
    pub score: Option<Score>,
    /// Whether the reverse order holds for the opposite actions.
    pub symmetrical: Option<bool>,
    /// Whether one active instance of `first` is enough (of a clone).
    pub require_all: Option<bool>,
    /// When the constraint counts at all (the old `lifetime` element); always, if empty.
    pub lifetime: Vec<Rule>,
    /// Attributes without a field here, or with a value that the field cannot hold, as written.
    pub other: Vec<(Text, Text)>,
}

/// Which ticket a resource needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ticket {
    /// Unique id.
    pub id: Text,
    /// The ticket.
    pub ticket: Text,
    /// The resource.
    pub rsc: Option<Text>,
    /// The role that needs it.
    pub rsc_role: Option<Role>,
    /// Sets of resources instead.
    pub sets: Vec<ResourceSet>,
    /// What happens when the ticket is lost.
    pub loss_policy: Option<LossPolicy>,
    /// Attributes without a field here, or with a value that the field cannot hold, as written.
    pub other: Vec<(Text, Text)>,
}

/// What happens to a resource when its ticket is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LossPolicy {
    /// It is stopped.
    Stop,
    /// It is demoted.
    Demote,
    /// The nodes that run it are fenced.
    Fence,
    /// Nothing is done to it any more.
    Freeze,
}

impl LossPolicy {
    /// The policy that a word means.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "stop" => Some(Self::Stop),
            "demote" => Some(Self::Demote),
            "fence" => Some(Self::Fence),
            "freeze" => Some(Self::Freeze),
            _ => None,
        }
    }

    /// The word for the policy in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Demote => "demote",
            Self::Fence => "fence",
            Self::Freeze => "freeze",
        }
    }
}
