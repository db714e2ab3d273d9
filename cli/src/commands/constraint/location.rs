//! `rota constraint location …`

use rota_cib::Score;
use rota_cib::constraint::{Constraint, Location};

use super::super::error::UserError;
use super::super::node::check_node;
use super::super::rule::{self, Allowed};
use super::super::words;
use super::super::work::Work;
use super::{add, check_resource, role, score, show};

const USAGE: &str = "constraint location RESOURCE prefers|avoids NODE[=SCORE]… | RESOURCE rule \
    [id=ID] [resource-discovery=always|never|exclusive] [role=ROLE] [constraint-id=ID] \
    [score=SCORE | score-attribute=NAME] EXPRESSION | add ID RESOURCE NODE [score=SCORE] \
    [resource-discovery=…] | remove ID… | config";

/// `rota constraint location …`
pub(super) fn run(work: &mut Work<'_>, given: &[&str]) -> Result<(), UserError> {
    match given {
        [] | ["config" | "show", ..] => show::locations(work),
        ["add", id, resource, node, options @ ..] => add_with_id(work, id, resource, node, options),
        ["delete" | "remove", ids @ ..] if !ids.is_empty() => super::delete(work, ids),
        [resource, "prefers", nodes @ ..] if !nodes.is_empty() => {
            prefers(work, resource, nodes, Wish::Prefers)
        }
        [resource, "avoids", nodes @ ..] if !nodes.is_empty() => {
            prefers(work, resource, nodes, Wish::Avoids)
        }
        [resource, "rule", rest @ ..] if !rest.is_empty() => with_rule(work, resource, rest),
        [_, given, ..] => Err(UserError::unknown_command(
            "constraint location RESOURCE",
            given,
            &["prefers", "avoids", "rule"],
        )),
        _ => Err(UserError::Usage(USAGE)),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    Prefers,
    Avoids,
}

/// What a constraint is about: a resource by id, or by a pattern (`regexp%^web`).
fn about(work: &mut Work<'_>, resource: &str) -> Result<(Location, String), UserError> {
    if let Some(pattern) = resource.strip_prefix("regexp%") {
        let location = Location { rsc_pattern: Some(pattern.into()), ..Location::default() };
        return Ok((location, pattern.to_owned()));
    }
    let id = resource.strip_prefix("resource%").unwrap_or(resource);
    check_resource(work, id)?;
    Ok((Location { rsc: Some(id.into()), ..Location::default() }, id.to_owned()))
}

fn prefers(
    work: &mut Work<'_>,
    resource: &str,
    nodes: &[&str],
    wish: Wish,
) -> Result<(), UserError> {
    let (location, name) = about(work, resource)?;
    for word in nodes {
        let (node, text) = word.split_once('=').unwrap_or((word, "INFINITY"));
        check_node(work, node)?;
        let score = match wish {
            Wish::Prefers => score(text)?,
            Wish::Avoids => -score(text)?,
        };
        let base = format!("location-{name}-{node}-{score}");
        // Said again about the same node, the new score counts.
        work.config.constraints.retain(|constraint| match constraint {
            Constraint::Location(c) => {
                let is_plain = c.rules.is_empty() && c.sets.is_empty() && c.lifetime.is_empty();
                let is_same = c.rsc == location.rsc
                    && c.rsc_pattern == location.rsc_pattern
                    && c.node.as_deref() == Some(node);
                !(is_same && is_plain && c.role.is_none() && !c.id.starts_with("cli-"))
            }
            Constraint::Colocation(_) | Constraint::Order(_) | Constraint::Ticket(_) => true,
        });
        let id = work.ids().fresh(&base);
        let new = Location { id, node: Some(node.into()), score: Some(score), ..location.clone() };
        work.config.constraints.push(Constraint::Location(new));
    }
    Ok(())
}

fn discovery(text: &str) -> Result<rota_cib::Text, UserError> {
    match text {
        "always" | "never" | "exclusive" => Ok(text.into()),
        _ => Err(UserError::refused(
            format!("'{text}' is no value for 'resource-discovery'"),
            "give always, never or exclusive",
        )),
    }
}

fn add_with_id(
    work: &mut Work<'_>,
    id: &str,
    resource: &str,
    node: &str,
    options: &[&str],
) -> Result<(), UserError> {
    let (location, _) = about(work, resource)?;
    check_node(work, node)?;
    let ids = work.ids();
    super::super::resource::check_new_id(id, &ids)?;
    // A bare score is the old way.
    let options: Vec<String> = options
        .iter()
        .map(|word| if word.contains('=') { (*word).to_owned() } else { format!("score={word}") })
        .collect();
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let mut options = words::pairs(&options)?;
    let score = words::take(&mut options, "score").map(score).transpose()?;
    let discovery = words::take(&mut options, "resource-discovery").map(discovery).transpose()?;
    words::nothing_left(&options, &["score", "resource-discovery"])?;
    let new = Location {
        id: id.into(),
        node: Some(node.into()),
        score: Some(score.unwrap_or(Score::INFINITY)),
        discovery,
        ..location
    };
    add(work, Constraint::Location(new))
}

fn with_rule(work: &mut Work<'_>, resource: &str, given: &[&str]) -> Result<(), UserError> {
    const OPTIONS: [&str; 6] =
        ["id", "resource-discovery", "role", "constraint-id", "score", "score-attribute"];
    let is_option =
        |word: &&&str| word.split_once('=').is_some_and(|(name, _)| OPTIONS.contains(&name));
    let count = given.iter().take_while(is_option).count();
    let (options, expression) = given.split_at(count);
    let mut options = words::pairs(options)?;
    let (mut location, name) = about(work, resource)?;
    let mut ids = work.ids();
    let mut own_id = |given: Option<&str>, base: String| match given {
        Some(id) => {
            super::super::resource::check_new_id(id, &ids)?;
            Ok(ids.fresh(id))
        }
        None => Ok::<_, UserError>(ids.fresh(&base)),
    };
    location.id = own_id(words::take(&mut options, "constraint-id"), format!("location-{name}"))?;
    let rule_id = own_id(words::take(&mut options, "id"), format!("{}-rule", location.id))?;
    location.discovery =
        words::take(&mut options, "resource-discovery").map(discovery).transpose()?;
    let rule_role = words::take(&mut options, "role").map(role).transpose()?;
    let given_score = words::take(&mut options, "score").map(score).transpose()?;
    let score_attribute = words::take(&mut options, "score-attribute");
    if given_score.is_some() && score_attribute.is_some() {
        return Err(UserError::refused("score and score-attribute exclude each other", "give one"));
    }
    // The rule's id is taken by now: its conditions get theirs behind it.
    let mut parsed = rule::parse(expression, &rule_id, Allowed::LOCATION, &mut work.ids())?;
    parsed.id = Some(rule_id);
    parsed.role = rule_role;
    parsed.score_attribute = score_attribute.map(rota_cib::Text::from);
    parsed.score = match score_attribute {
        Some(_) => None,
        None => Some(given_score.unwrap_or(Score::INFINITY)),
    };
    location.rules.push(parsed);
    add(work, Constraint::Location(location))
}
