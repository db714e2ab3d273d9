//! Names and values: sets under rules resolved. What a value means, `rota_cib::value` says.

use rota_cib::index::Index;
use rota_cib::nvset::NvSet;
pub(crate) use rota_cib::value::parse_bool as boolean;
use rota_cib::value::{parse_duration, parse_limit};
use rota_cib::zone::Zone;
use rota_cib::{Cib, Text};
use rustc_hash::FxHashMap;

/// Names and values in the order of the names; small, so that search is a scan.
pub(crate) type Pairs = Vec<(Text, Text)>;

/// The value of a name.
pub(crate) fn get<'p>(pairs: &'p [(Text, Text)], name: &str) -> Option<&'p Text> {
    pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v)
}

/// Milliseconds of a length of time.
pub(crate) fn millis(text: &str) -> Option<u64> {
    parse_duration(text).map(whole_millis)
}

/// Milliseconds of a limit of time: one of 0 counts as not given.
pub(crate) fn limit_millis(text: &str) -> Option<u64> {
    parse_limit(text).map(whole_millis)
}

fn whole_millis(length: std::time::Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
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
    /// Where hours and dates without a zone are meant.
    pub zone: Zone,
    /// For references.
    pub index: Index<'a>,
    /// The earliest moment after now at which the plan may become another one by itself.
    pub next_change: std::cell::Cell<Option<i64>>,
}

impl<'a> Values<'a> {
    /// Indexes all that may be referred to.
    pub fn new(cib: &'a Cib, now: i64, zone: &Zone) -> Self {
        Self {
            now,
            zone: zone.clone(),
            index: Index::new(&cib.config),
            next_change: std::cell::Cell::new(None),
        }
    }

    /// The plan may be another one from this moment (seconds since 1970) on: a rule changes its
    /// mind, a failure or a lock expires.
    pub fn wake_at(&self, at: i64) {
        if at > self.now && self.next_change.get().is_none_or(|known| at < known) {
            self.next_change.set(Some(at));
        }
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
