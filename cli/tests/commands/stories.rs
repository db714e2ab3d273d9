//! Stories: commands and what they change, one file a verb family.
//!
//! A line that begins with `rota` is a command; what follows `----` is the answer: changed lines of
//! the configuration, changes of the status, text, remarks (`note:`) or the refusal (`error:`).
//! `ROTA_BLESS=1 cargo test` writes the files anew; review them as a diff.

use std::path::{Path, PathBuf};
use std::process::Command;

use rota_cib::change::{Author, Change, Configure, apply};
use rota_cib::{Cib, xml};
use rota_ids::WallTime;

use crate::agents::ByHeart;
use crate::commands::{Context, Needs, Wait, needs, run};

/// Three nodes; `vip` ran on n1 in the past and failed there, as the status of stories says.
const BASE: &str = r#"<cib validate-with="pacemaker-3.9" admin_epoch="0" epoch="1" num_updates="0">
<configuration><crm_config/><nodes><node id="1" uname="n1"/><node id="2" uname="n2"/><node id="3" uname="n3"/></nodes>
<resources/><constraints/></configuration>
<status><node_state id="1" uname="n1" crmd="online"><transient_attributes id="1"><instance_attributes id="status-1">
<nvpair id="f1" name="fail-count-vip#monitor_10000" value="2"/><nvpair id="f2" name="fail-count-vip#start_0" value="INFINITY"/>
</instance_attributes></transient_attributes><lrm id="1"><lrm_resources><lrm_resource id="vip" type="IPaddr2" class="ocf" provider="heartbeat">
<lrm_rsc_op id="vip_last_0" operation="start" call-id="5" rc-code="0" op-status="0" interval="0" transition-key="1:1:0:x"/>
</lrm_resource></lrm_resources></lrm></node_state>
<node_state id="2" uname="n2" crmd="online"><lrm id="2"><lrm_resources><lrm_resource id="vip" type="IPaddr2" class="ocf" provider="heartbeat">
<lrm_rsc_op id="vip_last_0" operation="monitor" call-id="2" rc-code="7" op-status="0" interval="0" transition-key="1:1:7:x"/>
</lrm_resource></lrm_resources></lrm></node_state></status></cib>"#;

/// 2024-05-01 12:00:00Z
const NOW: WallTime = WallTime(1_714_564_800);

/// Words of a line; quotes keep blanks together.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut any) = (Vec::new(), String::new(), false, false);
    for c in line.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                any = true;
            }
            ' ' if !quoted => {
                if any {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            c => {
                word.push(c);
                any = true;
            }
        }
    }
    if any {
        words.push(word);
    }
    words
}

/// Lines that differ, in order: a longest common subsequence of lines stays.
fn differences(before: &str, after: &str) -> Vec<String> {
    let (a, b): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let mut common = vec![vec![0usize; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            common[i][j] = match a[i] == b[j] {
                true => common[i + 1][j + 1] + 1,
                false => common[i + 1][j].max(common[i][j + 1]),
            };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            (i, j) = (i + 1, j + 1);
        } else if i < a.len() && (j == b.len() || common[i + 1][j] >= common[i][j + 1]) {
            lines.push(format!("-{}", a[i]));
            i += 1;
        } else {
            lines.push(format!("+{}", b[j]));
            j += 1;
        }
    }
    lines
}

fn answer(cib: &mut Cib, line: &str) -> String {
    let words = words(line);
    let context = Context { cib, agents: &ByHeart, local_node: Some("n1"), now: NOW };
    let answered = run(&words[1..], &context);
    // What the program does when it is given less must come to the same.
    let less = match needs(&words[1..]) {
        Needs::Nothing => Cib::default(),
        Needs::Configuration => cib.without_history(),
        Needs::Histories => cib.clone(),
    };
    let again = run(&words[1..], &Context { cib: &less, ..context });
    assert_eq!(format!("{answered:?}"), format!("{again:?}"), "{line}, with what it needs");
    let outcome = match answered {
        Ok(outcome) => outcome,
        Err(error) => return format!("error: {error}\n"),
    };
    let mut lines = Vec::new();
    let mut wanted = cib.clone();
    if let Some(config) = &outcome.config {
        wanted.config = config.clone();
    }
    let edits = Configure { edits: outcome.edits.clone(), force: true, ..Configure::default() };
    apply(&mut wanted, &Change::Configure(edits), NOW).expect("edits that can be made");
    let (before, after) = (xml::write_config(&cib.config), xml::write_config(&wanted.config));
    lines.extend(differences(&before, &after));
    lines.extend(outcome.changes.iter().map(|change| format!("change: {change:?}")));
    for change in outcome.changes_for(&cib.clone(), Author::default()) {
        apply(cib, &change, NOW).expect("an applicable change");
    }
    assert_eq!(cib.config, wanted.config, "{line}");
    let again = xml::read(xml::write(cib).as_bytes()).expect("a readable result");
    assert_eq!(again.config, cib.config, "{line}");
    lines.extend(outcome.text.lines().map(str::to_owned));
    lines.extend(outcome.messages.iter().map(|message| format!("note: {message}")));
    lines
        .extend(outcome.remove_when_settled.iter().map(|id| format!("when settled, remove: {id}")));
    match outcome.wait {
        None => {}
        Some(Wait::Forever) => lines.push("wait".to_owned()),
        Some(Wait::Seconds(seconds)) => lines.push(format!("wait: {seconds} s")),
    }
    if lines.is_empty() {
        lines.push("nothing".to_owned());
    }
    lines.join("\n") + "\n"
}

/// Runs a story; gives it with the answers as they are, and lets `see` have each Cib.
fn replay(story: &str, mut see: impl FnMut(&Cib)) -> String {
    let mut cib = xml::read(BASE.as_bytes()).expect("a readable base");
    let (mut told, mut in_answer) = (String::new(), false);
    let mut lines = story.lines().peekable();
    while let Some(line) = lines.next() {
        match line {
            // Answers may begin like commands (help does); only commands have a rule below them.
            _ if line.starts_with("rota ") && lines.peek() == Some(&"----") => {
                in_answer = false;
                let answer = answer(&mut cib, line);
                see(&cib);
                told.push_str(&format!("{line}\n----\n{answer}\n"));
            }
            "----" => in_answer = true,
            _ if in_answer || line.is_empty() => {}
            _ => told.push_str(&format!("{line}\n")),
        }
        if line.starts_with('#') {
            in_answer = false;
        }
    }
    told
}

fn stories() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/commands/stories");
    let entries = std::fs::read_dir(folder).expect("the folder of stories").flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "txt"));
    files.sort();
    files
}

#[test]
fn stories_are_told_as_written() {
    let bless = std::env::var_os("ROTA_BLESS").is_some();
    let mut wrong = Vec::new();
    for path in stories() {
        let written = std::fs::read_to_string(&path).expect("a readable story");
        let told = replay(&written, |_| {});
        if told != written {
            if bless {
                std::fs::write(&path, &told).expect("a writable story");
            } else {
                wrong.push(format!(
                    "{}:\n{}",
                    path.display(),
                    differences(&written, &told).join("\n")
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n(ROTA_BLESS=1 writes them anew)", wrong.join("\n\n"));
}

#[test]
fn what_stories_make_follows_pacemakers_schema() {
    let schema = Path::new("/usr/share/pacemaker/pacemaker-3.9.rng");
    if !schema.exists() || Command::new("xmllint").arg("--version").output().is_err() {
        println!("skipped: Pacemaker's schema and xmllint are not installed");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder for documents");
    let mut documents: Vec<PathBuf> = Vec::new();
    for path in stories() {
        let story = std::fs::read_to_string(&path).expect("a readable story");
        replay(&story, |cib| {
            let file = folder.path().join(format!("{}.xml", documents.len()));
            std::fs::write(&file, xml::write(cib)).expect("a writable document");
            documents.push(file);
        });
    }
    let output = Command::new("xmllint")
        .args(["--noout", "--relaxng"])
        .arg(schema)
        .args(&documents)
        .output()
        .expect("xmllint");
    let text = String::from_utf8_lossy(&output.stderr);
    let invalid: Vec<&str> = text.lines().filter(|line| !line.ends_with(" validates")).collect();
    assert!(output.status.success(), "{}", invalid.join("\n"));
}
