//! `rota`: talks to people, and answers to the names that agents and monitors call.
//!
//! `rota compat NAME ARGS…`, or a link of that name to this program, runs one of the tools in
//! [`compat`]; everything else is the command line of Rota itself.

mod compat;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args();
    let called_as = args.next().unwrap_or_default();
    let name = called_as.rsplit('/').next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    if let Some(tool) = compat::Tool::by_name(name) {
        return tool.run(&rest);
    }
    match rest.split_first() {
        Some((first, rest)) if first == "compat" => compat::command(rest),
        _ => ExitCode::from(2),
    }
}
