//! What runs here, as it was begun: whatever is taken down is taken down as what it is, not as what
//! its definition says meanwhile.
//!
//! An address whose definition was changed would otherwise stay behind for ever: the agent would be
//! asked to remove the new one. The same holds for a resource whose definition was deleted.

use std::collections::BTreeMap;

use rota_cib::Cib;
use rota_cib::status::ResourceHistory;
use rota_ids::{NodeName, Text};
use rota_transition::{Params, ResourceOp};
use serde::{Deserialize, Serialize};

use crate::book;

/// Agent and parameters with which something was begun.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Begun {
    /// As the history names it; empty in what an older version left.
    #[serde(default)]
    resource: Text,
    class: Text,
    provider: Option<Text>,
    agent: Text,
    params: Params,
}

impl From<&ResourceOp> for Begun {
    fn from(op: &ResourceOp) -> Self {
        Self {
            resource: op.resource.clone(),
            class: op.class.clone(),
            provider: op.provider.clone(),
            agent: op.agent.clone(),
            params: op.params.clone(),
        }
    }
}

/// All that was begun here and is not known to have ended, by resource or instance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Running(BTreeMap<Text, Begun>);

impl Running {
    /// The names of all.
    pub(super) fn names(&self) -> Vec<Text> {
        self.0.keys().cloned().collect()
    }

    /// The operation as it must be run: what takes a resource down goes to the agent, and with the
    /// parameters, that brought it up.
    pub(super) fn as_begun(&self, mut op: ResourceOp) -> ResourceOp {
        if matches!(op.operation.as_str(), "stop" | "demote" | "migrate_to")
            && let Some(begun) = self.0.get(&op.key.resource)
        {
            op.class.clone_from(&begun.class);
            op.provider.clone_from(&begun.provider);
            op.agent.clone_from(&begun.agent);
            op.params.clone_from(&begun.params);
        }
        op
    }

    /// An operation begins. A start counts from here on: one that fails has to be undone too.
    pub(super) fn begins(&mut self, op: &ResourceOp) {
        if matches!(op.operation.as_str(), "start" | "migrate_from") {
            self.0.insert(op.key.resource.clone(), op.into());
        }
    }

    /// Writes it into a Cib that is to be planned with, as found running on this node: all, or what
    /// has no history there.
    pub(super) fn write_down(&self, cib: &mut Cib, node: &NodeName, all: bool) {
        for begun in self.0.values().filter(|begun| !begun.resource.is_empty()) {
            if !all && book::has_history(cib, node, &begun.resource) {
                continue;
            }
            let (class, provider) = (begun.class.clone(), begun.provider.clone());
            let what = ResourceHistory {
                id: begun.resource.clone(),
                class: Some(class),
                provider,
                agent: Some(begun.agent.clone()),
                ..ResourceHistory::default()
            };
            book::write_found(cib, node, what);
        }
    }

    /// An operation has ended with this exit code.
    pub(super) fn ended(&mut self, op: &ResourceOp, rc: i32) {
        const OK: i32 = 0;
        const NOT_RUNNING: i32 = 7;
        match op.operation.as_str() {
            "stop" if rc == OK => {
                self.0.remove(&op.key.resource);
            }
            "monitor" if op.is_probe && rc == NOT_RUNNING => {
                self.0.remove(&op.key.resource);
            }
            "reload-agent" if rc == OK => {
                self.0.insert(op.key.resource.clone(), op.into());
            }
            _ => {}
        }
    }
}
