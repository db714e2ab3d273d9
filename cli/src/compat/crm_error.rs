//! `crm_error`: what an exit code means.

use super::args::{Args, Spec, Takes::Nothing};
use super::fail::{CODES, Failure, Outcome, USAGE, meaning};

const SPECS: &[Spec] = &[
    ("name", "n", &["name"], Nothing),
    ("list", "l", &["list"], Nothing),
    ("exit", "X", &["exit"], Nothing),
    ("rc", "r", &["rc"], Nothing),
];

/// Runs the tool: codes of the system, or with `-X` exit codes.
pub fn run(words: &[String]) -> Outcome {
    let args = Args::parse("crm_error", words, SPECS)?;
    if args.has("list") {
        for (code, name, meaning) in CODES {
            if args.has("name") {
                out!("{code:>5}: {name:<27} {meaning}");
            } else {
                out!("{code:>5}: {meaning}");
            }
        }
        return Ok(());
    }
    for word in &args.words {
        let number: i32 = word
            .parse()
            .map_err(|_| Failure::new(USAGE, format!("crm_error: '{word}' is no number")))?;
        let (name, text) = if args.has("exit") {
            let code = u8::try_from(number).unwrap_or(u8::MAX);
            let name = CODES.iter().find(|(known, ..)| *known == code).map(|(_, name, _)| *name);
            (name.unwrap_or("CRM_EX_UNKNOWN").to_owned(), meaning(code).to_owned())
        } else {
            let errno = nix::errno::Errno::from_raw(number.abs());
            (format!("{errno:?}"), system_text(number.abs()))
        };
        if args.has("name") {
            out!("{name} - {text}");
        } else {
            out!("{text}");
        }
    }
    Ok(())
}

/// The system's words for an error number.
fn system_text(number: i32) -> String {
    if number == 0 {
        return "OK".to_owned();
    }
    let text = std::io::Error::from_raw_os_error(number).to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}
