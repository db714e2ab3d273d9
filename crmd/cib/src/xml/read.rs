//! A document becomes a [`Cib`].
//!
//! The configuration is read strictly: an element or attribute that no schema of Pacemaker 1.0 to
//! 3.10 knows is an error, unless the document says `validate-with="none"`. The status is read
//! leniently, as its schema allows anything. Documents of older schemas are upgraded.

mod common;
mod constraints;
mod doc;
mod resources;
mod sections;
mod status;

use super::error::{Error, Fault, Problem, locate};
use super::is_forbidden;
use super::limits::DOCUMENT_BYTES_MAX;
use super::upgrade::upgrade;
use crate::{Cib, Config, Header, Version};
use common::nv_sets;
use doc::{Doc, Element, Read};

/// Reads a CIB document.
///
/// # Errors
/// The first thing that is wrong, with its line, the elements around it, and what to do.
pub fn read(document: &[u8]) -> Result<Cib, Error> {
    let text = match std::str::from_utf8(document) {
        Ok(text) => text,
        Err(error) => return Err(not_utf8(document, error.valid_up_to())),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    check_text(text).and_then(|()| read_document(text)).map_err(|fault| locate(text, fault))
}

fn not_utf8(document: &[u8], valid: usize) -> Error {
    let text = String::from_utf8_lossy(&document[..valid]);
    locate(&text, Fault::new(valid, Problem::NotUtf8(valid)))
}

fn check_text(text: &str) -> Read<()> {
    if text.len() > DOCUMENT_BYTES_MAX {
        return Err(Fault::new(0, Problem::TooLarge(text.len())));
    }
    // Forbidden characters are control characters but for U+FFFE and U+FFFF (EF BF BE, EF BF BF).
    let suspicious =
        text.bytes().any(|b| (b < 0x20) & (b != b'\n') & (b != b'\t') & (b != b'\r') | (b == 0xef));
    if suspicious && let Some((at, c)) = text.char_indices().find(|(_, c)| is_forbidden(*c)) {
        return Err(Fault::new(at, Problem::Character(u32::from(c))));
    }
    Ok(())
}

fn read_document(text: &str) -> Read<Cib> {
    let mut doc = Doc::new(text);
    let root = doc.root()?;
    if root.name() != "cib" {
        return root.fault(Problem::NotACib(root.name().into()));
    }
    let mut cib = Cib { header: header(&mut doc, &root)?, ..Cib::default() };
    doc.strict = cib.header.validate_with != "none";
    let mut seen = Once::default();
    doc.children(&root, |doc, section| match section.name() {
        "configuration" => {
            seen.first(&section)?;
            doc.check_ids = doc.strict;
            cib.config = configuration(doc, &section)?;
            doc.check_ids = false;
            Ok(())
        }
        "status" => {
            seen.first(&section)?;
            cib.status = status::status(doc, &section)?;
            Ok(())
        }
        _ => doc.unknown(&section, "cib", "it has a 'configuration' and a 'status'"),
    })?;
    doc.end()?;
    upgrade(&mut cib);
    Ok(cib)
}

/// Names of sections seen, each of which may come once.
#[derive(Default)]
struct Once(Vec<String>);

impl Once {
    fn first(&mut self, section: &Element<'_>) -> Read<()> {
        if self.0.iter().any(|name| name == section.name()) {
            return section.fault(Problem::Twice(section.name().into()));
        }
        self.0.push(section.name().to_owned());
        Ok(())
    }
}

fn header(doc: &mut Doc<'_>, root: &Element<'_>) -> Read<Header> {
    let mut a = doc.attributes(root)?;
    let mut number = |name| a.word(name, "a whole number", |v| v.parse().ok());
    let version = Version {
        admin_epoch: number("admin_epoch")?.unwrap_or(0),
        epoch: number("epoch")?.unwrap_or(0),
        num_updates: number("num_updates")?.unwrap_or(0),
    };
    Ok(Header {
        version,
        validate_with: a.text("validate-with").unwrap_or_default(),
        crm_feature_set: a.text("crm_feature_set"),
        have_quorum: a.truth("have-quorum"),
        dc_uuid: a.text("dc-uuid"),
        execution_date: a.word_if("execution-date", |v| v.parse().ok()),
        other: a.rest(),
    })
}

fn configuration<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<Config> {
    let mut config = Config::default();
    let mut seen = Once::default();
    doc.children(element, |doc, section| {
        seen.first(&section)?;
        match section.name() {
            "crm_config" => {
                config.properties = nv_sets(doc, &section, "cluster_property_set")?;
            }
            "rsc_defaults" => config.rsc_defaults = nv_sets(doc, &section, "meta_attributes")?,
            "op_defaults" => config.op_defaults = nv_sets(doc, &section, "meta_attributes")?,
            "nodes" => config.nodes = sections::nodes(doc, &section)?,
            "resources" => resources::resources(doc, &section, &mut config)?,
            "constraints" => config.constraints = constraints::constraints(doc, &section)?,
            "fencing-topology" => config.fencing_topology = sections::topology(doc, &section)?,
            "tags" => config.tags = sections::tags(doc, &section)?,
            "acls" => config.acls = sections::acls(doc, &section)?,
            "alerts" => config.alerts = sections::alerts(doc, &section)?,
            _ => doc.unknown(
                &section,
                "configuration",
                "its sections are crm_config, nodes, \
                 resources, constraints, fencing-topology, tags, acls, alerts and defaults",
            )?,
        }
        Ok(())
    })?;
    Ok(config)
}
