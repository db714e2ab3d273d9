//! What changed in a definition. Histories hold digests only, so old values come from the
//! configuration before, and are believed when the recorded digest bears them out.

use rota_cib::resource::{CloneChild, Primitive, Resource};
use rota_cib::status::OperationRecord;
use rota_cib::{Config, Text};
use smol_str::format_smolstr;

use crate::model::{Nid, Rid, World};
use crate::values::Pairs;

/// The changes, such as `ip 10.0.0.1 -> 10.0.0.2`; secrets without their values.
pub(super) fn changes(
    world: &World<'_>,
    before: Option<&Config>,
    rid: Rid,
    node: Option<Nid>,
) -> Vec<Text> {
    let rsc = &world.rscs[rid];
    let Some(conf) = world.conf(rid) else { return Vec::new() };
    let place = node.or(rsc.running_on.first().copied());
    let history = world.records.iter().find(|(r, n, _)| *r == rid && Some(*n) == place);
    let Some((_, nid, history)) = history else { return Vec::new() };
    let agent = |p: Option<&Text>, a: &Text| match p {
        Some(p) => format_smolstr!("{p}:{a}"),
        None => a.clone(),
    };
    if let Some(old) = &history.agent
        && *old != conf.agent
    {
        let (old, new) =
            (agent(history.provider.as_ref(), old), agent(conf.provider.as_ref(), &conf.agent));
        return vec![format_smolstr!("agent {old} -> {new}")];
    }
    let begun = |op: &&OperationRecord| {
        matches!(op.operation.as_str(), "start" | "monitor" | "promote") && op.digest.is_some()
    };
    let Some(op) = history.operations.iter().rev().find(|op| begun(op) && op.interval_ms == 0)
    else {
        return Vec::new();
    };
    let now = params(world, rid, *nid);
    let hidden: Vec<&str> =
        op.secure_params.as_deref().unwrap_or_default().split_whitespace().collect();
    if let Some(old) = before.and_then(|config| primitive(config, &rsc.conf_id)) {
        let found = differences(old, &now, &hidden);
        let then: Pairs = pairs_of(old).map(|(n, v)| (n.clone(), v.clone())).collect();
        if !found.is_empty() && op.digest.as_ref() == Some(&crate::digest::of(&then)) {
            return found;
        }
    }
    narrowed(op, &now)
}

fn params(world: &World<'_>, rid: Rid, nid: Nid) -> Pairs {
    let Some(conf) = world.conf(rid) else { return Pairs::new() };
    let mut pairs = conf.fixed_params.clone();
    let context = crate::values::Context {
        attributes: Some(&world.nodes[nid].attributes),
        ..crate::values::Context::default()
    };
    world.values.collect(&conf.params, None, &context, &mut pairs);
    pairs
}

fn differences(old: &Primitive, now: &Pairs, hidden: &[&str]) -> Vec<Text> {
    let mut found = Vec::new();
    let is_secret = |name: &str| hidden.contains(&name) || name.contains("passw");
    for (name, value) in now {
        let was = old.parameters.iter().find_map(|set| set.get(name));
        if was == Some(value) {
            continue;
        }
        found.push(match was {
            _ if is_secret(name) => format_smolstr!("parameter {name} (a secret)"),
            Some(was) => format_smolstr!("parameter {name}, {was} -> {value}"),
            None => format_smolstr!("parameter {name} added, {value}"),
        });
    }
    for (name, was) in pairs_of(old) {
        if !now.iter().any(|(n, _)| n == name) {
            found.push(match is_secret(name) {
                true => format_smolstr!("parameter {name} removed (a secret)"),
                false => format_smolstr!("parameter {name} removed, {was}"),
            });
        }
    }
    found
}

/// What the digests alone tell: a parameter that was not there, or that it was a secret.
fn narrowed(op: &OperationRecord, now: &Pairs) -> Vec<Text> {
    let open: Pairs = now.iter().filter(|(n, _)| !n.starts_with("CRM_meta_")).cloned().collect();
    for (at, (name, value)) in open.iter().enumerate() {
        let mut without = open.clone();
        without.remove(at);
        if op.digest.as_ref() == Some(&crate::digest::of(&without)) {
            return vec![format_smolstr!("parameter {name} added, {value}")];
        }
    }
    if let (Some(digest), Some(names)) = (&op.secure_digest, &op.secure_params) {
        let secret: Vec<&str> = names.split_whitespace().collect();
        let rest: Pairs =
            open.iter().filter(|(n, _)| !secret.contains(&n.as_str())).cloned().collect();
        if crate::digest::of(&rest) == *digest {
            let which = secret.join(" or ");
            return vec![format_smolstr!("parameter {which} (a secret)")];
        }
    }
    Vec::new()
}

/// Names and values as written.
fn pairs_of(primitive: &Primitive) -> impl Iterator<Item = (&Text, &Text)> {
    let all = primitive.parameters.iter().flat_map(|set| &set.pairs);
    all.filter_map(|pair| Some((pair.name.as_ref()?, pair.value.as_ref()?)))
}

fn primitive<'c>(config: &'c Config, id: &str) -> Option<&'c Primitive> {
    config.resources.iter().find_map(|resource| match resource {
        Resource::Primitive(p) => (p.id == id).then_some(p),
        Resource::Group(g) => g.members.iter().find(|m| m.id == id),
        Resource::Clone(c) => match &c.child {
            CloneChild::Primitive(p) => (p.id == id).then_some(p),
            CloneChild::Group(g) => g.members.iter().find(|m| m.id == id),
        },
        Resource::Bundle(b) => b.primitive.as_ref().filter(|p| p.id == id),
    })
}
