//! The environment that an agent is given: exactly what a real cluster gives, nothing inherited.
//!
//! `SHELL` is never set: agents run `"$SHELL" -c` with syntax that only bash understands, and bash
//! sets it itself when it is missing.

use std::collections::BTreeMap;

use crate::request::{Class, Request};
use crate::runner::Config;

/// Value of `OCF_RESKEY_crm_feature_set`: from 3.10.0 on agents use `crm_attribute -p` and
/// `--output-as=xml`. Equals what our compatible tools print.
pub const FEATURE_SET: &str = "3.16.1";

/// All variables of one call, by name. The process that is started gets these and no others.
pub fn environment(config: &Config, request: &Request) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut set = |name: &str, value: &str| {
        all.insert(name.to_owned(), value.to_owned());
    };
    set("LC_ALL", "C");
    set("PATH", &path(config));
    set("PCMK_service", "pacemaker-execd");
    for (name, value) in &config.extra_env {
        set(name, value);
    }
    if request.agent.class() != Class::Ocf {
        return all;
    }
    set("OCF_ROOT", &config.ocf_root.to_string_lossy());
    set("OCF_RA_VERSION_MAJOR", "1");
    set("OCF_RA_VERSION_MINOR", "1");
    set("OCF_EXIT_REASON_PREFIX", EXIT_REASON_PREFIX);
    set("OCF_OUTPUT_FORMAT", "text");
    set("OCF_RESOURCE_INSTANCE", &request.instance);
    set("OCF_RESOURCE_PROVIDER", request.agent.provider());
    set("OCF_RESOURCE_TYPE", request.agent.name());
    set("OCF_RESKEY_crm_feature_set", FEATURE_SET);
    // Agents call the cluster's tools by this directory and never by PATH (`ocf-shellfuncs`); left
    // alone it is /usr/sbin, where the tools of another cluster manager may be.
    if let Some(tools) = &config.tools {
        set("HA_SBIN_DIR", &tools.to_string_lossy());
    }
    logging(config, &mut set);
    for (name, value) in &request.params {
        set(&format!("OCF_RESKEY_{name}"), value);
        // OCF 1.1 §3.5.2: the depth of a monitor is a variable of its own.
        if name == "OCF_CHECK_LEVEL" {
            set(name, value);
        }
    }
    meta(request, &mut set);
    all
}

/// With this prefix an agent marks the line of its error output that says why it failed.
pub const EXIT_REASON_PREFIX: &str = "ocf-exit-reason:";

/// Our own tools come first, so that agents talk to this cluster and to no other.
fn path(config: &Config) -> String {
    let standard = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/ucb";
    match &config.tools {
        Some(tools) => format!("{}:{standard}", tools.display()),
        None => standard.to_owned(),
    }
}

/// With neither a facility nor a file, agents log to their error output, which we keep.
fn logging(config: &Config, set: &mut impl FnMut(&str, &str)) {
    set("HA_debug", "0");
    set("HA_mcp", "true");
    set("HA_cluster_type", "corosync");
    set("HA_quorum_type", "corosync");
    if let Some(facility) = &config.agents_log_facility {
        set("HA_LOGFACILITY", facility);
        set("HA_logfacility", facility);
    }
    if let Some(file) = &config.agents_log_file {
        set("HA_LOGFILE", &file.to_string_lossy());
        set("HA_logfile", &file.to_string_lossy());
    }
}

fn meta(request: &Request, set: &mut impl FnMut(&str, &str)) {
    let mut set_meta = |name: &str, value: &str| {
        set(&format!("OCF_RESKEY_CRM_meta_{}", name.replace('-', "_")), value);
    };
    set_meta("timeout", &request.timeout.as_millis().to_string());
    set_meta("on_node", request.node_name.as_str());
    set_meta("on_node_uuid", &request.node_uuid);
    for (name, value) in &request.meta {
        set_meta(name, value);
    }
    // A probe must not have these: the agents' library takes a missing interval for 0.
    if let Some(interval) = request.interval.filter(|interval| !interval.is_zero()) {
        set_meta("interval", &interval.as_millis().to_string());
        set_meta("name", request.action.as_str());
    }
}
