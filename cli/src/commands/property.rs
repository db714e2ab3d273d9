//! `rota property …`: options of the cluster.

use rota_cib::change::Edit;
use rota_cib::nvset::NvSet;
use rota_cib::options::{CLUSTER, Known, find as find_option, suggest};

use super::error::UserError;
use super::sets::{remove_value, value};
use super::words;
use super::work::Work;

/// The set in which people's options stand.
const SET: &str = "cib-bootstrap-options";

const COMMANDS: [&str; 5] = ["set", "unset", "config", "defaults", "describe"];

/// Runs `rota property WORDS`.
pub(super) fn run(work: &mut Work<'_>, given: &[&str]) -> Result<(), UserError> {
    match given {
        ["set", options @ ..] if !options.is_empty() => set(work, options),
        ["unset", names @ ..] if !names.is_empty() => unset(work, names),
        ["set" | "unset"] => {
            Err(UserError::Usage("property set NAME=VALUE… [--force] | unset NAME…"))
        }
        [] => config(work, &[]),
        ["config" | "show" | "list", names @ ..] => config(work, names),
        ["defaults", names @ ..] => table(work, names, |known| {
            format!(
                "{}={}",
                known.name,
                if known.default.is_empty() { "<none>" } else { known.default }
            )
        }),
        ["describe", names @ ..] => table(work, names, |known| {
            let expected = known.kind.expected();
            format!(
                "{}\n  Description: {}\n  Value: {expected}\n  Default: {}",
                known.name, known.meaning, known.default
            )
        }),
        [given, ..] => Err(UserError::unknown_command("property", given, &COMMANDS)),
    }
}

/// Takes the set out of the configuration; made if there is none.
fn take_set(work: &mut Work<'_>) -> (usize, NvSet) {
    let list = &mut work.config.properties;
    match list.iter().position(|set| set.id.as_deref() == Some(SET)) {
        Some(at) => (at, list.remove(at)),
        None => (0, NvSet { id: Some(SET.into()), ..NvSet::default() }),
    }
}

/// Asks for what depends on nothing that the configuration holds.
fn set(work: &mut Work<'_>, options: &[&str]) -> Result<(), UserError> {
    let pairs = words::pairs(options)?;
    for (name, value) in &pairs {
        match find_option(CLUSTER, name) {
            _ if value.is_empty() => {}
            Some(known) if known.kind.accepts(value) => {}
            Some(known) => work.unless_forced(format!(
                "'{value}' is no value for '{name}', give {}",
                known.kind.expected()
            ))?,
            None => work.unless_forced(unknown(name))?,
        }
    }
    let values = pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    work.out.edits.push(Edit::SetProperties { set: SET.into(), values });
    Ok(())
}

fn unknown(name: &str) -> String {
    match suggest(CLUSTER, name) {
        Some(near) => format!("there is no cluster property '{name}' (did you mean '{near}'?)"),
        None => format!("there is no cluster property '{name}'"),
    }
}

fn unset(work: &mut Work<'_>, names: &[&str]) -> Result<(), UserError> {
    let (at, set) = take_set(work);
    let mut sets = vec![set];
    for name in names {
        if !remove_value(&mut sets, name) {
            let set_now = sets.iter().flat_map(|set| &set.pairs).filter_map(|p| p.name.as_deref());
            let near = rota_cib::near::nearest(name, set_now);
            let near = near.map(|near| format!(" (did you mean '{near}'?)")).unwrap_or_default();
            work.unless_forced(format!("the property '{name}' is not set{near}"))?;
        }
    }
    work.config.properties.splice(at..at, sets);
    Ok(())
}

fn config(work: &mut Work<'_>, names: &[&str]) -> Result<(), UserError> {
    if work.has("--defaults") {
        return table(work, names, |known| format!("{}={}", known.name, known.default));
    }
    let sets = work.config.properties.clone();
    for name in names {
        if value(&sets, name).is_none() && find_option(CLUSTER, name).is_none() {
            let known = CLUSTER.iter().map(|known| known.name);
            return Err(UserError::not_found("property", name, known));
        }
    }
    for set in &sets {
        work.line(format!("Cluster Properties: {}", set.id.as_deref().unwrap_or_default()));
        let mut lines: Vec<String> = set
            .pairs
            .iter()
            .filter_map(|pair| Some((pair.name.as_ref()?, pair.value.as_ref()?)))
            .filter(|(name, _)| names.is_empty() || names.contains(&name.as_str()))
            .map(|(name, value)| format!("  {name}={value}"))
            .collect();
        lines.sort_unstable();
        lines.iter().for_each(|line| work.line(line));
    }
    if work.has("--all") {
        for known in
            CLUSTER.iter().filter(|known| !known.names().any(|n| value(&sets, n).is_some()))
        {
            work.line(format!("  {}={} (default)", known.name, known.default));
        }
    }
    Ok(())
}

fn table(
    work: &mut Work<'_>,
    names: &[&str],
    line: impl Fn(&Known) -> String,
) -> Result<(), UserError> {
    for name in names {
        if find_option(CLUSTER, name).is_none() {
            let known = CLUSTER.iter().map(|known| known.name);
            return Err(UserError::not_found("property", name, known));
        }
    }
    for known in CLUSTER {
        if names.is_empty() || known.names().any(|name| names.contains(&name)) {
            work.line(line(known));
        }
    }
    Ok(())
}
