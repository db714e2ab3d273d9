//! The fence-agent contract: upstream `fence_*` programs, unmodified.
//!
//! `name=value` lines on standard input (so no secret stands in an argument list), an exit code,
//! words for people on standard error. FenceAgentAPI.md of fence-agents.

use std::collections::BTreeMap;
use std::path::Path;

use rota_fencing::{Action, Reply};
use rota_ids::{NodeName, Text};
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::child::{self, Ended, Failed};
use crate::device::DeviceCall;
use crate::limits::WORDS_BYTES_MAX;
use crate::metadata::Metadata;
use crate::{Error, Params};

/// The exit code of "status" for a host that is off.
const STATUS_OFF: i32 = 2;

/// An upstream agent, ready to act for one device.
pub(crate) struct Agent<'a> {
    pub path: &'a Path,
    pub metadata: &'a Metadata,
    pub call: &'a DeviceCall,
    pub deadline: Instant,
}

impl Agent<'_> {
    /// Does the action. "reboot" is never given to an agent.
    pub async fn run(&self, action: Action) -> Reply {
        match action {
            Action::Off => self.off().await,
            Action::On => self.judged("on", |_| Reply::On).await,
            Action::Status => self.status().await,
            // A device with one host answers 2 while that host is off, and works all the same.
            Action::Monitor => match self.ask("monitor").await {
                Ok(Ended { code: Some(0 | STATUS_OFF), .. }) => Reply::Works,
                Ok(ended) => self.failed("monitor", &ended),
                Err(reply) => reply,
            },
        }
    }

    /// The nodes that the device lists, with their names there.
    pub async fn list(&self) -> Result<BTreeMap<NodeName, Text>, Error> {
        match self.ask("list").await {
            Ok(Ended { code: Some(0), stdout, .. }) => {
                let text = String::from_utf8_lossy(&stdout);
                let plug = |line: &str| {
                    let (port, alias) = line.split_once(',').unwrap_or((line, ""));
                    let name = if alias.trim().is_empty() { port } else { alias };
                    (NodeName(name.trim().into()), Text::from(port.trim()))
                };
                let usable = |line: &&str| !line.trim().is_empty() && *line != "N/A";
                Ok(text.lines().filter(usable).map(plug).collect())
            }
            Ok(ended) => Err(self.error(&self.failed("list", &ended))),
            Err(reply) => Err(self.error(&reply)),
        }
    }

    fn error(&self, reply: &Reply) -> Error {
        Error::Agent { agent: self.call.agent.clone(), problem: reply.to_string().into() }
    }

    /// Off, believed only when a look afterwards says the same.
    async fn off(&self) -> Reply {
        let agent = &self.call.agent;
        match self.ask("off").await {
            Ok(Ended { code: Some(0), .. }) => {}
            Ok(ended) => return self.failed("off", &ended),
            Err(reply) => return reply,
        }
        if !self.metadata.can("status") {
            let how = format!("{agent}: off ended well; the agent offers no status");
            return Reply::ProvenOff { how: how.into() };
        }
        match self.status().await {
            Reply::Off => {
                let how = format!("{agent}: off ended well, then status said off");
                Reply::ProvenOff { how: how.into() }
            }
            Reply::On => {
                Reply::Refused { why: "off ended well, but status says that it is on".into() }
            }
            other => other,
        }
    }

    async fn status(&self) -> Reply {
        match self.ask("status").await {
            Ok(Ended { code: Some(STATUS_OFF), .. }) => Reply::Off,
            Ok(Ended { code: Some(0), .. }) => Reply::On,
            Ok(ended) => self.failed("status", &ended),
            Err(reply) => reply,
        }
    }

    async fn judged(&self, action: &str, good: impl Fn(&Ended) -> Reply) -> Reply {
        match self.ask(action).await {
            Ok(ended @ Ended { code: Some(0), .. }) => good(&ended),
            Ok(ended) => self.failed(action, &ended),
            Err(reply) => reply,
        }
    }

    /// Runs the agent; what went wrong outside it is the reply already.
    async fn ask(&self, action: &str) -> Result<Ended, Reply> {
        let input = input(self.call, self.metadata, action)
            .map_err(|error| Reply::Refused { why: error.to_string().into() })?;
        child::run(self.path, &[], input.as_bytes(), self.deadline).await.map_err(|failed| {
            match failed {
                Failed::TimeUp => {
                    let why = format!("{action}: the agent was killed at its deadline");
                    Reply::TimedOut { why: why.into() }
                }
                Failed::Start { program, source } => {
                    Reply::Unreachable { why: format!("{program}: {source}").into() }
                }
            }
        })
    }

    /// Exit code 1 may mean a refusal or silence; another try elsewhere may help.
    fn failed(&self, action: &str, ended: &Ended) -> Reply {
        let code = ended.code.map_or("a signal".into(), |code| format!("code {code}"));
        let words = last_words(ended, &self.call.params);
        Reply::Unreachable { why: format!("{action} ended with {code}: {words}").into() }
    }
}

/// The end of what the agent said, without its secrets.
fn last_words(ended: &Ended, params: &Params) -> String {
    let said = if ended.stderr.is_empty() { &ended.stdout } else { &ended.stderr };
    let text = String::from_utf8_lossy(said);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut words = lines.last().copied().unwrap_or("no words").to_owned();
    for (name, value) in params.iter() {
        if name.contains("passw") && !value.is_empty() {
            words = words.replace(value, "***");
        }
    }
    let end = (0..=words.len().min(WORDS_BYTES_MAX)).rev().find(|i| words.is_char_boundary(*i));
    words.truncate(end.unwrap_or(0));
    words
}

/// What the agent reads.
fn input(call: &DeviceCall, metadata: &Metadata, action: &str) -> Result<Zeroizing<String>, Error> {
    let alias = format!("pcmk_{action}_action");
    let mut lines = Zeroizing::new(String::new());
    let mut add = |name: &str, value: &str| -> Result<(), Error> {
        check_value(name, value)?;
        lines.push_str(name);
        lines.push('=');
        lines.push_str(value);
        lines.push('\n');
        Ok(())
    };
    for (name, value) in call.params.iter() {
        // `action` as a device parameter is an old mistake; ours would be overridden by it.
        if !name.starts_with("pcmk_") && name != "action" {
            add(name, value)?;
        }
    }
    add("action", call.params.get(&alias).unwrap_or(action))?;
    if let Some(target) = &call.target {
        add("nodename", target.as_str())?;
        if let Some(argument) = host_argument(&call.params, metadata) {
            add(argument, &call.plug)?;
        }
    }
    Ok(lines)
}

/// The parameter that carries the target: `pcmk_host_argument`, else `port` where the agent has
/// it, else `plug` where it has that, else none.
fn host_argument<'a>(params: &'a Params, metadata: &Metadata) -> Option<&'a str> {
    match params.get("pcmk_host_argument") {
        Some("none") => None,
        Some(named) => Some(named),
        // A value that the administrator gave is not overridden.
        None if params.get("port").or(params.get("plug")).is_some() => None,
        None => ["port", "plug"].into_iter().find(|name| metadata.parameter(name).is_some()),
    }
}

/// Values that the agents' line format cannot carry.
pub(crate) fn check_value(name: &str, value: &str) -> Result<(), Error> {
    let problem = if value.contains(['\n', '\r', '\0']) || name.contains(['\n', '\r', '=', '\0']) {
        "contains a line break, which would inject another parameter"
    } else if value != value.trim_end() {
        "ends with a blank, which fence agents cut off"
    } else if value.len() > 1 && value.starts_with('"') && value.ends_with('"') {
        "is quoted, and fence agents take the quotes away"
    } else {
        return Ok(());
    };
    Err(Error::Parameter { name: name.into(), problem: problem.into() })
}
