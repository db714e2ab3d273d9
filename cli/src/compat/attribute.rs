//! Finding and changing attributes of nodes and options of the cluster, as `crm_attribute` and its
//! kin mean them.

use rota_cib::change::{
    AttributeChange, AttributeKind, Change, Configure, Edit, Item, Lifetime, NewValue, Place,
    xml_id,
};
use rota_cib::nvset::{NvPair, NvSet};
use rota_cib::{Cib, Text};

use super::fail::{Failure, NO_SUCH};
use super::source::{Source, node_id};

/// Which attributes are meant.
#[derive(Clone, Debug)]
pub enum Scope {
    /// Properties of the cluster.
    Properties,
    /// Defaults of resources.
    ResourceDefaults,
    /// Defaults of operations.
    OperationDefaults,
    /// Attributes of a node.
    Node {
        /// Its name.
        node: Text,
        /// How long they last.
        lifetime: Lifetime,
        /// Which kind.
        kind: AttributeKind,
    },
}

impl Scope {
    /// The name of the document's section.
    pub const fn section(&self) -> &'static str {
        match self {
            Self::Properties => "crm_config",
            Self::ResourceDefaults => "rsc_defaults",
            Self::OperationDefaults => "op_defaults",
            Self::Node { lifetime: Lifetime::Forever, .. } => "nodes",
            Self::Node { lifetime: Lifetime::UntilReboot, .. } => "status",
        }
    }

    /// Whether it is attributes of a node.
    pub const fn is_node(&self) -> bool {
        matches!(self, Self::Node { .. })
    }

    fn default_set(&self) -> &'static str {
        match self {
            Self::Properties => "cib-bootstrap-options",
            Self::ResourceDefaults => "rsc_defaults-options",
            Self::OperationDefaults => "op_defaults-options",
            Self::Node { .. } => "",
        }
    }
}

/// What narrows the search inside a scope.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The attribute's name; all, if none.
    pub name: Option<Text>,
    /// The set's id.
    pub set: Option<Text>,
    /// The pair's id.
    pub id: Option<Text>,
}

impl Filter {
    /// One attribute, in whichever set it is.
    pub fn named(name: impl Into<Text>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }

    fn takes(&self, set: &NvSet, pair: &NvPair) -> bool {
        self.set.as_ref().is_none_or(|wanted| set.id.as_ref() == Some(wanted))
            && self.name.as_ref().is_none_or(|wanted| pair.name.as_ref() == Some(wanted))
            && self.id.as_ref().is_none_or(|wanted| pair.id.as_ref() == Some(wanted))
    }
}

/// The identity of a node.
///
/// # Errors
/// With code 105, if there is no such node.
pub fn known_node(tool: &str, cib: &Cib, name: &str) -> Result<Text, Failure> {
    node_id(cib, name).ok_or_else(|| {
        Failure::new(NO_SUCH, format!("{tool}: Could not map name={name} to a UUID"))
    })
}

/// The pairs that a filter takes.
pub fn find<'c>(cib: &'c Cib, scope: &Scope, filter: &Filter) -> Vec<&'c NvPair> {
    let all = sets(cib, scope).into_iter().flatten();
    all.flat_map(|set| set.pairs.iter().map(move |pair| (set, pair)))
        .filter(|(set, pair)| filter.takes(set, pair))
        .map(|(_, pair)| pair)
        .collect()
}

fn sets<'c>(cib: &'c Cib, scope: &Scope) -> Option<&'c Vec<NvSet>> {
    let config = &cib.config;
    match scope {
        Scope::Properties => Some(&config.properties),
        Scope::ResourceDefaults => Some(&config.rsc_defaults),
        Scope::OperationDefaults => Some(&config.op_defaults),
        Scope::Node { node, lifetime: Lifetime::Forever, kind } => {
            let node = config.nodes.iter().find(|entry| entry.uname == *node)?;
            Some(match kind {
                AttributeKind::Plain => &node.attributes,
                AttributeKind::Utilization => &node.utilization,
            })
        }
        Scope::Node { node, lifetime: Lifetime::UntilReboot, kind } => {
            let state = cib.status.nodes.iter().find(|state| state.uname == *node)?;
            Some(match kind {
                AttributeKind::Plain => &state.attributes,
                AttributeKind::Utilization => &state.utilization,
            })
        }
    }
}

/// Gives attributes a value, or takes it from them.
///
/// # Errors
/// When the change is refused, or the node is not known.
pub fn set(
    tool: &str,
    source: &mut Source,
    cib: &Cib,
    scope: &Scope,
    filter: &Filter,
    value: &NewValue,
) -> Result<(), Failure> {
    let names: Vec<Text> = match &filter.name {
        Some(name) => vec![name.clone()],
        None => find(cib, scope, filter).iter().filter_map(|pair| pair.name.clone()).collect(),
    };
    for name in names {
        let change = match scope {
            Scope::Node { node, lifetime, kind } => Change::SetAttribute(AttributeChange {
                node: known_node(tool, cib, node)?,
                set: filter.set.clone().or_else(|| new_set(cib, scope, &name)),
                name,
                value: value.clone(),
                lifetime: *lifetime,
                kind: *kind,
            }),
            Scope::Properties | Scope::ResourceDefaults | Scope::OperationDefaults => {
                match option_change(cib, scope, filter, &name, value) {
                    Some(change) => change,
                    None => continue,
                }
            }
        };
        source.change(&change)?;
    }
    Ok(())
}

/// The set that a node's utilization is put into for the first time, where the name differs from
/// that of plain attributes.
fn new_set(cib: &Cib, scope: &Scope, name: &Text) -> Option<Text> {
    let Scope::Node { node, kind: AttributeKind::Utilization, .. } = scope else { return None };
    let is_there = !find(cib, scope, &Filter::named(name.clone())).is_empty();
    let id = node_id(cib, node).filter(|_| !is_there)?;
    Some(format!("{}-{id}-utilization", scope.section()).into())
}

fn option_change(
    cib: &Cib,
    scope: &Scope,
    filter: &Filter,
    name: &Text,
    value: &NewValue,
) -> Option<Change> {
    let all = sets(cib, scope)?;
    let filter = Filter { name: Some(name.clone()), ..filter.clone() };
    let holding = all.iter().find(|set| set.pairs.iter().any(|pair| filter.takes(set, pair)));
    let set_id = filter.set.clone().unwrap_or_else(|| scope.default_set().into());
    let by_id = || all.iter().find(|set| set.id.as_ref() == Some(&set_id));
    let mut set = match (holding, value) {
        (None, NewValue::Unset) => return None,
        (Some(set), _) => set.clone(),
        (None, _) => by_id()
            .cloned()
            .unwrap_or_else(|| NvSet { id: Some(set_id.clone()), ..NvSet::default() }),
    };
    let old = set.pairs.iter().position(|pair| filter.takes(&set, pair));
    match (old, value) {
        (Some(at), NewValue::Unset) => {
            set.pairs.remove(at);
        }
        (Some(at), NewValue::Set(value)) => set.pairs[at].value = Some(value.clone()),
        (None, NewValue::Set(value)) => set.pairs.push(NvPair {
            id: Some(xml_id(&[set.id.as_deref().unwrap_or_default(), name])),
            name: Some(name.clone()),
            value: Some(value.clone()),
            ..NvPair::default()
        }),
        // Options are not counted with.
        (_, NewValue::Add(_)) | (None, NewValue::Unset) => return None,
    }
    let item = match scope {
        Scope::Properties => Item::Properties(set),
        Scope::ResourceDefaults => Item::ResourceDefaults(set),
        Scope::OperationDefaults => Item::OperationDefaults(set),
        Scope::Node { .. } => return None,
    };
    let edits = vec![Edit::Put { item: Box::new(item), place: Place::Same }];
    Some(Change::Configure(Configure { edits, ..Configure::default() }))
}

/// What a value on the command line means: `NAME++`, `NAME+=5` and `value++` count up.
pub fn new_value(name: &str, value: &str) -> NewValue {
    let behind = value.strip_prefix(name).or_else(|| value.strip_prefix("value"));
    let step = match behind {
        Some("++") => Some(1),
        Some(rest) => rest.strip_prefix("+=").and_then(|number| number.parse().ok()),
        None => None,
    };
    step.map_or_else(|| NewValue::Set(value.into()), NewValue::Add)
}

/// The attribute in which a resource's promotion score stands.
pub fn promotion_name(resource: &str) -> Text {
    format!("master-{resource}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_count_up_only_under_their_own_name() {
        assert_eq!(new_value("a", "a++"), NewValue::Add(1));
        assert_eq!(new_value("a", "value++"), NewValue::Add(1));
        assert_eq!(new_value("a", "a+=7"), NewValue::Add(7));
        assert_eq!(new_value("a", "a+=x"), NewValue::Set("a+=x".into()));
        assert_eq!(new_value("a", "b++"), NewValue::Set("b++".into()));
        assert_eq!(new_value("a", "-1"), NewValue::Set("-1".into()));
    }
}
