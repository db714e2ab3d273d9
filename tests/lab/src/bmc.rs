//! The BMCs: a simulator outside the hosts, so that a BMC survives its host.
//!
//! OpenIPMI's `ipmi_sim` where it is installed, else (or with ROTA_LAB_BMC=rota) our own `rota-bmc`.
//! Either calls our tool for each question about power; the tool asks back over a Unix socket, where
//! a thread of the lab answers.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Result;

use crate::host::Host;
use crate::namespaces::NetNs;
use crate::process::{Bound, bin_dir, bound_to_us, installed, tool};
use crate::{BMC_PASSWORD, BMC_USER};

/// What plays the BMC.
#[derive(Clone, Debug)]
pub(crate) enum Simulator {
    OpenIpmi,
    Ours(PathBuf),
}

impl Simulator {
    /// The one to use on this machine, if there is one.
    pub(crate) fn find() -> Option<Self> {
        let ours_asked = std::env::var_os("ROTA_LAB_BMC").is_some_and(|which| which == "rota");
        if installed("ipmi_sim") && !ours_asked {
            return Some(Self::OpenIpmi);
        }
        let ours = bin_dir().ok()?.join("rota-bmc");
        ours.exists().then_some(Self::Ours(ours))
    }

    /// Starts the BMC of a host in the BMCs' network namespace.
    pub(crate) fn start(
        &self,
        net: &NetNs,
        host: &Host,
        lab: &Path,
        socket: &Path,
    ) -> Result<Bound> {
        let dir = lab.join(format!("{}-bmc", host.name()));
        std::fs::create_dir_all(dir.join("state"))?;
        let mut command = bound_to_us("nsenter");
        command.arg(format!("--net={}", net.path().display())).arg("--");
        match self {
            Self::OpenIpmi => openipmi(&mut command, host, &dir, socket)?,
            Self::Ours(program) => ours(&mut command, program, host, &dir, socket)?,
        }
        let log = std::fs::File::create(dir.join("log"))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        Ok(Bound(command.spawn()?))
    }
}

fn address(host: &Host) -> String {
    format!("10.10.9.{}", 10 + host.number())
}

fn openipmi(command: &mut Command, host: &Host, dir: &Path, socket: &Path) -> Result<()> {
    let control = format!("{} power {} {}", tool()?.display(), socket.display(), host.name());
    let number = host.number();
    let auths = ["callback", "user", "operator", "admin"]
        .map(|level| format!("    allowed_auths_{level} none md2 md5 straight\n"))
        .concat();
    let lan = format!(
        "name \"{name}\"\nset_working_mc 0x20\n  startlan 1\n    addr {address} 623\n    \
         priv_limit admin\n{auths}    guid a123456789abcdefa1234567{number:08x}\n  endlan\n  \
         chassis_control \"{control}\"\n  user 1 true \"\" \"\" user 10 none md2 md5 straight\n  \
         user 2 true \"{BMC_USER}\" \"{BMC_PASSWORD}\" admin 10 none md2 md5 straight\n",
        name = host.name(),
        address = address(host),
    );
    let emulated = "mc_setbmc 0x20\n\
         mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr\nmc_enable 0x20\n";
    std::fs::write(dir.join("lan.conf"), lan)?;
    std::fs::write(dir.join("bmc.emu"), emulated)?;
    command.args(["ipmi_sim", "-n", "-c"]).arg(dir.join("lan.conf"));
    command.arg("-f").arg(dir.join("bmc.emu")).arg("-s").arg(dir.join("state"));
    Ok(())
}

fn ours(
    command: &mut Command,
    program: &Path,
    host: &Host,
    dir: &Path,
    socket: &Path,
) -> Result<()> {
    let accounts = dir.join("accounts");
    std::fs::write(&accounts, format!("{BMC_USER}:{BMC_PASSWORD}:administrator\n"))?;
    command.arg(program).args(["--listen", &format!("{}:623", address(host)), "--accounts"]);
    command.arg(accounts).arg("--").arg(tool()?).arg("power").arg(socket).arg(host.name());
    Ok(())
}

/// The thread that answers the BMCs and, for them, switches hosts on and off.
#[derive(Debug)]
pub(crate) struct PowerDesk {
    socket: PathBuf,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl PowerDesk {
    pub(crate) fn open(socket: PathBuf, hosts: Vec<Arc<Host>>) -> Result<Self> {
        let listener = UnixListener::bind(&socket)?;
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if told.load(Ordering::Relaxed) {
                    break;
                }
                // A client that went away has its answer in the state of the host.
                let _ = answer(&stream, &hosts);
            }
            // The hosts that this thread switched on are bound to it.
            for host in hosts {
                let _ = host.power_off();
            }
        });
        Ok(Self { socket, stop, thread: Some(thread) })
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }
}

impl Drop for PowerDesk {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the thread; when that fails it has ended already.
        let _ = UnixStream::connect(&self.socket);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn answer(mut stream: &UnixStream, hosts: &[Arc<Host>]) -> Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    let words: Vec<&str> = line.split_whitespace().collect();
    let text = match words.as_slice() {
        [name, words @ ..] => match hosts.iter().find(|host| host.name() == *name) {
            Some(host) => carry_out(host, words)?,
            None => "error".to_owned(),
        },
        [] => "error".to_owned(),
    };
    writeln!(stream, "{text}")?;
    Ok(())
}

/// Words of `ipmi_sim`'s chassis control: get, set or check, then parameters.
fn carry_out(host: &Host, words: &[&str]) -> Result<String> {
    Ok(match words {
        ["get", "power", ..] => format!("power:{}", u8::from(host.is_on())),
        ["get", "boot", ..] => "boot:none".into(),
        ["set", "power", value, ..] => {
            if value.trim_matches('"') == "1" {
                host.power_on()?
            } else {
                host.power_off()?
            }
            String::new()
        }
        ["set", "reset", ..] => {
            host.power_off()?;
            host.power_on()?;
            String::new()
        }
        ["set", "shutdown", ..] => {
            host.power_off()?;
            String::new()
        }
        ["set", "boot" | "identify", ..] | ["check", ..] => String::new(),
        _ => "error".into(),
    })
}
