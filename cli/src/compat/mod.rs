//! The names that agents, monitors and people already call.
//!
//! One file a tool; each parses its own arguments as the real tool does and answers in its
//! format. Start-up time matters here: agents call these several times per operation.

mod crm_simulate;

use std::process::ExitCode;

/// A tool of another cluster manager that Rota answers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// Shows what the cluster would do for a given CIB.
    CrmSimulate,
}

impl Tool {
    /// The tool of this name, if there is one.
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "crm_simulate" => Some(Self::CrmSimulate),
            _ => None,
        }
    }

    /// Runs the tool with the arguments after its name.
    pub fn run(self, args: &[String]) -> ExitCode {
        match self {
            Self::CrmSimulate => crm_simulate::run(args),
        }
    }
}

/// `rota compat NAME ARGS…`.
pub fn command(args: &[String]) -> ExitCode {
    let Some((name, rest)) = args.split_first() else {
        eprintln!("rota compat: name a tool, for example `rota compat crm_simulate --help`");
        return ExitCode::from(64);
    };
    match Tool::by_name(name) {
        Some(tool) => tool.run(rest),
        None => {
            eprintln!("rota compat: no tool named '{name}'");
            ExitCode::from(64)
        }
    }
}
