//! Checks of foreign messages. Peers are authenticated, but raft-rs ends the process on what it
//! holds for impossible, so what it holds for impossible is turned away here.

use prost::Message as _;

use crate::limits;
use crate::record::{
    ChangeContext, ChangeType, ConfChange, ConfState, Entry, EntryType, Envelope, Message,
    MessageType, SnapshotBody,
};

/// Decodes an envelope and checks what can be checked without knowing the own state.
pub(crate) fn decode(
    from: u64,
    me: u64,
    bytes: &[u8],
) -> Result<(Envelope, Message), &'static str> {
    if bytes.len() > limits::MESSAGE_BYTES_MAX {
        return Err("message too large");
    }
    let mut envelope = Envelope::decode(bytes).map_err(|_| "not an envelope")?;
    let message = envelope.message.take().ok_or("no message")?;
    if message.from != from || message.to != me || from == me {
        return Err("wrong sender or receiver");
    }
    check_message(&message)?;
    Ok((envelope, message))
}

fn check_message(message: &Message) -> Result<(), &'static str> {
    let kind = MessageType::try_from(message.msg_type).map_err(|_| "unknown kind of message")?;
    // raft takes a message of term 0 for one of its own.
    if kind == MessageType::Hup || message.term == 0 {
        return Err("local message from a peer");
    }
    if message.request_snapshot != 0 || message.priority != 0 {
        return Err("feature not in use");
    }
    match kind {
        MessageType::Append => check_entries(message),
        MessageType::Snapshot => check_snapshot(message),
        MessageType::Hup
        | MessageType::AppendResponse
        | MessageType::RequestVote
        | MessageType::RequestVoteResponse
        | MessageType::Heartbeat
        | MessageType::HeartbeatResponse
        | MessageType::TimeoutNow
        | MessageType::RequestPreVote
        | MessageType::RequestPreVoteResponse => match message.entries.is_empty() {
            true => Ok(()),
            false => Err("entries in the wrong kind of message"),
        },
    }
}

fn check_entries(message: &Message) -> Result<(), &'static str> {
    let (mut index, mut term) = (message.index, message.log_term);
    // raft finds term 0 wherever its log holds nothing, and would take these for a match.
    if (index == 0) != (term == 0) {
        return Err("entries after nothing");
    }
    for entry in &message.entries {
        if Some(entry.index) != index.checked_add(1) || entry.term < term {
            return Err("entries out of order");
        }
        (index, term) = (entry.index, entry.term);
        check_entry(entry)?;
    }
    match term <= message.term {
        true => Ok(()),
        false => Err("entry from a future term"),
    }
}

fn check_entry(entry: &Entry) -> Result<(), &'static str> {
    match EntryType::try_from(entry.entry_type) {
        Ok(EntryType::Normal) => Ok(()),
        Ok(EntryType::ConfChangeV2) => conf_change(&entry.data).map(|_| ()),
        Ok(EntryType::ConfChange) | Err(_) => Err("unknown kind of entry"),
    }
}

/// Decodes and checks a change of membership.
pub(crate) fn conf_change(data: &[u8]) -> Result<(ConfChange, ChangeContext), &'static str> {
    let change = ConfChange::decode(data).map_err(|_| "not a change of membership")?;
    let context = ChangeContext::decode(change.context.as_slice()).map_err(|_| "bad context")?;
    if change.transition != 0 || change.changes.len() > limits::MEMBERS_MAX {
        return Err("unknown transition");
    }
    for single in &change.changes {
        if ChangeType::try_from(single.change_type).is_err() || !is_node(single.node) {
            return Err("bad change of a member");
        }
    }
    Ok((change, context))
}

fn check_snapshot(message: &Message) -> Result<(), &'static str> {
    let snapshot = message.snapshot.as_ref().ok_or("no snapshot in it")?;
    let meta = snapshot.metadata.as_ref().ok_or("no metadata in it")?;
    let conf = meta.conf_state.as_ref().ok_or("no membership in it")?;
    if meta.index == 0 || meta.term == 0 || meta.term > message.term {
        return Err("snapshot of nothing");
    }
    check_conf(conf)?;
    body(&snapshot.data).map(|_| ())
}

/// Decodes and checks the data of a snapshot.
pub(crate) fn body(data: &[u8]) -> Result<SnapshotBody, &'static str> {
    let body = SnapshotBody::decode(data).map_err(|_| "not the body of a snapshot")?;
    match crc32fast::hash(&body.payload) == body.crc {
        true => Ok(body),
        false => Err("checksum of the snapshot"),
    }
}

/// Whether raft can take this membership: it ends the process if not.
pub(crate) fn check_conf(conf: &ConfState) -> Result<(), &'static str> {
    let all = [&conf.voters, &conf.learners, &conf.voters_outgoing, &conf.learners_next];
    for set in all {
        let mut sorted = set.clone();
        sorted.sort_unstable();
        sorted.dedup();
        if sorted.len() != set.len() || !set.iter().all(|id| is_node(*id)) {
            return Err("bad member");
        }
    }
    let joint = !conf.voters_outgoing.is_empty();
    let voters = |id: &u64| conf.voters.contains(id) || conf.voters_outgoing.contains(id);
    if conf.voters.is_empty() || conf.learners.iter().any(voters) {
        return Err("no voters, or learners among them");
    }
    let next = |id: &u64| conf.voters_outgoing.contains(id) && !conf.voters.contains(id);
    if !conf.learners_next.iter().all(next) || (conf.auto_leave && !joint) {
        return Err("impossible joint membership");
    }
    Ok(())
}

fn is_node(id: u64) -> bool {
    id != 0 && u32::try_from(id).is_ok()
}
