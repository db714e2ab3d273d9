//! Runs cases: own ones of `tests/corpus/policy`, and, where it lies beside the project, the
//! suite of recorded Pacemaker results, with pass counts that must not fall.
#![expect(clippy::unwrap_used, reason = "tests may say what they expect")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rota_ids::WallTime;
use rota_policy::{Options, check, plan, simulate};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Plans and executes a case; returns summary, actions and revised status.
fn run(path: &Path, at: Option<i64>) -> (Vec<String>, Vec<String>, String) {
    let bytes = std::fs::read(path).unwrap();
    let mut cib = rota_cib::xml::read(&bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let now = WallTime(at.or(cib.header.execution_date).unwrap_or(1_700_000_000));
    let made = plan(&cib, now, &Options::default());
    let again = plan(&cib, now, &Options::default());
    assert_eq!(made.graph, again.graph, "{}: not deterministic", path.display());
    let lines = simulate::execute(&mut cib, &made.graph, &Vec::new(), now);
    let status = simulate::status_after(&cib, now, &Options::default());
    (made.summary, lines, status)
}

#[test]
fn own_cases_give_what_is_written() {
    let dir = root().join("tests/corpus/policy");
    let mut count = 0;
    let mut entries: Vec<_> =
        std::fs::read_dir(&dir).unwrap().flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries.iter().filter(|p| p.extension().is_some_and(|e| e == "xml")) {
        let (summary, lines, status) = run(path, None);
        let mut text = String::from("Summary\n");
        for line in summary {
            text.push_str(&format!("  {line}\n"));
        }
        text.push_str("Actions\n");
        for line in lines {
            text.push_str(&format!("  {line}\n"));
        }
        text.push_str(&status);
        let expected = path.with_extension("expected");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&expected, &text).unwrap();
        }
        let wanted = std::fs::read_to_string(&expected).unwrap();
        assert_eq!(text, wanted, "{}", path.display());
        count += 1;
    }
    assert!(count > 0, "no cases in {}", dir.display());
}

fn shared() -> Option<PathBuf> {
    let dir = std::env::var_os("ROTA_SHARED")
        .map_or_else(|| root().join("../shared"), PathBuf::from)
        .join("sched-suite");
    if dir.is_dir() {
        return Some(dir);
    }
    eprintln!("skipped: no recorded results at {}", dir.display());
    None
}

/// The items of a section, white space collapsed.
fn section(report: &str, title: &str) -> Vec<String> {
    report
        .lines()
        .skip_while(|l| *l != title)
        .skip(1)
        .take_while(|l| l.starts_with(' '))
        .filter(|l| l.starts_with("  * "))
        .map(|l| squeezed(&l[4..]))
        .collect()
}

fn squeezed(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

fn real(lines: &[String]) -> Vec<String> {
    let mut kept: Vec<String> =
        lines.iter().filter(|l| !l.starts_with("Pseudo action:")).map(|l| squeezed(l)).collect();
    kept.sort();
    kept
}

#[test]
fn recorded_results_are_reached_as_often_as_before() {
    /// Raise these when more cases pass; they never fall.
    const FLOOR: [(&str, usize); 3] = [("summary", 615), ("real", 634), ("sequence", 560)];
    let Some(dir) = shared() else { return };
    let mut passes: BTreeMap<&str, usize> = BTreeMap::new();
    let mut names: Vec<_> =
        std::fs::read_dir(dir.join("xml")).unwrap().flatten().map(|e| e.path()).collect();
    names.sort();
    for path in names {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let wanted =
            std::fs::read_to_string(dir.join("summary").join(format!("{name}.summary"))).unwrap();
        let (summary, lines, _status) = run(&path, None);
        let summary = sorted(summary.iter().map(|l| squeezed(l)).collect());
        let executed = section(&wanted, "Executing Cluster Transition:");
        let in_turn: Vec<String> = lines.iter().map(|l| squeezed(l)).collect();
        for (level, same) in [
            ("summary", sorted(section(&wanted, "Transition Summary:")) == summary),
            ("real", real(&executed) == real(&lines)),
            ("sequence", executed == in_turn),
        ] {
            *passes.entry(level).or_default() += usize::from(same);
        }
    }
    for (level, floor) in FLOOR {
        let got = passes.get(level).copied().unwrap_or(0);
        assert!(got >= floor, "{level}: {got} cases pass, {floor} did before");
    }
}

#[test]
fn no_plan_for_a_recorded_case_is_refused_by_the_checker() {
    let Some(dir) = shared() else { return };
    let mut refused = Vec::new();
    let random = dir.with_file_name("sched-fuzz");
    let dirs = [dir, random].map(|d| d.join("xml"));
    for entry in dirs.iter().filter_map(|d| std::fs::read_dir(d).ok()).flatten().flatten() {
        let bytes = std::fs::read(entry.path()).unwrap();
        let cib = rota_cib::xml::read(&bytes).unwrap();
        let now = WallTime(cib.header.execution_date.unwrap_or(1_700_000_000));
        let findings = check::check(&cib, &plan(&cib, now, &Options::default()).graph);
        if !findings.is_empty() {
            refused.push((entry.file_name(), findings));
        }
    }
    for (name, findings) in &refused {
        for finding in findings {
            eprintln!("{}: {finding}", name.to_string_lossy());
        }
    }
    assert!(refused.is_empty(), "{} plans refused", refused.len());
}
