//! The power-cut test: what is left of a store when the power goes at any moment.
//!
//! A child does a fixed workload under strace and says after each sync which step is safe
//! (`ack n`). From the trace we know every write, rename and sync of the store, and which of them
//! the kernel had promised to have on disk at each moment. Then, for each moment, the files are
//! rebuilt with the promised writes and some of the others: none, all, each alone lost, each alone
//! kept, every subset when there are few, random subsets otherwise, and writes torn at the edges of
//! sectors and pages. The store is opened on each result and must hold a state that is not older
//! than the last one that was acknowledged.

#![expect(clippy::unwrap_used, reason = "a test may say what it expects")]

mod cases;
mod disk;
mod trace;
mod workload;

use std::path::Path;
use std::process::Command;

use rota_replica::{LogStore, StoreId};
use rota_store::{Error, Opened, open, open_sled};

use cases::Verdict;
use disk::{Op, What};
use workload::Workload;

const CHILD: &str = "ROTA_POWER_CUT_CHILD";
const WORK: &str = "ROTA_POWER_CUT_WORK";

/// Not a test by itself: the child that the others run under strace.
#[test]
fn child() {
    let Some(root) = std::env::var_os(CHILD) else { return };
    let dir = Path::new(&root).join("raft");
    let acks = Path::new(&root).with_extension("acks");
    let work = std::env::var(WORK).unwrap();
    let [kind, steps, scale] = work.split(' ').collect::<Vec<_>>()[..] else { panic!("{work}") };
    let work = Workload { steps: steps.parse().unwrap(), scale: scale.parse().unwrap() };
    match kind {
        "redb" => workload::run(work, open(&dir, StoreId(1)).unwrap(), &acks),
        "sled" => workload::run(work, open_sled(&dir, StoreId(1)).unwrap(), &acks),
        other => panic!("unknown store {other}"),
    }
}

/// What the store did; `None` when strace cannot be used here.
fn record(kind: &str, work: Workload) -> Option<Vec<Op>> {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().join("disk");
    std::fs::create_dir(&root).unwrap();
    let log = place.path().join("trace");
    let status = Command::new("strace")
        .args(["-f", "-y", "-xx", "-s", "4000000", "-e", trace::SYSCALLS, "-o"])
        .arg(&log)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--test-threads=1"])
        .env(CHILD, &root)
        .env(WORK, format!("{kind} {} {}", work.steps, work.scale))
        .stdout(std::process::Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => Some(trace::read(&log, &root)),
        other => {
            eprintln!("skipped: strace does not work here ({other:?})");
            None
        }
    }
}

fn cut_everywhere<S: LogStore>(
    work: Workload,
    ops: &[Op],
    open: impl Fn(&Path) -> Result<Opened<S>, Error>,
) -> Verdict {
    let verdict = cases::run_all(work, ops, open);
    eprintln!("{verdict}");
    verdict
}

/// `ROTA_POWER_CUT_SCALE=20` makes it a run of minutes, with megabytes of snapshots.
#[test]
fn redb_survives_every_power_cut() {
    let scale = std::env::var("ROTA_POWER_CUT_SCALE").map_or(1, |text| text.parse().unwrap());
    let work = Workload { steps: 40, scale };
    let Some(ops) = record("redb", work) else { return };
    let verdict = cut_everywhere(work, &ops, |dir| open(dir, StoreId(9)));
    assert!(verdict.cases > 1_000, "too few cases: {verdict}");
    assert!(verdict.lost.is_empty(), "acknowledged state was lost: {verdict}");
    assert!(verdict.damaged.is_empty(), "a power-cut costs the node its vote: {verdict}");
}

/// The counter-example of docs/decisions/0002-storage.md. If it ever fails, sled has changed, and
/// the decision may be looked at again.
#[test]
fn sled_loses_acknowledged_entries_even_with_fdatasync() {
    let work = Workload { steps: 5, scale: 20 };
    let Some(ops) = record("sled", work) else { return };
    let verdict = cut_everywhere(work, &ops, |dir| open_sled(dir, StoreId(9)));
    assert!(!verdict.lost.is_empty(), "sled passed: {verdict}");
}

/// The test of the test: with its syncs taken out of the record, redb must be caught.
#[test]
fn a_store_that_does_not_sync_is_caught() {
    let work = Workload { steps: 6, scale: 1 };
    let Some(mut ops) = record("redb", work) else { return };
    ops.retain(|op| !matches!(op.what, What::Sync(_)));
    let verdict = cut_everywhere(work, &ops, |dir| open(dir, StoreId(9)));
    assert!(!verdict.lost.is_empty(), "not caught: {verdict}");
}
