//! The compat tools answer as the real ones do: stories recorded from Pacemaker 2.1.5.
//!
//! A story (`compat/*.story`) names a CIB and lists commands with what they print; each story works
//! on its own copy of the CIB, so that later commands see what earlier ones changed. With
//! `ROTA_RECORD=1` the stories are written anew by running the real tools of this host.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ROTA: &str = env!("CARGO_BIN_EXE_rota");

fn stories() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compat")
}

/// What a command gave, as a story has it.
fn run(words: &[String], environment: &[(&str, &str)], cib: &Path, real: bool) -> String {
    let mut command = if real {
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        command
    } else {
        let mut command = Command::new(ROTA);
        command.arg("compat").args(words);
        command
    };
    command.env("CIB_file", cib).env("TZ", "UTC").env_remove("OCF_RESOURCE_INSTANCE");
    command.envs(environment.iter().copied()).stdin(Stdio::null());
    // Nothing listens there: a tool that asks a daemon shows that it does.
    command.env("ROTA_SOCKET", cib.with_extension("no-such-socket"));
    let output = command.output().unwrap();
    let mut text = String::new();
    for (name, bytes) in [("out", &output.stdout), ("err", &output.stderr)] {
        for line in String::from_utf8_lossy(bytes).lines() {
            text.push_str(format!("  {name}: {line}").trim_end());
            text.push('\n');
        }
    }
    text.push_str(&format!("  rc={}\n", output.status.code().unwrap_or(-1)));
    steady(&text)
}

/// Replaces what differs from run to run: the time of the display and the tool's own change.
fn steady(text: &str) -> String {
    let mut steady = String::new();
    for line in text.lines() {
        let cut = |mark: &str| line.find(mark).map(|at| &line[..at + mark.len()]);
        let cut = cut("Last updated: ").or_else(|| cut("<last_update time=\""));
        steady.push_str(cut.unwrap_or(line));
        steady.push('\n');
    }
    steady
}

/// Splits a command line at blanks; quotes hold words together.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    let mut is_word = false;
    for c in line.chars() {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (None, '\'' | '"') => (quote, is_word) = (Some(c), true),
            (None, ' ') => {
                if is_word || !words[words.len() - 1].is_empty() {
                    words.push(String::new());
                }
                is_word = false;
            }
            (_, c) => words.last_mut().unwrap().push(c),
        }
    }
    words
}

fn story(name: &str) {
    let record = std::env::var_os("ROTA_RECORD").is_some();
    let path = stories().join(name).with_extension("story");
    let text = std::fs::read_to_string(&path).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let cib = directory.path().join("cib.xml");
    let mut now = String::new();
    for line in text.lines() {
        if let Some(from) = line.strip_prefix("cib: ") {
            std::fs::copy(stories().join(from), &cib).unwrap();
        }
        if line.starts_with("cib: ") || line.starts_with('#') {
            now.push_str(&format!("{line}\n"));
        }
        let Some(shown) = line.strip_prefix("$ ") else { continue };
        let mut words = words(shown);
        let mut environment = Vec::new();
        while let Some((name, value)) = words[0].clone().split_once('=') {
            environment.push((name.to_owned(), value.to_owned()));
            words.remove(0);
        }
        let environment: Vec<(&str, &str)> =
            environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        now.push_str(&format!("{line}\n{}", run(&words, &environment, &cib, record)));
    }
    if record {
        std::fs::write(&path, now).unwrap();
        return;
    }
    if now != text {
        let mut shown = String::new();
        let mut command = "";
        let (mut old, mut new) = (text.lines(), now.lines());
        loop {
            match (old.next(), new.next()) {
                (None, None) => break,
                (a, b) if a == b => command = a.filter(|a| a.starts_with("$ ")).unwrap_or(command),
                (a, b) => {
                    let (a, b) = (a.unwrap_or("(nothing)"), b.unwrap_or("(nothing)"));
                    shown = format!("after: {command}\n  real: {a}\n  ours: {b}");
                    break;
                }
            }
        }
        panic!("{name} differs\n{shown}\n\nours in full:\n{now}");
    }
}

#[test]
fn attributes_are_asked_and_set_as_agents_do() {
    story("attributes");
}

#[test]
fn pieces_of_the_cib_are_asked_and_changed() {
    story("cibadmin");
}

#[test]
fn the_cluster_is_shown_as_text_and_xml() {
    story("crm_mon");
}

#[test]
fn resources_are_found_changed_and_moved() {
    story("crm_resource");
}

#[test]
fn lost_nodes_stuck_resources_and_cloned_groups_are_shown() {
    story("odd");
}

#[test]
fn a_stop_that_only_blocks_makes_no_node_unclean() {
    story("blocked");
}

/// A rule of the configuration means the afternoon where the cluster stands.
#[test]
fn dates_without_a_zone_are_meant_by_the_clocks_of_this_host() {
    let odd = std::fs::read_to_string(stories().join("odd.xml")).unwrap();
    // 06:00 UTC on the day of the rule.
    let then = odd.replacen("dc-uuid", "execution-date=\"1795327200\" dc-uuid", 1);
    let rule = r#"<cluster_property_set id="noon" score="1"><rule id="noon-rule" score="INFINITY">
        <date_expression id="noon-date" operation="gt" start="2026-11-22 12:00:00"/></rule>
        <nvpair id="noon-mode" name="maintenance-mode" value="true"/></cluster_property_set>
        </crm_config>"#;
    let directory = tempfile::tempdir().unwrap();
    let cib = directory.path().join("cib.xml");
    std::fs::write(&cib, then.replacen("</crm_config>", rule, 1)).unwrap();
    let is_unmanaged = |zone| {
        let words = ["crm_mon", "-1", "-r"].map(str::to_owned);
        run(&words, &[("TZ", zone)], &cib, false).contains("(unmanaged)")
    };
    assert!(!is_unmanaged("UTC"), "it is morning");
    assert!(is_unmanaged("JST-9"), "it is afternoon");
}

#[test]
fn small_tools_answer() {
    story("small");
}

/// Lines but those that tell of the moment, or of a daemon.
fn timeless(text: &str) -> Vec<String> {
    let marks = ["<pacemakerd ", "<last_update ", "Status of pacemakerd", "Last updated"];
    let keeps = |line: &&str| !marks.iter().any(|mark| line.contains(mark));
    text.lines().filter(keeps).map(str::to_owned).collect()
}

#[test]
fn a_real_cluster_is_shown_as_the_real_tool_showed_it() {
    let shared = std::env::var_os("ROTA_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let golden = shared.join("reference/golden");
    if !golden.is_dir() {
        eprintln!("skipped: there is no {}", golden.display());
        return;
    }
    for state in ["up", "n3dead"] {
        let directory = tempfile::tempdir().unwrap();
        let cib = directory.path().join("cib.xml");
        std::fs::copy(golden.join(format!("{state}_cibadmin_--query_--local.txt")), &cib).unwrap();
        for line in ["crm_mon -X --inactive", "crm_mon -1 -r"] {
            let recorded = golden.join(format!("{state}_{}.txt", line.replace(' ', "_")));
            let real = std::fs::read_to_string(recorded).unwrap();
            let output = Command::new(ROTA)
                .arg("compat")
                .args(line.split(' '))
                .env("CIB_file", &cib)
                .output()
                .unwrap();
            let ours = String::from_utf8(output.stdout).unwrap();
            assert_eq!(timeless(&ours), timeless(&real), "{state}: {line}");
        }
    }
}

#[test]
fn the_xml_of_crm_mon_follows_its_schema() {
    const SCHEMA: &str = "/usr/share/pacemaker/api/api-result.rng";
    let has_xmllint = Command::new("xmllint").arg("--version").output().is_ok();
    if !has_xmllint || !Path::new(SCHEMA).exists() {
        eprintln!("skipped: xmllint and {SCHEMA} are needed");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let shown = directory.path().join("shown.xml");
    for line in ["crm_mon --output-as=xml", "crm_mon -n --output-as xml"] {
        let output = Command::new(ROTA)
            .arg("compat")
            .args(line.split(' '))
            .env("CIB_file", stories().join("shop.xml"))
            .output()
            .unwrap();
        std::fs::write(&shown, &output.stdout).unwrap();
        let check =
            Command::new("xmllint").args(["--noout", "--relaxng", SCHEMA]).arg(&shown).output();
        let check = check.unwrap();
        assert!(check.status.success(), "{line}: {}", String::from_utf8_lossy(&check.stderr));
    }
}

#[test]
fn links_are_made_once_and_never_over_foreign_files() {
    let directory = tempfile::tempdir().unwrap();
    let install = || {
        let output =
            Command::new(ROTA).args(["compat", "install"]).arg(directory.path()).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(install().0, Some(0));
    assert_eq!(install().0, Some(0), "again changes nothing");
    let output =
        Command::new(directory.path().join("crm_attribute")).arg("--version").output().unwrap();
    assert!(output.stdout.starts_with(b"Pacemaker 2.1.5\n"));
    let foreign = directory.path().join("crm_mon");
    std::fs::remove_file(&foreign).unwrap();
    std::fs::remove_file(directory.path().join("crm_node")).unwrap();
    std::fs::write(&foreign, "mine").unwrap();
    let (code, words) = install();
    assert_eq!(code, Some(108), "{words}");
    assert!(words.contains("crm_mon"), "{words}");
    assert_eq!(std::fs::read(&foreign).unwrap(), b"mine");
    assert!(!directory.path().join("crm_node").exists(), "nothing was changed");
}

#[test]
fn without_a_daemon_every_tool_says_not_connected() {
    for line in ["crm_node -n", "crm_mon -1", "crm_mon -X", "attrd_updater -n x -Q", "cibadmin -Q"]
    {
        let output = Command::new(ROTA)
            .arg("compat")
            .args(line.split(' '))
            .env_remove("CIB_file")
            .env("ROTA_SOCKET", "/nonexistent/rota.sock")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(102), "{line}");
    }
}
