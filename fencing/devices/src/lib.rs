//! Talking to fence devices: our own IPMI client and the fence agents of the whole field.
//!
//! [`Registry::run`] makes one device do one action and always ends, with a [`Reply`] that says
//! what is known afterwards. "Proven off" is said only after the power was looked at again.

mod agent;
mod child;
mod device;
pub mod ipmi;
mod limits;
mod metadata;
mod registry;

use rota_ids::Text;

pub use device::{DeviceCall, Params};
pub use metadata::{ActionInfo, Kind, Metadata, Parameter};
pub use registry::{Finding, Registry};
pub use rota_fencing::{Action, Reply};

/// Why a device cannot be used as configured. Nothing was done to any host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A parameter is missing, unknown or wrong.
    #[error("{name}: {problem}")]
    Parameter {
        /// Which.
        name: Text,
        /// What is wrong.
        problem: Text,
    },
    /// There is no such agent.
    #[error("there is no fence agent {0}")]
    NoAgent(Text),
    /// The agent could not be run or did not end well.
    #[error("{agent}: {problem}")]
    Agent {
        /// Which.
        agent: Text,
        /// What happened.
        problem: Text,
    },
}
