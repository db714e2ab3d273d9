//! The XML of `crm_mon`: one element a line and attributes in a fixed order, since agents and
//! monitors read it with grep and sscanf.

use rota_cib::Text;
use rota_cib::constraint::Constraint;

use super::super::VERSION;
use super::super::tree::Element;
use super::super::view::{Instance, Node, Shown, View};
use super::history::{count, failed, operations, rc_text, status_text};
use super::{Wanted, ctime, iso};

/// The version of the schema that the output follows.
const API: &str = "2.25";

fn element(name: &str, attributes: &[(&str, &str)]) -> Element {
    let mut element = Element { name: name.to_owned(), ..Element::default() };
    element.attributes =
        attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    element
}

const fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// The output of `-X`.
pub fn document(view: &View, wanted: &Wanted) -> String {
    let mut root = element("crm_mon", &[("version", VERSION)]);
    // This form always shows everything.
    let wanted =
        Wanted { inactive: true, sections: super::Sections(super::ALL.to_vec()), ..*wanted };
    root.children = parts(view, &wanted);
    root.text()
}

/// The output of `--output-as=xml`.
pub fn result(view: &View, wanted: &Wanted, request: &str) -> String {
    let mut root = element("pacemaker-result", &[("api-version", API), ("request", request)]);
    root.children = parts(view, wanted);
    root.children.push(element("status", &[("code", "0"), ("message", "OK")]));
    root.text()
}

/// A whole document for a call that failed.
pub fn failed_result(request: &str, code: u8, why: &str) -> String {
    let root = element("pacemaker-result", &[("api-version", API), ("request", request)]);
    let head = root.text().replace("/>\n", ">\n");
    let message = super::super::fail::meaning(code);
    format!(
        "{head}  <status code=\"{code}\" message=\"{message}\">\n    <errors>\n      \
         <error>{why}</error>\n    </errors>\n  </status>\n</pacemaker-result>\n"
    )
}

fn parts(view: &View, wanted: &Wanted) -> Vec<Element> {
    let mut parts = Vec::new();
    if view.live {
        let at = iso(view.now.0);
        parts.push(element(
            "pacemakerd",
            &[("sys_from", "pacemakerd"), ("state", "running"), ("last_updated", &at)],
        ));
    }
    let mut add = |section: &str, part: Option<Element>| {
        if wanted.sections.has(section) {
            parts.extend(part);
        }
    };
    add("summary", Some(summary(view)));
    add("nodes", Some(nodes(view, wanted)));
    add("resources", resources(view, wanted));
    add("attributes", Some(attributes(view)));
    add("operations", Some(node_history(view)));
    add("failures", failures(view));
    add("fencing", fence_history(view));
    add("tickets", tickets(view));
    add("bans", bans(view));
    parts
}

fn other<'v>(view: &'v View, name: &str) -> &'v str {
    let found = view.cib.header.other.iter().find(|(known, _)| known == name);
    found.map_or("", |(_, value)| value.as_str())
}

fn summary(view: &View) -> Element {
    let mut summary = element("summary", &[]);
    let parts = &mut summary.children;
    parts.push(element("stack", &[("type", &view.stack())]));
    let version = view.version().unwrap_or_default();
    parts.push(match view.nodes.iter().find(|node| node.is_dc) {
        Some(dc) => element(
            "current_dc",
            &[
                ("present", "true"),
                ("version", &version),
                ("name", &dc.name),
                ("id", &dc.id),
                ("with_quorum", truth(view.quorum)),
                ("mixed_version", "false"),
            ],
        ),
        None => element("current_dc", &[("present", "false")]),
    });
    let updated = ctime(super::super::source::now().0);
    parts.push(element("last_update", &[("time", &updated)]));
    parts.push(element(
        "last_change",
        &[
            ("time", other(view, "cib-last-written")),
            ("user", other(view, "update-user")),
            ("client", other(view, "update-client")),
            ("origin", other(view, "update-origin")),
        ],
    ));
    let number = view.nodes.len().to_string();
    parts.push(element("nodes_configured", &[("number", &number)]));
    let count = |test: fn(&Instance) -> bool| view.instances().filter(|i| test(i)).count();
    let number = view.instances().count().to_string();
    let disabled = count(Instance::is_disabled).to_string();
    let blocked = count(|one| one.blocked).to_string();
    parts.push(element(
        "resources_configured",
        &[("number", &number), ("disabled", &disabled), ("blocked", &blocked)],
    ));
    parts.push(options(view));
    summary
}

fn options(view: &View) -> Element {
    let millis = |name: &str| {
        let length = rota_cib::value::parse_duration(&view.option(name));
        length.map_or(0, |length| length.as_millis()).to_string()
    };
    let is_true = |name: &str| truth(rota_cib::value::parse_bool(&view.option(name)) == Some(true));
    element(
        "cluster_options",
        &[
            ("stonith-enabled", is_true("stonith-enabled")),
            ("symmetric-cluster", is_true("symmetric-cluster")),
            ("no-quorum-policy", &view.option("no-quorum-policy")),
            ("maintenance-mode", is_true("maintenance-mode")),
            ("stop-all-resources", is_true("stop-all-resources")),
            ("stonith-timeout-ms", &millis("stonith-timeout")),
            ("priority-fencing-delay-ms", &millis("priority-fencing-delay")),
        ],
    )
}

fn nodes(view: &View, wanted: &Wanted) -> Element {
    let mut nodes = element("nodes", &[]);
    for node in &view.nodes {
        nodes.children.push(one_node(view, node, wanted));
    }
    nodes
}

fn one_node(view: &View, node: &Node, wanted: &Wanted) -> Element {
    let here: Vec<&Instance> =
        view.instances().filter(|one| one.nodes.contains(&node.name)).collect();
    let running = here.len().to_string();
    let mut shown = element(
        "node",
        &[
            ("name", &node.name),
            ("id", &node.id),
            ("online", truth(node.online)),
            ("standby", truth(node.standby)),
            ("standby_onfail", "false"),
            ("maintenance", truth(node.maintenance)),
            ("pending", truth(node.pending)),
            ("unclean", truth(node.unclean)),
            ("health", "green"),
        ],
    );
    if let Some(feature_set) = &node.feature_set {
        shown.set("feature_set", feature_set);
    }
    shown.set("shutdown", truth(node.shutdown));
    shown.set("expected_up", truth(node.expected_up));
    shown.set("is_dc", truth(node.is_dc));
    shown.set("resources_running", &running);
    shown.set("type", node.kind);
    if wanted.by_node {
        shown.children = here.into_iter().map(|one| instance(view, one)).collect();
    }
    shown
}

fn instance(view: &View, one: &Instance) -> Element {
    let mut shown = element(
        "resource",
        &[("id", &one.id), ("resource_agent", &one.agent), ("role", one.role.as_str())],
    );
    if let Some(target) = &one.target_role {
        shown.set("target_role", target);
    }
    for (name, value) in [
        ("active", one.is_active()),
        ("orphaned", one.orphan),
        ("blocked", one.blocked),
        ("managed", one.managed),
        ("failed", one.failed),
        ("failure_ignored", false),
    ] {
        shown.set(name, truth(value));
    }
    shown.set("nodes_running_on", &one.nodes.len().to_string());
    for name in &one.nodes {
        let node = view.node(name);
        let id = node.map_or("", |node| node.id.as_str());
        let cached = truth(node.is_some_and(|node| node.online));
        shown.children.push(element("node", &[("name", name), ("id", id), ("cached", cached)]));
    }
    shown
}

fn group(view: &View, id: &str, members: &[Instance], managed: bool, disabled: bool) -> Element {
    let number = members.len().to_string();
    let mut shown = element(
        "group",
        &[
            ("id", id),
            ("number_resources", &number),
            ("managed", truth(managed)),
            ("disabled", truth(disabled)),
        ],
    );
    shown.children = members.iter().map(|one| instance(view, one)).collect();
    shown
}

fn resources(view: &View, wanted: &Wanted) -> Option<Element> {
    let mut all = element("resources", &[]);
    for resource in &view.resources {
        let is_active = resource.instances().iter().any(|one| one.is_active());
        let is_shown = wanted.inactive || is_active;
        // With resources under their nodes only the others remain to be told.
        if !is_shown || (wanted.by_node && is_active) {
            continue;
        }
        let keeps = |one: &&Instance| wanted.inactive || one.is_active();
        all.children.push(match resource {
            Shown::Primitive(one) => instance(view, one),
            Shown::Group { id, managed, disabled, members } => {
                group(view, id, members, *managed, *disabled)
            }
            Shown::Clone {
                id,
                child,
                promotable,
                unique,
                managed,
                disabled,
                target_role,
                instances,
                of_group,
            } => {
                let mut shown = element(
                    "clone",
                    &[
                        ("id", id),
                        ("multi_state", truth(*promotable)),
                        ("unique", truth(*unique)),
                        ("managed", truth(*managed)),
                        ("disabled", truth(*disabled)),
                        ("failed", "false"),
                        ("failure_ignored", "false"),
                    ],
                );
                if let Some(target) = target_role {
                    shown.set("target_role", target);
                }
                for (number, members) in instances.iter().enumerate() {
                    if *of_group {
                        let id = format!("{child}:{number}");
                        shown.children.push(group(view, &id, members, *managed, *disabled));
                    } else {
                        let kept = members.iter().filter(keeps);
                        shown.children.extend(kept.map(|one| instance(view, one)));
                    }
                }
                shown
            }
        });
    }
    Some(all).filter(|all| !all.children.is_empty())
}

/// Attributes of the online nodes that people may want to see, by name.
pub fn shown_attributes(view: &View, node: &Node) -> Vec<(Text, Text)> {
    let states = view.cib.status.nodes.iter().filter(|state| state.id == node.id);
    let entries = view.cib.config.nodes.iter().filter(|entry| entry.id == node.id);
    let sets = states.flat_map(|s| &s.attributes).chain(entries.flat_map(|e| &e.attributes));
    let mut found: Vec<(Text, Text)> = Vec::new();
    for pair in sets.flat_map(|set| &set.pairs) {
        let (Some(name), Some(value)) = (&pair.name, &pair.value) else { continue };
        let is_ours = name.starts_with("fail-count-")
            || name.starts_with("last-failure-")
            || name.starts_with('#')
            || ["standby", "terminate", "probe_complete", "shutdown"].contains(&name.as_str());
        if !is_ours && !found.iter().any(|(known, _)| known == name) {
            found.push((name.clone(), value.clone()));
        }
    }
    found.sort();
    found
}

fn attributes(view: &View) -> Element {
    let mut all = element("node_attributes", &[]);
    for node in view.nodes.iter().filter(|node| node.online) {
        let found = shown_attributes(view, node);
        if found.is_empty() {
            continue;
        }
        let mut shown = element("node", &[("name", &node.name)]);
        let each = |(name, value): &(Text, Text)| {
            element("attribute", &[("name", name), ("value", value)])
        };
        shown.children = found.iter().map(each).collect();
        all.children.push(shown);
    }
    all
}

/// The number of failures after which a resource leaves a node.
pub fn threshold(view: &View, resource: &str) -> String {
    let id = super::super::view::without_number(resource);
    let own = view.cib.config.resource_holding(id);
    let inner = own.and_then(|r| r.primitives().into_iter().find(|p| p.id == id));
    let sets = inner.map(|p| &p.meta).into_iter().chain(own.map(|r| r.meta()));
    let all = sets.chain([&view.cib.config.rsc_defaults]);
    let found = all.flatten().find_map(|set| set.get("migration-threshold"));
    found.map_or_else(
        || "1000000".to_owned(),
        |value| match value.as_str() {
            "INFINITY" | "+INFINITY" => "1000000".to_owned(),
            other => other.to_owned(),
        },
    )
}

fn node_history(view: &View) -> Element {
    let mut all = element("node_history", &[]);
    for state in &view.cib.status.nodes {
        if !view.node(&state.uname).is_some_and(|node| node.online) {
            continue;
        }
        let mut shown = element("node", &[("name", &state.uname)]);
        for history in &state.history {
            let done = operations(history);
            let counted = count(state, &history.id);
            if done.is_empty() && counted.number.is_none() {
                continue;
            }
            let limit = threshold(view, &history.id);
            let mut one = element(
                "resource_history",
                &[("id", &history.id), ("orphan", "false"), ("migration-threshold", &limit)],
            );
            if let Some(number) = counted.number {
                one.set("fail-count", &number.value().to_string());
            }
            if let Some(last) = counted.last {
                one.set("last-failure", &ctime(last));
            }
            for op in done {
                let call = op.call_id.to_string();
                let rc = op.rc.to_string();
                let mut entry = element(
                    "operation_history",
                    &[
                        ("call", &call),
                        ("task", &op.operation),
                        ("rc", &rc),
                        ("rc_text", rc_text(op.rc)),
                    ],
                );
                if op.interval_ms > 0 {
                    entry.set("interval", &format!("{}ms", op.interval_ms));
                }
                if let Some(at) = op.last_rc_change {
                    entry.set("last-rc-change", &ctime(at));
                }
                for (name, time) in
                    [("exec-time", op.exec_time_ms), ("queue-time", op.queue_time_ms)]
                {
                    entry.set(name, &format!("{}ms", time.unwrap_or_default()));
                }
                one.children.push(entry);
            }
            shown.children.push(one);
        }
        if !shown.children.is_empty() {
            all.children.push(shown);
        }
    }
    all
}

fn failures(view: &View) -> Option<Element> {
    let mut all = element("failures", &[]);
    for found in failed(&view.cib) {
        let op = found.op;
        let mut shown = element(
            "failure",
            &[
                ("op_key", op.key.as_deref().unwrap_or_default()),
                ("node", found.node),
                ("exitstatus", rc_text(op.rc)),
                ("exitreason", op.exit_reason.as_deref().unwrap_or_default()),
                ("exitcode", &op.rc.to_string()),
                ("call", &op.call_id.to_string()),
                ("status", status_text(op.op_status)),
            ],
        );
        if let Some(at) = op.last_rc_change {
            shown.set("last-rc-change", &iso(at));
            shown.set("queued", &op.queue_time_ms.unwrap_or_default().to_string());
            shown.set("exec", &op.exec_time_ms.unwrap_or_default().to_string());
            shown.set("interval", &op.interval_ms.to_string());
            shown.set("task", &op.operation);
        }
        all.children.push(shown);
    }
    Some(all).filter(|all| !all.children.is_empty())
}

/// Events of fencing, as attributes that monitors read.
pub fn fence_event(event: &rota_node::report::FencingReport, via: &str) -> Element {
    let status = if event.proven { "success" } else { "failed" };
    let mut shown = element("fence_event", &[("status", status)]);
    if !event.proven {
        shown.set("exit-reason", &event.outcome);
    }
    for (name, value) in [
        ("action", "reboot"),
        ("target", event.target.as_str()),
        ("client", "rota"),
        ("origin", via),
        ("completed", &iso(event.at.0)),
    ] {
        shown.set(name, value);
    }
    shown
}

fn fence_history(view: &View) -> Option<Element> {
    let report = view.report.as_ref()?;
    let mut all = element("fence_history", &[("status", "0")]);
    let events = report.fencing_history.iter().rev();
    all.children = events.map(|event| fence_event(event, report.via.as_str())).collect();
    Some(all).filter(|all| !all.children.is_empty())
}

fn tickets(view: &View) -> Option<Element> {
    let mut all = element("tickets", &[]);
    for ticket in &view.cib.status.tickets {
        let status = if ticket.granted == Some(true) { "granted" } else { "revoked" };
        let standby = truth(ticket.standby == Some(true));
        let mut shown =
            element("ticket", &[("id", &ticket.id), ("status", status), ("standby", standby)]);
        if let Some(at) = ticket.last_granted.as_ref().and_then(|at| at.parse().ok()) {
            shown.set("last-granted", &ctime(at));
        }
        all.children.push(shown);
    }
    Some(all).filter(|all| !all.children.is_empty())
}

fn bans(view: &View) -> Option<Element> {
    let mut all = element("bans", &[]);
    for ban in negative_locations(view) {
        let promoted = truth(ban.promoted);
        all.children.push(element(
            "ban",
            &[
                ("id", &ban.id),
                ("resource", &ban.resource),
                ("node", &ban.node),
                ("weight", &ban.weight.to_string()),
                ("promoted-only", promoted),
                ("master_only", promoted),
            ],
        ));
    }
    Some(all).filter(|all| !all.children.is_empty())
}

/// A constraint that keeps a resource off a node.
pub struct Ban {
    /// The constraint.
    pub id: Text,
    /// The resource.
    pub resource: Text,
    /// The node.
    pub node: Text,
    /// The score.
    pub weight: i32,
    /// Whether only the promoted role is kept off.
    pub promoted: bool,
}

/// Constraints with a negative score for a node.
pub fn negative_locations(view: &View) -> Vec<Ban> {
    let mut bans = Vec::new();
    for constraint in &view.cib.config.constraints {
        let Constraint::Location(location) = constraint else { continue };
        let (Some(resource), Some(node), Some(score)) =
            (&location.rsc, &location.node, location.score)
        else {
            continue;
        };
        if score.value() >= 0 || view.node(node).is_none() {
            continue;
        }
        bans.push(Ban {
            id: location.id.clone(),
            resource: resource.clone(),
            node: node.clone(),
            weight: score.value(),
            promoted: location.role == Some(rota_cib::constraint::Role::Promoted),
        });
    }
    bans
}
