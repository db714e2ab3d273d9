//! Clusters behind an OpenStack, and what Pacemaker does at each failure: the same here, or
//! better with the reason written down. Runs where the recorded scenarios lie beside the
//! project.
#![expect(clippy::unwrap_used, reason = "tests may say what they expect")]

use std::path::{Path, PathBuf};

use rota_cib::Cib;
use rota_ids::WallTime;
use rota_policy::{Options, plan, simulate};

/// What happens to a cluster that runs well.
enum Event {
    NodeFails(&'static str),
    NodeLeaves(&'static str),
    QuorumIsLost,
    OperationFails { key: &'static str, node: &'static str, rc: i32 },
}
use Event::{NodeFails, NodeLeaves, OperationFails, QuorumIsLost};

const SCENARIOS: [(&str, Event); 12] = [
    ("collapsed.node-fail-ctl1", NodeFails("ctl1")),
    ("collapsed.node-down-ctl2", NodeLeaves("ctl2")),
    ("collapsed.quorum-no", QuorumIsLost),
    (
        "collapsed.haproxy-fail-ctl3",
        OperationFails { key: "haproxy_monitor_10000", node: "ctl3", rc: 7 },
    ),
    ("mixed.node-fail-ctl1", NodeFails("ctl1")),
    ("mixed.node-fail-db1", NodeFails("db1")),
    ("mixed.quorum-no", QuorumIsLost),
    ("mixed.remote-fail-cmp1", OperationFails { key: "cmp1_monitor_20000", node: "ctl1", rc: 1 }),
    ("seg-cinder.node-fail-cinder3", NodeFails("cinder3")),
    ("seg-db.node-fail-db1", NodeFails("db1")),
    ("seg-lb.node-fail-lb3", NodeFails("lb3")),
    ("seg-mq.node-fail-mq1", NodeFails("mq1")),
];

/// Pacemaker 2.1.5, which made the expected results, takes the missing digest of an injected
/// failure for a changed definition and forgets it at once; here that of a connection counts.
const FORGOTTEN_AT_ONCE: &str = "Cluster action: clear_failcount for ";

fn shared() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let dir = std::env::var_os("ROTA_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let dir = dir.join("reference/openstack");
    if dir.is_dir() {
        return Some(dir);
    }
    eprintln!("skipped: no scenarios at {}", dir.display());
    None
}

fn apply(cib: &mut Cib, event: &Event, now: WallTime) {
    match event {
        NodeFails(node) => simulate::set_node(cib, node, ["false", "offline", "down", "member"]),
        NodeLeaves(node) => {
            simulate::set_node(cib, node, ["false", "offline", "down", "down"]);
            simulate::forget_node(cib, node);
        }
        QuorumIsLost => cib.header.have_quorum = Some(false),
        OperationFails { key, node, rc } => {
            simulate::inject(cib, key, node, *rc, now).unwrap();
        }
    }
}

/// The lines of a section of a report that matter, white space collapsed, in order of the
/// alphabet.
fn lines<'t>(text: impl Iterator<Item = &'t str>) -> Vec<String> {
    let mut list: Vec<String> = text
        .map(|l| l.trim().trim_start_matches("* ").split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|l| !l.is_empty() && !l.starts_with("Pseudo action:"))
        .filter(|l| !l.starts_with(FORGOTTEN_AT_ONCE))
        .collect();
    list.sort();
    list
}

fn section(report: &str, title: &str) -> Vec<String> {
    lines(
        report
            .lines()
            .skip_while(|l| *l != title)
            .skip(1)
            .take_while(|l| !l.ends_with(':') || l.starts_with(' ')),
    )
}

#[test]
fn failures_have_the_consequences_that_pacemaker_gives_them() {
    let Some(dir) = shared() else { return };
    for (name, event) in &SCENARIOS {
        let topology = name.split('.').next().unwrap();
        let bytes = std::fs::read(dir.join(format!("{topology}.started.xml"))).unwrap();
        let mut cib = rota_cib::xml::read(&bytes).unwrap();
        let now = WallTime(cib.header.execution_date.unwrap_or(1_800_000_000));
        apply(&mut cib, event, now);
        let wanted = std::fs::read_to_string(dir.join(format!("expect/{name}.txt"))).unwrap();
        let made = plan(&cib, now, &Options::default());
        let done = simulate::execute(&mut cib, &made.graph, &Vec::new(), now);
        let (_, status) = simulate::status(&cib, now, &Options::default());
        assert_eq!(
            lines(made.summary.iter().map(String::as_str)),
            section(&wanted, "Transition Summary:"),
            "{name}: summary"
        );
        assert_eq!(
            lines(done.iter().map(String::as_str)),
            section(&wanted, "Executing Cluster Transition:"),
            "{name}: actions"
        );
        assert_eq!(
            lines(status.lines()),
            section(&wanted, "Revised Cluster Status:"),
            "{name}: end"
        );
    }
}
