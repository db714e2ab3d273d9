//! The sandbox, as the README shows it: real daemons, a power-cut, another host answers.
//!
//! `ROTA_BIN_DIR` says where the programs are; otherwise those beside `rota` are used, and built
//! when they are missing.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// For what a busy machine may need a while to do.
const PATIENCE: Duration = Duration::from_secs(60);

struct Sandbox {
    programs: PathBuf,
    dir: PathBuf,
    _parent: tempfile::TempDir,
}

impl Sandbox {
    fn new() -> Self {
        let parent = tempfile::Builder::new().prefix("rota").tempdir_in("/tmp").unwrap();
        let dir = parent.path().join("sandbox");
        Self { programs: programs(), dir, _parent: parent }
    }

    fn run(&self, words: &[&str]) -> Output {
        Command::new(self.programs.join("rota"))
            .arg("sandbox")
            .args(words)
            .env("ROTA_SANDBOX", &self.dir)
            .output()
            .unwrap()
    }

    /// What it printed; it must succeed.
    #[track_caller]
    fn say(&self, words: &[&str]) -> String {
        let done = self.run(words);
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        let errors = String::from_utf8_lossy(&done.stderr);
        if !done.status.success() {
            let logs = self.run(&["log"]).stdout;
            eprintln!("{}", String::from_utf8_lossy(&logs));
            panic!("rota sandbox {words:?}: {said}{errors}");
        }
        said
    }

    /// Who answers for the service: `n1 answers (process 123)`.
    fn answer(&self) -> String {
        let status = self.say(&["status"]);
        let line = status.lines().find(|line| line.trim_start().starts_with("http://")).unwrap();
        line.split_once(": ").unwrap().1.to_owned()
    }

    #[track_caller]
    fn until(&self, what: &str, is_so: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(&self.answer()) {
            assert!(Instant::now() < deadline, "{what}: {}", self.say(&["log"]));
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Processes that belong to it, by the mark in their environment.
    fn processes(&self) -> Vec<String> {
        let mark = format!("ROTA_SANDBOX_HOST={}/", self.dir.display());
        let all = std::fs::read_dir("/proc").unwrap().flatten();
        all.filter(|entry| {
            let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
            environment
                .split(|byte| *byte == 0)
                .any(|variable| variable.starts_with(mark.as_bytes()))
        })
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.run(&["down"]);
    }
}

fn programs() -> PathBuf {
    if let Some(dir) = std::env::var_os("ROTA_BIN_DIR") {
        return std::path::absolute(dir).unwrap();
    }
    let dir = Path::new(env!("CARGO_BIN_EXE_rota")).parent().unwrap().to_owned();
    if ["rotad", "rota-bmc", "rota-keeper"].iter().any(|name| !dir.join(name).exists()) {
        let mut build = Command::new(env!("CARGO"));
        build.args([
            "build",
            "--bins",
            "-p",
            "rota-cli",
            "-p",
            "rotad",
            "-p",
            "rota-fencing-devices",
            "-p",
            "rota-runner",
        ]);
        if dir.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().unwrap().success());
    }
    dir
}

/// Named so that `./check --quick` can leave it out.
#[test]
fn slow_a_host_without_power_is_fenced_and_its_service_moves() {
    let sandbox = Sandbox::new();
    let said = sandbox.say(&["up"]);
    assert!(said.contains("What to try next"), "{said}");
    let before = sandbox.answer();

    // A second "up" changes nothing.
    assert!(sandbox.say(&["up"]).contains("is up already"));

    // The daemon's death is not the service's.
    let host = before.split_whitespace().next().unwrap().to_owned();
    sandbox.say(&["crash", &host]);
    assert_eq!(sandbox.answer(), before);

    let told = sandbox.say(&["kill", &host]);
    assert!(told.contains(&format!("{host} is off: ")), "no proof is told: {told}");
    let after = sandbox.answer();
    assert!(!after.starts_with(&host), "{host} is off, but {after}");

    // The BMC switched it on again: it comes back, and the service stays where it is.
    let deadline = Instant::now() + PATIENCE;
    loop {
        let status = sandbox.say(&["status"]);
        let online = status.lines().filter(|line| line.ends_with(" online")).count();
        if online == 3 {
            break;
        }
        assert!(Instant::now() < deadline, "{host} does not come back: {status}");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(sandbox.answer(), after);

    // Alone, without quorum, a host stops what it runs; with quorum it is started again.
    let host = after.split_whitespace().next().unwrap().to_owned();
    let others = ["n1", "n2", "n3"].into_iter().filter(|other| *other != host);
    for other in others.clone() {
        sandbox.say(&["power", other, "off"]);
    }
    sandbox.until("a minority stops", |answer| answer == "nobody answers");
    for other in others {
        sandbox.say(&["power", other, "on"]);
    }
    sandbox.until("with quorum it runs again", |answer| answer != "nobody answers");

    sandbox.say(&["down"]);
    assert_eq!(sandbox.processes(), Vec::<String>::new());
    assert!(!sandbox.dir.exists());
    let refused = sandbox.run(&["status"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("no sandbox is up"));
}

/// An agent that writes down what it is told.
const TELL: &str = r#"#!/bin/sh
base=$OCF_RESKEY_dir/$OCF_RESKEY_CRM_meta_on_node
if [ "$1" = monitor ]; then [ -e "$base.on" ] || exit 7; exit 0; fi
{
    echo "$1 $OCF_RESKEY_CRM_meta_notify_type $OCF_RESKEY_CRM_meta_notify_operation"
    echo "start=$OCF_RESKEY_CRM_meta_notify_start_uname."
    echo "stop=$OCF_RESKEY_CRM_meta_notify_stop_uname."
    echo "active=$OCF_RESKEY_CRM_meta_notify_active_uname."
    echo "max=$OCF_RESKEY_CRM_meta_clone_max"
} >> "$base.log"
case $1 in start) : > "$base.on" ;; stop) rm -f "$base.on" ;; esac
exit 0
"#;

#[test]
fn slow_instances_are_told_about_each_other_and_orders_say_why() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    sandbox.say(&["up"]);
    let agent = sandbox.dir.join("ocf/resource.d/rota-sandbox/tell");
    std::fs::write(&agent, TELL).unwrap();
    std::fs::set_permissions(&agent, std::fs::Permissions::from_mode(0o755)).unwrap();
    let told = sandbox.dir.join("told");
    std::fs::create_dir(&told).unwrap();
    let dir = format!("dir={}", told.display());
    let on_n1 = |words: &[&str]| sandbox.say(&[&["exec", "n1"], words].concat());
    let create = ["resource", "create", "told", "ocf:rota-sandbox:tell", &dir, "clone"];
    on_n1(&[&create[..], &["notify=true", "--force", "--wait"]].concat());

    let sorted = |line: &str| -> Vec<String> {
        let names = line.split_once('=').unwrap().1.trim_end_matches('.');
        let mut names: Vec<String> = names.split_whitespace().map(str::to_owned).collect();
        names.sort();
        names
    };
    let log = std::fs::read_to_string(told.join("n2.log")).unwrap();
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines[0].trim_end(), "start", "{log}");
    assert_eq!(sorted(lines[1]), ["n1", "n2", "n3"], "{log}");
    assert_eq!(lines[2], "stop= .", "an empty list is one blank: {log}");
    assert_eq!(lines[4], "max=3", "{log}");
    assert_eq!(lines[5], "notify post start", "{log}");

    on_n1(&["resource", "disable", "told-clone", "--wait"]);
    let log = std::fs::read_to_string(told.join("n2.log")).unwrap();
    let lines: Vec<&str> = log.lines().skip_while(|l| *l != "notify pre stop").collect();
    assert_eq!(sorted(lines[2]), ["n1", "n2", "n3"], "{log}");
    assert_eq!(sorted(lines[3]), ["n1", "n2", "n3"], "{log}");

    let why = on_n1(&["resource", "why", "told"]);
    assert!(why.contains("it is disabled (target-role=Stopped of told-clone)"), "{why}");
    let plan = on_n1(&["simulate", "--explain"]);
    assert!(plan.contains("What will change:\n  nothing"), "{plan}");
    assert!(plan.contains("told:0: it is disabled"), "{plan}");
    on_n1(&["resource", "ban", "web", "--wait"]);
    let orders = sandbox.say(&["log"]);
    for reason in [
        "told_stop_0: told:1 stops on",
        "it is disabled (target-role=Stopped of told-clone)",
        "location cli-ban-web-on-n",
    ] {
        assert!(orders.contains(reason), "no order says '{reason}':\n{orders}");
    }
}

#[test]
fn a_directory_that_is_no_sandbox_is_not_deleted() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(&sandbox.dir).unwrap();
    std::fs::write(sandbox.dir.join("letter"), "dear").unwrap();
    assert!(!sandbox.run(&["down"]).status.success());
    assert!(!sandbox.run(&["up"]).status.success());
    assert!(sandbox.dir.join("letter").exists());
}

/// An agent that takes up `tone` while it runs, and needs a restart for anything else.
const MODES: &str = r#"#!/bin/sh
if [ "$1" = meta-data ]; then
    cat <<'END'
<?xml version="1.0"?>
<resource-agent name="modes" version="1.0"><version>1.1</version>
<longdesc lang="en">writes down what it is told</longdesc><shortdesc lang="en">modes</shortdesc>
<parameters>
<parameter name="log"><longdesc lang="en">where</longdesc><shortdesc lang="en">where</shortdesc>
<content type="string"/></parameter>
<parameter name="tone" reloadable="1"><longdesc lang="en">how</longdesc><shortdesc lang="en">how</shortdesc>
<content type="string"/></parameter>
</parameters>
<actions><action name="start" timeout="5s"/><action name="stop" timeout="5s"/>
<action name="monitor" timeout="5s" interval="10s"/><action name="reload-agent" timeout="5s"/>
<action name="meta-data" timeout="5s"/></actions></resource-agent>
END
    exit 0
fi
on=$OCF_RESKEY_log.on-$OCF_RESKEY_CRM_meta_on_node
if [ "$1" = monitor ]; then [ -e "$on" ] || exit 7; exit 0; fi
echo "$1 $OCF_RESKEY_tone" >> "$OCF_RESKEY_log"
case $1 in start) : > "$on" ;; stop) rm -f "$on" ;; esac
exit 0
"#;

#[test]
fn slow_a_changed_parameter_is_taken_up_by_an_agent_that_can_and_else_needs_a_restart() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    sandbox.say(&["up"]);
    let agent = sandbox.dir.join("ocf/resource.d/rota-sandbox/modes");
    std::fs::write(&agent, MODES).unwrap();
    std::fs::set_permissions(&agent, std::fs::Permissions::from_mode(0o755)).unwrap();
    let log = sandbox.dir.join("modes.log");
    let told = |log: &Path| std::fs::read_to_string(log).unwrap_or_default();
    let on_n1 = |words: &[&str]| sandbox.say(&[&["exec", "n1"], words].concat());

    let at = format!("log={}", log.display());
    let create = ["resource", "create", "m", "ocf:rota-sandbox:modes", &at, "tone=low"];
    on_n1(&[&create[..], &["op", "monitor", "interval=10s", "--force", "--wait"]].concat());
    on_n1(&["resource", "update", "m", "tone=high", "--force", "--wait"]);
    on_n1(&["resource", "update", "m", "tone=higher", "--force", "--wait"]);
    assert_eq!(told(&log), "start low\nreload-agent high\nreload-agent higher\n");

    // The daemon that ordered it may die: what was taken up is on record.
    sandbox.say(&["crash", "n1"]);
    on_n1(&["wait"]);
    assert_eq!(told(&log), "start low\nreload-agent high\nreload-agent higher\n");

    let other = sandbox.dir.join("other.log");
    on_n1(&["resource", "update", "m", &format!("log={}", other.display()), "--force", "--wait"]);
    assert_eq!(told(&other), "start higher\n");
    assert!(told(&log).ends_with("stop higher\n"), "stopped as what it was: {}", told(&log));

    on_n1(&["resource", "delete", "m"]);
    on_n1(&["wait"]);
    assert_eq!(told(&other), "start higher\nstop higher\n", "its definition is gone");
}

#[test]
fn slow_changes_that_are_made_at_the_same_time_are_all_kept() {
    const EACH: usize = 15;
    let sandbox = Sandbox::new();
    sandbox.say(&["up"]);
    let on = |node: &str, words: &[&str]| sandbox.run(&[&["exec", node], words].concat());
    let modify = |value: &str| {
        format!(
            r#"<cluster_property_set id="cib-bootstrap-options"><nvpair id="cib-bootstrap-options-c"
               name="c" value="{value}"/></cluster_property_set>"#
        )
    };
    // Each has one option in the set that all of them write to, and its own way to write.
    let write = |writer: &str, value: &str| match writer {
        "a" => on("n1", &["property", "set", "--force", &format!("a={value}")]),
        "b" => on("n2", &["compat", "crm_attribute", "-t", "crm_config", "-n", "b", "-v", value]),
        "c" => {
            let text = modify(value);
            let words = ["compat", "cibadmin", "--modify", "--allow-create", "--scope"];
            on("n3", &[&words[..], &["crm_config", "--xml-text", &text]].concat())
        }
        _ => on("n2", &["property", "set", "--force", &format!("d={value}")]),
    };
    std::thread::scope(|scope| {
        for writer in ["a", "b", "c", "d"] {
            scope.spawn(move || {
                for round in 1..=EACH {
                    // Who is overtaken too often is told so, and may try again.
                    let done = (0..20).any(|_| write(writer, &round.to_string()).status.success());
                    assert!(done, "{writer}={round}");
                }
            });
        }
    });
    let config = sandbox.say(&["exec", "n1", "property", "config"]);
    for writer in ["a", "b", "c", "d"] {
        assert!(config.contains(&format!("  {writer}={EACH}\n")), "{config}");
    }
}
