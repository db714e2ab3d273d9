//! What is known of agents' parameters, for the digests that are recorded with results.
//!
//! The planner knows no agents: their meta-data is where they run. Whoever records a result adds
//! what the agent there says ([`AgentParams::digests`]); the planner takes the names from the
//! records, so that it compares like with like.

use rota_cib::Text;
use rota_transition::Digests;
use serde::{Deserialize, Serialize};

use crate::model::{Nid, Rid, World};

/// What an agent's meta-data says of its parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentParams {
    /// Parameters whose change needs a restart; none when the agent cannot reload (OCF 1.1:
    /// `reload-agent` is offered and the others are marked `reloadable`).
    pub fixed: Option<Vec<Text>>,
    /// Parameters that are secrets (OCF 1.1: marked `private`; `password` and `passwd` always).
    pub secret: Vec<Text>,
}

impl AgentParams {
    /// The digests that depend on the agent, of the parameters of one operation. `all` is left
    /// empty: it depends on the parameters alone.
    pub fn digests(&self, params: &[(Text, Text)], interval_ms: u32, is_device: bool) -> Digests {
        let own = || params.iter().filter(|(n, _)| !n.starts_with("CRM_meta_"));
        // A recurring operation is never reloaded: it is begun anew.
        let fixed = self.fixed.as_deref().filter(|_| interval_ms == 0);
        let restart = fixed.map(|names| {
            let kept: Vec<_> = own().filter(|(n, _)| names.contains(n)).cloned().collect();
            crate::digest::of(&kept)
        });
        let secure = (!self.secret.is_empty()).then(|| {
            let open: Vec<_> = own()
                .filter(|(n, _)| !self.secret.contains(n))
                .filter(|(n, _)| !(is_device && n.starts_with("pcmk_")))
                .cloned()
                .collect();
            crate::digest::of(&open)
        });
        Digests {
            all: Text::default(),
            restart,
            // An agent that can take up everything has an empty list, not none.
            force_restart: fixed.map(|names| listed(names).unwrap_or_else(|| " ".into())),
            secure,
            secure_params: listed(&self.secret),
        }
    }
}

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
    /// What was recorded of the agent of a resource.
    fn agent(&self, rid: Rid) -> AgentParams {
        let records = self.recorded_names.get(&rid);
        AgentParams {
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
        if agent == AgentParams::default() {
            return Digests { all, ..Digests::default() };
        }
        let params = self.op_params(rid, nid, name, interval_ms);
        Digests { all, ..agent.digests(&params, interval_ms, self.is_fencing(rid)) }
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
