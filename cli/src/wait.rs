//! `rota wait`: return when there is nothing left to do.

use std::time::Duration;

use crate::client::Client;
use crate::error::Error;
use crate::options::Options;

/// Runs `rota wait [--timeout SECONDS]`.
///
/// # Errors
/// When something is still going on after that time.
pub fn run(args: &[String]) -> Result<(), Error> {
    let options = Options::parse(args, &["timeout"], &[])?;
    let word = options.value("timeout").or(options.words().first().map(String::as_str));
    let patience = match word {
        None => Duration::from_secs(3600),
        Some(word) => rota_cib::value::parse_duration(word)
            .ok_or_else(|| Error::Usage(format!("'{word}' is no time; give seconds, or 5min")))?,
    };
    Client::connect()?.wait_idle(patience)
}
