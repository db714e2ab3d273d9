//! Resources by id, wherever they are in the tree.

use rota_cib::nvset::NvSet;
use rota_cib::resource::{Bundle, Clone_, CloneChild, Group, Primitive, Resource};
use rota_cib::{Config, Text};

use super::error::UserError;

/// A resource to be changed.
pub(super) enum Found<'c> {
    /// A primitive, at any depth.
    Primitive(&'c mut Primitive),
    /// A group, perhaps cloned.
    Group(&'c mut Group),
    /// A clone.
    Clone(&'c mut Clone_),
    /// A bundle.
    Bundle(&'c mut Bundle),
}

impl<'c> Found<'c> {
    /// Its meta attributes.
    pub(super) fn meta(self) -> &'c mut Vec<NvSet> {
        match self {
            Self::Primitive(p) => &mut p.meta,
            Self::Group(g) => &mut g.meta,
            Self::Clone(c) => &mut c.meta,
            Self::Bundle(b) => &mut b.meta,
        }
    }
}

/// The resource of this id.
pub(super) fn find_mut<'c>(config: &'c mut Config, id: &str) -> Option<Found<'c>> {
    for resource in &mut config.resources {
        if resource.id() == id {
            return Some(match resource {
                Resource::Primitive(p) => Found::Primitive(p),
                Resource::Group(g) => Found::Group(g),
                Resource::Clone(c) => Found::Clone(c),
                Resource::Bundle(b) => Found::Bundle(b),
            });
        }
        if !resource.ids().contains(&id) {
            continue;
        }
        if resource.group().is_some_and(|group| group.id == id) {
            return match resource {
                Resource::Clone(Clone_ { child: CloneChild::Group(group), .. }) => {
                    Some(Found::Group(group))
                }
                _ => None,
            };
        }
        return resource.primitives_mut().into_iter().find(|p| p.id == id).map(Found::Primitive);
    }
    None
}

/// The resource of this id, or a refusal with the nearest one.
pub(super) fn need<'c>(config: &'c mut Config, id: &str) -> Result<Found<'c>, UserError> {
    if !exists(config, id) {
        return Err(no_resource(config, id));
    }
    find_mut(config, id).ok_or_else(|| UserError::not_found("resource", id, []))
}

/// Whether there is a resource of this id.
pub(super) fn exists(config: &Config, id: &str) -> bool {
    config.resource_holding(id).is_some()
}

/// A refusal: there is no resource of this id.
pub(super) fn no_resource(config: &Config, id: &str) -> UserError {
    UserError::not_found("resource", id, config.resources.iter().flat_map(Resource::ids))
}

/// Checks that a resource of this id exists.
pub(super) fn check(config: &Config, id: &str) -> Result<(), UserError> {
    if exists(config, id) { Ok(()) } else { Err(no_resource(config, id)) }
}

/// Resources and tags as commands name them: a tag stands for its resources.
pub(super) fn expand_tags(config: &Config, names: &[&str]) -> Result<Vec<Text>, UserError> {
    let mut ids = Vec::new();
    for name in names {
        if let Some(tag) = config.tags.iter().find(|tag| tag.id == *name) {
            ids.extend(tag.references.iter().filter(|id| exists(config, id)).cloned());
            continue;
        }
        check(config, name)?;
        ids.push(Text::from(*name));
    }
    Ok(ids)
}

/// The ids around a resource: its group, and its clone or bundle.
pub(super) fn parents(config: &Config, id: &str) -> Vec<Text> {
    let Some(top) = config.resource_holding(id) else { return Vec::new() };
    let mut parents = Vec::new();
    if let Some(group) = top.group()
        && group.id != id
        && top.id() != id
    {
        parents.push(group.id.clone());
    }
    if top.id() != id && !parents.contains(top.id()) {
        parents.push(top.id().clone());
    }
    parents
}

/// The ids of the primitives in a resource; a primitive's own.
pub(super) fn primitives_of(config: &Config, id: &str) -> Vec<Text> {
    let Some(top) = config.resource_holding(id) else { return Vec::new() };
    let is_whole = top.id() == id || top.group().is_some_and(|group| group.id == id);
    let primitives = top.primitives().into_iter().map(|p| p.id.clone());
    primitives.filter(|primitive| is_whole || primitive == id).collect()
}
