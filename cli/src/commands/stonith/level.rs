//! `rota stonith level …`

use rota_cib::Text;
use rota_cib::fencing::{Level, LevelTarget};
use rota_cib::resource::AgentClass;

use super::super::error::UserError;
use super::super::node::node_names;
use super::super::work::Work;

const USAGE: &str = "stonith level add LEVEL TARGET DEVICE… [id=ID] | remove LEVEL [target TARGET] \
    [stonith DEVICE…] | clear [target TARGET | stonith DEVICE…] | verify | config; a TARGET is a \
    node, regexp%PATTERN or attrib%NAME=VALUE";

/// `rota stonith level …`
pub(super) fn run(work: &mut Work<'_>, words: &[&str]) -> Result<(), UserError> {
    match words {
        [] | ["config"] => {
            show(work);
            Ok(())
        }
        ["add", level, target, devices @ ..] if !devices.is_empty() => {
            add(work, level, target, devices)
        }
        ["delete" | "remove", level, rest @ ..] => remove(work, level, rest),
        ["clear", rest @ ..] => clear(work, rest),
        ["verify"] => verify(work),
        ["add" | "delete" | "remove", ..] => Err(UserError::Usage(USAGE)),
        [given, ..] => Err(UserError::unknown_command(
            "stonith level",
            given,
            &["add", "remove", "clear", "verify", "config"],
        )),
    }
}

fn target(text: &str) -> Result<LevelTarget, UserError> {
    if let Some(pattern) = text.strip_prefix("regexp%") {
        return Ok(LevelTarget::Pattern(pattern.into()));
    }
    if let Some(attribute) = text.strip_prefix("attrib%") {
        let (name, value) = attribute.split_once('=').ok_or(UserError::Usage(USAGE))?;
        return Ok(LevelTarget::Attribute(name.into(), value.into()));
    }
    Ok(LevelTarget::Node(text.strip_prefix("node%").unwrap_or(text).into()))
}

fn target_words(target: &LevelTarget) -> String {
    match target {
        LevelTarget::Node(name) => name.to_string(),
        LevelTarget::Pattern(pattern) => format!("regexp%{pattern}"),
        LevelTarget::Attribute(name, value) => format!("{name}={value}"),
    }
}

fn index(text: &str) -> Result<u32, UserError> {
    match text.parse() {
        Ok(index @ 1..=9) => Ok(index),
        _ => Err(UserError::refused(format!("'{text}' is no level"), "give a number from 1 to 9")),
    }
}

fn add(work: &mut Work<'_>, level: &str, given: &str, words: &[&str]) -> Result<(), UserError> {
    let (index, target) = (index(level)?, target(given)?);
    if let LevelTarget::Node(name) = &target
        && !node_names(work).iter().any(|known| known == name)
    {
        work.unless_forced(format!("node '{name}' does not exist"))?;
    }
    let own_id = words.iter().find_map(|word| word.strip_prefix("id="));
    let devices = words.iter().filter(|word| !word.starts_with("id="));
    let devices: Vec<Text> = devices.flat_map(|word| word.split(',')).map(Text::from).collect();
    if devices.is_empty() {
        return Err(UserError::Usage(USAGE));
    }
    for device in &devices {
        check_device(work, device)?;
    }
    let same =
        |other: &&Level| other.index == index && other.target == target && other.devices == devices;
    if let Some(other) = work.config.fencing_topology.iter().find(same) {
        return Err(UserError::refused(
            format!("the level '{}' says the same already", other.id),
            "there is nothing to do",
        ));
    }
    let name = match &target {
        LevelTarget::Node(name) | LevelTarget::Pattern(name) => name,
        LevelTarget::Attribute(name, _) => name,
    };
    let id = match own_id {
        Some(id) => {
            super::super::resource::check_new_id(id, &work.ids())?;
            id.into()
        }
        None => work.ids().fresh(&format!("fl-{name}-{index}")),
    };
    work.config.fencing_topology.push(Level { id, target, index, devices });
    Ok(())
}

fn check_device(work: &mut Work<'_>, device: &str) -> Result<(), UserError> {
    let devices = work.config.all_primitives().filter(|p| p.class == Some(AgentClass::Stonith));
    let known: Vec<&str> = devices.map(|p| p.id.as_str()).collect();
    if known.contains(&device) {
        return Ok(());
    }
    let near = rota_cib::near::nearest(device, known);
    let near = near.map(|near| format!(" (did you mean '{near}'?)")).unwrap_or_default();
    work.unless_forced(format!("fence device '{device}' does not exist{near}"))
}

/// `[target TARGET] [stonith DEVICE…]`, or the old `[TARGET] [DEVICE…]`.
fn selection(words: &[&str]) -> Result<(Option<LevelTarget>, Vec<Text>), UserError> {
    let devices = |words: &[&str]| {
        words.iter().flat_map(|word| word.split(',')).map(Text::from).collect::<Vec<_>>()
    };
    match words {
        [] => Ok((None, Vec::new())),
        ["target", one] => Ok((Some(target(one)?), Vec::new())),
        ["target", one, "stonith", rest @ ..] => Ok((Some(target(one)?), devices(rest))),
        ["stonith", rest @ ..] => Ok((None, devices(rest))),
        [one, rest @ ..] => Ok((Some(target(one)?), devices(rest))),
    }
}

fn remove(work: &mut Work<'_>, level: &str, words: &[&str]) -> Result<(), UserError> {
    let index = index(level)?;
    let (target, devices) = selection(words)?;
    remove_where(work, |level| {
        level.index == index
            && target.as_ref().is_none_or(|target| level.target == *target)
            && (devices.is_empty() || level.devices == devices)
    })
}

fn clear(work: &mut Work<'_>, words: &[&str]) -> Result<(), UserError> {
    let (target, devices) = selection(words)?;
    remove_where(work, |level| {
        target.as_ref().is_none_or(|target| level.target == *target)
            && (devices.is_empty() || level.devices == devices)
    })
}

fn remove_where(work: &mut Work<'_>, is_meant: impl Fn(&Level) -> bool) -> Result<(), UserError> {
    let before = work.config.fencing_topology.len();
    work.config.fencing_topology.retain(|level| !is_meant(level));
    if work.config.fencing_topology.len() == before {
        return Err(UserError::refused(
            "there is no such fencing level",
            "see what there is: rota stonith level config",
        ));
    }
    Ok(())
}

fn verify(work: &mut Work<'_>) -> Result<(), UserError> {
    let nodes = node_names(work);
    for level in work.config.fencing_topology.clone() {
        for device in &level.devices {
            check_device(work, device)?;
        }
        if let LevelTarget::Node(name) = &level.target
            && !nodes.iter().any(|known| known == name)
        {
            return Err(UserError::not_found("node", name, nodes.iter().map(String::as_str)));
        }
    }
    Ok(())
}

/// Levels by target, as pcs shows them.
fn show(work: &mut Work<'_>) {
    let mut targets: Vec<String> = Vec::new();
    for level in &work.config.fencing_topology {
        let target = target_words(&level.target);
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    for target in targets {
        work.line(format!("Target: {target}"));
        let mut levels: Vec<Level> = work.config.fencing_topology.clone();
        levels.retain(|level| target_words(&level.target) == target);
        levels.sort_by_key(|level| level.index);
        for level in levels {
            work.line(format!("  Level {} - {}", level.index, level.devices.join(",")));
        }
    }
}
