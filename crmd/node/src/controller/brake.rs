//! Brakes: what goes wrong again and again is not repeated ever faster, and what a plan wants
//! fenced although it is alive does not cost the cluster its quorum.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rota_ids::{Moment, NodeName, Text};
use rota_transition::{Action, Task};

use crate::limits::{RESTART_PAUSE, RESTART_PAUSE_MAX, RESTARTS_AT_ONCE, RESTARTS_IN_A_ROW_WITHIN};
use crate::state::ClusterState;

use super::Controller;

/// Starts of one resource on one node that followed each other closely.
#[derive(Clone, Copy, Debug)]
struct Row {
    count: u32,
    last: Moment,
}

impl Row {
    /// How long after the last start the next one waits.
    fn pause(self) -> Duration {
        match self.count.checked_sub(RESTARTS_AT_ONCE) {
            None => Duration::ZERO,
            Some(more) => RESTART_PAUSE.saturating_mul(1 << more.min(16)).min(RESTART_PAUSE_MAX),
        }
    }
}

/// What was started how often, and what waits for that reason.
#[derive(Debug, Default)]
pub(super) struct Brake {
    rows: BTreeMap<(Text, NodeName), Row>,
    holding: BTreeSet<Text>,
}

impl Brake {
    /// A start is ordered.
    pub fn started(&mut self, resource: &str, node: &NodeName, now: Moment) {
        let key = (Text::from(resource), node.clone());
        let row = self.rows.entry(key).or_insert(Row { count: 0, last: now });
        let is_close = now.since(row.last) < row.pause() + RESTARTS_IN_A_ROW_WITHIN;
        row.count = if is_close { row.count.saturating_add(1) } else { 1 };
        row.last = now;
        self.rows
            .retain(|_, row| now.since(row.last) < RESTART_PAUSE_MAX + RESTARTS_IN_A_ROW_WITHIN);
    }

    /// Whether the next start has to wait.
    pub fn must_wait(&self, resource: &Text, node: &NodeName, now: Moment) -> bool {
        let row = self.rows.get(&(resource.clone(), node.clone()));
        row.is_some_and(|row| now.since(row.last) < row.pause())
    }

    /// This is held, too.
    pub fn note(&mut self, held: BTreeSet<Text>) {
        self.holding.extend(held);
    }

    /// What is held is looked at anew.
    pub fn forget_what_is_held(&mut self) {
        self.holding.clear();
    }

    /// Whether anything is held that time lets go on.
    pub fn is_holding(&self) -> bool {
        !self.holding.is_empty()
    }

    /// Why an action is held, in words.
    pub fn why_held(&self, action: &Action) -> Option<String> {
        match &action.task {
            Task::Resource(op) if self.holding.contains(op.leaf()) && op.operation == "start" => {
                let node = action.node.clone()?;
                let row = self.rows.get(&(op.leaf().into(), node))?;
                let (count, pause) = (row.count, row.pause().as_millis());
                Some(format!("started {count} times in a row: waits {pause} ms before the next"))
            }
            Task::Fence { target, .. } if self.holding.contains(&target.0) => Some(
                "it is alive, and without it the cluster would lose its quorum, or another one is \
                 being fenced: waits"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

/// Whether a plan may have live members fenced, and whom first.
pub(super) struct Mercy {
    /// Live members that are being fenced.
    fencing: BTreeSet<NodeName>,
    /// Live members that are to be fenced and are not yet.
    waiting: BTreeSet<NodeName>,
    alive: BTreeSet<NodeName>,
    /// How many live members quorum needs.
    needed: usize,
    dc: Option<NodeName>,
}

impl Mercy {
    /// As things are now.
    pub fn of(controller: &Controller, state: &ClusterState) -> Self {
        let alive: BTreeSet<NodeName> = state
            .view
            .members
            .iter()
            .filter(|(id, life)| {
                !state.unclean.contains_key(id)
                    && state.ended.get(id).is_none_or(|ended| ended.boot != life.boot)
            })
            .filter_map(|(id, _)| state.name_of(*id).cloned())
            .collect();
        let target = |action: &Action| match &action.task {
            Task::Fence { target, .. } if alive.contains(target) => Some(target.clone()),
            _ => None,
        };
        let waiting = controller.executor.iter().flat_map(rota_transition::Executor::waiting);
        Self {
            fencing: controller.fencing.intersection(&alive).cloned().collect(),
            waiting: waiting.filter_map(target).collect(),
            needed: state.roster.len() / 2 + 1,
            dc: state.name_of(controller.me).cloned(),
            alive,
        }
    }

    /// Whether to lose this live member would cost the quorum.
    pub fn is_needed(&self, target: &NodeName) -> bool {
        self.alive.contains(target) && self.alive.len() <= self.needed && self.needed > 1
    }

    /// Whether this member must be left alive for now: to lose it would cost the quorum, another
    /// live one is being fenced, or it decides and there are others to be fenced. Who is lost is
    /// fenced in any case.
    pub fn spares(&mut self, target: &NodeName) -> bool {
        if !self.alive.contains(target) {
            return false;
        }
        let is_last = self.waiting.iter().all(|other| other == target);
        let spares = self.fencing.iter().any(|other| other != target)
            || self.is_needed(target)
            || (self.dc.as_ref() == Some(target) && !is_last);
        if !spares {
            self.fencing.insert(target.clone());
        }
        spares
    }
}
