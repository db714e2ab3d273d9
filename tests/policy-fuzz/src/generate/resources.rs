//! Resources: primitives, groups, clones of both.

use super::{Cloned, Feature, Leaf, Maker, Top, pair};
use crate::xml::Element;

/// All resources, a fence device among them in half of the documents.
pub(crate) fn section(maker: &mut Maker) -> Element {
    let mut section = Element::new("resources");
    let wants_fencing = if maker.on(Feature::Unclean) { 85 } else { 45 };
    if maker.rng.chance(wants_fencing) {
        section.children.push(fence_device(maker));
    }
    for number in 1..=maker.rng.between(1, 6) {
        let top = format!("r{number}");
        let element = if maker.now(Feature::Promotable, 35) {
            clone(maker, &top, true)
        } else if (maker.on(Feature::Clones) || maker.on(Feature::Unique)) && maker.rng.chance(35) {
            clone(maker, &top, false)
        } else if maker.now(Feature::Groups, 40) {
            group(maker, &top, &top, None)
        } else {
            primitive(maker, &top, &top, None)
        };
        let promotable = element.name == "clone" && element_is_promotable(&element);
        maker.tops.push(Top { id: top, promotable });
        section.children.push(element);
    }
    section
}

fn element_is_promotable(clone: &Element) -> bool {
    clone
        .children
        .iter()
        .flat_map(|set| &set.children)
        .any(|nv| nv.get("name") == Some("promotable") && nv.get("value") == Some("true"))
}

fn fence_device(maker: &mut Maker) -> Element {
    maker.leaves.push(Leaf {
        id: "fencing".into(),
        top: "fencing".into(),
        clone: None,
        params: Vec::new(),
        monitors: Vec::new(),
        stonith: true,
    });
    Element::new("primitive").with("id", "fencing").with("class", "stonith").with("type", "fence_x")
}

fn clone(maker: &mut Maker, id: &str, promotable: bool) -> Element {
    let unique = maker.now(Feature::Unique, 60);
    let nodes = maker.nodes.len();
    let mut meta = Vec::new();
    let mut cloned = Cloned { unique, promotable, max: nodes, node_max: 1 };
    if unique {
        meta.push(pair("globally-unique", "true"));
    }
    if maker.rng.chance(if unique { 80 } else { 25 }) {
        cloned.max = maker.rng.between(1, nodes + 1);
        meta.push(pair("clone-max", cloned.max));
    }
    if unique && maker.rng.chance(50) {
        cloned.node_max = maker.rng.between(1, 3);
        meta.push(pair("clone-node-max", cloned.node_max));
    }
    if promotable {
        meta.push(pair("promotable", "true"));
        if maker.rng.chance(25) {
            meta.push(pair("promoted-max", maker.rng.between(1, 2)));
        }
    }
    for (name, percent) in [("interleave", 40), ("ordered", 25)] {
        if maker.rng.chance(percent) {
            meta.push(pair(name, "true"));
        }
    }
    if maker.now(Feature::Notify, 60) {
        meta.push(pair("notify", "true"));
    }
    if maker.rng.chance(8) {
        meta.push(pair("clone-min", maker.rng.between(1, 2)));
    }
    meta.extend(common(maker, promotable));
    let inner = format!("{id}m");
    let element = Element::new("clone").with("id", id);
    let meta = maker.pairs("meta_attributes", &meta);
    let child = if maker.now(Feature::GroupClones, 40) {
        group(maker, &inner, id, Some(cloned))
    } else {
        primitive(maker, &inner, id, Some(cloned))
    };
    element.all(meta).holding(child)
}

fn group(maker: &mut Maker, id: &str, top: &str, cloned: Option<Cloned>) -> Element {
    let meta = if cloned.is_none() { common(maker, false) } else { Vec::new() };
    let mut element =
        Element::new("group").with("id", id).all(maker.pairs("meta_attributes", &meta));
    for number in 0..maker.rng.between(1, 3) {
        let member = format!("{id}{}", char::from(b'a' + u8::try_from(number).unwrap_or(0)));
        let member = primitive(maker, &member, top, cloned);
        element.children.push(member);
    }
    element
}

fn primitive(maker: &mut Maker, id: &str, top: &str, cloned: Option<Cloned>) -> Element {
    let promotable = cloned.is_some_and(|c| c.promotable);
    let agent = if promotable { "Stateful" } else { "Dummy" };
    let mut element = Element::new("primitive").with("id", id);
    element = element.with("class", "ocf").with("provider", "pacemaker").with("type", agent);
    let mut params = Vec::new();
    if maker.rng.chance(15) {
        params.push(pair("state", format!("/run/{id}")));
    }
    element = element.all(maker.pairs("instance_attributes", &params));
    let alone = id == top;
    let mut meta =
        if alone || maker.rng.chance(10) { common(maker, promotable) } else { Vec::new() };
    if !alone {
        meta.retain(|(name, _)| name != "target-role" || maker.rng.chance(30));
    }
    if maker.now(Feature::Migrate, 50) && !promotable {
        meta.push(pair("allow-migrate", "true"));
    }
    element = element.all(maker.pairs("meta_attributes", &meta));
    if maker.now(Feature::Utilization, 70) {
        let needs = [pair("cpu", maker.rng.between(1, 3))];
        element = element.all(maker.pairs("utilization", &needs));
    }
    let (operations, monitors) = operations(maker, promotable);
    element = element.all(operations);
    maker.leaves.push(Leaf {
        id: id.into(),
        top: top.into(),
        clone: cloned,
        params,
        monitors,
        stonith: false,
    });
    element
}

/// Meta-attributes that anything may have.
fn common(maker: &mut Maker, promotable: bool) -> Vec<(String, String)> {
    let mut meta = Vec::new();
    if maker.now(Feature::Stickiness, 40) {
        meta.push(pair("resource-stickiness", maker.rng.pick(&["0", "1", "50", "INFINITY"])));
    }
    if maker.now(Feature::Priority, 50) {
        meta.push(pair("priority", maker.rng.pick(&["1", "5", "10", "-1"])));
    }
    if maker.now(Feature::Failures, 40) {
        meta.push(pair("migration-threshold", maker.rng.between(1, 3)));
    }
    if maker.now(Feature::Failures, 25) {
        meta.push(pair("failure-timeout", maker.rng.pick(&["30s", "600s"])));
    }
    if maker.now(Feature::TargetRole, 40) {
        let roles: &[&str] = if promotable {
            &["Stopped", "Slave", "Master", "Started"]
        } else {
            &["Stopped", "Started"]
        };
        meta.push(pair("target-role", maker.rng.pick(roles)));
    }
    if maker.now(Feature::Maintenance, 30) {
        let name = *maker.rng.pick(&["is-managed", "maintenance"]);
        meta.push(pair(name, name == "maintenance"));
    }
    if maker.now(Feature::Twice, 40) {
        let how = maker.rng.pick(&["stop_start", "stop_only", "block", "stop_unexpected"]);
        meta.push(pair("multiple-active", how));
    }
    meta
}

type Monitors = Vec<(usize, Option<&'static str>)>;

fn operations(maker: &mut Maker, promotable: bool) -> (Option<Element>, Monitors) {
    let mut monitors = Vec::new();
    if maker.rng.chance(60) {
        monitors.push((10, if promotable { Some("Slave") } else { None }));
        if promotable {
            monitors.push((11, Some("Master")));
        } else if maker.rng.chance(5) {
            monitors.push((13, Some("Stopped")));
        }
    }
    let mut element = Element::new("operations");
    for (seconds, role) in &monitors {
        let id = maker.id("op");
        let mut op = Element::new("op").with("id", id).with("name", "monitor");
        op = op.with("interval", format!("{seconds}s"));
        if let Some(role) = role {
            op = op.with("role", role);
        }
        if maker.now(Feature::OnFail, 50) {
            let ways = ["ignore", "block", "stop", "restart", "standby", "fence", "demote"];
            let way = *maker.rng.pick(&ways);
            if way != "demote" || *role == Some("Master") {
                op = op.with("on-fail", way);
            }
        }
        element.children.push(op);
    }
    for name in ["start", "stop"] {
        if maker.now(Feature::OnFail, 15) {
            let id = maker.id("op");
            let way = *maker.rng.pick(&["ignore", "block", "fence"]);
            let op = Element::new("op").with("id", id).with("name", name).with("interval", "0s");
            element.children.push(op.with("on-fail", way));
        }
    }
    (if element.children.is_empty() { None } else { Some(element) }, monitors)
}
