//! The `constraints` section.

use super::common::rule;
use super::doc::{Doc, Element, Read};
use crate::constraint::{
    Colocation, Constraint, Location, LossPolicy, Order, OrderKind, ResourceSet, Role, Ticket,
};
use crate::rule::Rule;
use crate::value::parse_score;

/// All constraints in written order.
pub(super) fn constraints<'a>(doc: &mut Doc<'a>, section: &Element<'a>) -> Read<Vec<Constraint>> {
    doc.attributes(section)?.finish()?;
    let mut constraints = Vec::new();
    doc.children(section, |doc, element| {
        constraints.push(match element.name() {
            "rsc_location" => Constraint::Location(location(doc, &element)?),
            "rsc_colocation" => Constraint::Colocation(colocation(doc, &element)?),
            "rsc_order" => Constraint::Order(order(doc, &element)?),
            "rsc_ticket" => Constraint::Ticket(ticket(doc, &element)?),
            _ => {
                return doc.unknown(
                    &element,
                    "constraints",
                    "it holds rsc_location, rsc_colocation, rsc_order and rsc_ticket",
                );
            }
        });
        Ok(())
    })?;
    Ok(constraints)
}

fn location<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<Location> {
    let mut a = doc.attributes(element)?;
    let mut location = Location {
        id: a.id(doc)?,
        rsc: a.text("rsc"),
        rsc_pattern: a.text("rsc-pattern"),
        role: a.word_if("role", Role::parse),
        node: a.text("node"),
        score: a.word_if("score", parse_score),
        discovery: a.text("resource-discovery"),
        ..Location::default()
    };
    location.other = a.rest();
    doc.children(element, |doc, child| {
        match child.name() {
            "resource_set" => location.sets.push(resource_set(doc, &child)?),
            "rule" => location.rules.push(rule(doc, &child)?),
            "lifetime" => lifetime(doc, &child, &mut location.lifetime)?,
            _ => doc.unknown(&child, "rsc_location", "it holds rules and resource sets")?,
        }
        Ok(())
    })?;
    Ok(location)
}

fn colocation<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<Colocation> {
    let mut a = doc.attributes(element)?;
    let mut colocation = Colocation {
        id: a.id(doc)?,
        rsc: a.text("rsc"),
        rsc_role: a.word_if("rsc-role", Role::parse),
        rsc_instance: a.text("rsc-instance"),
        with_rsc: a.text("with-rsc"),
        with_rsc_role: a.word_if("with-rsc-role", Role::parse),
        with_rsc_instance: a.text("with-rsc-instance"),
        score: a.word_if("score", parse_score),
        node_attribute: a.text("node-attribute"),
        influence: a.truth("influence"),
        ..Colocation::default()
    };
    colocation.other = a.rest();
    doc.children(element, |doc, child| {
        match child.name() {
            "resource_set" => colocation.sets.push(resource_set(doc, &child)?),
            "lifetime" => lifetime(doc, &child, &mut colocation.lifetime)?,
            _ => doc.unknown(&child, "rsc_colocation", "it holds resource sets only")?,
        }
        Ok(())
    })?;
    Ok(colocation)
}

fn order<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<Order> {
    let mut a = doc.attributes(element)?;
    let mut order = Order {
        id: a.id(doc)?,
        first: a.text("first"),
        first_action: a.text("first-action"),
        first_instance: a.text("first-instance"),
        then: a.text("then"),
        then_action: a.text("then-action"),
        then_instance: a.text("then-instance"),
        kind: a.word_if("kind", OrderKind::parse),
        unknown_kind: None,
        score: a.word_if("score", parse_score),
        symmetrical: a.truth("symmetrical"),
        require_all: a.truth("require-all"),
        ..Order::default()
    };
    // What is left of it is a kind that has no meaning.
    order.unknown_kind = a.text("kind");
    order.other = a.rest();
    doc.children(element, |doc, child| {
        match child.name() {
            "resource_set" => order.sets.push(resource_set(doc, &child)?),
            "lifetime" => lifetime(doc, &child, &mut order.lifetime)?,
            _ => doc.unknown(&child, "rsc_order", "it holds resource sets only")?,
        }
        Ok(())
    })?;
    Ok(order)
}

fn ticket<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<Ticket> {
    let mut a = doc.attributes(element)?;
    let mut ticket = Ticket {
        id: a.id(doc)?,
        ticket: a.required("ticket")?,
        rsc: a.text("rsc"),
        rsc_role: a.word_if("rsc-role", Role::parse),
        loss_policy: a.word_if("loss-policy", LossPolicy::parse),
        ..Ticket::default()
    };
    ticket.other = a.rest();
    doc.children(element, |doc, child| {
        if child.name() != "resource_set" {
            return doc.unknown(&child, "rsc_ticket", "it holds resource sets only");
        }
        ticket.sets.push(resource_set(doc, &child)?);
        Ok(())
    })?;
    Ok(ticket)
}

fn resource_set<'a>(doc: &mut Doc<'a>, element: &Element<'a>) -> Read<ResourceSet> {
    let mut a = doc.attributes(element)?;
    let mut set = ResourceSet {
        id: a.optional_id(doc)?,
        id_ref: a.text("id-ref"),
        sequential: a.truth("sequential"),
        require_all: a.truth("require-all"),
        ordering: a.text("ordering"),
        action: a.text("action"),
        role: a.word_if("role", Role::parse),
        score: a.word_if("score", parse_score),
        kind: a.word_if("kind", OrderKind::parse),
        ..ResourceSet::default()
    };
    set.other = a.rest();
    doc.children(element, |doc, child| {
        if child.name() != "resource_ref" {
            return doc.unknown(&child, "resource_set", "it holds 'resource_ref' only");
        }
        let mut a = doc.attributes(&child)?;
        set.resources.push(a.required("id")?);
        a.finish()?;
        doc.no_children(&child)
    })?;
    Ok(set)
}

fn lifetime<'a>(doc: &mut Doc<'a>, element: &Element<'a>, rules: &mut Vec<Rule>) -> Read<()> {
    doc.attributes(element)?.finish()?;
    doc.children(element, |doc, child| {
        if child.name() != "rule" {
            return doc.unknown(&child, "lifetime", "it holds rules only");
        }
        rules.push(rule(doc, &child)?);
        Ok(())
    })
}
