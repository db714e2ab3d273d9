//! This node's proposals on their way into the log: asked again until the log shows them.

use std::collections::BTreeMap;

use rota_ids::{Incarnation, Moment, NodeId};
use rota_replica::{LogStore, Replica};
use rota_transition::ActionId;

use crate::entry::{Entry, Proposal, ProposalId};
use crate::event::{Effect, Now, RequestId};
use crate::limits::RESEND_PROPOSAL;
use crate::message::Message;

/// What to do when the log shows the proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Answer this client.
    Client(RequestId),
    /// This action of this transition is complete.
    Action {
        /// The transition.
        transition: u64,
        /// The action.
        action: ActionId,
    },
    /// This action of this transition may begin.
    Before {
        /// The transition.
        transition: u64,
        /// The action.
        action: ActionId,
    },
    /// It was to install a view.
    View,
    /// Nothing further: what the entry says speaks for itself.
    Plain,
}

struct Waiting {
    proposal: Proposal,
    purpose: Purpose,
    sent: Option<Moment>,
    times: u32,
}

/// Proposals of this life that the log has not shown yet.
pub struct Proposals {
    me: NodeId,
    life: Incarnation,
    next: u64,
    waiting: BTreeMap<u64, Waiting>,
}

impl Proposals {
    /// No proposals yet.
    pub fn new(me: NodeId, life: Incarnation) -> Self {
        Self { me, life, next: 1, waiting: BTreeMap::new() }
    }

    /// Makes a proposal; it is sent by the next [`Self::send`].
    pub fn submit(&mut self, now: Now, entry: Entry, purpose: Purpose) {
        let number = self.next;
        self.next += 1;
        let id = ProposalId { node: self.me, life: self.life, number };
        let proposal = Proposal { id, settled_below: 0, at: now.wall, entry };
        self.waiting.insert(number, Waiting { proposal, purpose, sent: None, times: 0 });
    }

    /// The log has shown this proposal: what it was for, if it was ours and still waited.
    pub fn settle(&mut self, id: ProposalId) -> Option<Purpose> {
        if id.node != self.me || id.life != self.life {
            return None;
        }
        self.waiting.remove(&id.number).map(|waiting| waiting.purpose)
    }

    /// Whether this waits and was sent to a leader just once.
    pub fn was_sent_once(&self, id: ProposalId) -> bool {
        let is_own = id.node == self.me && id.life == self.life;
        is_own && self.waiting.get(&id.number).is_some_and(|waiting| waiting.times == 1)
    }

    /// How many of them clients asked for.
    pub fn of_clients(&self) -> usize {
        let is_asked = |waiting: &&Waiting| matches!(waiting.purpose, Purpose::Client(_));
        self.waiting.values().filter(is_asked).count()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether something with this purpose waits.
    pub fn waits_for(&self, purpose: Purpose) -> bool {
        self.waiting.values().any(|waiting| waiting.purpose == purpose)
    }

    /// There is a new leader: whatever was sent may be lost, so all is sent again.
    pub fn leader_changed(&mut self) {
        for waiting in self.waiting.values_mut() {
            waiting.sent = None;
        }
    }

    /// Sends what was not sent yet or not shown for long: into our own log when we lead, else to
    /// the leader. Without a leader it waits. Whether anything went into our own log.
    pub fn send<S: LogStore>(
        &mut self,
        now: Now,
        replica: &mut Replica<S>,
        todo: &mut Vec<Effect>,
    ) -> bool {
        let Some(leader) = replica.leader() else { return false };
        let mut proposed = false;
        let settled_below = self.waiting.keys().next().copied().unwrap_or(self.next);
        for waiting in self.waiting.values_mut() {
            let is_due = waiting.sent.is_none_or(|sent| now.moment.since(sent) >= RESEND_PROPOSAL);
            if !is_due {
                continue;
            }
            waiting.proposal.settled_below = settled_below;
            waiting.proposal.at = now.wall;
            // An entry that cannot be encoded cannot exist; if it did, it would wait for ever
            // and be seen in the status.
            let Ok(bytes) = waiting.proposal.encode() else { continue };
            if leader == self.me {
                // Busy or deposed meanwhile: it is tried again later.
                if replica.propose(bytes).is_ok() {
                    waiting.sent = Some(now.moment);
                    waiting.times += 1;
                    proposed = true;
                }
            } else {
                let is_change =
                    matches!(waiting.proposal.entry, Entry::Change(_) | Entry::Private { .. })
                        && matches!(waiting.purpose, Purpose::Client(_));
                let message = match waiting.times {
                    0 if is_change => Message::Ask(bytes),
                    _ => Message::Propose(bytes),
                };
                todo.push(Effect::Peer { to: leader, message });
                waiting.sent = Some(now.moment);
                waiting.times += 1;
            }
        }
        proposed
    }
}
