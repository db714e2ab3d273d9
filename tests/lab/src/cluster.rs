//! A cluster of Rota in a lab.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::host::Host;
use crate::lab::Lab;
use crate::process::{bin_dir, tool, wait_until};
use crate::{BMC_PASSWORD, BMC_USER, SERVICE_PORT, VIP};

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
        cluster.install_tools()?;
        let (first, others) = lab.hosts().split_first().context("no hosts")?;
        let mut init = words(&["cluster", "init", "lab", "--no-start", "--node", first.name()]);
        init.extend(links(first));
        cluster.rota(first, &init)?;
        cluster.boot(first)?;
        cluster.wait_online(first, 1)?;
        for (count, host) in (2..).zip(others) {
            let line = cluster.rota(first, &words(&["cluster", "token"]))?;
            let token = line.split_whitespace().last().context("no token")?.to_owned();
            let mut join = words(&["cluster", "join", &token, "--no-start", "--node", host.name()]);
            join.extend(links(host));
            cluster.rota(host, &join)?;
            cluster.boot(host)?;
            cluster.wait_online(first, count)?;
        }
        Ok(cluster)
    }

    /// Fencing by the BMCs, and the floating address with a service beside it, in one change.
    ///
    /// # Errors
    /// It is refused.
    pub fn configure(&self) -> Result<()> {
        let via = self.first()?;
        let xml = configuration(self.lab.hosts(), &tool()?);
        via.sh(&format!("cat > /run/configuration.xml <<'END'\n{xml}\nEND"))?;
        self.rota(via, &words(&["cib", "replace", "/run/configuration.xml"])).map(drop)
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

    /// Waits until a host's daemon answers and sees this many nodes online.
    ///
    /// # Errors
    /// They do not come together.
    pub fn wait_online(&self, via: &Host, count: usize) -> Result<()> {
        let what = format!("{} sees {count} nodes online", via.name());
        wait_until(&what, Duration::from_secs(30), || {
            Ok(self.status(via).is_ok_and(|status| {
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

    /// The names that agents call, beside the programs: `init` and `join` find them there. Several
    /// labs of one process would make the same links.
    fn install_tools(&self) -> Result<()> {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let directory = self.bin.join("tools").display().to_string();
        self.rota(self.first()?, &words(&["compat", "install", &directory])).map(drop)
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

fn configuration(hosts: &[Arc<Host>], tool: &Path) -> String {
    let (mut nodes, mut devices, mut places) = (String::new(), String::new(), String::new());
    for host in hosts {
        let (name, number) = (host.name(), host.number());
        nodes += &format!("<node id=\"{number}\" uname=\"{name}\"/>\n");
        let params = [
            ("ip", format!("10.10.9.{}", 10 + number)),
            ("username", BMC_USER.to_owned()),
            ("password", BMC_PASSWORD.to_owned()),
            ("cipher", "3".to_owned()),
            ("pcmk_host_list", name.to_owned()),
        ];
        let id = format!("fence-{name}");
        devices += &primitive(&id, "class=\"stonith\" type=\"fence_rota_ipmi\"", &params, "60s");
        places += &format!(
            "<rsc_location id=\"{id}-not-self\" rsc=\"{id}\" node=\"{name}\" score=\"-INFINITY\"/>\n"
        );
    }
    let ocf = |name: &str| format!("class=\"ocf\" provider=\"heartbeat\" type=\"{name}\"");
    let vip = [("ip", VIP), ("cidr_netmask", "24"), ("nic", "ring0")];
    let svc = [
        ("binfile", tool.display().to_string()),
        ("cmdline_options", format!("names {SERVICE_PORT}")),
    ];
    let vip = primitive("vip", &ocf("IPaddr2"), &vip.map(|(n, v)| (n, v.to_owned())), "10s");
    let svc = primitive("svc", &ocf("anything"), &svc, "1s");
    format!(
        "<cib validate-with=\"pacemaker-3.9\" admin_epoch=\"0\" epoch=\"1\" num_updates=\"0\">\n\
         <configuration>\n<crm_config><cluster_property_set id=\"options\">\n{}\
         </cluster_property_set></crm_config>\n<nodes>\n{nodes}</nodes>\n<resources>\n{devices}\
         <group id=\"front\">\n{vip}{svc}</group></resources>\n\
         <constraints>\n{places}</constraints>\n\
         <rsc_defaults><meta_attributes id=\"defaults\">\n{}</meta_attributes></rsc_defaults>\n\
         </configuration><status/></cib>",
        nvpair("options", "stonith-enabled", "true"),
        nvpair("defaults", "resource-stickiness", "1"),
    )
}

fn primitive(id: &str, kind: &str, params: &[(&str, String)], monitor: &str) -> String {
    let set = format!("{id}-params");
    let params: String = params.iter().map(|(name, value)| nvpair(&set, name, value)).collect();
    format!(
        "<primitive id=\"{id}\" {kind}>\n<instance_attributes id=\"{set}\">\n{params}\
         </instance_attributes>\n<operations><op id=\"{id}-monitor\" name=\"monitor\" \
         interval=\"{monitor}\" timeout=\"20s\"/></operations></primitive>\n"
    )
}

fn nvpair(set: &str, name: &str, value: &str) -> String {
    format!("<nvpair id=\"{set}-{name}\" name=\"{name}\" value=\"{value}\"/>\n")
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
