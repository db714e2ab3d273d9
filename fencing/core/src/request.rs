//! What is asked of the fencer.

use std::time::Duration;

use rota_ids::{Incarnation, NodeName, Text};
use serde::{Deserialize, Serialize};

/// Somebody wants a node to be made harmless, or switched on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The node.
    pub target: NodeName,
    /// The life that must end; `None` for a node never seen. A newer boot is not touched.
    pub incarnation: Option<Incarnation>,
    /// What to do.
    pub wish: Wish,
    /// Extra pause before it, on top of the devices' own.
    pub delay: RequestDelay,
    /// Who asked: a subsystem or an administrator.
    pub requested_by: Text,
    /// Why, for the history and the status.
    pub why: Text,
}

/// What a request wants in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wish {
    /// Off, and let it stay off.
    Off,
    /// Off, verified, then on again.
    Reboot,
    /// On (unfencing, or an administrator's wish). Needs and gives no proof.
    On,
}

impl Wish {
    /// Whether a proof of "off" is wanted.
    pub fn needs_off(self) -> bool {
        matches!(self, Self::Off | Self::Reboot)
    }
}

/// The extra pause of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestDelay {
    /// Added to the first level's own delay (`priority-fencing-delay` and the like).
    Add(Duration),
    /// No pause at all, not even the devices' own.
    Skip,
}

/// One action of one device. There is no "cycle" and no "reset" on purpose: a management card may
/// answer them with success while the host stays on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Switch off and verify.
    Off,
    /// Switch on.
    On,
    /// Look whether it is on.
    Status,
    /// Check that the device works, without a target.
    Monitor,
}

impl Action {
    /// The action's name in the fence-agent contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Status => "status",
            Self::Monitor => "monitor",
        }
    }
}

/// A throw of the dice, handed in so that the core stays deterministic: 0 is 0.0, `u32::MAX` 1.0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chance(pub u32);

impl Chance {
    /// That part of a span.
    pub fn of(self, span: Duration) -> Duration {
        span.mul_f64(f64::from(self.0) / f64::from(u32::MAX))
    }
}
