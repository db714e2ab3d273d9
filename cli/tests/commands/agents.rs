//! What is known of agents: a few by heart, and whatever is installed here.

use std::path::Path;
use std::process::Command;

use crate::commands::{Action, AgentInfo, AgentMetadata, AgentSpec, Parameter};

/// Agents that the stories use.
pub struct ByHeart;

fn parameter(name: &str, required: bool) -> Parameter {
    Parameter { name: name.to_owned(), required, same_as: None }
}

fn action(name: &str, attributes: &[(&str, &str)]) -> Action {
    let attributes = attributes.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
    Action { name: name.to_owned(), attributes: attributes.collect() }
}

fn spec(class: &str, provider: Option<&str>, agent: &str) -> AgentSpec {
    AgentSpec {
        class: class.to_owned(),
        provider: provider.map(str::to_owned),
        agent: agent.to_owned(),
    }
}

impl AgentMetadata for ByHeart {
    fn find(&self, agent: &str) -> Vec<AgentSpec> {
        match agent {
            "IPaddr2" => vec![spec("ocf", Some("heartbeat"), agent)],
            "Dummy" => {
                vec![spec("ocf", Some("pacemaker"), agent), spec("ocf", Some("heartbeat"), agent)]
            }
            _ => vec![],
        }
    }

    fn describe(&self, agent: &AgentSpec) -> Option<AgentInfo> {
        let basic = |interval, timeout| {
            vec![
                action("start", &[("timeout", timeout)]),
                action("stop", &[("timeout", timeout)]),
                action("monitor", &[("interval", interval), ("timeout", timeout), ("depth", "0")]),
                action("meta-data", &[("timeout", "5s")]),
                action("validate-all", &[("timeout", "5s")]),
            ]
        };
        let info = match agent.agent.as_str() {
            "IPaddr2" => AgentInfo {
                parameters: vec![parameter("ip", true), parameter("cidr_netmask", false)],
                actions: basic("10s", "20s"),
            },
            "Dummy" => AgentInfo {
                parameters: vec![parameter("state", false), parameter("fake", false)],
                actions: basic("10s", "20s"),
            },
            "Stateful" => {
                let mut actions = basic("10s", "20s");
                let role = |role| [("interval", "10s"), ("timeout", "20s"), ("role", role)];
                actions[2] = action("monitor", &role("Master"));
                actions.push(action("monitor", &role("Slave")));
                actions.push(action("promote", &[("timeout", "10s")]));
                AgentInfo { parameters: vec![parameter("state", false)], actions }
            }
            "fence_ipmilan" => AgentInfo {
                parameters: vec![
                    parameter("ip", true),
                    Parameter { same_as: Some("ip".to_owned()), ..parameter("ipaddr", false) },
                    parameter("username", false),
                    parameter("password", false),
                    parameter("lanplus", false),
                ],
                actions: basic("60s", "20s"),
            },
            _ => return None,
        };
        Some(info)
    }
}

/// The agents of this machine, asked for their meta-data.
pub struct Installed;

impl Installed {
    /// Whether the agents that the golden files used are here.
    pub fn is_complete() -> bool {
        let folder = Path::new("/usr/lib/ocf/resource.d");
        ["heartbeat/IPaddr2", "heartbeat/galera", "heartbeat/redis", "pacemaker/remote"]
            .iter()
            .all(|agent| folder.join(agent).exists())
    }
}

impl AgentMetadata for Installed {
    fn find(&self, _agent: &str) -> Vec<AgentSpec> {
        Vec::new()
    }

    fn describe(&self, agent: &AgentSpec) -> Option<AgentInfo> {
        let (program, argument) = match (agent.class.as_str(), &agent.provider) {
            ("ocf", Some(provider)) => {
                let folder = Path::new("/usr/lib/ocf/resource.d").join(provider);
                (folder.join(&agent.agent), vec!["meta-data"])
            }
            ("stonith", _) => (Path::new("/usr/sbin").join(&agent.agent), vec!["-o", "metadata"]),
            _ => return None,
        };
        let output = Command::new(program)
            .args(argument)
            .env("OCF_ROOT", "/usr/lib/ocf")
            .env("OCF_RESOURCE_INSTANCE", "x")
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.contains("<resource-agent").then(|| parse(&text))
    }
}

/// Just enough of meta-data for tests: names of parameters and attributes of actions.
fn parse(text: &str) -> AgentInfo {
    let mut info = AgentInfo::default();
    for tag in text.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap_or_default().trim_end_matches('/');
        let mut attributes = Vec::new();
        let mut rest = tag;
        while let Some((name, after)) = rest.split_once("=\"") {
            let Some((value, after)) = after.split_once('"') else { break };
            let name = name.rsplit(char::is_whitespace).next().unwrap_or_default();
            attributes.push((name.to_owned(), value.to_owned()));
            rest = after;
        }
        let name = attributes.iter().find(|(name, _)| name == "name").map(|(_, v)| v.clone());
        match (tag.split_whitespace().next(), name) {
            (Some("parameter"), Some(name)) => {
                // What is required is not doubted here: the commands were accepted by pcs.
                info.parameters.push(Parameter { name, required: false, same_as: None });
            }
            (Some("action"), Some(name)) => {
                attributes.retain(|(known, _)| known != "name");
                info.actions.push(Action { name, attributes });
            }
            _ => {}
        }
    }
    info
}
