//! Every number that bounds something here, with its reason.

use std::time::Duration;

/// How many past fencing actions are remembered; Pacemaker keeps as many.
pub const HISTORY_ENTRIES_MAX: usize = 500;

/// How many executors try one device in one round when its own retry count is smaller. Three
/// cover one broken path and one broken host; more would only delay the next level.
pub(crate) const EXECUTORS_PER_ROUND: usize = 3;

/// First pause after every level failed. Short: a management card may just be rebooting.
pub(crate) const RETRY_FIRST: Duration = Duration::from_secs(2);

/// Longest pause between rounds, so that a repaired device is used within a minute.
pub(crate) const RETRY_MAX: Duration = Duration::from_secs(60);

/// How much later than the attempt's own timeout its reply may arrive before the next executor
/// is asked: covers the way to the executor and back.
pub(crate) const REPLY_GRACE: Duration = Duration::from_millis(500);

/// Reasons kept per round; a round of nine levels with three executors each fits.
pub(crate) const REASONS_MAX: usize = 32;

/// Attempts whose late reply would still be understood. Older ones are forgotten; losing a late
/// proof costs time, never safety.
pub(crate) const OUTSTANDING_MAX: usize = 64;

/// Topology levels are numbered 1 to 9 in Pacemaker.
pub(crate) const LEVEL_MAX: u8 = 9;
