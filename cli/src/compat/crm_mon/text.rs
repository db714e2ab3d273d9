//! The text of `crm_mon`, which checks read line by line.

use rota_cib::constraint::Role;
use rota_cib::status::OperationRecord;
use rota_cib::value::parse_bool;

use super::super::view::{Instance, Node, Shown, View};
use super::history::{Count, count, failed, operations, rc_text, status_text};
use super::xml::{negative_locations, shown_attributes, threshold};
use super::{Wanted, ctime, iso};

/// The whole text.
pub fn write(view: &View, wanted: &Wanted) -> String {
    let mut blocks: Vec<String> = Vec::new();
    let sections = &wanted.sections;
    if sections.has("summary") {
        blocks.push(summary(view));
    }
    if sections.has("nodes") {
        blocks.push(nodes(view, wanted));
    }
    if sections.has("resources") {
        blocks.extend(resources(view, wanted));
    }
    let mut add = |name: &str, title: &str, lines: Vec<String>, even_if_empty: bool| {
        if sections.has(name) && (even_if_empty || !lines.is_empty()) {
            blocks.push(format!("{title}:\n{}", lines.concat()));
        }
    };
    add("attributes", "Node Attributes", attributes(view), false);
    if sections.has("operations") {
        add("operations", "Operations", histories(view, true, sections.has("timing")), false);
    } else {
        add("failcounts", "Migration Summary", histories(view, false, false), true);
    }
    add("failures", "Failed Resource Actions", failures(view), false);
    add("fencing", "Failed Fencing Actions", failed_fencing(view), false);
    add("tickets", "Tickets", tickets(view), false);
    add("bans", "Negative Location Constraints", bans(view), false);
    blocks.join("\n")
}

fn line(depth: usize, text: &str) -> String {
    format!("{}* {text}\n", "  ".repeat(depth))
}

fn summary(view: &View) -> String {
    let mut out = String::new();
    if view.live {
        out.push_str(&format!(
            "Status of pacemakerd: 'Pacemaker is running' (last updated {})\n",
            iso(view.now.0)
        ));
    }
    out.push_str("Cluster Summary:\n");
    out.push_str(&line(1, &format!("Stack: {}", view.stack())));
    let quorum = if view.quorum { "partition with quorum" } else { "partition WITHOUT quorum" };
    let version = view.version().unwrap_or_else(|| "unknown".to_owned());
    out.push_str(&match view.nodes.iter().find(|node| node.is_dc) {
        Some(dc) => line(1, &format!("Current DC: {} (version {version}) - {quorum}", dc.name)),
        None => line(1, "Current DC: NONE"),
    });
    let updated = ctime(super::super::source::now().0);
    out.push_str(&line(1, &format!("Last updated: {updated}")));
    out.push_str(&line(1, &last_change(view)));
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let count = view.nodes.len();
    out.push_str(&line(1, &format!("{count} node{} configured", plural(count))));
    let count = view.instances().count();
    let disabled = view.instances().filter(|one| one.is_disabled()).count();
    let blocked = view.instances().filter(|one| one.blocked).count();
    let more = match (disabled, blocked) {
        (0, 0) => String::new(),
        (_, 0) => format!(" ({disabled} DISABLED)"),
        (0, _) => format!(" ({blocked} BLOCKED from further action due to failure)"),
        (_, _) => {
            format!(" ({disabled} DISABLED, {blocked} BLOCKED from further action due to failure)")
        }
    };
    out.push_str(&line(1, &format!("{count} resource instance{} configured{more}", plural(count))));
    if parse_bool(&view.option("maintenance-mode")) == Some(true) {
        out.push_str("\n              *** Resource management is DISABLED ***\n");
        out.push_str("  The cluster will not attempt to start, stop or recover services\n");
    }
    out
}

fn last_change(view: &View) -> String {
    let other = |name: &str| {
        let found = view.cib.header.other.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    };
    let mut text = format!("Last change:  {}", other("cib-last-written").unwrap_or_default());
    for (word, name) in [("by", "update-user"), ("via", "update-client"), ("on", "update-origin")] {
        if let Some(value) = other(name) {
            text.push_str(&format!(" {word} {value}"));
        }
    }
    text
}

/// What a node is, in a word or two.
fn state(view: &View, node: &Node) -> &'static str {
    let is_busy = view.instances().any(|one| one.nodes.contains(&node.name));
    match node {
        Node { unclean: true, online: true, .. } => "UNCLEAN (online)",
        Node { unclean: true, pending: true, .. } => "UNCLEAN (pending)",
        Node { unclean: true, .. } => "UNCLEAN (offline)",
        Node { pending: true, .. } => "pending",
        Node { standby: true, online: true, .. } if is_busy => "standby (with active resources)",
        Node { standby: true, online: true, .. } => "standby",
        Node { standby: true, .. } => "OFFLINE (standby)",
        Node { maintenance: true, online: true, .. } => "maintenance",
        Node { maintenance: true, .. } => "OFFLINE (maintenance)",
        Node { online: true, .. } => "online",
        Node { .. } => "OFFLINE",
    }
}

fn nodes(view: &View, wanted: &Wanted) -> String {
    let mut out = "Node List:\n".to_owned();
    if wanted.by_node {
        for node in &view.nodes {
            out.push_str(&line(1, &format!("Node {}: {}:", node.name, state(view, node))));
            out.push_str(&line(2, "Resources:"));
            for one in view.instances().filter(|one| one.nodes.contains(&node.name)) {
                out.push_str(&line(3, &instance(one, false)));
            }
        }
        return out;
    }
    let plain = ["online", "OFFLINE"];
    for node in view.nodes.iter().filter(|node| !plain.contains(&state(view, node))) {
        out.push_str(&line(1, &format!("Node {}: {}", node.name, state(view, node))));
    }
    for (title, remote_title, word) in
        [("Online", "RemoteOnline", "online"), ("OFFLINE", "RemoteOFFLINE", "OFFLINE")]
    {
        for (title, is_remote) in [(title, false), (remote_title, true)] {
            let here = view.nodes.iter().filter(|node| (node.kind == "remote") == is_remote);
            let names: Vec<&str> =
                here.filter(|n| state(view, n) == word).map(|n| n.name.as_str()).collect();
            if !names.is_empty() {
                out.push_str(&line(1, &format!("{title}: [ {} ]", names.join(" "))));
            }
        }
    }
    out
}

/// A service's line, with or without its nodes.
pub fn instance(one: &Instance, with_nodes: bool) -> String {
    let mut text = format!("{}\t({}):\t", one.id, one.agent);
    if one.orphan {
        text.push_str(" ORPHANED");
    }
    let role = one.role.as_str();
    match (one.failed, one.role) {
        (true, Role::Promoted) => text.push_str(&format!(" FAILED {role}")),
        (true, _) => text.push_str(" FAILED"),
        (false, _) => text.push_str(&format!(" {role}")),
    }
    if with_nodes {
        match one.nodes.as_slice() {
            [] => {}
            [node] => text.push_str(&format!(" {node}")),
            several => text.push_str(&format!(" [ {} ]", several.join(" "))),
        }
    }
    text.push_str(&flags(&[
        (one.is_disabled(), "disabled"),
        (one.blocked, "blocked"),
        (!one.managed && !one.blocked, "unmanaged"),
    ]));
    text
}

fn flags(flags: &[(bool, &str)]) -> String {
    let shown: Vec<&str> = flags.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
    if shown.is_empty() { String::new() } else { format!(" ({})", shown.join(", ")) }
}

fn resources(view: &View, wanted: &Wanted) -> Option<String> {
    let (title, none) = match (wanted.by_node, wanted.inactive) {
        (true, true) => ("Inactive Resources", "No inactive resources"),
        (true, false) => return None,
        (false, true) => ("Full List of Resources", "No resources"),
        (false, false) => ("Active Resources", "No active resources"),
    };
    let lines = list(view, wanted, true);
    let lines = if lines.is_empty() { line(1, none) } else { lines };
    Some(format!("{title}:\n{lines}"))
}

/// The lines of all resources.
pub fn list(view: &View, wanted: &Wanted, with_nodes: bool) -> String {
    let mut out = String::new();
    for resource in &view.resources {
        let instances = resource.instances();
        let active = instances.iter().filter(|one| one.is_active()).count();
        let is_shown = match (wanted.by_node, wanted.inactive) {
            (true, _) => active < instances.len(),
            (false, true) => true,
            (false, false) => active > 0,
        };
        if is_shown {
            one_resource(view, resource, wanted.inactive, with_nodes, &mut out);
        }
    }
    out
}

fn one_resource(view: &View, resource: &Shown, inactive: bool, with_nodes: bool, out: &mut String) {
    match resource {
        Shown::Primitive(one) => out.push_str(&line(1, &instance(one, with_nodes))),
        Shown::Group { id, managed, disabled, members } => {
            let flags = flags(&[(*disabled, "disabled"), (!managed, "unmanaged")]);
            out.push_str(&line(1, &format!("Resource Group: {id}{flags}:")));
            for one in members.iter().filter(|one| inactive || one.is_active()) {
                out.push_str(&line(2, &instance(one, with_nodes)));
            }
        }
        Shown::Clone { id, child, promotable, unique, managed, disabled, .. } => {
            let flags = flags(&[
                (*promotable, "promotable"),
                (*unique, "unique"),
                (*disabled, "disabled"),
                (!managed, "unmanaged"),
            ]);
            out.push_str(&line(1, &format!("Clone Set: {id} [{child}]{flags}:")));
            clone(view, resource, inactive, with_nodes, out);
        }
    }
}

fn clone(view: &View, resource: &Shown, inactive: bool, with_nodes: bool, out: &mut String) {
    let Shown::Clone { child, instances, unique, promotable, disabled, of_group, .. } = resource
    else {
        return;
    };
    let mut by_role: [Vec<&str>; 2] = Default::default();
    let mut seen: Vec<&str> = Vec::new();
    for (number, members) in instances.iter().enumerate() {
        let active = members.iter().filter(|one| one.is_active()).count();
        let nodes: Vec<&str> = members.iter().flat_map(|m| &m.nodes).map(|n| n.as_str()).collect();
        seen.extend(&nodes);
        // Whatever is remarkable has a line of its own.
        let is_remarkable = |one: &Instance| {
            one.failed || !one.managed || one.blocked || one.orphan || one.nodes.len() > 1
        };
        let is_partial = active > 0 && active < members.len();
        if *unique || (active > 0 && (members.iter().any(is_remarkable) || is_partial)) {
            if *of_group {
                out.push_str(&line(2, &format!("Resource Group: {child}:{number}:")));
            }
            let depth = if *of_group { 3 } else { 2 };
            for one in members.iter().filter(|one| inactive || one.is_active()) {
                let mut one = one.clone();
                if *unique {
                    one.id.clone_from(&one.full_id);
                }
                out.push_str(&line(depth, &instance(&one, with_nodes)));
            }
        } else if active > 0 {
            let is_promoted = members.iter().all(|one| one.role == Role::Promoted);
            by_role[usize::from(!is_promoted)].extend(nodes.first());
        }
    }
    let [promoted, others] = &mut by_role;
    let others_title = if *promotable { "Unpromoted" } else { "Started" };
    for (title, names) in [("Promoted", promoted), (others_title, others)] {
        names.sort_unstable();
        if !names.is_empty() {
            out.push_str(&line(2, &format!("{title}: [ {} ]", names.join(" "))));
        }
    }
    let spare = instances.iter().filter(|m| !m.iter().any(Instance::is_active)).count();
    if inactive && !*unique && spare > 0 {
        let names: Vec<&str> =
            view.nodes.iter().map(|n| n.name.as_str()).filter(|n| !seen.contains(n)).collect();
        let flag = if *disabled { " (disabled)" } else { "" };
        if !names.is_empty() {
            out.push_str(&line(2, &format!("Stopped{flag}: [ {} ]", names.join(" "))));
        }
    }
}

fn attributes(view: &View) -> Vec<String> {
    let mut lines = Vec::new();
    for node in view.nodes.iter().filter(|node| node.online) {
        let found = shown_attributes(view, node);
        if !found.is_empty() {
            lines.push(line(1, &format!("Node: {}:", node.name)));
            let each = found.iter().map(|(name, value)| format!("{name:<32}\t: {value:<10}"));
            lines.extend(each.map(|text| line(2, &text)));
        }
    }
    lines
}

fn histories(view: &View, with_operations: bool, with_times: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for state in &view.cib.status.nodes {
        if !view.node(&state.uname).is_some_and(|node| node.online) {
            continue;
        }
        let mut inner = Vec::new();
        for history in &state.history {
            let counted = count(state, &history.id);
            let done = operations(history);
            if (with_operations && done.is_empty())
                || (!with_operations && counted.number.is_none())
            {
                continue;
            }
            let limit = threshold(view, &history.id);
            let end = if with_operations { ":" } else { "" };
            let counts = counts(&counted);
            let text = format!("{}: migration-threshold={limit}{counts}{end}", history.id);
            inner.push(line(2, &text));
            if !with_operations {
                continue;
            }
            for op in done {
                inner.push(line(3, &operation(op, with_times)));
            }
        }
        if !inner.is_empty() {
            lines.push(line(1, &format!("Node: {}:", state.uname)));
            lines.extend(inner);
        }
    }
    lines
}

fn operation(op: &OperationRecord, with_times: bool) -> String {
    let mut details = String::new();
    if op.interval_ms > 0 {
        details.push_str(&format!(" interval=\"{}ms\"", op.interval_ms));
    }
    if let Some(at) = op.last_rc_change.filter(|_| with_times) {
        details.push_str(&format!(
            " last-rc-change=\"{}\" exec-time=\"{}ms\" queue-time=\"{}ms\" rc={} ({})",
            ctime(at),
            op.exec_time_ms.unwrap_or_default(),
            op.queue_time_ms.unwrap_or_default(),
            op.rc,
            rc_text(op.rc)
        ));
    }
    let colon = if details.is_empty() { "" } else { ":" };
    format!("({}) {}{colon}{details}", op.call_id, op.operation)
}

fn counts(count: &Count) -> String {
    let number = count.number.map(|n| format!(" fail-count={}", n.value())).unwrap_or_default();
    let last = count.last.map(|at| format!(" last-failure='{}'", ctime(at))).unwrap_or_default();
    format!("{number}{last}")
}

/// An interval as people read it: `10s`, `1m30s`.
fn interval(ms: u32) -> String {
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms")];
    let mut rest = ms;
    let mut text = String::new();
    for (size, unit) in units {
        if rest >= size {
            text.push_str(&format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    text
}

fn failures(view: &View) -> Vec<String> {
    let each = failed(&view.cib).into_iter().map(|found| {
        let op = found.op;
        let repeated = match op.interval_ms {
            0 => String::new(),
            ms => format!("{}-interval ", interval(ms)),
        };
        let reason = op.exit_reason.as_deref().filter(|reason| !reason.is_empty());
        let outcome = if op.op_status == rota_cib::status::DONE {
            let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
            format!("returned '{}'{reason}", rc_text(op.rc))
        } else {
            let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            format!("could not be executed ({}{reason})", status_text(op.op_status))
        };
        let mut text =
            format!("{} {repeated}{} on {} {outcome}", found.resource, op.operation, found.node);
        if let Some(at) = op.last_rc_change {
            text.push_str(&format!(" at {}", ctime(at)));
        }
        if let Some(ms) = op.exec_time_ms.filter(|ms| *ms > 0) {
            text.push_str(&format!(" after {}", interval(u32::try_from(ms).unwrap_or(u32::MAX))));
        }
        line(1, &text)
    });
    each.collect()
}

fn failed_fencing(view: &View) -> Vec<String> {
    let report = view.report.iter();
    let events = report.flat_map(|report| report.fencing_history.iter().rev());
    let failed = events.filter(|event| !event.proven && event.outcome.starts_with("no device"));
    let each = failed.map(|event| {
        let at = iso(event.at.0);
        line(1, &format!("reboot of {} failed: {}, completed='{at}'", event.target, event.outcome))
    });
    each.collect()
}

/// The words for a ticket.
pub fn ticket(ticket: &rota_cib::status::TicketState) -> String {
    let state = if ticket.granted == Some(true) { "granted" } else { "revoked" };
    let standby = if ticket.standby == Some(true) { " [standby]" } else { "          " };
    let last = ticket.last_granted.as_ref().and_then(|at| at.parse().ok());
    let last = last.map(|at| format!(" last-granted='{}'", ctime(at))).unwrap_or_default();
    format!("{}\t{state}{standby}{last}", ticket.id)
}

fn tickets(view: &View) -> Vec<String> {
    view.cib.status.tickets.iter().map(|one| line(1, &ticket(one))).collect()
}

fn bans(view: &View) -> Vec<String> {
    let each = negative_locations(view).into_iter().map(|ban| {
        let verb = if ban.promoted { "being promoted" } else { "running" };
        line(1, &format!("{}\tprevents {} from {verb} on {}", ban.id, ban.resource, ban.node))
    });
    each.collect()
}
