//! Network namespaces, and the switch that everything hangs on.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::process::{Bound, bound_to_us, run_with_input, wait_until};

/// A network namespace, alive as long as the process that sleeps in it.
#[derive(Debug)]
pub(crate) struct NetNs {
    holder: Bound,
}

impl NetNs {
    pub(crate) fn new() -> Result<Self> {
        let holder = bound_to_us("unshare").args(["--net", "--", "sleep", "infinity"]).spawn()?;
        let new = Self { holder: Bound(holder) };
        let own = std::fs::read_link("/proc/self/ns/net")?;
        wait_until("a network namespace", Duration::from_secs(10), || {
            Ok(std::fs::read_link(new.path()).is_ok_and(|other| other != own))
        })?;
        new.ip("link set lo up\n")?;
        Ok(new)
    }

    pub(crate) fn path(&self) -> PathBuf {
        net_path(self.pid())
    }

    pub(crate) fn pid(&self) -> u32 {
        self.holder.0.id()
    }

    /// A command that will run in here.
    pub(crate) fn command(&self, program: &str) -> Command {
        in_net(self.pid(), program)
    }

    /// Carries out lines of `ip -batch`.
    pub(crate) fn ip(&self, batch: &str) -> Result<()> {
        run_with_input(self.command("ip").args(["-batch", "-"]), batch).map(drop)
    }

    /// The same, where lines may fail.
    pub(crate) fn ip_forced(&self, batch: &str) {
        // What fails is reported by ip itself and is expected: links that are gone already.
        let _ = run_with_input(self.command("ip").args(["-force", "-batch", "-"]), batch);
    }
}

pub(crate) fn net_path(pid: u32) -> PathBuf {
    format!("/proc/{pid}/ns/net").into()
}

/// A command in the network namespace of a process.
pub(crate) fn in_net(pid: u32, program: &str) -> Command {
    let mut command = Command::new("nsenter");
    command.arg(format!("--net=/proc/{pid}/ns/net")).arg("--").arg(program);
    command
}

/// The three bridges, in a namespace of their own.
pub(crate) fn switch() -> Result<NetNs> {
    let switch = NetNs::new()?;
    let mut batch = String::new();
    for link in ["ring0", "ring1", "bmc"] {
        batch += &format!("link add br-{link} type bridge forward_delay 0 stp_state 0\n");
        batch += &format!("link set br-{link} up\n");
    }
    switch.ip(&batch)?;
    Ok(switch)
}

/// Puts a namespace on one bridge of the switch.
pub(crate) fn plug(switch: &NetNs, port: &str, link: &str, guest: &NetNs) -> Result<()> {
    let pid = guest.pid();
    switch.ip(&format!(
        "link add {port} type veth peer name eth0 netns {pid}\nlink set {port} master br-{link} up\n"
    ))?;
    guest.ip("link set eth0 up\n")
}
