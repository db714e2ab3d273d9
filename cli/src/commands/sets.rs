//! Sets of names and values, changed as pcs changes them.

use rota_cib::Text;
use rota_cib::fresh::Ids;
use rota_cib::nvset::NvSet;
pub(super) use rota_cib::nvset::{remove_value, set_values};

/// A new set with these pairs in alphabetical order; none if there are none.
pub(super) fn new_set(base: &str, pairs: &[(&str, &str)], ids: &mut Ids) -> Vec<NvSet> {
    let mut sorted = pairs.to_vec();
    sorted.sort_unstable();
    let mut sets = Vec::new();
    set_values(&mut sets, base, &sorted, ids);
    sets
}

/// The value of a name in the first set that has it.
pub(super) fn value<'s>(sets: &'s [NvSet], name: &str) -> Option<&'s Text> {
    sets.iter().find_map(|set| set.get(name))
}
