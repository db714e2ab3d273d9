//! One process from spawn to end: own process group, bounded output, sure end.
//!
//! Spawned by `posix_spawn` (std takes that road as long as nothing runs between fork and exec), so
//! that a big daemon pays no page tables for each agent. The pipes are ours and not tokio's: at the
//! end we read what is in them without waiting for the reactor to tell us.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::future::Future;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use rota_ids::WallTime;
use tokio::net::unix::pipe::Receiver;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::limits::{KILL_WAIT, SPAWN_AGAIN, TERM_GRACE};
use crate::output::Tail;

/// What is started.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<OsString>,
    pub(crate) env: BTreeMap<String, String>,
    /// How much of each stream is kept.
    pub(crate) output_limit: usize,
}

/// How a process ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    Exited(i32),
    Signaled(i32),
    TimedOut,
    Cancelled,
    /// It ended and left no result (its keeper was killed).
    Lost,
    /// It was never started.
    Failed(String),
}

impl From<ExitStatus> for End {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Exited(code),
            (None, Some(signal)) => Self::Signaled(signal),
            (None, None) => Self::Lost,
        }
    }
}

/// A process that has ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) end: End,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) ran: Duration,
}

impl Ended {
    fn unstarted(error: &std::io::Error) -> Self {
        Self {
            end: End::Failed(error.to_string()),
            stdout: String::new(),
            stderr: String::new(),
            ran: Duration::ZERO,
        }
    }
}

/// Seconds since 1970 by this host's clock.
pub(crate) fn wall_now() -> WallTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    WallTime(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// Starts a process and waits until it has ended, at the latest a little after `timeout`.
pub(crate) async fn run(invocation: Invocation, timeout: Duration, stop: &Notify) -> Ended {
    let begun = Instant::now();
    let limit = invocation.output_limit;
    let (mut child, stdout, stderr) =
        match spawn_patiently(&invocation, begun + timeout, stop).await {
            Ok(spawned) => spawned,
            Err(error) => return Ended::unstarted(&error),
        };
    let Some(group) = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw) else {
        return Ended::unstarted(&std::io::Error::other("the process has no id"));
    };
    let mut streams = Streams::new(Some(stdout), Some(stderr), limit);
    let ended = async {
        match child.wait().await {
            Ok(status) => End::from(status),
            Err(_) => End::Lost,
        }
    };
    let end = watch(pin!(ended), group, &mut streams, begun + timeout, stop).await;
    let (stdout, stderr) = streams.finish();
    Ended { end, stdout, stderr, ran: begun.elapsed() }
}

type Spawned = (tokio::process::Child, Receiver, Receiver);

/// Starts it; where the host is short of something for the moment it is tried again, as long as the
/// action may take. That the manager ran out of files is no failure of the service.
async fn spawn_patiently(
    invocation: &Invocation,
    deadline: Instant,
    stop: &Notify,
) -> std::io::Result<Spawned> {
    loop {
        match spawn(invocation) {
            Err(error) if is_passing(&error) && Instant::now() + SPAWN_AGAIN < deadline => {
                tracing::warn!(%error, program = %invocation.program.display(), "not started yet");
                tokio::select! {
                    () = sleep_until(Instant::now() + SPAWN_AGAIN) => {}
                    () = stop.notified() => return Err(error),
                }
            }
            done => return done,
        }
    }
}

/// Whether the same call may well succeed a moment later.
fn is_passing(error: &std::io::Error) -> bool {
    use nix::errno::Errno::{EAGAIN, EMFILE, ENFILE, ENOMEM, ETXTBSY};
    let passing = [EAGAIN, EMFILE, ENFILE, ENOMEM, ETXTBSY].map(|errno| errno as i32);
    error.raw_os_error().is_some_and(|errno| passing.contains(&errno))
}

fn spawn(invocation: &Invocation) -> std::io::Result<Spawned> {
    let (stdout, stdout_writer) = std::io::pipe()?;
    let (stderr, stderr_writer) = std::io::pipe()?;
    let mut command = tokio::process::Command::new(&invocation.program);
    command
        .args(&invocation.args)
        .env_clear()
        .envs(&invocation.env)
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(stdout_writer)
        .stderr(stderr_writer);
    let child = command.spawn()?;
    let receiver = |reader: std::io::PipeReader| Receiver::from_owned_fd(OwnedFd::from(reader));
    Ok((child, receiver(stdout)?, receiver(stderr)?))
}

/// How far we are with a process that has to go.
enum Patience {
    Running,
    Asked(End),
    Killed(End),
}

/// Waits for `ended`, keeps the pipes flowing, and kills the group at the deadline or when told to
/// stop. A group is never killed after a normal exit: the service lives in it.
pub(crate) async fn watch(
    mut ended: Pin<&mut impl Future<Output = End>>,
    group: Pid,
    streams: &mut Streams,
    deadline: Instant,
    stop: &Notify,
) -> End {
    let mut patience = Patience::Running;
    let mut timer = pin!(sleep_until(deadline));
    loop {
        let running = matches!(patience, Patience::Running);
        let why = tokio::select! {
            end = &mut ended => {
                return match patience {
                    Patience::Running => end,
                    Patience::Asked(why) | Patience::Killed(why) => {
                        // The agent went; its children may have ignored the TERM.
                        signal_group(group, Signal::SIGKILL);
                        why
                    }
                };
            }
            () = streams.flow() => continue,
            () = timer.as_mut() => End::TimedOut,
            () = stop.notified(), if running => End::Cancelled,
        };
        patience = match patience {
            Patience::Running => {
                signal_group(group, Signal::SIGTERM);
                timer.as_mut().reset(Instant::now() + TERM_GRACE);
                Patience::Asked(why)
            }
            Patience::Asked(why) => {
                signal_group(group, Signal::SIGKILL);
                timer.as_mut().reset(Instant::now() + KILL_WAIT);
                Patience::Killed(why)
            }
            // Stuck in the kernel. Whoever asked must know now; init will reap it one day.
            Patience::Killed(why) => return why,
        };
    }
}

fn signal_group(group: Pid, signal: Signal) {
    // ESRCH: everybody is gone already, which is what we want.
    if let Err(error) = killpg(group, signal) {
        tracing::debug!(%group, %signal, %error, "process group not signalled");
    }
}

/// The two output pipes of a process.
#[derive(Debug)]
pub(crate) struct Streams {
    stdout: Stream,
    stderr: Stream,
}

#[derive(Debug)]
struct Stream {
    pipe: Option<Receiver>,
    tail: Tail,
}

impl Streams {
    pub(crate) fn new(stdout: Option<Receiver>, stderr: Option<Receiver>, limit: usize) -> Self {
        let stream = |pipe| Stream { pipe, tail: Tail::new(limit) };
        Self { stdout: stream(stdout), stderr: stream(stderr) }
    }

    /// Takes in the next piece of output; pending for ever when both pipes are closed.
    async fn flow(&mut self) {
        tokio::select! {
            () = self.stdout.flow() => {}
            () = self.stderr.flow() => {}
        }
    }

    /// Takes what is in the pipes now, without waiting, and closes them.
    pub(crate) fn finish(mut self) -> (String, String) {
        self.stdout.drain();
        self.stderr.drain();
        (self.stdout.tail.into_text(), self.stderr.tail.into_text())
    }
}

/// A pipe holds 64 kB unless somebody enlarges it; more than this is a flood that goes on.
const DRAIN_BYTES: usize = 1024 * 1024;

impl Stream {
    async fn flow(&mut self) {
        let Some(pipe) = &self.pipe else { return std::future::pending().await };
        let ready = pipe.readable().await;
        let mut buffer = [0; 4096];
        match ready.and_then(|()| pipe.try_read(&mut buffer)) {
            Ok(0) => self.pipe = None,
            Ok(length) => self.tail.push(&buffer[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => self.pipe = None,
        }
    }

    fn drain(&mut self) {
        let Some(pipe) = self.pipe.take() else { return };
        let mut buffer = [0; 4096];
        let mut taken = 0;
        while taken < DRAIN_BYTES {
            match nix::unistd::read(pipe.as_fd(), &mut buffer) {
                Ok(length) if length > 0 => self.tail.push(&buffer[..length]),
                Ok(_) | Err(_) => return,
            }
            taken += buffer.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_host_is_short_of_for_the_moment_is_tried_again() {
        use nix::errno::Errno::{E2BIG, EACCES, EAGAIN, EMFILE, ENFILE, ENOENT, ENOMEM};
        let of = |errno| is_passing(&std::io::Error::from(errno));
        assert!([EMFILE, ENFILE, EAGAIN, ENOMEM].into_iter().all(of));
        assert!(![E2BIG, ENOENT, EACCES].into_iter().any(of));
    }

    #[tokio::test]
    async fn what_cannot_be_handed_over_says_that_it_was_not_executed() {
        let env = BTreeMap::from([("OCF_RESKEY_big".to_owned(), "x".repeat(200_000))]);
        let program = "/bin/true".into();
        let invocation = Invocation { program, args: Vec::new(), env, output_limit: 100 };
        let ended = run(invocation, Duration::from_secs(20), &Notify::new()).await;
        let outcome = crate::command::outcome(wall_now(), ended, crate::OcfCode::from);
        assert!(outcome.exit_reason.starts_with("could not be executed: "), "{outcome:?}");
        assert!(matches!(outcome.status, crate::Status::Error(_)), "{outcome:?}");
    }
}
