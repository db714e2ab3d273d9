//! `rota resource …`

mod clone;
mod create;
mod defaults;
mod failures;
mod group;
pub(super) mod operations;
mod placement;
mod state;
mod update;
mod why;

use super::error::UserError;
use super::refs;
use super::show;
use super::work::Work;
use super::{find, sets};

pub(super) use create::{Sections, build, check_new_id, primitive_words};
pub(super) use failures::{Depth, cleanup};
pub(super) use state::{disable, enable};
pub(super) use update::update;

const COMMANDS: [&str; 25] = [
    "create",
    "delete",
    "remove",
    "update",
    "enable",
    "disable",
    "move",
    "move-with-constraint",
    "ban",
    "clear",
    "meta",
    "group",
    "clone",
    "unclone",
    "promotable",
    "config",
    "op",
    "defaults",
    "manage",
    "unmanage",
    "utilization",
    "cleanup",
    "refresh",
    "failcount",
    "why",
];

/// Those that look at where a resource is active or what failed.
pub(super) const LOOK_AT_HISTORIES: [&str; 7] =
    ["move", "move-with-constraint", "ban", "cleanup", "refresh", "failcount", "why"];

/// Commands that are not about a configuration.
const LIVE: [&str; 6] = ["status", "restart", "list", "describe", "providers", "relocate"];

/// Runs `rota resource WORDS`.
pub(super) fn run(work: &mut Work<'_>, words: &[&str]) -> Result<(), UserError> {
    let (command, rest) = match words.split_first() {
        Some((command, rest)) => (*command, rest),
        None => ("config", words),
    };
    match command {
        "create" => create::create(work, rest),
        "delete" | "remove" => delete(work, rest),
        "update" => update(work, rest),
        "enable" => enable(work, rest),
        "disable" => disable(work, rest),
        "move" => placement::move_away(work, rest, placement::Leftover::UntilSettled),
        "move-with-constraint" => placement::move_away(work, rest, placement::Leftover::Stays),
        "ban" => placement::ban(work, rest),
        "clear" => placement::clear(work, rest),
        "meta" => meta(work, rest),
        "group" => group::run(work, rest),
        "clone" => clone::clone(work, rest, false),
        "promotable" => clone::clone(work, rest, true),
        "unclone" => clone::unclone(work, rest),
        "config" | "show" => show::resources(work, rest),
        "op" => operations::run(work, rest),
        "defaults" => defaults::resource_defaults(work, rest),
        "manage" => state::manage(work, rest),
        "unmanage" => state::unmanage(work, rest),
        "utilization" => utilization(work, rest),
        "cleanup" => cleanup(work, rest, Depth::Failures),
        "refresh" => cleanup(work, rest, Depth::Everything),
        "failcount" => failures::failcount(work, rest),
        "why" => why::why(work, rest),
        given => Err(UserError::unknown_or_live("resource", given, &COMMANDS, &LIVE)),
    }
}

/// Deletes resources, with all that is inside and all that refers to them.
pub(super) fn delete(work: &mut Work<'_>, words: &[&str]) -> Result<(), UserError> {
    if words.is_empty() {
        return Err(UserError::Usage("resource delete RESOURCE…"));
    }
    for id in words {
        find::check(&work.config, id)?;
    }
    let ids: Vec<_> = words.iter().map(|id| rota_cib::Text::from(*id)).collect();
    let gone = refs::with_dependants(&work.config, &ids);
    for remark in refs::remove(&mut work.config, &gone) {
        work.remark(remark);
    }
    Ok(())
}

fn meta(work: &mut Work<'_>, words: &[&str]) -> Result<(), UserError> {
    let Some((id, options)) = words.split_first().filter(|(_, options)| !options.is_empty()) else {
        return Err(UserError::Usage("resource meta RESOURCE NAME=VALUE…"));
    };
    let pairs = super::words::pairs(options)?;
    update::check_meta(work, &pairs)?;
    let mut ids = work.ids();
    let found = find::need(&mut work.config, id)?;
    sets::set_values(found.meta(), &format!("{id}-meta_attributes"), &pairs, &mut ids);
    Ok(())
}

fn utilization(work: &mut Work<'_>, words: &[&str]) -> Result<(), UserError> {
    let Some((id, options)) = words.split_first() else {
        return show::utilization(work);
    };
    let pairs = super::words::pairs(options)?;
    check_numbers(work, &pairs)?;
    let mut ids = work.ids();
    match find::need(&mut work.config, id)? {
        find::Found::Primitive(primitive) => {
            let base = format!("{id}-utilization");
            sets::set_values(&mut primitive.utilization, &base, &pairs, &mut ids);
            Ok(())
        }
        find::Found::Group(_) | find::Found::Clone(_) | find::Found::Bundle(_) => {
            Err(UserError::refused(
                format!("'{id}' is not a single service"),
                "give the utilization of the services inside it",
            ))
        }
    }
}

/// Utilization is counted in whole numbers.
pub(super) fn check_numbers(work: &mut Work<'_>, pairs: &[(&str, &str)]) -> Result<(), UserError> {
    for (name, value) in pairs {
        if !value.is_empty() && value.parse::<i64>().is_err() {
            work.unless_forced(format!("'{value}' is no whole number for '{name}'"))?;
        }
    }
    Ok(())
}
