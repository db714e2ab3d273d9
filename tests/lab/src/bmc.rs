//! The BMCs: OpenIPMI's simulator outside the hosts, so that a BMC survives its host.
//!
//! The simulator calls our tool for each question about power; the tool asks back over a Unix
//! socket, where a thread of the lab answers.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Result;

use crate::host::Host;
use crate::namespaces::NetNs;
use crate::process::{Bound, bound_to_us, tool};
use crate::{BMC_PASSWORD, BMC_USER};

/// Starts the BMC of a host in the BMCs' network namespace.
pub(crate) fn start(net: &NetNs, host: &Host, lab: &Path, socket: &Path) -> Result<Bound> {
    let dir = lab.join(format!("{}-bmc", host.name()));
    std::fs::create_dir_all(dir.join("state"))?;
    let control = format!("{} power {} {}", tool()?.display(), socket.display(), host.name());
    let number = host.number();
    std::fs::write(
        dir.join("lan.conf"),
        format!(
            "name \"{name}\"\nset_working_mc 0x20\n  startlan 1\n    addr 10.10.9.{address} 623\n    \
             priv_limit admin\n    allowed_auths_callback none md2 md5 straight\n    \
             allowed_auths_user none md2 md5 straight\n    \
             allowed_auths_operator none md2 md5 straight\n    \
             allowed_auths_admin none md2 md5 straight\n    \
             guid a123456789abcdefa1234567{number:08x}\n  endlan\n  \
             chassis_control \"{control}\"\n  user 1 true \"\" \"\" user 10 none md2 md5 straight\n  \
             user 2 true \"{BMC_USER}\" \"{BMC_PASSWORD}\" admin 10 none md2 md5 straight\n",
            name = host.name(),
            address = 10 + number,
        ),
    )?;
    let emulated = "mc_setbmc 0x20\n\
         mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr\nmc_enable 0x20\n";
    std::fs::write(dir.join("bmc.emu"), emulated)?;
    let log = std::fs::File::create(dir.join("log"))?;
    let child = bound_to_us("nsenter")
        .arg(format!("--net={}", net.path().display()))
        .args(["--", "ipmi_sim", "-n", "-c"])
        .arg(dir.join("lan.conf"))
        .arg("-f")
        .arg(dir.join("bmc.emu"))
        .arg("-s")
        .arg(dir.join("state"))
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()?;
    Ok(Bound(child))
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
