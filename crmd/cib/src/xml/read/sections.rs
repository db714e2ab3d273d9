//! The smaller sections: nodes, fencing topology, tags, access rules, alerts.

use super::common::{nv_set, plain_attributes};
use super::doc::{Doc, Element, Read};
use crate::Text;
use crate::acl::{AclRole, AclSubject, Acls, Alert, Recipient, Select, SelectedAttribute};
use crate::fencing::{Level, LevelTarget};
use crate::node::{Node, NodeKind};
use crate::tag::Tag;
use crate::value::parse_score;

/// The `nodes` section.
pub(super) fn nodes<'a>(doc: &mut Doc<'a>, section: &Element<'a>) -> Read<Vec<Node>> {
    doc.attributes(section)?.finish()?;
    let mut nodes = Vec::new();
    doc.children(section, |doc, element| {
        if element.name() != "node" {
            return doc.unknown(&element, "nodes", "it holds 'node' only");
        }
        nodes.push(node(doc, &element)?);
        Ok(())
    })?;
    Ok(nodes)
}

fn node<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<Node> {
    let mut a = doc.attributes(element)?;
    let mut node = Node {
        id: a.required("id")?,
        uname: a.text("uname").unwrap_or_default(),
        kind: a.word_if("type", NodeKind::parse),
        description: a.text("description"),
        score: a.word_if("score", parse_score),
        ..Node::default()
    };
    node.other = a.rest();
    doc.children(element, |doc, child| {
        match child.name() {
            "instance_attributes" => node.attributes.push(nv_set(doc, &child)?),
            "utilization" => node.utilization.push(nv_set(doc, &child)?),
            _ => doc.unknown(&child, "node", "it holds instance_attributes and utilization")?,
        }
        Ok(())
    })?;
    Ok(node)
}

/// The `fencing-topology` section.
pub(super) fn topology<'a>(doc: &mut Doc<'a>, section: &Element<'a>) -> Read<Vec<Level>> {
    doc.attributes(section)?.finish()?;
    let mut levels = Vec::new();
    doc.children(section, |doc, element| {
        if element.name() != "fencing-level" {
            return doc.unknown(&element, "fencing-topology", "it holds 'fencing-level' only");
        }
        levels.push(level(doc, &element)?);
        Ok(())
    })?;
    Ok(levels)
}

fn level<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<Level> {
    let mut a = doc.attributes(element)?;
    let id = a.id(doc)?;
    let target = match (a.text("target"), a.text("target-pattern"), a.text("target-attribute")) {
        (Some(node), None, None) => LevelTarget::Node(node),
        (None, Some(pattern), None) => LevelTarget::Pattern(pattern),
        (None, None, Some(name)) => LevelTarget::Attribute(name, a.required("target-value")?),
        // None of the three, or several: ask for the usual one.
        _ => LevelTarget::Node(a.required("target")?),
    };
    let index = a.required_word("index", "a number from 1 to 9", |v| v.parse().ok())?;
    let devices = a.required("devices")?;
    a.finish()?;
    doc.no_children(element)?;
    let devices = devices.split(',').map(|d| Text::from(d.trim())).filter(|d| !d.is_empty());
    Ok(Level { id, target, index, devices: devices.collect() })
}

/// The `tags` section.
pub(super) fn tags<'a>(doc: &mut Doc<'a>, section: &Element<'a>) -> Read<Vec<Tag>> {
    doc.attributes(section)?.finish()?;
    let mut tags = Vec::new();
    doc.children(section, |doc, element| {
        if element.name() != "tag" {
            return doc.unknown(&element, "tags", "it holds 'tag' only");
        }
        let mut a = doc.attributes(&element)?;
        let mut tag = Tag { id: a.id(doc)?, references: Vec::new() };
        a.finish()?;
        references(doc, &element, &["obj_ref"], &mut tag.references)?;
        tags.push(tag);
        Ok(())
    })?;
    Ok(tags)
}

/// The ids in elements of the given names, which are all that `parent` may hold.
fn references<'a>(
    doc: &mut Doc<'a>,
    parent: &Element<'a>,
    names: &[&str],
    into: &mut Vec<Text>,
) -> Read<()> {
    doc.children(parent, |doc, child| {
        if !names.contains(&child.name()) {
            return doc.unknown(&child, parent.name(), "it holds references only");
        }
        let mut a = doc.attributes(&child)?;
        into.push(a.required("id")?);
        a.finish()?;
        doc.no_children(&child)
    })
}

/// The `acls` section.
pub(super) fn acls<'a>(doc: &mut Doc<'a>, section: &Element<'a>) -> Read<Acls> {
    doc.attributes(section)?.finish()?;
    let mut acls = Acls::default();
    doc.children(section, |doc, element| {
        match element.name() {
            "acl_role" => acls.roles.push(acl_role(doc, &element)?),
            "acl_target" | "acl_group" => acls.subjects.push(acl_subject(doc, &element)?),
            "acl_user" => old_acl_user(doc, &element, &mut acls)?,
            _ => doc.unknown(&element, "acls", "it holds acl_role, acl_target and acl_group")?,
        }
        Ok(())
    })?;
    Ok(acls)
}

fn acl_role<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<AclRole> {
    let mut a = doc.attributes(element)?;
    let mut role =
        AclRole { id: a.id(doc)?, description: a.text("description"), permissions: Vec::new() };
    a.finish()?;
    doc.children(element, |doc, child| {
        match child.name() {
            "acl_permission" => role.permissions.push(plain_attributes(doc, &child)?),
            "read" | "write" | "deny" => role.permissions.push(old_permission(doc, &child)?),
            _ => doc.unknown(&child, "acl_role", "it holds 'acl_permission' only")?,
        }
        Ok(())
    })?;
    Ok(role)
}

fn acl_subject<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<AclSubject> {
    let is_group = element.name() == "acl_group";
    let mut a = doc.attributes(element)?;
    // The schema wants unique ids for groups only: a user's id may be any name.
    let id = if is_group { a.id(doc)? } else { a.required("id")? };
    let mut subject = AclSubject { is_group, id, name: a.text("name"), roles: Vec::new() };
    a.finish()?;
    references(doc, element, &["role", "role_ref"], &mut subject.roles)?;
    Ok(subject)
}

/// A permission as written before schema 2.0: the kind is the element's name.
fn old_permission<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<Vec<(Text, Text)>> {
    let mut permission = plain_attributes(doc, element)?;
    for (name, _) in &mut permission {
        match name.as_str() {
            "ref" => *name = "reference".into(),
            "tag" => *name = "object-type".into(),
            _ => {}
        }
    }
    let after_id = permission.iter().position(|(name, _)| name == "id").map_or(0, |i| i + 1);
    permission.insert(after_id, ("kind".into(), element.name().into()));
    Ok(permission)
}

/// A user as written before schema 2.0, who may have permissions without a role: they become a
/// role of the user's own.
fn old_acl_user<'a>(doc: &mut Doc<'a>, element: &Element<'a>, acls: &mut Acls) -> Read<()> {
    let mut a = doc.attributes(element)?;
    let mut user = AclSubject { id: a.id(doc)?, ..AclSubject::default() };
    a.finish()?;
    let mut own = AclRole { id: format!("auto-{}", user.id).into(), ..AclRole::default() };
    doc.children(element, |doc, child| {
        if child.name() == "role_ref" {
            let mut a = doc.attributes(&child)?;
            user.roles.push(a.required("id")?);
            a.finish()?;
            return doc.no_children(&child);
        }
        if !matches!(child.name(), "read" | "write" | "deny") {
            return doc.unknown(&child, "acl_user", "it holds permissions and 'role_ref'");
        }
        own.permissions.push(old_permission(doc, &child)?);
        Ok(())
    })?;
    if !own.permissions.is_empty() {
        doc.claim(&own.id, element.at)?;
        user.roles.push(own.id.clone());
        acls.roles.push(own);
    }
    acls.subjects.push(user);
    Ok(())
}

/// The `alerts` section.
pub(super) fn alerts<'a>(doc: &mut Doc<'a>, section: &Element<'a>) -> Read<Vec<Alert>> {
    doc.attributes(section)?.finish()?;
    let mut alerts = Vec::new();
    doc.children(section, |doc, element| {
        if element.name() != "alert" {
            return doc.unknown(&element, "alerts", "it holds 'alert' only");
        }
        alerts.push(alert(doc, &element)?);
        Ok(())
    })?;
    Ok(alerts)
}

fn alert<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<Alert> {
    let mut a = doc.attributes(element)?;
    let mut alert = Alert {
        id: a.id(doc)?,
        path: a.required("path")?,
        description: a.text("description"),
        ..Alert::default()
    };
    a.finish()?;
    doc.children(element, |doc, child| {
        match child.name() {
            "meta_attributes" => alert.meta.push(nv_set(doc, &child)?),
            "instance_attributes" => alert.parameters.push(nv_set(doc, &child)?),
            "select" => alert.select = Some(select(doc, &child)?),
            "recipient" => alert.recipients.push(recipient(doc, &child)?),
            _ => doc.unknown(&child, "alert", "it holds attribute sets, select and recipient")?,
        }
        Ok(())
    })?;
    Ok(alert)
}

fn recipient<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<Recipient> {
    let mut a = doc.attributes(element)?;
    let mut recipient = Recipient {
        id: a.id(doc)?,
        value: a.required("value")?,
        description: a.text("description"),
        ..Recipient::default()
    };
    a.finish()?;
    doc.children(element, |doc, child| {
        match child.name() {
            "meta_attributes" => recipient.meta.push(nv_set(doc, &child)?),
            "instance_attributes" => recipient.parameters.push(nv_set(doc, &child)?),
            _ => doc.unknown(&child, "recipient", "it holds attribute sets only")?,
        }
        Ok(())
    })?;
    Ok(recipient)
}

fn select<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<Select> {
    let mut select = Select::default();
    doc.attributes(element)?.finish()?;
    doc.children(element, |doc, child| {
        match child.name() {
            "select_attributes" => select.attributes = Some(selected_attributes(doc, &child)?),
            "select_fencing" => select.fencing = true,
            "select_nodes" => select.nodes = true,
            "select_resources" => select.resources = true,
            _ => return doc.unknown(&child, "select", "it holds select_… elements only"),
        }
        if child.name() == "select_attributes" { Ok(()) } else { doc.no_children(&child) }
    })?;
    Ok(select)
}

fn selected_attributes<'a>(
    doc: &mut Doc<'a>,
    element: &Element<'a>,
) -> Read<Vec<SelectedAttribute>> {
    let mut selected = Vec::new();
    doc.children(element, |doc, child| {
        if child.name() != "attribute" {
            return doc.unknown(&child, "select_attributes", "it holds 'attribute' only");
        }
        let mut a = doc.attributes(&child)?;
        selected.push(SelectedAttribute { id: a.id(doc)?, name: a.required("name")? });
        a.finish()?;
        doc.no_children(&child)
    })?;
    Ok(selected)
}
