//! `rota`: talks to people, and answers to the names that agents and monitors call.
//!
//! `rota compat NAME ARGS…`, or a link of that name to this program, runs one of the tools in
//! [`compat`]; everything else is the command line of Rota itself, with the grammar of `pcs`.

#[macro_use]
mod output;

mod agents;
mod cib;
mod client;
mod cluster;
mod commands;
mod compat;
mod edit;
mod error;
mod options;
mod sandbox;
mod simulate;
mod status;
mod stonith;
mod wait;

use std::process::ExitCode;

use error::Error;

const HELP: &str = "\
rota cluster …      found, join, leave a cluster
rota status         what runs where, and what needs attention
rota resource …     create, delete, move, group, clone, enable, disable, cleanup
rota constraint …   location, order, colocation, ticket
rota stonith …      fence devices; fence, confirm, history
rota node …         standby, maintenance, attributes
rota property …     options of the cluster
rota cib …          the configuration as XML
rota wait           return when there is nothing left to do
rota sandbox …      a live cluster on this machine, to try and to break
rota simulate …     what the cluster would do, and with --explain why
rota compat …       the names that agents and monitors call
Each says more with 'help' behind it.";

fn main() -> ExitCode {
    let mut args = std::env::args();
    let called_as = args.next().unwrap_or_default();
    let name = called_as.rsplit('/').next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    if let Some(tool) = compat::Tool::by_name(name) {
        return tool.run(&rest);
    }
    let done = match rest.split_first() {
        None => {
            out!("{HELP}");
            Ok(())
        }
        Some((first, rest)) => match first.as_str() {
            "compat" => return compat::command(rest),
            "simulate" => match simulate::run(rest) {
                Some(done) => done,
                None => return compat::Tool::CrmSimulate.run(rest),
            },
            "help" | "--help" | "-h" => {
                out!("{HELP}");
                Ok(())
            }
            "--version" | "-V" => {
                out!("rota {}", env!("CARGO_PKG_VERSION"));
                Ok(())
            }
            "cluster" => cluster::run(rest),
            "status" => status::run(rest),
            "cib" => cib::run(rest),
            "wait" => wait::run(rest),
            "sandbox" => sandbox::run(rest),
            "stonith" => stonith::run(rest).unwrap_or_else(|| edit::run("stonith", rest)),
            other => edit::run(other, rest),
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rota: {error}");
            error.code()
        }
    }
}

/// Prints what a command has to say, if anything.
fn say(text: &str) {
    if !text.is_empty() {
        out!("{}", text.trim_end());
    }
}

/// The command's words are wrong, and the help says how they go.
fn usage(word: &str) -> Error {
    Error::Usage(format!("there is no 'rota {word}'\n\n{HELP}"))
}
