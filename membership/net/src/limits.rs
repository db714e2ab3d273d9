//! Every bound of this crate, with the reason for the number.

use std::time::Duration;

/// Most bytes of a datagram: what a heartbeat about 64 nodes needs, and what an Ethernet frame
/// holds below the headers of UDP, IPv6 and one VXLAN tunnel.
pub(crate) const DATAGRAM_MAX: usize = 1400;

/// Datagrams taken from one socket before timers are looked at again: a flood delays our own
/// heartbeats by less than a millisecond.
pub(crate) const BATCH_MAX: usize = 64;

/// Rejected datagrams in one round that count as a flood: as much as half a batch.
pub(crate) const FLOOD: u64 = 32;

/// Rest after a round with a flood in it. A thread with real-time priority would otherwise keep a
/// core for itself; so a flood costs about a fifth of one and drowns its own link only.
pub(crate) const FLOOD_REST: Duration = Duration::from_millis(1);

/// Bytes that the kernel may queue for us on each socket: some seconds of heartbeats of 64 nodes.
pub(crate) const RECEIVE_BUFFER: usize = 512 * 1024;

/// Older keys that are still accepted, for one rotation under way and one before it.
pub(crate) const OLDER_KEYS_MAX: usize = 3;

/// Lives of one peer whose replay windows are kept on one link: the present one, a newcomer, and
/// two that recordings may bring up.
pub(crate) const LIVES_MAX: usize = 4;

/// How long a caller waits for the thread's answer.
pub(crate) const ANSWER_MAX: Duration = Duration::from_secs(1);

/// Stack of the thread: everything it calls is shallow.
pub(crate) const STACK: usize = 256 * 1024;
