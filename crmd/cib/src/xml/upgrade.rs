//! Documents that follow schemas before 3.0 say some things elsewhere, or by other names.
//!
//! Words that changed without moving (Master, Slave, `read` permissions, `master` elements) are
//! understood while reading, whatever the schema. What moved is moved here. ("Changes in Pacemaker
//! 2.0" in Pacemaker's release notes.)

use crate::change::xml_id;
use crate::nvset::{NvPair, NvSet};
use crate::resource::{Operation, Primitive, Resource};
use crate::{Cib, Config, Text};

/// Moves what stands where schemas before 3.0 had it; other documents stay as they are.
pub(super) fn upgrade(cib: &mut Cib) {
    if !is_old(&cib.header.validate_with) {
        return;
    }
    cib.header.validate_with = "pacemaker-3.0".into();
    let config = &mut cib.config;
    properties(config);
    config.templates.iter_mut().for_each(primitive);
    for resource in &mut config.resources {
        meta_names(resource.meta_mut());
        if let Resource::Clone(clone) = resource
            && let crate::resource::CloneChild::Group(group) = &mut clone.child
        {
            meta_names(&mut group.meta);
        }
        resource.primitives_mut().into_iter().for_each(primitive);
    }
    meta_names(&mut config.rsc_defaults);
}

/// Whether a schema is one before 3.0. (`none` and unknown ones are not.)
fn is_old(schema: &str) -> bool {
    let version = schema.strip_prefix("pacemaker-").and_then(|version| version.split('.').next());
    matches!(version, Some("0" | "1" | "2")) || schema == "transitional-0.6"
}

/// Properties that became defaults: name of old, list, name of today.
const BECAME_DEFAULTS: [(&str, Defaults, &str); 4] = [
    ("default-action-timeout", Defaults::Operations, "timeout"),
    ("default-resource-stickiness", Defaults::Resources, "resource-stickiness"),
    ("is-managed-default", Defaults::Resources, "is-managed"),
    ("default-migration-threshold", Defaults::Resources, "migration-threshold"),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Defaults {
    Resources,
    Operations,
}

/// Properties with another name.
const RENAMED: [(&str, &str); 4] = [
    ("crmd-finalization-timeout", "join-finalization-timeout"),
    ("crmd-integration-timeout", "join-integration-timeout"),
    ("crmd-transition-delay", "transition-delay"),
    ("transition-idle-timeout", "cluster-delay"),
];

fn properties(config: &mut Config) {
    for (list, section) in
        [(Defaults::Resources, "rsc_defaults"), (Defaults::Operations, "op_defaults")]
    {
        let mut moved = NvSet::default();
        for set in &mut config.properties {
            set.pairs.retain(|pair| match default_of(pair) {
                Some((wanted, name)) if wanted == list => {
                    moved.pairs.push(NvPair { name: Some(name.into()), ..pair.clone() });
                    false
                }
                _ => true,
            });
        }
        if moved.pairs.is_empty() {
            continue;
        }
        moved.id = Some(xml_id(&["upgraded", section]));
        let sets = match list {
            Defaults::Resources => &mut config.rsc_defaults,
            Defaults::Operations => &mut config.op_defaults,
        };
        // In front, so that a default that was there already wins.
        sets.insert(0, moved);
    }
    for pair in config.properties.iter_mut().flat_map(|set| &mut set.pairs) {
        let Some(name) = pair.name.as_mut() else { continue };
        if name.contains('_')
            && crate::options::find(crate::options::CLUSTER, &dashed(name)).is_some()
        {
            *name = dashed(name);
        }
        if let Some((_, new)) = RENAMED.iter().find(|(old, _)| *old == dashed(name)) {
            *name = Text::new_static(new);
        }
        if *name == "stonith-action" && pair.value.as_deref() == Some("poweroff") {
            pair.value = Some("off".into());
        }
    }
}

fn default_of(pair: &NvPair) -> Option<(Defaults, &'static str)> {
    let name = dashed(pair.name.as_ref()?);
    let found = BECAME_DEFAULTS.iter().find(|(old, ..)| *old == name);
    found.map(|(_, list, new)| (*list, *new))
}

fn dashed(name: &str) -> Text {
    name.chars().map(|c| if c == '_' { '-' } else { c }).collect()
}

/// Meta attributes were once written with underscores, and master-max was promoted-max.
fn meta_names(sets: &mut [NvSet]) {
    for name in sets.iter_mut().flat_map(|set| &mut set.pairs).filter_map(|p| p.name.as_mut()) {
        let is_meta = |name: &str| crate::options::find(crate::options::META, name).is_some();
        if name.contains('_') && is_meta(&dashed(name)) {
            *name = dashed(name);
        }
    }
}

fn primitive(primitive: &mut Primitive) {
    meta_names(&mut primitive.meta);
    let requires = primitive.operations.ops.iter_mut().filter_map(take_requires).last();
    let has_requires = primitive.meta.iter().any(|set| set.get("requires").is_some());
    if let Some(value) = requires.filter(|_| !has_requires) {
        let id = xml_id(&[&primitive.id, "upgraded-meta"]);
        let pair = NvPair {
            id: Some(xml_id(&[&id, "requires"])),
            name: Some("requires".into()),
            value: Some(value),
            ..NvPair::default()
        };
        primitive.meta.push(NvSet { id: Some(id), pairs: vec![pair], ..NvSet::default() });
    }
}

/// What a start operation requires is now an option of the resource.
fn take_requires(op: &mut Operation) -> Option<Text> {
    if op.name != "start" {
        return None;
    }
    let at = op.attributes.iter().position(|(name, _)| name == "requires")?;
    Some(op.attributes.remove(at).1)
}
