//! What a fence device is: its agent, its parameters, whom it can reach, how patient to be.

use std::collections::BTreeMap;
use std::time::Duration;

use rota_ids::{NodeName, Text};
use serde::{Deserialize, Serialize};

use crate::request::{Action, Chance};

/// The name of a configured fence device.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceId(pub Text);

impl From<&str> for DeviceId {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl std::fmt::Display for DeviceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A configured fence device. [`Device::from_params`] builds one from the parameters people write.
///
/// Its `Debug` form names the parameters and never their values: there is a password among them.
#[derive(Clone, PartialEq, Eq)]
pub struct Device {
    /// Its name.
    pub id: DeviceId,
    /// The agent that drives it, such as `fence_ipmilan`.
    pub agent: Text,
    /// What the agent is given; the `pcmk_*` parameters are not among them.
    pub params: Vec<(Text, Text)>,
    /// Whom it can fence.
    pub targets: Targets,
    /// How long each action may take.
    pub timeouts: Timeouts,
    /// Attempts at "off" in one round (`pcmk_off_retries`, which counts attempts, not repeats).
    pub attempts_max: u32,
    /// Actions that may run on it at once (`pcmk_action_limit`); `None` is no limit.
    pub action_limit: Option<u32>,
    /// The pause before it fences.
    pub delay: Delay,
    /// Its "on" is unfencing (`automatic` in its meta-data), so it is not part of a reboot.
    pub unfences: bool,
}

/// Whom a device can fence, and under which name it knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Targets {
    /// `pcmk_host_list` and `pcmk_host_map`: the node and the plug(s) it hangs on. The plug text
    /// goes to the agent as it is ("2,3" means both, in the agents' own language).
    Static(BTreeMap<NodeName, Text>),
    /// The agent's `list` action knows; `None` until the caller has asked it. A device whose list
    /// is unknown fences nobody: shooting the wrong host would be taken for a proof.
    Listed(Option<BTreeMap<NodeName, Text>>),
    /// `pcmk_host_check=none`: the administrator says that it reaches every node.
    Any,
}

impl Targets {
    /// The plug under which the device knows the node; `None` when it cannot fence it.
    pub fn plug(&self, node: &NodeName) -> Option<Text> {
        match self {
            Self::Static(map) | Self::Listed(Some(map)) => map.get(node).cloned(),
            Self::Listed(None) => None,
            Self::Any => Some(node.0.clone()),
        }
    }
}

/// How long one attempt at each action may take (`pcmk_<action>_timeout`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Off, verification included.
    pub off: Duration,
    /// On.
    pub on: Duration,
    /// Status.
    pub status: Duration,
    /// Monitor and list.
    pub monitor: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        // Pacemaker's stonith-timeout.
        let minute = Duration::from_secs(60);
        Self { off: minute, on: minute, status: minute, monitor: minute }
    }
}

impl Timeouts {
    /// The time one attempt at this action has.
    pub fn of(&self, action: Action) -> Duration {
        match action {
            Action::Off => self.off,
            Action::On => self.on,
            Action::Status => self.status,
            Action::Monitor => self.monitor,
        }
    }
}

/// The pause before fencing, so that two sides that shoot at each other do not both hit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delay {
    /// `pcmk_delay_base` for every target that has none of its own.
    pub base: Duration,
    /// `pcmk_delay_base` as a map from node to pause.
    pub base_by_node: BTreeMap<NodeName, Duration>,
    /// `pcmk_delay_max`: the base plus a random part never exceeds it. Zero: no random part.
    pub max: Duration,
}

impl Delay {
    /// The pause before this target is fenced, given the dice's answer.
    pub fn before(&self, target: &NodeName, chance: Chance) -> Duration {
        let base = self.base_by_node.get(target).copied().unwrap_or(self.base);
        base + chance.of(self.max.saturating_sub(base))
    }
}

impl Device {
    /// A device with Pacemaker's defaults that reaches nobody yet.
    pub fn new(id: impl Into<DeviceId>, agent: impl Into<Text>) -> Self {
        Self {
            id: id.into(),
            agent: agent.into(),
            params: Vec::new(),
            targets: Targets::Listed(None),
            timeouts: Timeouts::default(),
            attempts_max: 2,
            action_limit: Some(1),
            delay: Delay::default(),
            unfences: false,
        }
    }
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            id,
            agent,
            params,
            targets,
            timeouts,
            attempts_max,
            action_limit,
            delay,
            unfences,
        } = self;
        let names: Vec<&Text> = params.iter().map(|(name, _)| name).collect();
        f.debug_struct("Device")
            .field("id", id)
            .field("agent", agent)
            .field("params", &names)
            .field("targets", targets)
            .field("timeouts", timeouts)
            .field("attempts_max", attempts_max)
            .field("action_limit", action_limit)
            .field("delay", delay)
            .field("unfences", unfences)
            .finish()
    }
}
