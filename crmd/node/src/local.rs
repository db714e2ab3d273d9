//! This node's own resources: orders taken, agents running, monitors that come back, results that
//! the log does not hold yet.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use rota_cib::Cib;
use rota_ids::{Incarnation, Moment, NodeName, Term, Text};
use rota_transition::{OpKey, ResourceOp};
use serde::{Deserialize, Serialize};

mod devices;
mod running;
mod watch;

use crate::book;
use crate::entry::{Entry, OperationResult};
use crate::event::{AgentOutcome, Effect, ExecStatus, Now, RunId};
use crate::limits::REMEMBERED_ORDERS;
use crate::order::{Order, OrderId, OrderTask, Token};
use crate::state::ClusterState;
use running::Running;

/// What became of an order that was brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is, or was, being carried out.
    Yes,
    /// A newer token has been seen.
    Refused(Token),
}

/// What a restarted daemon of the same boot must know of the life before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Which cluster of this host it is about; empty in what older versions left.
    #[serde(default)]
    cluster: Text,
    newest: Token,
    call: i64,
    runs: Vec<(RunId, Run)>,
    recurring: Vec<Repeated>,
    fence_devices: BTreeSet<Text>,
    untold: Vec<OperationResult>,
    #[serde(default)]
    running: Running,
}

impl Memory {
    /// The same, for the cluster that this host belongs to now.
    pub(crate) fn about(self, cluster: &Text) -> Self {
        Self { cluster: cluster.clone(), ..self }
    }

    /// Whether it is about this cluster of the host, or may be.
    pub(crate) fn is_of(&self, cluster: &Text) -> bool {
        self.cluster.is_empty() || self.cluster == *cluster
    }

    /// What it knows to be running here.
    pub(crate) fn running(&self) -> Vec<Text> {
        self.running.names()
    }

    /// Forgets a newest token from beyond this term.
    pub(crate) fn believe_up_to(&mut self, term: Term) {
        if self.newest.term > term {
            self.newest = Token::default();
        }
    }
}

/// A monitor that comes back, as a restarted daemon must know it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Repeated {
    op: ResourceOp,
    told: Option<i32>,
    /// The order whose first result the log does not hold.
    order: Option<Order>,
}

/// One run of an agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Run {
    /// The order that it answers.
    order: Option<Order>,
    /// What is run.
    op: ResourceOp,
    /// Whether this looks what became of an operation whose end is lost.
    looks_for: Option<Box<ResourceOp>>,
    /// Whether it has ended; it is kept until the log holds the end.
    #[serde(default)]
    ended: bool,
}

/// A monitor that comes back.
struct Recurring {
    op: ResourceOp,
    /// The order whose first result is still to come.
    order: Option<Order>,
    next: Moment,
    running: Option<RunId>,
    /// What was last told to the log.
    told: Option<i32>,
}

/// This node's own resources.
pub struct Local {
    name: NodeName,
    life: Incarnation,
    newest: Token,
    next_run: u64,
    call: i64,
    runs: BTreeMap<RunId, Run>,
    recurring: BTreeMap<OpKeyOrd, Recurring>,
    /// Orders taken whose end the log does not hold.
    open_orders: BTreeMap<OrderId, Order>,
    /// Orders whose end the log holds, should they be brought again.
    closed_orders: VecDeque<OrderId>,
    /// Fence devices "started" here: this node watches over them.
    fence_devices: BTreeSet<Text>,
    /// Stops of fence devices that wait for the end of their start.
    device_stops: Vec<(ResourceOp, Option<Order>)>,
    /// What was begun here, as it was begun.
    running: Running,
    /// Results that answer no order and that the log does not hold, by their call.
    untold: BTreeMap<i64, OperationResult>,
    /// Runs whose end the log holds now.
    settled: Vec<RunId>,
    changed: bool,
}

/// An operation's key, in an order.
type OpKeyOrd = (Text, Text, u32);

fn ord(key: &OpKey) -> OpKeyOrd {
    (key.resource.clone(), key.operation.clone(), key.interval)
}

impl Local {
    /// A node's own resources after the start of its daemon. With a memory of the same boot the
    /// monitors go on, and results that are still to come find their orders.
    pub fn new(name: NodeName, life: Incarnation, now: Now, memory: Option<Memory>) -> Self {
        let memory = memory.unwrap_or_default();
        let orders = memory.runs.iter().filter_map(|(_, run)| run.order.clone());
        let first_results = memory.recurring.iter().filter_map(|repeated| repeated.order.clone());
        let open_orders = orders.chain(first_results).map(|order| (order.id, order)).collect();
        let recurring = memory.recurring.into_iter().map(|Repeated { op, told, order }| {
            // That something failed may never have come into the log.
            let told = told.filter(|rc| *rc == op.expected_rc);
            (ord(&op.key), Recurring { op, order, next: now.moment, running: None, told })
        });
        Self {
            name,
            life,
            newest: memory.newest,
            next_run: u64::from(life.start.0) << 32,
            call: memory.call,
            recurring: recurring.collect(),
            runs: memory.runs.into_iter().collect(),
            open_orders,
            closed_orders: VecDeque::new(),
            fence_devices: memory.fence_devices,
            device_stops: Vec::new(),
            running: memory.running,
            untold: memory.untold.into_iter().map(|r| (r.record.call_id, r)).collect(),
            settled: Vec::new(),
            changed: false,
        }
    }

    /// Goes on with what an earlier life of the daemon left: runs that never began, for the
    /// journal of agents does not know them, begin now. The end of the others is to come. What
    /// the log does not hold is told again.
    pub fn resume(
        &mut self,
        known: &BTreeSet<RunId>,
        entries: &mut Vec<Entry>,
        todo: &mut Vec<Effect>,
    ) {
        entries.extend(self.untold.values().cloned().map(Box::new).map(Entry::Result));
        for (run, what) in &self.runs {
            if !known.contains(run) {
                todo.push(Effect::RunAgent { run: *run, op: Box::new(what.op.clone()) });
            }
        }
    }

    /// From now on orders older than this are refused.
    pub fn see(&mut self, token: Token) {
        if token > self.newest {
            self.newest = token;
            self.changed = true;
        }
    }

    /// The newest token seen.
    pub fn newest(&self) -> Token {
        self.newest
    }

    /// Orders taken whose end the log does not hold.
    pub fn open_orders(&self) -> impl Iterator<Item = &Order> {
        self.open_orders.values()
    }

    /// Takes an order, unless a newer token has been seen. Brought twice it is carried out once.
    pub fn take(
        &mut self,
        now: Now,
        order: Order,
        entries: &mut Vec<Entry>,
        todo: &mut Vec<Effect>,
    ) -> Taken {
        if self.open_orders.contains_key(&order.id) || self.closed_orders.contains(&order.id) {
            return Taken::Yes;
        }
        if order.token < self.newest {
            return Taken::Refused(self.newest);
        }
        self.see(order.token);
        self.changed = true;
        match order.task.clone() {
            OrderTask::Run(op) if op.interval > 0 => {
                self.open_orders.insert(order.id, order.clone());
                self.begin_recurring(now, *op, order, entries, todo);
            }
            OrderTask::Run(op) => {
                self.open_orders.insert(order.id, order.clone());
                self.make_way(&op, entries, todo);
                self.begin(now, *op, Some(order), entries, todo);
            }
            OrderTask::Cancel { resource, operation, interval } => {
                let key = (resource, operation, interval);
                self.end_recurring(&key, entries, todo);
                self.open_orders.insert(order.id, order.clone());
                entries.push(self.cancelled(order.id, &key));
            }
            // The node as a whole leaves, not its resources.
            OrderTask::Leave => {}
        }
        Taken::Yes
    }

    /// Begins a stop or the like that nobody ordered (quorum is lost).
    pub fn take_alone(
        &mut self,
        now: Now,
        op: ResourceOp,
        entries: &mut Vec<Entry>,
        todo: &mut Vec<Effect>,
    ) -> Option<RunId> {
        self.make_way(&op, entries, todo);
        self.begin(now, op, None, entries, todo)
    }

    /// Whether the cluster holds this boot for over: others run what runs here.
    pub fn is_held_for_over(&self, state: &ClusterState) -> bool {
        let Some(me) = state.node_named(&self.name).map(|member| member.id) else { return false };
        let ended = state.ended.get(&me);
        let said_goodbye = ended.is_some() && state.view.left.get(&me) == ended;
        ended.is_some_and(|life| life.boot == self.life.boot) && !said_goodbye
    }

    /// Writes down what was begun here as found running here: all of it, or what the Cib knows
    /// nothing of (a store that was lost, a history that was just forgotten).
    pub fn write_what_was_begun(&self, cib: &mut Cib, all: bool) {
        self.running.write_down(cib, &self.name, all);
    }

    /// What happened here and the log does not hold yet, in its order.
    pub fn untold(&self) -> impl Iterator<Item = &OperationResult> {
        self.untold.values()
    }

    /// The log has forgotten failures of a resource here, perhaps one that nothing was done about
    /// yet: what goes on failing must be told again.
    pub fn failures_forgotten(&mut self, resource: &str) {
        for recurring in self.recurring.values_mut() {
            let id = &recurring.op.key.resource;
            let rest = id.strip_prefix(resource);
            let is_meant = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'));
            if is_meant && recurring.told.is_some() {
                recurring.told = Some(recurring.op.expected_rc);
                self.changed = true;
            }
        }
    }

    /// The log holds the result of this call.
    pub fn told(&mut self, call: i64) {
        self.changed |= self.untold.remove(&call).is_some();
    }

    /// The log holds the end of this order.
    pub fn close(&mut self, order: OrderId) {
        if self.open_orders.remove(&order).is_some() {
            let is_of = |run: &Run| run.order.as_ref().is_some_and(|o| o.id == order) && run.ended;
            let settled: Vec<RunId> =
                self.runs.iter().filter(|(_, run)| is_of(run)).map(|(id, _)| *id).collect();
            for run in settled {
                self.runs.remove(&run);
                self.settled.push(run);
            }
            self.closed_orders.push_back(order);
            if self.closed_orders.len() > REMEMBERED_ORDERS {
                self.closed_orders.pop_front();
            }
            self.changed = true;
        }
    }

    /// An agent ended: what of it belongs into the log.
    pub fn ended(
        &mut self,
        now: Now,
        id: RunId,
        outcome: AgentOutcome,
        entries: &mut Vec<Entry>,
        todo: &mut Vec<Effect>,
    ) {
        let Some(mut run) = self.runs.remove(&id) else { return };
        self.changed = true;
        // The journal keeps the outcome of an ordered run until the log has it: should this
        // daemon die before, the next one tells it.
        if run.order.is_some() && outcome.status != ExecStatus::Lost {
            run.ended = true;
            self.runs.insert(id, run.clone());
        } else {
            todo.push(Effect::ForgetRun(id));
        }
        if outcome.status == ExecStatus::Lost {
            self.look_after(run, todo);
        } else if let Some(lost) = run.looks_for {
            let seen = AgentOutcome { rc: what_it_did(&lost, outcome.rc), ..outcome };
            if lost.class == "stonith" {
                self.watch_over(&lost, seen.rc);
            }
            self.go_on_watching(now, &lost, seen.rc, entries, todo);
            self.tell(&lost, run.order.as_ref(), &seen, entries);
        } else if run.op.interval > 0 {
            self.recurring_ended(now, id, &run.op, &outcome, entries);
        } else {
            if run.op.class == "stonith" {
                self.watch_over(&run.op, outcome.rc);
            }
            self.go_on_watching(now, &run.op, outcome.rc, entries, todo);
            self.tell(&run.op, run.order.as_ref(), &outcome, entries);
        }
        self.stop_devices(now, entries);
    }

    /// Begins the monitors whose time has come, and lets go of what the log holds.
    pub fn wake(&mut self, now: Now, todo: &mut Vec<Effect>) {
        todo.extend(self.settled.drain(..).map(Effect::ForgetRun));
        let due: Vec<OpKeyOrd> = self
            .recurring
            .iter()
            .filter(|(_, r)| r.running.is_none() && now.moment >= r.next && !self.is_held(r))
            .map(|(key, _)| key.clone())
            .collect();
        for key in due {
            let id = self.new_run();
            let Some(recurring) = self.recurring.get_mut(&key) else { continue };
            // At a fixed pace from start to start; a run that took longer than the interval is
            // followed by the next one at once.
            let interval = Duration::from_millis(u64::from(recurring.op.interval));
            recurring.next = recurring.next.max(now.moment - interval) + interval;
            recurring.running = Some(id);
            let op = recurring.op.clone();
            let run = Run { order: None, op: op.clone(), looks_for: None, ended: false };
            self.runs.insert(id, run);
            todo.push(Effect::RunAgent { run: id, op: Box::new(op) });
        }
    }

    /// When [`Self::wake`] is wanted next.
    pub fn next_wake(&self) -> Option<Moment> {
        let waits = |r: &&Recurring| r.running.is_none() && !self.is_held(r);
        self.recurring.values().filter(waits).map(|r| r.next).min()
    }

    /// What a restarted daemon of this boot must know, when that has changed since the last call.
    pub fn memory_if_changed(&mut self) -> Option<Memory> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        Some(Memory {
            cluster: Text::default(),
            newest: self.newest,
            call: self.call,
            // Monitors are simply begun again.
            runs: self
                .runs
                .iter()
                .filter(|(_, run)| run.order.is_some() || run.op.interval == 0)
                .map(|(id, run)| (*id, run.clone()))
                .collect(),
            recurring: self.recurring.values().map(|r| self.repeated(r)).collect(),
            fence_devices: self.fence_devices.clone(),
            running: self.running.clone(),
            untold: self.untold.values().cloned().collect(),
        })
    }

    /// A first result may be on its way into the log: its order is open until it is there.
    fn repeated(&self, recurring: &Recurring) -> Repeated {
        let is_it = |order: &&Order| match &order.task {
            OrderTask::Run(op) => op.interval > 0 && op.key == recurring.op.key,
            OrderTask::Cancel { .. } | OrderTask::Leave => false,
        };
        let order = recurring.order.as_ref().or_else(|| self.open_orders.values().rfind(is_it));
        Repeated { op: recurring.op.clone(), told: recurring.told, order: order.cloned() }
    }

    fn new_run(&mut self) -> RunId {
        self.next_run += 1;
        RunId(self.next_run)
    }

    fn begin(
        &mut self,
        now: Now,
        op: ResourceOp,
        order: Option<Order>,
        entries: &mut Vec<Entry>,
        todo: &mut Vec<Effect>,
    ) -> Option<RunId> {
        if op.class == "stonith" && op.operation == "stop" && self.is_being_tried(&op.resource) {
            self.device_stops.push((op, order));
            return None;
        }
        if op.class == "stonith"
            && let Some(rc) = self.answer_for_device(&op)
        {
            let outcome = AgentOutcome::at_once(now, rc);
            self.tell(&op, order.as_ref(), &outcome, entries);
            return None;
        }
        let op = self.running.as_begun(op);
        self.running.begins(&op);
        let id = self.new_run();
        self.runs.insert(id, Run { order, op: op.clone(), looks_for: None, ended: false });
        todo.push(Effect::RunAgent { run: id, op: Box::new(op) });
        Some(id)
    }

    fn begin_recurring(
        &mut self,
        now: Now,
        op: ResourceOp,
        order: Order,
        entries: &mut Vec<Entry>,
        todo: &mut Vec<Effect>,
    ) {
        let key = ord(&op.key);
        self.end_recurring(&key, entries, todo);
        let next = now.moment + Duration::from_millis(op.start_delay_ms);
        let entry = Recurring { op, order: Some(order), next, running: None, told: None };
        self.recurring.insert(key, entry);
        self.wake(now, todo);
    }

    fn end_recurring(&mut self, key: &OpKeyOrd, entries: &mut Vec<Entry>, todo: &mut Vec<Effect>) {
        let Some(recurring) = self.recurring.remove(key) else { return };
        self.changed = true;
        // The DC waits for a first result that will never come: tell it so.
        if let Some(order) = recurring.order {
            entries.push(self.cancelled(order.id, key));
        }
        if let Some(running) = recurring.running {
            self.runs.remove(&running);
            todo.push(Effect::CancelAgent(running));
            todo.push(Effect::ForgetRun(running));
        }
    }

    /// Only the first result of a monitor and changes are told: the rest is no news.
    fn recurring_ended(
        &mut self,
        now: Now,
        id: RunId,
        op: &ResourceOp,
        outcome: &AgentOutcome,
        entries: &mut Vec<Entry>,
    ) {
        let Some(recurring) = self.recurring.get_mut(&ord(&op.key)) else { return };
        if recurring.running == Some(id) {
            recurring.running = None;
        }
        recurring.next = recurring.next.max(now.moment);
        if outcome.status == ExecStatus::Cancelled {
            return;
        }
        let order = recurring.order.take();
        if order.is_none() && recurring.told == Some(outcome.rc) {
            return;
        }
        recurring.told = Some(outcome.rc);
        self.tell(op, order.as_ref(), outcome, entries);
    }

    fn cancelled(&self, order: OrderId, key: &OpKeyOrd) -> Entry {
        let (resource, operation, interval) = key.clone();
        Entry::Cancelled { node: self.name.clone(), order, resource, operation, interval }
    }

    /// The end of an operation is lost: look what it left behind.
    fn look_after(&mut self, run: Run, todo: &mut Vec<Effect>) {
        let id = self.new_run();
        let lost = run.looks_for.unwrap_or_else(|| Box::new(run.op));
        let look = ResourceOp {
            operation: "monitor".into(),
            interval: 0,
            is_probe: true,
            ..(*lost).clone()
        };
        self.runs.insert(
            id,
            Run { order: run.order, op: look.clone(), looks_for: Some(lost), ended: false },
        );
        todo.push(Effect::RunAgent { run: id, op: Box::new(look) });
    }

    fn tell(
        &mut self,
        op: &ResourceOp,
        order: Option<&Order>,
        outcome: &AgentOutcome,
        entries: &mut Vec<Entry>,
    ) {
        self.call += 1;
        self.changed = true;
        self.running.ended(op, outcome.rc);
        let result = OperationResult {
            node: self.name.clone(),
            life: self.life,
            order: order.map(|order| order.id),
            resource: op.resource.clone(),
            class: op.class.clone(),
            provider: op.provider.clone(),
            agent: op.agent.clone(),
            expected_rc: op.expected_rc,
            is_probe: op.is_probe,
            recorded: op.operation != "notify",
            record: book::record(&self.name, op, order, outcome, self.call),
        };
        if order.is_none() {
            self.untold.insert(self.call, result.clone());
        }
        entries.push(Entry::Result(Box::new(result)));
    }
}

/// What an operation whose end is lost must have done, judged by what a monitor says now.
fn what_it_did(lost: &ResourceOp, monitor: i32) -> i32 {
    const OK: i32 = 0;
    const NOT_RUNNING: i32 = 7;
    const PROMOTED: i32 = 8;
    let good = match lost.operation.as_str() {
        "stop" | "migrate_to" => monitor == NOT_RUNNING,
        "promote" => monitor == PROMOTED,
        "start" | "demote" | "migrate_from" => monitor == OK,
        _ => return monitor,
    };
    match (good, monitor) {
        (true, _) => lost.expected_rc,
        // A good code at the wrong place is still not what was wanted.
        (false, OK | PROMOTED) => 1,
        (false, rc) => rc,
    }
}

impl AgentOutcome {
    /// The outcome of something that needed no agent.
    pub fn at_once(now: Now, rc: i32) -> Self {
        Self {
            rc,
            status: ExecStatus::Done,
            reason: Text::default(),
            started: now.wall,
            exec_ms: 0,
            queue_ms: 0,
            agent: None,
        }
    }
}
