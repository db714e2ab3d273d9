//! Removing resources, and all that refers to them.

use std::collections::BTreeSet;

use rota_cib::constraint::{Constraint, ResourceSet};
use rota_cib::fencing::Level;
use rota_cib::resource::{Clone_, CloneChild, Group, Resource};
use rota_cib::{Config, Text};

/// All that goes with the given resources: what is inside them, and what would be left empty.
pub(super) fn with_dependants(config: &Config, ids: &[Text]) -> BTreeSet<Text> {
    let mut gone: BTreeSet<Text> = ids.iter().cloned().collect();
    for resource in &config.resources {
        let all = resource.ids();
        // What contains goes with what is inside, and takes it along.
        let group = resource.group();
        if gone.contains(resource.id()) || group.is_some_and(|group| gone.contains(&group.id)) {
            gone.extend(all.into_iter().map(Text::from));
            continue;
        }
        let primitives = resource.primitives();
        let is_bundle = matches!(resource, Resource::Bundle(_));
        if !primitives.is_empty() && !is_bundle && primitives.iter().all(|p| gone.contains(&p.id)) {
            gone.extend(all.into_iter().map(Text::from));
        }
    }
    gone
}

/// Removes resources, and whatever refers to them. Says what else was removed or changed.
pub(super) fn remove(config: &mut Config, gone: &BTreeSet<Text>) -> Vec<String> {
    remove_resources(config, gone);
    let mut remarks = Vec::new();
    remove_constraints(config, gone, &mut remarks);
    config.fencing_topology.retain_mut(|level: &mut Level| {
        let before = level.devices.len();
        level.devices.retain(|device| !gone.contains(device));
        if level.devices.is_empty() && before > 0 {
            remarks.push(format!("removed the fencing level '{}'", level.id));
        }
        !level.devices.is_empty()
    });
    config.tags.retain_mut(|tag| {
        let before = tag.references.len();
        tag.references.retain(|id| !gone.contains(id));
        before == 0 || !tag.references.is_empty()
    });
    for role in &mut config.acls.roles {
        role.permissions.retain(|permission| {
            !permission.iter().any(|(name, value)| name == "reference" && gone.contains(value))
        });
    }
    remarks
}

fn remove_resources(config: &mut Config, gone: &BTreeSet<Text>) {
    config.resources.retain(|resource| !gone.contains(resource.id()));
    let prune = |group: &mut Group| group.members.retain(|member| !gone.contains(&member.id));
    for resource in &mut config.resources {
        match resource {
            Resource::Group(group)
            | Resource::Clone(Clone_ { child: CloneChild::Group(group), .. }) => prune(group),
            Resource::Bundle(bundle) => {
                if bundle.primitive.as_ref().is_some_and(|p| gone.contains(&p.id)) {
                    bundle.primitive = None;
                }
            }
            Resource::Primitive(_)
            | Resource::Clone(Clone_ { child: CloneChild::Primitive(_), .. }) => {}
        }
    }
}

/// Takes removed resources out of sets; whether a set is left where there were some.
fn prune_sets(sets: &mut Vec<ResourceSet>, gone: &BTreeSet<Text>) -> bool {
    let before = sets.len();
    sets.retain_mut(|set| {
        let had = set.resources.len();
        set.resources.retain(|id| !gone.contains(id));
        had == 0 || !set.resources.is_empty()
    });
    before == 0 || !sets.is_empty()
}

fn remove_constraints(config: &mut Config, gone: &BTreeSet<Text>, remarks: &mut Vec<String>) {
    let is_gone = |id: &Option<Text>| id.as_ref().is_some_and(|id| gone.contains(id));
    config.constraints.retain_mut(|constraint| {
        let stays = match constraint {
            Constraint::Location(c) => !is_gone(&c.rsc) && prune_sets(&mut c.sets, gone),
            Constraint::Colocation(c) => {
                !is_gone(&c.rsc) && !is_gone(&c.with_rsc) && prune_sets(&mut c.sets, gone)
            }
            Constraint::Order(c) => {
                !is_gone(&c.first) && !is_gone(&c.then) && prune_sets(&mut c.sets, gone)
            }
            Constraint::Ticket(c) => !is_gone(&c.rsc) && prune_sets(&mut c.sets, gone),
        };
        if !stays {
            remarks.push(format!("removed the constraint '{}'", constraint.id()));
        }
        stays
    });
}

/// Makes all that names `old` name `new` instead (a clone in place of what it clones, or back).
pub(super) fn rename(config: &mut Config, old: &str, new: &Text) {
    let one = |id: &mut Option<Text>| {
        if id.as_deref() == Some(old) {
            *id = Some(new.clone());
        }
    };
    let many = |sets: &mut Vec<ResourceSet>| {
        for id in sets.iter_mut().flat_map(|set| &mut set.resources).filter(|id| *id == old) {
            *id = new.clone();
        }
    };
    for constraint in &mut config.constraints {
        match constraint {
            Constraint::Location(c) => {
                one(&mut c.rsc);
                many(&mut c.sets);
            }
            Constraint::Colocation(c) => {
                one(&mut c.rsc);
                one(&mut c.with_rsc);
                many(&mut c.sets);
            }
            Constraint::Order(c) => {
                one(&mut c.first);
                one(&mut c.then);
                many(&mut c.sets);
            }
            Constraint::Ticket(c) => {
                one(&mut c.rsc);
                many(&mut c.sets);
            }
        }
    }
}
