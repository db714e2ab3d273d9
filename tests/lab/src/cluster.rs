//! A cluster of Rota in a lab.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::host::Host;
use crate::lab::Lab;
use crate::process::{bin_dir, tool, wait_until};
use crate::{BMC_PASSWORD, BMC_USER, VIP};

/// Kept on each host's disk and run at each boot: the supervisor that an init system would be.
const BOOT: &str = r#"#!/bin/bash
[ -e /etc/rota/rotad.toml ] || exit 0
mkdir -p -m 1755 /run/resource-agents
mkdir -p /var/log/rota
while :; do
    began=$SECONDS
    BIN/rotad >>/var/log/rota/rotad.log 2>&1 &
    echo $! > /run/rotad-supervised.pid
    wait $!
    code=$?
    echo "$(date +%T.%N) rotad ended with $code"
    [ $code = 0 ] && break
    [ $((SECONDS - began)) -lt 2 ] && sleep 0.2
done
"#;

/// Rota on every host of a lab.
#[derive(Debug)]
pub struct Cluster<'a> {
    lab: &'a Lab,
    bin: PathBuf,
}

impl<'a> Cluster<'a> {
    /// Why there can be no cluster; `None` when there can.
    pub fn skip_reason() -> Option<String> {
        let Ok(bin) = bin_dir() else { return Some("no build directory".into()) };
        let missing = ["rotad", "rota"].into_iter().find(|name| !bin.join(name).exists());
        missing.map(|name| format!("needs {name} in {} (or ROTA_BIN_DIR)", bin.display()))
    }

    /// Makes a cluster: `init` on the first host, `join` on the others, one by one.
    ///
    /// # Errors
    /// A command fails, or the nodes do not come together.
    pub fn form(lab: &'a Lab) -> Result<Self> {
        let cluster = Self { lab, bin: bin_dir()? };
        let (first, others) = lab.hosts().split_first().context("no hosts")?;
        let mut init = words(&["cluster", "init", "lab", "--no-start", "--node", first.name()]);
        init.extend(links(first));
        cluster.rota(first, &init)?;
        cluster.boot(first)?;
        cluster.wait_online(1)?;
        for (count, host) in (2..).zip(others) {
            let line = cluster.rota(first, &words(&["cluster", "token"]))?;
            let token = line.split_whitespace().last().context("no token")?.to_owned();
            let mut join = words(&["cluster", "join", &token, "--no-start", "--node", host.name()]);
            join.extend(links(host));
            cluster.rota(host, &join)?;
            cluster.boot(host)?;
            cluster.wait_online(count)?;
        }
        Ok(cluster)
    }

    /// Fencing by the BMCs, and the floating address with a service beside it.
    ///
    /// # Errors
    /// A command is refused.
    pub fn configure(&self) -> Result<()> {
        let via = self.first()?;
        let rota = |line: String| self.rota(via, &words(&line.split(' ').collect::<Vec<_>>()));
        rota("property set stonith-enabled=true".into())?;
        rota("resource defaults update resource-stickiness=1".into())?;
        for host in self.lab.hosts() {
            let (name, address) = (host.name(), 10 + host.number());
            rota(format!(
                "stonith create fence-{name} fence_rota_ipmi ip=10.10.9.{address} \
                 username={BMC_USER} password={BMC_PASSWORD} cipher=3 pcmk_host_list={name} \
                 op monitor interval=60s"
            ))?;
            rota(format!("constraint location fence-{name} avoids {name}"))?;
        }
        rota(format!(
            "resource create vip ocf:heartbeat:IPaddr2 ip={VIP} cidr_netmask=24 nic=ring0 \
             op monitor interval=10s timeout=20s --group front"
        ))?;
        let mut svc = words(&["resource", "create", "svc", "ocf:heartbeat:anything"]);
        svc.push(format!("binfile={}", tool()?.display()));
        svc.push("cmdline_options=names 7778".into());
        svc.extend(words(&["op", "monitor", "interval=1s", "timeout=20s", "--group", "front"]));
        self.rota(via, &svc)?;
        Ok(())
    }

    /// Runs the command line tool inside a host; an error when it fails.
    ///
    /// # Errors
    /// The host is off, or the command fails; with what it said.
    pub fn rota(&self, host: &Host, args: &[String]) -> Result<String> {
        let mut line = vec![self.bin.join("rota").display().to_string()];
        line.extend_from_slice(args);
        let output = host.exec(&line)?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            bail!("{}: {line:?}: {}\n{said}{errors}", host.name(), output.status);
        }
        Ok(said)
    }

    /// `rota status` as one host sees it.
    ///
    /// # Errors
    /// It does not answer, or not in JSON.
    pub fn status(&self, host: &Host) -> Result<Value> {
        let said = self.rota(host, &words(&["status", "--output-format", "json"]))?;
        Ok(serde_json::from_str(&said)?)
    }

    /// Waits until nothing is left to do.
    ///
    /// # Errors
    /// Something is left to do after a minute.
    pub fn settle(&self, host: &Host) -> Result<()> {
        self.rota(host, &words(&["wait", "--timeout", "60"])).map(drop)
    }

    /// Waits until the first host that is on sees this many nodes online.
    ///
    /// # Errors
    /// They do not come together.
    pub fn wait_online(&self, count: usize) -> Result<()> {
        let what = format!("{count} nodes online");
        wait_until(&what, Duration::from_secs(30), || {
            Ok(self.first().and_then(|host| self.status(host)).is_ok_and(|status| {
                states(&status).iter().filter(|(_, state)| state == "online").count() >= count
            }))
        })
        .map(drop)
    }

    /// The state of a node as another one sees it; `None` when it does not know it.
    ///
    /// # Errors
    /// It does not answer.
    pub fn state_of(&self, node: &str, via: &Host) -> Result<Option<String>> {
        let all = states(&self.status(via)?);
        Ok(all.into_iter().find(|(name, _)| name == node).map(|(_, state)| state))
    }

    /// The number of the membership that a host knows: it grows with each change.
    ///
    /// # Errors
    /// It does not answer.
    pub fn view(&self, via: &Host) -> Result<u64> {
        self.status(via)?["view"].as_u64().context("no view in the status")
    }

    /// Kills the daemon of a host as a crash would; its supervisor starts another one.
    ///
    /// # Errors
    /// The host is off, or no daemon runs there.
    pub fn kill_daemon(&self, host: &Host) -> Result<()> {
        host.sh("kill -9 $(cat /run/rotad-supervised.pid)").map(drop)
    }

    /// The first host that is on.
    ///
    /// # Errors
    /// All are off.
    pub fn first(&self) -> Result<&'a Host> {
        let found = self.lab.hosts().iter().find(|host| host.is_on());
        found.map(AsRef::as_ref).context("all hosts are off")
    }

    fn boot(&self, host: &Host) -> Result<()> {
        // Written from inside: an overlay's upper directory must not be changed from outside.
        host.sh("mkdir -p /etc/rota-lab")?;
        let text = BOOT.replace("BIN", &self.bin.display().to_string());
        host.sh(&format!(
            "cat > /etc/rota-lab/boot <<'END'\n{text}END\nchmod 755 /etc/rota-lab/boot\n\
             setsid /etc/rota-lab/boot </dev/null >>/var/log/boot.log 2>&1 &"
        ))
        .map(drop)
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn links(host: &Host) -> Vec<String> {
    let address = 10 + host.number();
    words(&["--link", &format!("10.10.0.{address}"), "--link", &format!("10.10.1.{address}")])
}

/// (name, state) of every node in what `rota status` says.
fn states(status: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let nodes = status["nodes"].as_array().into_iter().flatten();
    nodes.map(|node| (text(&node["name"]), text(&node["state"]))).collect()
}
