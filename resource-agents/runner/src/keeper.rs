//! The keeper: parent of one agent, outlives the daemon, writes down how the agent ended.
//!
//! It holds the reading ends of the agent's pipes as well, so that an agent whose daemon died is
//! not killed by its next message, and a new daemon can take the pipes over.
//!
//! Called as `KEEPER RESULT-FILE PROGRAM ARGS...`. The daemon waits for it as if it were the agent.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use nix::sys::signal::SigSet;

use crate::child::End;

/// What the keeper exits with when it could not start the agent.
const NOT_STARTED: u8 = 127;

/// Runs the keeper to its end and gives its own exit code: the agent's, or 128 + signal.
///
/// `args` are the result file, the program and its arguments.
pub fn main(args: impl IntoIterator<Item = OsString>) -> u8 {
    let mut args = args.into_iter();
    let (Some(result), Some(program)) = (args.next(), args.next()) else {
        return NOT_STARTED;
    };
    let _pipes = [File::open("/proc/self/fd/1"), File::open("/proc/self/fd/2")];
    let agent = Command::new(program).args(args).spawn();
    // Signals to the group are for the agent; we only report. Not before the agent is there: it
    // and every service that it starts would inherit the mask, and could not be ended.
    let _ = SigSet::all().thread_block();
    let end = match agent.and_then(|mut agent| agent.wait()) {
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => End::Exited(code),
            (None, signal) => End::Signaled(signal.unwrap_or_default()),
        },
        Err(error) => End::Failed(error.to_string()),
    };
    // Nobody is there to be told of a failure; a missing result counts as lost.
    let _ = write_result(Path::new(&result), &end);
    match end {
        End::Exited(code) => u8::try_from(code).unwrap_or(u8::MAX),
        End::Signaled(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        End::Failed(_) | End::TimedOut | End::Cancelled | End::Lost => NOT_STARTED,
    }
}

fn write_result(path: &Path, end: &End) -> std::io::Result<()> {
    let text = match end {
        End::Exited(code) => format!("exit {code}\n"),
        End::Signaled(signal) => format!("signal {signal}\n"),
        End::Failed(why) => format!("failed {}\n", why.replace('\n', " ")),
        End::TimedOut | End::Cancelled | End::Lost => return Ok(()),
    };
    File::options().write(true).create(true).truncate(true).open(path)?.write_all(text.as_bytes())
}

/// Reads what a keeper wrote. `None` while it is not complete, or makes no sense.
pub(crate) fn read_result(path: &Path) -> Option<End> {
    let text = std::fs::read_to_string(path).ok()?;
    let (kind, value) = text.strip_suffix('\n')?.split_once(' ')?;
    match kind {
        "exit" => value.parse().ok().map(End::Exited),
        "signal" => value.parse().ok().map(End::Signaled),
        "failed" => Some(End::Failed(value.to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_starts_with_all_signals_open() {
        let dir = tempfile::tempdir().unwrap();
        let seen = dir.path().join("seen");
        let script = format!("grep SigBlk /proc/self/status > {}", seen.display());
        let result = dir.path().join("7.result");
        let words = [result.as_os_str(), "/bin/sh".as_ref(), "-c".as_ref(), script.as_ref()];
        assert_eq!(main(words.map(ToOwned::to_owned)), 0);
        let seen = std::fs::read_to_string(seen).unwrap();
        assert_eq!(seen.trim_start_matches("SigBlk:").trim().trim_matches('0'), "", "{seen}");
    }

    #[test]
    fn a_result_is_read_as_it_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("7.result");
        assert_eq!(read_result(&path), None);
        for end in [End::Exited(7), End::Signaled(9), End::Failed("no such\nfile".into())] {
            write_result(&path, &end).unwrap();
            let expected = match end {
                End::Failed(_) => End::Failed("no such file".into()),
                other => other,
            };
            assert_eq!(read_result(&path), Some(expected));
        }
        std::fs::write(&path, "exit 1").unwrap();
        assert_eq!(read_result(&path), None, "a line without its end is half a line");
    }
}
