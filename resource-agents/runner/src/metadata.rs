//! What an agent says of itself: OCF meta-data, typed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;

use crate::child::{self, End};
use crate::command::{self, Plan};
use crate::limits::METADATA_TIMEOUT;
use crate::request::{Action, Agent, OpId, Request};
use crate::runner::Config;

mod read;

/// An agent's description of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The agent's name, as it gives it.
    pub name: String,
    /// Version of the standard that it follows (`1.0` when it says nothing else).
    pub standard: String,
    /// One line about it.
    pub shortdesc: String,
    /// More about it.
    pub longdesc: String,
    /// Its parameters, in its order.
    pub parameters: Vec<Parameter>,
    /// What it can do, in its order.
    pub actions: Vec<ActionSpec>,
}

/// One parameter of an agent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Whether it must be given.
    pub required: bool,
    /// No two resources of this agent may have the same value.
    pub unique: bool,
    /// No two resources may have the same values in all parameters of this group.
    pub unique_group: Option<String>,
    /// A changed value can be taken over by `reload-agent`.
    pub reloadable: bool,
    /// Its value is a secret.
    pub private: bool,
    /// It should not be used any more; with the names that replace it, if the agent says so.
    pub deprecated: Option<Vec<String>>,
    /// `string`, `integer`, `boolean`, `select`, ...
    pub kind: String,
    /// Its value when none is given.
    pub default: Option<String>,
    /// The values that a `select` allows.
    pub choices: Vec<String>,
    /// One line about it.
    pub shortdesc: String,
    /// More about it.
    pub longdesc: String,
}

/// One action of an agent, with what it advises.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActionSpec {
    /// The word.
    pub name: String,
    /// How long it may take at least.
    pub timeout: Option<Duration>,
    /// How often a monitor should run.
    pub interval: Option<Duration>,
    /// How deep a monitor looks.
    pub depth: Option<u32>,
    /// For which role it is meant.
    pub role: Option<String>,
}

/// Why there is no meta-data. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// There is no such agent on this host.
    #[error("{agent} is not installed here: {reason}")]
    NotInstalled {
        /// The agent.
        agent: Agent,
        /// What was looked for.
        reason: String,
    },
    /// Agents of this class do not describe themselves.
    #[error("{0} has no meta-data: only ocf agents describe themselves")]
    NoSuchThing(Agent),
    /// It did not answer properly.
    #[error("{agent} did not print its meta-data: {reason}")]
    NoAnswer {
        /// The agent.
        agent: Agent,
        /// What it did instead.
        reason: String,
    },
    /// What it printed cannot be read.
    #[error("meta-data, byte {at}: {what}")]
    Unreadable {
        /// Position in what was printed.
        at: u64,
        /// What is wrong there.
        what: String,
    },
}

/// What is wrong with a set of parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterFault {
    /// The agent does not know it; `meant` is the one it looks like.
    Unknown {
        /// The name given.
        name: String,
        /// A name that the agent knows and that is spelled nearly so.
        meant: Option<String>,
    },
    /// It has to be given and is not.
    Missing(String),
    /// It must be one of these values.
    NotAllowed {
        /// The name.
        name: String,
        /// The values allowed.
        choices: Vec<String>,
    },
}

impl Metadata {
    /// Reads what an agent printed.
    ///
    /// # Errors
    /// [`MetadataError::Unreadable`], with the place.
    pub fn parse(xml: &str) -> Result<Self, MetadataError> {
        read::parse(xml)
    }

    /// The parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// Whether it has this action.
    pub fn can(&self, action: Action) -> bool {
        self.actions.iter().any(|spec| spec.name == action.as_str())
    }

    /// Whether a change of this parameter can be taken over without a restart.
    pub fn reloads(&self, name: &str) -> bool {
        self.can(Action::ReloadAgent)
            && self.parameter(name).is_some_and(|parameter| parameter.reloadable)
    }

    /// Parameters whose change needs a restart; `None` when the agent cannot reload at all.
    pub fn fixed(&self) -> Option<impl Iterator<Item = &str>> {
        let fixed = || self.parameters.iter().filter(|p| !p.reloadable).map(|p| p.name.as_str());
        self.can(Action::ReloadAgent).then(fixed)
    }

    /// Parameters that are secrets: those marked as `private` (OCF 1.1), and what older agents call
    /// their passwords.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let is_secret =
            |p: &&Parameter| p.private || matches!(p.name.as_str(), "password" | "passwd");
        self.parameters.iter().filter(is_secret).map(|p| p.name.as_str())
    }

    /// Everything that is wrong with these parameters.
    pub fn check<'a>(
        &self,
        given: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Vec<ParameterFault> {
        let mut faults = Vec::new();
        let given: BTreeMap<&str, &str> = given.into_iter().collect();
        for (name, value) in &given {
            match self.parameter(name) {
                None if *name == "OCF_CHECK_LEVEL" || *name == "trace_ra" => {}
                None => faults.push(ParameterFault::Unknown {
                    name: (*name).to_owned(),
                    meant: self.nearest(name),
                }),
                Some(known)
                    if !known.choices.is_empty() && !known.choices.iter().any(|c| c == value) =>
                {
                    faults.push(ParameterFault::NotAllowed {
                        name: (*name).to_owned(),
                        choices: known.choices.clone(),
                    });
                }
                Some(_) => {}
            }
        }
        for parameter in self.parameters.iter().filter(|p| p.required) {
            let replaced = self.parameters.iter().any(|old| {
                old.deprecated.iter().flatten().any(|new| *new == parameter.name)
                    && given.contains_key(old.name.as_str())
            });
            if !given.contains_key(parameter.name.as_str()) && !replaced {
                faults.push(ParameterFault::Missing(parameter.name.clone()));
            }
        }
        faults
    }

    fn nearest(&self, name: &str) -> Option<String> {
        let near = |known: &&Parameter| {
            let distance = distance(&name.to_lowercase(), &known.name.to_lowercase());
            (distance * 2 <= known.name.len()).then_some(distance)
        };
        let found = self.parameters.iter().filter_map(|known| Some((near(&known)?, &known.name)));
        found.min().map(|(_, name)| name.clone())
    }
}

/// How many letters have to be changed, added or left out.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Meta-data that was asked for, with the file it came from.
#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<BTreeMap<Agent, (Stamp, Arc<Metadata>)>>);

/// A file as it was: a package update makes it another one.
type Stamp = (PathBuf, Option<SystemTime>, u64);

impl Cache {
    pub(crate) async fn get(
        &self,
        config: &Config,
        agent: &Agent,
    ) -> Result<Arc<Metadata>, MetadataError> {
        let request = question(agent);
        let invocation = match command::plan(config, &request) {
            Ok(Plan::Ocf(invocation)) => invocation,
            Ok(Plan::Lsb(_) | Plan::Unit) => return Err(MetadataError::NoSuchThing(agent.clone())),
            Err(outcome) if outcome.code == crate::OcfCode::Unimplemented => {
                return Err(MetadataError::NoSuchThing(agent.clone()));
            }
            Err(outcome) => {
                let reason = outcome.exit_reason;
                return Err(MetadataError::NotInstalled { agent: agent.clone(), reason });
            }
        };
        let file = std::fs::metadata(&invocation.program).ok();
        let changed = file.as_ref().and_then(|file| file.modified().ok());
        let size = file.map(|file| file.len()).unwrap_or_default();
        let stamp: Stamp = (invocation.program.clone(), changed, size);
        if let Some((known, metadata)) = self.lock().get(agent)
            && *known == stamp
        {
            return Ok(Arc::clone(metadata));
        }
        let ended = child::run(invocation, METADATA_TIMEOUT, &Notify::new()).await;
        if ended.end != End::Exited(0) {
            let reason = format!("{:?} {}", ended.end, ended.stderr.trim());
            return Err(MetadataError::NoAnswer { agent: agent.clone(), reason });
        }
        let metadata = Arc::new(Metadata::parse(&ended.stdout)?);
        self.lock().insert(agent.clone(), (stamp, Arc::clone(&metadata)));
        Ok(metadata)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Agent, (Stamp, Arc<Metadata>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn question(agent: &Agent) -> Request {
    Request {
        op: OpId(0),
        note: String::new(),
        resource: agent.name().into(),
        instance: agent.name().into(),
        agent: agent.clone(),
        action: Action::MetaData,
        interval: None,
        timeout: METADATA_TIMEOUT,
        node_name: "".into(),
        node_uuid: "".into(),
        params: BTreeMap::new(),
        meta: BTreeMap::new(),
    }
}
