//! Sets of names and values, changed as pcs changes them.

use rota_cib::Text;
use rota_cib::nvset::{NvPair, NvSet};

use super::ids::Ids;

/// Gives names their values in the first set; an empty value removes the name. A set that is
/// needed and not there is made, with `base` as its id.
pub(super) fn set_values(sets: &mut Vec<NvSet>, base: &str, pairs: &[(&str, &str)], ids: &mut Ids) {
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

/// A new set with these pairs in alphabetical order; none if there are none.
pub(super) fn new_set(base: &str, pairs: &[(&str, &str)], ids: &mut Ids) -> Vec<NvSet> {
    let mut sorted = pairs.to_vec();
    sorted.sort_unstable();
    let mut sets = Vec::new();
    set_values(&mut sets, base, &sorted, ids);
    sets
}

/// Removes a name from all sets; whether it was there.
pub(super) fn remove_value(sets: &mut [NvSet], name: &str) -> bool {
    let mut removed = false;
    for set in sets {
        let before = set.pairs.len();
        set.pairs.retain(|pair| pair.name.as_deref() != Some(name));
        removed |= set.pairs.len() != before;
    }
    removed
}

/// The value of a name in the first set that has it.
pub(super) fn value<'s>(sets: &'s [NvSet], name: &str) -> Option<&'s Text> {
    sets.iter().find_map(|set| set.get(name))
}
