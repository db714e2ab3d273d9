//! Names and values: sets under rules resolved, texts read as booleans, durations, roles.

use rota_cib::constraint::Role;
use rota_cib::index::Index;
use rota_cib::nvset::NvSet;
use rota_cib::{Cib, Text};
use rustc_hash::FxHashMap;

/// Names and values in the order of the names; small, so that search is a scan.
pub(crate) type Pairs = Vec<(Text, Text)>;

/// The value of a name.
pub(crate) fn get<'p>(pairs: &'p [(Text, Text)], name: &str) -> Option<&'p Text> {
    pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v)
}

/// A boolean as people write it.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is("true") || is("on") || is("yes") || is("y") || is("1") {
        Some(true)
    } else if is("false") || is("off") || is("no") || is("n") || is("0") {
        Some(false)
    } else {
        None
    }
}

/// A role by its name, old or new.
pub(crate) fn role(text: &str) -> Option<Role> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is("started") {
        Some(Role::Started)
    } else if is("stopped") {
        Some(Role::Stopped)
    } else if is("promoted") || is("master") {
        Some(Role::Promoted)
    } else if is("unpromoted") || is("slave") {
        Some(Role::Unpromoted)
    } else {
        None
    }
}

/// Milliseconds of a duration: `10`, `10s`, `2min`, `100ms`, `1h`, or ISO 8601 (`PT1M30S`).
pub(crate) fn millis(text: &str) -> Option<u64> {
    let text = text.trim();
    if text.starts_with('P') {
        return iso_millis(text);
    }
    let end = text.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text.get(..end)?.parse().ok()?;
    let unit = text.get(end..)?.trim();
    let (times, per) = if unit.is_empty() || unit.starts_with("s") {
        (1000, 1)
    } else if unit.starts_with("ms") {
        (1, 1)
    } else if unit.starts_with("us") {
        (1, 1000)
    } else if unit.starts_with('m') {
        (60_000, 1)
    } else if unit.starts_with('h') {
        (3_600_000, 1)
    } else {
        // A fraction such as "0.5": the whole part counts, as seconds.
        (1000, 1)
    };
    Some(number.saturating_mul(times) / per)
}

fn iso_millis(text: &str) -> Option<u64> {
    let mut total: u64 = 0;
    let mut number = String::new();
    let mut in_time = false;
    for c in text.chars().skip(1) {
        match c {
            'T' => in_time = true,
            '0'..='9' => number.push(c),
            unit => {
                let n: u64 = number.parse().ok()?;
                number.clear();
                let seconds = match (unit, in_time) {
                    ('Y', _) => 31_536_000,
                    ('M', false) => 2_592_000,
                    ('W', _) => 604_800,
                    ('D', _) => 86_400,
                    ('H', _) => 3600,
                    ('M', true) => 60,
                    ('S', _) => 1,
                    _ => return None,
                };
                total = total.saturating_add(n.saturating_mul(seconds));
            }
        }
    }
    Some(total.saturating_mul(1000))
}

/// What rules may ask for.
#[derive(Clone, Copy, Default)]
pub(crate) struct Context<'c> {
    /// Attributes of the node.
    pub attributes: Option<&'c FxHashMap<Text, Text>>,
    /// Class, provider and agent.
    pub agent: Option<(&'c str, Option<&'c str>, &'c str)>,
    /// Operation and its interval.
    pub operation: Option<(&'c str, u32)>,
    /// Parameters of the resource (`value-source="param"`).
    pub params: Option<&'c [(Text, Text)]>,
    /// Meta attributes of the resource (`value-source="meta"`).
    pub meta: Option<&'c [(Text, Text)]>,
    /// What the resource pattern of the constraint matched (`%1` … in attribute names).
    pub matches: &'c [Text],
}

/// Resolves sets of a Cib at one moment.
pub(crate) struct Values<'a> {
    /// Seconds since 1970.
    pub now: i64,
    /// For references.
    pub index: Index<'a>,
    /// The earliest moment after now at which a rule may change its mind.
    pub next_change: std::cell::Cell<Option<i64>>,
}

impl<'a> Values<'a> {
    /// Indexes all that may be referred to.
    pub fn new(cib: &'a Cib, now: i64) -> Self {
        Self { now, index: Index::new(&cib.config), next_change: std::cell::Cell::new(None) }
    }

    /// Adds what the sets of one place give, without touching names that are there already.
    ///
    /// `first` is the id of a set that wins over all scores.
    pub fn collect(
        &self,
        sets: &[&'a NvSet],
        first: Option<&str>,
        context: &Context<'_>,
        into: &mut Pairs,
    ) {
        let mut order: Vec<&'a NvSet> =
            sets.iter().rev().filter_map(|set| self.index.set(set)).collect();
        if order.len() > 1 {
            let rank = |set: &NvSet| {
                let is_first = first.is_some() && set.id.as_deref() == first;
                (!is_first, -set.score.map_or(0, rota_cib::Score::value))
            };
            order.sort_by_key(|set| rank(set));
        }
        for set in order {
            if set.rule.as_ref().is_some_and(|rule| !crate::rules::holds(rule, self, context)) {
                continue;
            }
            for pair in &set.pairs {
                let target = self.index.pair(pair);
                let name = pair.name.as_ref().or(target.and_then(|t| t.name.as_ref()));
                let value = pair.value.as_ref().or(target.and_then(|t| t.value.as_ref()));
                if let (Some(name), Some(value)) = (name, value)
                    && value != "#default"
                    && get(into, name).is_none()
                {
                    into.push((name.clone(), value.clone()));
                }
            }
        }
    }
}

/// Whether a value of one of these sets can depend on the node.
pub(crate) fn depends_on_node(sets: &[&NvSet]) -> bool {
    sets.iter().any(|set| set.rule.as_ref().is_some_and(rule_asks_node))
}

fn rule_asks_node(rule: &rota_cib::rule::Rule) -> bool {
    use rota_cib::rule::Condition;
    rule.conditions.iter().any(|condition| match condition {
        Condition::Rule(inner) => rule_asks_node(inner),
        Condition::Attribute(_) => true,
        Condition::Date(_) | Condition::Resource { .. } | Condition::Operation { .. } => false,
    })
}

/// Whether a rule compares with parameters of the resource.
pub(crate) fn rule_uses_params(rule: &rota_cib::rule::Rule) -> bool {
    use rota_cib::rule::Condition;
    rule.conditions.iter().any(|condition| match condition {
        Condition::Rule(inner) => rule_uses_params(inner),
        Condition::Attribute(test) => test.value_source.as_deref() == Some("param"),
        Condition::Date(_) | Condition::Resource { .. } | Condition::Operation { .. } => false,
    })
}
