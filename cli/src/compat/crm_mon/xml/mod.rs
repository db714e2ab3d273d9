//! The XML of `crm_mon`: one element a line and attributes in a fixed order, since agents and
//! monitors read it with grep and sscanf.

mod past;
mod places;
mod rules;

pub use past::{fence_event, threshold};
pub use rules::{negative_locations, shown_attributes};

use super::super::VERSION;
use super::super::tree::Element;
use super::super::view::{Instance, View};
use super::{Wanted, ctime, iso};
use past::{failures, fence_history, node_history};
use places::{nodes, resources};
use rules::{attributes, bans, tickets};

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
