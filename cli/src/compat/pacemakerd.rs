//! `pacemakerd`: which release the tools speak for, and whether the daemon answers.

use super::args::{Args, Spec, Takes::Nothing};
use super::fail::{Failure, Outcome, USAGE};
use super::source::Source;
use super::{BUILD, FEATURE_SET, VERSION};

const SPECS: &[Spec] =
    &[("features", "F", &["features"], Nothing), ("status", "S", &["status"], Nothing)];

/// Runs the tool.
pub fn run(words: &[String]) -> Outcome {
    let args = Args::parse("pacemakerd", words, SPECS)?;
    if args.has("features") {
        out!("Pacemaker {VERSION} (Build: {BUILD})");
        out!(" Supporting v{FEATURE_SET}: remote systemd");
        return Ok(());
    }
    if args.has("status") {
        Source::cluster()?;
        out!("Status of pacemakerd: 'Pacemaker is running'");
        return Ok(());
    }
    Err(Failure::new(USAGE, "pacemakerd: start the cluster with 'rota cluster start'"))
}
