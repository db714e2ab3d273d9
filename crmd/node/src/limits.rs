//! Every limit of a node, with the reason for its number.

use std::time::Duration;

/// A proposal that the log has not shown for this long is sent again; duplicates are harmless
/// (see [`crate::state::ClusterState`]), silence is not.
pub const RESEND_PROPOSAL: Duration = Duration::from_millis(400);

/// Changes that change nothing whose answer may wait for the proof that the leader still leads; more
/// go into the log like any other.
pub const UNCHANGED_MAX: usize = 256;

/// Clients of one node whose changes, and clients whose question for idleness, may wait at once.
pub const CLIENTS_MAX: usize = 1_024;

/// What a proposal has beside its entry, names of fields included, is less than this.
pub const PROPOSAL_HEAD_BYTES: usize = 256;

/// Clocks that are so few seconds apart count as the same: whole seconds and the way of a message
/// make up for as much.
pub const SAME_CLOCK_S: u64 = 2;

/// An order that its node has not acknowledged for this long is sent again.
pub const RESEND_ORDER: Duration = Duration::from_millis(400);

/// A leader that leaves waits this long for another to take over; then it goes all the same.
pub const HAND_OVER_PATIENCE: Duration = Duration::from_secs(3);

/// A node with an empty store asks again to be let learn after this long.
pub const RESEND_SEAT: Duration = Duration::from_millis(300);

/// A new DC asks again who has what in flight after this long without an answer.
pub const RESEND_SYNC: Duration = Duration::from_millis(200);

/// Lives of each node before the newest of which the state knows what they proposed: a daemon that
/// was restarted so often within the time of a message on its way is not worth more.
pub const REMEMBERED_LIVES: usize = 3;

/// Join secrets that may wait at once; the oldest go first.
pub const TOKENS_MAX: usize = 64;

/// Finished orders whose outcome a node remembers, should the order be repeated.
pub const REMEMBERED_ORDERS: usize = 4_096;

/// Attempts at fence devices that a node remembers, should their answers be asked for again: many
/// more than run at once.
pub const REMEMBERED_ATTEMPTS: usize = 256;

/// How long without a quorum before this node acts on `no-quorum-policy`. An election after the
/// loss of a leader takes some 100 ms and must not stop services; others take over only after
/// this node has been fenced, so that waiting costs no safety where fencing is on.
pub const QUORUM_GRACE: Duration = Duration::from_millis(1_500);

/// A stop that failed while this node is alone is tried again after this long, then after twice as
/// long, and so on up to [`RETRY_STOP_MAX`].
pub const RETRY_STOP: Duration = Duration::from_secs(2);

/// See [`RETRY_STOP`]. Each attempt is told to the log when it can be reached again.
pub const RETRY_STOP_MAX: Duration = Duration::from_secs(120);

/// Plans in a row that may change nothing but be followed by another at once. Beyond this the
/// next plan waits for [`CALM_DOWN`]: a loop must not eat the host.
pub const PLANS_IN_A_ROW: u32 = 50;

/// See [`PLANS_IN_A_ROW`].
pub const CALM_DOWN: Duration = Duration::from_secs(1);

/// A plan that takes longer than this is reported. The largest cluster that is built for needs a
/// quarter of it.
pub const PLAN_PATIENCE: Duration = Duration::from_secs(4);

/// So many starts of a resource on a node may follow each other closely before the next waits.
pub const RESTARTS_AT_ONCE: u32 = 4;

/// Starts that are closer to each other than this (and the pause before the second) are in a row:
/// what fails later than that has worked.
pub const RESTARTS_IN_A_ROW_WITHIN: Duration = Duration::from_secs(2);

/// The first pause before a start that follows others closely; each further one is twice as long,
/// up to [`RESTART_PAUSE_MAX`].
pub const RESTART_PAUSE: Duration = Duration::from_millis(100);

/// See [`RESTART_PAUSE`].
pub const RESTART_PAUSE_MAX: Duration = Duration::from_secs(10);

/// How long after a node was switched off for a reboot whoever drove the device waits for a leader
/// that sees to the "on". An election takes a fraction of it.
pub const OWED_ON_PATIENCE: Duration = Duration::from_secs(5);

/// After an "on" that failed it is tried again after twice this, then four times this, up to
/// [`OWED_ON_PAUSE_MAX`].
pub const OWED_ON_PAUSE: Duration = Duration::from_secs(5);

/// See [`OWED_ON_PAUSE`].
pub const OWED_ON_PAUSE_MAX: Duration = Duration::from_secs(60);

/// A planner that failed is asked again after this long even when nothing has changed.
pub const FAILED_PLANNER_PAUSE: Duration = Duration::from_secs(30);
/// Who is heard and owes an answer to the log, an order or a `Sync` for this long counts as lost: as
/// long as a main loop may stand still (`rota_membership::Timing::stall`).
pub const STANDS_STILL: Duration = Duration::from_secs(3);

/// The same while a snapshot is on its way: nothing can be acknowledged before the whole has arrived,
/// and the answers to what is behind it in the stream come no sooner.
pub const LEARNS_STILL: Duration = Duration::from_secs(30);

/// Who fell behind has to follow for this long before it belongs to the cluster again, and twice as
/// long each time that it falls again: each return ends in a fencing otherwise.
pub const FOLLOWS_AGAIN: Duration = Duration::from_secs(2);

/// See [`FOLLOWS_AGAIN`].
pub const FOLLOWS_AGAIN_MAX: Duration = Duration::from_secs(60);

/// See [`FOLLOWS_AGAIN`]: more make the wait no longer.
pub const FALLS_REMEMBERED: u32 = 8;

/// An answer that was not asked for again within this time is wanted no more: what is wanted is asked
/// for every [`RESEND_ORDER`].
pub const OWED_NO_MORE: Duration = Duration::from_millis(1_500);

/// Time between two rounds of the loop counts up to this for what others owe: a tick, and some more.
/// In a longer pause of our own they may have answered long ago.
pub const STEP_MAX: Duration = Duration::from_millis(150);
