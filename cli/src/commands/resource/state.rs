//! `rota resource enable`, `disable`, `manage` and `unmanage`

use rota_cib::Text;

use super::super::error::UserError;
use super::super::find::{self, Found, expand_tags, parents, primitives_of};
use super::super::sets::{remove_value, set_values, value};
use super::super::work::Work;

/// The resources that were named; at least one.
fn named(work: &Work<'_>, words: &[&str], usage: &'static str) -> Result<Vec<Text>, UserError> {
    if words.is_empty() {
        return Err(UserError::Usage(usage));
    }
    expand_tags(&work.config, words)
}

/// A resource, the clone or bundle around it, and what it is a clone or bundle of.
fn chain(work: &Work<'_>, id: &str) -> Vec<Text> {
    let mut ids = vec![Text::from(id)];
    for parent in parents(&work.config, id) {
        let is_group =
            work.config.resources.iter().filter_map(|r| r.group()).any(|g| g.id == parent);
        if !is_group {
            ids.push(parent);
        }
    }
    let Some(top) = work.config.resource_holding(id).filter(|top| top.id() == id) else {
        return ids;
    };
    match (top, top.group()) {
        (rota_cib::resource::Resource::Clone(_), Some(group)) => ids.push(group.id.clone()),
        (
            rota_cib::resource::Resource::Clone(_) | rota_cib::resource::Resource::Bundle(_),
            None,
        ) => {
            ids.extend(primitives_of(&work.config, id));
        }
        _ => {}
    }
    ids
}

/// `rota resource enable RESOURCE…`
pub(in super::super) fn enable(work: &mut Work<'_>, words: &[&str]) -> Result<(), UserError> {
    for id in named(work, words, "resource enable RESOURCE…")? {
        for id in chain(work, &id) {
            remove_value(find::need(&mut work.config, &id)?.meta(), "target-role");
        }
        for parent in parents(&work.config, &id) {
            let meta = find::need(&mut work.config, &parent)?.meta();
            if value(meta, "target-role").is_some_and(|role| role == "Stopped") {
                work.remark(format!(
                    "'{id}' stays stopped, since '{parent}' around it is disabled"
                ));
            }
        }
    }
    Ok(())
}

/// `rota resource disable RESOURCE…`
pub(in super::super) fn disable(work: &mut Work<'_>, words: &[&str]) -> Result<(), UserError> {
    let mut ids = work.ids();
    for id in named(work, words, "resource disable RESOURCE…")? {
        let base = format!("{id}-meta_attributes");
        let meta = find::need(&mut work.config, &id)?.meta();
        set_values(meta, &base, &[("target-role", "Stopped")], &mut ids);
    }
    Ok(())
}

/// `rota resource unmanage RESOURCE… [--monitor]`
pub(super) fn unmanage(work: &mut Work<'_>, words: &[&str]) -> Result<(), UserError> {
    let mut ids = work.ids();
    for id in named(work, words, "resource unmanage RESOURCE… [--monitor]")? {
        for id in primitives_of(&work.config, &id) {
            let base = format!("{id}-meta_attributes");
            let meta = find::need(&mut work.config, &id)?.meta();
            set_values(meta, &base, &[("is-managed", "false")], &mut ids);
            if work.has("--monitor") {
                set_monitors(work, &id, false);
            }
        }
    }
    Ok(())
}

/// `rota resource manage RESOURCE… [--monitor]`
pub(super) fn manage(work: &mut Work<'_>, words: &[&str]) -> Result<(), UserError> {
    for id in named(work, words, "resource manage RESOURCE… [--monitor]")? {
        let mut all = vec![id.clone()];
        all.extend(parents(&work.config, &id));
        all.extend(chain(work, &id));
        let primitives = primitives_of(&work.config, &id);
        all.extend(primitives.iter().cloned());
        for id in &all {
            remove_value(find::need(&mut work.config, id)?.meta(), "is-managed");
        }
        for primitive in &primitives {
            if work.has("--monitor") {
                set_monitors(work, primitive, true);
            } else if has_disabled_monitors(work, primitive) {
                work.remark(format!(
                    "the monitors of '{primitive}' are disabled; to enable them: rota resource \
                     manage {primitive} --monitor"
                ));
            }
        }
    }
    Ok(())
}

fn set_monitors(work: &mut Work<'_>, id: &str, enabled: bool) {
    let Some(Found::Primitive(primitive)) = find::find_mut(&mut work.config, id) else { return };
    for op in primitive.operations.ops.iter_mut().filter(|op| op.name == "monitor") {
        op.attributes.retain(|(name, _)| name != "enabled");
        if !enabled {
            op.attributes.push(("enabled".into(), "false".into()));
        }
    }
}

fn has_disabled_monitors(work: &mut Work<'_>, id: &str) -> bool {
    let Some(Found::Primitive(primitive)) = find::find_mut(&mut work.config, id) else {
        return false;
    };
    primitive.operations.ops.iter().filter(|op| op.name == "monitor").any(|op| {
        op.attributes
            .iter()
            .any(|(name, v)| name == "enabled" && rota_cib::value::parse_bool(v) == Some(false))
    })
}
