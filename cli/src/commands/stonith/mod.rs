//! `rota stonith …`: fence devices and their levels. What fences nodes or asks for history is done
//! by the cluster, not here.

mod level;

use rota_cib::resource::{AgentClass, Resource};

use super::agents::AgentSpec;
use super::error::UserError;
use super::resource::{self, Depth, Sections, build, primitive_words};
use super::sets::set_values;
use super::work::Work;
use super::{find, show};

const COMMANDS: [&str; 10] = [
    "create", "delete", "remove", "update", "enable", "disable", "config", "level", "cleanup",
    "refresh",
];

/// Commands that are not about a configuration.
const LIVE: [&str; 7] = ["fence", "confirm", "history", "status", "list", "describe", "sbd"];

/// Runs `rota stonith WORDS`.
pub(super) fn run(work: &mut Work<'_>, words: &[&str]) -> Result<(), UserError> {
    match words {
        ["create", rest @ ..] => create(work, rest),
        ["delete" | "remove", ids @ ..] => {
            check_devices(work, ids)?;
            resource::delete(work, ids)
        }
        ["update", id, rest @ ..] => {
            check_devices(work, &[id])?;
            resource::update(work, &[&[*id], rest].concat())
        }
        ["enable", ids @ ..] => {
            check_devices(work, ids)?;
            resource::enable(work, ids)
        }
        ["disable", ids @ ..] => {
            check_devices(work, ids)?;
            resource::disable(work, ids)
        }
        [] => show::devices(work, &[]),
        ["config" | "show", ids @ ..] => {
            check_devices(work, ids)?;
            show::devices(work, ids)
        }
        ["level", rest @ ..] => level::run(work, rest),
        ["cleanup", rest @ ..] => resource::cleanup(work, rest, Depth::Failures),
        ["refresh", rest @ ..] => resource::cleanup(work, rest, Depth::Everything),
        [given, ..] => Err(UserError::unknown_or_live("stonith", given, &COMMANDS, &LIVE)),
    }
}

/// `rota stonith create ID AGENT [NAME=VALUE…] [op …] [meta …]`
fn create(work: &mut Work<'_>, words: &[&str]) -> Result<(), UserError> {
    let [id, agent, rest @ ..] = words else {
        return Err(UserError::Usage(
            "stonith create ID AGENT [NAME=VALUE…] [op ACTION NAME=VALUE…]… [meta NAME=VALUE…] [--disabled]",
        ));
    };
    let sections: Sections<'_> = primitive_words(rest)?;
    if sections.clone.is_some() || sections.group.is_some() || sections.bundle.is_some() {
        return Err(UserError::refused(
            "fence devices cannot be in clones, groups or bundles",
            "leave that out: any node can use a device anyway",
        ));
    }
    let agent = agent.strip_prefix("stonith:").unwrap_or(agent);
    let agent = AgentSpec { class: "stonith".to_owned(), provider: None, agent: agent.to_owned() };
    let mut ids = work.ids();
    let mut device = build(work, id, &agent, &sections, &mut ids)?;
    if work.has("--disabled") {
        let base = format!("{id}-meta_attributes");
        set_values(&mut device.meta, &base, &[("target-role", "Stopped")], &mut ids);
    }
    work.config.resources.push(Resource::Primitive(device));
    Ok(())
}

/// Whether these are fence devices.
fn check_devices(work: &Work<'_>, ids: &[&str]) -> Result<(), UserError> {
    for id in ids {
        find::check(&work.config, id)?;
        let is_device = work
            .config
            .all_primitives()
            .any(|primitive| primitive.id == *id && primitive.class == Some(AgentClass::Stonith));
        if !is_device {
            return Err(UserError::refused(
                format!("'{id}' is no fence device"),
                "use: rota resource",
            ));
        }
    }
    Ok(())
}
