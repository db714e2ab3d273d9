//! How the container engine is called.

use rota_cib::Text;
use rota_cib::resource::Bundle;

use crate::values::{Pairs, boolean, get};

/// The port at which the inside of a container listens.
pub(super) fn control_port(bundle: &Bundle) -> String {
    bundle
        .network
        .as_ref()
        .and_then(|n| get(&n.attributes, "control-port"))
        .map_or_else(|| "3121".to_owned(), ToString::to_string)
}

/// How the engine is called.
pub(super) fn container_params(
    bundle: &Bundle,
    n: usize,
    has_child: bool,
    addresses: &[Option<Text>],
) -> Pairs {
    let value = |name: &str| get(&bundle.container, name);
    let replica = format!("{}-{n}", bundle.id);
    let address = addresses.get(n).cloned().flatten();
    let mut opts = String::new();
    if bundle.engine == "docker" {
        opts.push_str(" --restart=no");
    }
    if address.is_some() {
        opts.push_str(&format!(" -h {replica}"));
    }
    opts.push_str(" -e PCMK_stderr=1");
    if let Some(network) = value("network") {
        opts.push_str(&format!(" --net={network}"));
    }
    let port = control_port(bundle);
    opts.push_str(&format!(" -e PCMK_remote_port={port}"));
    let mut points: Vec<String> = Vec::new();
    let mut mount = |source: String, target: &str, options: Option<&Text>, own: bool| {
        if own {
            points.push(source.clone());
        }
        opts.push_str(&format!(" -v {source}:{target}"));
        if let Some(options) = options {
            opts.push_str(&format!(":{options}"));
        }
    };
    for mapping in &bundle.storage {
        let (root, own) = match get(mapping, "source-dir-root") {
            Some(root) => (Some(format!("{root}/{replica}")), true),
            None => (get(mapping, "source-dir").map(ToString::to_string), false),
        };
        if let (Some(source), Some(target)) = (root, get(mapping, "target-dir")) {
            mount(source, target, get(mapping, "options"), own);
        }
    }
    if has_child {
        mount("/etc/pacemaker/authkey".into(), "/etc/pacemaker/authkey", None, false);
        mount(format!("/var/log/pacemaker/bundles/{replica}"), "/var/log", None, true);
    }
    let mut ports: Vec<(Text, Text)> = Vec::new();
    for mapping in bundle.network.iter().flat_map(|net| &net.ports) {
        let outer = get(mapping, "port").or_else(|| get(mapping, "range"));
        if let Some(outer) = outer {
            let inner = get(mapping, "internal-port").unwrap_or(outer);
            ports.push((outer.clone(), inner.clone()));
        }
    }
    if has_child {
        ports.push((port.as_str().into(), port.as_str().into()));
    }
    for (outer, inner) in ports {
        match &address {
            Some(address) => opts.push_str(&format!(" -p {address}:{outer}:{inner}")),
            None if value("network").is_none_or(|net| net != "host") => {
                opts.push_str(&format!(" -p {outer}:{inner}"));
            }
            None => {}
        }
    }
    if let Some(more) = value("options") {
        opts.push_str(&format!(" {more}"));
    }
    opts.push(' ');
    let add_hosts = bundle
        .network
        .as_ref()
        .and_then(|net| get(&net.attributes, "add-host"))
        .and_then(|v| boolean(v))
        .unwrap_or(true);
    if add_hosts {
        for (i, host) in addresses.iter().enumerate() {
            if let Some(host) = host {
                opts.push_str(&format!(" --add-host={}-{i}:{host}", bundle.id));
            }
        }
    }
    let mut params: Pairs = vec![
        ("image".into(), value("image").cloned().unwrap_or_default()),
        ("allow_pull".into(), "true".into()),
        ("force_kill".into(), "false".into()),
        ("reuse".into(), "false".into()),
        ("run_opts".into(), opts.into()),
        ("mount_points".into(), points.join(",").into()),
    ];
    match (value("run-command"), has_child) {
        (Some(command), _) => params.push(("run_cmd".into(), command.clone())),
        (None, true) => params.push(("run_cmd".into(), "/usr/sbin/pacemaker-remoted".into())),
        (None, false) => {}
    }
    params.push(("monitor_cmd".into(), "/bin/true".into()));
    params
}
