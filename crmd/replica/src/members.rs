//! Who votes, who learns, and which change comes next.
//!
//! A newcomer learns first and votes when it has caught up. A node that lost its disk is taken out
//! and comes in again as a learner: its vote and its acknowledgements died with its store. Changes
//! of several nodes at once go through joint consensus.

use std::collections::{BTreeMap, BTreeSet};

use rota_ids::NodeId;

use crate::record::{ChangeContext, ChangeSingle, ChangeType, ConfChange, ConfState, Person};
use crate::{LogIndex, StoreId, limits};

/// What a member is meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
    /// Votes, once it has caught up.
    Voter,
    /// Never votes.
    Learner,
}

/// A membership, as the log has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members {
    /// Who votes (the incoming half while joint).
    pub voters: BTreeSet<NodeId>,
    /// Who receives the log without a vote.
    pub learners: BTreeSet<NodeId>,
    /// The outgoing half; empty unless a change of several nodes is under way.
    pub outgoing: BTreeSet<NodeId>,
    /// The newest store of everyone who is or was a member.
    pub stores: BTreeMap<NodeId, StoreId>,
    /// Members whose seat is [`Seat::Voter`], caught up or not.
    pub meant_to_vote: BTreeSet<NodeId>,
}

impl Members {
    /// Whether this node takes part, with or without a vote.
    #[must_use]
    pub fn contains(&self, node: NodeId) -> bool {
        self.voters.contains(&node)
            || self.learners.contains(&node)
            || self.outgoing.contains(&node)
    }

    /// Whether a change of several nodes is under way.
    #[must_use]
    pub fn is_joint(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// Whether `here` is a majority (of both halves while joint).
    #[must_use]
    pub fn is_quorum(&self, here: impl Fn(NodeId) -> bool) -> bool {
        let most = |half: &BTreeSet<NodeId>| {
            half.iter().filter(|node| here(**node)).count() > half.len() / 2
        };
        most(&self.voters) && (self.outgoing.is_empty() || most(&self.outgoing))
    }
}

/// One that follows a leader, as the leader knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Follower {
    /// Who.
    pub node: NodeId,
    /// It has acknowledged everything up to here; 0 before its first word in this term.
    pub has: LogIndex,
    /// The leader's tick at which it was heard last; grows with each answer.
    pub answered: Option<u64>,
    /// A snapshot is on its way to it: until that has arrived there is nothing to acknowledge.
    pub takes_snapshot: bool,
}

/// raft's membership with our records beside it, as of one index.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Roll {
    pub conf: ConfState,
    pub people: BTreeMap<u64, Person>,
}

impl Roll {
    pub fn new(conf: ConfState, people: &[Person]) -> Self {
        Roll { conf, people: people.iter().map(|person| (person.node, *person)).collect() }
    }

    pub fn store_of(&self, node: u64) -> Option<StoreId> {
        self.people.get(&node).map(|person| StoreId(person.store))
    }

    pub fn has(&self, node: u64) -> bool {
        let conf = &self.conf;
        [&conf.voters, &conf.learners, &conf.voters_outgoing].iter().any(|set| set.contains(&node))
    }

    /// Takes over new records; returns who came with a store that was not known before.
    pub fn learn(&mut self, context: &ChangeContext) -> Vec<u64> {
        let mut joined = Vec::new();
        for person in &context.people {
            let old = self.people.insert(person.node, *person);
            if old.is_none_or(|old| old.store != person.store) {
                joined.push(person.node);
            }
        }
        joined
    }

    pub fn members(&self) -> Members {
        let set = |ids: &[u64]| ids.iter().filter_map(|id| node_id(*id)).collect();
        let people = || self.people.values().filter_map(|p| Some((node_id(p.node)?, p)));
        Members {
            voters: set(&self.conf.voters),
            learners: set(&self.conf.learners),
            outgoing: set(&self.conf.voters_outgoing),
            stores: people().map(|(node, p)| (node, StoreId(p.store))).collect(),
            meant_to_vote: people()
                .filter(|(_, p)| p.votes && self.has(p.node))
                .map(|(node, _)| node)
                .collect(),
        }
    }
}

pub(crate) fn node_id(id: u64) -> Option<NodeId> {
    u32::try_from(id).ok().filter(|id| *id != 0).map(NodeId)
}

/// What the leader was asked to bring about for one node. Lost with the leadership: whoever asked
/// looks at the membership and asks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Be { store: StoreId, seat: Seat },
    BeGone,
}

/// What a leader knows about a member's progress.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    pub caught_up: bool,
}

/// The next change towards the wishes, if one is due; wishes that are fulfilled are dropped.
pub(crate) fn next_change(
    me: u64,
    roll: &Roll,
    wishes: &mut BTreeMap<u64, Wish>,
    standing: impl Fn(u64) -> Standing,
) -> Option<ConfChange> {
    if !roll.conf.voters_outgoing.is_empty() {
        // Left behind by a leader that fell between entering and leaving the joint state.
        return Some(ConfChange::default());
    }
    wishes.retain(|node, wish| !is_fulfilled(roll, *node, *wish));
    let mut plan = Plan::default();
    for (node, wish) in wishes.iter() {
        plan.towards(me, roll, *node, *wish);
    }
    let mut room = limits::VOTERS_MAX.saturating_sub(roll.conf.voters.len());
    for learner in &roll.conf.learners {
        let votes = roll.people.get(learner).is_some_and(|person| person.votes);
        if votes && room > 0 && standing(*learner).caught_up && !plan.touches(*learner) {
            plan.push(ChangeType::AddVoter, *learner);
            room -= 1;
        }
    }
    plan.into_change()
}

/// Whether the voters that answer stay a majority when `leaver` is gone.
pub(crate) fn keeps_quorum(roll: &Roll, leaver: u64, reachable: impl Fn(u64) -> bool) -> bool {
    let rest: Vec<u64> = roll.conf.voters.iter().copied().filter(|id| *id != leaver).collect();
    rest.iter().filter(|id| reachable(**id)).count() > rest.len() / 2
}

fn is_fulfilled(roll: &Roll, node: u64, wish: Wish) -> bool {
    match wish {
        Wish::BeGone => !roll.has(node),
        Wish::Be { store, seat } => {
            let wanted = Person { node, store: store.0, votes: seat == Seat::Voter };
            let demotion = seat == Seat::Learner && roll.conf.voters.contains(&node);
            roll.has(node) && !demotion && roll.people.get(&node) == Some(&wanted)
        }
    }
}

#[derive(Default)]
struct Plan {
    changes: Vec<ChangeSingle>,
    context: ChangeContext,
}

impl Plan {
    fn towards(&mut self, me: u64, roll: &Roll, node: u64, wish: Wish) {
        match wish {
            // The leader never takes itself out: raft-rs could not go on counting.
            Wish::BeGone if node == me => {}
            Wish::BeGone => self.push(ChangeType::Remove, node),
            Wish::Be { store, .. } if roll.has(node) && roll.store_of(node) != Some(store) => {
                // Not one joint change: raft would keep the progress of the lost store.
                self.push(ChangeType::Remove, node);
            }
            Wish::Be { store, seat } => {
                let change = match roll.conf.voters.contains(&node) && seat == Seat::Voter {
                    true => ChangeType::AddVoter,
                    false => ChangeType::AddLearner,
                };
                self.push(change, node);
                let votes = seat == Seat::Voter;
                self.context.people.push(Person { node, store: store.0, votes });
            }
        }
    }

    fn push(&mut self, change: ChangeType, node: u64) {
        self.changes.push(ChangeSingle { change_type: change.into(), node });
    }

    fn touches(&self, node: u64) -> bool {
        self.changes.iter().any(|change| change.node == node)
    }

    fn into_change(self) -> Option<ConfChange> {
        let context = prost::Message::encode_to_vec(&self.context);
        (!self.changes.is_empty()).then_some(ConfChange {
            transition: 0,
            changes: self.changes,
            context,
        })
    }
}
