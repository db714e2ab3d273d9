//! The processes of a sandbox, found by the mark in their environment.
//!
//! A mark is inherited by whatever a host starts, however it detaches itself: that is what makes
//! "all that runs on this host" a set that can be found again without root.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::error::Error;

/// The variable that holds the mark: the directory of the host that the process is part of.
pub const MARK: &str = "ROTA_SANDBOX_HOST";

/// How long killed processes may take to be gone; the kernel may be busy.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whose processes.
#[derive(Clone, Copy)]
pub enum Whose<'a> {
    /// Exactly this mark.
    Of(&'a Path),
    /// Every mark below this directory.
    Below(&'a Path),
}

impl Whose<'_> {
    fn matches(self, mark: &[u8]) -> bool {
        match self {
            Self::Of(dir) => mark == dir.as_os_str().as_bytes(),
            Self::Below(dir) => mark
                .strip_prefix(dir.as_os_str().as_bytes())
                .is_some_and(|rest| rest.starts_with(b"/")),
        }
    }
}

/// The live processes of this user with such a mark. Those that have ended and wait for their
/// parent to notice have no environment any more, and do not count.
pub fn find(whose: Whose) -> Vec<Pid> {
    let me = nix::unistd::geteuid().as_raw();
    let own = nix::unistd::getpid();
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| {
            let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
            let ours = entry.metadata().ok()?.uid() == me;
            let marked = ours && has_mark(&entry.path(), whose);
            (marked && Pid::from_raw(pid) != own).then_some(Pid::from_raw(pid))
        })
        .collect()
}

fn has_mark(process: &Path, whose: Whose) -> bool {
    let Ok(environment) = fs::read(process.join("environ")) else { return false };
    environment.split(|byte| *byte == 0).any(|variable| {
        variable
            .strip_prefix(MARK.as_bytes())
            .and_then(|rest| rest.strip_prefix(b"="))
            .is_some_and(|mark| whose.matches(mark))
    })
}

/// Kills them all, and those that they start meanwhile, until none is left.
///
/// # Errors
/// When some do not go.
pub fn kill_all(whose: Whose) -> Result<(), Error> {
    // A process in the middle of exec(2) shows no environment for a moment.
    const EMPTY_LOOKS: u32 = 4;
    let deadline = Instant::now() + PATIENCE;
    let mut empty_looks = 0;
    loop {
        let found = find(whose);
        empty_looks = if found.is_empty() { empty_looks + 1 } else { 0 };
        if empty_looks == EMPTY_LOOKS {
            return Ok(());
        }
        if !found.is_empty() && Instant::now() > deadline {
            return Err(Error::TimedOut(format!("processes {found:?} cannot be killed")));
        }
        signal(&found, Signal::SIGKILL);
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Sends a signal to each; those that have ended meanwhile do not matter.
pub fn signal(pids: &[Pid], signal: Signal) {
    for pid in pids {
        let _ = kill(*pid, signal);
    }
}

/// The state letter that the kernel shows for a process (`T`: stopped).
pub fn state(pid: Pid) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit(')').next()?.trim_start().chars().next()
}

/// The name of its program.
pub fn program(pid: Pid) -> Option<String> {
    fs::read_to_string(format!("/proc/{pid}/comm")).ok().map(|name| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn what_bears_a_mark_is_found_and_killed_with_its_children() {
        let dir = tempfile::tempdir().unwrap();
        let host = dir.path().join("n1");
        let mut child = Command::new("sh")
            .args(["-c", "setsid sleep 600 & sleep 600"])
            .env(MARK, &host)
            .spawn()
            .unwrap();
        // Until all have passed exec(2), which hides the environment for a moment.
        let finds_three = |whose: Whose| {
            let deadline = Instant::now() + PATIENCE;
            while find(whose).len() != 3 && Instant::now() < deadline {
                std::thread::yield_now();
            }
            Instant::now() < deadline
        };
        assert!(finds_three(Whose::Of(&host)));
        assert!(finds_three(Whose::Below(dir.path())));
        assert_eq!(find(Whose::Of(&dir.path().join("n"))).len(), 0);
        kill_all(Whose::Of(&host)).unwrap();
        assert_eq!(find(Whose::Below(dir.path())).len(), 0);
        child.wait().unwrap();
    }
}
