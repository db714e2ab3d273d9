//! Questions that `crm_resource` answers.

use std::process::Command;

use rota_cib::Cib;
use rota_cib::constraint::{Constraint, Role};

use super::super::args::Args;
use super::super::crm_mon::{Wanted, ctime, history, text};
use super::super::fail::{ERROR, Failure, Outcome, USAGE};
use super::super::view::{Instance, Shown, View, without_number};

/// `--list`.
pub fn list(view: &View) -> Outcome {
    let wanted = Wanted { sections: Default::default(), inactive: true, by_node: false };
    let lines = text::list(view, &wanted, false);
    out!("Full List of Resources:");
    out!("{}", if lines.is_empty() { "  * No resources" } else { lines.trim_end() });
    Ok(())
}

/// `--list-raw`.
pub fn list_raw(view: &View) -> Outcome {
    view.instances().for_each(|one| out!("{}", one.full_id));
    Ok(())
}

/// The instances that an id means: a service, all in a group or clone, or one instance.
pub fn meant<'v>(view: &'v View, id: &str) -> Vec<&'v Instance> {
    let whole = view.resources.iter().find(|resource| match resource {
        Shown::Primitive(_) => false,
        Shown::Group { id: known, .. } => known == id,
        Shown::Clone { id: known, child, .. } => known == id || child == id,
    });
    match whole {
        Some(resource) => resource.instances(),
        None => view.instances().filter(|one| one.id == id || one.full_id == id).collect(),
    }
}

/// `--locate`.
pub fn locate(view: &View, id: &str, quiet: bool) -> Outcome {
    let mut places: Vec<(&str, Role)> = Vec::new();
    for one in meant(view, id) {
        for node in &one.nodes {
            if !places.iter().any(|(known, _)| known == node) {
                places.push((node, one.role));
            }
        }
    }
    // Promoted instances come first, as they do in the real tool.
    places.sort_by_key(|(_, role)| *role != Role::Promoted);
    if places.is_empty() {
        eprintln!("resource {id} is NOT running");
    }
    for (node, role) in places {
        let promoted = if role == Role::Promoted { " Promoted" } else { "" };
        if quiet {
            out!("{node}");
        } else {
            out!("resource {id} is running on: {node}{promoted}");
        }
    }
    Ok(())
}

/// `--query-xml`.
pub fn xml(view: &View, document: &str, id: &str) -> Outcome {
    if let Some(one) = meant(view, id).first() {
        out!("{}", text::instance(one, true));
    }
    out!("Resource XML:");
    let root = super::super::tree::Element::parse(document).map_err(|e| Failure::new(ERROR, e))?;
    let path = root.find(&|element| {
        element.name != "lrm_resource" && element.get("id") == Some(without_number(id))
    });
    if let Some(found) = path.and_then(|path| root.at(&path)) {
        out!("{}", found.text().trim_end());
    }
    Ok(())
}

/// `--list-operations`.
pub fn operations(view: &View, args: &Args) -> Outcome {
    let (node, resource) = (args.value("node"), args.value("resource"));
    for state in view.cib.status.nodes.iter().filter(|s| node.is_none_or(|n| s.uname == n)) {
        for known in &state.history {
            if !resource.is_none_or(|id| without_number(&known.id) == id || known.id == id) {
                continue;
            }
            let one = view.instances().find(|one| one.full_id == known.id || one.id == known.id);
            let head = one.map_or_else(|| known.id.to_string(), |one| text::instance(one, false));
            let mut done: Vec<_> = known.operations.iter().collect();
            done.sort_by_key(|op| op.call_id);
            for op in done {
                out!(
                    "{head}: {} (node={}, call={}, rc={}, last-rc-change='{}', exec={}ms): {}",
                    op.key.as_deref().unwrap_or_default(),
                    state.uname,
                    op.call_id,
                    op.rc,
                    ctime(op.last_rc_change.unwrap_or_default()),
                    op.exec_time_ms.unwrap_or_default(),
                    history::status_text(op.op_status)
                );
            }
        }
    }
    Ok(())
}

/// `--constraints`.
pub fn constraints(cib: &Cib, id: &str) -> Outcome {
    let mut locations = Vec::new();
    let mut with = Vec::new();
    let mut of = Vec::new();
    for constraint in &cib.config.constraints {
        match constraint {
            Constraint::Location(one) if one.rsc.as_deref() == Some(id) => {
                if let (Some(node), Some(score)) = (&one.node, one.score) {
                    locations.push(format!("Node {node} (score={score}, id={}, rsc={id})", one.id));
                }
            }
            Constraint::Colocation(one) => {
                let score = one.score.map(|score| score.to_string()).unwrap_or_default();
                let role = |role: Option<Role>| {
                    role.map(|role| format!(" with role={},", role.as_str())).unwrap_or_default()
                };
                if one.rsc.as_deref() == Some(id) {
                    let target = one.with_rsc.as_deref().unwrap_or_default();
                    let role = role(one.with_rsc_role);
                    with.push(format!("{target} (score={score},{role} id={})", one.id));
                } else if one.with_rsc.as_deref() == Some(id) {
                    let source = one.rsc.as_deref().unwrap_or_default();
                    let role = role(one.rsc_role);
                    of.push(format!("{source} (score={score},{role} id={})", one.id));
                }
            }
            Constraint::Location(_) | Constraint::Order(_) | Constraint::Ticket(_) => {}
        }
    }
    for (title, lines) in [
        ("Locations:".to_owned(), locations),
        (format!("Resources {id} is colocated with:"), with),
        (format!("Resources colocated with {id}:"), of),
    ] {
        if !lines.is_empty() {
            out!("{title}");
            lines.iter().for_each(|line| out!("  * {line}"));
        }
    }
    Ok(())
}

/// `--show-metadata`: what the agent says of itself.
pub fn metadata(spec: &str) -> Outcome {
    let parts: Vec<&str> = spec.split(':').collect();
    let safe = |part: &str| !part.is_empty() && !part.contains('/') && !part.starts_with('.');
    let path = match parts.as_slice() {
        ["ocf", provider, agent] if safe(provider) && safe(agent) => {
            format!("/usr/lib/ocf/resource.d/{provider}/{agent}")
        }
        ["stonith", agent] if safe(agent) => format!("/usr/sbin/{agent}"),
        _ => {
            let words = format!("crm_resource: '{spec}' is not valid class:provider:type");
            return Err(Failure::new(USAGE, words));
        }
    };
    let mut command = Command::new(&path);
    command.env("OCF_ROOT", "/usr/lib/ocf");
    if parts.first() == Some(&"stonith") {
        command.args(["-o", "metadata"]);
    } else {
        command.arg("meta-data");
    }
    let output = command.output().map_err(|error| {
        Failure::new(ERROR, format!("crm_resource: Metadata query for {spec} failed: {error}"))
    })?;
    out!("{}", String::from_utf8_lossy(&output.stdout).trim_end());
    Ok(())
}
