//! `rota resource group …`

use rota_cib::resource::{Clone_, CloneChild, Group, Primitive, Resource};
use rota_cib::{Config, Text};

use super::super::error::UserError;
use super::super::work::Work;
use super::super::{find, refs};
use super::create::check_new_id;

const USAGE: &str = "resource group add GROUP RESOURCE… [--before RESOURCE | --after RESOURCE] | \
                     remove GROUP [RESOURCE…] | list";

/// `rota resource group …`
pub(super) fn run(work: &mut Work<'_>, words: &[&str]) -> Result<(), UserError> {
    match words {
        ["add", group, members @ ..] if !members.is_empty() => add(work, group, members),
        ["remove" | "delete", group, members @ ..] => remove(work, group, members),
        ["list"] | [] => {
            list(work);
            Ok(())
        }
        ["add" | "remove" | "delete", ..] => Err(UserError::Usage(USAGE)),
        [given, ..] => {
            Err(UserError::unknown_command("resource group", given, &["add", "remove", "list"]))
        }
    }
}

/// All groups, cloned ones too.
fn groups(config: &Config) -> impl Iterator<Item = &Group> {
    config.resources.iter().filter_map(Resource::group)
}

/// Whether there is a group of this id.
pub(super) fn exists(config: &Config, id: &str) -> bool {
    groups(config).any(|group| group.id == id)
}

fn group_mut<'c>(config: &'c mut Config, id: &str) -> Option<&'c mut Group> {
    match find::find_mut(config, id) {
        Some(find::Found::Group(group)) => Some(group),
        _ => None,
    }
}

fn no_group(config: &Config, id: &str) -> UserError {
    UserError::not_found("group", id, groups(config).map(|group| group.id.as_str()))
}

/// Puts members into a group: at its end, or `before`/`after` another one.
pub(super) fn insert(
    config: &mut Config,
    id: &str,
    members: Vec<Primitive>,
    place: &[&str],
) -> Result<(), UserError> {
    let missing = no_group(config, id);
    let Some(group) = group_mut(config, id) else { return Err(missing) };
    let at = |other: &str| {
        group.members.iter().position(|member| member.id == other).ok_or_else(|| {
            let members = group.members.iter().map(|member| member.id.as_str());
            UserError::not_found("member of the group", other, members)
        })
    };
    let at = match place {
        [] => group.members.len(),
        ["before", other] => at(other)?,
        ["after", other] => at(other)? + 1,
        _ => return Err(UserError::Usage(USAGE)),
    };
    group.members.splice(at..at, members);
    Ok(())
}

/// The primitive of this id if it may change its place: it stands alone, or in a group.
fn movable<'c>(config: &'c Config, id: &str) -> Result<&'c Primitive, UserError> {
    find::check(config, id)?;
    let refused = |what: &str| {
        UserError::refused(format!("'{id}' {what}"), "name services that stand alone or in a group")
    };
    match config.resource_holding(id) {
        Some(Resource::Primitive(primitive)) => Ok(primitive),
        Some(Resource::Group(group)) => group
            .members
            .iter()
            .find(|member| member.id == id)
            .ok_or_else(|| refused("is a group itself")),
        Some(Resource::Clone(_)) => Err(refused("is a clone, or in one")),
        Some(Resource::Bundle(_)) => Err(refused("is a bundle, or in one")),
        None => Err(find::no_resource(config, id)),
    }
}

fn add(work: &mut Work<'_>, group: &str, members: &[&str]) -> Result<(), UserError> {
    let mut moving = Vec::new();
    for (at, id) in members.iter().enumerate() {
        if members[..at].contains(id) {
            return Err(UserError::refused(format!("'{id}' is named twice"), "name it once"));
        }
        moving.push(movable(&work.config, id)?.clone());
    }
    if moving.iter().any(|p| p.class == Some(rota_cib::resource::AgentClass::Stonith)) {
        return Err(UserError::refused("fence devices cannot be in groups", "leave them out"));
    }
    if !exists(&work.config, group) {
        let mut ids = work.ids();
        check_new_id(group, &ids)?;
        let new = Group { id: ids.fresh(group), ..Group::default() };
        work.config.resources.push(Resource::Group(new));
    }
    for id in members {
        take_out(&mut work.config, id);
    }
    let place = match (work.words.value("--before"), work.words.value("--after")) {
        (None, None) => vec![],
        (Some(other), None) => vec!["before", other],
        (None, Some(other)) => vec!["after", other],
        (Some(_), Some(_)) => {
            return Err(UserError::refused("--before and --after exclude each other", "give one"));
        }
    };
    insert(&mut work.config, group, moving, &place)?;
    remove_empty_groups(work);
    Ok(())
}

/// Takes a primitive out of its place, which may leave a group empty.
fn take_out(config: &mut Config, id: &str) {
    config.resources.retain(|r| !(matches!(r, Resource::Primitive(_)) && r.id() == id));
    for resource in &mut config.resources {
        if let Resource::Group(group) = resource {
            group.members.retain(|member| member.id != id);
        }
    }
}

/// Groups that lost their last member go, with what refers to them.
fn remove_empty_groups(work: &mut Work<'_>) {
    let is_empty = |group: &&Group| group.members.is_empty();
    let empty: Vec<Text> = groups(&work.config).filter(is_empty).map(|g| g.id.clone()).collect();
    if empty.is_empty() {
        return;
    }
    let gone = refs::with_dependants(&work.config, &empty);
    for remark in refs::remove(&mut work.config, &gone) {
        work.remark(remark);
    }
}

fn remove(work: &mut Work<'_>, id: &str, members: &[&str]) -> Result<(), UserError> {
    let missing = no_group(&work.config, id);
    let at = work.config.resources.iter().position(|r| r.group().is_some_and(|g| g.id == id));
    let Some(at) = at else { return Err(missing) };
    let Some(group) = group_mut(&mut work.config, id) else { return Err(missing) };
    for member in members {
        if !group.members.iter().any(|known| known.id == *member) {
            let known = group.members.iter().map(|known| known.id.as_str());
            return Err(UserError::not_found("member of the group", member, known));
        }
    }
    let leaves = |member: &Primitive| members.is_empty() || members.contains(&member.id.as_str());
    let (out, stay): (Vec<_>, Vec<_>) = group.members.drain(..).partition(leaves);
    let is_over = stay.is_empty();
    group.members = stay;
    if !is_over {
        let out = out.into_iter().map(Resource::Primitive);
        work.config.resources.splice(at + 1..at + 1, out);
        return Ok(());
    }
    match &mut work.config.resources[at] {
        // A clone of the group becomes one of its only member.
        Resource::Clone(Clone_ { child, .. }) => {
            let mut out = out;
            match (out.pop(), out.is_empty()) {
                (Some(only), true) => *child = CloneChild::Primitive(only),
                _ => {
                    return Err(UserError::refused(
                        format!("group '{id}' is cloned, and a clone has one member only"),
                        "unclone it first, or leave one member in the group",
                    ));
                }
            }
        }
        Resource::Primitive(_) | Resource::Group(_) | Resource::Bundle(_) => {
            let out = out.into_iter().map(Resource::Primitive);
            work.config.resources.splice(at + 1..at + 1, out);
        }
    }
    let gone = [Text::from(id)].into_iter().collect();
    for remark in refs::remove(&mut work.config, &gone) {
        work.remark(remark);
    }
    Ok(())
}

fn list(work: &mut Work<'_>) {
    let lines: Vec<String> = groups(&work.config)
        .map(|group| {
            let members: Vec<&str> = group.members.iter().map(|p| p.id.as_str()).collect();
            format!("{}: {}", group.id, members.join(" "))
        })
        .collect();
    for line in lines {
        work.line(line);
    }
}
