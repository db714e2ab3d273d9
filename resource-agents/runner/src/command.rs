//! From a request to a program, and from an exit code back to OCF's words.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rota_ids::WallTime;

use crate::child::{End, Ended, Invocation};
use crate::environment::environment;
use crate::limits::{METADATA_BYTES, OUTPUT_BYTES};
use crate::outcome::{OcfCode, Outcome, Status};
use crate::output::exit_reason;
use crate::request::{Action, Class, Request};
use crate::runner::Config;

/// How a request is carried out.
#[derive(Debug)]
pub(crate) enum Plan {
    /// One call of an OCF agent.
    Ocf(Invocation),
    /// One call of an init script.
    Lsb(Invocation),
    /// A unit of systemd.
    Unit,
}

/// Finds the program of a request; the error is the outcome of an action that cannot begin.
pub(crate) fn plan(config: &Config, request: &Request) -> Result<Plan, Box<Outcome>> {
    match request.agent.class() {
        Class::Ocf => {
            let dir = config.ocf_root.join("resource.d").join(request.agent.provider());
            let program = executable(dir.join(request.agent.name()))?;
            Ok(Plan::Ocf(invocation(config, request, program, request.action.as_str())))
        }
        Class::Lsb => lsb(config, request),
        Class::Systemd => Ok(Plan::Unit),
        Class::Service if init_script(config, request).exists() => lsb(config, request),
        Class::Service => Ok(Plan::Unit),
    }
}

fn init_script(config: &Config, request: &Request) -> PathBuf {
    config.init_dir.join(request.agent.name())
}

fn lsb(config: &Config, request: &Request) -> Result<Plan, Box<Outcome>> {
    let word = match request.action {
        Action::Start => "start",
        Action::Stop => "stop",
        Action::Monitor => "status",
        Action::Reload => "reload",
        Action::Promote
        | Action::Demote
        | Action::Notify
        | Action::ReloadAgent
        | Action::MigrateTo
        | Action::MigrateFrom
        | Action::MetaData
        | Action::ValidateAll => return Err(Box::new(unimplemented(request))),
    };
    let program = executable(init_script(config, request))?;
    Ok(Plan::Lsb(invocation(config, request, program, word)))
}

/// The outcome of an action that this class of agents does not have.
pub(crate) fn unimplemented(request: &Request) -> Outcome {
    let reason = format!("{} has no action '{}'", request.agent, request.action);
    Outcome::unstarted(OcfCode::Unimplemented, Status::Done, reason)
}

fn invocation(config: &Config, request: &Request, program: PathBuf, word: &str) -> Invocation {
    let output_limit =
        if request.action == Action::MetaData { METADATA_BYTES } else { OUTPUT_BYTES };
    Invocation { program, args: vec![word.into()], env: environment(config, request), output_limit }
}

/// Whether this is a file that somebody may execute.
pub(crate) fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

fn executable(path: PathBuf) -> Result<PathBuf, Box<Outcome>> {
    let missing = |reason| {
        let outcome = Outcome::unstarted(OcfCode::NotInstalled, Status::NotInstalled, reason);
        Err(Box::new(outcome))
    };
    match fs::metadata(&path) {
        Ok(found) if !found.is_file() => missing(format!("{} is not a file", path.display())),
        Ok(found) if found.permissions().mode() & 0o111 == 0 => Err(Box::new(Outcome::unstarted(
            OcfCode::InsufficientPrivilege,
            Status::Error("agent not executable".into()),
            format!("{} is not executable", path.display()),
        ))),
        Ok(_) => Ok(path),
        Err(error) => missing(format!("{}: {error}", path.display())),
    }
}

/// Puts a keeper before a program: it starts the program and writes the result file.
pub(crate) fn below_keeper(config: &Config, invocation: &mut Invocation, result: &Path) {
    let Some(keeper) = &config.keeper else { return };
    let mut args: Vec<_> = keeper.args.iter().map(Into::into).collect();
    args.push(result.into());
    let program = std::mem::replace(&mut invocation.program, keeper.program.clone());
    args.push(program.into());
    args.append(&mut invocation.args);
    invocation.args = args;
}

/// What an init script's exit code means. LSB Core 3.1 §20.2: `status` has codes of its own, the
/// codes of the other actions are those of OCF up to 7.
pub(crate) fn lsb_code(action: Action, code: i32) -> OcfCode {
    match (action, code) {
        (Action::Monitor, 0) => OcfCode::Ok,
        // Dead, with or without a pid file or a lock left behind.
        (Action::Monitor, 1..=3) => OcfCode::NotRunning,
        (Action::Monitor, _) => OcfCode::UnknownError,
        // "Not running": just what a stop is for.
        (Action::Stop, 7) => OcfCode::Ok,
        (_, code) => OcfCode::from(code),
    }
}

/// Joins how a process ended with what its exit code means.
pub(crate) fn outcome(
    started: WallTime,
    ended: Ended,
    meaning: impl FnOnce(i32) -> OcfCode,
) -> Outcome {
    let said = exit_reason(&ended.stderr).map(str::to_owned);
    let (code, status, ours) = match ended.end {
        End::Exited(code) => (meaning(code), Status::Done, String::new()),
        End::Signaled(signal) => {
            let text = format!("killed by signal {signal}");
            (OcfCode::UnknownError, Status::Error(text.clone()), text)
        }
        End::TimedOut => {
            (OcfCode::UnknownError, Status::TimedOut, "did not end within its timeout".into())
        }
        End::Cancelled => (OcfCode::UnknownError, Status::Cancelled, "cancelled".into()),
        End::Lost => (
            OcfCode::UnknownError,
            Status::Lost,
            "it ended while the daemon was away, nobody knows how".into(),
        ),
        End::Failed(why) => {
            let why = format!("could not be executed: {why}");
            (OcfCode::UnknownError, Status::Error(why.clone()), why)
        }
    };
    Outcome {
        code,
        status,
        exit_reason: said.unwrap_or(ours),
        stdout: ended.stdout,
        stderr: ended.stderr,
        started,
        exec_time: ended.ran,
        queue_time: std::time::Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn init_scripts_are_understood() {
        use Action::*;
        for (action, code, meaning) in [
            (Monitor, 0, OcfCode::Ok),
            (Monitor, 1, OcfCode::NotRunning),
            (Monitor, 2, OcfCode::NotRunning),
            (Monitor, 3, OcfCode::NotRunning),
            (Monitor, 4, OcfCode::UnknownError),
            (Monitor, 150, OcfCode::UnknownError),
            (Start, 0, OcfCode::Ok),
            (Start, 5, OcfCode::NotInstalled),
            (Start, 7, OcfCode::NotRunning),
            (Stop, 7, OcfCode::Ok),
            (Stop, 1, OcfCode::UnknownError),
        ] {
            assert_eq!(lsb_code(action, code), meaning, "{action} {code}");
        }
    }
}
