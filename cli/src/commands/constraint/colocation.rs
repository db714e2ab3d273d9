//! `rota constraint colocation …`

use rota_cib::Score;
use rota_cib::constraint::{Colocation, Constraint, Role};

use super::super::error::UserError;
use super::super::words;
use super::super::work::Work;
use super::{add, check_resource, delete_where, role, score, set, show, truth};

const USAGE: &str = "constraint colocation add [ROLE] RESOURCE with [ROLE] RESOURCE [score=SCORE] \
    [influence=BOOL] [node-attribute=NAME] [id=ID] | set RESOURCE… [OPTIONS] [set …] [setoptions …] \
    | remove RESOURCE RESOURCE | config";

/// `rota constraint colocation …`
pub(super) fn run(work: &mut Work<'_>, given: &[&str]) -> Result<(), UserError> {
    match given {
        [] | ["config" | "show", ..] => show::colocations(work),
        ["add", rest @ ..] => pair(work, rest),
        ["set", ..] => {
            let known = ["id", "score"];
            let (sets, mut options, name) = set::parse(work, given, set::Kind::Colocation, &known)?;
            let id = set::id(work, &mut options, "colocation_set", &name)?;
            let score = words::take(&mut options, "score").map(score).transpose()?;
            let score = Some(score.unwrap_or(Score::INFINITY));
            let new = Colocation { id, sets, score, ..Colocation::default() };
            add(work, Constraint::Colocation(new))
        }
        ["delete" | "remove", one, other] => {
            let is_pair = |c: &Colocation, a: &str, b: &str| {
                c.rsc.as_deref() == Some(a) && c.with_rsc.as_deref() == Some(b)
            };
            delete_where(work, "such colocation", |constraint| match constraint {
                Constraint::Colocation(c) => is_pair(c, one, other) || is_pair(c, other, one),
                Constraint::Location(_) | Constraint::Order(_) | Constraint::Ticket(_) => false,
            })
        }
        ["delete" | "remove", ..] => Err(UserError::Usage(USAGE)),
        [given, ..] => Err(UserError::unknown_command(
            "constraint colocation",
            given,
            &["add", "set", "remove", "config"],
        )),
    }
}

/// `[ROLE] RESOURCE`
fn with_role<'a>(given: &[&'a str]) -> Result<(Option<Role>, &'a str), UserError> {
    match given {
        [resource] => Ok((None, resource)),
        [word, resource] => Ok((Some(role(word)?), resource)),
        _ => Err(UserError::Usage(USAGE)),
    }
}

fn pair(work: &mut Work<'_>, given: &[&str]) -> Result<(), UserError> {
    let Some(at) = given.iter().position(|word| *word == "with") else {
        return Err(UserError::Usage(USAGE));
    };
    let (first_role, first) = with_role(&given[..at])?;
    let rest = &given[at + 1..];
    let is_role = rest.first().is_some_and(|word| Role::parse(word).is_some()) && rest.len() > 1;
    let (second, options) = rest.split_at(rest.len().min(if is_role { 2 } else { 1 }));
    let (second_role, second) = with_role(second)?;
    check_resource(work, first)?;
    check_resource(work, second)?;
    // A bare score is the old way, and the one that everybody uses.
    let (bare, options): (Vec<&str>, Vec<&str>) = options.iter().partition(|w| !w.contains('='));
    let mut options = words::pairs(&options)?;
    let text = words::take(&mut options, "score").or(bare.first().copied()).unwrap_or("INFINITY");
    let score = score(text)?;
    let id = match words::take(&mut options, "id") {
        Some(id) => {
            super::super::resource::check_new_id(id, &work.ids())?;
            id.into()
        }
        None => work.ids().fresh(&format!("colocation-{first}-{second}-{score}")),
    };
    let influence = words::take(&mut options, "influence");
    let influence = influence.map(|text| truth("influence", text)).transpose()?;
    let node_attribute = words::take(&mut options, "node-attribute").map(rota_cib::Text::from);
    words::nothing_left(&options, &["score", "id", "influence", "node-attribute"])?;
    // A role of one side says that the other is meant started.
    let any_role = first_role.is_some() || second_role.is_some();
    let or_started = |role: Option<Role>| role.or(any_role.then_some(Role::Started));
    let new = Colocation {
        id,
        rsc: Some(first.into()),
        rsc_role: or_started(first_role),
        with_rsc: Some(second.into()),
        with_rsc_role: or_started(second_role),
        score: Some(score),
        influence,
        node_attribute,
        ..Colocation::default()
    };
    add(work, Constraint::Colocation(new))
}
