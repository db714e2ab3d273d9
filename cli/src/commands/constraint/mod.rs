//! `rota constraint …`

mod colocation;
mod location;
mod order;
mod set;
mod show;
mod ticket;

use rota_cib::constraint::Constraint;
use rota_cib::resource::Resource;

use super::error::UserError;
use super::find;
use super::work::Work;

const COMMANDS: [&str; 8] =
    ["location", "order", "colocation", "ticket", "config", "delete", "remove", "ref"];

/// Runs `rota constraint WORDS`.
pub(super) fn run(work: &mut Work<'_>, words: &[&str]) -> Result<(), UserError> {
    match words {
        [] => show::all(work),
        ["config" | "show" | "list", ..] => show::all(work),
        ["location", rest @ ..] => location::run(work, rest),
        ["order", rest @ ..] => order::run(work, rest),
        ["colocation", rest @ ..] => colocation::run(work, rest),
        ["ticket", rest @ ..] => ticket::run(work, rest),
        ["delete" | "remove", ids @ ..] => delete(work, ids),
        ["ref", resources @ ..] => show::referring(work, resources),
        [given, ..] => Err(UserError::unknown_command("constraint", given, &COMMANDS)),
    }
}

/// Deletes constraints, or rules of them, by id.
fn delete(work: &mut Work<'_>, ids: &[&str]) -> Result<(), UserError> {
    if ids.is_empty() {
        return Err(UserError::Usage("constraint delete CONSTRAINT-ID…"));
    }
    for id in ids {
        let before = work.config.constraints.clone();
        work.config.constraints.retain_mut(|constraint| {
            if constraint.id() == id {
                return false;
            }
            let Constraint::Location(location) = constraint else { return true };
            let had_rules = !location.rules.is_empty();
            location.rules.retain(|rule| rule.id.as_deref() != Some(*id));
            // A constraint whose last rule goes would have nothing to say.
            !had_rules || !location.rules.is_empty()
        });
        if work.config.constraints == before {
            let known = before.iter().map(|constraint| constraint.id().as_str());
            return Err(UserError::not_found("constraint", id, known));
        }
    }
    Ok(())
}

/// Deletes the constraints for which `is_meant` holds; there must be one.
fn delete_where(
    work: &mut Work<'_>,
    what: &str,
    is_meant: impl Fn(&Constraint) -> bool,
) -> Result<(), UserError> {
    let before = work.config.constraints.len();
    work.config.constraints.retain(|constraint| !is_meant(constraint));
    if work.config.constraints.len() == before {
        return Err(UserError::refused(
            format!("there is no {what}"),
            "see what there is: rota constraint config --full",
        ));
    }
    Ok(())
}

/// A resource or tag that a constraint may name: what is inside a clone or bundle is not.
fn check_resource(work: &mut Work<'_>, id: &str) -> Result<(), UserError> {
    if work.config.tags.iter().any(|tag| tag.id == id) {
        return Ok(());
    }
    find::check(&work.config, id)?;
    match work.config.resource_holding(id) {
        Some(top @ (Resource::Clone(_) | Resource::Bundle(_))) if top.id() != id => {
            let what = format!("'{id}' is inside '{0}', name '{0}' instead", top.id());
            work.unless_forced(what)
        }
        _ => Ok(()),
    }
}

/// Adds a constraint unless there is one that says the same, but for its id.
fn add(work: &mut Work<'_>, constraint: Constraint) -> Result<(), UserError> {
    let same = |other: &&Constraint| {
        let mut copy = (*other).clone();
        set_id(&mut copy, constraint.id());
        copy == constraint
    };
    if let Some(other) = work.config.constraints.iter().find(same) {
        let what = format!("the constraint '{}' says the same already", other.id());
        work.unless_forced(what)?;
    }
    work.config.constraints.push(constraint);
    Ok(())
}

fn set_id(constraint: &mut Constraint, id: &rota_cib::Text) {
    match constraint {
        Constraint::Location(c) => c.id = id.clone(),
        Constraint::Colocation(c) => c.id = id.clone(),
        Constraint::Order(c) => c.id = id.clone(),
        Constraint::Ticket(c) => c.id = id.clone(),
    }
}

/// A score as written, or the reason why it is none.
fn score(text: &str) -> Result<rota_cib::Score, UserError> {
    rota_cib::value::parse_score(text).ok_or_else(|| {
        UserError::refused(
            format!("'{text}' is no score"),
            "give a whole number, INFINITY or -INFINITY",
        )
    })
}

/// A role as written, or the reason why it is none.
fn role(text: &str) -> Result<rota_cib::constraint::Role, UserError> {
    rota_cib::constraint::Role::parse(text).ok_or_else(|| {
        UserError::refused(
            format!("'{text}' is no role"),
            "give Started, Stopped, Promoted or Unpromoted",
        )
    })
}

/// A truth as written, or the reason why it is none.
fn truth(name: &str, text: &str) -> Result<bool, UserError> {
    rota_cib::value::parse_bool(text).ok_or_else(|| {
        UserError::refused(format!("'{text}' is no value for '{name}'"), "give true or false")
    })
}
