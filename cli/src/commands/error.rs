//! What people are told when a command cannot be carried out. Nothing has changed in any case.

use rota_cib::near::nearest;
use rota_cib::validate::Finding;

/// A command that cannot be carried out, and what to do instead.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum UserError {
    /// The words do not make a command.
    #[error("usage: rota {0}")]
    Usage(&'static str),
    /// There is no such command.
    #[error("{}", unknown_command_text(.area, .given, .near, .known))]
    UnknownCommand {
        /// The words before it.
        area: String,
        /// The unknown word; empty if there was none.
        given: String,
        /// The word that was probably meant.
        near: Option<String>,
        /// All words that are possible.
        known: Vec<String>,
    },
    /// An option that no command has, or this one does not have.
    #[error("unknown option '{given}'{}", did_you_mean(.near))]
    UnknownFlag {
        /// The option.
        given: String,
        /// The option that was probably meant.
        near: Option<String>,
    },
    /// Nothing has this id or name.
    #[error("{kind} '{id}' does not exist; {}", instead(.near, .known))]
    NotFound {
        /// What was looked for.
        kind: &'static str,
        /// Its id or name.
        id: String,
        /// The one that was probably meant.
        near: Option<String>,
        /// Some that exist.
        known: Vec<String>,
    },
    /// The id is in use.
    #[error("'{0}' is in use already; choose another id, or delete it first")]
    Taken(String),
    /// Anything else: what is wrong, and what to do.
    #[error("{what}; {advice}")]
    Refused {
        /// What is wrong.
        what: String,
        /// What to do.
        advice: String,
    },
    /// The result would be an invalid configuration.
    #[error("the configuration would become invalid:{}\nuse --force to do it all the same",
            findings_text(.0))]
    Invalid(Vec<Finding>),
}

impl UserError {
    /// What is wrong, and what to do.
    pub(super) fn refused(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::Refused { what: what.into(), advice: advice.into() }
    }

    /// Something that only `--force` allows.
    pub(super) fn unless_forced(what: impl Into<String>) -> Self {
        Self::refused(what, "use --force to do it all the same")
    }

    /// There is no command `given` in `area`; `live` names those that need a running cluster.
    pub(super) fn unknown_or_live(area: &str, given: &str, known: &[&str], live: &[&str]) -> Self {
        if live.contains(&given) {
            return Self::refused(
                format!("'rota {area} {given}' asks a running cluster, not a configuration"),
                "run it on a cluster node, without a file",
            );
        }
        Self::unknown_command(area, given, &[known, live].concat())
    }

    /// There is no command `given` in `area`.
    pub(super) fn unknown_command(area: &str, given: &str, known: &[&str]) -> Self {
        Self::UnknownCommand {
            area: area.to_owned(),
            given: given.to_owned(),
            near: nearest(given, known.iter().copied()).map(str::to_owned),
            known: known.iter().map(|word| (*word).to_owned()).collect(),
        }
    }

    /// Nothing of this kind has this id.
    pub(super) fn not_found<'n>(
        kind: &'static str,
        id: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let near = nearest(id, known.iter().copied()).map(str::to_owned);
        let known = known.into_iter().map(str::to_owned).collect();
        Self::NotFound { kind, id: id.to_owned(), near, known }
    }
}

fn did_you_mean(near: &Option<String>) -> String {
    match near {
        Some(near) => format!("; did you mean '{near}'?"),
        None => "; check the spelling".to_owned(),
    }
}

/// How many existing things a message lists.
const LISTED_MAX: usize = 8;

fn instead(near: &Option<String>, known: &[String]) -> String {
    if let Some(near) = near {
        return format!("did you mean '{near}'?");
    }
    let shown = known.iter().take(LISTED_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    match known.len() {
        0 => "there are none".to_owned(),
        count if count > LISTED_MAX => format!("there are {count}, among them {shown}"),
        _ => format!("there are: {shown}"),
    }
}

fn unknown_command_text(
    area: &str,
    given: &str,
    near: &Option<String>,
    known: &[String],
) -> String {
    let known = known.join(", ");
    let area = if area.is_empty() { "rota".to_owned() } else { format!("rota {area}") };
    match (given, near) {
        ("", _) => format!("{area}: say what to do; one of {known}"),
        (given, Some(near)) => format!("{area}: unknown command '{given}'; did you mean '{near}'?"),
        (given, None) => format!("{area}: unknown command '{given}'; one of {known}"),
    }
}

fn findings_text(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("\n  {finding}")).collect()
}
