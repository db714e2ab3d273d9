//! What a configuration may say and nobody would do: refused where it comes in, ignored loudly
//! where it stands already.
//!
//! Accepted and not acted upon, access rules protect nothing and an alert alerts nobody; a remote
//! node that no member can reach would be waited for, and fenced, for ever.

use super::{Finding, Findings, Problem};
use crate::nvset::NvPair;
use crate::resource::{AgentClass, Primitive, Resource};
use crate::value::parse_bool;
use crate::walk::SetKind;
use crate::{Config, Text};

/// What is configured here and not built yet, as warnings.
pub fn closed(config: &Config) -> Vec<Finding> {
    let mut findings = Findings::default();
    check(config, &mut findings);
    findings.0
}

pub(super) fn check(config: &Config, findings: &mut Findings) {
    let mut not_built = |id: &str, what: &str| {
        findings.warning(id, Problem::NotBuilt { what: what.into() });
    };
    for primitive in config.all_primitives().filter(|primitive| is_remote(primitive)) {
        not_built(&primitive.id, "a remote node (ocf:pacemaker:remote)");
    }
    for resource in &config.resources {
        if let Resource::Bundle(bundle) = resource
            && bundle.primitive.is_some()
        {
            not_built(&bundle.id, "a bundle with a resource inside");
        }
    }
    config.all_sets(|kind, owner, set| match kind {
        SetKind::Meta | SetKind::ResourceDefaults
            if set.get("remote-node").is_some_and(|name| !name.is_empty()) =>
        {
            not_built(owner, "a guest node (remote-node)");
        }
        SetKind::Properties
            if set.get("enable-acl").and_then(|value| parse_bool(value)) == Some(true) =>
        {
            not_built(owner, "the enforcement of access rules (enable-acl)");
        }
        _ => {}
    });
    for alert in &config.alerts {
        not_built(&alert.id, "an alert");
    }
    config.all_sets(|kind, owner, set| {
        if matches!(kind, SetKind::Parameters | SetKind::Meta) {
            set.pairs.iter().for_each(|pair| too_long(owner, pair, findings));
        }
    });
}

/// Longer a name with its value cannot be handed to a program on Linux (MAX_ARG_STRLEN, execve(2)),
/// with some room for the words that agents know it by. Every action would fail, stops included,
/// and nodes would be fenced for it.
const PAIR_BYTES_MAX: usize = 128 * 1024 - 256;

fn too_long(owner: &str, pair: &NvPair, findings: &mut Findings) {
    let length = |text: &Option<Text>| text.as_ref().map_or(0, |text| text.len());
    if length(&pair.name) + length(&pair.value) > PAIR_BYTES_MAX {
        let what = format!(
            "a value of {} bytes for '{}' ({PAIR_BYTES_MAX} is what can be handed to an agent)",
            length(&pair.value),
            pair.name.as_deref().unwrap_or_default(),
        );
        findings.warning(owner, Problem::NotBuilt { what: what.into() });
    }
}

/// Whether this is the connection to a remote node.
pub fn is_remote(primitive: &Primitive) -> bool {
    primitive.class == Some(AgentClass::Ocf)
        && primitive.provider.as_deref() == Some("pacemaker")
        && primitive.agent.as_deref() == Some("remote")
}
