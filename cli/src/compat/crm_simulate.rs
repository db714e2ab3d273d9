//! `crm_simulate`: what the cluster would do for a given CIB.

use std::process::ExitCode;

/// Runs the tool with the arguments after its name.
pub fn run(_args: &[String]) -> ExitCode {
    ExitCode::from(69)
}
