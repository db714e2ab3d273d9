//! The runner: requests in, outcomes out.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::child::{self, wall_now};
use crate::command::{self, Plan, below_keeper, lsb_code, outcome};
use crate::journal::{Begun, Journal};
use crate::keeper::read_result;
use crate::metadata::{Cache, Metadata, MetadataError};
use crate::orphan::{InFlight, Recovered, RecoveredOutcome, boot_clock, keepers};
use crate::outcome::{OcfCode, Outcome, Status};
use crate::queue::{Queues, Turn};
use crate::request::{Action, Agent, Class, OpId, Request};
use crate::systemd;

/// Where things are on this host, and what agents are told beside their request.
#[derive(Clone, Debug)]
pub struct Config {
    /// `OCF_ROOT`; agents are below `resource.d/PROVIDER/TYPE`.
    pub ocf_root: PathBuf,
    /// Where init scripts are.
    pub init_dir: PathBuf,
    /// The program that talks to systemd.
    pub systemctl: PathBuf,
    /// Directory of the tools that agents call (`crm_attribute`...): first in their `PATH`.
    pub tools: Option<PathBuf>,
    /// Facility for the agents' own logging; with neither this nor a file they log to stderr.
    pub agents_log_facility: Option<String>,
    /// File for the agents' own logging.
    pub agents_log_file: Option<PathBuf>,
    /// Further variables for every agent (say, where our socket is).
    pub extra_env: BTreeMap<String, String>,
    /// The keeper; without one the result of an action that outlives the daemon is lost.
    pub keeper: Option<Keeper>,
    /// Directory of the journal (below /run); without one nothing is known after a restart.
    pub journal: Option<PathBuf>,
}

/// How the keeper is called: `PROGRAM ARGS... RESULT-FILE AGENT ACTION`.
#[derive(Clone, Debug)]
pub struct Keeper {
    /// A program that calls [`crate::keeper::main`].
    pub program: PathBuf,
    /// What stands before the keeper's own arguments.
    pub args: Vec<String>,
}

impl Keeper {
    /// The program `rota-keeper` in this directory, if it is there: beside the daemon's own.
    pub fn in_directory(dir: &Path) -> Option<Self> {
        let program = dir.join("rota-keeper");
        program.is_file().then_some(Self { program, args: Vec::new() })
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            ocf_root: "/usr/lib/ocf".into(),
            init_dir: "/etc/init.d".into(),
            systemctl: "/usr/bin/systemctl".into(),
            tools: None,
            agents_log_facility: None,
            agents_log_file: None,
            extra_env: BTreeMap::new(),
            keeper: None,
            journal: None,
        }
    }
}

/// Why a runner cannot begin. Nothing was started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The journal's directory or file.
    #[error("open the journal of operations in {0}")]
    Journal(PathBuf, #[source] io::Error),
}

/// Runs agents. Clones share queues, journal and cache.
#[derive(Clone, Debug)]
pub struct Runner(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Config,
    queues: Queues,
    journal: Option<Mutex<Journal>>,
    metadata: Cache,
}

impl Runner {
    /// Opens the journal and finds what an earlier daemon left. Needs a tokio runtime around it.
    ///
    /// Agents that still run occupy their resources until [`Runner::adopt`] has ended: call it for
    /// each of them.
    ///
    /// # Errors
    /// The journal cannot be opened.
    pub fn open(config: Config) -> Result<(Self, Recovered), Error> {
        let queues = Queues::default();
        let mut recovered = Recovered::default();
        let mut journal = None;
        if let Some(dir) = &config.journal {
            let opened = Journal::open(dir).map_err(|e| Error::Journal(dir.clone(), e))?;
            recovered = recover(&opened, &queues);
            journal = Some(Mutex::new(opened));
        }
        let inner = Inner { config, queues, journal, metadata: Cache::default() };
        Ok((Self(Arc::new(inner)), recovered))
    }

    /// Runs one action: waits for the resource's turn, then for the agent. Always ends.
    ///
    /// Dropping the future gives the turn back but leaves a running agent alone.
    pub async fn run(&self, request: Request) -> Outcome {
        let asked = Instant::now();
        let Some(turn) = self.0.queues.turn(&request).await else {
            let reason = "cancelled before it began".to_owned();
            return Outcome::unstarted(OcfCode::UnknownError, Status::Cancelled, reason);
        };
        let queue_time = asked.elapsed();
        let mut outcome = self.execute(&request, &turn).await;
        outcome.queue_time = queue_time;
        outcome
    }

    /// Cancels an operation: takes it out of its line, or kills it when it runs. Its `run` then ends
    /// with [`Status::Cancelled`]. Meant for monitors; unknown operations are fine.
    pub fn cancel(&self, op: OpId) {
        self.0.queues.cancel(op);
    }

    /// Waits for an agent that an earlier daemon began, within what is left of its timeout.
    pub async fn adopt(&self, in_flight: InFlight) -> Outcome {
        let (begun, ended, turn) = in_flight.watch().await;
        let outcome =
            outcome(begun.started, ended, |code| meaning(begun.class, begun.action, code));
        self.note_end(begun.op, &outcome);
        drop(turn);
        outcome
    }

    /// The log holds the outcome of this operation: the journal may forget it.
    pub fn reported(&self, op: OpId) {
        self.with_journal(|journal| journal.reported(op));
    }

    /// An agent's description of itself, asked once and cached until the agent's file changes.
    ///
    /// # Errors
    /// There is no such agent, it does not answer, or what it says is no meta-data.
    pub async fn metadata(&self, agent: &Agent) -> Result<Arc<Metadata>, MetadataError> {
        self.0.metadata.get(&self.0.config, agent).await
    }

    /// Every OCF agent that is installed here, by name.
    pub fn installed_agents(&self) -> Vec<Agent> {
        let providers = names(&self.0.config.ocf_root.join("resource.d"));
        let mut agents = Vec::new();
        for (provider, dir) in providers.iter().filter(|(_, path)| path.is_dir()) {
            let files = names(dir).into_iter().filter(|(_, path)| command::is_executable(path));
            agents
                .extend(files.filter_map(|(name, _)| Agent::new(Class::Ocf, provider, &name).ok()));
        }
        agents.sort();
        agents
    }

    async fn execute(&self, request: &Request, turn: &Turn) -> Outcome {
        let plan = match command::plan(&self.0.config, request) {
            Ok(plan) => plan,
            Err(outcome) => return *outcome,
        };
        let kept = request.action.changes_something() && self.begin(request);
        let outcome = match plan {
            Plan::Unit => systemd::run(&self.0.config, request, turn.stop()).await,
            Plan::Ocf(invocation) | Plan::Lsb(invocation) => {
                self.call(request, invocation, kept, turn).await
            }
        };
        if kept {
            self.note_end(request.op, &outcome);
        }
        outcome
    }

    /// Calls an agent, below a keeper when its result must outlive us.
    async fn call(
        &self,
        request: &Request,
        mut invocation: child::Invocation,
        kept: bool,
        turn: &Turn,
    ) -> Outcome {
        let started = wall_now();
        let result = self.journal().filter(|_| kept).map(|j| j.result_path(request.op));
        if let Some(result) = &result {
            below_keeper(&self.0.config, &mut invocation, result);
        }
        let mut ended = child::run(invocation, request.timeout, turn.stop()).await;
        if let Some(result) = &result {
            ended.end = true_end(result, ended.end);
        }
        let class = request.agent.class();
        outcome(started, ended, |code| meaning(class, request.action, code))
    }

    /// Writes down that an action begins. False when there is no journal, or it does not take it.
    fn begin(&self, request: &Request) -> bool {
        self.with_journal(|journal| {
            journal.begin(Begun {
                op: request.op,
                note: request.note.clone(),
                resource: request.resource.clone(),
                class: request.agent.class(),
                action: request.action,
                timeout: request.timeout,
                begun: boot_clock(),
                started: wall_now(),
            })
        })
    }

    fn note_end(&self, op: OpId, outcome: &Outcome) {
        self.with_journal(|journal| journal.end(op, outcome));
    }

    fn journal(&self) -> Option<MutexGuard<'_, Journal>> {
        self.0.journal.as_ref().map(|j| j.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A full or broken /run must not keep services from being stopped: it is logged.
    fn with_journal(&self, write: impl FnOnce(&mut Journal) -> io::Result<()>) -> bool {
        let Some(mut journal) = self.journal() else { return false };
        match write(&mut journal) {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%error, "journal of operations not written");
                false
            }
        }
    }
}

/// What is in a directory, by name; nothing when it cannot be read.
fn names(dir: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries.filter_map(|e| Some((e.file_name().into_string().ok()?, e.path()))).collect()
}

/// A keeper can only exit; whether its agent was killed stands in what it wrote.
fn true_end(result: &Path, end: child::End) -> child::End {
    match end {
        child::End::Exited(code) if code >= 127 => read_result(result).unwrap_or(end),
        end => end,
    }
}

fn meaning(class: Class, action: Action, code: i32) -> OcfCode {
    match class {
        Class::Ocf => OcfCode::from(code),
        Class::Lsb | Class::Service => lsb_code(action, code),
        // Units are read by `systemd`, which does not come here.
        Class::Systemd => OcfCode::from(code),
    }
}

/// Sorts what the journal knows: told to us, written by a keeper, still running, or lost.
fn recover(journal: &Journal, queues: &Queues) -> Recovered {
    let mut recovered = Recovered::default();
    let unfinished: Vec<PathBuf> = journal
        .entries()
        .filter(|entry| entry.outcome.is_none())
        .map(|entry| journal.result_path(entry.begun.op))
        .collect();
    let running = keepers(&unfinished);
    for entry in journal.entries() {
        let begun = &entry.begun;
        let keeper = running.get(&journal.result_path(begun.op));
        if let (None, Some(keeper)) = (&entry.outcome, keeper)
            && let Some(in_flight) = InFlight::new(journal, begun, *keeper, queues)
        {
            recovered.in_flight.push(in_flight);
            continue;
        }
        recovered.finished.push(RecoveredOutcome {
            op: begun.op,
            note: begun.note.clone(),
            resource: begun.resource.clone(),
            action: begun.action,
            outcome: entry.outcome.clone().unwrap_or_else(|| written_outcome(journal, begun)),
        });
    }
    recovered
}

fn written_outcome(journal: &Journal, begun: &Begun) -> Outcome {
    let ended = child::Ended {
        end: read_result(&journal.result_path(begun.op)).unwrap_or(child::End::Lost),
        stdout: String::new(),
        stderr: String::new(),
        ran: std::time::Duration::ZERO,
    };
    outcome(begun.started, ended, |code| meaning(begun.class, begun.action, code))
}
