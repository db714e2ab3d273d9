//! How an action ended.

use std::fmt;
use std::time::Duration;

use rota_ids::WallTime;
use serde::{Deserialize, Serialize};

/// Exit code of an agent. OCF 1.1 §3.3; 190 and 191 are Pacemaker's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "i32", into = "i32")]
pub enum OcfCode {
    /// 0: done, or running.
    Ok,
    /// 1: it failed, nobody says how.
    UnknownError,
    /// 2: a parameter makes no sense on this host.
    InvalidParameter,
    /// 3: the agent cannot do this.
    Unimplemented,
    /// 4: not allowed.
    InsufficientPrivilege,
    /// 5: something that the agent needs is not on this host.
    NotInstalled,
    /// 6: the configuration is wrong on every host.
    NotConfigured,
    /// 7: cleanly stopped.
    NotRunning,
    /// 8: running in the promoted role.
    RunningPromoted,
    /// 9: promoted, but failed.
    FailedPromoted,
    /// 190: works, but is not well.
    Degraded,
    /// 191: works as promoted, but is not well.
    DegradedPromoted,
    /// Anything else counts as a failure.
    Other(i32),
}

impl From<i32> for OcfCode {
    fn from(code: i32) -> Self {
        match code {
            0 => Self::Ok,
            1 => Self::UnknownError,
            2 => Self::InvalidParameter,
            3 => Self::Unimplemented,
            4 => Self::InsufficientPrivilege,
            5 => Self::NotInstalled,
            6 => Self::NotConfigured,
            7 => Self::NotRunning,
            8 => Self::RunningPromoted,
            9 => Self::FailedPromoted,
            190 => Self::Degraded,
            191 => Self::DegradedPromoted,
            other => Self::Other(other),
        }
    }
}

impl From<OcfCode> for i32 {
    fn from(code: OcfCode) -> Self {
        match code {
            OcfCode::Ok => 0,
            OcfCode::UnknownError => 1,
            OcfCode::InvalidParameter => 2,
            OcfCode::Unimplemented => 3,
            OcfCode::InsufficientPrivilege => 4,
            OcfCode::NotInstalled => 5,
            OcfCode::NotConfigured => 6,
            OcfCode::NotRunning => 7,
            OcfCode::RunningPromoted => 8,
            OcfCode::FailedPromoted => 9,
            OcfCode::Degraded => 190,
            OcfCode::DegradedPromoted => 191,
            OcfCode::Other(other) => other,
        }
    }
}

impl fmt::Display for OcfCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Self::Ok => "ok",
            Self::UnknownError => "error",
            Self::InvalidParameter => "invalid parameter",
            Self::Unimplemented => "unimplemented",
            Self::InsufficientPrivilege => "insufficient privileges",
            Self::NotInstalled => "not installed",
            Self::NotConfigured => "not configured",
            Self::NotRunning => "not running",
            Self::RunningPromoted => "promoted",
            Self::FailedPromoted => "promoted (failed)",
            Self::Degraded => "degraded",
            Self::DegradedPromoted => "promoted (degraded)",
            Self::Other(code) => return write!(f, "exit code {code}"),
        };
        f.write_str(word)
    }
}

/// Whether the code came from the agent, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// The agent ended by itself; the code is its own.
    Done,
    /// It was killed at its timeout; the code is [`OcfCode::UnknownError`].
    TimedOut,
    /// There is no such agent on this host; the code is [`OcfCode::NotInstalled`].
    NotInstalled,
    /// It did not run, or did not end by itself.
    Error(String),
    /// It was cancelled, or given up for an action that may not wait. Nothing is to be recorded.
    Cancelled,
    /// It ran when the daemon died, and nobody knows how it ended: look at the resource.
    Lost,
}

/// How an action ended. Every time is measured on this host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The agent's code, or what stands for it (see [`Status`]).
    pub code: OcfCode,
    /// Where the code comes from.
    pub status: Status,
    /// The last line with which the agent said why (`ocf-exit-reason:`), else our own reason.
    pub exit_reason: String,
    /// The end of its standard output.
    pub stdout: String,
    /// The end of its error output.
    pub stderr: String,
    /// When it was started.
    pub started: WallTime,
    /// How long it ran.
    pub exec_time: Duration,
    /// How long it waited for another action of the same resource.
    pub queue_time: Duration,
}

impl Outcome {
    /// An outcome of an action that was never begun.
    pub fn unstarted(code: OcfCode, status: Status, reason: String) -> Self {
        Self {
            code,
            status,
            exit_reason: reason,
            stdout: String::new(),
            stderr: String::new(),
            started: crate::child::wall_now(),
            exec_time: Duration::ZERO,
            queue_time: Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_keeps_its_number() {
        for code in [-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 137, 189, 190, 191, 192, 255] {
            assert_eq!(i32::from(OcfCode::from(code)), code);
        }
        assert_eq!(OcfCode::from(8), OcfCode::RunningPromoted);
        assert_eq!(OcfCode::from(10), OcfCode::Other(10));
    }
}
