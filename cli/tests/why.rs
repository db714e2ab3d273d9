//! Answers to "why", as people see them: each `.why` file of `tests/corpus/why` holds commands
//! about the CIB beside it, and what they print. `ROTA_BLESS=1 cargo test` writes the files anew.
#![expect(clippy::unwrap_used, reason = "tests may say what they expect")]

use std::path::{Path, PathBuf};
use std::process::Command;

fn cases() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus/why");
    let mut cases: Vec<PathBuf> =
        std::fs::read_dir(dir).unwrap().flatten().map(|entry| entry.path()).collect();
    cases.retain(|path| path.extension().is_some_and(|e| e == "why"));
    cases.sort();
    cases
}

/// A small cluster with an address `vip`, about to restart.
fn changed_address() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus/why/changed.xml")
}

/// Runs `rota WORDS` on a CIB; what it prints.
fn ask(words: &str, cib: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rota"));
    command.args(words.split_whitespace().skip(1)).env_remove("CIB_file");
    let option = if words.starts_with("rota simulate") { "-x" } else { "-f" };
    let done = command.arg(option).arg(cib).output().unwrap();
    let text = [done.stdout, done.stderr].concat();
    String::from_utf8(text).unwrap()
}

/// The file with every answer as it is now.
fn answered(written: &str, cib: &Path) -> String {
    let questions = written.lines().filter_map(|line| line.strip_prefix("$ "));
    let one = |words: &str| format!("$ {words}\n{}\n", ask(words, cib));
    questions.map(one).collect()
}

#[test]
fn answers_are_as_written() {
    let bless = std::env::var_os("ROTA_BLESS").is_some();
    let cases = cases();
    assert!(cases.len() >= 10, "{} cases", cases.len());
    for path in cases {
        let written = std::fs::read_to_string(&path).unwrap();
        let now = answered(&written, &path.with_extension("xml"));
        if bless {
            std::fs::write(&path, &now).unwrap();
        } else {
            assert_eq!(now, written, "{}", path.display());
        }
    }
}

#[test]
fn a_question_leaves_its_file_alone() {
    let source = changed_address();
    let copy = std::env::temp_dir().join(format!("rota-why-{}.xml", std::process::id()));
    std::fs::copy(&source, &copy).unwrap();
    ask("rota resource why vip", &copy);
    let (before, after) = (std::fs::read(&source).unwrap(), std::fs::read(&copy).unwrap());
    std::fs::remove_file(&copy).unwrap();
    assert_eq!(before, after);
}

#[test]
fn wrong_names_are_answered_with_the_right_ones() {
    let cib = changed_address();
    let text = ask("rota resource why vipp", &cib);
    assert!(text.contains("'vipp' does not exist; did you mean 'vip'?"), "{text}");
    let text = ask("rota resource why vip n11", &cib);
    assert!(text.contains("node 'n11' does not exist; did you mean 'n1'?"), "{text}");
    let text = ask("rota resource why", &cib);
    assert!(text.contains("usage: rota resource why RESOURCE"), "{text}");
    let text = ask("rota resource why vip --output-format xml", &cib);
    assert!(text.contains("use text or json"), "{text}");
    let text = ask("rota simulate --output-format svg", &cib);
    assert!(text.contains("give text, json or dot"), "{text}");
}

#[test]
fn programs_get_the_same_as_json_and_dot() {
    let cib = changed_address();
    let why: serde_json::Value =
        serde_json::from_str(&ask("rota resource why vip --output-format json", &cib)).unwrap();
    let nodes = why["subjects"][0]["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 3, "{why}");
    assert!(nodes[0]["verdict"].is_string() && nodes[0]["facts"].is_array(), "{why}");
    let plan: serde_json::Value =
        serde_json::from_str(&ask("rota simulate --output-format json", &cib)).unwrap();
    for part in ["summary", "placements", "scores", "actions", "stuck", "graph"] {
        assert!(!plan[part].is_null(), "{part} is missing");
    }
    assert!(plan["actions"][0]["cause"]["kind"].is_string(), "{plan}");
    assert!(ask("rota simulate --output-format dot", &cib).contains("digraph"));
}
