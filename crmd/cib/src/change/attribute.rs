//! Changes of node attributes, permanent and transient.

use serde::{Deserialize, Serialize};

use super::record::{node_state, replace};
use crate::nvset::{NvPair, NvSet};
use crate::value::parse_score;
use crate::{Cib, Score, Text};

/// How long a node attribute lasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lifetime {
    /// It is part of the configuration.
    Forever,
    /// It goes when the node leaves the cluster.
    #[default]
    UntilReboot,
}

/// Which kind of node attribute is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttributeKind {
    /// For rules and agents.
    #[default]
    Plain,
    /// What the node has to offer.
    Utilization,
}

/// What a node attribute becomes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum NewValue {
    /// This value.
    Set(Text),
    /// Its value, or 0, plus this; infinities stay.
    Add(i32),
    /// No value.
    Unset,
}

/// A node attribute to be changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttributeChange {
    /// Identity of the node.
    pub node: Text,
    /// Name of the attribute.
    pub name: Text,
    /// What it becomes.
    pub value: NewValue,
    /// How long it lasts.
    #[serde(default)]
    pub lifetime: Lifetime,
    /// Which kind it is.
    #[serde(default)]
    pub kind: AttributeKind,
    /// The set that it is put into; the node's usual one, if none.
    #[serde(default)]
    pub set: Option<Text>,
}

impl AttributeChange {
    /// The sets in which the attribute stands or would be put; none when the node has none.
    pub(super) fn sets<'c>(&self, cib: &'c Cib) -> Option<&'c [NvSet]> {
        match self.lifetime {
            Lifetime::Forever => {
                let node = cib.config.nodes.iter().find(|node| node.id == self.node)?;
                Some(match self.kind {
                    AttributeKind::Plain => &node.attributes,
                    AttributeKind::Utilization => &node.utilization,
                })
            }
            Lifetime::UntilReboot => {
                let state = cib.status.nodes.iter().find(|state| state.id == self.node)?;
                Some(match self.kind {
                    AttributeKind::Plain => &state.attributes,
                    AttributeKind::Utilization => &state.utilization,
                })
            }
        }
    }

    /// Which of these sets has the attribute.
    pub(super) fn found_in(&self, sets: &[NvSet]) -> Option<usize> {
        sets.iter().position(|set| {
            self.set.as_ref().is_none_or(|wanted| set.id.as_ref() == Some(wanted))
                && set.pairs.iter().any(|pair| pair.name.as_ref() == Some(&self.name))
        })
    }

    fn is_unset_already(&self, cib: &Cib) -> bool {
        self.value == NewValue::Unset
            && self.sets(cib).is_none_or(|sets| self.found_in(sets).is_none())
    }
}

/// A value that something is added to.
pub(super) fn added(old: Option<&str>, number: i32) -> Text {
    let old = old.and_then(parse_score).unwrap_or(Score::ZERO);
    Text::from((old + Score::new(number)).to_string())
}

/// Changes a node attribute; whether it was another one before. The error is a node that the
/// configuration does not have.
pub(super) fn change(cib: &mut Cib, change: &AttributeChange) -> Result<bool, Text> {
    let (prefix, sets) = match change.lifetime {
        Lifetime::Forever => {
            let node = cib.config.nodes.iter_mut().find(|node| node.id == change.node);
            let node = node.ok_or_else(|| change.node.clone())?;
            match change.kind {
                AttributeKind::Plain => ("nodes", &mut node.attributes),
                AttributeKind::Utilization => ("nodes-utilization", &mut node.utilization),
            }
        }
        // A node of which nothing is known is not made known by that.
        Lifetime::UntilReboot if change.is_unset_already(cib) => return Ok(false),
        Lifetime::UntilReboot => {
            let state = node_state(cib, &change.node);
            state.attributes_id.get_or_insert_with(|| change.node.clone());
            match change.kind {
                AttributeKind::Plain => ("status", &mut state.attributes),
                AttributeKind::Utilization => ("status-utilization", &mut state.utilization),
            }
        }
    };
    let set_id = change.set.clone().unwrap_or_else(|| xml_id(&[prefix, &change.node]));
    Ok(set_pair(sets, set_id, change))
}

fn set_pair(sets: &mut Vec<NvSet>, set_id: Text, change: &AttributeChange) -> bool {
    let is_named = |pair: &NvPair| pair.name.as_ref() == Some(&change.name);
    // An attribute that is there already stays in its set.
    let found = change.found_in(sets);
    let old = found.and_then(|at| sets[at].pairs.iter_mut().find(|pair| is_named(pair)));
    let value = match &change.value {
        NewValue::Set(value) => value.clone(),
        NewValue::Add(number) => {
            added(old.as_ref().and_then(|pair| pair.value.as_deref()), *number)
        }
        NewValue::Unset => {
            let Some(at) = found else { return false };
            sets[at].pairs.retain(|pair| !is_named(pair));
            return true;
        }
    };
    if let Some(pair) = old {
        return replace(&mut pair.value, Some(value));
    }
    let at = sets.iter().position(|set| set.id.as_ref() == Some(&set_id)).unwrap_or_else(|| {
        sets.push(NvSet { id: Some(set_id.clone()), ..NvSet::default() });
        sets.len() - 1
    });
    sets[at].pairs.push(NvPair {
        id: Some(xml_id(&[&set_id, &change.name])),
        name: Some(change.name.clone()),
        value: Some(value),
        ..NvPair::default()
    });
    true
}

/// An id made of parts, with a dot for each character that ids must not have.
pub fn xml_id(parts: &[&str]) -> Text {
    let id: String = parts.join("-");
    let legal = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    id.chars().map(|c| if legal(c) { c } else { '.' }).collect()
}
