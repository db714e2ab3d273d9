//! The services of a host and the agents that start, stop and look at them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rota_ids::Text;
use rota_node::{AgentOutcome, ExecStatus, RunId};
use rota_transition::ResourceOp;

use crate::clock::{self, MS, Time};
use crate::rng::Rng;

const NOT_RUNNING: i32 = 7;
const PROMOTED: i32 = 8;

/// What the next run of an agent will do instead of its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trick {
    /// It fails, and has done its work half or not at all.
    Fail,
    /// It hangs until its time runs out.
    Hang,
    /// It does its work and says that it failed.
    Lie,
    /// It needs most of its time.
    Slow,
    /// It cannot be executed at all.
    Error,
    /// It says that all is well and has done nothing.
    Pretend,
}

/// One run of an agent. It lives outside of the daemon and outlives it.
#[derive(Clone, Debug)]
pub struct Run {
    /// What is run.
    pub op: ResourceOp,
    /// When it was asked for.
    pub asked: Time,
    /// How far it is.
    pub state: RunState,
}

/// How far a run is.
#[derive(Clone, Debug, PartialEq)]
pub enum RunState {
    /// Another action of the same resource runs.
    Waiting,
    /// It runs.
    Running {
        /// Since when.
        since: Time,
        /// What it does instead of its work.
        trick: Option<Trick>,
    },
    /// It ended; the daemon may not know.
    Ended(AgentOutcome),
}

/// What runs on a host; a power-cut takes all of it.
#[derive(Debug, Default)]
pub struct Services {
    /// Resources that are active. This is the truth that the checkers look at.
    pub active: BTreeSet<Text>,
    /// Those of them that are promoted.
    pub promoted: BTreeSet<Text>,
    /// Runs whose end the daemon has not yet called reported.
    pub runs: BTreeMap<RunId, Run>,
    lines: BTreeMap<Text, VecDeque<RunId>>,
    /// How many seconds the host's wall clock is fast.
    pub wall_is_fast: i64,
    /// What every run of an operation of a resource does instead, whatever is rebooted: a broken
    /// package.
    pub broken: BTreeMap<(Text, Text), Trick>,
    /// Whom replicas follow, where that depends on notifications.
    pub follows: BTreeMap<Text, Text>,
    /// What the next run of an operation of a resource will do instead.
    pub tricks: BTreeMap<(Text, Text), Trick>,
}

/// A run has begun and will end by itself then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// Which.
    pub run: RunId,
    /// How long it takes.
    pub takes: Time,
}

impl Services {
    /// Takes a run in; begins it if nothing else of its resource runs.
    pub fn ask(&mut self, rng: &mut Rng, now: Time, run: RunId, op: ResourceOp) -> Option<Begun> {
        let resource = op.resource.clone();
        self.runs.insert(run, Run { op, asked: now, state: RunState::Waiting });
        let line = self.lines.entry(resource).or_default();
        line.push_back(run);
        if line.len() == 1 { self.begin(rng, now, run) } else { None }
    }

    fn begin(&mut self, rng: &mut Rng, now: Time, id: RunId) -> Option<Begun> {
        let run = self.runs.get_mut(&id)?;
        let op = &run.op;
        let named = |name: &Text| (op.resource.clone(), name.clone());
        let trick = (self.tricks.remove(&named(&op.key.operation)))
            .or_else(|| self.tricks.remove(&named(&op.operation)))
            .or_else(|| self.broken.get(&named(&op.key.operation)).copied())
            .or_else(|| self.broken.get(&named(&op.operation)).copied());
        let timeout = u64::from(op.timeout_ms.max(1)) * MS;
        let takes = match (trick, op.operation.as_str()) {
            (Some(Trick::Hang), _) => timeout,
            (Some(Trick::Slow), _) => timeout * 8 / 10,
            (Some(Trick::Error), _) => MS,
            (_, "monitor") => rng.between(2 * MS, 40 * MS),
            _ => rng.between(10 * MS, 300 * MS),
        };
        // From its first moment on a start may have the service running, a promotion promoted.
        if op.operation == "start" {
            self.active.insert(op.resource.clone());
        }
        if op.operation == "promote" && self.active.contains(&op.resource) {
            self.promoted.insert(op.resource.clone());
        }
        run.state = RunState::Running { since: now, trick };
        Some(Begun { run: id, takes: takes.min(timeout) })
    }

    /// A run has come to its end by itself. The next of its line may begin.
    pub fn end(&mut self, rng: &mut Rng, now: Time, id: RunId) -> Option<Begun> {
        let run = self.runs.get(&id)?.clone();
        let RunState::Running { since, trick } = run.state else { return None };
        let op = &run.op;
        let is_active = self.active.contains(&op.resource);
        let is_promoted = self.promoted.contains(&op.resource);
        let half = rng.chance(500);
        let mut status = ExecStatus::Done;
        let rc = match (op.operation.as_str(), trick) {
            (_, Some(Trick::Error)) => {
                status = ExecStatus::Error;
                if matches!(op.operation.as_str(), "start" | "promote") {
                    self.undo(op);
                }
                1
            }
            ("start" | "promote", Some(Trick::Pretend)) => {
                self.undo(op);
                0
            }
            (_, Some(Trick::Hang)) => {
                status = ExecStatus::TimedOut;
                if half && op.operation != "stop" {
                    self.undo(op);
                }
                1
            }
            ("start" | "promote", Some(Trick::Fail)) => {
                if half {
                    self.undo(op);
                }
                1
            }
            ("stop", Some(Trick::Lie)) => {
                self.leave(&op.resource);
                1
            }
            ("demote", Some(Trick::Lie)) => {
                self.promoted.remove(&op.resource);
                1
            }
            (_, Some(Trick::Lie | Trick::Fail)) => 1,
            ("stop", None | Some(Trick::Slow | Trick::Pretend)) => {
                self.leave(&op.resource);
                0
            }
            ("demote", None | Some(Trick::Slow | Trick::Pretend)) => {
                self.promoted.remove(&op.resource);
                if is_active { 0 } else { NOT_RUNNING }
            }
            ("monitor", None | Some(Trick::Slow | Trick::Pretend)) => {
                match (is_active, is_promoted) {
                    (true, true) => PROMOTED,
                    (true, false) => 0,
                    (false, _) => NOT_RUNNING,
                }
            }
            (
                "promote" | "migrate_to" | "migrate_from",
                None | Some(Trick::Slow | Trick::Pretend),
            ) => i32::from(!is_active),
            (_, None | Some(Trick::Slow | Trick::Pretend)) => 0,
        };
        let outcome = outcome(&run, (since, self.wall_is_fast), now, rc, status);
        let resource = run.op.resource.clone();
        self.runs.insert(id, Run { state: RunState::Ended(outcome), ..run });
        self.leave_line(rng, now, &resource, id)
    }

    /// A run is taken back or killed. Whether there was anything to cancel, and what begins now.
    pub fn cancel(&mut self, rng: &mut Rng, now: Time, id: RunId) -> (bool, Option<Begun>) {
        let fast = self.wall_is_fast;
        let Some(run) = self.runs.get_mut(&id) else { return (false, None) };
        let since = match run.state {
            RunState::Ended(_) => return (false, None),
            RunState::Waiting => now,
            RunState::Running { since, .. } => since,
        };
        let resource = run.op.resource.clone();
        run.state = RunState::Ended(outcome(run, (since, fast), now, 1, ExecStatus::Cancelled));
        (true, self.leave_line(rng, now, &resource, id))
    }

    /// The agent dies with its daemon, and nobody knows how far it came.
    pub fn lose(&mut self, rng: &mut Rng, now: Time, id: RunId) -> Option<Begun> {
        let run = self.runs.get(&id)?.clone();
        let RunState::Running { since, .. } = run.state else { return None };
        let changes = matches!(run.op.operation.as_str(), "start" | "stop" | "promote" | "demote");
        if changes && rng.chance(500) {
            self.undo(&run.op);
        }
        let outcome = outcome(&run, (since, self.wall_is_fast), now, 1, ExecStatus::Lost);
        let resource = run.op.resource.clone();
        self.runs.insert(id, Run { state: RunState::Ended(outcome), ..run });
        self.leave_line(rng, now, &resource, id)
    }

    /// The service is gone.
    pub fn leave(&mut self, resource: &Text) {
        self.active.remove(resource);
        self.promoted.remove(resource);
    }

    /// An operation that was broken off may have left its resource as if it had never begun, or
    /// nothing of it.
    fn undo(&mut self, op: &ResourceOp) {
        match op.operation.as_str() {
            "start" | "stop" => self.leave(&op.resource),
            "promote" | "demote" => {
                self.promoted.remove(&op.resource);
            }
            _ => {}
        }
    }

    /// A migration that is about to end cannot reach its target: it will fail.
    pub fn spoil(&mut self, id: RunId) {
        if let Some(Run { state: RunState::Running { trick, .. }, .. }) = self.runs.get_mut(&id) {
            trick.get_or_insert(Trick::Fail);
        }
    }

    /// Where the service goes that this run, which is about to end, has migrated; none when it
    /// is no migration, or one that fails.
    pub fn migrates_to(&self, id: RunId) -> Option<(Text, rota_ids::NodeName)> {
        let run = self.runs.get(&id)?;
        let RunState::Running { trick, .. } = run.state else { return None };
        let works = matches!(trick, None | Some(Trick::Slow | Trick::Lie | Trick::Pretend));
        let is_it = run.op.operation == "migrate_to" && self.active.contains(&run.op.resource);
        let target = run.op.migrate_target.clone()?;
        (works && is_it).then(|| (run.op.resource.clone(), target))
    }

    fn leave_line(
        &mut self,
        rng: &mut Rng,
        now: Time,
        resource: &Text,
        id: RunId,
    ) -> Option<Begun> {
        let line = self.lines.get_mut(resource)?;
        let was_first = line.front() == Some(&id);
        line.retain(|waiting| *waiting != id);
        let next = line.front().copied();
        if line.is_empty() {
            self.lines.remove(resource);
        }
        match next {
            Some(next) if was_first => self.begin(rng, now, next),
            Some(_) | None => None,
        }
    }
}

fn outcome(
    run: &Run,
    (since, wall_is_fast): (Time, i64),
    now: Time,
    rc: i32,
    status: ExecStatus,
) -> AgentOutcome {
    let millis = |span: Time| i64::try_from(span / MS).unwrap_or(i64::MAX);
    AgentOutcome {
        rc,
        status,
        reason: Text::default(),
        started: clock::wall(since, wall_is_fast),
        exec_ms: millis(now.saturating_sub(since)),
        queue_ms: millis(since.saturating_sub(run.asked)),
        agent: None,
    }
}
