//! Commands on the configuration: the grammar of `pcs`, worked out on the CIB as it stands (or on
//! that of a file, with `-f FILE`) and handed in as changes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rota_cib::change::Author;
use rota_cib::{Cib, xml};
use rota_ids::WallTime;

use crate::agents::HostAgents;
use crate::client::{Client, Histories};
use crate::commands::{self, Context, Needs, Outcome, UserError, Wait};
use crate::error::Error;

/// How often a command is worked out anew when somebody else changed the configuration meanwhile.
const ATTEMPTS: usize = 20;

/// How long a move may take before its constraint is left to the administrator.
const MOVE_PATIENCE: Duration = Duration::from_secs(120);

/// Runs `rota AREA ARGS`; on the file that `-f` or `CIB_file` names instead of a cluster.
///
/// # Errors
/// With what to do about it.
pub fn run(area: &str, args: &[String]) -> Result<(), Error> {
    if !commands::AREAS.contains(&area) {
        return Err(crate::usage(area));
    }
    let mut words = vec![area.to_owned()];
    words.extend_from_slice(args);
    let named = take_file(&mut words)?;
    if let Some(file) = named.or_else(|| std::env::var("CIB_file").ok()) {
        return on_file(&file, &words);
    }
    // Help needs no cluster.
    if args.is_empty() || args.iter().any(|word| word == "help" || word == "--help") {
        let outcome = work_out(&words, &Cib::default(), None)?;
        crate::say(&outcome.text);
        return Ok(());
    }
    on_cluster(&words)
}

/// Takes `-f FILE` out of the words: the configuration to work on instead of the cluster's.
fn take_file(words: &mut Vec<String>) -> Result<Option<String>, Error> {
    let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
    let Some(at) = words[..end].iter().position(|word| word == "-f") else { return Ok(None) };
    if at + 1 >= end {
        return Err(Error::Usage("-f wants a file with a CIB".to_owned()));
    }
    let file = words.remove(at + 1);
    words.remove(at);
    Ok(Some(file))
}

fn on_cluster(words: &[String]) -> Result<(), Error> {
    let mut client = Client::connect()?;
    for attempt in 1..=ATTEMPTS {
        let (cib, via) = match commands::needs(words) {
            Needs::Nothing => (Cib::default(), None),
            Needs::Configuration => client.cib_and_name(Histories::LeftOut).map(known)?,
            Needs::Histories => client.cib_and_name(Histories::Wanted).map(known)?,
        };
        let outcome = work_out(words, &cib, via.as_deref())?;
        let author = Author { client: "rota".into(), ..Author::default() };
        let mut refused = None;
        for change in outcome.changes_for(&cib, author) {
            if let Err(error) = client.change(&change) {
                refused = Some(error);
                break;
            }
        }
        match refused {
            None => return finish(&mut client, &outcome),
            // Compare-and-swap: somebody was faster.
            Some(Error::Stale(_)) if attempt < ATTEMPTS => {}
            Some(error) => return Err(error),
        }
    }
    Err(Error::Refused("the configuration keeps changing; try again".to_owned()))
}

fn known((cib, via): (Cib, String)) -> (Cib, Option<String>) {
    (cib, Some(via))
}

fn finish(client: &mut Client, outcome: &Outcome) -> Result<(), Error> {
    for message in &outcome.messages {
        eprintln!("{message}");
    }
    crate::say(&outcome.text);
    match outcome.wait {
        Some(Wait::Forever) => client.wait_idle(Duration::from_secs(24 * 3600))?,
        Some(Wait::Seconds(seconds)) => client.wait_idle(Duration::from_secs(seconds))?,
        None => {}
    }
    if outcome.remove_when_settled.is_empty() {
        return Ok(());
    }
    client.wait_idle(MOVE_PATIENCE).map_err(|error| {
        Error::TimedOut(format!(
            "{error}. The move's constraint stays until you remove it: rota constraint delete {}",
            outcome.remove_when_settled.join(" ")
        ))
    })?;
    let mut words = vec!["constraint".to_owned(), "delete".to_owned()];
    words.extend(outcome.remove_when_settled.iter().cloned());
    on_cluster(&words)
}

fn on_file(path: &str, words: &[String]) -> Result<(), Error> {
    let explain = |error: std::io::Error| Error::File(format!("{path}: {error}"));
    let text = std::fs::read(path).map_err(explain)?;
    let mut cib = xml::read(&text).map_err(|error| Error::Refused(format!("{path}: {error}")))?;
    let outcome = work_out(words, &cib, None)?;
    let author = Author { client: "rota".into(), ..Author::default() };
    let changes = outcome.changes_for(&cib, author);
    for change in &changes {
        rota_cib::change::apply(&mut cib, change, now())
            .map_err(|refused| Error::Refused(refused.to_string()))?;
    }
    // A question leaves the file as it is.
    if !changes.is_empty() {
        std::fs::write(path, xml::write(&cib)).map_err(explain)?;
    }
    for message in &outcome.messages {
        eprintln!("{message}");
    }
    crate::say(&outcome.text);
    Ok(())
}

fn work_out(words: &[String], cib: &Cib, local_node: Option<&str>) -> Result<Outcome, Error> {
    let agents = HostAgents::default();
    let context = Context { cib, agents: &agents, local_node, now: now() };
    commands::run(words, &context).map_err(|error| match error {
        UserError::Usage(_) | UserError::UnknownCommand { .. } | UserError::UnknownFlag { .. } => {
            Error::Usage(error.to_string())
        }
        UserError::NotFound { .. }
        | UserError::Taken(_)
        | UserError::Refused { .. }
        | UserError::Invalid(_) => Error::Refused(error.to_string()),
    })
}

/// The time by this host's clock.
pub fn now() -> WallTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    WallTime(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
