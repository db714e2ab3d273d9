//! The `constraints` section.

use super::out::Out;
use super::sections::rule;
use crate::constraint::{
    Colocation, Constraint, Location, LossPolicy, Order, OrderKind, ResourceSet, Role, Ticket,
};
use crate::rule::Rule;

/// All constraints in their order.
pub(super) fn constraints(out: &mut Out, constraints: &[Constraint]) {
    out.start("constraints");
    for one in constraints {
        constraint(out, one);
    }
    out.end("constraints");
}

/// One constraint.
pub(super) fn constraint(out: &mut Out, constraint: &Constraint) {
    match constraint {
        Constraint::Location(c) => location(out, c),
        Constraint::Colocation(c) => colocation(out, c),
        Constraint::Order(c) => order(out, c),
        Constraint::Ticket(c) => ticket(out, c),
    }
}

fn role(out: &mut Out, name: &str, role: Option<Role>) {
    out.opt_number(name, role.map(Role::as_str));
}

fn location(out: &mut Out, c: &Location) {
    out.start("rsc_location");
    out.attr("id", &c.id);
    out.opt("rsc", &c.rsc);
    out.opt("rsc-pattern", &c.rsc_pattern);
    role(out, "role", c.role);
    out.opt("node", &c.node);
    out.score(c.score);
    out.opt("resource-discovery", &c.discovery);
    out.attrs(&c.other);
    sets(out, &c.sets);
    for one in &c.rules {
        rule(out, one);
    }
    lifetime(out, &c.lifetime);
    out.end("rsc_location");
}

fn colocation(out: &mut Out, c: &Colocation) {
    out.start("rsc_colocation");
    out.attr("id", &c.id);
    out.opt("rsc", &c.rsc);
    role(out, "rsc-role", c.rsc_role);
    out.opt("rsc-instance", &c.rsc_instance);
    out.opt("with-rsc", &c.with_rsc);
    role(out, "with-rsc-role", c.with_rsc_role);
    out.opt("with-rsc-instance", &c.with_rsc_instance);
    out.score(c.score);
    out.opt("node-attribute", &c.node_attribute);
    out.opt_bool("influence", c.influence);
    out.attrs(&c.other);
    lifetime(out, &c.lifetime);
    sets(out, &c.sets);
    out.end("rsc_colocation");
}

fn order(out: &mut Out, c: &Order) {
    out.start("rsc_order");
    out.attr("id", &c.id);
    out.opt("first", &c.first);
    out.opt("first-action", &c.first_action);
    out.opt("first-instance", &c.first_instance);
    out.opt("then", &c.then);
    out.opt("then-action", &c.then_action);
    out.opt("then-instance", &c.then_instance);
    out.opt_number("kind", c.kind.map(OrderKind::as_str));
    out.opt("kind", &c.unknown_kind);
    out.score(c.score);
    out.opt_bool("symmetrical", c.symmetrical);
    out.opt_bool("require-all", c.require_all);
    out.attrs(&c.other);
    lifetime(out, &c.lifetime);
    sets(out, &c.sets);
    out.end("rsc_order");
}

fn ticket(out: &mut Out, c: &Ticket) {
    out.start("rsc_ticket");
    out.attr("id", &c.id);
    out.opt("rsc", &c.rsc);
    role(out, "rsc-role", c.rsc_role);
    out.attr("ticket", &c.ticket);
    out.opt_number("loss-policy", c.loss_policy.map(LossPolicy::as_str));
    out.attrs(&c.other);
    sets(out, &c.sets);
    out.end("rsc_ticket");
}

fn sets(out: &mut Out, sets: &[ResourceSet]) {
    for set in sets {
        out.start("resource_set");
        out.opt("id", &set.id);
        out.opt("id-ref", &set.id_ref);
        out.opt_bool("sequential", set.sequential);
        out.opt_bool("require-all", set.require_all);
        out.opt("ordering", &set.ordering);
        out.opt("action", &set.action);
        role(out, "role", set.role);
        out.score(set.score);
        out.opt_number("kind", set.kind.map(OrderKind::as_str));
        out.attrs(&set.other);
        for resource in &set.resources {
            out.start("resource_ref");
            out.attr("id", resource);
            out.end("resource_ref");
        }
        out.end("resource_set");
    }
}

fn lifetime(out: &mut Out, rules: &[Rule]) {
    if rules.is_empty() {
        return;
    }
    out.start("lifetime");
    for one in rules {
        rule(out, one);
    }
    out.end("lifetime");
}
