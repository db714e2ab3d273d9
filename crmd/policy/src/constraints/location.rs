//! Locations: which nodes a resource likes, and how much.

use rota_cib::Text;
use rota_cib::constraint::{Constraint, Location, Role};
use rota_cib::rule::Rule;

use super::{LocationC, expand, resolve};
use crate::model::{Nid, Rid, World};
use crate::values::Context;
use crate::{rules, score, unpack};

pub(super) fn location(world: &mut World<'_>, c: &Location) {
    if let Some(id) = &c.rsc {
        for rid in expand(world, id) {
            locate(world, c, rid, c.role, &[], None);
        }
    }
    if let Some(pattern) = &c.rsc_pattern {
        let (inverted, pattern) = match pattern.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, pattern.as_str()),
        };
        let Some(regex) = crate::pattern::Pattern::new(pattern) else { return };
        for rid in 0..world.rscs.len() {
            if world.rscs[rid].orphan
                || world.rscs[rid].parent.is_some_and(|p| world.rscs[p].is_clone())
            {
                continue;
            }
            if in_clone(world, rid) {
                continue;
            }
            match regex.find(&world.rscs[rid].id.clone()) {
                Some(groups) if !inverted => locate(world, c, rid, c.role, &groups, None),
                None if inverted => locate(world, c, rid, c.role, &[], None),
                Some(_) | None => {}
            }
        }
    }
    for set in &c.sets {
        let set = resolve(&c.sets, set, world.cib);
        for id in &set.resources {
            for rid in expand(world, id) {
                locate(
                    world,
                    c,
                    rid,
                    set.role.or(c.role),
                    &[],
                    set.score.map(rota_cib::Score::value),
                );
            }
        }
    }
}

fn in_clone(world: &World<'_>, rid: Rid) -> bool {
    world.instance_owner(rid).is_some()
}

fn locate(
    world: &mut World<'_>,
    c: &Location,
    rid: Rid,
    role: Option<Role>,
    matches: &[Text],
    set_score: Option<i32>,
) {
    let discover = unpack::discover(c.discovery.as_deref());
    let push = |world: &mut World<'_>, nodes: Vec<(Nid, i32)>, role: Option<Role>| {
        world.constraints.locations.push(LocationC {
            id: c.id.clone(),
            rid,
            // What is promoted runs as unpromoted first: only "promoted" is a role of its own.
            role: role.filter(|r| *r == Role::Promoted),
            nodes,
            discover,
        });
    };
    if let Some(node) = &c.node {
        let score = set_score.or(c.score.map(rota_cib::Score::value)).unwrap_or(0);
        let found = world.node_by_name.get(node).or_else(|| world.node_by_id.get(node)).copied();
        match found {
            Some(nid) => push(world, vec![(nid, score)], role),
            None => push(world, Vec::new(), role),
        }
        return;
    }
    for rule in &c.rules {
        let rule = resolve_rule(rule, world.cib);
        let nodes = rule_nodes(world, rid, rule, matches, c.score.map(rota_cib::Score::value));
        push(world, nodes, rule.role.or(role));
    }
}

fn resolve_rule<'a>(rule: &'a Rule, cib: &'a rota_cib::Cib) -> &'a Rule {
    let Some(id) = &rule.id_ref else { return rule };
    for constraint in &cib.config.constraints {
        if let Constraint::Location(c) = constraint
            && let Some(found) = c.rules.iter().find(|r| r.id.as_ref() == Some(id))
        {
            return found;
        }
    }
    rule
}

/// Nodes for which a rule holds, with the score each gets.
fn rule_nodes(
    world: &mut World<'_>,
    rid: Rid,
    rule: &Rule,
    matches: &[Text],
    fallback: Option<i32>,
) -> Vec<(Nid, i32)> {
    let mut found = Vec::new();
    let meta = std::sync::Arc::clone(&world.rscs[rid].meta);
    let first = world.leaves(rid).first().copied();
    for nid in 0..world.nodes.len() {
        let params = match first {
            Some(leaf) if crate::values::rule_uses_params(rule) => world.params(leaf, Some(nid)),
            _ => std::sync::Arc::default(),
        };
        let node = &world.nodes[nid];
        let context = Context {
            attributes: Some(&node.attributes),
            params: Some(&params),
            meta: Some(&meta.pairs),
            matches,
            ..Context::default()
        };
        if !rules::holds(rule, &world.values, &context) {
            continue;
        }
        let mut attribute = rule.score_attribute.clone();
        if let Some(name) = &attribute
            && name.contains('%')
        {
            let mut text = name.to_string();
            for (i, m) in matches.iter().enumerate() {
                text = text.replace(&format!("%{i}"), m);
            }
            attribute = Some(text.into());
        }
        let score = match &attribute {
            // Nodes without the attribute have no preference.
            Some(name) => match node.attributes.get(name) {
                Some(value) => score::parse(value).unwrap_or(0),
                None => continue,
            },
            None => rule.score.map(rota_cib::Score::value).or(fallback).unwrap_or(0),
        };
        found.push((nid, score));
    }
    found
}
