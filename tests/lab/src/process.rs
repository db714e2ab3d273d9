//! Commands, and processes that end with us.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// A command that the kernel kills when the thread that started it ends.
pub(crate) fn bound_to_us(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// Runs a command to its end; an error when it fails, with what it said.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{command:?}"))?;
    checked(output, command)
}

/// Runs a command with this text on its standard input.
pub(crate) fn run_with_input(command: &mut Command, input: &str) -> Result<String> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("{command:?}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    checked(child.wait_with_output()?, command)
}

fn checked(output: Output, command: &Command) -> Result<String> {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("{command:?}: {}\n{text}{errors}", output.status);
    }
    Ok(text)
}

/// A child that is killed and reaped when dropped.
#[derive(Debug)]
pub(crate) struct Bound(pub(crate) Child);

impl Drop for Bound {
    fn drop(&mut self) {
        // Errors mean that it is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Looks every few milliseconds until `fact` holds; an error when it does not within `limit`.
pub fn wait_until(
    what: &str,
    limit: Duration,
    mut fact: impl FnMut() -> Result<bool>,
) -> Result<Duration> {
    let begun = Instant::now();
    while !fact()? {
        if begun.elapsed() > limit {
            bail!("not within {limit:?}: {what}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(begun.elapsed())
}

/// Where the build put its programs: the directory above the test's own.
pub(crate) fn build_dir() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let dir = own.parent().context("no directory")?;
    let is_deps = dir.file_name().is_some_and(|name| name == "deps");
    Ok(if is_deps { dir.parent().unwrap_or(dir) } else { dir }.to_owned())
}

/// Where the programs under test are: ROTA_BIN_DIR, else where this test was built.
pub(crate) fn bin_dir() -> Result<PathBuf> {
    match std::env::var_os("ROTA_BIN_DIR") {
        Some(dir) => Ok(dir.into()),
        None => build_dir(),
    }
}

/// The helper program of this crate.
pub(crate) fn tool() -> Result<PathBuf> {
    let path = build_dir()?.join("rota-lab-tool");
    if !path.exists() {
        bail!("{} is missing: build the package rota-lab", path.display());
    }
    Ok(path)
}

/// Whether a program can be found.
pub(crate) fn installed(program: &str) -> bool {
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        .iter()
        .any(|dir| Path::new(dir).join(program).exists())
}
