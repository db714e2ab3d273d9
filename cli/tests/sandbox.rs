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
    if ["rotad", "rota-bmc"].iter().any(|name| !dir.join(name).exists()) {
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

#[test]
fn a_directory_that_is_no_sandbox_is_not_deleted() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(&sandbox.dir).unwrap();
    std::fs::write(sandbox.dir.join("letter"), "dear").unwrap();
    assert!(!sandbox.run(&["down"]).status.success());
    assert!(!sandbox.run(&["up"]).status.success());
    assert!(sandbox.dir.join("letter").exists());
}
