//! Explanations are complete and add up: on all own cases, and on the recorded ones where they lie
//! beside the project.
#![expect(clippy::unwrap_used, reason = "tests may say what they expect")]

use std::path::{Path, PathBuf};

use rota_cib::Cib;
use rota_ids::WallTime;
use rota_policy::explain::{Fact, OnNode, Subject, Verdict, why_all};
use rota_policy::{Options, plan, plan_since};
use rota_transition::Task;

const INF: i32 = 1_000_000;

fn cases() -> Vec<(String, Cib, WallTime)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared =
        std::env::var_os("ROTA_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    if !shared.is_dir() {
        eprintln!("own cases only: no recorded ones at {}", shared.display());
    }
    let (suite, fuzz) = (shared.join("sched-suite/xml"), shared.join("sched-fuzz/xml"));
    let mut paths = Vec::new();
    for dir in [root.join("tests/corpus/policy"), root.join("tests/corpus/why"), suite, fuzz] {
        let Ok(entries) = std::fs::read_dir(dir) else { continue };
        paths.extend(entries.flatten().map(|entry| entry.path()));
    }
    paths.retain(|path| path.extension().is_some_and(|e| e == "xml"));
    paths.sort();
    let read = |path: &PathBuf| {
        let cib = rota_cib::xml::read(&std::fs::read(path).unwrap()).unwrap();
        let now = WallTime(cib.header.execution_date.unwrap_or(1_700_000_000));
        (path.file_stem().unwrap().to_string_lossy().into_owned(), cib, now)
    };
    paths.iter().map(read).collect()
}

/// Everything that can be asked about.
fn answers(cib: &Cib, now: WallTime) -> Vec<Subject> {
    why_all(cib, now).into_iter().flat_map(|why| why.subjects).collect()
}

#[test]
fn every_action_has_a_cause_and_explaining_changes_no_plan() {
    for (name, cib, now) in cases() {
        let silent = plan(&cib, now, &Options::default());
        let told = plan(&cib, now, &Options { explain: true, ..Options::default() });
        let mut graph = told.graph.clone();
        for action in &mut graph.actions {
            let pseudo = matches!(action.task, Task::Pseudo { .. });
            assert_eq!(action.note.is_none(), pseudo, "{name}: {action:?}");
            action.note = None;
        }
        assert_eq!(graph, silent.graph, "{name}: explaining changed the plan");
        for explained in &told.explained {
            assert!(!explained.text.is_empty(), "{name}: {explained:?}");
        }
    }
}

fn scores(facts: &[Fact]) -> impl Iterator<Item = i32> {
    facts.iter().filter_map(|fact| fact.score)
}

/// What is wrong with an account of a node; none if it adds up.
fn fault(subject: &Subject, node: &OnNode) -> Option<String> {
    let sum: i64 = scores(&node.facts).map(i64::from).sum();
    let barred = scores(&node.facts).any(|s| s <= -INF);
    let decided = node.facts.iter().any(|fact| fact.decisive);
    match node.score {
        Some(score) if score.abs() < INF && !barred && sum != i64::from(score) => {
            Some(format!("facts add up to {sum}, the score is {score}"))
        }
        Some(score) if score <= -INF && !decided && subject.facts.is_empty() => {
            Some("minus infinity without a reason".to_owned())
        }
        _ if node.verdict == Verdict::Barred && subject.facts.is_empty() && !decided => {
            Some("barred, and nothing is decisive".to_owned())
        }
        _ => None,
    }
}

#[test]
fn what_is_said_of_a_node_adds_up_to_its_score() {
    /// Of a thousand accounts so many may fall short: trials that were taken back.
    const PER_MILLE: usize = 1;
    let (mut count, mut faults) = (0, Vec::new());
    for (name, cib, now) in cases() {
        for subject in answers(&cib, now) {
            for node in &subject.nodes {
                count += 1;
                if let Some(fault) = fault(&subject, node) {
                    faults.push(format!("{name}: {} on {}: {fault}", subject.resource, node.node));
                }
            }
        }
    }
    println!("{count} accounts, {} faults", faults.len());
    for fault in &faults {
        println!("  {fault}");
    }
    assert!(
        faults.len() * 1000 <= count * PER_MILLE,
        "{} of {count} accounts do not add up",
        faults.len()
    );
}

/// A running address whose parameter was changed, and the configuration before.
fn changed_address(was: &str) -> (Cib, rota_cib::Config) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join("tests/corpus/why/changed.xml")).unwrap();
    // The digest of ip=10.0.0.1.
    let text = text.replacen(EMPTY_DIGEST, "DIGEST", 1);
    let cib = |ip: &str| {
        let text = text.replace("DIGEST", OLD_DIGEST).replace("10.0.0.2", ip);
        rota_cib::xml::read(text.as_bytes()).unwrap()
    };
    (cib("10.0.0.2"), cib(was).config)
}

const EMPTY_DIGEST: &str = "f2317cad3d54cec5d7d7aa7d0bf35cf8";
const OLD_DIGEST: &str = "ba6a72f3ccfb84f58fad1ff6a1d34598";

fn cause_of_restart(before: &rota_cib::Config, cib: &Cib) -> String {
    let options = Options { explain: true, ..Options::default() };
    let now = WallTime(cib.header.execution_date.unwrap());
    let plan = plan_since(Some(before), cib, now, &options);
    let stop = plan.explained.iter().find(|e| e.task == "stop").unwrap();
    stop.text.clone()
}

#[test]
fn a_changed_parameter_is_told_by_its_old_and_new_value() {
    let (cib, before) = changed_address("10.0.0.1");
    let text = cause_of_restart(&before, &cib);
    assert!(
        text.ends_with("definition change of vip: parameter ip, 10.0.0.1 -> 10.0.0.2"),
        "{text}"
    );
}

#[test]
fn an_old_value_that_does_not_fit_what_is_recorded_is_not_told() {
    let (cib, before) = changed_address("10.9.9.9");
    let text = cause_of_restart(&before, &cib);
    assert!(text.ends_with("definition change of vip"), "{text}");
}
