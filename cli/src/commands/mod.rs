//! What people type, as functions on a configuration: the grammar is `pcs`'s.
//!
//! [`run`] takes the words after `rota`, the Cib that they are about and what is known of agents,
//! and gives the configuration that results, or says what to do instead. It does no input and no
//! output: the caller sends the [`Outcome`] to the cluster, or writes it into a file.
//!
//! One file a verb family. Ids are made as `pcs` makes them, so that scripts find what they expect.

mod agents;
mod constraint;
mod error;
mod find;
mod help;
mod node;
mod property;
mod refs;
mod resource;
mod rule;
mod sets;
mod show;
mod stonith;
mod tag;
mod words;
mod work;

pub use agents::{Action, AgentInfo, AgentMetadata, AgentSpec, Parameter};
pub use error::UserError;
pub use work::{Context, Outcome, Wait};

use words::Words;
use work::Work;

/// Areas of commands that this module knows.
pub const AREAS: [&str; 6] = ["resource", "stonith", "constraint", "node", "property", "tag"];

/// Runs one command.
///
/// # Errors
/// [`UserError`], which always says what to do; nothing has changed then.
pub fn run(args: &[String], context: &Context<'_>) -> Result<Outcome, UserError> {
    if let Some(text) = asked_for_help(args) {
        return Ok(Outcome { text: format!("{text}\n"), ..Outcome::default() });
    }
    let words = Words::parse(args)?;
    let mut work = Work::new(context, &words);
    let explains = matches!(words.words(), ["resource", "why", ..]);
    if let Some(format) = words.value("--output-format").filter(|f| *f != "text" && !explains) {
        return Err(UserError::refused(
            format!("the output format '{format}' is not written"),
            "use text, or take the XML: rota cib query",
        ));
    }
    let rest = words.words();
    match rest.split_first() {
        Some((&"resource", rest)) => resource::run(&mut work, rest)?,
        Some((&"stonith", rest)) => stonith::run(&mut work, rest)?,
        Some((&"constraint", rest)) => constraint::run(&mut work, rest)?,
        Some((&"node", rest)) => node::run(&mut work, rest)?,
        Some((&"property", rest)) => property::run(&mut work, rest)?,
        Some((&"tag", rest)) => tag::run(&mut work, rest)?,
        Some((given, _)) => return Err(UserError::unknown_command("", given, &AREAS)),
        None => return Err(UserError::unknown_command("", "", &AREAS)),
    }
    work.finish()
}

/// What of the Cib a command must be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing of it: what it asks for is the same whatever the cluster has.
    Nothing,
    /// What people configured; [`Cib::without_history`] will do.
    Configuration,
    /// What agents did, too: where a resource is active, what failed.
    Histories,
}

/// What a command must be given of the Cib.
pub fn needs(words: &[String]) -> Needs {
    let mut given = words.iter().map(String::as_str).filter(|word| !word.starts_with('-'));
    match (given.next(), given.next()) {
        (Some("property"), Some("set")) => Needs::Nothing,
        (Some("property" | "constraint" | "tag"), _) => Needs::Configuration,
        (Some("resource"), Some(verb)) if !resource::LOOK_AT_HISTORIES.contains(&verb) => {
            Needs::Configuration
        }
        _ => Needs::Histories,
    }
}

/// The help for an area, if the words ask for it: `rota resource help`, or `--help` anywhere.
fn asked_for_help(args: &[String]) -> Option<&'static str> {
    let (area, rest) = args.split_first()?;
    let asks = rest.first().is_some_and(|word| word == "help")
        || rest
            .iter()
            .take_while(|word| *word != "--")
            .any(|word| word == "--help" || word == "-h");
    if asks { help::of(area) } else { None }
}
