//! raft logs by slog; here its words go to tracing.

use slog::{Drain, Level, Logger, OwnedKVList, Record};

struct ToTracing;

impl Drain for ToTracing {
    type Ok = ();
    type Err = slog::Never;

    fn log(&self, record: &Record<'_>, _: &OwnedKVList) -> Result<(), slog::Never> {
        match record.level() {
            Level::Critical | Level::Error => tracing::error!(target: "raft", "{}", record.msg()),
            Level::Warning => tracing::warn!(target: "raft", "{}", record.msg()),
            // raft's "info" tells of single votes; the replica's own effects tell the story.
            Level::Info | Level::Debug => tracing::debug!(target: "raft", "{}", record.msg()),
            Level::Trace => {}
        }
        Ok(())
    }

    fn is_enabled(&self, level: Level) -> bool {
        match level {
            Level::Critical | Level::Error | Level::Warning => true,
            Level::Info | Level::Debug => {
                tracing::enabled!(target: "raft", tracing::Level::DEBUG)
            }
            Level::Trace => false,
        }
    }
}

/// A logger whose lines are tracing events of the target `raft`.
pub(crate) fn raft_logger() -> Logger {
    Logger::root(ToTracing, slog::o!())
}
