//! Sets of names and values, and rules: they occur in most sections.

use super::super::error::Problem;
use super::doc::{Doc, Element, Read};
use crate::Text;
use crate::constraint::Role;
use crate::nvset::{NvPair, NvSet};
use crate::rule::{AttributeTest, BooleanOp, Comparison, Condition, DateTest, Rule, ValueKind};

/// The sets in a section that holds nothing else.
pub(super) fn nv_sets<'a>(
    doc: &mut Doc<'a>,
    section: &Element<'a>,
    set_name: &str,
) -> Read<Vec<NvSet>> {
    doc.attributes(section)?.finish()?;
    let mut sets = Vec::new();
    doc.children(section, |doc, element| {
        if element.name() == set_name {
            sets.push(nv_set(doc, &element)?);
            return Ok(());
        }
        doc.unknown(&element, section.name(), "it holds sets of name-value pairs only")
    })?;
    Ok(sets)
}

/// One set of names and values.
pub(super) fn nv_set<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<NvSet> {
    let mut a = doc.attributes(element)?;
    let mut set = NvSet {
        id: a.optional_id(doc)?,
        id_ref: a.text("id-ref"),
        score: a.score()?,
        ..NvSet::default()
    };
    a.finish()?;
    if set.id.is_none() && set.id_ref.is_none() && doc.strict {
        let element_name = element.name().into();
        return element.fault(Problem::MissingAttribute { element: element_name, name: "id" });
    }
    doc.children(element, |doc, child| match child.name() {
        "nvpair" => {
            set.pairs.push(nv_pair(doc, &child)?);
            Ok(())
        }
        "rule" if set.rule.is_some() => child.fault(Problem::Twice("rule".into())),
        "rule" => {
            set.rule = Some(rule(doc, &child)?);
            Ok(())
        }
        // The oldest schema wrapped the pairs.
        "attributes" => doc.children(&child, |doc, inner| {
            set.pairs.push(nv_pair(doc, &inner)?);
            Ok(())
        }),
        _ => doc.unknown(&child, element.name(), "it holds 'nvpair' and one 'rule'"),
    })?;
    Ok(set)
}

fn nv_pair<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<NvPair> {
    if element.name() != "nvpair" {
        doc.unknown(element, "attributes", "it holds 'nvpair' only")?;
        return Ok(NvPair::default());
    }
    let mut a = doc.attributes(element)?;
    let pair = NvPair {
        id: a.optional_id(doc)?,
        id_ref: a.text("id-ref"),
        name: a.text("name"),
        value: a.take("value").map(|value| doc.shared(&value)),
    };
    a.finish()?;
    doc.no_children(element)?;
    if doc.strict && pair.id_ref.is_none() {
        let missing = match &pair {
            NvPair { id: None, .. } => Some("id"),
            NvPair { name: None, .. } => Some("name"),
            _ => None,
        };
        if let Some(name) = missing {
            return element.fault(Problem::MissingAttribute { element: "nvpair".into(), name });
        }
    }
    Ok(pair)
}

/// One rule with all inside.
pub(super) fn rule<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<Rule> {
    let mut a = doc.attributes(element)?;
    let mut rule = Rule {
        id: a.optional_id(doc)?,
        id_ref: a.text("id-ref"),
        score: a.score()?,
        score_attribute: a.text("score-attribute"),
        role: a.word_if("role", Role::parse),
        boolean_op: a.word("boolean-op", "'and' or 'or'", BooleanOp::parse)?,
        conditions: Vec::new(),
        other: a.rest(),
    };
    doc.children(element, |doc, child| {
        let condition = match child.name() {
            "rule" => Condition::Rule(self::rule(doc, &child)?),
            "expression" => Condition::Attribute(attribute_test(doc, &child)?),
            "date_expression" => Condition::Date(date_test(doc, &child)?),
            "rsc_expression" => resource_test(doc, &child)?,
            "op_expression" => operation_test(doc, &child)?,
            _ => return doc.unknown(&child, "rule", "it holds expressions and rules"),
        };
        rule.conditions.push(condition);
        Ok(())
    })?;
    Ok(rule)
}

fn attribute_test<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<AttributeTest> {
    const OPERATIONS: &str = "lt, gt, lte, gte, eq, ne, defined or not_defined";
    const KINDS: &str = "string, integer, number or version";
    let mut a = doc.attributes(element)?;
    let test = AttributeTest {
        id: a.id(doc)?,
        attribute: a.required("attribute")?,
        operation: a.required_word("operation", OPERATIONS, Comparison::parse)?,
        value: a.text("value"),
        value_source: a.text("value-source"),
        kind: a.word("type", KINDS, ValueKind::parse)?,
    };
    a.finish()?;
    doc.no_children(element)?;
    Ok(test)
}

fn date_test<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<DateTest> {
    let mut a = doc.attributes(element)?;
    let mut test = DateTest {
        id: a.id(doc)?,
        operation: a.text("operation").unwrap_or_else(|| "in_range".into()),
        start: a.text("start"),
        end: a.text("end"),
        duration: None,
        spec: None,
    };
    a.finish()?;
    doc.children(element, |doc, child| {
        match child.name() {
            "duration" => test.duration = Some(plain_attributes(doc, &child)?),
            "date_spec" => test.spec = Some(plain_attributes(doc, &child)?),
            _ => doc.unknown(&child, "date_expression", "it holds 'duration' or 'date_spec'")?,
        }
        Ok(())
    })?;
    Ok(test)
}

fn resource_test<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<Condition> {
    let mut a = doc.attributes(element)?;
    let condition = Condition::Resource {
        id: a.id(doc)?,
        class: a.text("class"),
        provider: a.text("provider"),
        agent: a.text("type"),
    };
    a.finish()?;
    doc.no_children(element)?;
    Ok(condition)
}

fn operation_test<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<Condition> {
    let mut a = doc.attributes(element)?;
    let condition = Condition::Operation {
        id: a.id(doc)?,
        name: a.required("name")?,
        interval: a.text("interval"),
    };
    a.finish()?;
    doc.no_children(element)?;
    Ok(condition)
}

/// All attributes of an element without children, as written; its id, if any, is claimed.
pub(super) fn plain_attributes<'a>(
    doc: &mut Doc<'a>,
    element: &Element<'a>,
) -> Read<Vec<(Text, Text)>> {
    let attributes = doc.attributes(element)?.rest();
    if let Some((_, id)) = attributes.iter().find(|(name, _)| name == "id") {
        doc.claim(id, element.at)?;
    }
    doc.no_children(element)?;
    Ok(attributes)
}
