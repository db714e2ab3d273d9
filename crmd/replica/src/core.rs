//! The replica: raft, its store, and the order in which things happen.
//!
//! One round of [`Replica::flush`] (Raft §5.2, raft-rs `RawNode`):
//! 1. a leader's messages may leave before its own disk has the entries, since its own copy counts
//!    only afterwards;
//! 2. entries, hard state and snapshot are written and synced, once for all that was collected;
//! 3. then everything else leaves: a follower's answers are promises about its disk;
//! 4. committed entries are handed out; a change of membership is applied only when the commit index
//!    that makes it valid is on disk, or a crash would bring the old membership back to life.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;
use raft::{RawNode, Ready, StateRole};
use rota_ids::{NodeId, Term};

use crate::elect::{Elector, Situation};
use crate::members::{Roll, Wish, node_id};
use crate::raft_types::{self as types, Disk};
use crate::record::{self, Entry, EntryType, Envelope, HardState, MessageType, Snapshot};
use crate::{
    Config, Effect, Error, Input, LogIndex, LogStore, Members, NotLeader, Position, ProposeError,
    Role, StoreId, check, limits,
};

mod lead;
mod open;
mod receive;

/// One copy of the log. See the crate's page for the loop.
pub struct Replica<S: LogStore> {
    config: Config,
    me: u64,
    store_id: StoreId,
    raw: RawNode<Disk<S>>,
    elector: Elector,
    /// The membership in force, and as it was at each index that a snapshot may still name.
    rolls: BTreeMap<u64, Roll>,
    /// The newest store that was seen of each peer, in the log or on a message.
    seen_stores: BTreeMap<u64, StoreId>,
    /// Tick of the last message of each peer in the current term.
    heard: BTreeMap<u64, u64>,
    ticks: u64,
    applied: u64,
    /// What the disk has; raft's own may be ahead by the commit index.
    saved: HardState,
    /// Bytes handed out since the last snapshot.
    bytes_since_snapshot: u64,
    wishes: BTreeMap<u64, Wish>,
    snapshots_sent: BTreeMap<u64, u64>,
    /// Newcomers that wait for a snapshot in which they are members.
    waiting: BTreeSet<u64>,
    reads: BTreeSet<u64>,
    told: Option<(Option<NodeId>, Term, Role)>,
    to_tell: Vec<Effect>,
    refused: u64,
    /// A round that was begun with `send_early` and waits for its writes.
    begun: Option<Ready>,
}

impl<S: LogStore> Replica<S> {
    /// Takes in one event. What follows from it comes with the next [`Replica::flush`].
    ///
    /// # Errors
    /// All errors are final; see [`Error`]. Bad bytes from a peer are counted, not an error.
    pub fn step(&mut self, input: Input) -> Result<(), Error> {
        if self.begun.is_some() {
            return Err(Error::Raft("step between send_early and flush".to_owned()));
        }
        match input {
            Input::Tick => self.tick(),
            Input::Received { from, message } => self.receive(from, &message),
            Input::LeaderLost { leader, rank } => self.leader_lost(leader, rank),
            Input::PeerUnreachable(peer) => {
                self.peer_unreachable(u64::from(peer.0));
                Ok(())
            }
        }
    }

    /// Puts `data` into the log, if this replica leads. Committed when [`Effect::Committed`] comes
    /// with the position returned here.
    ///
    /// # Errors
    /// See [`ProposeError`]; then the proposal is nowhere.
    pub fn propose(&mut self, data: Vec<u8>) -> Result<Position, ProposeError> {
        self.leading()?;
        if self.begun.is_some() {
            return Err(ProposeError::Busy);
        }
        if data.is_empty() || data.len() > limits::PROPOSAL_BYTES_MAX {
            return Err(ProposeError::Size);
        }
        self.raw.propose(Vec::new(), data).map_err(|_| ProposeError::Busy)?;
        let index = LogIndex(self.raw.raft.raft_log.last_index());
        Ok(Position { term: self.term(), index })
    }

    /// Hands out what a leader may send before its own disk has it, so that the followers' disks work
    /// at the same time as ours. Optional; carry it out and call [`Replica::flush`] next, with no
    /// input in between.
    pub fn send_early(&mut self, out: &mut Vec<Effect>) {
        self.drive_members();
        if self.begun.is_none() && self.raw.has_ready() {
            let mut ready = self.raw.ready();
            self.send(types::messages_from_raft(ready.take_messages()), out);
            self.begun = Some(ready);
        }
    }

    /// Writes what must be written, and hands out everything that has become due. Call it after
    /// each batch of inputs and proposals: all of them share one sync.
    ///
    /// # Errors
    /// All errors are final; effects handed out before are still valid.
    pub fn flush(&mut self, out: &mut Vec<Effect>) -> Result<(), Error> {
        out.append(&mut self.to_tell);
        self.send_early(out);
        while let Some(ready) = self.begun.take() {
            self.round(ready, out)?;
            self.send_early(out);
        }
        self.tell_role(out);
        let waiting = self.raw.store().take_waiting();
        if !waiting.is_empty() {
            self.waiting = waiting;
            out.push(Effect::SnapshotWanted);
        }
        match self.raw.store().take_failure() {
            Some(failure) => Err(Error::Store(failure)),
            None => Ok(()),
        }
    }

    fn round(&mut self, mut ready: Ready, out: &mut Vec<Effect>) -> Result<(), Error> {
        self.persist(&mut ready, out)?;
        self.send(types::messages_from_raft(ready.take_persisted_messages()), out);
        let reads = ready.take_read_states();
        let mut committed = ready.take_committed_entries();
        let mut light = self.raw.advance_append(ready);
        self.send(types::messages_from_raft(light.take_messages()), out);
        committed.extend(light.take_committed_entries());
        for entry in committed {
            self.apply(types::entry_from_raft(entry), out)?;
        }
        self.raw.advance_apply();
        self.step_down_if_removed();
        self.answer_reads(reads, out);
        Ok(())
    }

    fn persist(&mut self, ready: &mut Ready, out: &mut Vec<Effect>) -> Result<(), Error> {
        let hard = types::hard_from_raft(&self.raw.raft.hard_state());
        let has_snapshot = !ready.snapshot().is_empty();
        if !has_snapshot && ready.entries().is_empty() && !ready.must_sync() {
            // A commit index alone waits for the next write: raft finds it again by itself.
            return Ok(());
        }
        if has_snapshot {
            self.install(types::snapshot_from_raft(ready.snapshot().clone()), hard, out)?;
        }
        let entries: Vec<Entry> =
            ready.take_entries().into_iter().map(types::entry_from_raft).collect();
        self.save(&entries, hard)
    }

    fn save(&mut self, entries: &[Entry], mut hard: HardState) -> Result<(), Error> {
        let store = &mut self.raw.mut_store().store;
        // raft counts what this write brings as committed at times; the disk must not run ahead.
        let last = entries.last().map_or(store.bounds().last, |entry| entry.index);
        hard.commit = hard.commit.min(last);
        store.append(entries, Some(hard))?;
        store.sync()?;
        self.saved = hard;
        Ok(())
    }

    fn install(
        &mut self,
        snapshot: Snapshot,
        hard: HardState,
        out: &mut Vec<Effect>,
    ) -> Result<(), Error> {
        let meta = snapshot.metadata.clone().unwrap_or_default();
        let commit = HardState { commit: meta.index, ..hard };
        self.raw.mut_store().store.install(&snapshot, commit)?;
        let (people, effect) = open_snapshot(snapshot)?;
        self.rolls.clear();
        self.applied = meta.index;
        self.bytes_since_snapshot = 0;
        out.push(effect);
        self.adopt(meta.index, Roll::new(meta.conf_state.unwrap_or_default(), &people));
        out.append(&mut self.to_tell);
        Ok(())
    }

    fn apply(&mut self, entry: Entry, out: &mut Vec<Effect>) -> Result<(), Error> {
        self.applied = entry.index;
        self.bytes_since_snapshot += entry.data.len() as u64;
        if entry.entry_type == i32::from(EntryType::ConfChangeV2) {
            self.apply_change(&entry)?;
            out.append(&mut self.to_tell);
        } else if !entry.data.is_empty() {
            let at = Position { term: Term(entry.term), index: LogIndex(entry.index) };
            out.push(Effect::Committed { at, data: entry.data });
        }
        Ok(())
    }

    fn apply_change(&mut self, entry: &Entry) -> Result<(), Error> {
        if self.saved.commit < entry.index {
            let hard = types::hard_from_raft(&self.raw.raft.hard_state());
            self.save(&[], hard)?;
        }
        let (change, context) = check::conf_change(&entry.data)
            .map_err(|why| Error::Inconsistent(format!("entry {}: {why}", entry.index)))?;
        match self.raw.apply_conf_change(&types::change_to_raft(&change)) {
            Ok(conf) => {
                let mut roll = self.roll().clone();
                roll.conf = types::conf_from_raft(&conf);
                for node in roll.learn(&context) {
                    self.raw.mut_store().joined.insert(node, entry.index);
                }
                self.adopt(entry.index, roll);
            }
            // The same on every replica, as all of them hold the same membership here.
            Err(error) => tracing::error!(index = entry.index, %error, "impossible change"),
        }
        Ok(())
    }

    fn adopt(&mut self, index: u64, roll: Roll) {
        for (node, person) in &roll.people {
            let seen = self.seen_stores.entry(*node).or_insert(StoreId(0));
            *seen = (*seen).max(StoreId(person.store));
        }
        self.to_tell.push(Effect::Members(roll.members()));
        self.rolls.insert(index, roll);
    }

    fn roll(&self) -> &Roll {
        static NOBODY: Roll = Roll {
            conf: record::ConfState {
                voters: Vec::new(),
                learners: Vec::new(),
                voters_outgoing: Vec::new(),
                learners_next: Vec::new(),
                auto_leave: false,
            },
            people: BTreeMap::new(),
        };
        self.rolls.values().next_back().unwrap_or(&NOBODY)
    }

    fn tick(&mut self) -> Result<(), Error> {
        self.ticks += 1;
        self.raw.tick();
        self.retry_snapshots();
        self.campaign_if_due(true)
    }

    fn leader_lost(&mut self, leader: NodeId, rank: u32) -> Result<(), Error> {
        let lost = u64::from(leader.0);
        let follows = self.raw.raft.leader_id;
        if self.raw.raft.state == StateRole::Leader || (follows != 0 && follows != lost) {
            return Ok(());
        }
        let term = self.raw.raft.term;
        if self.raw.raft.state == StateRole::Follower {
            // Ends the lease, so that this replica grants the vote that it would refuse while it
            // hears a leader (Raft §6: disruptive servers).
            self.raw.raft.become_follower(term, raft::INVALID_ID);
        }
        self.elector.leader_lost(lost, term, rank);
        self.campaign_if_due(false)
    }

    fn campaign_if_due(&mut self, ticked: bool) -> Result<(), Error> {
        let raft = &self.raw.raft;
        let conf = &self.roll().conf;
        let now = Situation {
            alone: conf.voters == [self.me] && conf.voters_outgoing.is_empty(),
            leading: raft.state == StateRole::Leader,
            leader_known: raft.leader_id != raft::INVALID_ID,
            may_campaign: raft.promotable(),
            quiet: u32::try_from(raft.election_elapsed).unwrap_or(u32::MAX),
            voted_for_other: raft.vote != raft::INVALID_ID && raft.vote != self.me,
            term: raft.term,
        };
        if self.elector.is_due(now, ticked) {
            self.raw.raft.election_elapsed = 0;
            self.raw.campaign().map_err(|error| Error::Raft(error.to_string()))?;
        }
        Ok(())
    }

    fn send(&mut self, messages: Vec<record::Message>, out: &mut Vec<Effect>) {
        for message in messages {
            let Some(to) = node_id(message.to) else { continue };
            if message.msg_type == i32::from(MessageType::Snapshot) {
                self.snapshots_sent.insert(message.to, self.ticks);
            }
            let known = self.roll().store_of(message.to);
            let seen = self.seen_stores.get(&message.to).copied();
            let leading = self.raw.raft.state == StateRole::Leader;
            let to_store = if leading { known.or(seen) } else { seen };
            let envelope = Envelope {
                message: Some(message),
                from_store: self.store_id.0,
                to_store: to_store.map_or(0, |id| id.0),
            };
            out.push(Effect::Send { to, message: envelope.encode_to_vec() });
        }
    }

    fn tell_role(&mut self, out: &mut Vec<Effect>) {
        let now = (self.leader(), self.term(), self.role());
        if self.told != Some(now) {
            self.told = Some(now);
            let (leader, term, role) = now;
            out.push(Effect::Role { leader, term, role });
        }
    }

    fn leading(&self) -> Result<(), NotLeader> {
        match self.raw.raft.state {
            StateRole::Leader => Ok(()),
            StateRole::Follower | StateRole::Candidate | StateRole::PreCandidate => {
                Err(NotLeader { leader: self.leader() })
            }
        }
    }

    /// Who leads, as far as this replica knows.
    #[must_use]
    pub fn leader(&self) -> Option<NodeId> {
        node_id(self.raw.raft.leader_id)
    }

    /// The current term.
    #[must_use]
    pub fn term(&self) -> Term {
        Term(self.raw.raft.term)
    }

    /// What this replica plays now.
    #[must_use]
    pub fn role(&self) -> Role {
        match self.raw.raft.state {
            StateRole::Follower => Role::Follower,
            StateRole::Candidate | StateRole::PreCandidate => Role::Candidate,
            StateRole::Leader if self.raw.raft.apply_to_current_term() => Role::Leader,
            StateRole::Leader => Role::Elected,
        }
    }

    /// The membership in force; empty for a newcomer.
    #[must_use]
    pub fn members(&self) -> Members {
        self.roll().members()
    }

    /// The last entry that is known to be committed.
    #[must_use]
    pub fn commit_index(&self) -> LogIndex {
        LogIndex(self.raw.raft.raft_log.committed)
    }

    /// The last entry that was handed out.
    #[must_use]
    pub fn applied(&self) -> LogIndex {
        LogIndex(self.applied)
    }

    /// The last entry of the log, committed or not.
    #[must_use]
    pub fn last_index(&self) -> LogIndex {
        LogIndex(self.raw.raft.raft_log.last_index())
    }

    /// Which life of the store this replica runs on.
    #[must_use]
    pub fn store_id(&self) -> StoreId {
        self.store_id
    }

    /// Messages of peers that were refused: damaged, or for another life of a store.
    #[must_use]
    pub fn refused_messages(&self) -> u64 {
        self.refused
    }

    /// The store, to look at.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.raw.store().store
    }

    /// The store, when this replica has ended.
    #[must_use]
    pub fn into_store(self) -> S {
        self.raw.raft.r.raft_log.store.store
    }

    /// The store, to break it in tests.
    pub fn store_mut(&mut self) -> &mut S {
        &mut self.raw.mut_store().store
    }
}

fn make_snapshot(index: u64, term: u64, roll: &Roll, payload: Vec<u8>) -> Snapshot {
    let body = record::SnapshotBody {
        people: roll.people.values().copied().collect(),
        crc: crc32fast::hash(&payload),
        payload,
    };
    let conf_state = Some(roll.conf.clone());
    Snapshot {
        data: body.encode_to_vec(),
        metadata: Some(record::SnapshotMeta { conf_state, index, term }),
    }
}

fn open_snapshot(snapshot: Snapshot) -> Result<(Vec<record::Person>, Effect), Error> {
    let meta = snapshot.metadata.unwrap_or_default();
    let body = check::body(&snapshot.data)
        .map_err(|why| Error::Inconsistent(format!("snapshot {}: {why}", meta.index)))?;
    let at = Position { term: Term(meta.term), index: LogIndex(meta.index) };
    Ok((body.people, Effect::Restore { at, snapshot: body.payload }))
}
