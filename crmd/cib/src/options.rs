//! Every option that Rota knows: of the cluster, of resources, of operations, of fence devices.
//!
//! One table of each, for defaults, validation, help and near matches. Where an option has an old
//! and a new name both are accepted, and documents keep what was written.

mod cluster;
mod fence;
mod resource;

use crate::value::is_tidy_duration;
pub use crate::value::{parse_bool, parse_duration, parse_score};
pub use cluster::CLUSTER;
pub use fence::FENCE_DEVICE;
pub use resource::{META, OPERATION};

use crate::Text;
use crate::evaluate::Resolved;
use crate::near::nearest;

/// One known option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The name that most documents use.
    pub name: &'static str,
    /// Other names of the same option.
    pub aliases: &'static [&'static str],
    /// What its values look like.
    pub kind: Kind,
    /// The value that counts if there is none; empty for "none".
    pub default: &'static str,
    /// What it does, in a sentence.
    pub meaning: &'static str,
}

/// What the values of an option look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// true or false.
    Truth,
    /// A whole number.
    Integer,
    /// A whole number or an infinity.
    Score,
    /// A length of time.
    Duration,
    /// A number followed by a percent sign, or without.
    Percentage,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Anything.
    Text,
}

impl Kind {
    /// Whether a value is one of this kind.
    pub fn accepts(self, value: &str) -> bool {
        match self {
            Self::Truth => parse_bool(value).is_some(),
            Self::Integer => value.trim().parse::<i64>().is_ok(),
            Self::Score => parse_score(value).is_some(),
            // Some durations have -1 for "decide yourself" or "never".
            Self::Duration => is_tidy_duration(value) || value.trim() == "-1",
            Self::Percentage => {
                value.trim().strip_suffix('%').unwrap_or(value).parse::<f64>().is_ok()
            }
            Self::Choice(words) => words.iter().any(|word| word.eq_ignore_ascii_case(value)),
            Self::Text => true,
        }
    }

    /// What to give, for a message.
    pub fn expected(self) -> String {
        match self {
            Self::Truth => "'true' or 'false'".to_owned(),
            Self::Integer => "a whole number".to_owned(),
            Self::Score => "a whole number, INFINITY or -INFINITY".to_owned(),
            Self::Duration => "a length of time such as 30s, 5min or PT1H".to_owned(),
            Self::Percentage => "a percentage such as 80%".to_owned(),
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Text => "a text".to_owned(),
        }
    }
}

impl Known {
    const fn new(
        name: &'static str,
        kind: Kind,
        default: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { name, aliases: &[], kind, default, meaning }
    }

    const fn also(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    /// All names of the option, the usual one first.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    /// The value among resolved sets, under whichever name it stands; none if it is not set.
    pub fn value_in<'a>(&self, resolved: &Resolved<'a>) -> Option<&'a Text> {
        self.names().find_map(|name| resolved.get(name))
    }
}

/// The option of this name or alias.
pub fn find(table: &'static [Known], name: &str) -> Option<&'static Known> {
    table.iter().find(|known| known.names().any(|known| known == name))
}

/// The option name that was probably meant.
pub fn suggest(table: &'static [Known], name: &str) -> Option<&'static str> {
    nearest(name, table.iter().flat_map(Known::names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_defaults_are_of_their_kind() {
        for table in [CLUSTER, META, OPERATION, FENCE_DEVICE] {
            let mut names: Vec<&str> = table.iter().flat_map(Known::names).collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count);
            for known in table {
                let fine = known.default.is_empty() || known.kind.accepts(known.default);
                assert!(fine, "{} = {}", known.name, known.default);
            }
        }
    }

    #[test]
    fn old_and_new_names_are_the_same_option() {
        let known = find(CLUSTER, "fencing-enabled").unwrap();
        assert_eq!(known.name, "stonith-enabled");
        assert_eq!(find(META, "master-max").unwrap().name, "promoted-max");
        assert_eq!(suggest(CLUSTER, "stonith-enable"), Some("stonith-enabled"));
    }
}
