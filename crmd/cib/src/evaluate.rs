//! Rules and sets with rules, evaluated.
//!
//! The meaning follows "Pacemaker Explained", chapter "Rules". Time and everything else comes in
//! as an argument.

use std::cmp::Ordering;
use std::time::Duration;

use rota_ids::WallTime;
use rustc_hash::FxHashSet;

use crate::date::{self, Calendar};
use crate::index::Index;
use crate::nvset::NvSet;
use crate::rule::{AttributeTest, BooleanOp, Comparison, Condition, DateTest, Rule, ValueKind};
use crate::value::parse_duration;
use crate::zone::{self, Zone};
use crate::{Score, Text};

/// A source of values by name.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<&'a str>;

/// What rules are asked against. What is absent makes the conditions about it fail.
#[derive(Clone, Copy)]
pub struct RuleContext<'a> {
    /// The time.
    pub now: WallTime,
    /// Where dates without a zone, hours and weekdays are meant.
    pub zone: &'a Zone,
    /// For references from rule to rule, set to set, pair to pair.
    pub index: &'a Index<'a>,
    /// The node's attributes, with the built-in ones (`#uname`, `#kind` …).
    pub attribute: Option<Lookup<'a>>,
    /// The resource's parameters, for `value-source="param"`.
    pub parameter: Option<Lookup<'a>>,
    /// The resource's meta attributes, for `value-source="meta"`.
    pub meta: Option<Lookup<'a>>,
    /// The resource's agent.
    pub agent: Option<AgentName<'a>>,
    /// Name and interval of the operation.
    pub operation: Option<(&'a str, Duration)>,
    /// What the groups of a constraint's resource pattern matched, the whole match first: `%1` in
    /// the name of an attribute stands for the first group.
    pub captures: &'a [&'a str],
}

/// An agent as rules test it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentName<'a> {
    /// Class, such as `ocf`.
    pub class: &'a str,
    /// Provider, if the class has any.
    pub provider: Option<&'a str>,
    /// The agent's name.
    pub agent: &'a str,
}

impl<'a> RuleContext<'a> {
    /// A context that knows the time only.
    pub fn new(now: WallTime, index: &'a Index<'a>) -> Self {
        Self {
            now,
            zone: &zone::UTC,
            index,
            attribute: None,
            parameter: None,
            meta: None,
            agent: None,
            operation: None,
            captures: &[],
        }
    }
}

/// Rules that refer to rules that refer to rules … end here.
const RULE_DEPTH_MAX: usize = 64;

impl Rule {
    /// Whether the rule holds. A reference to a rule that does not exist never holds.
    pub fn holds(&self, context: &RuleContext<'_>) -> bool {
        self.holds_at(context, 0)
    }

    fn holds_at(&self, context: &RuleContext<'_>, depth: usize) -> bool {
        let Some(rule) = context.index.rule(self).filter(|_| depth < RULE_DEPTH_MAX) else {
            return false;
        };
        let mut answers = rule.conditions.iter().map(|condition| match condition {
            Condition::Rule(inner) => inner.holds_at(context, depth + 1),
            Condition::Attribute(test) => test.holds(context),
            Condition::Date(test) => test.holds(context),
            Condition::Resource { class, provider, agent, .. } => {
                resource_holds(context, class, provider, agent)
            }
            Condition::Operation { name, interval, .. } => {
                operation_holds(context, name, interval.as_deref())
            }
        });
        match rule.boolean_op {
            Some(BooleanOp::Or) => answers.any(|holds| holds),
            Some(BooleanOp::And) | None => answers.all(|holds| holds),
        }
    }

    /// The next time after now at which the answer may be another one; none if no date is
    /// involved, or all of them have passed.
    pub fn next_change(&self, context: &RuleContext<'_>) -> Option<WallTime> {
        self.next_change_at(context, 0).map(WallTime)
    }

    fn next_change_at(&self, context: &RuleContext<'_>, depth: usize) -> Option<i64> {
        let rule = context.index.rule(self).filter(|_| depth < RULE_DEPTH_MAX)?;
        let changes = rule.conditions.iter().filter_map(|condition| match condition {
            Condition::Rule(inner) => inner.next_change_at(context, depth + 1),
            Condition::Date(test) => test.next_change(context),
            Condition::Attribute(_) | Condition::Resource { .. } | Condition::Operation { .. } => {
                None
            }
        });
        changes.min()
    }
}

fn resource_holds(
    context: &RuleContext<'_>,
    class: &Option<Text>,
    provider: &Option<Text>,
    agent: &Option<Text>,
) -> bool {
    let Some(actual) = context.agent else { return false };
    let fits = |wanted: &Option<Text>, actual: Option<&str>| match wanted {
        Some(wanted) => Some(wanted.as_str()) == actual,
        None => true,
    };
    fits(class, Some(actual.class))
        && fits(provider, actual.provider)
        && fits(agent, Some(actual.agent))
}

fn operation_holds(context: &RuleContext<'_>, name: &str, interval: Option<&str>) -> bool {
    let Some((actual_name, actual_interval)) = context.operation else { return false };
    name == actual_name && interval.is_none_or(|text| parse_duration(text) == Some(actual_interval))
}

impl AttributeTest {
    fn holds(&self, context: &RuleContext<'_>) -> bool {
        let name = with_captures(&self.attribute, context.captures);
        let actual = context.attribute.and_then(|lookup| lookup(&name));
        let wanted = self.value.as_deref();
        let wanted = match self.value_source.as_deref() {
            Some("param") => wanted.and_then(|name| context.parameter?(name)),
            Some("meta") => wanted.and_then(|name| context.meta?(name)),
            _ => wanted,
        };
        match self.operation {
            Comparison::Defined => actual.is_some(),
            Comparison::NotDefined => actual.is_none(),
            Comparison::Eq => self.compare(actual, wanted) == Some(Ordering::Equal),
            Comparison::Ne => self.compare(actual, wanted) != Some(Ordering::Equal),
            Comparison::Lt => self.compare(actual, wanted) == Some(Ordering::Less),
            Comparison::Gt => self.compare(actual, wanted) == Some(Ordering::Greater),
            Comparison::Lte => {
                matches!(self.compare(actual, wanted), Some(Ordering::Less | Ordering::Equal))
            }
            Comparison::Gte => {
                matches!(self.compare(actual, wanted), Some(Ordering::Greater | Ordering::Equal))
            }
        }
    }

    /// How two values compare; two missing ones are equal, one missing one cannot be compared.
    fn compare(&self, actual: Option<&str>, wanted: Option<&str>) -> Option<Ordering> {
        let (actual, wanted) = match (actual, wanted) {
            (None, None) if matches!(self.operation, Comparison::Eq | Comparison::Ne) => {
                return Some(Ordering::Equal);
            }
            (Some(actual), Some(wanted)) => (actual, wanted),
            _ => return None,
        };
        match self.kind.unwrap_or_else(|| self.guessed_kind(actual, wanted)) {
            ValueKind::String => None,
            ValueKind::Integer => compare_parsed::<i64>(whole_part(actual), whole_part(wanted)),
            ValueKind::Number => compare_parsed::<f64>(actual, wanted),
            ValueKind::Version => Some(compare_versions(actual, wanted)),
        }
        // What is no number compares as text.
        .or_else(|| Some(compare_texts(actual, wanted)))
    }

    /// Without a type, sizes compare as numbers and all else as text.
    fn guessed_kind(&self, actual: &str, wanted: &str) -> ValueKind {
        match self.operation {
            Comparison::Lt | Comparison::Lte | Comparison::Gt | Comparison::Gte => {
                if actual.contains('.') || wanted.contains('.') {
                    ValueKind::Number
                } else {
                    ValueKind::Integer
                }
            }
            Comparison::Eq | Comparison::Ne | Comparison::Defined | Comparison::NotDefined => {
                ValueKind::String
            }
        }
    }
}

/// A number without its fraction: as an integer, 1.9 is 1.
fn whole_part(text: &str) -> &str {
    text.split_once('.').map_or(text, |(whole, _)| whole)
}

fn compare_parsed<T: std::str::FromStr + PartialOrd>(a: &str, b: &str) -> Option<Ordering> {
    a.trim().parse::<T>().ok()?.partial_cmp(&b.trim().parse::<T>().ok()?)
}

fn compare_texts(a: &str, b: &str) -> Ordering {
    let lower = |text: &'_ str| text.bytes().map(|b| b.to_ascii_lowercase()).collect::<Vec<_>>();
    lower(a).cmp(&lower(b))
}

/// Versions compare part by part, a missing part as 0.
fn compare_versions(a: &str, b: &str) -> Ordering {
    let parts = |text: &str| -> Vec<u64> {
        text.split('.')
            .map(|part| {
                let digits = part.bytes().take_while(u8::is_ascii_digit).count();
                part[..digits].parse().unwrap_or(0)
            })
            .collect()
    };
    let (mut a, mut b) = (parts(a), parts(b));
    let length = a.len().max(b.len());
    a.resize(length, 0);
    b.resize(length, 0);
    a.cmp(&b)
}

/// `%0` to `%9` replaced by what a pattern's groups matched.
fn with_captures<'n>(name: &'n str, captures: &[&str]) -> std::borrow::Cow<'n, str> {
    if captures.is_empty() || !name.contains('%') {
        return name.into();
    }
    let mut expanded = String::with_capacity(name.len());
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek().and_then(|next| next.to_digit(10)) {
            Some(group) if c == '%' => {
                chars.next();
                expanded.push_str(captures.get(group as usize).copied().unwrap_or_default());
            }
            _ => expanded.push(c),
        }
    }
    expanded.into()
}

impl DateTest {
    /// Start and end as moments; none if one is written and not understood.
    fn limits(&self, context: &RuleContext<'_>) -> Option<(Option<i64>, Option<i64>)> {
        let parse = |text: &Option<Text>| match text {
            None => Some(None),
            Some(text) => date::parse(text, context.zone).map(Some),
        };
        let (start, mut end) = (parse(&self.start)?, parse(&self.end)?);
        if let (Some(start), None, Some(duration)) = (start, end, &self.duration) {
            end = Some(date::add(start, duration)?);
        }
        Some((start, end))
    }

    fn holds(&self, context: &RuleContext<'_>) -> bool {
        let now = context.now.0;
        let Some((start, end)) = self.limits(context) else { return false };
        match self.operation.as_str() {
            "gt" => start.is_some_and(|start| now > start),
            "lt" => end.is_some_and(|end| now < end),
            "in_range" | "in-range" => {
                (start.is_some() || end.is_some())
                    && start.is_none_or(|start| now >= start)
                    && end.is_none_or(|end| now <= end)
            }
            "date_spec" => self.calendar().is_some_and(|c| c.holds(now, context.zone)),
            _ => false,
        }
    }

    fn calendar(&self) -> Option<Calendar> {
        Calendar::parse(self.spec.as_ref()?)
    }

    fn next_change(&self, context: &RuleContext<'_>) -> Option<i64> {
        let (start, end) = self.limits(context)?;
        let changes = match self.operation.as_str() {
            "gt" => [start.map(|start| start + 1), None],
            "lt" => [end, None],
            "in_range" | "in-range" => [start, end.map(|end| end + 1)],
            "date_spec" => [self.calendar()?.next_change(context.now.0, context.zone), None],
            _ => [None, None],
        };
        changes.into_iter().flatten().filter(|at| *at > context.now.0).min()
    }
}

/// The values of a list of sets, after scores, rules and references.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved<'a> {
    /// Names and values, in the order in which they were found; each name once.
    pub pairs: Vec<(&'a Text, &'a Text)>,
    /// When a rule of one of the sets may change its mind.
    pub next_change: Option<WallTime>,
}

impl<'a> Resolved<'a> {
    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&'a Text> {
        self.pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

/// Resolves a list of sets: the set with the id `first` comes first whatever its score, then the
/// others by falling score, of equal scores the later one first; the first value of a name counts.
///
/// (Seen with Pacemaker 2.1.5 and 3.0.2: of two sets with equal scores the later one wins, within
/// a set the earlier pair.) Pairs without a value and sets whose rule does not hold give nothing.
pub fn resolve<'a>(
    sets: &'a [NvSet],
    first: Option<&str>,
    context: &RuleContext<'a>,
) -> Resolved<'a> {
    let mut found: Vec<&NvSet> = sets.iter().rev().filter_map(|s| context.index.set(s)).collect();
    found.sort_by_key(|set| {
        let is_first = first.is_some() && set.id.as_deref() == first;
        (!is_first, -set.score.unwrap_or(Score::ZERO).value())
    });
    let mut resolved = Resolved::default();
    let mut names: FxHashSet<&str> = FxHashSet::default();
    for set in found {
        if let Some(rule) = &set.rule {
            let change = rule.next_change(context);
            resolved.next_change = resolved.next_change.into_iter().chain(change).min();
            if !rule.holds(context) {
                continue;
            }
        }
        for pair in &set.pairs {
            let Some(target) = context.index.pair(pair) else { continue };
            // A reference may give the value another name.
            let Some(name) = pair.name.as_ref().or(target.name.as_ref()) else { continue };
            // `#default` stands for "as if it were not set here".
            let Some(value) = target.value.as_ref().filter(|v| *v != "#default") else { continue };
            if names.insert(name) {
                resolved.pairs.push((name, value));
            }
        }
    }
    resolved
}
