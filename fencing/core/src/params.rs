//! The `pcmk_*` parameters of a device: those that speak to the fencer, not to the agent.

use std::collections::BTreeMap;
use std::time::Duration;

use rota_ids::duration::parse as duration;
use rota_ids::{NodeName, Text};

use crate::device::{Device, DeviceId, Targets};

/// Something odd in a device's parameters. The device was built all the same, without it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{parameter}: {problem}")]
pub struct Finding {
    /// The parameter.
    pub parameter: Text,
    /// What is wrong with it.
    pub problem: Text,
}

/// Understood elsewhere, by the shell that runs the agent; so are the `pcmk_<action>_action`s.
const FOR_THE_SHELL: &str = "pcmk_host_argument";

impl Device {
    /// Builds a device from all parameters that people wrote for it.
    ///
    /// `pcmk_*` is taken out and understood, the rest goes to the agent. What cannot be
    /// understood is returned as a finding, and the default holds.
    pub fn from_params<'a>(
        id: DeviceId,
        agent: impl Into<Text>,
        params: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> (Self, Vec<Finding>) {
        let mut device = Self::new(id, agent);
        let mut hosts = Hosts::default();
        let mut findings = Vec::new();
        for (name, value) in params {
            if !name.starts_with("pcmk_") || is_for_the_shell(name) {
                device.params.push((name.into(), value.into()));
            } else if let Err(problem) = take(&mut device, &mut hosts, name, value) {
                findings.push(Finding { parameter: name.into(), problem: problem.into() });
            }
        }
        match hosts.targets() {
            Ok(targets) => device.targets = targets,
            Err(problem) => findings
                .push(Finding { parameter: "pcmk_host_check".into(), problem: problem.into() }),
        }
        (device, findings)
    }
}

fn is_for_the_shell(name: &str) -> bool {
    name == FOR_THE_SHELL || name.ends_with("_action")
}

#[derive(Default)]
struct Hosts {
    named: BTreeMap<NodeName, Text>,
    check: Option<Text>,
}

impl Hosts {
    fn targets(self) -> Result<Targets, String> {
        match self.check.as_deref() {
            None if self.named.is_empty() => Ok(Targets::Listed(None)),
            None | Some("static-list") => Ok(Targets::Static(self.named)),
            Some("dynamic-list") => Ok(Targets::Listed(None)),
            Some("none") => Ok(Targets::Any),
            // Asking a device that knows no hosts by name would let it shoot any of them.
            Some("status") => Err("\"status\" is not offered, name the hosts".into()),
            Some(other) => Err(format!("\"{other}\" is none of static-list, dynamic-list, none")),
        }
    }
}

fn take(device: &mut Device, hosts: &mut Hosts, name: &str, value: &str) -> Result<(), String> {
    match name {
        "pcmk_host_list" => {
            for host in value.split([' ', ',', ';', '\t']).filter(|h| !h.is_empty()) {
                hosts.named.entry(host.into()).or_insert_with(|| host.into());
            }
        }
        "pcmk_host_map" => hosts.named.extend(host_map(value)?),
        "pcmk_host_check" => hosts.check = Some(value.into()),
        "pcmk_delay_base" if value.contains(':') => {
            for (node, delay) in host_map(value)? {
                device.delay.base_by_node.insert(node, duration(&delay).ok_or(NO_TIME)?);
            }
        }
        "pcmk_delay_base" => device.delay.base = duration(value).ok_or(NO_TIME)?,
        "pcmk_delay_max" => device.delay.max = duration(value).ok_or(NO_TIME)?,
        "pcmk_action_limit" => {
            let limit: i64 = value.trim().parse().map_err(|_| "not a number")?;
            device.action_limit = u32::try_from(limit).ok().filter(|limit| *limit > 0);
        }
        "pcmk_off_timeout" => limit(&mut device.timeouts.off, value)?,
        "pcmk_on_timeout" => limit(&mut device.timeouts.on, value)?,
        "pcmk_status_timeout" => limit(&mut device.timeouts.status, value)?,
        "pcmk_monitor_timeout" | "pcmk_list_timeout" => {
            limit(&mut device.timeouts.monitor, value)?;
        }
        "pcmk_off_retries" => {
            device.attempts_max = value.trim().parse().map_err(|_| "not a number")?;
        }
        // A reboot is off, verified, then on: the times of those two hold.
        "pcmk_reboot_timeout"
        | "pcmk_reboot_retries"
        | "pcmk_on_retries"
        | "pcmk_status_retries"
        | "pcmk_list_retries"
        | "pcmk_monitor_retries" => {
            return Err("has no effect here: off and on have their own".into());
        }
        _ => return Err("unknown parameter".into()),
    }
    Ok(())
}

/// Sets a limit of time; a limit of 0, which nothing could keep, is the default.
fn limit(of: &mut Duration, text: &str) -> Result<(), String> {
    let given = duration(text).ok_or(NO_TIME)?;
    if !given.is_zero() {
        *of = given;
    }
    Ok(())
}

const NO_TIME: &str = "not a time (30, 30s, 500ms, 2min, 1h)";

/// `n1:1;n2:2,3`, separated by `;` or blanks; a backslash keeps the next character.
fn host_map(value: &str) -> Result<Vec<(NodeName, Text)>, String> {
    let mut entries = Vec::new();
    let (mut node, mut text) = (None, String::new());
    let mut chars = value.chars().chain([';']);
    while let Some(c) = chars.next() {
        match c {
            '\\' => text.extend(chars.next()),
            ':' | '=' if node.is_none() => node = Some(std::mem::take(&mut text)),
            ';' | ' ' | '\t' | '\n' => match node.take() {
                Some(name) if !name.is_empty() && !text.is_empty() => {
                    entries.push((NodeName(name.into()), std::mem::take(&mut text).into()));
                }
                None if text.is_empty() => {}
                Some(_) | None => return Err("not of the form node:plug;node:plug".into()),
            },
            other => text.push(other),
        }
    }
    Ok(entries)
}
