//! What a command works on, and what comes out of it.

use rota_cib::change::{Author, Change, Configure, Edit, diff};
use rota_cib::fresh::Ids;
use rota_cib::validate::errors;
use rota_cib::{Cib, Config};
use rota_ids::WallTime;

use super::agents::AgentMetadata;
use super::error::UserError;
use super::words::Words;

/// What a command may know.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The cluster's state, or that of a file.
    pub cib: &'a Cib,
    /// What agents there are and what they take.
    pub agents: &'a dyn AgentMetadata,
    /// The name of the node on which the command runs, if it is a cluster node.
    pub local_node: Option<&'a str>,
    /// The time (for constraints with an end).
    pub now: WallTime,
}

/// What comes out of a command.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The configuration after the command; none if it is to stay as it is.
    pub config: Option<Config>,
    /// Edits that are right whatever the configuration is by the time they are made.
    pub edits: Vec<Edit>,
    /// Changes of the status, to be made after that of the configuration.
    pub changes: Vec<Change>,
    /// The answer, for standard output.
    pub text: String,
    /// Remarks, for standard error; each a sentence.
    pub messages: Vec<String>,
    /// Whether to wait until the cluster has done what follows from it.
    pub wait: Option<Wait>,
    /// Whether errors in the resulting configuration were accepted by `--force`.
    pub force: bool,
    /// Constraints to be removed once the cluster has settled (those of a move).
    pub remove_when_settled: Vec<String>,
}

impl Outcome {
    /// The changes to ask the cluster for, in order; `cib` is the one that the command worked on.
    /// What was worked out on it is refused by the cluster if the configuration has changed since
    /// then.
    pub fn changes_for(&self, cib: &Cib, author: Author) -> Vec<Change> {
        let configure = |base, edits| {
            let author = author.clone();
            Change::Configure(Configure { base, edits, force: self.force, author })
        };
        let worked_out = self
            .config
            .as_ref()
            .map(|config| configure(Some(cib.header.version), diff(&cib.config, config)));
        let simple = (!self.edits.is_empty()).then(|| configure(None, self.edits.clone()));
        worked_out.into_iter().chain(simple).chain(self.changes.iter().cloned()).collect()
    }
}

/// How long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// As long as it takes.
    Forever,
    /// At most this many seconds.
    Seconds(u64),
}

/// A command at work: a copy of the configuration to be changed, and what has come out so far.
pub(super) struct Work<'a> {
    /// What may be known.
    pub(super) context: Context<'a>,
    /// The command line.
    pub(super) words: &'a Words<'a>,
    /// The configuration that results.
    pub(super) config: Config,
    /// See [`Outcome`].
    pub(super) out: Outcome,
}

impl<'a> Work<'a> {
    /// The beginning.
    pub(super) fn new(context: &Context<'a>, words: &'a Words<'a>) -> Self {
        let (config, out) = (context.cib.config.clone(), Outcome::default());
        Self { context: *context, words, config, out }
    }

    /// Whether an option is there.
    pub(super) fn has(&self, option: &str) -> bool {
        self.words.has(option)
    }

    /// Whether `--force` is there.
    pub(super) fn forced(&self) -> bool {
        self.words.has("--force")
    }

    /// Makes new ids for the configuration as it is now.
    pub(super) fn ids(&self) -> Ids {
        Ids::new(&self.config)
    }

    /// A remark for people.
    pub(super) fn remark(&mut self, message: impl Into<String>) {
        self.out.messages.push(message.into());
    }

    /// A line of the answer.
    pub(super) fn line(&mut self, line: impl AsRef<str>) {
        self.out.text.push_str(line.as_ref());
        self.out.text.push('\n');
    }

    /// Something that is wrong, but can be forced.
    pub(super) fn unless_forced(&mut self, what: impl Into<String>) -> Result<(), UserError> {
        let what = what.into();
        if !self.forced() {
            return Err(UserError::unless_forced(what));
        }
        self.remark(format!("warning: {what}"));
        Ok(())
    }

    /// Checks the result and gives it out.
    pub(super) fn finish(mut self) -> Result<Outcome, UserError> {
        self.words.check_meaning()?;
        self.out.force = self.forced();
        self.out.wait = self.wait()?;
        if self.config == self.context.cib.config {
            return Ok(self.out);
        }
        let mut found = errors(&self.config);
        if !found.is_empty() && !self.forced() {
            let before = errors(&self.context.cib.config);
            found.retain(|finding| !before.contains(finding));
            if !found.is_empty() {
                return Err(UserError::Invalid(found));
            }
        }
        self.out.config = Some(self.config);
        Ok(self.out)
    }

    fn wait(&self) -> Result<Option<Wait>, UserError> {
        if !self.words.has("--wait") {
            return Ok(None);
        }
        let Some(text) = self.words.value("--wait") else { return Ok(Some(Wait::Forever)) };
        match rota_cib::value::parse_duration(text) {
            Some(time) => Ok(Some(Wait::Seconds(time.as_secs()))),
            None => Err(UserError::refused(
                format!("'{text}' is no length of time"),
                "write --wait, --wait=30 or --wait=2min",
            )),
        }
    }
}
