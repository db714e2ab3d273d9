//! Every limit of this crate, each with its reason.

use std::time::Duration;

/// How long a process group has between TERM and KILL. Agents that clean up on TERM do so in
/// milliseconds; each moment more delays the recovery that waits for the timeout.
pub const TERM_GRACE: Duration = Duration::from_millis(500);

/// How long we wait for a killed agent to be gone. Only a process stuck in the kernel (a dead
/// disk, a dead NFS server) takes longer; its action has failed all the same.
pub const KILL_WAIT: Duration = Duration::from_secs(2);

/// How long another action waits for a recurring monitor before it kills it. Most monitors end
/// within this time; one that hangs must not keep a stop from running.
pub const MONITOR_GRACE: Duration = Duration::from_millis(500);

/// How much of an agent's output is kept: the last bytes, where the reason of a failure stands.
pub const OUTPUT_BYTES: usize = 16 * 1024;

/// How much meta-data an agent may print; the largest known agent prints less than 50 kB.
pub const METADATA_BYTES: usize = 1024 * 1024;

/// How long an agent may take to print its meta-data.
pub const METADATA_TIMEOUT: Duration = Duration::from_secs(20);

/// How deep meta-data may nest; the standard needs five levels.
pub const METADATA_DEPTH: usize = 32;

/// Size from which the journal is written anew with only what still matters.
pub const JOURNAL_BYTES: u64 = 256 * 1024;

/// Largest record that is believed when a journal is read: output kept, twice, escaped, and room.
pub const RECORD_BYTES: u32 = 1024 * 1024;

/// How often an agent that outlived our predecessor is looked at. Happens only after a crash.
pub const ORPHAN_POLL: Duration = Duration::from_millis(20);

/// How often a unit that is starting or stopping is looked at.
pub const UNIT_POLL: Duration = Duration::from_millis(250);

/// An agent that could not be started for want of memory, processes or files is tried again after
/// this long: others end all the time.
pub(crate) const SPAWN_AGAIN: Duration = Duration::from_millis(100);
