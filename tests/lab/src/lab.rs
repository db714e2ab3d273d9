//! The lab: hosts, switch, client, BMCs.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};

use crate::bmc::{PowerDesk, Simulator};
use crate::faults::{Fault, Faults, Link};
use crate::host::Host;
use crate::namespaces::{NetNs, plug, switch};
use crate::probe::Probe;
use crate::process::{Bound, build_dir, installed};

/// Several hosts on one machine, gone without a trace when dropped.
#[derive(Debug)]
pub struct Lab {
    // In the order in which they go: who answers the BMCs, then BMCs, hosts, wires, files.
    desk: PowerDesk,
    bmcs: Vec<Mutex<Option<Bound>>>,
    hosts: Vec<Arc<Host>>,
    client: NetNs,
    bmc_net: NetNs,
    faults: Mutex<Faults>,
    switch: NetNs,
    dir: Dir,
}

#[derive(Debug)]
struct Dir(PathBuf);

impl Drop for Dir {
    fn drop(&mut self) {
        // A test that failed is read from its hosts' logs.
        if !std::thread::panicking() && std::env::var_os("ROTA_LAB_KEEP").is_none() {
            let _ = std::fs::remove_dir_all(&self.0);
        } else {
            eprintln!("the lab's files are kept in {}", self.0.display());
        }
    }
}

/// Why no lab can be made here; `None` when it can.
pub fn skip_reason() -> Option<String> {
    if !nix::unistd::geteuid().is_root() {
        return Some("needs root".into());
    }
    let needed = ["ip", "nft", "unshare", "nsenter", "setpriv", "bash", "mount"];
    needed.into_iter().find(|program| !installed(program)).map(|p| format!("needs {p}"))
}

impl Lab {
    /// Makes a lab of this many hosts, all switched on.
    ///
    /// # Errors
    /// What the kernel or a tool says. Nothing is left behind.
    pub fn up(count: u8) -> Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let dir = build_dir()?.join(format!("lab-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&dir)?;
        let dir = Dir(dir);
        let switch = switch()?;
        let (client, bmc_net) = (NetNs::new()?, NetNs::new()?);
        plug(&switch, "client", "ring0", &client)?;
        client.ip("addr add 10.10.0.200/24 dev eth0\n")?;
        plug(&switch, "bmcs", "bmc", &bmc_net)?;
        let mut names = String::from("127.0.0.1 localhost\n");
        let mut hosts = Vec::new();
        for number in 1..=count {
            names += &format!("10.10.0.{} node{number}\n", 10 + number);
            bmc_net.ip(&format!("addr add 10.10.9.{}/24 dev eth0\n", 10 + number))?;
            hosts.push(Arc::new(Host::new(number, &dir.0, &switch)?));
        }
        std::fs::write(dir.0.join("hosts"), names)?;
        let desk = PowerDesk::open(dir.0.join("power"), hosts.clone())?;
        let bmcs = hosts.iter().map(|_| Mutex::new(None)).collect();
        let faults = Mutex::new(Faults::default());
        let lab = Self { desk, bmcs, hosts, client, bmc_net, faults, switch, dir };
        for host in &lab.hosts {
            host.power_on()?;
            lab.bmc_on(host)?;
        }
        Ok(lab)
    }

    /// All hosts, node1 first.
    pub fn hosts(&self) -> &[Arc<Host>] {
        &self.hosts
    }

    /// The host of this name.
    ///
    /// # Errors
    /// There is none.
    pub fn host(&self, name: &str) -> Result<&Host> {
        let found = self.hosts.iter().find(|host| host.name() == name);
        found.map(AsRef::as_ref).with_context(|| format!("no host {name}"))
    }

    /// How often each host was switched on, node1 first.
    pub fn boots(&self) -> Vec<u32> {
        self.hosts.iter().map(|host| host.boots()).collect()
    }

    /// Where the hosts' disks and logs are while the lab lives.
    pub fn dir(&self) -> &Path {
        &self.dir.0
    }

    /// Asks an address all the time, from the client.
    ///
    /// # Errors
    /// The client's namespace cannot be entered.
    pub fn probe(&self, address: SocketAddr) -> Result<Probe> {
        Probe::start(self.client.path(), address)
    }

    /// Whether this machine can simulate BMCs.
    pub fn has_bmcs() -> bool {
        Simulator::find().is_some()
    }

    /// The BMC itself comes back. Without a simulator nothing happens.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn bmc_on(&self, host: &Host) -> Result<()> {
        if let Some(simulator) = Simulator::find() {
            let bmc = simulator.start(&self.bmc_net, host, &self.dir.0, self.desk.socket())?;
            self.set_bmc(host, Some(bmc));
        }
        Ok(())
    }

    /// The BMC itself dies.
    pub fn bmc_off(&self, host: &Host) {
        self.set_bmc(host, None);
    }

    fn set_bmc(&self, host: &Host, bmc: Option<Bound>) {
        if let Some(place) = self.bmcs.get(usize::from(host.number()) - 1) {
            *place.lock().unwrap_or_else(PoisonError::into_inner) = bmc;
        }
    }

    /// One cable of a host silently drops everything.
    ///
    /// # Errors
    /// The rules are not taken.
    pub fn cut(&self, host: &Host, link: Link) -> Result<()> {
        self.change(|faults| faults.add(Fault::cut(host, link)))
    }

    /// All cables of a host drop everything; its BMC can be reached by the others.
    ///
    /// # Errors
    /// The rules are not taken.
    pub fn isolate(&self, host: &Host) -> Result<()> {
        self.change(|faults| Link::ALL.map(|link| faults.add(Fault::cut(host, link))))
    }

    /// Random loss at a port, each way; 0 ends it.
    ///
    /// # Errors
    /// The rules are not taken.
    pub fn loss(&self, host: &Host, link: Link, percent: u8) -> Result<()> {
        self.change(|faults| {
            faults.remove(|old| {
                matches!((old, Fault::loss(host, link, 0)),
                    (Fault::Loss(old, _), Fault::Loss(new, _)) if *old == new)
            });
            if percent > 0 {
                faults.add(Fault::loss(host, link, percent));
            }
        })
    }

    /// No ring traffic between these two hosts.
    ///
    /// # Errors
    /// The rules are not taken.
    pub fn part(&self, a: &Host, b: &Host) -> Result<()> {
        self.change(|faults| {
            [Link::Ring0, Link::Ring1].map(|link| faults.add(Fault::apart(a, b, link)))
        })
    }

    /// No ring traffic between the groups.
    ///
    /// # Errors
    /// The rules are not taken.
    pub fn partition(&self, groups: &[&[&Host]]) -> Result<()> {
        for (at, group) in groups.iter().enumerate() {
            for other in groups[at + 1..].iter().flat_map(|group| group.iter()) {
                for host in *group {
                    self.part(host, other)?;
                }
            }
        }
        Ok(())
    }

    /// Ends the fault of one cable ([`Lab::cut`]).
    ///
    /// # Errors
    /// The rules are not taken.
    pub fn mend(&self, host: &Host, link: Link) -> Result<()> {
        self.change(|faults| faults.remove(|fault| *fault == Fault::cut(host, link)))
    }

    /// Ends all faults of the network.
    ///
    /// # Errors
    /// The rules are not taken.
    pub fn heal(&self) -> Result<()> {
        self.change(|faults| faults.remove(|_| true))
    }

    /// Ends all faults at one host.
    ///
    /// # Errors
    /// The rules are not taken.
    pub fn heal_host(&self, host: &Host) -> Result<()> {
        self.change(|faults| faults.remove(|fault| fault.touches(host)))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Faults) -> T) -> Result<()> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut faults);
        faults.apply(&self.switch)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for host in &self.hosts {
            // What cannot be switched off goes with the desk's thread.
            let _ = host.power_off();
        }
        self.switch.ip_forced("link del client\nlink del bmcs\n");
    }
}
