//! What the agents on this host say of themselves, asked when a command needs it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rota_fencing_devices::Registry;
use rota_runner::metadata::Metadata;

use crate::commands::{Action, AgentInfo, AgentMetadata, AgentSpec, Parameter};

/// Agents below `OCF_ROOT` and the fence agents of the host.
pub struct HostAgents {
    ocf: PathBuf,
}

impl Default for HostAgents {
    fn default() -> Self {
        let root =
            std::env::var_os("OCF_ROOT").map_or_else(|| "/usr/lib/ocf".into(), PathBuf::from);
        Self { ocf: root.join("resource.d") }
    }
}

impl AgentMetadata for HostAgents {
    fn find(&self, agent: &str) -> Vec<AgentSpec> {
        let Ok(providers) = std::fs::read_dir(&self.ocf) else { return Vec::new() };
        let mut found: Vec<AgentSpec> = providers
            .flatten()
            .filter(|provider| provider.path().join(agent).is_file())
            .map(|provider| AgentSpec {
                class: "ocf".to_owned(),
                provider: Some(provider.file_name().to_string_lossy().into_owned()),
                agent: agent.to_owned(),
            })
            .collect();
        found.sort();
        found
    }

    fn describe(&self, agent: &AgentSpec) -> Option<AgentInfo> {
        match (agent.class.as_str(), &agent.provider) {
            ("ocf", Some(provider)) => ocf(&self.ocf.join(provider).join(&agent.agent)),
            ("stonith", _) => fence_agent(&agent.agent),
            _ => None,
        }
    }
}

fn ocf(program: &Path) -> Option<AgentInfo> {
    let root = program.ancestors().nth(3)?;
    let said = Command::new(program)
        .arg("meta-data")
        .env("OCF_ROOT", root)
        .env("OCF_RA_VERSION_MAJOR", "1")
        .env("OCF_RA_VERSION_MINOR", "1")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let metadata = Metadata::parse(&String::from_utf8_lossy(&said.stdout)).ok()?;
    let parameters = metadata
        .parameters
        .into_iter()
        .map(|p| Parameter {
            name: p.name,
            required: p.required,
            same_as: p.deprecated.and_then(|newer| newer.into_iter().next()),
        })
        .collect();
    let actions = metadata.actions.into_iter().map(action).collect();
    Some(AgentInfo { parameters, actions })
}

fn action(spec: rota_runner::metadata::ActionSpec) -> Action {
    let seconds = |time: std::time::Duration| format!("{}s", time.as_secs());
    let attributes = [
        ("timeout", spec.timeout.map(seconds)),
        ("interval", spec.interval.map(seconds)),
        ("depth", spec.depth.map(|depth| depth.to_string())),
        ("role", spec.role),
    ];
    let attributes = attributes
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect();
    Action { name: spec.name, attributes }
}

fn fence_agent(name: &str) -> Option<AgentInfo> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let metadata = runtime.block_on(Registry::default().metadata(name)).ok()?;
    let parameters = metadata
        .parameters
        .iter()
        // What is done to whom is the fencer's to say.
        .filter(|p| p.name != "action")
        .map(|p| Parameter {
            name: p.name.to_string(),
            required: p.required,
            same_as: p.obsoletes.as_ref().map(ToString::to_string),
        })
        .collect();
    Some(AgentInfo { parameters, actions: Vec::new() })
}
