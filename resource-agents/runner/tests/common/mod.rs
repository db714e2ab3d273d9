//! What the tests share: a directory of agents written for one test, and requests to them.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rota_runner::{Action, Agent, Config, Keeper, OpId, Request, Runner};
use tempfile::TempDir;

/// A private world: agents, journal, a place for the agents' marks.
pub struct World {
    pub dir: TempDir,
}

impl World {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("temporary directory");
        std::fs::create_dir_all(dir.path().join("ocf/resource.d/test")).expect("agents' directory");
        Self { dir }
    }

    /// Adds `ocf:test:NAME`, a shell script.
    pub fn agent(&self, name: &str, script: &str) {
        self.script(&self.path(&format!("ocf/resource.d/test/{name}")), script);
    }

    /// Writes an executable script. By another process: a test that spawns at the same moment would
    /// hand our open file to its child, and running the script would say "text file busy".
    pub fn script(&self, path: &Path, script: &str) {
        let mut writer = Command::new("sh")
            .args(["-c", "cat > \"$0\" && chmod 755 \"$0\""])
            .arg(path)
            .stdin(Stdio::piped())
            .spawn()
            .expect("sh");
        let text = format!("#!/bin/sh\ncd {}\n{script}\n", self.dir.path().display());
        writer.stdin.take().expect("stdin").write_all(text.as_bytes()).expect("script");
        assert!(writer.wait().expect("sh").success());
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    pub fn config(&self) -> Config {
        Config {
            ocf_root: self.path("ocf"),
            init_dir: self.path("init.d"),
            keeper: Some(Keeper {
                program: env!("CARGO_BIN_EXE_rota-keeper").into(),
                args: vec![],
            }),
            journal: Some(self.path("journal")),
            ..Config::default()
        }
    }

    pub fn runner(&self) -> Runner {
        Runner::open(self.config()).expect("runner").0
    }
}

/// A runner for the agents that are installed on this machine.
pub fn installed(world: &World) -> Runner {
    let config = Config { ocf_root: "/usr/lib/ocf".into(), ..world.config() };
    Runner::open(config).expect("runner").0
}

/// A request with a generous timeout; tests change what they are about.
pub fn request(agent: &str, resource: &str, action: Action) -> Request {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Request {
        op: OpId(NEXT.fetch_add(1, Ordering::Relaxed)),
        note: String::new(),
        resource: resource.into(),
        instance: Request::instance_name(resource, false),
        agent: agent.parse::<Agent>().expect("agent"),
        action,
        interval: None,
        timeout: Duration::from_secs(20),
        node_name: "node1".into(),
        node_uuid: "1".into(),
        params: BTreeMap::new(),
        meta: BTreeMap::new(),
    }
}

/// Waits for a fact that another process brings about.
#[track_caller]
pub fn eventually(what: &str, mut fact: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !fact() {
        assert!(Instant::now() < end, "never happened: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether a process exists and is not a zombie.
pub fn alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}
