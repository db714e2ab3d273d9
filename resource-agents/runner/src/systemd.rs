//! Units of systemd, by `systemctl`, which waits for the job's end as an agent would.
//!
//! No keeper: systemd itself carries the job out, and its state can be asked for at any time.

use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use crate::child::{self, End, Ended, Invocation, wall_now};
use crate::command::{outcome, unimplemented};
use crate::environment::environment;
use crate::limits::{OUTPUT_BYTES, UNIT_POLL};
use crate::outcome::{OcfCode, Outcome};
use crate::request::{Action, Request};
use crate::runner::Config;

/// What systemd says of a unit, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UnitState {
    Active,
    /// Starting or stopping: ask again.
    Changing,
    Inactive,
    NotFound,
}

pub(crate) async fn run(config: &Config, request: &Request, stop: &Notify) -> Outcome {
    let job = match request.action {
        Action::Start => Some("start"),
        Action::Stop => Some("stop"),
        Action::Reload => Some("reload"),
        Action::Monitor => None,
        Action::Promote
        | Action::Demote
        | Action::Notify
        | Action::ReloadAgent
        | Action::MigrateTo
        | Action::MigrateFrom
        | Action::MetaData
        | Action::ValidateAll => return unimplemented(request),
    };
    let unit = unit_name(request.agent.name());
    let (begun, started) = (Instant::now(), wall_now());
    let left = || request.timeout.saturating_sub(begun.elapsed());
    if let Some(job) = job {
        let ended = systemctl(config, request, &[job, &unit], left(), stop).await;
        if ended.end != End::Exited(0) {
            // LSB's words: 5 is "no such unit".
            return outcome(started, ended, |code| match code {
                5 => OcfCode::NotInstalled,
                _ => OcfCode::UnknownError,
            });
        }
    }
    let question = ["show", "--property=LoadState,ActiveState", &unit];
    loop {
        let mut ended = systemctl(config, request, &question, left(), stop).await;
        ended.ran = begun.elapsed();
        if ended.end != End::Exited(0) {
            return outcome(started, ended, |_| OcfCode::UnknownError);
        }
        if let Some(code) = answer(request.action, parse_state(&ended.stdout)) {
            return outcome(started, ended, |_| code);
        }
        if left() < UNIT_POLL {
            let out_of_time = Ended { end: End::TimedOut, ..ended };
            return outcome(started, out_of_time, OcfCode::from);
        }
        sleep(UNIT_POLL).await;
    }
}

async fn systemctl(
    config: &Config,
    request: &Request,
    args: &[&str],
    timeout: Duration,
    stop: &Notify,
) -> Ended {
    let invocation = Invocation {
        program: config.systemctl.clone(),
        args: args.iter().map(Into::into).collect(),
        env: environment(config, request),
        output_limit: OUTPUT_BYTES,
    };
    child::run(invocation, timeout, stop).await
}

/// A plain name means a service.
fn unit_name(name: &str) -> String {
    const KINDS: [&str; 8] =
        ["service", "socket", "mount", "timer", "path", "target", "slice", "device"];
    match name.rsplit_once('.') {
        Some((_, kind)) if KINDS.contains(&kind) => name.to_owned(),
        _ => format!("{name}.service"),
    }
}

fn parse_state(properties: &str) -> UnitState {
    let value =
        |name: &str| properties.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    if value("LoadState") == Some("not-found") {
        return UnitState::NotFound;
    }
    match value("ActiveState") {
        Some("active" | "reloading" | "refreshing") => UnitState::Active,
        Some("activating" | "deactivating" | "maintenance") => UnitState::Changing,
        Some(_) | None => UnitState::Inactive,
    }
}

/// What a state means for an action; `None` when it is too early to say.
fn answer(action: Action, state: UnitState) -> Option<OcfCode> {
    match (action, state) {
        (_, UnitState::Changing) => None,
        (Action::Stop, UnitState::Inactive | UnitState::NotFound) => Some(OcfCode::Ok),
        (Action::Stop, UnitState::Active) => Some(OcfCode::UnknownError),
        (_, UnitState::Active) => Some(OcfCode::Ok),
        (_, UnitState::NotFound) => Some(OcfCode::NotInstalled),
        (Action::Monitor, UnitState::Inactive) => Some(OcfCode::NotRunning),
        (_, UnitState::Inactive) => Some(OcfCode::UnknownError),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_read_as_systemd_prints_them() {
        for (text, state) in [
            ("LoadState=loaded\nActiveState=active\n", UnitState::Active),
            ("ActiveState=reloading\nLoadState=loaded\n", UnitState::Active),
            ("LoadState=loaded\nActiveState=activating\n", UnitState::Changing),
            ("LoadState=loaded\nActiveState=failed\n", UnitState::Inactive),
            ("LoadState=not-found\nActiveState=inactive\n", UnitState::NotFound),
            ("", UnitState::Inactive),
        ] {
            assert_eq!(parse_state(text), state, "{text:?}");
        }
    }

    #[test]
    fn states_answer_actions() {
        use UnitState::*;
        assert_eq!(answer(Action::Monitor, Inactive), Some(OcfCode::NotRunning));
        assert_eq!(answer(Action::Monitor, NotFound), Some(OcfCode::NotInstalled));
        assert_eq!(answer(Action::Start, Active), Some(OcfCode::Ok));
        assert_eq!(answer(Action::Start, Inactive), Some(OcfCode::UnknownError));
        assert_eq!(answer(Action::Start, Changing), None);
        assert_eq!(answer(Action::Stop, Inactive), Some(OcfCode::Ok));
        assert_eq!(answer(Action::Stop, Active), Some(OcfCode::UnknownError));
    }

    #[test]
    fn a_plain_name_is_a_service() {
        assert_eq!(unit_name("haproxy"), "haproxy.service");
        assert_eq!(unit_name("dbus-org.freedesktop.login1"), "dbus-org.freedesktop.login1.service");
        assert_eq!(unit_name("var-lib.mount"), "var-lib.mount");
    }
}
