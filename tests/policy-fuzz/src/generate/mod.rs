//! Random CIBs: a seed becomes a document.
//!
//! Each seed draws the features it will use, so that documents differ in kind and not only in
//! detail, and small mixtures come up as well as large ones.

mod constraints;
mod history;
mod life;
mod nodes;
mod options;
mod resources;

use crate::rng::Rng;
use crate::xml::Element;

/// The moment of all documents (seconds since 1970).
pub const NOW: i64 = 1_700_000_000;

/// What a document may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Feature {
    /// Groups.
    Groups,
    /// Anonymous clones.
    Clones,
    /// Clones with instances that differ.
    Unique,
    /// Clones with a promoted role.
    Promotable,
    /// Clones of groups.
    GroupClones,
    /// `resource-stickiness`.
    Stickiness,
    /// `migration-threshold`, `failure-timeout`, failed operations.
    Failures,
    /// `on-fail` other than the default.
    OnFail,
    /// `priority`.
    Priority,
    /// Location by node.
    Location,
    /// Location by rule, node attributes.
    Rules,
    /// Colocation of two.
    Colocation,
    /// Colocation of sets.
    ColocationSets,
    /// Order of two.
    Order,
    /// Order of sets.
    OrderSets,
    /// Tickets.
    Tickets,
    /// Capacity.
    Utilization,
    /// Nodes in standby.
    Standby,
    /// Maintenance mode, unmanaged resources.
    Maintenance,
    /// Nodes that left in good order.
    Offline,
    /// Nodes that left without a word.
    Unclean,
    /// Nodes that are just joining or shutting down.
    Passage,
    /// Operations under way.
    Pending,
    /// `target-role`.
    TargetRole,
    /// No quorum.
    NoQuorum,
    /// Live migration.
    Migrate,
    /// Notifications.
    Notify,
    /// Changed parameters.
    Changed,
    /// Histories of what is not configured.
    Orphans,
    /// Cluster options beyond the common ones.
    Options,
    /// `symmetric-cluster=false`.
    OptIn,
    /// Active on more than one node.
    Twice,
}

/// How many features there are.
const FEATURES: u8 = Feature::Twice as u8 + 1;

/// A primitive, or an instance of one, as histories know it.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    /// Its id in the configuration.
    pub id: String,
    /// What it stands in, itself if in nothing.
    pub top: String,
    /// Set when it is in a clone.
    pub clone: Option<Cloned>,
    /// Parameters, names in order.
    pub params: Vec<(String, String)>,
    /// Recurring monitors: seconds and the role they are for.
    pub monitors: Vec<(usize, Option<&'static str>)>,
    /// Whether it is a fence device.
    pub stonith: bool,
}

/// What a clone says of its instances.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cloned {
    /// Whether instances differ.
    pub unique: bool,
    /// Whether there is a promoted role.
    pub promotable: bool,
    /// How many there may be.
    pub max: usize,
    /// How many on one node.
    pub node_max: usize,
}

/// What stands at the top of the resources.
#[derive(Clone, Debug)]
pub(crate) struct Top {
    /// Its id.
    pub id: String,
    /// Whether it has a promoted role.
    pub promotable: bool,
}

/// A document in the making.
pub(crate) struct Maker {
    pub rng: Rng,
    features: u64,
    pub nodes: Vec<nodes::Node>,
    pub leaves: Vec<Leaf>,
    pub tops: Vec<Top>,
    pub tickets: Vec<String>,
    ids: usize,
}

impl Maker {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let density = *rng.pick(&[8, 15, 25, 40]);
        let mut features = 0;
        for bit in 0..FEATURES {
            if rng.chance(density) {
                features |= 1 << bit;
            }
        }
        Self {
            rng,
            features,
            nodes: Vec::new(),
            leaves: Vec::new(),
            tops: Vec::new(),
            tickets: Vec::new(),
            ids: 0,
        }
    }

    /// Whether this document uses a feature.
    pub fn on(&self, feature: Feature) -> bool {
        self.features & (1 << feature as u8) != 0
    }

    /// Whether it uses it here: so many times in a hundred where it is on.
    pub fn now(&mut self, feature: Feature, percent: usize) -> bool {
        self.on(feature) && self.rng.chance(percent)
    }

    /// An id that nothing else has.
    pub fn id(&mut self, stem: &str) -> String {
        self.ids += 1;
        format!("{stem}-{}", self.ids)
    }

    /// A list of names and values as the CIB has them; none when it would be empty.
    pub fn pairs(&mut self, set: &str, pairs: &[(String, String)]) -> Option<Element> {
        if pairs.is_empty() {
            return None;
        }
        let id = self.id("set");
        Some(self.pairs_of(set, &id, pairs))
    }

    /// The same with an id.
    pub fn pairs_of(&mut self, set: &str, id: &str, pairs: &[(String, String)]) -> Element {
        let mut element = Element::new(set).with("id", id);
        for (name, value) in pairs {
            let id = self.id("nv");
            let pair = Element::new("nvpair").with("id", id);
            element.children.push(pair.with("name", name).with("value", value));
        }
        element
    }

    /// A score from the ones in use.
    pub fn score(&mut self) -> &'static str {
        let scores = ["INFINITY", "INFINITY", "-INFINITY", "100", "50", "10", "1", "-10", "-50"];
        scores[self.rng.below(scores.len())]
    }
}

/// The document of a seed: the same at all times and everywhere.
pub fn document(seed: u64) -> Element {
    let mut maker = Maker::new(seed);
    let nodes = nodes::section(&mut maker);
    let resources = resources::section(&mut maker);
    let constraints = constraints::section(&mut maker);
    let (quorum, options) = options::section(&mut maker);
    let defaults = options::defaults(&mut maker);
    let status = history::section(&mut maker);
    let configuration = Element::new("configuration")
        .holding(options)
        .holding(nodes)
        .holding(resources)
        .holding(constraints)
        .all(defaults);
    Element::new("cib")
        .with("crm_feature_set", "3.16.1")
        .with("validate-with", "pacemaker-3.7")
        .with("epoch", 1)
        .with("num_updates", 0)
        .with("admin_epoch", 0)
        .with("have-quorum", u8::from(quorum))
        .with("dc-uuid", 1)
        .with("execution-date", NOW)
        .holding(configuration)
        .holding(status)
}

/// Name and value, owned.
pub(crate) fn pair(name: &str, value: impl ToString) -> (String, String) {
    (name.to_owned(), value.to_string())
}
