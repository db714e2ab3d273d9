//! A supervisor for hosts whose init system has none: starts the daemon again when it dies.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// A daemon that lived at least this long died of something new: it is started again at once, so
/// that its peers hardly notice.
const LIVED_WELL: Duration = Duration::from_secs(2);

/// How long a daemon that dies young has to wait, at first and at most.
const WAIT_FIRST: Duration = Duration::from_millis(100);
const WAIT_MOST: Duration = Duration::from_secs(5);

/// Runs the daemon until it ends by itself with success.
///
/// # Errors
/// When it cannot be started at all.
pub fn run(config: &Path) -> Result<ExitCode> {
    let program = std::env::current_exe().context("finding this program")?;
    let mut wait = WAIT_FIRST;
    loop {
        let began = Instant::now();
        let status = Command::new(&program)
            .arg("--config")
            .arg(config)
            .status()
            .with_context(|| format!("starting {}", program.display()))?;
        if status.success() {
            return Ok(ExitCode::SUCCESS);
        }
        tracing::error!(%status, "the daemon ended; it is started again");
        if began.elapsed() >= LIVED_WELL {
            wait = WAIT_FIRST;
            continue;
        }
        std::thread::sleep(wait);
        wait = (wait * 2).min(WAIT_MOST);
    }
}
