//! The names that agents, monitors and people already call.
//!
//! One file a tool; each parses its own arguments as the real tool does and answers in its
//! format. Start-up time matters here: agents call these several times per operation.

mod args;
mod attrd_updater;
mod attribute;
mod cibadmin;
mod corosync;
mod crm_attribute;
mod crm_error;
mod crm_failcount;
mod crm_mon;
mod crm_node;
mod crm_resource;
mod crm_simulate;
mod crm_ticket;
mod crm_verify;
mod crmadmin;
mod fail;
mod install;
mod pacemakerd;
mod source;
mod stonith_admin;
mod tree;
mod view;
mod xpath;

use std::process::ExitCode;

pub use crm_simulate::prepared as prepared_for_simulation;
use fail::Outcome;

/// The release whose formats these tools answer in.
const VERSION: &str = "2.1.5";

/// The build that this release names in `dc-version`.
const BUILD: &str = "a3f44794f94";

/// The feature set of that release.
const FEATURE_SET: &str = "3.16.1";

/// How a tool is run.
type Run = fn(&[String]) -> Outcome;

/// All tools but `crm_simulate`, which has exit codes of its own.
const TOOLS: &[(&str, Run)] = &[
    ("attrd_updater", attrd_updater::run),
    ("cibadmin", cibadmin::run),
    ("corosync-cfgtool", corosync::cfgtool),
    ("corosync-quorumtool", corosync::quorumtool),
    ("crm_attribute", crm_attribute::run),
    ("crm_error", crm_error::run),
    ("crm_failcount", crm_failcount::run),
    ("crm_master", crm_attribute::master),
    ("crm_mon", crm_mon::run),
    ("crm_node", crm_node::run),
    ("crm_resource", crm_resource::run),
    ("crm_standby", crm_attribute::standby),
    ("crm_ticket", crm_ticket::run),
    ("crm_verify", crm_verify::run),
    ("crmadmin", crmadmin::run),
    ("pacemakerd", pacemakerd::run),
    ("stonith_admin", stonith_admin::run),
];

/// How often a tool is run before it gives way to others who change the configuration.
const ATTEMPTS: usize = 20;

/// A tool of another cluster manager that Rota answers for.
#[derive(Clone, Copy)]
pub enum Tool {
    /// Shows what the cluster would do for a given CIB.
    CrmSimulate,
    /// Any other.
    Other(&'static str, Run),
}

impl Tool {
    /// The tool of this name, if there is one.
    pub fn by_name(name: &str) -> Option<Self> {
        if name == "crm_simulate" {
            return Some(Self::CrmSimulate);
        }
        TOOLS.iter().find(|(known, _)| *known == name).map(|(name, run)| Self::Other(name, *run))
    }

    /// Runs the tool with the arguments after its name.
    pub fn run(self, args: &[String]) -> ExitCode {
        let (name, run) = match self {
            Self::CrmSimulate => return crm_simulate::run(args),
            Self::Other(name, run) => (name, run),
        };
        let asks =
            |words: &[&str]| args.first().is_some_and(|first| words.contains(&first.as_str()));
        if asks(&["-$", "--version"]) {
            out!("Pacemaker {VERSION}");
            // The agents' shell library takes the second word of every line with "Pacemaker ", so
            // that there must be only one.
            out!("(this is Rota, which answers in its place)");
            return ExitCode::SUCCESS;
        }
        if asks(&["--help", "--help-all"]) {
            out!(
                "{name} of Rota: the options of Pacemaker {VERSION}'s {name} that agents and monitors use"
            );
            return ExitCode::SUCCESS;
        }
        // Whoever is overtaken by somebody else's change works it out again on the result.
        let mut attempts = (1..ATTEMPTS).map(|_| run(args));
        let done = attempts.find(|done| !matches!(done, Err(failure) if failure.is_stale));
        match done.unwrap_or_else(|| run(args)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                if !failure.words.is_empty() {
                    eprintln!("{}", failure.words);
                }
                ExitCode::from(failure.code)
            }
        }
    }
}

/// The names of all tools.
pub fn names() -> impl Iterator<Item = &'static str> {
    std::iter::once("crm_simulate").chain(TOOLS.iter().map(|(name, _)| *name))
}

/// `rota compat NAME ARGS…`, `rota compat install DIR`, `rota compat list`.
pub fn command(args: &[String]) -> ExitCode {
    let outcome = match args.split_first() {
        Some((verb, rest)) if verb == "install" => install::run(rest),
        Some((verb, _)) if verb == "list" => {
            names().for_each(|name| out!("{name}"));
            return ExitCode::SUCCESS;
        }
        Some((name, rest)) => match Tool::by_name(name) {
            Some(tool) => return tool.run(rest),
            None => Err(fail::Failure::new(
                fail::USAGE,
                format!("rota compat: no tool named '{name}'; 'rota compat list' names them"),
            )),
        },
        None => Err(fail::Failure::new(
            fail::USAGE,
            "rota compat NAME ARGS…      run a tool\n\
             rota compat install DIR    make links for all tools in DIR\n\
             rota compat list           name the tools",
        )),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{}", failure.words);
            ExitCode::from(failure.code)
        }
    }
}
