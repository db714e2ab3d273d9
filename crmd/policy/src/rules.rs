//! Rules, asked with the attributes of a node and the moment.

use std::time::Duration;

use rota_cib::evaluate::{AgentName, RuleContext};
use rota_cib::rule::Rule;
use rota_ids::WallTime;

use crate::values::{Context, Values, get};

/// Whether a rule holds.
pub(crate) fn holds(rule: &Rule, values: &Values<'_>, context: &Context<'_>) -> bool {
    let attribute =
        |name: &str| context.attributes.and_then(|list| list.get(name)).map(|value| value.as_str());
    let parameter =
        |name: &str| context.params.and_then(|pairs| get(pairs, name)).map(|value| value.as_str());
    let meta =
        |name: &str| context.meta.and_then(|pairs| get(pairs, name)).map(|value| value.as_str());
    let captures: Vec<&str> = context.matches.iter().map(|text| text.as_str()).collect();
    let asked = RuleContext {
        now: WallTime(values.now),
        zone: &values.zone,
        index: &values.index,
        attribute: if context.attributes.is_some() { Some(&attribute) } else { None },
        parameter: Some(&parameter),
        meta: Some(&meta),
        agent: context.agent.map(|(class, provider, agent)| AgentName { class, provider, agent }),
        operation: context
            .operation
            .map(|(name, every)| (name, Duration::from_millis(u64::from(every)))),
        captures: &captures,
    };
    if let Some(at) = rule.next_change(&asked) {
        values.wake_at(at.0);
    }
    rule.holds(&asked)
}
