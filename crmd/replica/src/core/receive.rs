//! What comes from peers: for whom it is, and whether raft can bear it.

use raft::StateRole;
use rota_ids::NodeId;

use super::Replica;
use crate::raft_types as types;
use crate::record::{self, Envelope, MessageType};
use crate::{Error, LogStore, StoreId, check};

impl<S: LogStore> Replica<S> {
    pub(super) fn receive(&mut self, from: NodeId, bytes: &[u8]) -> Result<(), Error> {
        let from = u64::from(from.0);
        let (envelope, message) = match check::decode(from, self.me, bytes) {
            Ok(parts) => parts,
            Err(why) => {
                tracing::warn!(from, why, "message refused");
                self.refused += 1;
                return Ok(());
            }
        };
        if !self.is_for_us(from, &envelope, &message) {
            self.refused += 1;
            return Ok(());
        }
        self.check_against_log(&message)?;
        if message.term >= self.raw.raft.term && counts_as_contact(&message) {
            self.heard.insert(from, self.ticks);
        }
        if let Some(message) = types::message_to_raft(message) {
            // Errors here are answers of peers that raft no longer counts.
            let _ = self.raw.step(message);
        }
        Ok(())
    }

    /// Whether the message travels between the two stores that exist now, and may be believed.
    fn is_for_us(&mut self, from: u64, envelope: &Envelope, message: &record::Message) -> bool {
        let empty = self.rolls.is_empty();
        if envelope.to_store != self.store_id.0 && (empty || envelope.to_store != 0) {
            return false;
        }
        let theirs = StoreId(envelope.from_store);
        let seen = self.seen_stores.entry(from).or_insert(theirs);
        if theirs < *seen || theirs.0 == 0 {
            return false;
        }
        *seen = theirs;
        let leading = self.raw.raft.state == StateRole::Leader;
        if leading && self.roll().store_of(from).is_some_and(|known| known != theirs) {
            // Progress belongs to the store that made it.
            return false;
        }
        let kind = message.msg_type;
        let is = |one: MessageType| kind == i32::from(one);
        let asks_vote = is(MessageType::RequestVote) || is(MessageType::RequestPreVote);
        if empty && (asks_vote || is(MessageType::TimeoutNow)) {
            // What this node promised before it lost its disk is unknown.
            return false;
        }
        if leading
            && is(MessageType::AppendResponse)
            && message.index > self.raw.raft.raft_log.last_index()
        {
            return false;
        }
        if is(MessageType::Snapshot) && !self.is_our_snapshot(message) {
            return false;
        }
        let leads =
            is(MessageType::Append) || is(MessageType::Heartbeat) || is(MessageType::Snapshot);
        !(leads && self.elector.is_ghost(from, message.term))
    }

    /// A snapshot from before this store joined shows an earlier life of this node, with a vote that
    /// died with its disk.
    fn is_our_snapshot(&self, message: &record::Message) -> bool {
        let data = message.snapshot.as_ref().map(|snapshot| snapshot.data.as_slice());
        let body = data.and_then(|data| check::body(data).ok()).unwrap_or_default();
        let me = body.people.iter().find(|person| person.node == self.me);
        me.is_some_and(|person| person.store == self.store_id.0)
    }

    /// raft-rs ends the process on these; they mean that a log has gone back, here or there.
    fn check_against_log(&mut self, message: &record::Message) -> Result<(), Error> {
        let log = &self.raw.raft.raft_log;
        let current = message.term >= self.raw.raft.term;
        if current && message.msg_type == i32::from(MessageType::Heartbeat) {
            return match message.commit <= log.last_index() {
                true => Ok(()),
                false => Err(Error::Inconsistent(format!(
                    "leader counts on entry {}, the log ends at {}",
                    message.commit,
                    log.last_index()
                ))),
            };
        }
        for entry in &message.entries {
            let ours = log.term(entry.index).unwrap_or(0);
            let held = entry.index <= log.committed && entry.index >= log.first_index();
            if current && held && ours != entry.term {
                return Err(Error::Diverged(entry.index));
            }
        }
        Ok(())
    }
}

/// Only what a leader and its followers say to each other: a candidate that can be heard need not
/// hear us.
fn counts_as_contact(message: &record::Message) -> bool {
    use MessageType::{Append, AppendResponse, Heartbeat, HeartbeatResponse};
    let kinds = [Append, AppendResponse, Heartbeat, HeartbeatResponse, MessageType::Snapshot];
    kinds.iter().any(|kind| message.msg_type == i32::from(*kind))
}
