//! Whether a change would change anything: what does not needs no entry of the log and no plan.

use super::attribute::{AttributeChange, Lifetime, NewValue, added};
use super::record::{NodeUpdate, OperationFilter, TicketAction, forgets};
use super::{Change, check_base, edit};
use crate::status::NodeState;
use crate::{Cib, Config, Text};

/// Whether [`super::apply`] would leave everything as it is. In doubt, and for what would be
/// refused, it is not.
pub fn is_noop(cib: &Cib, change: &Change) -> bool {
    match change {
        Change::Configure(asked) => {
            check_base(cib, asked.base).is_ok() && edits_nothing(&cib.config, &asked.edits)
        }
        Change::ReplaceConfig(asked) => {
            let schema = asked.validate_with.as_ref();
            check_base(cib, asked.base).is_ok()
                && *asked.config == cib.config
                && schema.is_none_or(|schema| *schema == cib.header.validate_with)
        }
        Change::Leader { dc_uuid, have_quorum } => {
            cib.header.dc_uuid == *dc_uuid
                && (have_quorum.is_none() || cib.header.have_quorum == *have_quorum)
        }
        Change::NodeState(update) => state(cib, &update.id).is_some_and(|s| is_known(s, update)),
        Change::NodeGone { node } => state(cib, node).is_none(),
        Change::ClearTransient { node, attributes, history } => {
            state(cib, node).is_none_or(|state| {
                let has_history = state.history_id.is_some() || !state.history.is_empty();
                !(*attributes && state.attributes_id.is_some() || *history && has_history)
            })
        }
        Change::ForgetOperations { resource, node, filter } => {
            let mut states = cib.status.nodes.iter();
            let is_meant = |s: &&NodeState| node.as_ref().is_none_or(|node| s.id == *node);
            !states.by_ref().filter(is_meant).any(|state| forgets_some(state, resource, filter))
        }
        Change::SetAttribute(asked) => has_value(cib, asked),
        Change::Ticket { id, action } => is_ticket_so(cib, id, action),
        // A version can only be raised; what an agent did is always news.
        Change::RaiseAdminEpoch(_) | Change::RecordOperation(_) => false,
    }
}

fn edits_nothing(config: &Config, edits: &[edit::Edit]) -> bool {
    let mut edited = config.clone();
    edit::apply(&mut edited, edits).is_ok() && edited == *config
}

fn state<'c>(cib: &'c Cib, node: &str) -> Option<&'c NodeState> {
    cib.status.nodes.iter().find(|state| state.id == node)
}

fn is_known(state: &NodeState, update: &NodeUpdate) -> bool {
    let same = |known: &Option<Text>, new: &Option<Text>| new.is_none() || known == new;
    update.uname.as_ref().is_none_or(|uname| state.uname == *uname)
        && same(&state.in_ccm, &update.in_ccm)
        && same(&state.crmd, &update.crmd)
        && same(&state.join, &update.join)
        && same(&state.expected, &update.expected)
        && update.other.iter().all(|(name, value)| {
            let known = state.other.iter().find(|(known, _)| known == name);
            known.map(|(_, value)| value) == value.as_ref()
        })
}

fn forgets_some(state: &NodeState, resource: &str, filter: &OperationFilter) -> bool {
    // Only what the name can mean, so that a long history need not be copied.
    let histories = state.history.iter().filter(|history| history.id.starts_with(resource));
    let mut part = NodeState {
        id: state.id.clone(),
        uname: state.uname.clone(),
        attributes: state.attributes.clone(),
        history: histories.cloned().collect(),
        ..NodeState::default()
    };
    forgets(&mut part, resource, filter)
}

fn has_value(cib: &Cib, asked: &AttributeChange) -> bool {
    let Some(sets) = asked.sets(cib) else {
        return asked.lifetime == Lifetime::UntilReboot && asked.value == NewValue::Unset;
    };
    let known = asked
        .found_in(sets)
        .and_then(|at| sets[at].pairs.iter().find(|pair| pair.name.as_ref() == Some(&asked.name)));
    match (&asked.value, known) {
        (NewValue::Unset, known) => known.is_none(),
        (NewValue::Set(value), Some(pair)) => pair.value.as_ref() == Some(value),
        (NewValue::Add(number), Some(pair)) => {
            pair.value.as_ref() == Some(&added(pair.value.as_deref(), *number))
        }
        (NewValue::Set(_) | NewValue::Add(_), None) => false,
    }
}

fn is_ticket_so(cib: &Cib, id: &Text, action: &TicketAction) -> bool {
    let known = cib.status.tickets.iter().find(|ticket| ticket.id == *id);
    match (action, known) {
        (TicketAction::Forget, known) => known.is_none(),
        // The time at which it was granted is part of it.
        (TicketAction::Grant, _) | (_, None) => false,
        (TicketAction::Revoke, Some(ticket)) => ticket.granted == Some(false),
        (TicketAction::Standby(standby), Some(ticket)) => ticket.standby == Some(*standby),
        (TicketAction::Attribute(name, value), Some(ticket)) => {
            let known = ticket.other.iter().find(|(known, _)| known == name);
            known.map(|(_, value)| value) == value.as_ref()
        }
    }
}
