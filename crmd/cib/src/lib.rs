//! The cluster information base (CIB): what people configured and what the cluster knows.
//!
//! [`Cib`] is typed all through; XML exists only in `xml`. A Cib changes in exactly one way:
//! `change::apply` with a `change::Change`, which on a live cluster is a committed log entry.
//!
//! Where to look: the types of the configuration in `resource`, `constraint`, `nvset`, `rule`, `node`,
//! `fencing`, `tag`, `acl`, those of the status in `status`; `xml` reads and writes documents;
//! `change` is how a Cib changes, `validate` what is wrong with it; `evaluate` resolves rules and
//! sets with `index` and `date`; `options` knows every option, `value` every kind of value;
//! `fresh` makes new ids, `walk` visits resources and sets wherever they are, `near` guesses what was meant.
//!
//! Words and meaning are Pacemaker's ("Pacemaker Explained"); strings become enums and numbers
//! here, at the edge. What a value means to the placement of resources is decided in `rota-policy`.

pub mod acl;
pub mod change;
pub mod constraint;
pub mod date;
pub mod evaluate;
pub mod failures;
pub mod fencing;
pub mod fresh;
pub mod index;
pub mod near;
pub mod node;
pub mod nvset;
pub mod options;
pub mod resource;
pub mod rule;
pub mod rule_words;
pub mod score;
pub mod status;
pub mod tag;
pub mod validate;
pub mod value;
pub mod walk;
pub mod xml;
pub mod zone;

use serde::{Deserialize, Serialize};

pub use rota_ids::Text;
pub use score::Score;

/// Everything that the cluster agrees on: configuration and status.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cib {
    /// Versions and the attributes of the document itself.
    pub header: Header,
    /// The part that people write.
    pub config: Config,
    /// The part that the cluster finds out.
    pub status: status::Status,
}

impl Cib {
    /// A copy without the histories of resources. Its status still knows nodes, attributes and
    /// tickets.
    #[must_use]
    pub fn without_history(&self) -> Self {
        let nodes = self.status.nodes.iter().map(status::NodeState::without_history).collect();
        let tickets = self.status.tickets.clone();
        Self {
            header: self.header.clone(),
            config: self.config.clone(),
            status: status::Status { nodes, tickets },
        }
    }
}

/// A position in the history of a Cib; compared field by field, in this order.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(default)]
pub struct Version {
    /// Raised by people only, to win against everything else.
    pub admin_epoch: u64,
    /// Raised by each change of the configuration.
    pub epoch: u64,
    /// Raised by each change of the status; back to 0 when `epoch` is raised.
    pub num_updates: u64,
}

/// The attributes of the document's root.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Header {
    /// Position in the history.
    pub version: Version,
    /// Schema that the document says it follows, for example `pacemaker-3.9`.
    pub validate_with: Text,
    /// Feature set of the writer, for example `3.19.6`.
    pub crm_feature_set: Option<Text>,
    /// Whether the writing partition had quorum.
    pub have_quorum: Option<bool>,
    /// Identity of the node that was DC.
    pub dc_uuid: Option<Text>,
    /// Seconds since 1970 at which the document asks to be evaluated (scheduler cases use it).
    pub execution_date: Option<i64>,
    /// Attributes kept only to be written back: `cib-last-written`, `update-origin` …
    pub other: Vec<(Text, Text)>,
}

/// The part that people write.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Cluster properties (`crm_config`); the set named `cib-bootstrap-options` wins over others.
    pub properties: Vec<nvset::NvSet>,
    /// Nodes that have an entry of their own.
    pub nodes: Vec<node::Node>,
    /// Resources in configured order (the order decides ties).
    pub resources: Vec<resource::Resource>,
    /// Templates that primitives may refer to.
    pub templates: Vec<resource::Primitive>,
    /// Constraints in configured order.
    pub constraints: Vec<constraint::Constraint>,
    /// Which devices fence which node, in which order.
    pub fencing_topology: Vec<fencing::Level>,
    /// Defaults of resource meta attributes.
    pub rsc_defaults: Vec<nvset::NvSet>,
    /// Defaults of operation attributes.
    pub op_defaults: Vec<nvset::NvSet>,
    /// Names for groups of objects.
    pub tags: Vec<tag::Tag>,
    /// Who may do what.
    pub acls: acl::Acls,
    /// Programs to be told of events.
    pub alerts: Vec<acl::Alert>,
}
