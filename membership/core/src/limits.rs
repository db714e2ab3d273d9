//! Every bound of this crate, with the reason for the number.

use std::time::Duration;

/// Most full nodes in one cluster: a set of nodes is one 64-bit word in [`crate::choose`], and a
/// heartbeat that lists them all still fits one Ethernet frame.
pub const NODES_MAX: usize = 64;

/// Most networks between the nodes (issue 2: one to eight).
pub const LINKS_MAX: usize = 8;

/// Heartbeats whose time of sending is remembered on each link: more than the detection time
/// holds at the default interval, prompt answers included.
pub(crate) const SENT_REMEMBERED: usize = 64;

/// Boots of a peer's host that were replaced by a newer one and are never believed again.
pub(crate) const RETIRED_BOOTS_MAX: usize = 8;

/// Within this time losses of a peer count as flapping.
pub(crate) const FLAPPING_WINDOW: Duration = Duration::from_secs(60);

/// Losses within it after which a new life of a peer still counts at once: a power-cut, a reboot.
pub(crate) const LOSSES_FORGIVEN: usize = 1;

/// Losses of a peer whose times are kept.
pub(crate) const LOSSES_REMEMBERED: usize = 8;

/// Longest time for which a flapping peer must be heard steadily before it counts again.
pub(crate) const PROBATION_MAX: Duration = Duration::from_secs(10);

/// A daemon that is restarted more often than this within [`RESTARTS_WINDOW`] keeps dying: it is heard
/// in between, does nothing, and would count as there for ever. (A rolling update restarts it once.)
pub(crate) const RESTARTS_TOLERATED: usize = 3;

/// See [`RESTARTS_TOLERATED`].
pub(crate) const RESTARTS_WINDOW: Duration = Duration::from_secs(10);

/// How long a daemon that kept dying must be up to count again.
pub(crate) const RESTARTS_STEADY: Duration = Duration::from_secs(5);

/// Own pauses that are forgiven before a silent peer must be heard: a host that stops again and
/// again must not put off a verdict for ever.
pub(crate) const PAUSES_FORGIVEN_MAX: u32 = 4;

/// Detection times that a new matrix waits at most while one node after the other is in doubt.
pub(crate) const DOUBTS_IN_A_ROW: u32 = 4;

/// Goodbyes on each link: with a fifth of all packets lost, all are lost once in 15,000 times.
pub(crate) const GOODBYES: u32 = 6;

/// Shortest interval: a timer of a busy host is not more exact than this.
pub(crate) const INTERVAL_MIN: Duration = Duration::from_millis(5);
/// Longest interval that still makes sense with the longest detection time.
pub(crate) const INTERVAL_MAX: Duration = Duration::from_secs(5);
/// Fewest heartbeats in a detection time: fewer would make one lost packet and one late timer a death.
pub(crate) const BEATS_IN_SILENCE_MIN: u32 = 4;
/// Most heartbeats in a detection time: the echo of any of them must still be remembered.
pub(crate) const BEATS_IN_SILENCE_MAX: u32 = 30;
/// Longest detection time: beyond it an operator is faster.
pub(crate) const SILENCE_MAX: Duration = Duration::from_secs(60);
/// Longest of the other waits.
pub(crate) const WAIT_MAX: Duration = Duration::from_secs(600);
