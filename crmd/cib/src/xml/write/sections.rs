//! Sets of names and values, rules, and the smaller sections.

use super::out::Out;
use crate::Text;
use crate::acl::{Acls, Alert, Select};
use crate::constraint::Role;
use crate::fencing::{Level, LevelTarget};
use crate::node::{Node, NodeKind};
use crate::nvset::NvSet;
use crate::rule::{AttributeTest, BooleanOp, Condition, DateTest, Rule, ValueKind};
use crate::tag::Tag;

/// Sets of names and values, each as an element of this name.
pub(super) fn nv_sets(out: &mut Out, name: &str, sets: &[NvSet]) {
    for set in sets {
        out.start(name);
        out.opt("id", &set.id);
        out.opt("id-ref", &set.id_ref);
        out.score(set.score);
        if let Some(one) = &set.rule {
            rule(out, one);
        }
        for pair in &set.pairs {
            out.start("nvpair");
            out.opt("id", &pair.id);
            out.opt("id-ref", &pair.id_ref);
            out.opt("name", &pair.name);
            out.opt("value", &pair.value);
            out.end("nvpair");
        }
        out.end(name);
    }
}

/// One rule with all inside.
pub(super) fn rule(out: &mut Out, rule: &Rule) {
    out.start("rule");
    out.opt("id", &rule.id);
    out.opt("id-ref", &rule.id_ref);
    out.score(rule.score);
    out.opt("score-attribute", &rule.score_attribute);
    out.opt_number("role", rule.role.map(Role::as_str));
    out.opt_number("boolean-op", rule.boolean_op.map(BooleanOp::as_str));
    out.attrs(&rule.other);
    for condition in &rule.conditions {
        self::condition(out, condition);
    }
    out.end("rule");
}

fn condition(out: &mut Out, condition: &Condition) {
    match condition {
        Condition::Rule(inner) => rule(out, inner),
        Condition::Attribute(test) => attribute_test(out, test),
        Condition::Date(test) => date_test(out, test),
        Condition::Resource { id, class, provider, agent } => {
            out.start("rsc_expression");
            out.attr("id", id);
            out.opt("class", class);
            out.opt("provider", provider);
            out.opt("type", agent);
            out.end("rsc_expression");
        }
        Condition::Operation { id, name, interval } => {
            out.start("op_expression");
            out.attr("id", id);
            out.attr("name", name);
            out.opt("interval", interval);
            out.end("op_expression");
        }
    }
}

fn attribute_test(out: &mut Out, test: &AttributeTest) {
    out.start("expression");
    out.attr("id", &test.id);
    out.attr("attribute", &test.attribute);
    out.attr("operation", test.operation.as_str());
    out.opt("value", &test.value);
    out.opt("value-source", &test.value_source);
    out.opt_number("type", test.kind.map(ValueKind::as_str));
    out.end("expression");
}

fn date_test(out: &mut Out, test: &DateTest) {
    out.start("date_expression");
    out.attr("id", &test.id);
    out.attr("operation", &test.operation);
    out.opt("start", &test.start);
    out.opt("end", &test.end);
    if let Some(duration) = &test.duration {
        out.leaf("duration", duration);
    }
    if let Some(spec) = &test.spec {
        out.leaf("date_spec", spec);
    }
    out.end("date_expression");
}

/// The `nodes` section.
pub(super) fn nodes(out: &mut Out, nodes: &[Node]) {
    out.start("nodes");
    for node in nodes {
        out.start("node");
        out.attr("id", &node.id);
        out.attr("uname", &node.uname);
        out.opt_number("type", node.kind.map(NodeKind::as_str));
        out.opt("description", &node.description);
        out.score(node.score);
        out.attrs(&node.other);
        nv_sets(out, "instance_attributes", &node.attributes);
        nv_sets(out, "utilization", &node.utilization);
        out.end("node");
    }
    out.end("nodes");
}

/// The `fencing-topology` section, if there are levels.
pub(super) fn topology(out: &mut Out, levels: &[Level]) {
    if levels.is_empty() {
        return;
    }
    out.start("fencing-topology");
    for level in levels {
        out.start("fencing-level");
        out.attr("id", &level.id);
        match &level.target {
            LevelTarget::Node(name) => out.attr("target", name),
            LevelTarget::Pattern(pattern) => out.attr("target-pattern", pattern),
            LevelTarget::Attribute(name, value) => {
                out.attr("target-attribute", name);
                out.attr("target-value", value);
            }
        }
        out.number("index", level.index);
        out.attr("devices", &level.devices.join(","));
        out.end("fencing-level");
    }
    out.end("fencing-topology");
}

/// Elements that only refer to an id.
fn references(out: &mut Out, name: &str, ids: &[Text]) {
    for id in ids {
        out.start(name);
        out.attr("id", id);
        out.end(name);
    }
}

/// The `tags` section, if there are tags.
pub(super) fn tags(out: &mut Out, tags: &[Tag]) {
    if tags.is_empty() {
        return;
    }
    out.start("tags");
    for tag in tags {
        out.start("tag");
        out.attr("id", &tag.id);
        references(out, "obj_ref", &tag.references);
        out.end("tag");
    }
    out.end("tags");
}

/// The `acls` section, if there is something in it.
pub(super) fn acls(out: &mut Out, acls: &Acls) {
    if *acls == Acls::default() {
        return;
    }
    out.start("acls");
    for role in &acls.roles {
        out.start("acl_role");
        out.attr("id", &role.id);
        out.opt("description", &role.description);
        for permission in &role.permissions {
            out.leaf("acl_permission", permission);
        }
        out.end("acl_role");
    }
    for subject in &acls.subjects {
        let name = if subject.is_group { "acl_group" } else { "acl_target" };
        out.start(name);
        out.attr("id", &subject.id);
        out.opt("name", &subject.name);
        references(out, "role", &subject.roles);
        out.end(name);
    }
    out.end("acls");
}

/// The `alerts` section, if there are alerts.
pub(super) fn alerts(out: &mut Out, alerts: &[Alert]) {
    if alerts.is_empty() {
        return;
    }
    out.start("alerts");
    for alert in alerts {
        out.start("alert");
        out.attr("id", &alert.id);
        out.attr("path", &alert.path);
        out.opt("description", &alert.description);
        nv_sets(out, "meta_attributes", &alert.meta);
        nv_sets(out, "instance_attributes", &alert.parameters);
        if let Some(select) = &alert.select {
            self::select(out, select);
        }
        for recipient in &alert.recipients {
            out.start("recipient");
            out.attr("id", &recipient.id);
            out.attr("value", &recipient.value);
            out.opt("description", &recipient.description);
            nv_sets(out, "meta_attributes", &recipient.meta);
            nv_sets(out, "instance_attributes", &recipient.parameters);
            out.end("recipient");
        }
        out.end("alert");
    }
    out.end("alerts");
}

fn select(out: &mut Out, select: &Select) {
    out.start("select");
    if let Some(attributes) = &select.attributes {
        out.start("select_attributes");
        for attribute in attributes {
            out.start("attribute");
            out.attr("id", &attribute.id);
            out.attr("name", &attribute.name);
            out.end("attribute");
        }
        out.end("select_attributes");
    }
    for (name, wanted) in [
        ("select_fencing", select.fencing),
        ("select_nodes", select.nodes),
        ("select_resources", select.resources),
    ] {
        if wanted {
            out.leaf(name, &[]);
        }
    }
    out.end("select");
}
