//! Edits of the configuration: one item put or removed at a time, and the edits between two
//! configurations.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use crate::acl::{AclRole, AclSubject, Alert};
use crate::constraint::Constraint;
use crate::fencing::Level;
use crate::fresh::Ids;
use crate::node::Node;
use crate::nvset::{NvSet, remove_value, set_values};
use crate::options::{self, Known};
use crate::resource::{Primitive, Resource};
use crate::tag::Tag;
use crate::{Config, Text};

/// One edit of the configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Edit {
    /// Puts an item; the one with the same id, if there is any, gives way.
    Put {
        /// What to put, whole.
        item: Box<Item>,
        /// Where.
        place: Place,
    },
    /// Removes an item.
    Remove {
        /// From which list.
        list: List,
        /// The item's id.
        id: Text,
    },
    /// Gives cluster properties their values, whatever the configuration is by then: it needs to
    /// be worked out on none.
    SetProperties {
        /// The set in which they stand; made if there is none.
        set: Text,
        /// Names and values; an empty value takes the property away.
        values: Vec<(Text, Text)>,
    },
    /// Puts another configuration in place of all.
    ReplaceAll(Box<Config>),
}

/// Where an item is put.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// Where the item with the same id is; at the end, if there is none.
    #[default]
    Same,
    /// At the front.
    First,
    /// Behind the item with this id; at the end, if there is none.
    After(Text),
}

/// An item of the configuration, as a whole.
#[expect(clippy::large_enum_variant, reason = "edits keep items in boxes")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Item {
    /// A set of cluster properties.
    Properties(NvSet),
    /// A set of defaults for resources.
    ResourceDefaults(NvSet),
    /// A set of defaults for operations.
    OperationDefaults(NvSet),
    /// A node.
    Node(Node),
    /// A resource that stands alone, with all inside.
    Resource(Resource),
    /// A template.
    Template(Primitive),
    /// A constraint.
    Constraint(Constraint),
    /// A fencing level.
    Level(Level),
    /// A tag.
    Tag(Tag),
    /// A role of the access rules.
    AclRole(AclRole),
    /// A user or group of the access rules.
    AclSubject(AclSubject),
    /// An alert.
    Alert(Alert),
}

/// The lists of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum List {
    /// [`Config::properties`].
    Properties,
    /// [`Config::rsc_defaults`].
    ResourceDefaults,
    /// [`Config::op_defaults`].
    OperationDefaults,
    /// [`Config::nodes`].
    Nodes,
    /// [`Config::resources`].
    Resources,
    /// [`Config::templates`].
    Templates,
    /// [`Config::constraints`].
    Constraints,
    /// [`Config::fencing_topology`].
    Levels,
    /// [`Config::tags`].
    Tags,
    /// [`crate::acl::Acls::roles`].
    AclRoles,
    /// [`crate::acl::Acls::subjects`].
    AclSubjects,
    /// [`Config::alerts`].
    Alerts,
}

/// Something with an id that is unique in its list.
trait Identified {
    fn key(&self) -> &str;
}

macro_rules! identified_by_id {
    ($($name:ty),*) => {$(
        impl Identified for $name {
            fn key(&self) -> &str {
                &self.id
            }
        }
    )*};
}

identified_by_id!(Node, Primitive, Level, Tag, AclRole, AclSubject, Alert);

impl Identified for Resource {
    fn key(&self) -> &str {
        self.id()
    }
}

impl Identified for Constraint {
    fn key(&self) -> &str {
        self.id()
    }
}

impl Identified for NvSet {
    fn key(&self) -> &str {
        self.id.as_deref().or(self.id_ref.as_deref()).unwrap_or_default()
    }
}

/// Calls `$function` with the list of `$config` that `$item` belongs into, and the item.
macro_rules! with_list_of {
    ($config:expr, $item:expr, $function:expr) => {
        match $item {
            Item::Properties(item) => $function(&mut $config.properties, item),
            Item::ResourceDefaults(item) => $function(&mut $config.rsc_defaults, item),
            Item::OperationDefaults(item) => $function(&mut $config.op_defaults, item),
            Item::Node(item) => $function(&mut $config.nodes, item),
            Item::Resource(item) => $function(&mut $config.resources, item),
            Item::Template(item) => $function(&mut $config.templates, item),
            Item::Constraint(item) => $function(&mut $config.constraints, item),
            Item::Level(item) => $function(&mut $config.fencing_topology, item),
            Item::Tag(item) => $function(&mut $config.tags, item),
            Item::AclRole(item) => $function(&mut $config.acls.roles, item),
            Item::AclSubject(item) => $function(&mut $config.acls.subjects, item),
            Item::Alert(item) => $function(&mut $config.alerts, item),
        }
    };
}

/// Makes the edits in order. Gives the first item that was to be removed and is not there.
pub(super) fn apply(config: &mut Config, edits: &[Edit]) -> Result<(), (List, Text)> {
    for edit in edits {
        match edit {
            Edit::Put { item, place } => {
                with_list_of!(config, &**item, |list, item| put(list, item, place));
            }
            Edit::Remove { list, id } => {
                if !remove_from(config, *list, id) {
                    return Err((*list, id.clone()));
                }
            }
            Edit::SetProperties { set, values } => set_properties(config, set, values),
            Edit::ReplaceAll(other) => config.clone_from(other),
        }
    }
    Ok(())
}

/// A property that has several names stands under the one that is given, and no other.
fn set_properties(config: &mut Config, id: &Text, values: &[(Text, Text)]) {
    let mut ids = Ids::new(config);
    let list = &mut config.properties;
    let (at, set) = match list.iter().position(|set| set.id.as_ref() == Some(id)) {
        Some(at) => (at, list.remove(at)),
        None => (0, NvSet { id: Some(id.clone()), ..NvSet::default() }),
    };
    let mut sets = vec![set];
    for (name, _) in values {
        let names = options::find(options::CLUSTER, name).into_iter().flat_map(Known::names);
        for other in names.filter(|other| other != name) {
            remove_value(&mut sets, other);
        }
    }
    let pairs: Vec<(&str, &str)> = values.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    set_values(&mut sets, id, &pairs, &mut ids);
    list.splice(at..at, sets);
}

fn put<T: Identified + Clone>(list: &mut Vec<T>, item: &T, place: &Place) {
    let old = list.iter().position(|other| other.key() == item.key());
    let at = match (place, old) {
        (Place::Same, Some(old)) => {
            list[old] = item.clone();
            return;
        }
        (_, Some(old)) => {
            list.remove(old);
            position(list, place)
        }
        (_, None) => position(list, place),
    };
    list.insert(at, item.clone());
}

fn position<T: Identified>(list: &[T], place: &Place) -> usize {
    match place {
        Place::First => 0,
        Place::Same => list.len(),
        Place::After(id) => {
            list.iter().position(|other| other.key() == id).map_or(list.len(), |at| at + 1)
        }
    }
}

fn remove_from(config: &mut Config, list: List, id: &str) -> bool {
    match list {
        List::Properties => remove(&mut config.properties, id),
        List::ResourceDefaults => remove(&mut config.rsc_defaults, id),
        List::OperationDefaults => remove(&mut config.op_defaults, id),
        List::Nodes => remove(&mut config.nodes, id),
        List::Resources => remove(&mut config.resources, id),
        List::Templates => remove(&mut config.templates, id),
        List::Constraints => remove(&mut config.constraints, id),
        List::Levels => remove(&mut config.fencing_topology, id),
        List::Tags => remove(&mut config.tags, id),
        List::AclRoles => remove(&mut config.acls.roles, id),
        List::AclSubjects => remove(&mut config.acls.subjects, id),
        List::Alerts => remove(&mut config.alerts, id),
    }
}

fn remove<T: Identified>(list: &mut Vec<T>, id: &str) -> bool {
    let at = list.iter().position(|item| item.key() == id);
    at.map(|at| list.remove(at)).is_some()
}

/// The edits that make `b` of `a`, exactly and in order.
pub fn diff(a: &Config, b: &Config) -> Vec<Edit> {
    let mut edits = Some(Vec::new());
    let e = &mut edits;
    lists(e, List::Properties, &a.properties, &b.properties, Item::Properties);
    lists(e, List::ResourceDefaults, &a.rsc_defaults, &b.rsc_defaults, Item::ResourceDefaults);
    lists(e, List::OperationDefaults, &a.op_defaults, &b.op_defaults, Item::OperationDefaults);
    lists(e, List::Nodes, &a.nodes, &b.nodes, Item::Node);
    lists(e, List::Resources, &a.resources, &b.resources, Item::Resource);
    lists(e, List::Templates, &a.templates, &b.templates, Item::Template);
    lists(e, List::Constraints, &a.constraints, &b.constraints, Item::Constraint);
    lists(e, List::Levels, &a.fencing_topology, &b.fencing_topology, Item::Level);
    lists(e, List::Tags, &a.tags, &b.tags, Item::Tag);
    lists(e, List::AclRoles, &a.acls.roles, &b.acls.roles, Item::AclRole);
    lists(e, List::AclSubjects, &a.acls.subjects, &b.acls.subjects, Item::AclSubject);
    lists(e, List::Alerts, &a.alerts, &b.alerts, Item::Alert);
    // Ids that are not unique cannot be edited one by one.
    edits.unwrap_or_else(|| vec![Edit::ReplaceAll(Box::new(b.clone()))])
}

/// Adds the edits between two lists; `edits` becomes none if ids are not unique.
fn lists<T: Identified + Clone + PartialEq>(
    edits: &mut Option<Vec<Edit>>,
    list: List,
    a: &[T],
    b: &[T],
    item: impl Fn(T) -> Item,
) {
    if a == b {
        return;
    }
    let Some(known) = edits else { return };
    let new: FxHashSet<&str> = b.iter().map(Identified::key).collect();
    let old: FxHashMap<&str, (usize, &T)> =
        a.iter().enumerate().map(|(at, item)| (item.key(), (at, item))).collect();
    if new.len() != b.len() || old.len() != a.len() {
        *edits = None;
        return;
    }
    for gone in a.iter().filter(|item| !new.contains(item.key())) {
        known.push(Edit::Remove { list, id: gone.key().into() });
    }
    let common: Vec<usize> =
        b.iter().filter_map(|item| old.get(item.key()).map(|(at, _)| *at)).collect();
    // Most items keep their order; only the others are moved.
    let staying: FxHashSet<usize> = longest_rising(&common).into_iter().collect();
    let mut previous: Option<&str> = None;
    for one in b {
        let place = match (old.get(one.key()), previous) {
            (Some((at, same)), _) if staying.contains(at) && *same == one => None,
            (Some((at, _)), _) if staying.contains(at) => Some(Place::Same),
            (_, None) => Some(Place::First),
            (_, Some(previous)) => Some(Place::After(previous.into())),
        };
        if let Some(place) = place {
            known.push(Edit::Put { item: Box::new(item(one.clone())), place });
        }
        previous = Some(one.key());
    }
}

/// A longest strictly rising subsequence.
fn longest_rising(numbers: &[usize]) -> Vec<usize> {
    // `tails[n]` is where the best run of length n + 1 ends; `before` links each end backwards.
    let mut tails: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(numbers.len());
    for (at, number) in numbers.iter().enumerate() {
        let length = tails.partition_point(|tail| numbers[*tail] < *number);
        before.push(length.checked_sub(1).map(|shorter| tails[shorter]));
        if length == tails.len() {
            tails.push(at);
        } else {
            tails[length] = at;
        }
    }
    let mut run = Vec::with_capacity(tails.len());
    let mut at = tails.last().copied();
    while let Some(here) = at {
        run.push(numbers[here]);
        at = before[here];
    }
    run.reverse();
    run
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_rising_run_is_found() {
        assert_eq!(longest_rising(&[]), Vec::<usize>::new());
        assert_eq!(longest_rising(&[3, 0, 1, 2]), vec![0, 1, 2]);
        assert_eq!(longest_rising(&[2, 1, 0]).len(), 1);
        assert_eq!(longest_rising(&[0, 4, 1, 5, 2, 3]), vec![0, 1, 2, 3]);
    }
}
