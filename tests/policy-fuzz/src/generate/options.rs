//! Cluster options and defaults.

use super::{Feature, Maker, pair};
use crate::xml::Element;

/// Whether there is quorum, and the options.
pub(crate) fn section(maker: &mut Maker) -> (bool, Element) {
    let fencing = maker.leaves.iter().any(|leaf| leaf.stonith);
    let mut pairs = vec![pair("stonith-enabled", fencing)];
    let quorum = !maker.on(Feature::NoQuorum);
    if !quorum || maker.rng.chance(20) {
        let policy = *maker.rng.pick(&["stop", "ignore", "freeze", "demote"]);
        pairs.push(pair("no-quorum-policy", policy));
    }
    if maker.on(Feature::OptIn) {
        pairs.push(pair("symmetric-cluster", "false"));
    }
    if maker.on(Feature::Utilization) {
        let strategy = *maker.rng.pick(&["utilization", "minimal", "balanced", "default"]);
        pairs.push(pair("placement-strategy", strategy));
    }
    if maker.now(Feature::Maintenance, 20) {
        pairs.push(pair("maintenance-mode", "true"));
    }
    if maker.on(Feature::Options) {
        for (name, value, percent) in ODD {
            if maker.rng.chance(percent) {
                pairs.push(pair(name, value));
            }
        }
    }
    let set = maker.pairs_of("cluster_property_set", "options", &pairs);
    (quorum, Element::new("crm_config").holding(set))
}

/// Options that few set, and how often they are.
const ODD: [(&str, &str, usize); 10] = [
    ("stop-all-resources", "true", 5),
    ("stop-orphan-resources", "false", 20),
    ("stop-orphan-actions", "false", 20),
    ("startup-fencing", "false", 20),
    ("start-failure-is-fatal", "false", 30),
    ("enable-startup-probes", "false", 15),
    ("remove-after-stop", "true", 10),
    ("stonith-action", "off", 20),
    ("concurrent-fencing", "false", 20),
    ("priority-fencing-delay", "30s", 15),
];

/// Defaults of resources and operations.
pub(crate) fn defaults(maker: &mut Maker) -> Vec<Element> {
    let mut sections = Vec::new();
    let mut pairs = Vec::new();
    if maker.now(Feature::Stickiness, 60) {
        pairs.push(pair("resource-stickiness", maker.rng.pick(&["1", "100", "INFINITY"])));
    }
    if maker.now(Feature::Failures, 30) {
        pairs.push(pair("migration-threshold", maker.rng.between(1, 3)));
    }
    if let Some(set) = maker.pairs("meta_attributes", &pairs) {
        sections.push(Element::new("rsc_defaults").holding(set));
    }
    if maker.now(Feature::OnFail, 20) {
        let pairs = [pair("on-fail", maker.rng.pick(&["restart", "block", "ignore"]))];
        let set = maker.pairs("meta_attributes", &pairs);
        sections.push(Element::new("op_defaults").all(set));
    }
    sections
}
