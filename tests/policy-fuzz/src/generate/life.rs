//! What a resource has been through on a node, as records of operations.

use md5::{Digest, Md5};

use super::{Leaf, NOW};
use crate::xml::Element;

/// What the history of a resource on a node tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// Looked for and not found.
    Absent,
    /// Was here and was stopped.
    Stopped,
    /// Started, runs.
    Running,
    /// Found running.
    Found,
    /// Promoted.
    Promoted,
    /// Demoted again.
    Demoted,
    /// Could not be started.
    FailedStart,
    /// Could not be stopped.
    FailedStop,
    /// Ran until its monitor failed; with the exit code.
    FailedMonitor(u8),
    /// Could not be promoted.
    FailedPromote,
    /// Could not be demoted.
    FailedDemote,
    /// The agent is not there.
    NotInstalled,
    /// The probe failed.
    FailedProbe,
    /// A start is under way.
    Starting,
    /// A stop is under way.
    Stopping,
    /// A promotion is under way.
    Promoting,
    /// A probe is under way.
    Probing,
}

/// One record.
struct Record {
    task: &'static str,
    interval: usize,
    /// Exit code, and the one that was expected.
    rc: u8,
    expected: u8,
    /// Not finished.
    pending: bool,
    /// Seconds ago.
    ago: i64,
}

const fn done(task: &'static str, rc: u8, ago: i64) -> Record {
    Record { task, interval: 0, rc, expected: rc, pending: false, ago }
}

const fn failed(task: &'static str, rc: u8, expected: u8) -> Record {
    Record { task, interval: 0, rc, expected, pending: false, ago: 60 }
}

const fn pending(task: &'static str) -> Record {
    Record { task, interval: 0, rc: 193, expected: 0, pending: true, ago: 5 }
}

impl Life {
    /// Whether the resource is, or may be, active after this.
    pub(crate) const fn active(self) -> bool {
        match self {
            Self::Absent
            | Self::Stopped
            | Self::NotInstalled
            | Self::FailedProbe
            | Self::Probing => false,
            Self::Running
            | Self::Found
            | Self::Promoted
            | Self::Demoted
            | Self::FailedStart
            | Self::FailedStop
            | Self::FailedMonitor(_)
            | Self::FailedPromote
            | Self::FailedDemote
            | Self::Starting
            | Self::Stopping
            | Self::Promoting => true,
        }
    }

    /// The operation that failed: its name and interval in milliseconds.
    pub(crate) fn failure(self, leaf: &Leaf) -> Option<(&'static str, usize)> {
        match self {
            Self::FailedStart => Some(("start", 0)),
            Self::FailedStop => Some(("stop", 0)),
            Self::FailedPromote => Some(("promote", 0)),
            Self::FailedDemote => Some(("demote", 0)),
            Self::FailedProbe => Some(("monitor", 0)),
            Self::FailedMonitor(_) => {
                Some(("monitor", leaf.monitors.first().map_or(0, |(s, _)| s * 1000)))
            }
            Self::Absent
            | Self::Stopped
            | Self::Running
            | Self::Found
            | Self::Promoted
            | Self::Demoted
            | Self::NotInstalled
            | Self::Starting
            | Self::Stopping
            | Self::Promoting
            | Self::Probing => None,
        }
    }

    fn records(self, leaf: &Leaf) -> Vec<Record> {
        let promotable = leaf.clone.is_some_and(|c| c.promotable);
        let monitors = |role: Option<&str>| -> Vec<Record> {
            let expected = if role == Some("Master") { 8 } else { 0 };
            leaf.monitors
                .iter()
                .filter(|(_, r)| if promotable { *r == role } else { r.is_none() })
                .map(|(seconds, _)| Record {
                    task: "monitor",
                    interval: seconds * 1000,
                    rc: expected,
                    expected,
                    pending: false,
                    ago: 900,
                })
                .collect()
        };
        let slave = Some("Slave");
        let with = |mut first: Vec<Record>, more: Vec<Record>| {
            first.extend(more);
            first
        };
        match self {
            Self::Absent => vec![done("monitor", 7, 2000)],
            Self::Stopped => vec![done("stop", 0, 1000)],
            Self::Running => with(vec![done("start", 0, 1000)], monitors(slave)),
            Self::Found => vec![done("monitor", 0, 1000)],
            Self::Promoted => with(vec![done("promote", 0, 1000)], monitors(Some("Master"))),
            Self::Demoted => with(vec![done("demote", 0, 1000)], monitors(slave)),
            Self::FailedStart => vec![failed("start", 1, 0)],
            Self::FailedStop => vec![failed("stop", 1, 0)],
            Self::FailedMonitor(rc) => {
                let mut all = with(vec![done("start", 0, 1000)], monitors(slave));
                if let Some(interval) = all.get(1).map(|record| record.interval) {
                    all.push(Record { interval, ..failed("monitor", rc, 0) });
                } else {
                    all.push(failed("monitor", rc, 0));
                }
                all
            }
            Self::FailedPromote => with(vec![failed("promote", 1, 0)], monitors(slave)),
            Self::FailedDemote => vec![failed("demote", 1, 0)],
            Self::NotInstalled => vec![failed("monitor", 5, 7)],
            Self::FailedProbe => vec![failed("monitor", 1, 7)],
            Self::Starting => vec![pending("start")],
            Self::Stopping => vec![pending("stop")],
            Self::Promoting => with(vec![pending("promote")], monitors(slave)),
            Self::Probing => vec![Record { expected: 7, ..pending("monitor") }],
        }
    }
}

/// The digest of parameters as a record keeps it.
fn digest(params: &[(String, String)], interval: usize) -> String {
    let mut text = String::from(" <parameters");
    if interval > 0 {
        text.push_str(" CRM_meta_timeout=\"20000\"");
    }
    for (name, value) in params {
        text.push_str(&format!(" {name}=\"{value}\""));
    }
    text.push_str("/>\n");
    Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The history of a resource, known by `name`, on a node; `call` counts the node's operations.
pub(crate) fn history(
    leaf: &Leaf,
    name: &str,
    node: &str,
    life: Life,
    changed: bool,
    call: &mut usize,
) -> Element {
    let agent = if leaf.clone.is_some_and(|c| c.promotable) { "Stateful" } else { "Dummy" };
    let mut element = Element::new("lrm_resource").with("id", name);
    element = if leaf.stonith {
        element.with("class", "stonith").with("type", "fence_x")
    } else {
        element.with("class", "ocf").with("provider", "pacemaker").with("type", agent)
    };
    let mut params = leaf.params.clone();
    if changed {
        params.push(("was".to_owned(), "other".to_owned()));
    }
    for record in life.records(leaf) {
        *call += 1;
        let failure = record.rc != record.expected && !record.pending;
        // What failed is kept beside the last of its kind.
        if failure {
            element.children.push(operation(&record, name, node, &params, *call, "last_failure_0"));
        }
        let id = if record.interval == 0 {
            "last_0".to_owned()
        } else if failure {
            continue;
        } else {
            format!("monitor_{}", record.interval)
        };
        element.children.push(operation(&record, name, node, &params, *call, &id));
    }
    let mut seen: Vec<String> = Vec::new();
    // Later records of the same id take the place of earlier ones, but `last_0` of a failed probe
    // after a start would hide the start: the failure alone tells of it.
    element.children.retain(|op| {
        let id = op.get("id").unwrap_or_default().to_owned();
        let fresh = !seen.contains(&id);
        seen.push(id);
        fresh
    });
    element
}

fn operation(
    record: &Record,
    name: &str,
    node: &str,
    params: &[(String, String)],
    call: usize,
    id: &str,
) -> Element {
    let status = if record.pending {
        -1
    } else if record.rc != record.expected && record.rc != 7 {
        if record.rc == 5 { 5 } else { 4 }
    } else {
        0
    };
    let key = format!("{call}:1:{}:0f0f0f0f-0000-4000-8000-000000000000", record.expected);
    let when = NOW - record.ago;
    Element::new("lrm_rsc_op")
        .with("id", format!("{name}_{id}"))
        .with("operation_key", format!("{name}_{}_{}", record.task, record.interval))
        .with("operation", record.task)
        .with("crm_feature_set", "3.16.1")
        .with("transition-key", &key)
        .with("transition-magic", format!("{status}:{};{key}", record.rc))
        .with("exit-reason", "")
        .with("on_node", node)
        .with("call-id", if record.pending { "-1".to_owned() } else { call.to_string() })
        .with("rc-code", record.rc)
        .with("op-status", status)
        .with("interval", record.interval)
        .with("last-rc-change", when)
        .with("exec-time", 0)
        .with("queue-time", 0)
        .with("op-digest", digest(params, record.interval))
}
