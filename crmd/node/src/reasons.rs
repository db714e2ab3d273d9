//! Why the latest plan does what it does, and why it leaves alone what stands still.

use std::collections::BTreeMap;

use rota_cib::zone::Zone;
use rota_cib::{Cib, Config};
use rota_ids::{Text, WallTime};
use rota_policy::{Options, Plan, plan_since};
use rota_transition::Action;

/// The reasons of the latest plan, in words, and the configuration that it may speak of.
#[derive(Debug, Default)]
pub struct Reasons {
    /// What hours and dates without a zone mean in rules.
    pub zone: Zone,
    actions: Vec<Text>,
    stuck: BTreeMap<Text, Text>,
    latest: Option<Config>,
    before: Option<Config>,
}

impl Reasons {
    /// Makes a plan and remembers its reasons.
    pub fn plan(&mut self, cib: &Cib, now: WallTime) -> Plan {
        if self.latest.as_ref() != Some(&cib.config) {
            self.before = self.latest.replace(cib.config.clone());
        }
        let options = Options { explain: true, zone: self.zone.clone(), ..Options::default() };
        let plan = plan_since(self.before.as_ref(), cib, now, &options);
        self.actions = plan.explained.iter().map(|e| e.text.as_str().into()).collect();
        let line = |s: &rota_policy::explain::Stuck| (s.resource.clone(), Text::from(s.line()));
        self.stuck = plan.stuck.iter().map(line).collect();
        plan
    }

    /// Why an action of the latest plan is there.
    pub fn of(&self, action: &Action) -> Option<&Text> {
        self.actions.get(usize::try_from(action.note?).ok()?)
    }

    /// What holds each resource that does not run or must not be touched.
    pub fn stuck(&self) -> &BTreeMap<Text, Text> {
        &self.stuck
    }
}
