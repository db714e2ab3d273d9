//! After a restart of the daemon: results that nobody has heard of, and agents that still run.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;
use rota_ids::Text;
use tokio::net::unix::pipe::Receiver;
use tokio::time::{Instant, sleep};

use crate::child::{End, Ended, Streams, watch};
use crate::journal::{Begun, Journal};
use crate::keeper::read_result;
use crate::limits::{ORPHAN_POLL, OUTPUT_BYTES};
use crate::outcome::Outcome;
use crate::queue::{Queues, Turn};
use crate::request::{Action, OpId};

/// What the journal knows when the daemon comes back.
#[derive(Debug, Default)]
pub struct Recovered {
    /// Operations with a result (which may be [`crate::Status::Lost`]) that was never reported.
    pub finished: Vec<RecoveredOutcome>,
    /// Operations whose agent still runs. Their resources are taken until
    /// [`crate::Runner::adopt`] has seen them end.
    pub in_flight: Vec<InFlight>,
}

/// The result of an operation that an earlier daemon began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveredOutcome {
    /// The operation.
    pub op: OpId,
    /// What the caller gave with it.
    pub note: String,
    /// The resource.
    pub resource: Text,
    /// What was done to it.
    pub action: Action,
    /// How it ended.
    pub outcome: Outcome,
}

/// An agent that an earlier daemon began and that still runs.
#[derive(Debug)]
pub struct InFlight {
    /// The operation.
    pub op: OpId,
    /// What the caller gave with it.
    pub note: String,
    /// The resource.
    pub resource: Text,
    /// What is being done to it.
    pub action: Action,
    pub(crate) begun: Begun,
    result: PathBuf,
    keeper: Pid,
    streams: Streams,
    turn: Turn,
}

/// Time since the boot, on the clock that all processes of this host share.
pub(crate) fn boot_clock() -> Duration {
    clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from).unwrap_or_default()
}

impl InFlight {
    pub(crate) fn new(
        journal: &Journal,
        begun: &Begun,
        keeper: Pid,
        queues: &Queues,
    ) -> Option<Self> {
        let pipe = |fd: u8| open_pipe(keeper, fd).ok();
        Some(Self {
            op: begun.op,
            note: begun.note.clone(),
            resource: begun.resource.clone(),
            action: begun.action,
            begun: begun.clone(),
            result: journal.result_path(begun.op),
            keeper,
            streams: Streams::new(pipe(1), pipe(2), OUTPUT_BYTES),
            turn: queues.occupy(&begun.resource, begun.op)?,
        })
    }

    /// Waits for the agent's end, with what is left of its time. The turn comes back with it.
    pub(crate) async fn watch(mut self) -> (Begun, Ended, Turn) {
        let deadline = self.begun.begun + self.begun.timeout;
        let left = deadline.saturating_sub(boot_clock());
        let ended = pin!(poll_end(self.keeper, &self.result));
        let deadline = Instant::now() + left;
        let end = watch(ended, self.keeper, &mut self.streams, deadline, self.turn.stop()).await;
        let (stdout, stderr) = self.streams.finish();
        let ran = boot_clock().saturating_sub(self.begun.begun);
        (self.begun, Ended { end, stdout, stderr, ran }, self.turn)
    }
}

async fn poll_end(keeper: Pid, result: &Path) -> End {
    loop {
        // In this order: a keeper that went between the two looks has written before it went.
        let gone = !is_keeper_of(keeper, result);
        if let Some(end) = read_result(result) {
            return end;
        }
        if gone {
            return End::Lost;
        }
        sleep(ORPHAN_POLL).await;
    }
}

/// A second reading end of a pipe that another process holds.
fn open_pipe(pid: Pid, fd: u8) -> io::Result<Receiver> {
    let path = format!("/proc/{pid}/fd/{fd}");
    // Non-blocking, or the open of a pipe without writers would hang.
    tokio::net::unix::pipe::OpenOptions::new().open_receiver(path)
}

/// All keepers that run on this host, by the result file that each will write.
pub(crate) fn keepers(results: &[PathBuf]) -> BTreeMap<PathBuf, Pid> {
    let mut found = BTreeMap::new();
    if results.is_empty() {
        return found;
    }
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let pid = Pid::from_raw(pid);
        if let Some(result) = results.iter().find(|result| is_keeper_of(pid, result)) {
            found.insert(result.clone(), pid);
        }
    }
    found
}

/// Whether a process is the keeper that will write this file. Its own child looks the same for the
/// moment between fork and exec, but does not lead a group. Anybody may give a process of his own the
/// same arguments: a keeper runs as the user that we are.
fn is_keeper_of(pid: Pid, result: &Path) -> bool {
    let owner = fs::metadata(format!("/proc/{pid}")).map(|found| found.uid());
    if owner.ok() != Some(nix::unistd::geteuid().as_raw()) {
        return false;
    }
    let Ok(arguments) = fs::read(format!("/proc/{pid}/cmdline")) else { return false };
    arguments.split(|byte| *byte == 0).any(|argument| argument == result.as_os_str().as_bytes())
        && nix::unistd::getpgid(Some(pid)) == Ok(pid)
}
