//! Resource sets in constraints: `set A B sequential=false set C setoptions score=100`

use rota_cib::Text;
use rota_cib::constraint::ResourceSet;

use super::super::error::UserError;
use super::super::words;
use super::super::work::Work;
use super::{check_resource, role, score, truth};

/// Which constraint the sets are in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Colocation,
    Order,
    Ticket,
}

impl Kind {
    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Colocation => &["sequential", "role", "score"],
            Self::Order => &["sequential", "require-all", "action"],
            Self::Ticket => &["role"],
        }
    }
}

/// Sets, the options of the constraint, and a name made of the sets for its id.
type Parsed<'a> = (Vec<ResourceSet>, words::Pairs<'a>, String);

/// Reads `set …` words.
pub(super) fn parse<'a>(
    work: &mut Work<'_>,
    given: &[&'a str],
    kind: Kind,
    known: &[&str],
) -> Result<Parsed<'a>, UserError> {
    let at = given.iter().position(|word| *word == "setoptions").unwrap_or(given.len());
    let (given, options) = given.split_at(at);
    let options = words::pairs(options.get(1..).unwrap_or_default())?;
    for (name, _) in &options {
        if !known.contains(name) {
            words::nothing_left(&options, known)?;
        }
    }
    let mut sets = Vec::new();
    let mut name = String::new();
    for part in given.split(|word| *word == "set").skip(1) {
        let (resources, set_options): (Vec<&str>, Vec<&str>) =
            part.iter().partition(|word| !word.contains('='));
        if resources.is_empty() {
            return Err(UserError::refused("a set has no resources", "name them after 'set'"));
        }
        for resource in &resources {
            check_resource(work, resource)?;
            name.push_str(if name.is_empty() { "" } else { "-" });
            name.push_str(resource);
        }
        sets.push(set(resources, &set_options, kind)?);
    }
    let mut ids = work.ids();
    for (number, set) in sets.iter_mut().enumerate() {
        let members: Vec<&str> = set.resources.iter().map(Text::as_str).collect();
        let base = match number {
            _ if members.len() <= 2 => format!("set-{}", members.join("-")),
            number => format!("set-{}-{}-{number}", members[0], members[members.len() - 1]),
        };
        set.id = Some(ids.fresh(&base));
    }
    Ok((sets, options, name))
}

fn set(resources: Vec<&str>, options: &[&str], kind: Kind) -> Result<ResourceSet, UserError> {
    let mut set = ResourceSet {
        resources: resources.into_iter().map(Text::from).collect(),
        ..ResourceSet::default()
    };
    let mut options = words::pairs(options)?;
    let known = kind.options();
    words::nothing_left(
        &options.iter().filter(|(name, _)| !known.contains(name)).copied().collect::<Vec<_>>(),
        known,
    )?;
    let mut bool_option =
        |name: &str| words::take(&mut options, name).map(|text| truth(name, text)).transpose();
    set.sequential = bool_option("sequential")?;
    set.require_all = bool_option("require-all")?;
    set.role = words::take(&mut options, "role").map(role).transpose()?;
    set.score = words::take(&mut options, "score").map(score).transpose()?;
    set.action = match words::take(&mut options, "action") {
        None => None,
        Some(action @ ("start" | "stop" | "promote" | "demote")) => Some(action.into()),
        Some(other) => {
            return Err(UserError::refused(
                format!("'{other}' is no action that can be ordered"),
                "write start, stop, promote or demote",
            ));
        }
    };
    Ok(set)
}

/// The id of a constraint with sets: the one that was given, or one made of their names.
pub(super) fn id<'a>(
    work: &Work<'_>,
    options: &mut words::Pairs<'a>,
    prefix: &str,
    name: &str,
) -> Result<Text, UserError> {
    match words::take(options, "id") {
        Some(id) => {
            super::super::resource::check_new_id(id, &work.ids())?;
            Ok(id.into())
        }
        None => Ok(work.ids().fresh(&format!("{prefix}_{}", name.replace('-', "")))),
    }
}
