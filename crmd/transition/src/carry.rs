//! What of a graph goes on when its plan is replaced: the units of work that have begun.
//!
//! Two promises of a unit that has begun: nobody's action begins unless everything that the plan
//! put before it is complete or carried, too; and whoever is to hear of what was done does hear of
//! it, with the words of the plan that began it, whatever is planned meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use crate::action::Progress;
use crate::executor::Executor;
use crate::graph::{Action, ActionId, Graph, Part, Task, UnitId};

/// The rest of a graph whose plan was replaced.
#[derive(Clone, Debug)]
pub struct Carried {
    /// Walks what is left.
    pub executor: Executor,
    /// The ids that its actions had in the whole graph, and have now.
    pub ids: BTreeMap<ActionId, ActionId>,
}

impl Executor {
    /// For each action whether it is in flight or still to be done although the plan is replaced.
    pub(crate) fn carried(&self) -> Vec<bool> {
        let begun = self.begun_units();
        let unit_of = |action: &Action| action.unit.map(|place| place.unit);
        let mut carried: Vec<bool> = self
            .graph
            .actions
            .iter()
            .map(|action| match self.progress[action.id.index()] {
                Progress::InFlight => is_work(action),
                Progress::Waiting { .. } | Progress::Ready => {
                    unit_of(action).is_some_and(|unit| begun.contains(&unit))
                }
                Progress::Done | Progress::Failed | Progress::Dropped => false,
            })
            .collect();
        loop {
            let alive = self.units_with_something_done(&carried);
            let loses = |action: &&Action| {
                carried[action.id.index()]
                    && self.progress[action.id.index()] != Progress::InFlight
                    && !self.stays(action, &carried, &alive)
            };
            let lost: Vec<usize> =
                self.graph.actions.iter().filter(loses).map(|a| a.id.index()).collect();
            if lost.is_empty() {
                return carried;
            }
            for index in lost {
                carried[index] = false;
            }
        }
    }

    /// Whether an action that has not begun is still to be done, given what else is carried.
    fn stays(&self, action: &Action, carried: &[bool], alive: &BTreeSet<UnitId>) -> bool {
        let Some(place) = action.unit else { return false };
        let is_alive = alive.contains(&place.unit);
        match place.part {
            Part::After => is_alive,
            Part::Before | Part::Main => {
                is_alive
                    && action.inputs.iter().all(|input| {
                        let before = &self.graph.actions[input.index()];
                        carried[input.index()]
                            || self.progress[input.index()].is_complete(before.can_fail)
                    })
            }
        }
    }

    /// Units of which an agent has been asked for something.
    fn begun_units(&self) -> BTreeSet<UnitId> {
        let has_begun = |action: &&Action| {
            matches!(action.task, Task::Resource(_))
                && matches!(
                    self.progress[action.id.index()],
                    Progress::InFlight | Progress::Done | Progress::Failed
                )
        };
        let actions = self.graph.actions.iter().filter(has_begun);
        actions.filter_map(|action| Some(action.unit?.unit)).collect()
    }

    /// Units of which something is or will be done that others must hear of.
    fn units_with_something_done(&self, carried: &[bool]) -> BTreeSet<UnitId> {
        let counts = |action: &&Action| {
            let index = action.id.index();
            action.unit.is_some_and(|place| place.part == Part::Main)
                && (carried[index] || self.progress[index] == Progress::Done)
        };
        let actions = self.graph.actions.iter().filter(counts);
        actions.filter_map(|action| Some(action.unit?.unit)).collect()
    }

    /// The operations that are in flight, or will be although the plan is replaced.
    pub fn under_way(&self) -> impl Iterator<Item = &Action> {
        let carried = self.carried();
        let is_it = move |action: &&Action| {
            carried[action.id.index()] && matches!(action.task, Task::Resource(_))
        };
        self.graph.actions.iter().filter(is_it)
    }

    /// What is carried on when the plan is replaced, if anything is. The rest of the graph, which
    /// may be large, is let go.
    pub fn into_carried(mut self) -> Option<Carried> {
        // Not a step: what it would hand out would be lost.
        self.drain();
        let carried = self.carried();
        if !carried.contains(&true) {
            return None;
        }
        let units: BTreeSet<UnitId> = self
            .graph
            .actions
            .iter()
            .filter(|action| carried[action.id.index()])
            .filter_map(|action| Some(action.unit?.unit))
            .collect();
        let is_kept = |action: &Action| {
            let is_of_one = action.unit.is_some_and(|place| units.contains(&place.unit));
            carried[action.id.index()]
                || (is_of_one && self.progress[action.id.index()] != Progress::Dropped)
        };
        let kept: Vec<usize> =
            self.graph.actions.iter().filter(|a| is_kept(a)).map(|a| a.id.index()).collect();
        let ids: BTreeMap<ActionId, ActionId> = (0..)
            .map(ActionId)
            .zip(&kept)
            .map(|(new, old)| (self.graph.actions[*old].id, new))
            .collect();
        Some(self.only(&kept, ids))
    }

    /// This executor with these actions alone.
    fn only(self, kept: &[usize], ids: BTreeMap<ActionId, ActionId>) -> Carried {
        let mut graph =
            Graph { actions: Vec::with_capacity(kept.len()), ..self.graph.clone_head() };
        for &index in kept {
            let mut action = self.graph.actions[index].clone();
            action.inputs.retain(|input| ids.contains_key(input));
            for input in &mut action.inputs {
                *input = ids[input];
            }
            action.id = ids[&action.id];
            graph.actions.push(action);
        }
        let progress = kept.iter().map(|&index| self.progress[index]).collect();
        Carried { executor: self.over(graph, progress), ids }
    }
}

/// Whether an action is something that a node does for this plan alone. A look is anybody's: the
/// next plan may wait for the same one.
fn is_work(action: &Action) -> bool {
    match &action.task {
        Task::Resource(op) => !(op.is_look() && op.interval == 0),
        Task::Cancel { .. } => true,
        _ => false,
    }
}
