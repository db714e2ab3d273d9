//! What an action says of the one that it follows from.

use super::{Actions, Aid, Edge, Verb, edge};
use crate::model::World;

impl Actions {
    /// "unmigrateable web stop": what keeps others from being migrated is that it goes down first.
    pub(super) fn unmigrateable(&self, world: &World<'_>, first: Aid) -> String {
        match self.acts[first].rid {
            Some(rid) => format!("unmigrateable {} stop", world.rscs[rid].id),
            None => self.words(world, first, "unmigrateable"),
        }
    }

    /// Why the first of an edge acts on the second.
    pub(super) fn reason_of(&self, world: &World<'_>, edge: Edge, word: &str) -> String {
        let first = &self.acts[edge.first];
        if edge.kind & edge::SAME_REASON != 0
            && let Some(own) = &first.reason
            && (own.starts_with(word) || (first.why_blocked && word == "unrunnable"))
        {
            return own.clone();
        }
        // What is made of instances waits for the action of a bundle, others for its completion.
        let of_instances = |aid: Aid| {
            self.acts[aid]
                .rid
                .is_some_and(|r| !world.rscs[r].is_primitive() || world.instance_owner(r).is_some())
        };
        match first.rid {
            Some(rid) if world.rscs[rid].is_bundle() && of_instances(edge.then) => {
                format!("{word} {} {}", world.rscs[rid].id, first.verb.begun().name())
            }
            _ => self.words(world, edge.first, word),
        }
    }

    /// "required web start": what an action's reason says of another action.
    pub fn words(&self, world: &World<'_>, aid: Aid, word: &str) -> String {
        let act = &self.acts[aid];
        match act.rid {
            Some(rid) => {
                let what = if act.verb == Verb::Notice { "notified" } else { act.verb.name() };
                format!("{word} {} {what}", world.rscs[rid].id)
            }
            None if act.verb == Verb::Fence => format!("{word} {}", act.verb.name()),
            None => format!("{word} {}", act.name),
        }
    }
}
