//! What is known of agents' parameters, for the digests that are recorded with results.
//!
//! The planner knows no agents. Whoever has their meta-data passes it in
//! ([`crate::Options::agents`]); otherwise the names that were recorded with earlier results are
//! taken, so that a digest once recorded goes on being recorded.

use std::collections::BTreeMap;
use std::sync::Arc;

use rota_cib::Text;
use rota_transition::Digests;

use crate::model::{Nid, Rid, World};

/// Class, provider and type of an agent.
pub type AgentName = (Text, Option<Text>, Text);

/// What an agent's meta-data says of its parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agent {
    /// Parameters whose change needs a restart; none when the agent cannot reload (OCF 1.1:
    /// `reload-agent` is offered and the others are marked `reloadable`).
    pub fixed: Option<Vec<Text>>,
    /// Parameters that are secrets (OCF 1.1: marked `private`; `password` and `passwd` always).
    pub secret: Vec<Text>,
}

/// Agents by name; shared, since every plan takes it.
pub type Agents = Arc<BTreeMap<AgentName, Agent>>;

/// Names as recorded: each with a blank before and behind it.
fn listed(names: &[Text]) -> Option<Text> {
    let mut sorted: Vec<&str> = names.iter().map(Text::as_str).collect();
    sorted.sort_unstable();
    sorted.dedup();
    (!sorted.is_empty()).then(|| format!(" {} ", sorted.join("  ")).into())
}

fn split(names: Option<&Text>) -> Option<Vec<Text>> {
    names.map(|n| n.split_whitespace().map(Text::from).collect())
}

impl World<'_> {
    /// What is known of the agent of a resource: its meta-data, else what was recorded.
    fn agent(&self, rid: Rid) -> Agent {
        let Some(conf) = self.conf(rid) else { return Agent::default() };
        let name = (conf.class.clone(), conf.provider.clone(), conf.agent.clone());
        if let Some(agent) = self.agents.get(&name) {
            return agent.clone();
        }
        let records = self.recorded_names.get(&rid);
        Agent {
            fixed: records.and_then(|r| split(r.0.as_ref())),
            secret: records.and_then(|r| split(r.1.as_ref())).unwrap_or_default(),
        }
    }

    /// All digests of an operation as it would be run now.
    pub(crate) fn digests(
        &mut self,
        rid: Rid,
        nid: Option<Nid>,
        name: &str,
        interval_ms: u32,
    ) -> Digests {
        let all = self.digest(rid, nid, name, interval_ms);
        let agent = self.agent(rid);
        if agent == Agent::default() {
            return Digests { all, ..Digests::default() };
        }
        let device = self.is_fencing(rid);
        let params = self.op_params(rid, nid, name, interval_ms);
        let own = || params.iter().filter(|(n, _)| !n.starts_with("CRM_meta_"));
        // A recurring operation is never reloaded: it is begun anew.
        let fixed = agent.fixed.as_deref().filter(|_| interval_ms == 0);
        let restart = fixed.map(|names| {
            let kept: Vec<_> = own().filter(|(n, _)| names.contains(n)).cloned().collect();
            crate::digest::of(&kept)
        });
        let secure = (!agent.secret.is_empty()).then(|| {
            let open: Vec<_> = own()
                .filter(|(n, _)| !agent.secret.contains(n))
                .filter(|(n, _)| !(device && n.starts_with("pcmk_")))
                .cloned()
                .collect();
            crate::digest::of(&open)
        });
        Digests {
            all,
            restart,
            force_restart: fixed.and_then(listed),
            secure,
            secure_params: listed(&agent.secret),
        }
    }

    /// Remembers the names that histories record, so that the digests can be made again.
    pub(crate) fn remember_names(&mut self) {
        for (rid, _, history) in &self.records {
            for op in &history.operations {
                if op.force_restart.is_none() && op.secure_params.is_none() {
                    continue;
                }
                let entry = self.recorded_names.entry(*rid).or_default();
                if op.force_restart.is_some() {
                    entry.0 = op.force_restart.clone();
                }
                if op.secure_params.is_some() {
                    entry.1 = op.secure_params.clone();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_recorded_with_blanks_around_each() {
        assert_eq!(listed(&["state".into(), "op_sleep".into()]), Some(" op_sleep  state ".into()));
        assert_eq!(listed(&[]), None);
        assert_eq!(split(Some(&" passwd  password ".into())).map(|n| n.len()), Some(2));
    }
}
