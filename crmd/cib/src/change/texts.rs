//! What enters must come out: a text that no document can hold would make the whole Cib unreadable
//! for every tool, for good.

use super::record::{node_update, record, ticket};
use super::{Change, Refused, attribute, edit};
use crate::node::Node;
use crate::xml::{Unwritable, unwritable, unwritable_config};
use crate::{Cib, Config, Text};
use rota_ids::WallTime;

/// The longest reason that is kept, in characters. Agents give a line; some give a file.
pub const REASON_CHARS_MAX: usize = 200;

/// A reason that an agent gave as it is kept: one line that every tool and terminal can show.
pub fn readable_reason(given: &str) -> Text {
    let is_long = given.chars().nth(REASON_CHARS_MAX).is_some();
    let is_odd = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    let kept = given.chars().take(REASON_CHARS_MAX).map(|c| if is_odd(c) { ' ' } else { c });
    kept.chain(is_long.then_some('…')).collect()
}

/// # Errors
/// When a document could not hold what the change brings in.
pub(super) fn check(cib: &Cib, change: &Change) -> Result<(), Refused> {
    // What a change brings in is what it leaves in a Cib that has nothing.
    let mut only = Cib::default();
    let found = match change {
        Change::Configure(asked) => {
            let is_new = |edit: &&edit::Edit| !matches!(edit, edit::Edit::Remove { .. });
            let new: Vec<edit::Edit> = asked.edits.iter().filter(is_new).cloned().collect();
            let mut config = Config::default();
            // Nothing is removed, so that nothing can be missing.
            let _ = edit::apply(&mut config, &new);
            author(&mut only, &asked.author);
            unwritable_config(&config).or_else(|| unwritable(&only))
        }
        Change::ReplaceConfig(asked) => {
            only.header.validate_with = asked.validate_with.clone().unwrap_or_default();
            author(&mut only, &asked.author);
            unwritable_config(&asked.config).or_else(|| unwritable(&only))
        }
        Change::Leader { dc_uuid, .. } => {
            only.header.dc_uuid.clone_from(dc_uuid);
            unwritable(&only)
        }
        Change::NodeState(update) => {
            node_update(&mut only, update);
            unwritable(&only)
        }
        Change::RecordOperation(recorded) => {
            record(&mut only, recorded);
            unwritable(&only)
        }
        Change::SetAttribute(asked) => {
            only.config.nodes.push(Node { id: asked.node.clone(), ..Node::default() });
            // It is the node that it asks for.
            let _ = attribute::change(&mut only, asked);
            unwritable(&only)
        }
        Change::Ticket { id, action } => {
            ticket(&mut only, id, action, WallTime(0));
            unwritable(&only)
        }
        Change::RaiseAdminEpoch(_)
        | Change::NodeGone { .. }
        | Change::ClearTransient { .. }
        | Change::ForgetOperations { .. } => None,
    };
    match found {
        // What is there already may stay: nobody could repair anything else before.
        Some(found) if !is_there_already(cib, change, &found) => Err(Refused::Unwritable(found)),
        _ => Ok(()),
    }
}

fn author(cib: &mut Cib, author: &super::Author) {
    cib.header.other = vec![
        ("update-origin".into(), author.origin.clone()),
        ("update-client".into(), author.client.clone()),
        ("update-user".into(), author.user.clone()),
    ];
}

/// Whether the same text stands in the configuration that is edited as a whole.
fn is_there_already(cib: &Cib, change: &Change, found: &Unwritable) -> bool {
    matches!(change, Change::Configure(_)) && unwritable_config(&cib.config).as_ref() == Some(found)
}
