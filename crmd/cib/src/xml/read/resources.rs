//! The `resources` section.

use super::super::error::Problem;
use super::common::{nv_set, plain_attributes};
use super::doc::{Doc, Element, Read};
use crate::constraint::Role;
use crate::resource::{
    AgentClass, Bundle, BundleNetwork, Clone_, CloneChild, Group, Operation, Operations, Primitive,
    Resource,
};
use crate::{Config, Text};

/// Resources and templates, into `config`.
pub(super) fn resources<'a>(
    doc: &mut Doc<'a>,
    section: &Element<'a>,
    config: &mut Config,
) -> Read<()> {
    doc.attributes(section)?.finish()?;
    doc.children(section, |doc, element| {
        let resource = match element.name() {
            "primitive" => Resource::Primitive(primitive(doc, &element)?),
            "group" => Resource::Group(group(doc, &element)?),
            "clone" | "master" => Resource::Clone(clone(doc, &element)?),
            "bundle" => Resource::Bundle(bundle(doc, &element)?),
            "template" => {
                config.templates.push(primitive(doc, &element)?);
                return Ok(());
            }
            _ => {
                return doc.unknown(
                    &element,
                    "resources",
                    "it holds primitive, group, clone, bundle and template",
                );
            }
        };
        config.resources.push(resource);
        Ok(())
    })
}

fn primitive<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<Primitive> {
    let mut a = doc.attributes(element)?;
    let mut primitive = Primitive {
        id: a.id(doc)?,
        class: a.take("class").map(|class| AgentClass::parse(&class)),
        provider: a.text("provider"),
        agent: a.text("type"),
        template: a.text("template"),
        description: a.text("description"),
        parameters: Vec::new(),
        meta: Vec::new(),
        utilization: Vec::new(),
        operations: Operations::default(),
    };
    a.finish()?;
    if doc.strict && primitive.template.is_none() {
        let missing = match &primitive {
            Primitive { class: None, .. } => Some("class"),
            Primitive { agent: None, .. } => Some("type"),
            _ => None,
        };
        if let Some(name) = missing {
            return element
                .fault(Problem::MissingAttribute { element: element.name().into(), name });
        }
    }
    doc.children(element, |doc, child| {
        match child.name() {
            "instance_attributes" => primitive.parameters.push(nv_set(doc, &child)?),
            "meta_attributes" => primitive.meta.push(nv_set(doc, &child)?),
            "utilization" => primitive.utilization.push(nv_set(doc, &child)?),
            "operations" => operations(doc, &child, &mut primitive.operations)?,
            _ => doc.unknown(
                &child,
                element.name(),
                "it holds instance_attributes, meta_attributes, utilization and operations",
            )?,
        }
        Ok(())
    })?;
    Ok(primitive)
}

fn operations<'a>(doc: &mut Doc<'a>, element: &Element<'a>, into: &mut Operations) -> Read<()> {
    let mut a = doc.attributes(element)?;
    into.id = a.optional_id(doc)?.or(into.id.take());
    into.id_ref = a.text("id-ref").or(into.id_ref.take());
    // The oldest schema had further attributes here, which nothing ever read.
    a.list.clear();
    doc.children(element, |doc, child| {
        if child.name() != "op" {
            return doc.unknown(&child, "operations", "it holds 'op' only");
        }
        into.ops.push(operation(doc, &child)?);
        Ok(())
    })
}

fn operation<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<Operation> {
    let mut a = doc.attributes(element)?;
    let mut operation = Operation {
        id: a.id(doc)?,
        name: a.required("name")?,
        interval: a.text("interval").unwrap_or_default(),
        ..Operation::default()
    };
    operation.attributes = a.rest();
    for (name, value) in &mut operation.attributes {
        if name == "role"
            && let Some(role) = Role::parse(value)
        {
            *value = Text::new_static(role.as_str());
        }
    }
    doc.children(element, |doc, child| {
        match child.name() {
            "instance_attributes" => operation.parameters.push(nv_set(doc, &child)?),
            "meta_attributes" => operation.meta.push(nv_set(doc, &child)?),
            _ => doc.unknown(&child, "op", "it holds instance_attributes and meta_attributes")?,
        }
        Ok(())
    })?;
    Ok(operation)
}

fn group<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<Group> {
    let mut a = doc.attributes(element)?;
    let mut group =
        Group { id: a.id(doc)?, description: a.text("description"), ..Group::default() };
    a.finish()?;
    doc.children(element, |doc, child| {
        match child.name() {
            "instance_attributes" => group.parameters.push(nv_set(doc, &child)?),
            "meta_attributes" => group.meta.push(nv_set(doc, &child)?),
            "primitive" => group.members.push(primitive(doc, &child)?),
            _ => doc.unknown(&child, "group", "it holds attribute sets and 'primitive'")?,
        }
        Ok(())
    })?;
    Ok(group)
}

fn clone<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<Clone_> {
    let mut a = doc.attributes(element)?;
    let (id, description) = (a.id(doc)?, a.text("description"));
    a.finish()?;
    let (mut parameters, mut meta) = (Vec::new(), Vec::new());
    let mut inside: Option<CloneChild> = None;
    doc.children(element, |doc, child| {
        match child.name() {
            "instance_attributes" => parameters.push(nv_set(doc, &child)?),
            "meta_attributes" => meta.push(nv_set(doc, &child)?),
            "primitive" | "group" if inside.is_some() => {
                return child.fault(Problem::Twice("primitive or group".into()));
            }
            "primitive" => inside = Some(CloneChild::Primitive(primitive(doc, &child)?)),
            "group" => inside = Some(CloneChild::Group(group(doc, &child)?)),
            _ => doc.unknown(
                &child,
                element.name(),
                "it holds attribute sets and one 'primitive' or 'group'",
            )?,
        }
        Ok(())
    })?;
    let Some(child) = inside else {
        let (element_name, child) = (element.name().into(), "primitive");
        return element.fault(Problem::MissingElement { element: element_name, child });
    };
    let written_as_master = element.name() == "master";
    Ok(Clone_ { id, written_as_master, description, parameters, meta, child })
}

fn bundle<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<Bundle> {
    let mut a = doc.attributes(element)?;
    let mut bundle =
        Bundle { id: a.id(doc)?, description: a.text("description"), ..Bundle::default() };
    a.finish()?;
    doc.children(element, |doc, child| {
        match child.name() {
            "instance_attributes" => bundle.parameters.push(nv_set(doc, &child)?),
            "meta_attributes" => bundle.meta.push(nv_set(doc, &child)?),
            "docker" | "podman" | "rkt" if !bundle.engine.is_empty() => {
                return child.fault(Problem::Twice("container engine".into()));
            }
            "docker" | "podman" | "rkt" => {
                bundle.engine = child.name().into();
                bundle.container = plain_attributes(doc, &child)?;
            }
            "network" => bundle.network = Some(network(doc, &child)?),
            "storage" => storage(doc, &child, &mut bundle.storage)?,
            "primitive" if bundle.primitive.is_some() => {
                return child.fault(Problem::Twice("primitive".into()));
            }
            "primitive" => bundle.primitive = Some(primitive(doc, &child)?),
            _ => doc.unknown(
                &child,
                "bundle",
                "it holds docker, podman or rkt, network, storage, attribute sets, a primitive",
            )?,
        }
        Ok(())
    })?;
    if bundle.engine.is_empty() && doc.strict {
        let element_name = element.name().into();
        return element.fault(Problem::MissingElement { element: element_name, child: "podman" });
    }
    Ok(bundle)
}

fn network<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<BundleNetwork> {
    let mut network =
        BundleNetwork { attributes: doc.attributes(element)?.rest(), ports: Vec::new() };
    doc.children(element, |doc, child| {
        if child.name() != "port-mapping" {
            return doc.unknown(&child, "network", "it holds 'port-mapping' only");
        }
        network.ports.push(plain_attributes(doc, &child)?);
        Ok(())
    })?;
    Ok(network)
}

fn storage<'a>(
    doc: &mut Doc<'a>,
    element: &Element<'a>,
    mappings: &mut Vec<Vec<(Text, Text)>>,
) -> Read<()> {
    doc.attributes(element)?.finish()?;
    doc.children(element, |doc, child| {
        if child.name() != "storage-mapping" {
            return doc.unknown(&child, "storage", "it holds 'storage-mapping' only");
        }
        mappings.push(plain_attributes(doc, &child)?);
        Ok(())
    })
}
