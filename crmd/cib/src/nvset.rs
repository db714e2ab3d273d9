//! Sets of names and values: properties, parameters, meta attributes, node attributes.

use serde::{Deserialize, Serialize};

use crate::fresh::Ids;
use crate::rule::Rule;
use crate::{Score, Text};

/// A set of names and values, perhaps under a rule.
///
/// Of several sets in one place the one with the highest score is asked first, and the first
/// value found for a name counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NvSet {
    /// Unique id, unless this is a reference.
    pub id: Option<Text>,
    /// The id of the set that stands here instead.
    pub id_ref: Option<Text>,
    /// Precedence among the sets of one place.
    pub score: Option<Score>,
    /// When the set counts; always, if there is none.
    pub rule: Option<Rule>,
    /// The pairs in written order.
    pub pairs: Vec<NvPair>,
}

/// One name and its value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NvPair {
    /// Unique id, unless this is a reference.
    pub id: Option<Text>,
    /// The id of the pair that stands here instead.
    pub id_ref: Option<Text>,
    /// Name; a reference may leave it to its target.
    pub name: Option<Text>,
    /// Value; absent is not the same as empty.
    pub value: Option<Text>,
}

impl NvSet {
    /// The value of `name` in this very set (no references, no rules).
    pub fn get(&self, name: &str) -> Option<&Text> {
        self.pairs.iter().find(|p| p.name.as_deref() == Some(name)).and_then(|p| p.value.as_ref())
    }
}

/// Gives names their values in the first set; an empty value removes the name. A set that is
/// needed and not there is made, with `base` as its id.
pub fn set_values(sets: &mut Vec<NvSet>, base: &str, pairs: &[(&str, &str)], ids: &mut Ids) {
    for (name, value) in pairs {
        if value.is_empty() {
            remove_value(sets, name);
            continue;
        }
        if sets.is_empty() {
            sets.push(NvSet { id: Some(ids.fresh(base)), ..NvSet::default() });
        }
        let Some(set) = sets.first_mut() else { continue };
        match set.pairs.iter_mut().find(|pair| pair.name.as_deref() == Some(*name)) {
            Some(pair) => pair.value = Some(Text::from(*value)),
            None => {
                let base = format!("{}-{name}", set.id.as_deref().unwrap_or(base));
                set.pairs.push(NvPair {
                    id: Some(ids.fresh(&base)),
                    name: Some(Text::from(*name)),
                    value: Some(Text::from(*value)),
                    ..NvPair::default()
                });
            }
        }
    }
}

/// Removes a name from all sets; whether it was there.
pub fn remove_value(sets: &mut [NvSet], name: &str) -> bool {
    let mut removed = false;
    for set in sets {
        let before = set.pairs.len();
        set.pairs.retain(|pair| pair.name.as_deref() != Some(name));
        removed |= set.pairs.len() != before;
    }
    removed
}
