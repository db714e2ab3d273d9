//! Which agents there are, what they say about themselves, and the one way to run them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use rota_fencing::{Action, Reply};
use rota_ids::{NodeName, Text};
use tokio::time::Instant;

use crate::agent::{self, Agent};
use crate::child::{self, Ended};
use crate::device::{DeviceCall, Params};
use crate::limits::{METADATA_TIMEOUT, MISSPELT_DISTANCE_MAX};
use crate::metadata::Metadata;
use crate::{Error, ipmi};

/// Where distributions install fence agents.
const DIRECTORY: &str = "/usr/sbin";

/// A remark on a device's parameters at configuration time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The parameter.
    pub parameter: Text,
    /// What is wrong with it, as the end of a sentence that begins with its name.
    pub problem: Text,
    /// The device will not work; otherwise it is a warning.
    pub fatal: bool,
}

/// Runs fence devices: built-in ones and those of a directory of agents.
///
/// Cheap to clone; clones share what they know. Descriptions of agents are remembered until their file changes,
/// so ask for [`Registry::metadata`] of each configured agent at start: a first fencing then does
/// not wait for it.
#[derive(Clone, Debug)]
pub struct Registry {
    directory: PathBuf,
    known: Arc<Mutex<Known>>,
}

/// What each agent said, and when its file had last changed then.
type Known = BTreeMap<Text, (Option<SystemTime>, Arc<Metadata>)>;

impl Default for Registry {
    fn default() -> Self {
        Self::with_directory(DIRECTORY)
    }
}

impl Registry {
    /// A registry that looks for agents in another directory than `/usr/sbin`.
    pub fn with_directory(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), known: Arc::default() }
    }

    /// Makes a device do one action. Ends at the deadline at the latest, whatever the device or
    /// its agent does. Dropping the future kills the agent.
    pub async fn run(&self, call: &DeviceCall, action: Action, deadline: Duration) -> Reply {
        if call.agent == ipmi::NAME {
            return ipmi::run(&call.params, action, deadline).await;
        }
        let end = Instant::now() + deadline;
        match self.metadata_until(&call.agent, end).await {
            Ok((path, metadata)) => {
                Agent { path: &path, metadata: &metadata, call, deadline: end }.run(action).await
            }
            Err(error) => Reply::Unreachable { why: error.to_string().into() },
        }
    }

    /// The nodes that a device lists, with their names there.
    pub async fn list_targets(
        &self,
        call: &DeviceCall,
        deadline: Duration,
    ) -> Result<BTreeMap<NodeName, Text>, Error> {
        if call.agent == ipmi::NAME {
            return Ok(BTreeMap::new());
        }
        let end = Instant::now() + deadline;
        let (path, metadata) = self.metadata_until(&call.agent, end).await?;
        Agent { path: &path, metadata: &metadata, call, deadline: end }.list().await
    }

    /// The names of all agents, sorted.
    pub fn list_agents(&self) -> Vec<Text> {
        let mut names = vec![Text::from(ipmi::NAME)];
        for entry in std::fs::read_dir(&self.directory).into_iter().flatten().flatten() {
            let name = entry.file_name();
            if let Some(name) = name.to_str()
                && is_agent_name(name)
                && !names.iter().any(|known| known == name)
            {
                names.push(name.into());
            }
        }
        names.sort();
        names
    }

    /// What an agent says about itself.
    pub async fn metadata(&self, agent: &str) -> Result<Arc<Metadata>, Error> {
        if agent == ipmi::NAME {
            return Ok(Arc::new(ipmi::metadata()));
        }
        let end = Instant::now() + METADATA_TIMEOUT;
        self.metadata_until(agent, end).await.map(|(_, metadata)| metadata)
    }

    /// Checks parameters against what the agent says; the agent is not asked to act.
    pub async fn validate(&self, agent: &str, params: &Params) -> Result<Vec<Finding>, Error> {
        let metadata = self.metadata(agent).await?;
        let mut findings = compare(&metadata, params);
        if agent == ipmi::NAME
            && let Err(Error::Parameter { name, problem }) = ipmi::check(params)
            && !findings.iter().any(|f| f.parameter == name)
        {
            findings.push(Finding { parameter: name, problem, fatal: true });
        }
        Ok(findings)
    }

    async fn metadata_until(
        &self,
        agent: &str,
        end: Instant,
    ) -> Result<(PathBuf, Arc<Metadata>), Error> {
        let path = self.path(agent)?;
        let changed = path.metadata().and_then(|m| m.modified()).ok();
        if let Some((when, metadata)) = self.known().get(agent)
            && *when == changed
        {
            return Ok((path, Arc::clone(metadata)));
        }
        let metadata = Arc::new(describe(agent, &path, end).await?);
        self.known().insert(agent.into(), (changed, Arc::clone(&metadata)));
        Ok((path, metadata))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, agent: &str) -> Result<PathBuf, Error> {
        let path = self.directory.join(agent);
        if is_agent_name(agent) && path.is_file() {
            Ok(path)
        } else {
            Err(Error::NoAgent(agent.into()))
        }
    }
}

/// A name that can only mean a file of the agents' directory.
fn is_agent_name(name: &str) -> bool {
    name.strip_prefix("fence_").is_some_and(|rest| {
        !rest.is_empty()
            && rest.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
    })
}

async fn describe(agent: &str, path: &Path, end: Instant) -> Result<Metadata, Error> {
    let failed = |problem: String| Error::Agent { agent: agent.into(), problem: problem.into() };
    let ended = child::run(path, &["-o", "metadata"], b"", end).await;
    match ended.map_err(|error| failed(error.to_string()))? {
        Ended { code: Some(0), stdout, .. } => {
            Metadata::parse(&String::from_utf8_lossy(&stdout)).map_err(failed)
        }
        Ended { .. } => Err(failed("did not describe itself".into())),
    }
}

/// Parameters that every device may have, whatever its agent.
fn is_common(name: &str) -> bool {
    name.starts_with("pcmk_")
}

fn compare(metadata: &Metadata, params: &Params) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut say = |parameter: &str, problem: String, fatal: bool| {
        findings.push(Finding { parameter: parameter.into(), problem: problem.into(), fatal });
    };
    for (name, value) in params.iter() {
        if let Err(Error::Parameter { problem, .. }) = agent::check_value(name, value) {
            say(name, problem.to_string(), true);
        }
        if is_common(name) {
            continue;
        }
        if name == "action" {
            say(name, "is set by the cluster, not by the configuration".into(), false);
            continue;
        }
        let renamed = metadata.parameters.iter().find(|p| p.obsoletes.as_deref() == Some(name));
        match (metadata.parameter(name), renamed) {
            (Some(parameter), _) => {
                if let Some(problem) = parameter.problem_with(value) {
                    say(name, problem, true);
                }
            }
            (None, Some(newer)) => say(name, format!("is now called {}", newer.name), false),
            (None, None) => say(name, unknown(metadata, name), true),
        }
    }
    for required in metadata.parameters.iter().filter(|p| p.required && !is_the_clusters(p)) {
        let older = required.obsoletes.as_deref().and_then(|older| params.get(older));
        let newer = metadata
            .parameters
            .iter()
            .filter(|p| p.obsoletes.as_deref() == Some(required.name.as_str()))
            .find_map(|p| params.get(&p.name));
        if params.get(&required.name).or(older).or(newer).is_none() {
            say(&required.name, "is required".into(), true);
        }
    }
    findings
}

/// Required by an agent, given by the cluster at each call.
fn is_the_clusters(parameter: &crate::Parameter) -> bool {
    ["action", "port", "plug", "nodename"].contains(&parameter.name.as_str())
}

fn unknown(metadata: &Metadata, name: &str) -> String {
    let nearest = metadata.parameters.iter().min_by_key(|p| distance(&p.name, name));
    match nearest.filter(|p| distance(&p.name, name) <= MISSPELT_DISTANCE_MAX) {
        Some(near) => format!("is unknown to the agent; did you mean {}?", near.name),
        None => "is unknown to the agent".into(),
    }
}

/// Insertions, deletions and replacements between two names (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
