//! *Honesty*: a failure is counted only where an agent failed in truth, or a service died.

use std::collections::BTreeMap;

use rota_ids::Text;
use rota_node::AgentOutcome;
use rota_transition::ResourceOp;

use crate::clock::{SECOND, Time};
use crate::world::World;

/// How long after the harm its count may show: the next monitor has to run and to time out, and a
/// DC that died meanwhile is to be replaced.
const SHOWS_WITHIN: Time = 60 * SECOND;

/// What harm was done where, and the counts as they were seen last.
#[derive(Debug, Default)]
pub(super) struct Honesty {
    harmed: BTreeMap<(usize, Text), Time>,
    counts: BTreeMap<(Text, Text), i64>,
}

impl Honesty {
    pub(super) fn harm(&mut self, place: usize, resource: &Text, now: Time) {
        self.harmed.insert((place, resource.clone()), now);
    }
}

impl World {
    /// An agent that failed of its own accord is harm.
    pub(super) fn note_failure(&mut self, place: usize, op: &ResourceOp, outcome: &AgentOutcome) {
        let looks = op.operation == "monitor";
        let fails = outcome.status.number() != 0 || (!looks && outcome.rc != 0);
        let dead = looks && !matches!(outcome.rc, 0 | 7 | 8);
        // What a repeated look finds dead may be answered with fencing, too.
        if looks && op.interval > 0 && outcome.rc != op.expected_rc {
            self.note_cause_of_failure(place, op);
        }
        if fails || dead {
            self.harmed(place, &op.resource);
            self.note_cause_of_failure(place, op);
        }
    }

    pub(super) fn expect_honest_counts(&mut self) {
        let now = self.now;
        // What is dead goes on failing until somebody starts it.
        let hosts = &self.hosts;
        for ((place, resource), at) in &mut self.expect.honesty.harmed {
            if now <= *at + SHOWS_WITHIN && !hosts[*place].run.services.active.contains(resource) {
                *at = now;
            }
        }
        let Some(cib) = self.cib() else { return };
        let mut now_counted = BTreeMap::new();
        for state in &cib.status.nodes {
            for pair in state.attributes.iter().flat_map(|set| &set.pairs) {
                let (Some(name), Some(value)) = (&pair.name, &pair.value) else { continue };
                if name.starts_with("fail-count-") {
                    let count = value.parse().unwrap_or(1_000_000);
                    now_counted.insert((state.uname.clone(), name.clone()), count);
                }
            }
        }
        let grown: Vec<(Text, Text)> = now_counted
            .iter()
            .filter(|(at, count)| self.expect.honesty.counts.get(at).is_none_or(|c| c < count))
            .map(|(at, _)| at.clone())
            .collect();
        self.expect.honesty.counts = now_counted;
        for (node, name) in grown {
            let about = name.trim_start_matches("fail-count-").split('#').next();
            let resource: Text = about.unwrap_or_default().into();
            let Some(place) = self.place_named(&node.as_str().into()) else { continue };
            if self.setup.pieces.as_ref().is_none_or(|p| p.of(&resource).is_none()) {
                continue;
            }
            let harm = self.expect.honesty.harmed.get(&(place, resource.clone()));
            if harm.is_none_or(|at| self.now > at + SHOWS_WITHIN) {
                self.violated(format!("{name} grew on {node}, and nothing failed there"));
            }
        }
    }
}
