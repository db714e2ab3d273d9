//! Runs an agent: words in, words and exit code out, never longer than allowed.

use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStdin, Command};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use crate::limits::{OUTPUT_BYTES_MAX, OUTPUT_GRACE};

/// How an agent ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

/// Why it did not end by itself.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    #[error("failed to run {program}")]
    Start { program: String, source: io::Error },
    #[error("killed at its deadline")]
    TimeUp,
}

/// Runs a program with this standard input until it ends or the deadline kills its group.
///
/// Waits for the end of the program, not of its output: something it left behind may hold the
/// pipe. Its environment is empty but for a path and a plain language.
pub(crate) async fn run(
    program: &Path,
    arguments: &[&str],
    input: &[u8],
    deadline: Instant,
) -> Result<Ended, Failed> {
    let start = |source| Failed::Start { program: program.display().to_string(), source };
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(start)?;
    let mut group = Group(child.id());
    let stdout = Collector::start(child.stdout.take());
    let stderr = Collector::start(child.stderr.take());
    let pipe = child.stdin.take();
    let both = async {
        // Nobody must read its input before it ends; an agent that closes it early is fine.
        let (_, status) = tokio::join!(feed(pipe, input), child.wait());
        status
    };
    let Ok(status) = timeout_at(deadline, both).await else {
        group.kill();
        let _ = child.wait().await;
        group.forget();
        return Err(Failed::TimeUp);
    };
    let status: ExitStatus = status.map_err(start)?;
    group.forget();
    let (stdout, stderr) = tokio::join!(stdout.finish(), stderr.finish());
    Ok(Ended { code: status.code(), stdout, stderr })
}

async fn feed(pipe: Option<ChildStdin>, input: &[u8]) {
    if let Some(mut pipe) = pipe {
        let _ = pipe.write_all(input).await;
        let _ = pipe.shutdown().await;
    }
}

/// A process group that is killed when its call is dropped half-way.
struct Group(Option<u32>);

impl Group {
    fn kill(&self) {
        if let Some(id) = self.0.and_then(|id| i32::try_from(id).ok()) {
            // Gone already is what we want.
            let _ = killpg(Pid::from_raw(id), Signal::SIGKILL);
        }
    }

    /// The leader was reaped: the number may belong to somebody else from now on.
    fn forget(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Reads a pipe in the background and keeps the first part; the rest is read and dropped, so that
/// a talkative agent does not block.
struct Collector {
    words: watch::Receiver<Vec<u8>>,
    task: tokio::task::JoinHandle<()>,
}

impl Collector {
    fn start(pipe: Option<impl AsyncRead + Unpin + Send + 'static>) -> Self {
        let (keep, words) = watch::channel(Vec::new());
        let task = tokio::spawn(async move {
            let Some(mut pipe) = pipe else { return };
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = pipe.read(&mut buffer).await {
                keep.send_modify(|kept| {
                    let room = OUTPUT_BYTES_MAX.saturating_sub(kept.len());
                    kept.extend_from_slice(&buffer[..length.min(room)]);
                });
            }
        });
        Self { words, task }
    }

    async fn finish(mut self) -> Vec<u8> {
        let _ = timeout(OUTPUT_GRACE, &mut self.task).await;
        self.task.abort();
        self.words.borrow_and_update().clone()
    }
}
