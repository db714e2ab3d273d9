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

const CHILD: &str = "ROTA_POWER_CUT_CHILD";
const KIND: &str = "ROTA_POWER_CUT_KIND";

/// Not a test by itself: the child that the others run under strace.
#[test]
fn child() {
    let Some(root) = std::env::var_os(CHILD) else { return };
    let dir = Path::new(&root).join("raft");
    let acks = Path::new(&root).with_extension("acks");
    match std::env::var(KIND).unwrap().as_str() {
        "redb" => workload::run(open(&dir, StoreId(1)).unwrap(), &acks),
        "sled" => workload::run(open_sled(&dir, StoreId(1)).unwrap(), &acks),
        other => panic!("unknown store {other}"),
    }
}

/// The whole test for one kind of store; `None` when strace cannot be used here.
fn cut_everywhere<S: LogStore>(
    kind: &str,
    open: impl Fn(&Path) -> Result<Opened<S>, Error>,
) -> Option<Verdict> {
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
        .env(KIND, kind)
        .stdout(std::process::Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => {}
        other => {
            eprintln!("skipped: strace does not work here ({other:?})");
            return None;
        }
    }
    let ops = trace::read(&log, &root);
    let verdict = cases::run_all(&ops, open);
    eprintln!("{kind}: {verdict}");
    Some(verdict)
}

#[test]
fn redb_survives_every_power_cut() {
    let Some(verdict) = cut_everywhere("redb", |dir| open(dir, StoreId(9))) else { return };
    assert!(verdict.cases > 1_000, "too few cases: {verdict}");
    assert!(verdict.lost.is_empty(), "acknowledged state was lost: {verdict}");
    assert!(verdict.damaged.is_empty(), "a power-cut costs the node its vote: {verdict}");
}

#[test]
fn sled_with_fdatasync_survives_every_power_cut() {
    let Some(verdict) = cut_everywhere("sled", |dir| open_sled(dir, StoreId(9))) else { return };
    assert!(verdict.cases > 1_000, "too few cases: {verdict}");
    assert!(verdict.lost.is_empty(), "acknowledged state was lost: {verdict}");
    assert!(verdict.damaged.is_empty(), "a power-cut costs the node its vote: {verdict}");
}
