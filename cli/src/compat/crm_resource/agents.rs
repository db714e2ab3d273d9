//! Which agents this host has.

use super::super::fail::{ERROR, Failure, NO_SUCH, Outcome};

const OCF: &str = "/usr/lib/ocf/resource.d";

/// `--list-standards`.
pub fn standards() -> Outcome {
    ["lsb", "ocf", "service", "systemd", "stonith"].iter().for_each(|name| out!("{name}"));
    Ok(())
}

/// `--list-ocf-providers`.
pub fn providers() -> Outcome {
    entries(OCF).iter().for_each(|name| out!("{name}"));
    Ok(())
}

/// `--list-ocf-alternatives`: the providers of an agent.
pub fn alternatives(agent: &str) -> Outcome {
    let has = |provider: &String| entries(&format!("{OCF}/{provider}")).iter().any(|a| a == agent);
    let found: Vec<String> = entries(OCF).into_iter().filter(has).collect();
    found.iter().for_each(|name| out!("{name}"));
    if found.is_empty() { Err(Failure::silent(NO_SUCH)) } else { Ok(()) }
}

/// `--list-agents CLASS[:PROVIDER]`.
pub fn list(spec: &str) -> Outcome {
    let (class, provider) = match spec.split_once(':') {
        Some((class, provider)) => (class, Some(provider)),
        None => (spec, None),
    };
    let mut found: Vec<String> = match (class, provider) {
        ("ocf", Some(provider)) if !provider.contains('/') => entries(&format!("{OCF}/{provider}")),
        ("ocf", None) => entries(OCF).iter().flat_map(|p| entries(&format!("{OCF}/{p}"))).collect(),
        ("stonith", _) => {
            let all = entries("/usr/sbin").into_iter();
            all.filter(|name| name.starts_with("fence_")).collect()
        }
        ("systemd", _) => units(),
        ("lsb", _) => entries("/etc/init.d"),
        ("service", _) => [entries("/etc/init.d"), units()].concat(),
        (_, _) => Vec::new(),
    };
    found.sort();
    found.dedup();
    found.iter().for_each(|name| out!("{name}"));
    if found.is_empty() {
        let provider = provider.map(|name| format!(" and provider '{name}'")).unwrap_or_default();
        let words = format!(
            "crm_resource: No agents found for standard '{class}'{provider}\nError performing \
             operation: Error occurred"
        );
        return Err(Failure::new(ERROR, words));
    }
    Ok(())
}

fn units() -> Vec<String> {
    let directories = ["/lib/systemd/system", "/etc/systemd/system"];
    let all = directories.iter().flat_map(|directory| entries(directory));
    all.filter_map(|name| name.strip_suffix(".service").map(str::to_owned)).collect()
}

/// The names in a directory, sorted, without hidden ones; none if it cannot be read.
fn entries(directory: &str) -> Vec<String> {
    let Ok(read) = std::fs::read_dir(directory) else { return Vec::new() };
    let names = read.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}
