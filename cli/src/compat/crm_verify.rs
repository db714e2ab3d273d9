//! `crm_verify`: whether a configuration is valid.

use std::io::Read;

use rota_cib::validate::{Severity, validate};

use super::args::{Args, Spec, Takes::Nothing, Takes::Value};
use super::fail::{CONFIG, ERROR, Failure, Outcome, USAGE};
use super::source::{Source, read};

const SPECS: &[Spec] = &[
    ("live", "L", &["live-check"], Nothing),
    ("xml-file", "x", &["xml-file"], Value),
    ("xml-pipe", "p", &["xml-pipe"], Nothing),
    ("xml-text", "X", &["xml-text"], Value),
    ("save", "S", &["save-xml"], Value),
    ("quiet", "Qq", &["quiet"], Nothing),
    ("output", "", &["output-as", "output-to"], Value),
];

/// Runs the tool.
pub fn run(words: &[String]) -> Outcome {
    let args = Args::parse("crm_verify", words, SPECS)?;
    let text = if let Some(path) = args.value("xml-file") {
        std::fs::read_to_string(path).map_err(|_| {
            Failure::new(ERROR, format!("crm_verify: Couldn't parse input file: {path}"))
        })?
    } else if let Some(text) = args.value("xml-text") {
        text.to_owned()
    } else if args.has("xml-pipe") {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(|_| Failure::new(ERROR, "crm_verify: Couldn't parse input from STDIN."))?;
        text
    } else if args.has("live") {
        Source::open()?.text()?
    } else {
        let words = "crm_verify: No configuration source specified. Use --help for usage \
                     information.";
        return Err(Failure::new(USAGE, words));
    };
    if let Some(path) = args.value("save") {
        std::fs::write(path, &text)
            .map_err(|error| Failure::new(73, format!("crm_verify: {path}: {error}")))?;
    }
    let cib = read(&text)?;
    let mut errors = 0;
    for finding in validate(&cib.config) {
        let is_error = finding.severity == Severity::Error;
        errors += usize::from(is_error);
        if args.has("verbose") {
            eprintln!("{}: {finding}", if is_error { "error" } else { "warning" });
        }
    }
    if errors == 0 {
        return Ok(());
    }
    let hint = if args.has("verbose") {
        ""
    } else {
        "\ncrm_verify: Errors found during check: config not valid\n  -V may provide more details"
    };
    Err(Failure::new(CONFIG, hint.trim_start()))
}
