//! Fencing as the node sees it: the Cib's devices in the fencer's words, who may run them.

use std::collections::BTreeSet;

use rota_cib::constraint::Constraint;
use rota_cib::fencing::LevelTarget;
use rota_cib::resource::{AgentClass, CloneChild, Primitive, Resource};
use rota_cib::{Cib, Score};
use rota_fencing::{Device, DeviceId, Executor, Topology, Wish};
use rota_ids::{NodeName, Text};
use rota_transition::FenceAction;

use crate::state::ClusterState;

/// The devices that the configuration has, switched-off ones left out.
pub fn devices(cib: &Cib) -> Vec<Device> {
    primitives(cib).filter(|p| p.class == Some(AgentClass::Stonith)).filter_map(device).collect()
}

fn device(primitive: &Primitive) -> Option<Device> {
    let is_off = primitive
        .meta
        .iter()
        .find_map(|set| set.get("target-role"))
        .is_some_and(|role| role.eq_ignore_ascii_case("stopped"));
    if is_off {
        return None;
    }
    let agent = primitive.agent.clone()?;
    let pairs = primitive.parameters.iter().flat_map(|set| &set.pairs);
    let params = pairs.filter_map(|pair| Some((pair.name.as_deref()?, pair.value.as_deref()?)));
    // Findings were shown when the device was configured; the device works without the part
    // that is not understood.
    let (device, _findings) = Device::from_params(DeviceId(primitive.id.clone()), agent, params);
    Some(device)
}

fn primitives(cib: &Cib) -> impl Iterator<Item = &Primitive> {
    cib.config.resources.iter().flat_map(|resource| match resource {
        Resource::Primitive(p) => std::slice::from_ref(p).iter(),
        Resource::Group(g) => g.members.iter(),
        Resource::Clone(c) => match &c.child {
            CloneChild::Primitive(p) => std::slice::from_ref(p).iter(),
            CloneChild::Group(g) => g.members.iter(),
        },
        Resource::Bundle(_) => [].iter(),
    })
}

/// The fencing topology, resolved for the nodes that there are.
pub fn topology(state: &ClusterState) -> Topology {
    let mut topology = Topology::new();
    for level in &state.cib.config.fencing_topology {
        for member in state.roster.values() {
            let concerns = match &level.target {
                LevelTarget::Node(name) => *name == member.name.0,
                LevelTarget::Pattern(pattern) => {
                    rota_policy::is_found(pattern, member.name.as_str())
                }
                LevelTarget::Attribute(name, value) => {
                    attribute(&state.cib, &member.name, name) == Some(value)
                }
            };
            // Beyond the highest level there is none (schema: 1 to 9); validation says so.
            if concerns && let Ok(index) = u8::try_from(level.index) {
                let devices = level.devices.iter().map(|id| DeviceId(id.clone()));
                topology.add(member.name.clone(), index, devices);
            }
        }
    }
    topology
}

fn attribute<'a>(cib: &'a Cib, node: &NodeName, name: &str) -> Option<&'a Text> {
    let entry = cib.config.nodes.iter().find(|entry| entry.uname == node.0)?;
    entry.attributes.iter().find_map(|set| set.get(name))
}

/// The members that may run devices: with what each has shown to reach, and what is barred there.
pub fn executors(state: &ClusterState) -> Vec<Executor> {
    let members = state.view.members.keys().filter_map(|id| state.roster.get(id));
    members
        .map(|member| Executor {
            id: member.id,
            name: member.name.clone(),
            verified: verified(&state.cib, &member.name),
            barred: barred(&state.cib, &member.name),
        })
        .collect()
}

/// Devices whose last start or monitor on the node went well: it has a session to them.
fn verified(cib: &Cib, node: &NodeName) -> BTreeSet<DeviceId> {
    let Some(status) = cib.status.nodes.iter().find(|state| state.uname == node.0) else {
        return BTreeSet::new();
    };
    status
        .history
        .iter()
        .filter(|history| history.class.as_deref() == Some("stonith"))
        .filter(|history| {
            let last = history.operations.iter().max_by_key(|op| op.call_id);
            last.is_some_and(|op| op.rc == 0 && op.operation != "stop")
        })
        .map(|history| DeviceId(history.id.clone()))
        .collect()
}

fn barred(cib: &Cib, node: &NodeName) -> BTreeSet<DeviceId> {
    cib.config
        .constraints
        .iter()
        .filter_map(|constraint| match constraint {
            Constraint::Location(location)
                if location.score == Some(Score::NEG_INFINITY)
                    && location.node.as_ref() == Some(&node.0) =>
            {
                location.rsc.clone().map(DeviceId)
            }
            Constraint::Location(_)
            | Constraint::Colocation(_)
            | Constraint::Order(_)
            | Constraint::Ticket(_) => None,
        })
        .collect()
}

/// The planner's word for it in the fencer's.
pub const fn wish(action: FenceAction) -> Wish {
    match action {
        FenceAction::Reboot => Wish::Reboot,
        FenceAction::Off => Wish::Off,
        FenceAction::On => Wish::On,
    }
}
