//! What must hold for every document: no panic, a plan that the checker accepts, the same plan
//! twice, and an end: what a plan leads to needs no further plan.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rota_cib::Cib;
use rota_cib::change::{Change, NodeUpdate, OperationFilter, apply};
use rota_ids::WallTime;
use rota_policy::{Options, Plan, check, plan, simulate};
use rota_transition::{Graph, Task};

use crate::generate::NOW;

/// What is wrong with a document's plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The reader refuses a document that the generator made.
    Unread(String),
    /// A panic, with its message.
    Panic(String),
    /// What the checker says.
    Refused(Vec<String>),
    /// Two plans for the same state differ.
    Undetermined,
    /// What a plan leads to is changed by the next one, again and again; the last actions.
    Restless(Vec<String>),
}

impl Problem {
    /// The kind in one word; a reduction keeps it.
    pub fn kind(&self) -> String {
        match self {
            Self::Unread(_) => "unread".into(),
            Self::Panic(what) => format!("panic {what}"),
            Self::Refused(findings) => {
                let words = findings.first().map(|f| {
                    f.split_whitespace()
                        .filter(|w| w.chars().all(char::is_alphabetic))
                        .collect::<Vec<_>>()
                        .join(" ")
                });
                format!("refused {}", words.unwrap_or_default())
            }
            Self::Undetermined => "undetermined".into(),
            Self::Restless(lines) => {
                let what: std::collections::BTreeSet<&str> =
                    lines.iter().filter_map(|line| line.split_whitespace().nth(3)).collect();
                format!("restless {what:?}")
            }
        }
    }
}

/// What came out.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Lines of the summary.
    pub summary: Vec<String>,
    /// Lines of the execution.
    pub actions: Vec<String>,
    /// The status after it.
    pub status: String,
    /// How many plans it took until nothing was left to do.
    pub rounds: usize,
}

/// How many plans may follow each other until all is quiet: failures that are forgotten, nodes
/// that were fenced and resources that were cleaned up may each need another one.
const ROUNDS: usize = 4;

/// Plans and executes a document, and holds it to the rules.
///
/// # Errors
/// What is wrong with it.
pub fn trial(text: &str) -> Result<Outcome, Problem> {
    match catch_unwind(AssertUnwindSafe(|| steps(text))) {
        Ok(result) => result,
        Err(panic) => {
            let message = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
            Err(Problem::Panic(message.unwrap_or_default()))
        }
    }
}

fn steps(text: &str) -> Result<Outcome, Problem> {
    let mut cib =
        rota_cib::xml::read(text.as_bytes()).map_err(|error| Problem::Unread(error.to_string()))?;
    let now = WallTime(cib.header.execution_date.unwrap_or(NOW));
    let made = checked(&cib, now)?;
    let actions = simulate::execute(&mut cib, &made.graph, &Vec::new(), now);
    let status = simulate::status_after(&cib, now, &Options::default());
    let mut last = made.graph;
    let mut outcome = Outcome { summary: made.summary, actions, status, rounds: 1 };
    loop {
        settle(&mut cib, &last, now);
        let next = checked(&cib, now)?;
        let lines = simulate::execute(&mut cib, &next.graph, &Vec::new(), now);
        let real: Vec<String> = lines.into_iter().filter(|line| is_real(line)).collect();
        if real.is_empty() {
            return Ok(outcome);
        }
        last = next.graph;
        outcome.rounds += 1;
        if outcome.rounds > ROUNDS {
            return Err(Problem::Restless(real));
        }
    }
}

/// What the daemons do beyond what a simulation shows: cancelled operations and forgotten
/// failures leave the history, a node that was told to leave is gone.
fn settle(cib: &mut Cib, graph: &Graph, now: WallTime) {
    for action in &graph.actions {
        let id = action.node.as_ref().and_then(|name| {
            cib.status.nodes.iter().find(|state| state.uname == name.as_str()).map(|s| s.id.clone())
        });
        let Some(id) = id else { continue };
        let forget = |resource: &rota_cib::Text, filter| Change::ForgetOperations {
            resource: resource.clone(),
            node: Some(id.clone()),
            filter,
        };
        let change = match &action.task {
            Task::Cancel { resource, operation, interval } => {
                let operation = operation.clone();
                forget(resource, OperationFilter::Repeated { operation, interval_ms: *interval })
            }
            Task::ClearFailures { resource, operation: None } => {
                forget(resource, OperationFilter::Failures)
            }
            Task::ClearFailures { resource, operation: Some((operation, interval)) } => {
                let (operation, interval_ms) = (operation.clone(), Some(*interval));
                forget(resource, OperationFilter::FailuresOf { operation, interval_ms })
            }
            Task::Shutdown => Change::NodeState(NodeUpdate {
                id: id.clone(),
                in_ccm: Some("false".into()),
                crmd: Some("offline".into()),
                join: Some("down".into()),
                expected: Some("down".into()),
                ..NodeUpdate::default()
            }),
            Task::Pseudo { .. }
            | Task::Resource(_)
            | Task::Fence { .. }
            | Task::DeleteHistory { .. }
            | Task::Maintenance { .. }
            | Task::LiftShutdownLock { .. } => continue,
        };
        // Refused only for nodes that are not there.
        let _ = apply(cib, &change, now);
    }
}

/// Whether a line is of something that is carried out. That a node is told to leave, or what mode
/// it is in, changes nothing in a simulation.
fn is_real(line: &str) -> bool {
    !line.starts_with("Pseudo action:")
        && !line.contains("do_shutdown")
        && !line.contains("maintenance_nodeattr")
}

/// Plans twice and asks the checker.
fn checked(cib: &Cib, now: WallTime) -> Result<Plan, Problem> {
    let options = Options { scores: true, ..Options::default() };
    let first = plan(cib, now, &options);
    let again = plan(cib, now, &options);
    if format!("{first:?}") != format!("{again:?}") {
        return Err(Problem::Undetermined);
    }
    let findings = check::check(cib, &first.graph);
    if findings.is_empty() {
        return Ok(first);
    }
    Err(Problem::Refused(findings.iter().map(ToString::to_string).collect()))
}
