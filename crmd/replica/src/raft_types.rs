//! The only file that names raft's protobuf types.
//!
//! Records are converted field by field, so that protobuf 2.x never parses foreign bytes. The one
//! exception is the change of membership inside an entry, which raft parses itself: `check` has
//! decoded it with prost before.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use raft::eraftpb as pb;
use raft::{GetEntriesContext, RaftState, Storage, StorageError};

use crate::record::{
    ChangeSingle, ConfChange, ConfState, Entry, HardState, Message, Snapshot, SnapshotMeta,
};
use crate::{LogStore, StoreError, limits};

/// raft's view of our store. A read that fails is remembered, raft is told to come back later, and
/// the replica ends at the next flush: raft itself would end the process.
pub(crate) struct Disk<S> {
    pub store: S,
    /// At which entry a node joined with the store it has now; missing for those that did before
    /// the snapshot.
    pub joined: BTreeMap<u64, u64>,
    failure: RefCell<Option<StoreError>>,
    waiting: RefCell<BTreeSet<u64>>,
}

impl<S: LogStore> Disk<S> {
    pub fn new(store: S) -> Self {
        Disk {
            store,
            joined: BTreeMap::new(),
            failure: RefCell::new(None),
            waiting: RefCell::new(BTreeSet::new()),
        }
    }

    /// Peers that need a snapshot and cannot use the one that is here, since asked last.
    pub fn take_waiting(&self) -> BTreeSet<u64> {
        self.waiting.take()
    }

    /// The first read that failed, once.
    pub fn take_failure(&self) -> Option<StoreError> {
        self.failure.borrow_mut().take()
    }

    fn fail(&self, error: StoreError, say: StorageError) -> raft::Error {
        self.failure.borrow_mut().get_or_insert(error);
        raft::Error::Store(say)
    }
}

impl<S: LogStore> Storage for Disk<S> {
    fn initial_state(&self) -> raft::Result<RaftState> {
        let conf = self.store.snapshot_meta().conf_state.unwrap_or_default();
        Ok(RaftState::new(hard_to_raft(self.store.hard_state()), conf_to_raft(&conf)))
    }

    fn entries(
        &self,
        low: u64,
        high: u64,
        max_size: impl Into<Option<u64>>,
        _: GetEntriesContext,
    ) -> raft::Result<Vec<pb::Entry>> {
        if low < self.store.bounds().first {
            return Err(raft::Error::Store(StorageError::Compacted));
        }
        let bytes_max = max_size.into().unwrap_or(limits::UNCOMMITTED_BYTES_MAX);
        match self.store.entries(low, high, bytes_max) {
            Ok(entries) => Ok(entries.into_iter().map(entry_to_raft).collect()),
            Err(error) => Err(self.fail(error, StorageError::LogTemporarilyUnavailable)),
        }
    }

    fn term(&self, index: u64) -> raft::Result<u64> {
        if index + 1 < self.store.bounds().first {
            return Err(raft::Error::Store(StorageError::Compacted));
        }
        self.store.term(index).map_err(|error| self.fail(error, StorageError::Unavailable))
    }

    fn first_index(&self) -> raft::Result<u64> {
        Ok(self.store.bounds().first)
    }

    fn last_index(&self) -> raft::Result<u64> {
        Ok(self.store.bounds().last)
    }

    fn snapshot(&self, request_index: u64, to: u64) -> raft::Result<pb::Snapshot> {
        let later = StorageError::SnapshotTemporarilyUnavailable;
        let meta = self.store.snapshot_meta();
        // A newcomer needs one that is younger than its joining: in an older one it is no member,
        // or worse, still the voter whose disk it lost.
        let joined = self.joined.get(&to).copied().unwrap_or(0);
        if meta.index < request_index.max(joined).max(1) {
            self.waiting.borrow_mut().insert(to);
            return Err(raft::Error::Store(later));
        }
        match self.store.snapshot() {
            Ok(snapshot) => Ok(snapshot_to_raft(snapshot)),
            Err(error) => Err(self.fail(error, later)),
        }
    }
}

pub(crate) fn hard_from_raft(hard: &pb::HardState) -> HardState {
    HardState { term: hard.term, vote: hard.vote, commit: hard.commit }
}

fn hard_to_raft(hard: HardState) -> pb::HardState {
    let mut out = pb::HardState::default();
    (out.term, out.vote, out.commit) = (hard.term, hard.vote, hard.commit);
    out
}

pub(crate) fn conf_from_raft(conf: &pb::ConfState) -> ConfState {
    let sorted = |ids: &[u64]| {
        let mut ids = ids.to_vec();
        // raft keeps sets in hash order; ours must be the same on every replica.
        ids.sort_unstable();
        ids
    };
    ConfState {
        voters: sorted(&conf.voters),
        learners: sorted(&conf.learners),
        voters_outgoing: sorted(&conf.voters_outgoing),
        learners_next: sorted(&conf.learners_next),
        auto_leave: conf.auto_leave,
    }
}

fn conf_to_raft(conf: &ConfState) -> pb::ConfState {
    let mut out = pb::ConfState::default();
    out.voters.clone_from(&conf.voters);
    out.learners.clone_from(&conf.learners);
    out.voters_outgoing.clone_from(&conf.voters_outgoing);
    out.learners_next.clone_from(&conf.learners_next);
    out.auto_leave = conf.auto_leave;
    out
}

pub(crate) fn change_to_raft(change: &ConfChange) -> pb::ConfChangeV2 {
    let mut out = pb::ConfChangeV2::default();
    out.set_changes(change.changes.iter().map(single_to_raft).collect());
    out.context = change.context.clone().into();
    out
}

fn single_to_raft(single: &ChangeSingle) -> pb::ConfChangeSingle {
    let mut out = pb::ConfChangeSingle { node_id: single.node, ..Default::default() };
    out.set_change_type(match single.change_type {
        1 => pb::ConfChangeType::RemoveNode,
        2 => pb::ConfChangeType::AddLearnerNode,
        _ => pb::ConfChangeType::AddNode,
    });
    out
}

pub(crate) fn entry_from_raft(mut entry: pb::Entry) -> Entry {
    Entry {
        entry_type: entry.get_entry_type() as i32,
        term: entry.term,
        index: entry.index,
        data: entry.take_data().to_vec(),
        context: entry.take_context().to_vec(),
    }
}

fn entry_to_raft(entry: Entry) -> pb::Entry {
    let mut out = pb::Entry::default();
    // Only these two pass `check`, and only they are written.
    out.set_entry_type(match entry.entry_type {
        2 => pb::EntryType::EntryConfChangeV2,
        _ => pb::EntryType::EntryNormal,
    });
    (out.term, out.index) = (entry.term, entry.index);
    out.data = entry.data.into();
    out.context = entry.context.into();
    out
}

pub(crate) fn snapshot_from_raft(mut snapshot: pb::Snapshot) -> Snapshot {
    let meta = snapshot.take_metadata();
    Snapshot {
        data: snapshot.take_data().to_vec(),
        metadata: Some(SnapshotMeta {
            conf_state: Some(conf_from_raft(meta.get_conf_state())),
            index: meta.index,
            term: meta.term,
        }),
    }
}

fn snapshot_to_raft(snapshot: Snapshot) -> pb::Snapshot {
    let meta = snapshot.metadata.unwrap_or_default();
    let mut out = pb::Snapshot { data: snapshot.data.into(), ..Default::default() };
    let to = out.mut_metadata();
    (to.index, to.term) = (meta.index, meta.term);
    to.set_conf_state(conf_to_raft(&meta.conf_state.unwrap_or_default()));
    out
}

/// Without the kinds that do not travel: raft forwards transfers and reads, we do not.
pub(crate) fn messages_from_raft(messages: Vec<pb::Message>) -> Vec<Message> {
    messages.into_iter().filter_map(message_from_raft).collect()
}

fn message_from_raft(mut message: pb::Message) -> Option<Message> {
    let msg_type = message.get_msg_type() as i32;
    crate::record::MessageType::try_from(msg_type).ok()?;
    Some(Message {
        msg_type,
        to: message.to,
        from: message.from,
        term: message.term,
        log_term: message.log_term,
        index: message.index,
        entries: message.take_entries().into_iter().map(entry_from_raft).collect(),
        commit: message.commit,
        commit_term: message.commit_term,
        snapshot: message.has_snapshot().then(|| snapshot_from_raft(message.take_snapshot())),
        request_snapshot: message.request_snapshot,
        reject: message.reject,
        reject_hint: message.reject_hint,
        context: message.take_context().to_vec(),
        priority: message.priority,
    })
}

/// `None` for a kind that raft does not have.
pub(crate) fn message_to_raft(message: Message) -> Option<pb::Message> {
    let mut out = pb::Message::default();
    out.set_msg_type(<pb::MessageType as protobuf::ProtobufEnum>::from_i32(message.msg_type)?);
    (out.to, out.from, out.term) = (message.to, message.from, message.term);
    (out.log_term, out.index) = (message.log_term, message.index);
    out.set_entries(message.entries.into_iter().map(entry_to_raft).collect());
    (out.commit, out.commit_term) = (message.commit, message.commit_term);
    if let Some(snapshot) = message.snapshot {
        out.set_snapshot(snapshot_to_raft(snapshot));
    }
    (out.reject, out.reject_hint) = (message.reject, message.reject_hint);
    out.context = message.context.into();
    Some(out)
}
