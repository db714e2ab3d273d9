//! A [`Cib`] becomes a document, always the same one for the same Cib.
//!
//! Order within an element is fixed: attributes as written here, sets before what they apply to,
//! lists in their own order. Sections that are empty and optional are left out.

mod constraints;
mod out;
mod resources;
mod sections;
mod status;

use crate::constraint::Constraint;
use crate::resource::Resource;
use crate::{Cib, Config, Header};
use out::Out;
pub use out::Unwritable;

/// The document for a Cib, with a line per element.
pub fn write(cib: &Cib) -> String {
    let mut out = Out::default();
    header(&mut out, &cib.header);
    configuration(&mut out, &cib.config);
    status::status(&mut out, &cib.status);
    out.end("cib");
    out.into_text()
}

/// The `configuration` element alone.
pub fn write_config(config: &Config) -> String {
    let mut out = Out::default();
    configuration(&mut out, config);
    out.into_text()
}

/// The first text of a Cib that no document can hold. [`write()`] writes something else instead.
pub fn unwritable(cib: &Cib) -> Option<Unwritable> {
    let mut out = Out::default();
    header(&mut out, &cib.header);
    configuration(&mut out, &cib.config);
    status::status(&mut out, &cib.status);
    out.end("cib");
    out.unwritable()
}

/// The same of a configuration.
pub fn unwritable_config(config: &Config) -> Option<Unwritable> {
    let mut out = Out::default();
    configuration(&mut out, config);
    out.unwritable()
}

/// The element of one resource.
pub fn write_resource(resource: &Resource) -> String {
    let mut out = Out::default();
    resources::resource(&mut out, resource);
    out.into_text()
}

/// The element of one constraint.
pub fn write_constraint(constraint: &Constraint) -> String {
    let mut out = Out::default();
    constraints::constraint(&mut out, constraint);
    out.into_text()
}

fn header(out: &mut Out, header: &Header) {
    out.start("cib");
    if !header.validate_with.is_empty() {
        out.attr("validate-with", &header.validate_with);
    }
    out.opt("crm_feature_set", &header.crm_feature_set);
    out.number("admin_epoch", header.version.admin_epoch);
    out.number("epoch", header.version.epoch);
    out.number("num_updates", header.version.num_updates);
    out.opt_bool("have-quorum", header.have_quorum);
    out.opt("dc-uuid", &header.dc_uuid);
    out.opt_number("execution-date", header.execution_date);
    out.attrs(&header.other);
}

fn configuration(out: &mut Out, config: &Config) {
    out.start("configuration");
    out.start("crm_config");
    sections::nv_sets(out, "cluster_property_set", &config.properties);
    out.end("crm_config");
    sections::nodes(out, &config.nodes);
    resources::resources(out, config);
    constraints::constraints(out, &config.constraints);
    sections::topology(out, &config.fencing_topology);
    for (section, sets) in
        [("rsc_defaults", &config.rsc_defaults), ("op_defaults", &config.op_defaults)]
    {
        if !sets.is_empty() {
            out.start(section);
            sections::nv_sets(out, "meta_attributes", sets);
            out.end(section);
        }
    }
    sections::tags(out, &config.tags);
    sections::acls(out, &config.acls);
    sections::alerts(out, &config.alerts);
    out.end("configuration");
}
