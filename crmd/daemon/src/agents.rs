//! Agents on this host: the node's orders in the runner's words, and back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use rota_fencing::{Action as DeviceAction, Reply};
use rota_fencing_devices::{DeviceCall, Registry};
use rota_ids::{NodeName, Text};
use rota_node::{AgentOutcome, AgentParams, Event, ExecStatus, RunId};
use rota_runner::{
    Agent, Class, Config, InFlight, Keeper, OcfCode, OpId, Outcome, Recovered, Request, Runner,
    Status,
};
use rota_settings::Settings;
use rota_transition::ResourceOp;

use crate::KEEPER;
use crate::node_loop::{Input, Inputs};

/// Where agents are run.
pub struct Agents {
    runner: Runner,
    registry: Arc<Registry>,
    name: NodeName,
    uuid: Text,
    inputs: Inputs,
    recovered: Mutex<Option<Recovered>>,
}

impl Agents {
    /// Opens the journal of this boot.
    ///
    /// # Errors
    /// When the journal cannot be opened, or this program cannot find itself.
    pub fn open(settings: &Settings, inputs: Inputs) -> Result<Self> {
        let defaults = Config::default();
        let own = std::env::current_exe().context("finding this program")?;
        // The small program beside us costs less per agent. Failing that we are our own keeper,
        // by a path that outlives an upgrade of the file.
        let keeper = own.parent().and_then(Keeper::in_directory).unwrap_or_else(|| Keeper {
            program: "/proc/self/exe".into(),
            args: vec![KEEPER.to_owned()],
        });
        let socket = settings.run_dir.join("rota.sock");
        let mut agent_env = settings.agent_env.clone();
        agent_env.insert("ROTA_SOCKET".to_owned(), socket.to_string_lossy().into_owned());
        let config = Config {
            ocf_root: settings.ocf_root.clone().unwrap_or(defaults.ocf_root.clone()),
            tools: settings.tools_dir.clone(),
            extra_env: agent_env,
            keeper: Some(keeper),
            journal: Some(settings.run_dir.join("journal")),
            ..defaults
        };
        let (runner, recovered) = Runner::open(config)?;
        Ok(Self {
            runner,
            registry: Arc::default(),
            name: NodeName::from(settings.node.as_str()),
            uuid: settings.node_id.to_string().into(),
            inputs,
            recovered: Mutex::new(Some(recovered)),
        })
    }

    /// Runs of an earlier life of the daemon whose end is known or will be.
    pub fn known_runs(&self) -> BTreeSet<RunId> {
        let recovered = self.recovered.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(recovered) = &*recovered else { return BTreeSet::new() };
        let finished = recovered.finished.iter().map(|result| RunId(result.op.0));
        finished.chain(recovered.in_flight.iter().map(|run| RunId(run.op.0))).collect()
    }

    /// Hands in the results that an earlier life of the daemon left, and waits for agents that
    /// it began.
    pub fn adopt_what_still_runs(&self) {
        let recovered = self
            .recovered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .unwrap_or_default();
        for result in recovered.finished {
            self.inputs.send(ended(RunId(result.op.0), result.outcome, None));
        }
        for in_flight in recovered.in_flight {
            self.adopt(in_flight);
        }
    }

    /// Runs an agent; its end comes in as an event.
    pub fn run(&self, run: RunId, op: ResourceOp) {
        if op.class == "stonith" {
            return self.try_device(run, op);
        }
        let request = match self.request(run, &op) {
            Ok(request) => request,
            Err(why) => {
                let outcome = Outcome::unstarted(OcfCode::NotInstalled, Status::NotInstalled, why);
                return self.inputs.send(ended(run, outcome, None));
            }
        };
        let (runner, inputs) = (self.runner.clone(), self.inputs.clone());
        tokio::spawn(async move {
            // Asked once and then from the runner's cache; an agent that cannot say is no reason to
            // hold a result back.
            let agent = request.agent.clone();
            let what = format!("{} {}", request.resource, request.action);
            let (outcome, known) = tokio::join!(runner.run(request), agent_params(&runner, &agent));
            for line in said(&outcome) {
                tracing::info!("{what}: {line}");
            }
            inputs.send(ended(run, outcome, known));
        });
    }

    /// Takes a run back, or kills it.
    pub fn cancel(&self, run: RunId) {
        self.runner.cancel(OpId(run.0));
    }

    /// The result of a run need not be kept any longer.
    pub fn forget(&self, run: RunId) {
        self.runner.reported(OpId(run.0));
    }

    fn adopt(&self, in_flight: InFlight) {
        let (runner, inputs) = (self.runner.clone(), self.inputs.clone());
        tokio::spawn(async move {
            let run = RunId(in_flight.op.0);
            let outcome = runner.adopt(in_flight).await;
            inputs.send(ended(run, outcome, None));
        });
    }

    fn request(&self, run: RunId, op: &ResourceOp) -> Result<Request, String> {
        let class = op.class.parse().map_err(|e: rota_runner::AgentError| e.to_string())?;
        let agent = Agent::new(class, op.provider.as_deref().unwrap_or_default(), &op.agent)
            .map_err(|error| error.to_string())?;
        let action =
            op.operation.parse().map_err(|word| format!("agents have no action '{word}'"))?;
        let interval = Duration::from_millis(u64::from(op.interval));
        Ok(Request {
            op: OpId(run.0),
            note: String::new(),
            resource: op.resource.clone(),
            instance: op.resource.clone(),
            agent,
            action,
            interval: (!interval.is_zero()).then_some(interval),
            timeout: Duration::from_millis(u64::from(op.timeout_ms)),
            node_name: self.name.clone(),
            node_uuid: self.uuid.clone(),
            params: op.params.iter().cloned().collect(),
            meta: agent_meta(op),
        })
    }

    /// To "start" or "monitor" a fence device is to try whether it can be reached from here.
    fn try_device(&self, run: RunId, op: ResourceOp) {
        let (registry, inputs) = (Arc::clone(&self.registry), self.inputs.clone());
        tokio::spawn(async move {
            let started = crate::node_loop::now();
            let call = DeviceCall {
                agent: op.agent.clone(),
                params: device_params(&op),
                target: None,
                plug: Text::default(),
            };
            let timeout = Duration::from_millis(u64::from(op.timeout_ms));
            let reply = registry.run(&call, DeviceAction::Monitor, timeout).await;
            let took = crate::node_loop::now().moment.since(started.moment);
            let works = matches!(reply, Reply::Works | Reply::On | Reply::Off);
            let outcome = AgentOutcome {
                rc: i32::from(!works),
                status: ExecStatus::Done,
                reason: if works { Text::default() } else { reply.to_string().into() },
                started: started.wall,
                exec_ms: i64::try_from(took.as_millis()).unwrap_or(i64::MAX),
                queue_ms: 0,
                agent: None,
            };
            inputs.send(Input::Event(Event::AgentEnded { run, outcome }));
        });
    }
}

/// Meta attributes by the names that the runner prefixes; timeout, interval and name it adds
/// itself, the last two for recurring monitors alone.
fn agent_meta(op: &ResourceOp) -> BTreeMap<Text, Text> {
    let own = |(name, value): &(Text, Text)| {
        let name = name.strip_prefix("CRM_meta_").unwrap_or(name);
        (!matches!(name, "timeout" | "interval" | "name")).then(|| (name.into(), value.clone()))
    };
    op.meta.iter().filter_map(own).collect()
}

/// What the fencer keeps for itself is not for the device's agent.
fn device_params(op: &ResourceOp) -> rota_fencing_devices::Params {
    let pairs = op.params.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let (device, _) =
        rota_fencing::Device::from_params(op.resource.as_str().into(), op.agent.clone(), pairs);
    device.params.into()
}

/// Lines of an agent that go into our log: those that it logged on its error output, which is where
/// agents log without a facility of their own. A flood is cut at its beginning.
fn said(outcome: &Outcome) -> Vec<String> {
    let lines: Vec<&str> = outcome.stderr.lines().filter(|line| !line.trim().is_empty()).collect();
    let readable = |line: &&str| {
        let kept = line.chars().take(LINE_CHARS_MAX);
        kept.map(|c| if c.is_control() { ' ' } else { c }).collect()
    };
    lines[lines.len().saturating_sub(LINES_MAX)..].iter().map(readable).collect()
}

/// Lines of one run, and characters of a line, that are logged.
const LINES_MAX: usize = 50;
const LINE_CHARS_MAX: usize = 500;

/// How long the meta-data of an agent may take before its results go without: a result that waits
/// holds up whatever waits for it.
const METADATA_WAIT: Duration = Duration::from_secs(1);

/// What an agent's meta-data says of its parameters, for the digests recorded with its results.
async fn agent_params(runner: &Runner, agent: &Agent) -> Option<AgentParams> {
    if agent.class() != Class::Ocf {
        return None;
    }
    let asked = tokio::time::timeout(METADATA_WAIT, runner.metadata(agent)).await;
    let known = asked.ok()?.ok()?;
    let fixed = known.fixed().map(|names| names.map(Text::from).collect());
    Some(AgentParams { fixed, secret: known.secrets().map(Text::from).collect() })
}

fn ended(run: RunId, outcome: Outcome, known: Option<AgentParams>) -> Input {
    let status = match &outcome.status {
        Status::Done => ExecStatus::Done,
        Status::TimedOut => ExecStatus::TimedOut,
        Status::NotInstalled => ExecStatus::NotInstalled,
        Status::Error(_) => ExecStatus::Error,
        Status::Cancelled => ExecStatus::Cancelled,
        Status::Lost => ExecStatus::Lost,
    };
    let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    let outcome = AgentOutcome {
        rc: outcome.code.into(),
        status,
        reason: outcome.exit_reason.into(),
        started: outcome.started,
        exec_ms: millis(outcome.exec_time),
        queue_ms: millis(outcome.queue_time),
        agent: known,
    };
    Input::Event(Event::AgentEnded { run, outcome })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_agent_logs_is_kept_line_by_line_and_bounded() {
        let of = |stderr: String| {
            let mut outcome = Outcome::unstarted(OcfCode::Ok, Status::Done, String::new());
            outcome.stderr = stderr;
            said(&outcome)
        };
        assert_eq!(of("INFO: waiting\n\n\u{1b}[31mbad".into()), ["INFO: waiting", " [31mbad"]);
        let flood = of("x".repeat(9_000) + "\n" + &"last\n".repeat(49));
        assert_eq!((flood.len(), flood[0].len()), (50, LINE_CHARS_MAX));
        assert_eq!(of("y\n".repeat(90)).len(), LINES_MAX);
    }

    #[test]
    fn agents_find_meta_attributes_under_the_names_they_know() {
        let pair = |name: &str, value: &str| (Text::from(name), Text::from(value));
        let op = ResourceOp {
            meta: vec![
                pair("CRM_meta_timeout", "20000"),
                pair("CRM_meta_name", "start"),
                pair("CRM_meta_clone_max", "3"),
                pair("CRM_meta_notify_start_uname", "n1 n2"),
            ],
            ..ResourceOp::default()
        };
        let seen: Vec<_> = agent_meta(&op).into_iter().collect();
        assert_eq!(seen, [pair("clone_max", "3"), pair("notify_start_uname", "n1 n2")]);
    }
}
