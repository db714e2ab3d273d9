//! Resources: primitives, groups, clones, bundles, and their operations.

use serde::{Deserialize, Serialize};

use crate::Text;
use crate::nvset::NvSet;

/// Anything that the cluster can be asked to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Resource {
    /// One service.
    Primitive(Primitive),
    /// Services that run together, started in order.
    Group(Group),
    /// A service or group that runs several times; promotable or not.
    Clone(Clone_),
    /// A container image run as replicas, with a service inside perhaps.
    Bundle(Bundle),
}

impl Resource {
    /// The configured id.
    pub fn id(&self) -> &Text {
        match self {
            Self::Primitive(p) => &p.id,
            Self::Group(g) => &g.id,
            Self::Clone(c) => &c.id,
            Self::Bundle(b) => &b.id,
        }
    }
}

/// Where an agent comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AgentClass {
    /// Open Cluster Framework, with a provider.
    Ocf,
    /// A systemd unit.
    Systemd,
    /// An LSB init script.
    Lsb,
    /// Whatever the host has for this name: systemd or LSB.
    Service,
    /// A fence device.
    Stonith,
    /// A class that this version does not run (nagios, upstart …), kept as written.
    Other(Text),
}

impl AgentClass {
    /// The class that a word means.
    pub fn parse(word: &str) -> Self {
        match word {
            "ocf" => Self::Ocf,
            "systemd" => Self::Systemd,
            "lsb" => Self::Lsb,
            "service" => Self::Service,
            "stonith" => Self::Stonith,
            other => Self::Other(other.into()),
        }
    }

    /// The word for the class in documents.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Ocf => "ocf",
            Self::Systemd => "systemd",
            Self::Lsb => "lsb",
            Self::Service => "service",
            Self::Stonith => "stonith",
            Self::Other(word) => word,
        }
    }
}

/// One service, or a template for some.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Primitive {
    /// Unique id.
    pub id: Text,
    /// Class of the agent; absent when the template has it.
    pub class: Option<AgentClass>,
    /// Provider of an OCF agent.
    pub provider: Option<Text>,
    /// The agent's name; absent when the template has it.
    pub agent: Option<Text>,
    /// The template that fills what is absent here.
    pub template: Option<Text>,
    /// A sentence for people.
    pub description: Option<Text>,
    /// Parameters of the agent.
    pub parameters: Vec<NvSet>,
    /// Options of the cluster for this resource.
    pub meta: Vec<NvSet>,
    /// What the service needs of its node.
    pub utilization: Vec<NvSet>,
    /// Configured operations.
    pub operations: Operations,
}

/// The `operations` element.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Operations {
    /// Its own id, if it has one.
    pub id: Option<Text>,
    /// The id of the operations that stand here instead.
    pub id_ref: Option<Text>,
    /// The operations in written order.
    pub ops: Vec<Operation>,
}

/// One configured operation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Operation {
    /// Unique id.
    pub id: Text,
    /// start, stop, monitor …
    pub name: Text,
    /// As written ("10s", "PT1M", "0"); parsed by [`crate::nvset`]'s users where it is needed.
    pub interval: Text,
    /// All further attributes of the element as written: timeout, on-fail, role, enabled,
    /// record-pending, start-delay, interval-origin, requires, description.
    pub attributes: Vec<(Text, Text)>,
    /// Sets of instance attributes under the operation.
    pub parameters: Vec<NvSet>,
    /// Sets of meta attributes under the operation.
    pub meta: Vec<NvSet>,
}

/// Services that run together, started in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Group {
    /// Unique id.
    pub id: Text,
    /// A sentence for people.
    pub description: Option<Text>,
    /// Parameters for all members.
    pub parameters: Vec<NvSet>,
    /// Options for all members.
    pub meta: Vec<NvSet>,
    /// Members in start order.
    pub members: Vec<Primitive>,
}

/// A service or group that runs several times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Clone_ {
    /// Unique id.
    pub id: Text,
    /// Whether it was written as the old `master` element (promotable whatever its meta says).
    pub written_as_master: bool,
    /// A sentence for people.
    pub description: Option<Text>,
    /// Parameters for the instances.
    pub parameters: Vec<NvSet>,
    /// Options.
    pub meta: Vec<NvSet>,
    /// What is cloned.
    pub child: CloneChild,
}

/// What a clone multiplies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum CloneChild {
    /// One service.
    Primitive(Primitive),
    /// A group.
    Group(Group),
}

/// A container image run as replicas.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bundle {
    /// Unique id.
    pub id: Text,
    /// A sentence for people.
    pub description: Option<Text>,
    /// Parameters (the schema allows them; nothing reads them).
    pub parameters: Vec<NvSet>,
    /// Options.
    pub meta: Vec<NvSet>,
    /// Engine: docker, podman, rkt.
    pub engine: Text,
    /// Attributes of the engine's element: image, replicas, replicas-per-host, promoted-max,
    /// masters, network, options, run-command.
    pub container: Vec<(Text, Text)>,
    /// Attributes of the network element, and its port mappings.
    pub network: Option<BundleNetwork>,
    /// Directories shared with the container: attributes of each storage mapping.
    pub storage: Vec<Vec<(Text, Text)>>,
    /// The service inside.
    pub primitive: Option<Primitive>,
}

/// How a bundle is reached.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BundleNetwork {
    /// ip-range-start, control-port, host-interface, host-netmask, add-host.
    pub attributes: Vec<(Text, Text)>,
    /// Attributes of each port mapping: id, port, internal-port, range.
    pub ports: Vec<Vec<(Text, Text)>>,
}
