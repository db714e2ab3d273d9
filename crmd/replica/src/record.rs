//! The records on the wire and on disk.
//!
//! Field numbers are those of raft's own `eraftpb.proto`, so that a dump can be read with its
//! schema. Numbers are bare here because these are bytes about to be written; the types with
//! meaning stand in the crate's root. Fields are only ever added.

/// What an entry is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum EntryType {
    /// Data of the caller, or empty: the first entry of a term.
    Normal = 0,
    /// A membership change of the old kind. Never written by us, refused from others.
    ConfChange = 1,
    /// A [`ConfChange`].
    ConfChangeV2 = 2,
}

/// One entry of the log.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Entry {
    /// An [`EntryType`].
    #[prost(enumeration = "EntryType", tag = "1")]
    pub entry_type: i32,
    /// Term of the leader that made it.
    #[prost(uint64, tag = "2")]
    pub term: u64,
    /// Its place.
    #[prost(uint64, tag = "3")]
    pub index: u64,
    /// The proposal.
    #[prost(bytes = "vec", tag = "4")]
    pub data: Vec<u8>,
    /// Unused, kept because raft has it.
    #[prost(bytes = "vec", tag = "6")]
    pub context: Vec<u8>,
}

/// What a replica must never forget.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct HardState {
    /// The newest term seen.
    #[prost(uint64, tag = "1")]
    pub term: u64,
    /// Who got the vote in that term, 0 for nobody.
    #[prost(uint64, tag = "2")]
    pub vote: u64,
    /// The last index known to be committed; may lag behind.
    #[prost(uint64, tag = "3")]
    pub commit: u64,
}

/// Who takes part.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ConfState {
    /// Voters (of the incoming half while joint).
    #[prost(uint64, repeated, tag = "1")]
    pub voters: Vec<u64>,
    /// Members without a vote.
    #[prost(uint64, repeated, tag = "2")]
    pub learners: Vec<u64>,
    /// Voters of the outgoing half; not empty means joint.
    #[prost(uint64, repeated, tag = "3")]
    pub voters_outgoing: Vec<u64>,
    /// Outgoing voters that will be learners.
    #[prost(uint64, repeated, tag = "4")]
    pub learners_next: Vec<u64>,
    /// Leave the joint state as soon as possible.
    #[prost(bool, tag = "5")]
    pub auto_leave: bool,
}

/// Which entries a snapshot stands for.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SnapshotMeta {
    /// The membership at `index`.
    #[prost(message, optional, tag = "1")]
    pub conf_state: Option<ConfState>,
    /// The last entry included.
    #[prost(uint64, tag = "2")]
    pub index: u64,
    /// Its term.
    #[prost(uint64, tag = "3")]
    pub term: u64,
}

/// A state that replaces all entries up to an index.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Snapshot {
    /// An encoded [`SnapshotBody`].
    #[prost(bytes = "vec", tag = "1")]
    pub data: Vec<u8>,
    /// What it stands for.
    #[prost(message, optional, tag = "2")]
    pub metadata: Option<SnapshotMeta>,
}

/// The data of a snapshot.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SnapshotBody {
    /// Everyone who is or was a member.
    #[prost(message, repeated, tag = "1")]
    pub people: Vec<Person>,
    /// The caller's state.
    #[prost(bytes = "vec", tag = "2")]
    pub payload: Vec<u8>,
    /// CRC-32 of `payload`.
    #[prost(fixed32, tag = "3")]
    pub crc: u32,
}

/// What the log knows about one node beyond raft's membership.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Person {
    /// The node.
    #[prost(uint64, tag = "1")]
    pub node: u64,
    /// The newest store it took part with.
    #[prost(uint64, tag = "2")]
    pub store: u64,
    /// It shall vote once it has caught up.
    #[prost(bool, tag = "3")]
    pub votes: bool,
}

/// How one node changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum ChangeType {
    /// Becomes a voter.
    AddVoter = 0,
    /// Leaves.
    Remove = 1,
    /// Becomes a learner.
    AddLearner = 2,
}

/// One part of a [`ConfChange`].
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct ChangeSingle {
    /// A [`ChangeType`].
    #[prost(enumeration = "ChangeType", tag = "1")]
    pub change_type: i32,
    /// Whom it concerns.
    #[prost(uint64, tag = "2")]
    pub node: u64,
}

/// A change of membership, the data of a [`EntryType::ConfChangeV2`] entry.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ConfChange {
    /// 0 is raft's "auto": simple when one node changes, joint when several do.
    #[prost(int32, tag = "1")]
    pub transition: i32,
    /// The parts; none of them means: leave the joint state.
    #[prost(message, repeated, tag = "2")]
    pub changes: Vec<ChangeSingle>,
    /// An encoded [`ChangeContext`].
    #[prost(bytes = "vec", tag = "3")]
    pub context: Vec<u8>,
}

/// What a change says beyond raft's part.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ChangeContext {
    /// New or changed records.
    #[prost(message, repeated, tag = "1")]
    pub people: Vec<Person>,
}

/// The kinds of message that travel between replicas. raft's other kinds are local, or are not
/// used: proposals and read requests go to the leader by the caller's own means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum MessageType {
    /// Raft's zero value, a local kind; refused on the wire.
    Hup = 0,
    /// Entries from the leader.
    Append = 3,
    /// The answer to `Append` and `Snapshot`.
    AppendResponse = 4,
    /// A candidate asks for a vote.
    RequestVote = 5,
    /// The answer.
    RequestVoteResponse = 6,
    /// A state instead of entries.
    Snapshot = 7,
    /// The leader lives.
    Heartbeat = 8,
    /// So does the follower.
    HeartbeatResponse = 9,
    /// Leadership is handed over: campaign now.
    TimeoutNow = 14,
    /// Could I win?
    RequestPreVote = 17,
    /// The answer.
    RequestPreVoteResponse = 18,
}

/// One message between replicas, see raft's `eraftpb.proto` for the fields.
#[derive(Clone, PartialEq, prost::Message)]
#[expect(missing_docs, reason = "the fields are raft's, described in its eraftpb.proto")]
pub struct Message {
    #[prost(enumeration = "MessageType", tag = "1")]
    pub msg_type: i32,
    #[prost(uint64, tag = "2")]
    pub to: u64,
    #[prost(uint64, tag = "3")]
    pub from: u64,
    #[prost(uint64, tag = "4")]
    pub term: u64,
    #[prost(uint64, tag = "5")]
    pub log_term: u64,
    #[prost(uint64, tag = "6")]
    pub index: u64,
    #[prost(message, repeated, tag = "7")]
    pub entries: Vec<Entry>,
    #[prost(uint64, tag = "8")]
    pub commit: u64,
    #[prost(uint64, tag = "15")]
    pub commit_term: u64,
    #[prost(message, optional, tag = "9")]
    pub snapshot: Option<Snapshot>,
    #[prost(uint64, tag = "13")]
    pub request_snapshot: u64,
    #[prost(bool, tag = "10")]
    pub reject: bool,
    #[prost(uint64, tag = "11")]
    pub reject_hint: u64,
    #[prost(bytes = "vec", tag = "12")]
    pub context: Vec<u8>,
    #[prost(int64, tag = "16")]
    pub priority: i64,
}

/// A message with the stores between which it travels.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Envelope {
    /// The message.
    #[prost(message, optional, tag = "1")]
    pub message: Option<Message>,
    /// The sender's store.
    #[prost(uint64, tag = "2")]
    pub from_store: u64,
    /// The store that the sender believes to talk to, 0 if it does not know.
    #[prost(uint64, tag = "3")]
    pub to_store: u64,
}
