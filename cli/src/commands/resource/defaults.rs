//! `rota resource defaults …` and `rota resource op defaults …`

use rota_cib::nvset::NvSet;
use rota_cib::options::{Known, META, OPERATION, find as find_option, suggest};
use rota_cib::value::parse_score;

use super::super::error::UserError;
use super::super::work::Work;
use super::super::{rule, sets, show, words};
use super::create::check_new_id;

/// Which defaults.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Resources,
    Operations,
}

impl Which {
    fn table(self) -> &'static [Known] {
        match self {
            Self::Resources => META,
            Self::Operations => OPERATION,
        }
    }

    fn base(self) -> &'static str {
        match self {
            Self::Resources => "rsc_defaults-meta_attributes",
            Self::Operations => "op_defaults-meta_attributes",
        }
    }

    fn sets<'w>(self, work: &'w mut Work<'_>) -> &'w mut Vec<NvSet> {
        match self {
            Self::Resources => &mut work.config.rsc_defaults,
            Self::Operations => &mut work.config.op_defaults,
        }
    }
}

/// `rota resource defaults …`
pub(super) fn resource_defaults(work: &mut Work<'_>, given: &[&str]) -> Result<(), UserError> {
    run(work, Which::Resources, given)
}

/// `rota resource op defaults …`
pub(super) fn operation_defaults(work: &mut Work<'_>, given: &[&str]) -> Result<(), UserError> {
    run(work, Which::Operations, given)
}

const USAGE: &str = "resource [op] defaults [config] | update NAME=VALUE… | set create [id=ID] \
    [score=SCORE] [meta NAME=VALUE…] [rule EXPRESSION] | set update ID [meta NAME=VALUE…] | \
    set delete ID…";

fn run(work: &mut Work<'_>, which: Which, given: &[&str]) -> Result<(), UserError> {
    match given {
        [] | ["config"] => {
            let all = which.sets(work).clone();
            show::sets(work, "Meta Attrs", &all);
            Ok(())
        }
        ["update", options @ ..] if !options.is_empty() => update(work, which, options),
        ["set", "create", rest @ ..] => create_set(work, which, rest),
        ["set", "update", id, rest @ ..] => update_set(work, which, id, rest),
        ["set", "delete" | "remove", ids @ ..] if !ids.is_empty() => delete_sets(work, which, ids),
        [option, ..] if option.contains('=') => update(work, which, given),
        ["update" | "set", ..] => Err(UserError::Usage(USAGE)),
        [given, ..] => Err(UserError::unknown_command(
            "resource defaults",
            given,
            &["config", "update", "set"],
        )),
    }
}

fn check(work: &mut Work<'_>, which: Which, pairs: &[(&str, &str)]) -> Result<(), UserError> {
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        match find_option(which.table(), name) {
            Some(known) if known.kind.accepts(value) => {}
            Some(known) => work.unless_forced(format!(
                "'{value}' is no value for '{name}', give {}",
                known.kind.expected()
            ))?,
            None => {
                let near = match suggest(which.table(), name) {
                    Some(near) => format!(" (did you mean '{near}'?)"),
                    None => String::new(),
                };
                work.unless_forced(format!("there is no default '{name}'{near}"))?;
            }
        }
    }
    Ok(())
}

fn update(work: &mut Work<'_>, which: Which, options: &[&str]) -> Result<(), UserError> {
    let pairs = words::pairs(options)?;
    check(work, which, &pairs)?;
    let mut ids = work.ids();
    let list = which.sets(work);
    if list.len() > 1 {
        return Err(UserError::refused(
            "there are several sets of defaults",
            "say which one: … defaults set update ID meta NAME=VALUE",
        ));
    }
    sets::set_values(list, which.base(), &pairs, &mut ids);
    Ok(())
}

fn create_set(work: &mut Work<'_>, which: Which, given: &[&str]) -> Result<(), UserError> {
    let rule_at = given.iter().position(|word| *word == "rule").unwrap_or(given.len());
    let (options, rule_words) = given.split_at(rule_at);
    let meta_at = options.iter().position(|word| *word == "meta").unwrap_or(options.len());
    let (options, meta) = options.split_at(meta_at);
    let mut options = words::pairs(options)?;
    let meta = words::pairs(meta.get(1..).unwrap_or_default())?;
    check(work, which, &meta)?;
    let mut ids = work.ids();
    let id = match words::take(&mut options, "id") {
        Some(id) => {
            check_new_id(id, &ids)?;
            ids.fresh(id)
        }
        None => ids.fresh(which.base()),
    };
    let score = match words::take(&mut options, "score") {
        None => None,
        Some(text) => Some(parse_score(text).ok_or_else(|| {
            UserError::refused(format!("'{text}' is no score"), "give a number or INFINITY")
        })?),
    };
    words::nothing_left(&options, &["id", "score"])?;
    let mut new = NvSet { id: Some(id.clone()), score, ..NvSet::default() };
    if let Some((_, expression)) = rule_words.split_first() {
        let kinds = match which {
            Which::Resources => rule::Allowed::RESOURCE_DEFAULTS,
            Which::Operations => rule::Allowed::OPERATION_DEFAULTS,
        };
        let mut parsed = rule::parse(expression, &format!("{id}-rule"), kinds, &mut ids)?;
        parsed.score = Some(rota_cib::Score::INFINITY);
        new.rule = Some(parsed);
    }
    let mut list = vec![new];
    let mut sorted = meta;
    sorted.sort_unstable();
    sets::set_values(&mut list, which.base(), &sorted, &mut ids);
    which.sets(work).extend(list);
    Ok(())
}

fn position(work: &mut Work<'_>, which: Which, id: &str) -> Result<usize, UserError> {
    let list = which.sets(work);
    list.iter().position(|set| set.id.as_deref() == Some(id)).ok_or_else(|| {
        UserError::not_found("set of defaults", id, list.iter().filter_map(|s| s.id.as_deref()))
    })
}

fn update_set(
    work: &mut Work<'_>,
    which: Which,
    id: &str,
    given: &[&str],
) -> Result<(), UserError> {
    let given = match given {
        ["meta", rest @ ..] => rest,
        other => other,
    };
    let pairs = words::pairs(given)?;
    check(work, which, &pairs)?;
    let at = position(work, which, id)?;
    let mut ids = work.ids();
    let mut one = vec![which.sets(work).remove(at)];
    sets::set_values(&mut one, id, &pairs, &mut ids);
    which.sets(work).splice(at..at, one);
    Ok(())
}

fn delete_sets(work: &mut Work<'_>, which: Which, given: &[&str]) -> Result<(), UserError> {
    for id in given {
        let at = position(work, which, id)?;
        which.sets(work).remove(at);
    }
    Ok(())
}
