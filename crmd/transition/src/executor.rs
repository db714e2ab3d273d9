//! Walks a graph: hands out what is ready, takes in what the log says of the outcome.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use rota_ids::NodeName;

use crate::action::Progress;
use crate::graph::{Action, ActionId, Graph, Part, Task};

/// What the loss of a node means for a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Anything but notifications was to be done there.
    pub is_missed: bool,
    /// Something that was to be carried to its end, perhaps elsewhere, will not be done.
    pub is_broken: bool,
}

/// What is in flight beside this graph: it counts against the same limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Burden {
    /// Operations in flight on each node.
    pub per_node: BTreeMap<NodeName, u32>,
    /// All of them.
    pub total: u32,
}

/// How many actions may be in flight at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// On one node (`node-action-limit`).
    pub per_node: u32,
}

impl Limits {
    /// Twice the cores that even a small controller has; what a loaded host can start at once
    /// without its agents running into their timeouts.
    pub const DEFAULT: Self = Self { per_node: 8 };
}

/// What the executor is told. Outcomes come from the log, never from a node directly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Hand out what can begin.
    Begin,
    /// This action is in flight already, from an earlier graph: do not hand it out again. Given
    /// before [`Input::Begin`]; it has no effects.
    Adopt(ActionId),
    /// The log holds this action's good end.
    Confirmed(ActionId),
    /// The log holds this action's failure.
    Failed(ActionId),
    /// The plan is stale: hand out nothing more but what belongs to units of work that have begun.
    Drain,
}

/// What the executor wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Carry out this action of the graph.
    Perform(ActionId),
    /// Nothing is in flight and nothing more can begin.
    Finished {
        /// Whether every action came to a good end.
        complete: bool,
    },
}

/// One graph being carried out.
///
/// It leaves nothing to choose: an action begins when its inputs are complete and the limits
/// allow it; among those, higher priority and lower id first. It never improvises: a failure
/// only keeps those behind it from beginning, and a new plan is somebody else's business.
#[derive(Clone, Debug)]
pub struct Executor {
    pub(crate) graph: Graph,
    outputs: Vec<Vec<ActionId>>,
    pub(crate) progress: Vec<Progress>,
    ready: BTreeSet<(Reverse<i32>, ActionId)>,
    in_flight: BTreeMap<NodeName, u32>,
    migrations: BTreeMap<NodeName, u32>,
    in_flight_total: u32,
    limits: Limits,
    burden: Burden,
    draining: bool,
    finished: bool,
}

impl Executor {
    /// An executor for this graph; nothing begins before [`Input::Begin`].
    pub fn new(graph: Graph, limits: Limits) -> Self {
        let outputs = graph.outputs();
        let progress: Vec<Progress> = graph
            .actions
            .iter()
            .map(|action| Progress::Waiting {
                inputs: u32::try_from(action.inputs.len()).unwrap_or(u32::MAX),
            })
            .collect();
        let mut executor = Self {
            graph,
            outputs,
            progress,
            ready: BTreeSet::new(),
            in_flight: BTreeMap::new(),
            migrations: BTreeMap::new(),
            in_flight_total: 0,
            limits,
            burden: Burden::default(),
            draining: false,
            finished: false,
        };
        for index in 0..executor.graph.actions.len() {
            if executor.graph.actions[index].inputs.is_empty() {
                executor.make_ready(executor.graph.actions[index].id);
            }
        }
        executor
    }

    /// An executor that goes on with a graph, of which this much has been done.
    pub(crate) fn over(self, graph: Graph, progress: Vec<Progress>) -> Self {
        let mut executor = Self { draining: true, ..Self::new(graph, self.limits) };
        executor.ready.clear();
        executor.progress.fill(Progress::Waiting { inputs: 0 });
        for (index, progress) in progress.into_iter().enumerate() {
            let id = executor.graph.actions[index].id;
            match progress {
                Progress::InFlight => executor.enter_in_flight(id),
                other => executor.progress[index] = other,
            }
        }
        executor.drain();
        executor
    }

    /// The graph being carried out.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// How far an action is; none for an id that is not of this graph.
    pub fn progress(&self, id: ActionId) -> Option<Progress> {
        self.progress.get(id.index()).copied()
    }

    /// Whether nothing is in flight and nothing more can begin.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// How many actions have come to a good end, and how many there are.
    pub fn count(&self) -> (usize, usize) {
        let done = self.progress.iter().filter(|p| matches!(p, Progress::Done)).count();
        (done, self.progress.len())
    }

    /// The actions in flight, in the order of their ids.
    pub fn in_flight(&self) -> impl Iterator<Item = &Action> {
        self.graph.actions.iter().filter(|a| self.progress(a.id) == Some(Progress::InFlight))
    }

    /// The actions that have not begun and still may, in the order of their ids.
    pub fn waiting(&self) -> impl Iterator<Item = &Action> {
        self.graph.actions.iter().filter(move |a| {
            let progress = self.progress(a.id);
            !self.finished && matches!(progress, Some(Progress::Waiting { .. } | Progress::Ready))
        })
    }

    /// What is in flight beside this graph from now on.
    pub fn set_burden(&mut self, burden: Burden) {
        self.burden = burden;
    }

    /// Takes in one event and says what must be done now.
    pub fn step(&mut self, input: Input, todo: &mut Vec<Effect>) {
        self.step_holding(input, &|_| false, todo);
    }

    /// The same, but leaves alone for now what is `held` by something outside of this graph. It
    /// begins at a later step at which it is not.
    pub fn step_holding(
        &mut self,
        input: Input,
        held: &dyn Fn(&Action) -> bool,
        todo: &mut Vec<Effect>,
    ) {
        match input {
            Input::Begin => {}
            // Nothing is handed out for it: the graph has not begun.
            Input::Adopt(id) => return self.enter_in_flight(id),
            Input::Confirmed(id) => self.enter_ended(id, Progress::Done),
            Input::Failed(id) => self.enter_ended(id, Progress::Failed),
            Input::Drain => self.draining = true,
        }
        if self.draining {
            self.drain();
        }
        self.hand_out(held, todo);
        self.look_for_the_end(todo);
    }

    /// A node answers no more. What it was to begin it will not; a notification under way there
    /// has had its time. With `is_off` nothing of it is under way there any more, either. What
    /// follows comes with the next step.
    pub fn lose(&mut self, node: &NodeName, is_off: bool) -> Loss {
        let mut is_missed = false;
        for index in 0..self.graph.actions.len() {
            let action = &self.graph.actions[index];
            if action.performer() != Some(node)
                || !matches!(action.task, Task::Resource(_))
                || self.progress[index].is_over()
            {
                continue;
            }
            let (id, is_notification) = (action.id, action.is_notification());
            let begun = matches!(self.progress[index], Progress::InFlight);
            if is_notification {
                self.enter_ended(id, Progress::Done);
            } else {
                is_missed = true;
                if is_off || !begun {
                    self.enter_ended(id, Progress::Failed);
                }
            }
        }
        Loss { is_missed, is_broken: self.draining && self.drain() }
    }

    /// What belongs to no unit of work that has begun will not be done. Whether that takes away
    /// anything that an agent was to do.
    pub(crate) fn drain(&mut self) -> bool {
        let mut is_broken = false;
        self.draining = true;
        let carried = self.carried();
        self.ready.clear();
        for index in 0..self.graph.actions.len() {
            if self.progress[index].is_over() || self.progress[index] == Progress::InFlight {
                continue;
            }
            if !carried[index] {
                let place = self.graph.actions[index].unit;
                is_broken |= place.is_some_and(|place| place.part == Part::Main);
                self.progress[index] = Progress::Dropped;
                continue;
            }
            let inputs = &self.graph.actions[index].inputs;
            let open = inputs.iter().filter(|i| carried[i.index()] && self.is_open(**i)).count();
            let id = self.graph.actions[index].id;
            match u32::try_from(open).unwrap_or(u32::MAX) {
                0 => self.make_ready(id),
                inputs => self.progress[index] = Progress::Waiting { inputs },
            }
        }
        is_broken
    }

    fn is_open(&self, id: ActionId) -> bool {
        !self.progress[id.index()].is_over()
    }

    fn hand_out(&mut self, held: &dyn Fn(&Action) -> bool, todo: &mut Vec<Effect>) {
        let mut held_back = Vec::new();
        while let Some(first) = self.ready.pop_first() {
            let (_, id) = first;
            if !self.may_begin(id) || held(&self.graph.actions[id.index()]) {
                held_back.push(first);
                continue;
            }
            if matches!(self.graph.actions[id.index()].task, Task::Pseudo { .. }) {
                self.progress[id.index()] = Progress::InFlight;
                self.end(id, Progress::Done);
            } else {
                self.enter_in_flight(id);
                todo.push(Effect::Perform(id));
            }
        }
        self.ready.extend(held_back);
    }

    fn look_for_the_end(&mut self, todo: &mut Vec<Effect>) {
        let idle = self.in_flight_total == 0 && self.ready.is_empty();
        if idle && !self.finished {
            self.finished = true;
            let complete = self.progress.iter().all(|p| matches!(p, Progress::Done));
            todo.push(Effect::Finished { complete });
        }
    }

    fn may_begin(&self, id: ActionId) -> bool {
        let action = &self.graph.actions[id.index()];
        if matches!(action.task, Task::Pseudo { .. }) {
            return true;
        }
        // Whoever is about to be asked something is not let go: the answer may be that something
        // runs there.
        if matches!(action.task, Task::Shutdown) && self.is_to_answer(action) {
            return false;
        }
        let limit = self.graph.batch_limit;
        if limit != 0 && self.in_flight_total + self.burden.total >= limit {
            return false;
        }
        let Some(host) = action.performer() else { return true };
        let count = |of: &BTreeMap<NodeName, u32>| of.get(host).copied().unwrap_or(0);
        // Cancelling costs nothing and frees a slot: it is never held back.
        if matches!(action.task, Task::Resource(_))
            && count(&self.in_flight) + count(&self.burden.per_node) >= self.limits.per_node
        {
            return false;
        }
        match self.graph.migration_limit {
            Some(most) if is_migration(action) => {
                self.migrations.get(host).copied().unwrap_or(0) < most
            }
            Some(_) | None => true,
        }
    }

    /// Whether the node of an action is doing something, or will as soon as the limits allow it.
    fn is_to_answer(&self, of: &Action) -> bool {
        self.graph.actions.iter().any(|action| {
            matches!(action.task, Task::Resource(_))
                && action.performer() == of.performer()
                && matches!(self.progress[action.id.index()], Progress::Ready | Progress::InFlight)
        })
    }

    fn make_ready(&mut self, id: ActionId) {
        self.progress[id.index()] = Progress::Ready;
        self.ready.insert((Reverse(self.graph.actions[id.index()].priority), id));
    }

    fn enter_in_flight(&mut self, id: ActionId) {
        let Some(action) = self.graph.actions.get(id.index()) else { return };
        if !matches!(self.progress[id.index()], Progress::Ready | Progress::Waiting { .. }) {
            return;
        }
        self.ready.remove(&(Reverse(action.priority), id));
        self.progress[id.index()] = Progress::InFlight;
        self.in_flight_total += 1;
        if let Some(host) = action.performer() {
            *self.in_flight.entry(host.clone()).or_default() += 1;
            if is_migration(action) {
                *self.migrations.entry(host.clone()).or_default() += 1;
            }
        }
    }

    fn enter_ended(&mut self, id: ActionId, end: Progress) {
        let Some(action) = self.graph.actions.get(id.index()) else { return };
        // The log may speak of an action twice (a result told again after a change of DC), and
        // of one that was held back here but had been done by an older order.
        match self.progress[id.index()] {
            Progress::Done | Progress::Failed | Progress::Dropped => return,
            Progress::InFlight => {
                self.in_flight_total -= 1;
                if let Some(host) = action.performer() {
                    release(&mut self.in_flight, host);
                    if is_migration(action) {
                        release(&mut self.migrations, host);
                    }
                }
            }
            Progress::Ready => {
                self.ready.remove(&(Reverse(action.priority), id));
            }
            Progress::Waiting { .. } => {}
        }
        self.end(id, end);
    }

    fn end(&mut self, id: ActionId, end: Progress) {
        self.progress[id.index()] = end;
        if !end.is_complete(self.graph.actions[id.index()].can_fail) {
            return;
        }
        for output in std::mem::take(&mut self.outputs[id.index()]) {
            if let Progress::Waiting { inputs } = &mut self.progress[output.index()] {
                *inputs -= 1;
                if *inputs == 0 {
                    self.make_ready(output);
                }
            }
        }
    }
}

fn is_migration(action: &Action) -> bool {
    match &action.task {
        Task::Resource(op) => matches!(op.operation.as_str(), "migrate_to" | "migrate_from"),
        Task::Pseudo { .. }
        | Task::Cancel { .. }
        | Task::Fence { .. }
        | Task::ClearFailures { .. }
        | Task::Shutdown
        | Task::DeleteHistory { .. }
        | Task::Maintenance { .. }
        | Task::LiftShutdownLock { .. } => false,
    }
}

fn release(count: &mut BTreeMap<NodeName, u32>, host: &NodeName) {
    if let Some(n) = count.get_mut(host) {
        *n -= 1;
        if *n == 0 {
            count.remove(host);
        }
    }
}
