//! `rota resource move`, `ban` and `clear`: constraints that people make in a hurry, with ids by
//! which they are found again.

use rota_cib::constraint::{Constraint, Location, Role};
use rota_cib::rule::{AttributeTest, BooleanOp, Comparison, Condition, DateTest, Rule, ValueKind};
use rota_cib::value::parse_duration;
use rota_cib::{Score, Text, date};

use super::super::error::UserError;
use super::super::node::{check_node, node_names};
use super::super::words::pairs;
use super::super::work::Work;
use super::super::{find, words};

/// What becomes of the constraint that a move needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Leftover {
    /// It goes as soon as the resource has moved.
    UntilSettled,
    /// It stays until it is cleared.
    Stays,
}

/// A resource, a node, and when it ends.
struct Asked<'a> {
    resource: &'a str,
    node: Option<&'a str>,
    until: Option<i64>,
    role: Role,
}

fn asked<'a>(
    work: &Work<'_>,
    given: &[&'a str],
    usage: &'static str,
) -> Result<Asked<'a>, UserError> {
    let Some((resource, rest)) = given.split_first() else { return Err(UserError::Usage(usage)) };
    let (node, options) = match rest.split_first() {
        Some((node, options)) if !node.contains('=') => (Some(*node), options),
        _ => (None, rest),
    };
    find::check(&work.config, resource)?;
    if let Some(node) = node {
        check_node(work, node)?;
    }
    let mut options = pairs(options)?;
    let until = match words::take(&mut options, "lifetime") {
        None => None,
        Some(text) => {
            let lifetime = parse_duration(text).ok_or_else(|| {
                UserError::refused(format!("'{text}' is no length of time"), "write 2h or PT2H")
            })?;
            let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
            Some(work.context.now.0.saturating_add(seconds))
        }
    };
    words::nothing_left(&options, &["lifetime"])?;
    let promoted = work.has("--promoted") || work.has("--master");
    let role = if promoted { Role::Promoted } else { Role::Started };
    Ok(Asked { resource, node, until, role })
}

/// `rota resource move RESOURCE [NODE] [lifetime=TIME] [--promoted]`
pub(super) fn move_away(
    work: &mut Work<'_>,
    given: &[&str],
    leftover: Leftover,
) -> Result<(), UserError> {
    let asked = asked(work, given, "resource move RESOURCE [NODE] [lifetime=TIME] [--promoted]")?;
    check_movable(work, asked.resource)?;
    let id = match asked.node {
        Some(node) => {
            // What was banned there before would contradict.
            let ban = ban_id(asked.resource, node);
            work.config.constraints.retain(|constraint| constraint.id() != &ban);
            let id = Text::from(format!("cli-prefer-{}", asked.resource));
            put(work, &id, &asked, node, Score::INFINITY);
            id
        }
        None => ban_here(work, &asked)?,
    };
    match leftover {
        Leftover::UntilSettled => work.out.remove_when_settled.push(id.to_string()),
        Leftover::Stays => remind(work, &asked),
    }
    Ok(())
}

/// Instances of a clone have no single place.
fn check_movable(work: &Work<'_>, id: &str) -> Result<(), UserError> {
    use rota_cib::resource::Resource;
    match work.config.resource_holding(id) {
        Some(Resource::Clone(clone)) if !work.has("--promoted") && !work.has("--master") => {
            Err(UserError::refused(
                format!("'{id}' runs in several places, there is nothing to move"),
                format!("ban '{}' from a node, or use --promoted", clone.id),
            ))
        }
        _ => Ok(()),
    }
}

/// `rota resource ban RESOURCE [NODE] [lifetime=TIME] [--promoted]`
pub(super) fn ban(work: &mut Work<'_>, given: &[&str]) -> Result<(), UserError> {
    let asked = asked(work, given, "resource ban RESOURCE [NODE] [lifetime=TIME] [--promoted]")?;
    ban_here(work, &asked)?;
    remind(work, &asked);
    Ok(())
}

/// Constraints made in a hurry are easily forgotten.
fn remind(work: &mut Work<'_>, asked: &Asked<'_>) {
    if asked.until.is_none() {
        let resource = asked.resource;
        work.remark(format!("this stays until: rota resource clear {resource}"));
    }
}

fn ban_id(resource: &str, node: &str) -> Text {
    format!("cli-ban-{resource}-on-{node}").into()
}

/// Bans a resource from the node that was named, or else from where it runs.
fn ban_here(work: &mut Work<'_>, asked: &Asked<'_>) -> Result<Text, UserError> {
    let node = match asked.node {
        Some(node) => node.to_owned(),
        None => match &active_on(work, asked.resource)[..] {
            [only] => only.clone(),
            [] => {
                return Err(UserError::refused(
                    format!("'{}' runs nowhere", asked.resource),
                    "name the node that it should leave",
                ));
            }
            several => {
                return Err(UserError::refused(
                    format!("'{}' runs on {}", asked.resource, several.join(", ")),
                    "name the node that it should leave",
                ));
            }
        },
    };
    let id = ban_id(asked.resource, &node);
    let prefer = Text::from(format!("cli-prefer-{}", asked.resource));
    work.config.constraints.retain(|constraint| match constraint {
        Constraint::Location(c) => c.id != prefer || c.node.as_deref() != Some(&node),
        Constraint::Colocation(_) | Constraint::Order(_) | Constraint::Ticket(_) => true,
    });
    put(work, &id, asked, &node, Score::NEG_INFINITY);
    Ok(id)
}

/// Puts a constraint, in place of one with the same id.
fn put(work: &mut Work<'_>, id: &Text, asked: &Asked<'_>, node: &str, score: Score) {
    let mut location = Location {
        id: id.clone(),
        rsc: Some(asked.resource.into()),
        role: Some(asked.role),
        ..Location::default()
    };
    match asked.until.and_then(date::iso) {
        None => {
            location.node = Some(node.into());
            location.score = Some(score);
        }
        Some(end) => location.rules.push(until_rule(id, node, score, &end)),
    }
    work.config.constraints.retain(|constraint| constraint.id() != id);
    work.config.constraints.push(Constraint::Location(location));
}

fn until_rule(id: &str, node: &str, score: Score, end: &str) -> Rule {
    let on_node = AttributeTest {
        id: format!("{id}-expr").into(),
        attribute: "#uname".into(),
        operation: Comparison::Eq,
        value: Some(node.into()),
        value_source: None,
        kind: Some(ValueKind::String),
    };
    let in_time = DateTest {
        id: format!("{id}-lifetime").into(),
        operation: "lt".into(),
        start: None,
        end: Some(end.into()),
        duration: None,
        spec: None,
    };
    Rule {
        id: Some(format!("{id}-rule").into()),
        score: Some(score),
        boolean_op: Some(BooleanOp::And),
        conditions: vec![Condition::Attribute(on_node), Condition::Date(in_time)],
        ..Rule::default()
    }
}

/// Names of nodes on which a resource is active, as its history says.
fn active_on(work: &Work<'_>, resource: &str) -> Vec<String> {
    let mut members = find::primitives_of(&work.config, resource);
    members.push(resource.into());
    let is_active = |history: &&rota_cib::status::ResourceHistory| {
        let name = history.id.split(':').next().unwrap_or_default();
        let is_meant = members.iter().any(|member| *member == history.id || member == name);
        is_meant
            && history.operations.iter().max_by_key(|op| op.call_id).is_some_and(|last| match last
                .operation
                .as_str()
            {
                "stop" | "migrate_to" => false,
                "monitor" => matches!(last.rc, 0 | 8),
                _ => last.rc == 0,
            })
    };
    let nodes = work.context.cib.status.nodes.iter();
    let active = nodes.filter(|node| node.history.iter().any(|history| is_active(&history)));
    active.map(|node| node.uname.to_string()).collect()
}

/// `rota resource clear RESOURCE [NODE] [--promoted] [--expired]`
pub(super) fn clear(work: &mut Work<'_>, given: &[&str]) -> Result<(), UserError> {
    let asked = asked(work, given, "resource clear RESOURCE [NODE] [--promoted] [--expired]")?;
    let prefer = format!("cli-prefer-{}", asked.resource);
    let ban = format!("cli-ban-{}-on-", asked.resource);
    let nodes = node_names(work);
    let (only_expired, only_promoted) = (work.has("--expired"), work.has("--promoted"));
    let (now, zone) = (work.context.now, rota_settings::system_zone());
    let before = work.config.constraints.len();
    let original = work.config.clone();
    let index = rota_cib::index::Index::new(&original);
    work.config.constraints.retain(|constraint| {
        let Constraint::Location(c) = constraint else { return true };
        let banned = c.id.strip_prefix(&ban).filter(|node| nodes.iter().any(|known| known == node));
        let is_meant = match asked.node {
            Some(node) => {
                banned == Some(node) || (c.id == prefer && node_of(c).is_none_or(|n| n == node))
            }
            None => banned.is_some() || c.id == prefer,
        };
        let role_fits = !only_promoted || c.role == Some(Role::Promoted);
        !(is_meant && role_fits && (!only_expired || is_expired(c, now, &zone, &index)))
    });
    if work.config.constraints.len() == before {
        work.remark(format!("there was nothing to clear for '{}'", asked.resource));
    }
    Ok(())
}

/// The node of a constraint, directly or in the rule that gives it an end.
fn node_of(location: &Location) -> Option<&str> {
    let in_rule = location.rules.iter().flat_map(|rule| &rule.conditions).find_map(|c| match c {
        Condition::Attribute(test) if test.attribute == "#uname" => test.value.as_deref(),
        _ => None,
    });
    location.node.as_deref().or(in_rule)
}

fn is_expired(
    location: &Location,
    now: rota_ids::WallTime,
    zone: &rota_cib::zone::Zone,
    index: &rota_cib::index::Index<'_>,
) -> bool {
    let context = rota_cib::evaluate::RuleContext {
        zone,
        ..rota_cib::evaluate::RuleContext::new(now, index)
    };
    let dates = location.rules.iter().flat_map(|rule| &rule.conditions).filter_map(|c| match c {
        Condition::Date(test) => {
            Some(Rule { conditions: vec![Condition::Date(test.clone())], ..Rule::default() })
        }
        _ => None,
    });
    let dates: Vec<Rule> = dates.collect();
    !dates.is_empty() && dates.iter().all(|rule| !rule.holds(&context))
}
