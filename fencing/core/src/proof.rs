//! What counts as a proof, and what a device can answer.

use rota_ids::{Incarnation, NodeId, NodeName, Text};
use serde::{Deserialize, Serialize};

use crate::device::DeviceId;

/// The outcome of one attempt at one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// The power is off and was verified to be off after the order; `how` says by which means.
    ProvenOff {
        /// Means and observations, for the history.
        how: Text,
    },
    /// The power was seen off once: an answer to "status", not a proof.
    Off,
    /// The power is on.
    On,
    /// The device works (answer to "monitor").
    Works,
    /// The device or its agent says no; asking the same way again will not help.
    Refused {
        /// Its reason.
        why: Text,
    },
    /// Nobody answered at the device's address, or its agent could not be run.
    Unreachable {
        /// What was tried.
        why: Text,
    },
    /// It began, and time ran out: the power state is unknown.
    TimedOut {
        /// How far it got.
        why: Text,
    },
}

impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ProvenOff { how } => write!(f, "proven off: {how}"),
            Self::Off => f.write_str("off"),
            Self::On => f.write_str("on"),
            Self::Works => f.write_str("works"),
            Self::Refused { why } => write!(f, "refused: {why}"),
            Self::Unreachable { why } => write!(f, "unreachable: {why}"),
            Self::TimedOut { why } => write!(f, "timed out: {why}"),
        }
    }
}

/// One device's part of a proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceProof {
    /// The device.
    pub device: DeviceId,
    /// Its agent.
    pub agent: Text,
    /// The node that drove it.
    pub executor: NodeId,
    /// How "off" was verified.
    pub how: Text,
}

/// Why a life of a node is known to be over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// Every power supply of the node was verified off.
    PoweredOff {
        /// One entry for each device of the level.
        devices: Vec<DeviceProof>,
    },
    /// An administrator vouched for it.
    Administrator {
        /// Who.
        who: Text,
    },
    /// The host has booted anew, so everything of the earlier boot is gone.
    NewBoot {
        /// The life that was seen.
        seen: Incarnation,
    },
}

impl std::fmt::Display for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::PoweredOff { devices } => {
                for (i, one) in devices.iter().enumerate() {
                    let gap = if i == 0 { "" } else { "; " };
                    let DeviceProof { device, agent, executor, how } = one;
                    write!(f, "{gap}{device} ({agent}) by node {executor}: {how}")?;
                }
                Ok(())
            }
            Self::Administrator { who } => write!(f, "confirmed by {who}"),
            Self::NewBoot { seen } => write!(f, "seen again as boot {}", seen.boot),
        }
    }
}

/// A proof and the life it ends. The log stores it; recovery may start once it is committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The node.
    pub target: NodeName,
    /// The life that is over; `None` for a node never seen.
    pub incarnation: Option<Incarnation>,
    /// Why that is certain.
    pub proof: Proof,
}
