//! What people are told of the controller's work.

use std::collections::BTreeMap;

use rota_ids::Text;
use rota_transition::{Action, Executor};

use crate::book;
use crate::state::ClusterState;

use super::Controller;

impl Controller {
    /// What is still going on, for people.
    pub fn pending(&self, state: &ClusterState) -> Vec<Text> {
        let mut pending: Vec<Text> = Vec::new();
        for node in &self.sync.waiting {
            let name = state.name_of(*node).map_or_else(String::new, ToString::to_string);
            pending.push(format!("{name} is asked what it is doing").into());
        }
        if self.planning.as_ref().is_some_and(|planning| planning.is_slow()) {
            pending.push("a plan is being made, which takes long".into());
        }
        for given in self.given.values() {
            let name = state.name_of(given.node).map_or_else(String::new, ToString::to_string);
            let key = format!("{} on {name}", book::order_key(&given.order));
            pending.push(because(key, given.why.as_ref()));
        }
        for (target, action) in self.fencing_in_flight() {
            pending.push(because(format!("fencing of {target}"), self.reasons.of(action)));
        }
        let rest = self.carried.iter().map(|rest| &rest.executor);
        for action in self.executor.iter().chain(rest).flat_map(Executor::waiting) {
            pending.extend(self.waiting(action));
        }
        pending
    }

    fn waiting(&self, action: &Action) -> Option<Text> {
        let key = book::action_key(action)?;
        let why = self.reasons.of(action);
        let what = match self.brake.why_held(action) {
            Some(brake) => format!("{key} ({brake})"),
            None => format!("{key} (waits for the others)"),
        };
        Some(because(what, why))
    }

    /// What holds each resource that does not run, or must not be touched.
    pub fn stuck(&self) -> &BTreeMap<Text, Text> {
        self.reasons.stuck()
    }
}

fn because(what: String, why: Option<&Text>) -> Text {
    match why {
        Some(why) => format!("{what}: {why}").into(),
        None => what.into(),
    }
}
