//! One host: power, disk, commands.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::NAME_PORT;
use crate::namespaces::{NetNs, in_net};
use crate::process::{Bound, bound_to_us, run_with_input, tool, wait_until};

const INIT: &str = include_str!("host-init.sh");

/// A host of the lab. It can be off.
#[derive(Debug)]
pub struct Host {
    name: String,
    number: u8,
    dir: PathBuf,
    switch: u32,
    machine: Mutex<Option<Machine>>,
    boots: AtomicU32,
}

#[derive(Debug)]
struct Machine {
    /// `unshare`, which waits for pid 1 and takes it along when it is killed.
    parent: Bound,
    init: Pid,
}

impl Host {
    pub(crate) fn new(number: u8, lab: &Path, switch: &NetNs) -> Result<Self> {
        let name = format!("node{number}");
        let dir = lab.join(&name);
        std::fs::create_dir_all(&dir)?;
        Ok(Self {
            name,
            number,
            dir,
            switch: switch.pid(),
            machine: Mutex::new(None),
            boots: AtomicU32::new(0),
        })
    }

    /// `node1`, `node2`, ...
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Counted from 1.
    pub fn number(&self) -> u8 {
        self.number
    }

    /// The directory behind a path below /etc or /var that survives power-cuts.
    pub fn disk(&self, path: &str) -> PathBuf {
        self.dir.join("disk").join(path.trim_start_matches('/'))
    }

    /// Whether it has power.
    pub fn is_on(&self) -> bool {
        self.machine().is_some()
    }

    /// How often it was switched on: one more after each fencing.
    pub fn boots(&self) -> u32 {
        self.boots.load(Ordering::Relaxed)
    }

    /// Gives it power; returns when its cables are plugged and its own services are started.
    ///
    /// # Errors
    /// It does not come up; what it said is in `console.log`.
    pub fn power_on(&self) -> Result<()> {
        let mut machine = self.machine();
        if machine.is_some() {
            return Ok(());
        }
        let console = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.dir.join("console.log"))?;
        let mut parent = bound_to_us("unshare")
            .args(["--net", "--pid", "--mount", "--uts", "--ipc", "--fork", "--kill-child", "--"])
            .args(["bash", "-c", INIT])
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOST", &self.name)
            .env("DIR", &self.dir)
            .env("TOOL", tool()?)
            .env("PORT", NAME_PORT.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(console)
            .spawn()?;
        let (stdin, stdout) = (parent.stdin.take(), parent.stdout.take());
        let parent = Bound(parent);
        let init = self.init_of(&parent)?;
        self.plug(parent.0.id())?;
        stdin.context("no stdin")?.write_all(b"go\n")?;
        let mut answer = String::new();
        BufReader::new(stdout.context("no stdout")?).read_line(&mut answer)?;
        if answer != "up\n" {
            bail!("{} does not boot, see {}", self.name, self.dir.join("console.log").display());
        }
        self.boots.fetch_add(1, Ordering::Relaxed);
        *machine = Some(Machine { parent, init });
        Ok(())
    }

    /// The power-cut. Off when it returns: every process of the host is gone.
    ///
    /// # Errors
    /// It does not die.
    pub fn power_off(&self) -> Result<()> {
        let Some(mut machine) = self.machine().take() else { return Ok(()) };
        // ESRCH: pid 1 ended by itself, and everything with it.
        let _ = kill(machine.init, Signal::SIGKILL);
        machine.parent.0.wait()?;
        let ports = ["ring0", "ring1", "bmc"].map(|link| format!("link del {}\n", self.port(link)));
        let batch = ports.concat();
        let _ = run_with_input(in_net(self.switch, "ip").args(["-force", "-batch", "-"]), &batch);
        Ok(())
    }

    /// Runs a command inside; the output is given back whatever its exit code is.
    ///
    /// # Errors
    /// The host is off.
    pub fn exec<S: AsRef<str>>(&self, args: &[S]) -> Result<Output> {
        let mut command = self.command()?;
        command.args(args.iter().map(AsRef::as_ref)).stdin(Stdio::null());
        Ok(command.output()?)
    }

    /// Runs a shell line inside; an error when it fails. Gives its standard output.
    ///
    /// # Errors
    /// The host is off, or the line fails.
    pub fn sh(&self, line: &str) -> Result<String> {
        crate::process::run(self.command()?.args(["sh", "-c", line]))
    }

    /// Stops every process of the host, its kernel and links live on.
    ///
    /// # Errors
    /// The host is off.
    pub fn pause(&self) -> Result<()> {
        self.signal_all(Signal::SIGSTOP)
    }

    /// Ends [`Host::pause`].
    ///
    /// # Errors
    /// The host is off.
    pub fn resume(&self) -> Result<()> {
        self.signal_all(Signal::SIGCONT)
    }

    /// Pids, as seen from outside, of all processes of the host.
    ///
    /// # Errors
    /// The host is off.
    pub fn pids(&self) -> Result<Vec<i32>> {
        let own = std::fs::read_link(format!("/proc/{}/ns/pid", self.init()?))?;
        let all = std::fs::read_dir("/proc")?.flatten();
        let numbers = all.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        Ok(numbers
            .filter(|pid| {
                std::fs::read_link(format!("/proc/{pid}/ns/pid")).is_ok_and(|ns| ns == own)
            })
            .collect())
    }

    pub(crate) fn port(&self, link: &str) -> String {
        format!("{}-{link}", self.name)
    }

    fn machine(&self) -> MutexGuard<'_, Option<Machine>> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn init(&self) -> Result<Pid> {
        self.machine().as_ref().map(|m| m.init).with_context(|| format!("{} is off", self.name))
    }

    fn command(&self) -> Result<Command> {
        let mut command = Command::new("nsenter");
        command.args([
            "-t",
            &self.init()?.to_string(),
            "-n",
            "-p",
            "-m",
            "-u",
            "-i",
            "--wd=/",
            "--",
        ]);
        command.args([
            "env",
            "-i",
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ]);
        command.args(["HOME=/root", "LANG=C.UTF-8"]);
        Ok(command)
    }

    /// Several times: processes fork while we list them.
    fn signal_all(&self, signal: Signal) -> Result<()> {
        for _ in 0..3 {
            for pid in self.pids()? {
                let _ = kill(Pid::from_raw(pid), signal);
            }
        }
        Ok(())
    }

    fn init_of(&self, parent: &Bound) -> Result<Pid> {
        let path = format!("/proc/{0}/task/{0}/children", parent.0.id());
        let mut found = None;
        wait_until("pid 1 of a host", Duration::from_secs(10), || {
            let children = std::fs::read_to_string(&path).unwrap_or_default();
            found = children.split_whitespace().next().and_then(|pid| pid.parse().ok());
            Ok(found.is_some())
        })?;
        Ok(Pid::from_raw(found.context("pid 1")?))
    }

    fn plug(&self, pid: u32) -> Result<()> {
        let number = self.number;
        let (mut outside, mut inside) = (String::new(), "link set lo up\n".to_owned());
        for (net, link, address) in
            [(0, "ring0", 10 + number), (1, "ring1", 10 + number), (9, "bmc", 100 + number)]
        {
            let port = self.port(link);
            outside += &format!(
                "link add {port} type veth peer name {link} address 02:0a:0a:0{net}:00:{number:02x} netns {pid}\n\
                 link set {port} master br-{link} up\n"
            );
            inside +=
                &format!("addr add 10.10.{net}.{address}/24 dev {link}\nlink set {link} up\n");
        }
        run_with_input(in_net(self.switch, "ip").args(["-batch", "-"]), &outside)?;
        run_with_input(in_net(pid, "ip").args(["-batch", "-"]), &inside)?;
        Ok(())
    }
}
