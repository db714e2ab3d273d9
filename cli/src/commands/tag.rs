//! `rota tag …`: names for groups of objects.

use rota_cib::Text;
use rota_cib::tag::Tag;

use super::error::UserError;
use super::find;
use super::resource::check_new_id;
use super::work::Work;

const USAGE: &str = "tag config [TAG…] | create TAG ID… | delete TAG… | update TAG [add ID… [--before ID | \
                     --after ID]] [remove ID…]";

/// Runs `rota tag WORDS`.
pub(super) fn run(work: &mut Work<'_>, given: &[&str]) -> Result<(), UserError> {
    match given {
        [] => config(work, &[]),
        ["config" | "list", tags @ ..] => config(work, tags),
        ["create", tag, ids @ ..] if !ids.is_empty() => {
            check_new_id(tag, &work.ids())?;
            ids.iter().try_for_each(|id| find::check(&work.config, id))?;
            let references = unique(ids)?;
            work.config.tags.push(Tag { id: (*tag).into(), references });
            Ok(())
        }
        ["delete" | "remove", tags @ ..] if !tags.is_empty() => delete(work, tags),
        ["update", tag, rest @ ..] if !rest.is_empty() => update(work, tag, rest),
        ["create" | "delete" | "remove" | "update", ..] => Err(UserError::Usage(USAGE)),
        [given, ..] => {
            Err(UserError::unknown_command("tag", given, &["config", "create", "delete", "update"]))
        }
    }
}

fn unique(ids: &[&str]) -> Result<Vec<Text>, UserError> {
    for (at, id) in ids.iter().enumerate() {
        if ids[..at].contains(id) {
            return Err(UserError::refused(format!("'{id}' is named twice"), "name it once"));
        }
    }
    Ok(ids.iter().map(|id| Text::from(*id)).collect())
}

fn position(work: &Work<'_>, tag: &str) -> Result<usize, UserError> {
    let tags = &work.config.tags;
    tags.iter()
        .position(|known| known.id == tag)
        .ok_or_else(|| UserError::not_found("tag", tag, tags.iter().map(|tag| tag.id.as_str())))
}

fn delete(work: &mut Work<'_>, tags: &[&str]) -> Result<(), UserError> {
    for tag in tags {
        let at = position(work, tag)?;
        // Constraints that name the tag are found by validation.
        work.config.tags.remove(at);
    }
    Ok(())
}

fn update(work: &mut Work<'_>, tag: &str, words: &[&str]) -> Result<(), UserError> {
    let at = position(work, tag)?;
    let remove_at = words.iter().position(|word| *word == "remove").unwrap_or(words.len());
    let (add, remove) = words.split_at(remove_at);
    let add = match add {
        [] => &[],
        ["add", ids @ ..] => ids,
        _ => return Err(UserError::Usage(USAGE)),
    };
    let remove = remove.get(1..).unwrap_or_default();
    add.iter().try_for_each(|id| find::check(&work.config, id))?;
    let mut references = work.config.tags[at].references.clone();
    for id in remove {
        if !references.iter().any(|known| known == id) {
            let known = references.iter().map(Text::as_str);
            return Err(UserError::not_found("member of the tag", id, known));
        }
        references.retain(|known| known != id);
    }
    let new = unique(add)?;
    references.retain(|known| !new.contains(known));
    let place = |other: &str| {
        references.iter().position(|known| known == other).ok_or_else(|| {
            UserError::not_found("member of the tag", other, references.iter().map(Text::as_str))
        })
    };
    let into = match (work.words.value("--before"), work.words.value("--after")) {
        (Some(other), _) => place(other)?,
        (None, Some(other)) => place(other)? + 1,
        (None, None) => references.len(),
    };
    references.splice(into..into, new);
    if references.is_empty() {
        return Err(UserError::refused(
            format!("the tag '{tag}' would be empty"),
            format!("delete it: rota tag delete {tag}"),
        ));
    }
    work.config.tags[at].references = references;
    Ok(())
}

fn config(work: &mut Work<'_>, tags: &[&str]) -> Result<(), UserError> {
    tags.iter().try_for_each(|tag| position(work, tag).map(|_| ()))?;
    for tag in work.config.tags.clone() {
        if tags.is_empty() || tags.contains(&tag.id.as_str()) {
            work.line(&tag.id);
            tag.references.iter().for_each(|id| work.line(format!("  {id}")));
        }
    }
    Ok(())
}
