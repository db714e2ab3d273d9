//! Private attributes of nodes (`attrd_updater --private`): agents' notes to each other. They stand
//! in no Cib, no plan reads them, and they die with their node as its transient attributes do.

use std::collections::BTreeMap;

use rota_cib::Cib;
use rota_cib::change::{self, AttributeChange, AttributeKind, Change, Lifetime, NewValue};
use rota_cib::nvset::{NvPair, NvSet};
use rota_cib::status::{NodeState, Status};
use rota_ids::{NodeId, NodeName, Text, WallTime};

use super::ClusterState;
use crate::book;
use crate::entry::Entry;

/// Private attributes by node and name.
pub type PrivateAttributes = BTreeMap<NodeName, BTreeMap<Text, Text>>;

/// A write of a transient attribute, as it was asked for.
struct Write {
    node: NodeId,
    name: Text,
    value: NewValue,
    /// `--private`: whether the attribute is private if there is none of this name yet.
    wants_private: bool,
}

impl ClusterState {
    /// An entry as it is carried out: an attribute stays what the first writer of its name made it
    /// (attrd_updater(8): "If this creates a new attribute, never write the attribute to CIB").
    /// The node and the change, when it is a private attribute's.
    pub(super) fn as_private(&self, entry: &Entry) -> Option<(NodeId, AttributeChange)> {
        let write = self.write_of(entry)?;
        let is_private = if self.is_private(&write.name) {
            true
        } else {
            write.wants_private && !self.is_public(&write.name)
        };
        is_private.then(|| (write.node, change_of(write)))
    }

    /// The change of the Cib that a private write is, when there is a public attribute of its name.
    ///
    /// # Errors
    /// When there is no such node.
    pub(super) fn as_public(
        &self,
        node: &NodeName,
        name: &Text,
        value: &NewValue,
    ) -> Result<Change, Text> {
        let Some(member) = self.node_named(node) else {
            return Err(Text::from(format!(
                "{node} is not a node of this cluster; 'rota status' lists them"
            )));
        };
        let (name, value) = (name.clone(), value.clone());
        let write = Write { node: member.id, name, value, wants_private: true };
        Ok(Change::SetAttribute(change_of(write)))
    }

    /// # Errors
    /// When no document could hold the value: it is shown in some.
    pub(super) fn write_private(
        &mut self,
        node: NodeId,
        asked: &AttributeChange,
        at: WallTime,
    ) -> Result<(), Text> {
        let Some(name) = self.name_of(node).cloned() else { return Ok(()) };
        // The rules for values are those of public ones, worked out where there is nothing else.
        let mut only = self.only(node, &asked.name);
        change::apply(&mut only, &Change::SetAttribute(asked.clone()), at)
            .map_err(|refused| Text::from(refused.to_string()))?;
        let pairs = only.status.nodes.iter().flat_map(|state| &state.attributes);
        let value = pairs.flat_map(|set| &set.pairs).find_map(|pair| pair.value.clone());
        match value {
            Some(value) => {
                self.private.entry(name).or_default().insert(asked.name.clone(), value);
            }
            None => {
                if let Some(known) = self.private.get_mut(&name) {
                    known.remove(&asked.name);
                }
                self.private.retain(|_, known| !known.is_empty());
            }
        }
        Ok(())
    }

    /// Whether a private attribute has this value already.
    pub(super) fn private_is_so(&self, node: NodeId, asked: &AttributeChange) -> bool {
        change::is_noop(&self.only(node, &asked.name), &Change::SetAttribute(asked.clone()))
    }

    /// What lasts until a node ends goes.
    pub(super) fn forget_private(&mut self, change: &Change) {
        if let Change::ClearTransient { node, attributes: true, .. } = change {
            let ended = self.roster.values().find(|member| book::uuid(member.id) == *node);
            if let Some(ended) = ended {
                self.private.remove(&ended.name);
            }
        }
    }

    fn write_of(&self, entry: &Entry) -> Option<Write> {
        match entry {
            Entry::Private { node, name, value } => {
                let node = self.node_named(node)?.id;
                let (name, value) = (name.clone(), value.clone());
                Some(Write { node, name, value, wants_private: true })
            }
            Entry::Change(Change::SetAttribute(asked))
                if asked.lifetime == Lifetime::UntilReboot
                    && asked.kind == AttributeKind::Plain =>
            {
                let member =
                    self.roster.values().find(|member| book::uuid(member.id) == asked.node)?;
                let (name, value) = (asked.name.clone(), asked.value.clone());
                Some(Write { node: member.id, name, value, wants_private: false })
            }
            _ => None,
        }
    }

    fn is_private(&self, name: &Text) -> bool {
        self.private.values().any(|known| known.contains_key(name))
    }

    /// What the cluster itself writes and reads counts as there: hidden, no plan would see it.
    fn is_public(&self, name: &Text) -> bool {
        let is_ours = name == "shutdown"
            || name.starts_with("fail-count-")
            || name.starts_with("last-failure-");
        let mut sets = self.cib.status.nodes.iter().flat_map(|state| &state.attributes);
        is_ours || sets.any(|set| set.pairs.iter().any(|pair| pair.name.as_ref() == Some(name)))
    }

    /// A Cib that holds nothing but this attribute.
    fn only(&self, node: NodeId, name: &Text) -> Cib {
        let value = self
            .name_of(node)
            .and_then(|node| self.private.get(node))
            .and_then(|known| known.get(name))
            .cloned();
        let pair = value.map(|value| NvPair {
            name: Some(name.clone()),
            value: Some(value),
            ..NvPair::default()
        });
        let set = NvSet { pairs: pair.into_iter().collect(), ..NvSet::default() };
        let state =
            NodeState { id: book::uuid(node), attributes: vec![set], ..NodeState::default() };
        let status = Status { nodes: vec![state], ..Status::default() };
        Cib { status, ..Cib::default() }
    }
}

fn change_of(write: Write) -> AttributeChange {
    AttributeChange {
        node: book::uuid(write.node),
        name: write.name,
        value: write.value,
        lifetime: Lifetime::UntilReboot,
        kind: AttributeKind::Plain,
        set: None,
    }
}
