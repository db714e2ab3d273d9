//! The same document planned by `crm_simulate`, and where the two differ.

use std::io::Write;
use std::process::Command;

use anyhow::Context;

use crate::trial::Outcome;

/// A part of the report that differs. The status after it is shown, but not compared: where
/// things are in the end follows from the actions, and versions word it differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The transition summary, reasons left out.
    Summary,
    /// The actions that are carried out.
    Actions,
}

/// What `crm_simulate` says of a document.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Lines of the summary.
    pub summary: Vec<String>,
    /// Lines of the execution.
    pub actions: Vec<String>,
    /// The status after it.
    pub status: Vec<String>,
}

/// Whether the program is there and is one that can be compared with.
pub fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|out| out.status.success())
}

/// Asks the program.
///
/// # Errors
/// When it cannot be run or refuses the document; its words are in the error.
pub fn ask(program: &str, text: &str) -> anyhow::Result<Report> {
    let mut file = tempfile::Builder::new().suffix(".xml").tempfile()?;
    file.write_all(text.as_bytes())?;
    let out = Command::new(program)
        .args(["--simulate", "--xml-file"])
        .arg(file.path())
        .env("LC_ALL", "C")
        .env("TZ", "UTC")
        .output()
        .with_context(|| format!("cannot run {program}"))?;
    let stdout = String::from_utf8_lossy(&out.stdout);
    if !out.status.success() {
        let words = String::from_utf8_lossy(&out.stderr);
        anyhow::bail!("{program} fails ({}): {words}", out.status);
    }
    Ok(Report {
        summary: items(&stdout, "Transition Summary:"),
        actions: items(&stdout, "Executing Cluster Transition:"),
        status: status(&stdout),
    })
}

/// Lines of a section, white space collapsed.
fn items(report: &str, title: &str) -> Vec<String> {
    report
        .lines()
        .skip_while(|line| *line != title)
        .skip(1)
        .take_while(|line| line.starts_with(' '))
        .filter_map(|line| line.strip_prefix("  * "))
        .map(collapsed)
        .collect()
}

fn status(report: &str) -> Vec<String> {
    let lines = report.lines().skip_while(|line| *line != "Revised Cluster Status:").skip(1);
    lines.map(collapsed).filter(|line| !line.is_empty()).collect()
}

fn collapsed(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A line of the summary without the reason for it.
fn bare(line: &str) -> String {
    let line = collapsed(line);
    match (line.find(" due to "), line.rfind(" )")) {
        (Some(from), Some(to)) if from < to => format!("{}{}", &line[..from], &line[to..]),
        _ => line
            .find(" due to ")
            .or_else(|| line.find(" '"))
            .map_or(line.clone(), |at| line[..at].to_owned()),
    }
}

fn sorted(lines: impl Iterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    lines
}

fn real(lines: &[String]) -> Vec<String> {
    sorted(lines.iter().filter(|l| !l.starts_with("Pseudo action:")).map(|l| collapsed(l)))
}

/// Where the two differ, the weightiest first.
pub fn differences(ours: &Outcome, theirs: &Report) -> Vec<Level> {
    let mut levels = Vec::new();
    let bares = |lines: &[String]| sorted(lines.iter().map(|line| bare(line)));
    if bares(&ours.summary) != bares(&theirs.summary) {
        levels.push(Level::Summary);
    }
    if real(&ours.actions) != real(&theirs.actions) {
        levels.push(Level::Actions);
    }
    levels
}

/// Which operations only one of the two carries out, or else which words only one of the summaries
/// begins with: the kind of a difference. None when there is none.
pub fn kind(ours: &Outcome, theirs: &Report) -> Option<String> {
    let level = *differences(ours, theirs).first()?;
    let word = |line: &String| {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("Resource") => words.nth(2).unwrap_or_default().to_owned(),
            first => first.unwrap_or_default().to_owned(),
        }
    };
    let only = |mut these: Vec<String>, those: &[String]| {
        for line in those {
            if let Some(at) = these.iter().position(|other| other == line) {
                these.remove(at);
            }
        }
        these.iter().map(word).collect::<std::collections::BTreeSet<String>>()
    };
    let (mine, other) = (real(&ours.actions), real(&theirs.actions));
    let (we, they) = (only(mine.clone(), &other), only(other, &mine));
    if !we.is_empty() || !they.is_empty() {
        return Some(format!("actions: rota {we:?} other {they:?}"));
    }
    let bares = |lines: &[String]| sorted(lines.iter().map(|line| bare(line)));
    let (mine, other) = (bares(&ours.summary), bares(&theirs.summary));
    let (we, they) = (only(mine.clone(), &other), only(other, &mine));
    Some(format!("{level:?}: rota {we:?} other {they:?}"))
}

/// What only one of the two says: ours with a minus, theirs with a plus.
pub fn side_by_side(ours: &Outcome, theirs: &Report) -> String {
    let mut out = String::new();
    let mut part = |title: &str, ours: Vec<String>, theirs: Vec<String>| {
        let mut left = theirs.clone();
        let mut lines = Vec::new();
        for line in ours {
            match left.iter().position(|other| *other == line) {
                Some(at) => drop(left.remove(at)),
                None => lines.push(format!("  rota  {line}\n")),
            }
        }
        lines.extend(left.into_iter().map(|line| format!("  other {line}\n")));
        if !lines.is_empty() {
            out.push_str(&format!("{title}\n{}", lines.concat()));
        }
    };
    let collapse = |lines: &[String]| lines.iter().map(|l| collapsed(l)).collect::<Vec<_>>();
    part("summary", collapse(&ours.summary), theirs.summary.clone());
    part("actions", real(&ours.actions), real(&theirs.actions));
    let status = ours.status.lines().map(collapsed).filter(|l| !l.is_empty()).collect();
    part("status", status, theirs.status.clone());
    out
}
