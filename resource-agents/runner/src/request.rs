//! What is asked of an agent.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use rota_ids::{NodeName, Text};
use serde::{Deserialize, Serialize};

/// Names one operation on this host. The caller gives it; it must not be used twice within one boot
/// of the host (a counter under the start number of the daemon will do).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OpId(pub u64);

/// Which kind of agent; `stonith` agents belong to fencing and are not run here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Class {
    /// An Open Cluster Framework agent: `resource.d/PROVIDER/TYPE`.
    Ocf,
    /// A systemd unit.
    Systemd,
    /// An init script.
    Lsb,
    /// An init script when there is one, else a systemd unit.
    Service,
}

/// Why the name of an agent is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AgentError {
    /// Not one of the classes that are run here.
    #[error("class '{0}' is not one of ocf, systemd, lsb, service")]
    Class(String),
    /// An OCF agent needs a provider, the other classes have none.
    #[error("'{0}' is not CLASS:TYPE or ocf:PROVIDER:TYPE")]
    Form(String),
    /// A name that is not a plain file name could lead out of the agents' directory.
    #[error("'{0}' cannot be the name of an agent")]
    Name(String),
}

/// An agent's full name, `ocf:heartbeat:IPaddr2`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Agent {
    class: Class,
    provider: Text,
    name: Text,
}

impl Agent {
    /// Checks and joins the parts. `provider` is empty for every class but OCF.
    pub fn new(class: Class, provider: &str, name: &str) -> Result<Self, AgentError> {
        if (class == Class::Ocf) == provider.is_empty() {
            return Err(AgentError::Form(format!("{class}:{provider}:{name}")));
        }
        for part in [provider, name] {
            if part.starts_with('.') || part.contains(['/', '\0']) {
                return Err(AgentError::Name(part.to_owned()));
            }
        }
        // `@` and `:` may stand in names of units, but a leading dash would be an option.
        if name.is_empty() || name.starts_with('-') {
            return Err(AgentError::Name(name.to_owned()));
        }
        Ok(Self { class, provider: provider.into(), name: name.into() })
    }

    /// The class.
    pub fn class(&self) -> Class {
        self.class
    }

    /// The provider; empty for every class but OCF.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The type: the agent's own name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.class {
            Class::Ocf => write!(f, "ocf:{}:{}", self.provider, self.name),
            class => write!(f, "{class}:{}", self.name),
        }
    }
}

impl FromStr for Agent {
    type Err = AgentError;

    fn from_str(text: &str) -> Result<Self, AgentError> {
        let (class, rest) =
            text.split_once(':').ok_or_else(|| AgentError::Form(text.to_owned()))?;
        match class.parse()? {
            Class::Ocf => {
                let (provider, name) =
                    rest.split_once(':').ok_or_else(|| AgentError::Form(text.to_owned()))?;
                Self::new(Class::Ocf, provider, name)
            }
            class => Self::new(class, "", rest),
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ocf => "ocf",
            Self::Systemd => "systemd",
            Self::Lsb => "lsb",
            Self::Service => "service",
        })
    }
}

impl FromStr for Class {
    type Err = AgentError;

    fn from_str(text: &str) -> Result<Self, AgentError> {
        match text {
            "ocf" => Ok(Self::Ocf),
            "systemd" => Ok(Self::Systemd),
            "lsb" => Ok(Self::Lsb),
            "service" => Ok(Self::Service),
            other => Err(AgentError::Class(other.to_owned())),
        }
    }
}

/// What the agent is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Action {
    /// Bring the resource up.
    Start,
    /// Bring it down.
    Stop,
    /// Look at it: a probe when the request has no interval.
    Monitor,
    /// Give it the promoted role.
    Promote,
    /// Take the promoted role from it.
    Demote,
    /// Tell it of what happens to its peers.
    Notify,
    /// Read the service's configuration again.
    Reload,
    /// Take over changed reloadable parameters (OCF 1.1).
    ReloadAgent,
    /// Send it to another host.
    MigrateTo,
    /// Receive it from another host.
    MigrateFrom,
    /// Print the agent's description.
    MetaData,
    /// Check the parameters.
    ValidateAll,
}

impl Action {
    /// The word that the agent is called with.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Monitor => "monitor",
            Self::Promote => "promote",
            Self::Demote => "demote",
            Self::Notify => "notify",
            Self::Reload => "reload",
            Self::ReloadAgent => "reload-agent",
            Self::MigrateTo => "migrate_to",
            Self::MigrateFrom => "migrate_from",
            Self::MetaData => "meta-data",
            Self::ValidateAll => "validate-all",
        }
    }

    /// Whether the result must be known even if the daemon dies meanwhile. The others change
    /// nothing and are simply asked again.
    pub fn changes_something(self) -> bool {
        !matches!(self, Self::Monitor | Self::MetaData | Self::ValidateAll)
    }
}

impl FromStr for Action {
    type Err = String;

    /// The word itself is the error: no such action.
    fn from_str(text: &str) -> Result<Self, String> {
        use Action::*;
        [
            Start,
            Stop,
            Monitor,
            Promote,
            Demote,
            Notify,
            Reload,
            ReloadAgent,
            MigrateTo,
            MigrateFrom,
            MetaData,
            ValidateAll,
        ]
        .into_iter()
        .find(|action| action.as_str() == text)
        .ok_or_else(|| text.to_owned())
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One call of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Names this operation in the journal, for [`crate::Runner::cancel`] and in the answer.
    pub op: OpId,
    /// What the caller wants back with the result after a restart of the daemon: the order that is
    /// answered. Not looked at here.
    pub note: String,
    /// The resource, with its instance for clones (`web:0`). One action at a time for each.
    pub resource: Text,
    /// What the agent knows as `OCF_RESOURCE_INSTANCE`: without the instance for anonymous clones
    /// ([`Request::instance_name`]).
    pub instance: Text,
    /// Which agent.
    pub agent: Agent,
    /// What it is to do.
    pub action: Action,
    /// Set for recurring monitors alone; their presence in the environment is how agents tell a
    /// probe from a monitor.
    pub interval: Option<Duration>,
    /// After this time the agent is killed.
    pub timeout: Duration,
    /// Name of the node that this runs for.
    pub node_name: NodeName,
    /// The node's id as agents see it (`CRM_meta_on_node_uuid`).
    pub node_uuid: Text,
    /// Instance parameters: `OCF_RESKEY_NAME`.
    pub params: BTreeMap<Text, Text>,
    /// Meta attributes that the agent sees as `OCF_RESKEY_CRM_meta_NAME`: clone, notify and role
    /// values. Timeout, interval, name and node are added from the fields above.
    pub meta: BTreeMap<Text, Text>,
}

impl Request {
    /// `OCF_RESOURCE_INSTANCE` of a resource: instances of anonymous clones are all alike to their
    /// agent, so they lose `:0`; globally unique ones keep it.
    pub fn instance_name(resource: &str, globally_unique: bool) -> Text {
        match resource.rsplit_once(':') {
            Some((base, number))
                if !globally_unique
                    && !number.is_empty()
                    && number.bytes().all(|b| b.is_ascii_digit()) =>
            {
                base.into()
            }
            _ => resource.into(),
        }
    }

    /// Whether this is a monitor that comes back.
    pub fn is_recurring(&self) -> bool {
        self.interval.is_some_and(|interval| !interval.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agent_names_are_read_and_written() {
        for name in ["ocf:heartbeat:IPaddr2", "systemd:getty@tty1", "lsb:ssh", "service:cron"] {
            assert_eq!(name.parse::<Agent>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in [
            "ocf:heartbeat:../../bin/sh",
            "ocf:..:sh",
            "ocf:Dummy",
            "lsb:../x",
            "systemd:--force",
            "stonith:fence_x",
            "lsb:",
            "plain",
        ] {
            assert!(name.parse::<Agent>().is_err(), "{name}");
        }
    }

    #[test]
    fn only_anonymous_instances_lose_their_number() {
        assert_eq!(Request::instance_name("web:0", false), "web");
        assert_eq!(Request::instance_name("web:12", true), "web:12");
        assert_eq!(Request::instance_name("web", false), "web");
        assert_eq!(Request::instance_name("odd:name", false), "odd:name");
    }

    #[test]
    fn every_action_is_found_by_its_word() {
        for word in ["start", "reload-agent", "migrate_to", "meta-data", "validate-all"] {
            assert_eq!(word.parse::<Action>().unwrap().as_str(), word);
        }
        assert_eq!("explode".parse::<Action>(), Err("explode".to_owned()));
    }
}
