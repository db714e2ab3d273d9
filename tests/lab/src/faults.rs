//! Faults of the network: one nftables chain in the switch, keyed by port.

use anyhow::Result;

use crate::host::Host;
use crate::namespaces::NetNs;
use crate::process::run_with_input;

/// A network of the lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// The service network.
    Ring0,
    /// The second network of the cluster.
    Ring1,
    /// The network of the BMCs.
    Bmc,
}

impl Link {
    /// Every network.
    pub const ALL: [Self; 3] = [Self::Ring0, Self::Ring1, Self::Bmc];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ring0 => "ring0",
            Self::Ring1 => "ring1",
            Self::Bmc => "bmc",
        }
    }
}

/// What is broken now.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing passes this port.
    Cut(String),
    /// Nothing passes between these two ports.
    Apart(String, String),
    /// This many percent are lost at this port, each way.
    Loss(String, u8),
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        if !self.0.contains(&fault) {
            self.0.push(fault);
        }
    }

    pub(crate) fn remove(&mut self, which: impl Fn(&Fault) -> bool) {
        self.0.retain(|fault| !which(fault));
    }

    /// Loads all rules in one step.
    pub(crate) fn apply(&self, switch: &NetNs) -> Result<()> {
        run_with_input(switch.command("nft").args(["-f", "-"]), &self.rules()).map(drop)
    }

    fn rules(&self) -> String {
        let mut rules = String::from(
            "table bridge lab\ndelete table bridge lab\ntable bridge lab {\n\
             chain forward { type filter hook forward priority 0;\n",
        );
        for fault in &self.0 {
            rules += &match fault {
                // nft refuses a comparison that is always true.
                Fault::Cut(port) | Fault::Loss(port, 100..) => {
                    format!("iifname \"{port}\" drop\noifname \"{port}\" drop\n")
                }
                Fault::Apart(a, b) => format!(
                    "iifname \"{a}\" oifname \"{b}\" drop\niifname \"{b}\" oifname \"{a}\" drop\n"
                ),
                Fault::Loss(port, percent) => format!(
                    "iifname \"{port}\" numgen random mod 100 < {percent} drop\n\
                     oifname \"{port}\" numgen random mod 100 < {percent} drop\n"
                ),
            };
        }
        rules + "}\n}\n"
    }
}

impl Fault {
    pub(crate) fn cut(host: &Host, link: Link) -> Self {
        Self::Cut(host.port(link.as_str()))
    }

    pub(crate) fn loss(host: &Host, link: Link, percent: u8) -> Self {
        Self::Loss(host.port(link.as_str()), percent)
    }

    pub(crate) fn apart(a: &Host, b: &Host, link: Link) -> Self {
        Self::Apart(a.port(link.as_str()), b.port(link.as_str()))
    }

    /// Whether it is at a port of this host.
    pub(crate) fn touches(&self, host: &Host) -> bool {
        let own = |port: &str| port.rsplit_once('-').is_some_and(|(name, _)| name == host.name());
        match self {
            Self::Cut(port) | Self::Loss(port, _) => own(port),
            Self::Apart(a, b) => own(a) || own(b),
        }
    }
}
