//! What goes wrong for people, and with which exit code.

use std::process::ExitCode;

/// An error with the exit code that belongs to it. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command's words are wrong. Nothing was asked of the cluster.
    #[error("{0}")]
    Usage(String),
    /// The cluster, or a rule of ours, refused. Nothing was changed.
    #[error("{0}")]
    Refused(String),
    /// What was asked for was worked out on a configuration that has changed since. Nothing was
    /// changed; working it out again may help.
    #[error("{0}")]
    Stale(String),
    /// The daemon cannot be reached.
    #[error("{0}")]
    NoDaemon(String),
    /// Something was not finished in time. It may still be.
    #[error("{0}")]
    TimedOut(String),
    /// A file cannot be used.
    #[error("{0}")]
    File(String),
}

impl Error {
    /// The exit code, after sysexits(3) and crm_error(8): 64 usage, 102 not connected, 124 time.
    pub fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Usage(_) => 64,
            Self::Refused(_) | Self::Stale(_) => 1,
            Self::NoDaemon(_) => 102,
            Self::TimedOut(_) => 124,
            Self::File(_) => 74,
        })
    }
}

impl From<rota_settings::Error> for Error {
    fn from(error: rota_settings::Error) -> Self {
        let source =
            std::error::Error::source(&error).map(|s| format!(": {s}")).unwrap_or_default();
        Self::File(format!("{error}{source}"))
    }
}
