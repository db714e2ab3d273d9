//! Nodes that no member can reach (remote nodes, guests, replicas of bundles) and that an old or
//! imported configuration names all the same: nothing is planned for them, and nobody is shot for
//! them. `rota status` says that they are ignored.

use std::collections::BTreeSet;

use rota_cib::node::NodeKind;
use rota_cib::resource::{CloneChild, Resource};
use rota_cib::validate::closed::{closed, is_remote};
use rota_cib::{Cib, Text};

/// Takes them out of a Cib that is to be planned with, with what is known of their connections:
/// what was tried in vain must not be stopped in vain.
pub fn leave_out(cib: &mut Cib) {
    let is_member = |kind: Option<NodeKind>| kind != Some(NodeKind::Remote);
    let all_members = cib.config.nodes.iter().all(|node| is_member(node.kind));
    if all_members && closed(&cib.config).is_empty() {
        return;
    }
    let mut gone: BTreeSet<Text> = BTreeSet::new();
    let config = &mut cib.config;
    let remote = config.all_primitives().filter(|primitive| is_remote(primitive));
    let templates: BTreeSet<Text> = remote.map(|primitive| primitive.id.clone()).collect();
    let is_connection = |primitive: &rota_cib::resource::Primitive| {
        is_remote(primitive)
            || primitive.template.as_ref().is_some_and(|template| templates.contains(template))
    };
    config.resources.retain_mut(|resource| {
        let connections = resource.primitives().into_iter().filter(|p| is_connection(p));
        let connections: Vec<Text> = connections.map(|primitive| primitive.id.clone()).collect();
        gone.extend(connections.iter().cloned());
        match resource {
            Resource::Group(group) => {
                group.members.retain(|member| !connections.contains(&member.id));
                !group.members.is_empty()
            }
            Resource::Clone(clone) => match &mut clone.child {
                CloneChild::Group(group) => {
                    group.members.retain(|member| !connections.contains(&member.id));
                    !group.members.is_empty()
                }
                CloneChild::Primitive(_) => connections.is_empty(),
            },
            Resource::Primitive(_) => connections.is_empty(),
            // What a bundle is without its nodes nobody knows.
            Resource::Bundle(bundle) => match &bundle.primitive {
                Some(inside) => {
                    gone.extend([bundle.id.clone(), inside.id.clone()]);
                    false
                }
                None => true,
            },
        }
    });
    let guests = leave_out_guests(cib);
    gone.extend(guests);
    let members: BTreeSet<Text> =
        cib.config.nodes.iter().filter(|n| is_member(n.kind)).map(|n| n.uname.clone()).collect();
    cib.config.nodes.retain(|node| is_member(node.kind));
    cib.status.nodes.retain(|state| {
        let is_remote = state.other.iter().any(|(name, _)| name == "remote_node");
        !is_remote && (members.contains(&state.uname) || !is_of(&gone, &state.uname))
    });
    let stays: BTreeSet<&str> = cib.config.resources.iter().flat_map(Resource::ids).collect();
    for state in &mut cib.status.nodes {
        state.history.retain(|known| stays.contains(&*known.id) || !is_of(&gone, &known.id));
    }
}

/// The names of the guests; what they run on goes on as what it is.
fn leave_out_guests(cib: &mut Cib) -> Vec<Text> {
    let mut names = Vec::new();
    let primitives = cib.config.resources.iter_mut().flat_map(Resource::primitives_mut);
    let sets = primitives
        .chain(&mut cib.config.templates)
        .flat_map(|primitive| &mut primitive.meta)
        .chain(&mut cib.config.rsc_defaults);
    for set in sets {
        let guest = |name: &Option<Text>| name.as_deref() == Some("remote-node");
        let values = set.pairs.iter().filter(|pair| guest(&pair.name));
        names.extend(values.filter_map(|pair| pair.value.clone()));
        set.pairs.retain(|pair| !guest(&pair.name));
    }
    names
}

/// Whether this is one of them, an instance (`a:1`), or a part of a bundle (`a-0`, `a-docker-0`).
fn is_of(gone: &BTreeSet<Text>, id: &str) -> bool {
    gone.iter().any(|name| {
        id.strip_prefix(name.as_str()).is_some_and(|rest| {
            let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
            let last = rest.rsplit(['-', ':']).next().unwrap_or_default();
            rest.is_empty() || rest.starts_with([':', '-']) && !last.is_empty() && is_number(last)
        })
    })
}
