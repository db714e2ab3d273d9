//! Every bound of this crate, with its reason.

/// One tick of the caller's clock, in milliseconds. Twenty wake-ups a second cost nothing that
/// can be measured and are fine enough for a fallback timer.
pub const TICK_MS: u64 = 50;

/// Without the detector's help a follower waits this long (1 s) before it campaigns; also the
/// time for which a follower that heard its leader refuses others, and raft's quorum check.
pub const ELECTION_TICKS: u32 = 20;

/// The leader's heartbeat (250 ms). Death is detected elsewhere, so this only has to keep
/// the lease alive: four chances within one election time.
pub const HEARTBEAT_TICKS: u32 = 5;

/// A snapshot on its way is taken for lost after this time (5 s).
pub const SNAPSHOT_RETRY_TICKS: u32 = 100;

/// Ticks between the campaigns of neighbouring ranks: 50 ms, many round trips of a LAN.
pub const STAGGER_TICKS: u32 = 1;

/// Ticks between two attempts of one replica while the leader is known to be lost.
pub const RETRY_TICKS: u32 = 2;

/// Fast attempts after the loss of a leader; then raft's slow timer takes over.
pub const FAST_ATTEMPTS: u32 = 10;

/// Who gave up the leadership because nothing of it arrived does not campaign for this long (4 s):
/// the others wait one to two election times before they do.
pub const HOLD_BACK_TICKS: u32 = 80;

/// A learner this close behind the commit index has caught up and may vote.
pub const CAUGHT_UP_ENTRIES: u64 = 16;

/// Voting members. Each commit waits for the majority of them, and 7 survive three failures.
pub const VOTERS_MAX: usize = 7;

/// All members, learners included: the largest cluster that is planned for.
pub const MEMBERS_MAX: usize = 128;

/// Entries kept below a snapshot, so that a follower that was away for a moment needs no snapshot.
pub const KEEP_ENTRIES: u64 = 1_000;

/// After this many entries since the last snapshot a new one is worth its cost.
pub const COMPACT_ENTRIES: u64 = 5_000;

/// The same, in bytes of entries.
pub const COMPACT_BYTES: u64 = 8 << 20;

/// One proposal. A whole imported configuration must fit.
pub const PROPOSAL_BYTES_MAX: usize = 16 << 20;

/// Entries in one append message; a single larger entry still goes alone.
pub const APPEND_BYTES: u64 = 256 << 10;

/// Append messages on the way to one follower.
pub const INFLIGHT_MESSAGES: usize = 64;

/// Entries that a leader holds without having committed them.
pub const UNCOMMITTED_BYTES_MAX: u64 = 64 << 20;

/// Committed entries handed out in one round.
pub const COMMITTED_BYTES: u64 = 1 << 20;

/// A message from a peer, snapshot included; larger ones are dropped before decoding.
pub const MESSAGE_BYTES_MAX: usize = 256 << 20;
