//! Walks over all primitives and all sets of a configuration, wherever they are.

use crate::Config;
use crate::acl::Alert;
use crate::nvset::NvSet;
use crate::resource::{CloneChild, Group, Primitive, Resource};

impl Resource {
    /// The primitives inside, in order; a primitive is inside itself.
    pub fn primitives(&self) -> Vec<&Primitive> {
        match self {
            Self::Primitive(p) => vec![p],
            Self::Group(g) => g.members.iter().collect(),
            Self::Clone(c) => match &c.child {
                CloneChild::Primitive(p) => vec![p],
                CloneChild::Group(g) => g.members.iter().collect(),
            },
            Self::Bundle(b) => b.primitive.iter().collect(),
        }
    }

    /// As [`Self::primitives`], to be changed.
    pub fn primitives_mut(&mut self) -> Vec<&mut Primitive> {
        match self {
            Self::Primitive(p) => vec![p],
            Self::Group(g) => g.members.iter_mut().collect(),
            Self::Clone(c) => match &mut c.child {
                CloneChild::Primitive(p) => vec![p],
                CloneChild::Group(g) => g.members.iter_mut().collect(),
            },
            Self::Bundle(b) => b.primitive.iter_mut().collect(),
        }
    }

    /// The group that this is or clones, if any.
    pub fn group(&self) -> Option<&Group> {
        match self {
            Self::Group(g) => Some(g),
            Self::Clone(c) => match &c.child {
                CloneChild::Group(g) => Some(g),
                CloneChild::Primitive(_) => None,
            },
            Self::Primitive(_) | Self::Bundle(_) => None,
        }
    }

    /// Its meta attributes.
    pub fn meta(&self) -> &Vec<NvSet> {
        match self {
            Self::Primitive(p) => &p.meta,
            Self::Group(g) => &g.meta,
            Self::Clone(c) => &c.meta,
            Self::Bundle(b) => &b.meta,
        }
    }

    /// Its meta attributes, to be changed.
    pub fn meta_mut(&mut self) -> &mut Vec<NvSet> {
        match self {
            Self::Primitive(p) => &mut p.meta,
            Self::Group(g) => &mut g.meta,
            Self::Clone(c) => &mut c.meta,
            Self::Bundle(b) => &mut b.meta,
        }
    }

    /// Its id and the ids of all resources inside.
    pub fn ids(&self) -> Vec<&str> {
        let mut ids = vec![self.id().as_str()];
        if let (Self::Clone(_), Some(group)) = (self, self.group()) {
            ids.push(&group.id);
        }
        if !matches!(self, Self::Primitive(_)) {
            ids.extend(self.primitives().iter().map(|p| p.id.as_str()));
        }
        ids
    }
}

/// What a set of names and values is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetKind {
    /// Cluster properties.
    Properties,
    /// Defaults of resources.
    ResourceDefaults,
    /// Defaults of operations.
    OperationDefaults,
    /// Node attributes.
    NodeAttributes,
    /// Parameters of agents.
    Parameters,
    /// Meta attributes of resources.
    Meta,
    /// Utilization of nodes or resources.
    Utilization,
    /// Attributes of operations.
    Operation,
    /// Options or parameters of alerts.
    Alert,
}

impl Config {
    /// All primitives and templates.
    pub fn all_primitives(&self) -> impl Iterator<Item = &Primitive> {
        self.templates.iter().chain(self.resources.iter().flat_map(Resource::primitives))
    }

    /// The resource of this id that stands alone, or holds the one of this id.
    pub fn resource_holding(&self, id: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.ids().contains(&id))
    }

    /// All sets, with what they are for and the id of their owner.
    pub fn all_sets<'a>(&'a self, mut visit: impl FnMut(SetKind, &'a str, &'a NvSet)) {
        let mut each = |kind, owner: &'a str, sets: &'a [NvSet]| {
            sets.iter().for_each(|set| visit(kind, owner, set));
        };
        each(SetKind::Properties, "crm_config", &self.properties);
        each(SetKind::ResourceDefaults, "rsc_defaults", &self.rsc_defaults);
        each(SetKind::OperationDefaults, "op_defaults", &self.op_defaults);
        for node in &self.nodes {
            each(SetKind::NodeAttributes, &node.uname, &node.attributes);
            each(SetKind::Utilization, &node.uname, &node.utilization);
        }
        for primitive in self.all_primitives() {
            each(SetKind::Parameters, &primitive.id, &primitive.parameters);
            each(SetKind::Meta, &primitive.id, &primitive.meta);
            each(SetKind::Utilization, &primitive.id, &primitive.utilization);
            for op in &primitive.operations.ops {
                each(SetKind::Parameters, &op.id, &op.parameters);
                each(SetKind::Operation, &op.id, &op.meta);
            }
        }
        for resource in &self.resources {
            if let (Resource::Clone(_), Some(group)) = (resource, resource.group()) {
                each(SetKind::Parameters, &group.id, &group.parameters);
                each(SetKind::Meta, &group.id, &group.meta);
            }
            let (parameters, meta) = match resource {
                Resource::Primitive(_) => continue,
                Resource::Group(g) => (&g.parameters, &g.meta),
                Resource::Clone(c) => (&c.parameters, &c.meta),
                Resource::Bundle(b) => (&b.parameters, &b.meta),
            };
            each(SetKind::Parameters, resource.id(), parameters);
            each(SetKind::Meta, resource.id(), meta);
        }
        for Alert { id, meta, parameters, recipients, .. } in &self.alerts {
            each(SetKind::Alert, id, meta);
            each(SetKind::Alert, id, parameters);
            for recipient in recipients {
                each(SetKind::Alert, &recipient.id, &recipient.meta);
                each(SetKind::Alert, &recipient.id, &recipient.parameters);
            }
        }
    }
}
