//! `rota cib query | replace FILE`: the CIB as XML.

use std::io::{Read, Write};

use rota_cib::change::{Change, ReplaceConfig};
use rota_cib::xml;

use crate::client::Client;
use crate::error::Error;

/// Runs `rota cib ARGS`.
///
/// # Errors
/// With what to do about it.
pub fn run(args: &[String]) -> Result<(), Error> {
    match args.split_first() {
        Some((verb, rest)) if verb == "query" => query(rest),
        Some((verb, rest)) if verb == "replace" || verb == "push" => replace(rest),
        _ => Err(Error::Usage(
            "rota cib query [FILE]      print the CIB, or write it to FILE\n\
             rota cib replace FILE      make FILE's configuration the cluster's ('-' reads it \
             from standard input)"
                .to_owned(),
        )),
    }
}

/// Prints the CIB, or writes it to a file.
///
/// # Errors
/// When the daemon or the file refuses.
pub fn query(words: &[String]) -> Result<(), Error> {
    let xml = Client::connect()?.cib_xml()?;
    match words.first() {
        Some(path) => std::fs::write(path, xml).map_err(|e| Error::File(format!("{path}: {e}"))),
        None => match std::io::stdout().write_all(&xml) {
            // A reader that has gone away is no error.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Error::File(error.to_string()))
            }
            Ok(()) | Err(_) => Ok(()),
        },
    }
}

/// Makes a file's configuration the cluster's. Its status part is ignored: what runs where is
/// found out, not written.
///
/// # Errors
/// When the file is no CIB, or the cluster refuses it.
pub fn replace(words: &[String]) -> Result<(), Error> {
    let path = words.first().ok_or_else(|| Error::Usage("rota cib replace FILE".to_owned()))?;
    let mut text = Vec::new();
    let read = if path == "-" {
        std::io::stdin().read_to_end(&mut text)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_end(&mut text))
    };
    read.map_err(|error| Error::File(format!("{path}: {error}")))?;
    let cib = xml::read(&text).map_err(|error| Error::Refused(format!("{path}: {error}")))?;
    let config = Box::new(cib.config);
    let asked = ReplaceConfig { config, ..ReplaceConfig::default() };
    Client::connect()?.change(&Change::ReplaceConfig(asked))?;
    Ok(())
}
