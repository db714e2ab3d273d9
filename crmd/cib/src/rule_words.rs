//! Rules as people write them: `rack eq a and date gt 2030-01-01`.

use crate::Text;
use crate::rule::{BooleanOp, Comparison, Condition, Rule};

/// A rule as people write it, on one line.
pub fn to_words(rule: &Rule) -> String {
    let joint = match rule.boolean_op {
        Some(BooleanOp::Or) => " or ",
        Some(BooleanOp::And) | None => " and ",
    };
    let parts: Vec<String> = rule.conditions.iter().map(condition_words).collect();
    parts.join(joint)
}

fn condition_words(condition: &Condition) -> String {
    let text = |text: &Option<Text>| text.as_ref().map(ToString::to_string).unwrap_or_default();
    let options = |list: &Option<Vec<(Text, Text)>>| {
        let pairs = list.iter().flatten().filter(|(name, _)| name != "id");
        pairs.map(|(name, value)| format!(" {name}={value}")).collect::<String>()
    };
    match condition {
        Condition::Rule(inner) => format!("({})", to_words(inner)),
        Condition::Attribute(test) => match test.operation {
            Comparison::Defined | Comparison::NotDefined => {
                format!("{} {}", test.operation.as_str(), test.attribute)
            }
            operation => {
                let kind = test.kind.map(|kind| format!("{} ", kind.as_str())).unwrap_or_default();
                let value = text(&test.value);
                format!("{} {} {kind}{value}", test.attribute, operation.as_str())
            }
        },
        Condition::Date(test) => match test.operation.as_str() {
            "gt" => format!("date gt {}", text(&test.start)),
            "lt" => format!("date lt {}", text(&test.end)),
            "date_spec" => format!("date-spec{}", options(&test.spec)),
            _ if test.duration.is_some() => {
                format!(
                    "date in_range {} to duration{}",
                    text(&test.start),
                    options(&test.duration)
                )
            }
            _ => format!("date in_range {} to {}", text(&test.start), text(&test.end)),
        },
        Condition::Resource { class, provider, agent, .. } => {
            format!("resource {}:{}:{}", text(class), text(provider), text(agent))
        }
        Condition::Operation { name, interval, .. } => match interval {
            Some(interval) => format!("op {name} interval={interval}"),
            None => format!("op {name}"),
        },
    }
}
