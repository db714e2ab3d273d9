//! The `resources` section.

use super::out::Out;
use super::sections::nv_sets;
use crate::Config;
use crate::resource::{
    Bundle, Clone_, CloneChild, Group, Operation, Operations, Primitive, Resource,
};

/// Templates first, then resources.
pub(super) fn resources(out: &mut Out, config: &Config) {
    out.start("resources");
    for template in &config.templates {
        primitive(out, "template", template);
    }
    for one in &config.resources {
        resource(out, one);
    }
    out.end("resources");
}

/// One resource.
pub(super) fn resource(out: &mut Out, resource: &Resource) {
    match resource {
        Resource::Primitive(p) => primitive(out, "primitive", p),
        Resource::Group(g) => group(out, g),
        Resource::Clone(c) => clone(out, c),
        Resource::Bundle(b) => bundle(out, b),
    }
}

fn primitive(out: &mut Out, name: &str, p: &Primitive) {
    out.start(name);
    out.attr("id", &p.id);
    if let Some(class) = &p.class {
        out.attr("class", class.as_str());
    }
    out.opt("provider", &p.provider);
    out.opt("type", &p.agent);
    out.opt("template", &p.template);
    out.opt("description", &p.description);
    nv_sets(out, "instance_attributes", &p.parameters);
    nv_sets(out, "meta_attributes", &p.meta);
    nv_sets(out, "utilization", &p.utilization);
    operations(out, &p.operations);
    out.end(name);
}

fn operations(out: &mut Out, operations: &Operations) {
    if *operations == Operations::default() {
        return;
    }
    out.start("operations");
    out.opt("id", &operations.id);
    out.opt("id-ref", &operations.id_ref);
    for op in &operations.ops {
        operation(out, op);
    }
    out.end("operations");
}

fn operation(out: &mut Out, op: &Operation) {
    out.start("op");
    out.attr("id", &op.id);
    out.attr("name", &op.name);
    out.attr("interval", &op.interval);
    out.attrs(&op.attributes);
    nv_sets(out, "instance_attributes", &op.parameters);
    nv_sets(out, "meta_attributes", &op.meta);
    out.end("op");
}

fn group(out: &mut Out, group: &Group) {
    out.start("group");
    out.attr("id", &group.id);
    out.opt("description", &group.description);
    nv_sets(out, "instance_attributes", &group.parameters);
    nv_sets(out, "meta_attributes", &group.meta);
    for member in &group.members {
        primitive(out, "primitive", member);
    }
    out.end("group");
}

fn clone(out: &mut Out, clone: &Clone_) {
    let name = if clone.written_as_master { "master" } else { "clone" };
    out.start(name);
    out.attr("id", &clone.id);
    out.opt("description", &clone.description);
    nv_sets(out, "instance_attributes", &clone.parameters);
    nv_sets(out, "meta_attributes", &clone.meta);
    match &clone.child {
        CloneChild::Primitive(p) => primitive(out, "primitive", p),
        CloneChild::Group(g) => group(out, g),
    }
    out.end(name);
}

fn bundle(out: &mut Out, bundle: &Bundle) {
    out.start("bundle");
    out.attr("id", &bundle.id);
    out.opt("description", &bundle.description);
    nv_sets(out, "instance_attributes", &bundle.parameters);
    nv_sets(out, "meta_attributes", &bundle.meta);
    if !bundle.engine.is_empty() {
        out.leaf(&bundle.engine, &bundle.container);
    }
    if let Some(network) = &bundle.network {
        out.start("network");
        out.attrs(&network.attributes);
        for port in &network.ports {
            out.leaf("port-mapping", port);
        }
        out.end("network");
    }
    if !bundle.storage.is_empty() {
        out.start("storage");
        for mapping in &bundle.storage {
            out.leaf("storage-mapping", mapping);
        }
        out.end("storage");
    }
    if let Some(inside) = &bundle.primitive {
        primitive(out, "primitive", inside);
    }
    out.end("bundle");
}
