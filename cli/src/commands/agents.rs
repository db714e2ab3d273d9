//! What is known of agents: their names, parameters and operations.

use super::error::UserError;

/// A source of knowledge about agents.
pub trait AgentMetadata {
    /// All agents of this bare name, such as `ocf:heartbeat:IPaddr2` for `IPaddr2`.
    fn find(&self, agent: &str) -> Vec<AgentSpec>;

    /// What an agent says of itself; none if it is not installed here.
    fn describe(&self, agent: &AgentSpec) -> Option<AgentInfo>;
}

/// The full name of an agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct AgentSpec {
    /// Class: ocf, systemd, lsb, service, stonith.
    pub class: String,
    /// Provider, of an OCF agent.
    pub provider: Option<String>,
    /// The agent's name.
    pub agent: String,
}

impl std::fmt::Display for AgentSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.provider {
            Some(provider) => write!(f, "{}:{provider}:{}", self.class, self.agent),
            None => write!(f, "{}:{}", self.class, self.agent),
        }
    }
}

/// What an agent says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentInfo {
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// Its operations.
    pub actions: Vec<Action>,
}

/// A parameter of an agent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Whether it must be given.
    pub required: bool,
    /// Another parameter that says the same (an older or newer name).
    pub same_as: Option<String>,
}

/// An operation of an agent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Action {
    /// Its name.
    pub name: String,
    /// Its attributes as written: interval, timeout, role, depth, start-delay …
    pub attributes: Vec<(String, String)>,
}

/// Classes that agents may have.
const CLASSES: [&str; 7] = ["ocf", "systemd", "lsb", "service", "stonith", "nagios", "upstart"];

/// The agent that `[class:[provider:]]agent` means.
pub(super) fn parse(text: &str, agents: &dyn AgentMetadata) -> Result<AgentSpec, UserError> {
    let spec = |class: &str, provider: Option<&str>, agent: &str| AgentSpec {
        class: class.to_owned(),
        provider: provider.map(str::to_owned),
        agent: agent.to_owned(),
    };
    let bad = |advice: &str| UserError::refused(format!("'{text}' names no agent"), advice);
    let (class, rest) = match text.split_once(':') {
        Some((class, rest)) if !rest.is_empty() => (class, rest),
        Some(_) => return Err(bad("write class:provider:agent, such as ocf:heartbeat:IPaddr2")),
        None => return only_one(text, agents.find(text)),
    };
    if !CLASSES.contains(&class) {
        let near =
            rota_cib::near::nearest(class, CLASSES).map(|near| format!("did you mean '{near}'?"));
        let advice = near.unwrap_or_else(|| format!("classes are {}", CLASSES.join(", ")));
        return Err(UserError::refused(format!("there are no agents of class '{class}'"), advice));
    }
    match (class, rest.split_once(':')) {
        ("ocf", Some((provider, agent))) if !provider.is_empty() && !agent.is_empty() => {
            Ok(spec(class, Some(provider), agent))
        }
        ("ocf", _) => Err(bad("OCF agents have a provider: write ocf:PROVIDER:AGENT")),
        // The instance of a template unit may have colons: getty@tty:1.
        _ => Ok(spec(class, None, rest)),
    }
}

fn only_one(name: &str, mut found: Vec<AgentSpec>) -> Result<AgentSpec, UserError> {
    match (found.len(), found.pop()) {
        (1, Some(agent)) => Ok(agent),
        (_, None) if name.starts_with("fence_") => Err(UserError::refused(
            format!("'{name}' is a fence agent"),
            format!("write: rota stonith create ID {name} …"),
        )),
        (_, None) => Err(UserError::refused(
            format!("no agent '{name}' is installed here"),
            "write its full name (class:provider:agent) and use --force if it is installed elsewhere",
        )),
        (_, Some(last)) => {
            found.push(last);
            found.sort();
            let names: Vec<String> = found.iter().map(ToString::to_string).collect();
            Err(UserError::refused(
                format!("there are several agents '{name}'"),
                format!("write one of {}", names.join(", ")),
            ))
        }
    }
}
