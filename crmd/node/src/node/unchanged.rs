//! What clients ask for and is so already: answered without an entry of the log.
//!
//! Only the leader can know that: another node may not have applied yet what somebody was told is
//! done. It proves first that it still leads (ReadIndex); and only a change that was sent once
//! is answered so. Whoever must ask again wants it in the log, where it is applied once: a copy
//! that comes late would otherwise undo what came between.

use std::collections::BTreeMap;

use rota_ids::NodeId;
use rota_replica::{LogIndex, LogStore, Role};

use crate::entry::{Entry, Proposal, ProposalId};
use crate::event::{Now, RequestId};
use crate::limits::UNCHANGED_MAX;
use crate::message::Message;
use crate::proposals::Purpose;
use crate::state::Answer;

use super::Node;
use crate::event::Effect;

/// Somebody waits for a word on a change that seems to change nothing.
enum Asker {
    Own(RequestId, Entry),
    Peer(NodeId, Proposal),
}

/// What is asked of this node as the leader, and what the leader told it.
#[derive(Default)]
pub(super) struct Unchanged {
    tokens: u64,
    asked: BTreeMap<u64, Asker>,
    told: Vec<(LogIndex, ProposalId)>,
}

impl<S: LogStore> Node<S> {
    /// A client here asks for this; given back if it belongs into the log.
    pub(super) fn unless_unchanged(&mut self, request: RequestId, entry: Entry) -> Option<Entry> {
        if !self.proposals.is_empty() || !self.seems_unchanged(&entry) {
            return Some(entry);
        }
        let token = self.unchanged.tokens;
        if self.replica.read_barrier(token).is_err() {
            return Some(entry);
        }
        self.unchanged.tokens += 1;
        self.unchanged.asked.insert(token, Asker::Own(request, entry));
        None
    }

    /// A peer asks for this for the first time.
    pub(super) fn asked_by_peer(&mut self, now: Now, from: NodeId, bytes: Vec<u8>) {
        let Ok(proposal) = Proposal::decode(&bytes) else { return };
        let token = self.unchanged.tokens;
        if !self.seems_unchanged(&proposal.entry) || self.replica.read_barrier(token).is_err() {
            return self.propose_for(now, bytes);
        }
        self.unchanged.tokens += 1;
        self.unchanged.asked.insert(token, Asker::Peer(from, proposal));
    }

    /// Whether this node leads, has applied all that its log holds, and nothing would change.
    fn seems_unchanged(&self, entry: &Entry) -> bool {
        self.replica.role() == Role::Leader
            && self.replica.applied() == self.replica.last_index()
            && self.unchanged.asked.len() < UNCHANGED_MAX
            && self.state.changes_nothing(entry)
    }

    /// This node still led at `index`; none if it no longer does.
    pub(super) fn led(&mut self, now: Now, token: u64, index: Option<LogIndex>) {
        let Some(asker) = self.unchanged.asked.remove(&token) else { return };
        let is_current = index.is_some_and(|index| self.replica.applied() >= index);
        match asker {
            Asker::Own(request, entry) => {
                if is_current && self.state.changes_nothing(&entry) {
                    self.tell(request, Answer::Done(self.state.cib.header.version));
                } else {
                    self.proposals.submit(now, entry, Purpose::Client(request));
                }
            }
            Asker::Peer(from, proposal) => {
                if is_current && self.state.changes_nothing(&proposal.entry) {
                    let applied = self.replica.applied().0;
                    let message = Message::Unchanged { id: proposal.id, applied };
                    self.todo.push(Effect::Peer { to: from, message });
                } else if let Ok(bytes) = proposal.encode() {
                    self.propose_for(now, bytes);
                }
            }
        }
    }

    /// The leader says that a change asked here changes nothing. The client is told when this node
    /// has applied as much as the leader had: what it reads then is what it was told.
    pub(super) fn told_unchanged(&mut self, id: ProposalId, applied: u64) {
        if self.unchanged.told.len() < UNCHANGED_MAX {
            self.unchanged.told.push((LogIndex(applied), id));
        }
    }

    pub(super) fn answer_unchanged(&mut self) {
        let applied = self.replica.applied();
        let due = self.unchanged.told.extract_if(.., |(index, _)| *index <= applied);
        let due: Vec<ProposalId> = due.map(|(_, id)| id).collect();
        for id in due {
            if self.proposals.was_sent_once(id)
                && let Some(Purpose::Client(request)) = self.proposals.settle(id)
            {
                self.tell(request, Answer::Done(self.state.cib.header.version));
            }
        }
    }
}
