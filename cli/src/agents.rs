//! What the agents on this host say of themselves, asked when a command needs it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rota_fencing_devices::Registry;
use rota_runner::metadata::Metadata;

use crate::commands::{Action, AgentInfo, AgentMetadata, AgentSpec, Parameter};

/// Agents below `OCF_ROOT` and the fence agents of the host.
pub struct HostAgents {
    ocf: PathBuf,
    root: PathBuf,
}

impl Default for HostAgents {
    fn default() -> Self {
        let root =
            std::env::var_os("OCF_ROOT").map_or_else(|| "/usr/lib/ocf".into(), PathBuf::from);
        Self { ocf: root.join("resource.d"), root: "/".into() }
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
            ("systemd", None) => self.has_unit(&agent.agent).then(unit),
            ("lsb", None) => self.has_script(&agent.agent).then(script),
            // As the runner does: a unit if there is one.
            ("service", None) if self.has_unit(&agent.agent) => Some(unit()),
            ("service", None) => self.has_script(&agent.agent).then(script),
            _ => None,
        }
    }
}

/// Where systemd looks for units (systemd.unit(5)).
const UNIT_DIRECTORIES: [&str; 5] = [
    "etc/systemd/system",
    "run/systemd/system",
    "usr/local/lib/systemd/system",
    "usr/lib/systemd/system",
    "lib/systemd/system",
];

impl HostAgents {
    fn has_unit(&self, name: &str) -> bool {
        let file = if name.contains('.') { name.to_owned() } else { format!("{name}.service") };
        // `db@main` is an instance of the template `db@`.
        let template = file.split_once('@').and_then(|(before, rest)| {
            let (_, kind) = rest.rsplit_once('.')?;
            Some(format!("{before}@.{kind}"))
        });
        let is_safe = !name.is_empty() && !name.contains('/');
        let is_there = |directory: &&str| {
            let directory = self.root.join(directory);
            let files = [Some(&file), template.as_ref()].into_iter().flatten();
            files.map(|file| directory.join(file)).any(|path| path.exists())
        };
        is_safe && UNIT_DIRECTORIES.iter().any(is_there)
    }

    fn has_script(&self, name: &str) -> bool {
        use std::os::unix::fs::PermissionsExt as _;
        let is_safe = !name.is_empty() && !name.contains('/');
        let found = std::fs::metadata(self.root.join("etc/init.d").join(name));
        let is_program =
            |found: std::fs::Metadata| found.is_file() && found.permissions().mode() & 0o111 != 0;
        is_safe && found.is_ok_and(is_program)
    }
}

/// What Pacemaker says of systemd units, which cannot speak for themselves.
fn unit() -> AgentInfo {
    with_times("100s", "60s")
}

/// The same of init scripts.
fn script() -> AgentInfo {
    with_times("15s", "15s")
}

fn with_times(timeout: &str, interval: &str) -> AgentInfo {
    let own = |name: &str, attributes: &[(&str, &str)]| Action {
        name: name.to_owned(),
        attributes: attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    };
    let actions = vec![
        own("start", &[("timeout", timeout)]),
        own("stop", &[("timeout", timeout)]),
        own("monitor", &[("timeout", timeout), ("interval", interval)]),
    ];
    AgentInfo { parameters: Vec::new(), actions }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_and_scripts_are_known_by_their_files_and_typing_errors_are_not() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().expect("a directory");
        let (units, scripts) =
            (root.path().join("usr/lib/systemd/system"), root.path().join("etc/init.d"));
        for (directory, file) in
            [(&units, "web.service"), (&units, "db@.service"), (&scripts, "haproxy")]
        {
            std::fs::create_dir_all(directory).expect("a directory");
            std::fs::write(directory.join(file), "").expect("a file");
        }
        let run = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(scripts.join("haproxy"), run).expect("a program");
        let agents = HostAgents { ocf: root.path().into(), root: root.path().into() };
        let start = |class: &str, agent: &str| {
            let (class, agent) = (class.to_owned(), agent.to_owned());
            let known = agents.describe(&AgentSpec { class, provider: None, agent })?;
            Some(known.actions.first()?.attributes.first()?.1.clone())
        };
        assert_eq!(start("systemd", "web").as_deref(), Some("100s"));
        assert_eq!(start("systemd", "web.service").as_deref(), Some("100s"));
        assert_eq!(start("systemd", "db@main").as_deref(), Some("100s"));
        assert_eq!(start("lsb", "haproxy").as_deref(), Some("15s"));
        assert_eq!(start("service", "web").as_deref(), Some("100s"));
        assert_eq!(start("service", "haproxy").as_deref(), Some("15s"));
        for (class, typo) in [
            ("systemd", "hapoxy"),
            ("lsb", "hapoxy"),
            ("service", "x"),
            ("lsb", "../init.d/haproxy"),
        ] {
            assert_eq!(start(class, typo), None, "{class}:{typo}");
        }
    }
}
