//! Reading and writing loses nothing that the schema knows.
//!
//! The comparison shares no code with reader and writer: both documents become plain trees, and
//! all elements and attributes are compared, but for what [`normalise`] lists.

#![expect(clippy::unwrap_used, reason = "a test stops where its input is broken")]

mod common;

use std::collections::BTreeMap;

use quick_xml::events::{BytesStart, Event};
use rota_cib::xml;

#[derive(Clone, Debug, Default, PartialEq)]
struct Tree {
    name: String,
    attributes: BTreeMap<String, String>,
    children: Vec<Tree>,
}

fn tree_of(start: &BytesStart<'_>) -> Tree {
    let attributes = start.attributes().map(|a| {
        let a = a.unwrap();
        let value = a.normalized_value(quick_xml::XmlVersion::Implicit1_0).unwrap();
        (a.key.as_ref().to_owned(), value.into_owned())
    });
    Tree {
        name: start.name().as_ref().to_owned(),
        attributes: attributes.collect(),
        children: Vec::new(),
    }
}

fn parse(document: &str) -> Tree {
    let mut reader = quick_xml::Reader::from_str(document);
    let mut open = vec![Tree::default()];
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => open.push(tree_of(&start)),
            Event::Empty(start) => open.last_mut().unwrap().children.push(tree_of(&start)),
            Event::End(_) => {
                let done = open.pop().unwrap();
                open.last_mut().unwrap().children.push(done);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    open.pop().unwrap().children.pop().unwrap()
}

/// Elements that may be left out when they are empty.
const OPTIONAL: [&str; 8] = [
    "rsc_defaults",
    "op_defaults",
    "fencing-topology",
    "tags",
    "acls",
    "alerts",
    "operations",
    "storage",
];

/// Elements in which kinds of children are grouped; elsewhere all order counts.
const GROUPED: [&str; 24] = [
    "cib",
    "configuration",
    "primitive",
    "template",
    "group",
    "clone",
    "master",
    "bundle",
    "op",
    "node",
    "node_state",
    "transient_attributes",
    "rsc_location",
    "rsc_colocation",
    "rsc_order",
    "acls",
    "alert",
    "recipient",
    "select",
    "instance_attributes",
    "meta_attributes",
    "utilization",
    "cluster_property_set",
    "status",
];

fn score(value: &str) -> String {
    match value.parse::<i64>() {
        Ok(n) if n >= 1_000_000 => "INFINITY".to_owned(),
        Ok(n) if n <= -1_000_000 => "-INFINITY".to_owned(),
        Ok(n) => n.to_string(),
        Err(_) => value.strip_prefix('+').unwrap_or(value).to_owned(),
    }
}

fn value(element: &str, name: &str, value: &str) -> String {
    const TRUTHS: [&str; 7] = [
        "have-quorum",
        "symmetrical",
        "require-all",
        "sequential",
        "influence",
        "granted",
        "standby",
    ];
    match (name, value) {
        (_, "1" | "yes" | "true") if TRUTHS.contains(&name) => "true".to_owned(),
        (_, "0" | "no" | "false") if TRUTHS.contains(&name) => "false".to_owned(),
        ("role" | "rsc-role" | "with-rsc-role", "Master") => "Promoted".to_owned(),
        ("role" | "rsc-role" | "with-rsc-role", "Slave") => "Unpromoted".to_owned(),
        // Documents of older schemas are upgraded.
        ("validate-with", _) if value.starts_with("pacemaker-1.") => "pacemaker-3.0".to_owned(),
        ("validate-with", _) if value.starts_with("pacemaker-2.") => "pacemaker-3.0".to_owned(),
        ("score", _) => score(value),
        ("devices", _) if element == "fencing-level" => value.replace(' ', ""),
        _ => value.to_owned(),
    }
}

/// What may differ: order of kinds within an element, empty optional sections, sections that are
/// always written, words for the same truth, score or role.
fn normalise(tree: &mut Tree) {
    for (name, v) in &mut tree.attributes {
        *v = value(&tree.name, name, v);
    }
    let required: &[&str] = match tree.name.as_str() {
        "cib" => &["configuration", "status"],
        "configuration" => &["crm_config", "nodes", "resources", "constraints"],
        "lrm" => &["lrm_resources"],
        _ => &[],
    };
    for name in required {
        if !tree.children.iter().any(|c| c.name == *name) {
            tree.children.push(Tree { name: (*name).to_owned(), ..Tree::default() });
        }
    }
    tree.children.iter_mut().for_each(normalise);
    tree.children.retain(|c| {
        !(OPTIONAL.contains(&c.name.as_str()) && c.children.is_empty() && c.attributes.is_empty())
    });
    if GROUPED.contains(&tree.name.as_str()) {
        tree.children.sort_by(|a, b| a.name.cmp(&b.name));
    }
    if tree.name == "resources" {
        tree.children.sort_by_key(|c| c.name != "template");
    }
}

/// The first difference, as a path.
fn difference(a: &Tree, b: &Tree, path: &str) -> Option<String> {
    let id = a.attributes.get("id").map(String::as_str).unwrap_or_default();
    let path = format!("{path}/{}[{id}]", a.name);
    if (&a.name, &a.attributes) != (&b.name, &b.attributes) {
        return Some(format!("{path}: {:?} became {} {:?}", a.attributes, b.name, b.attributes));
    }
    if a.children.len() != b.children.len() {
        let names = |t: &Tree| t.children.iter().map(|c| c.name.clone()).collect::<Vec<_>>();
        return Some(format!("{path}: children {:?} became {:?}", names(a), names(b)));
    }
    a.children.iter().zip(&b.children).find_map(|(a, b)| difference(a, b, &path))
}

/// What reading and writing a document loses, if anything.
fn loss(document: &str) -> Result<(), String> {
    let cib = xml::read(document.as_bytes()).map_err(|e| format!("{e}: {}", e.problem))?;
    let written = xml::write(&cib);
    let again = xml::read(written.as_bytes()).map_err(|e| format!("again: {e}: {}", e.problem))?;
    if again != cib {
        return Err("read(write(read(x))) is not read(x)".to_owned());
    }
    if xml::write(&again) != written {
        return Err("writing twice differs".to_owned());
    }
    let (mut before, mut after) = (parse(document), parse(&written));
    normalise(&mut before);
    normalise(&mut after);
    difference(&before, &after, "").map_or(Ok(()), Err)
}

#[test]
fn nothing_is_lost() {
    let mut failures = Vec::new();
    let own = common::own_documents().into_iter().filter(|path| !path.ends_with("old.xml"));
    for path in own.chain(common::shared_documents()) {
        let document = std::fs::read_to_string(&path).unwrap();
        if let Err(loss) = loss(&document) {
            failures.push(format!("{}: {loss}", path.display()));
        }
    }
    assert!(failures.is_empty(), "{} lossy:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn the_comparison_notices_a_loss() {
    let (mut a, mut b) = (parse("<cib a='1'><x b='2'/></cib>"), parse("<cib a='1'><x/></cib>"));
    normalise(&mut a);
    normalise(&mut b);
    assert!(difference(&a, &b, "").is_some_and(|d| d.starts_with("/cib[]/x[]")));
}
