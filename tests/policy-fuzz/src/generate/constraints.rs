//! Constraints of all kinds, between whatever stands at the top.

use super::{Feature, Maker, Top};
use crate::xml::Element;

const ROLES: [&str; 3] = ["Master", "Slave", "Started"];

/// Makes one constraint, if what it needs is there.
type Make = fn(&mut Maker) -> Option<Element>;

/// All constraints.
pub(crate) fn section(maker: &mut Maker) -> Element {
    let mut section = Element::new("constraints");
    let makers: [(Feature, usize, Make); 7] = [
        (Feature::Location, 3, location),
        (Feature::Rules, 2, rule),
        (Feature::Colocation, 3, colocation),
        (Feature::ColocationSets, 1, colocation_sets),
        (Feature::Order, 3, order),
        (Feature::OrderSets, 1, order_sets),
        (Feature::Tickets, 2, ticket),
    ];
    for (feature, most, make) in makers {
        if maker.on(feature) {
            for _ in 0..maker.rng.between(1, most) {
                let made = make(maker);
                section.children.extend(made);
            }
        }
    }
    if maker.on(Feature::OptIn) {
        let tops: Vec<String> = maker.tops.iter().map(|top| top.id.clone()).collect();
        for top in tops {
            if maker.rng.chance(80) {
                let id = maker.id("optin");
                let element = Element::new("rsc_location").with("id", id).with("rsc", top);
                section.children.push(element.all(Some(everywhere(maker))));
            }
        }
    }
    section
}

fn everywhere(maker: &mut Maker) -> Element {
    let (rule, test) = (maker.id("rule"), maker.id("expr"));
    Element::new("rule").with("id", rule).with("score", 0).holding(
        Element::new("expression")
            .with("id", test)
            .with("attribute", "#uname")
            .with("operation", "defined"),
    )
}

fn top(maker: &mut Maker) -> Top {
    let at = maker.rng.below(maker.tops.len());
    maker.tops[at].clone()
}

/// What a constraint may name: mostly tops, now and then a member of a group.
fn target(maker: &mut Maker) -> Top {
    if maker.rng.chance(12) {
        let members: Vec<String> = maker
            .leaves
            .iter()
            .filter(|leaf| leaf.clone.is_none() && !leaf.stonith)
            .map(|leaf| leaf.id.clone())
            .collect();
        if !members.is_empty() {
            let id = maker.rng.pick(&members).clone();
            return Top { id, promotable: false };
        }
    }
    top(maker)
}

fn two(maker: &mut Maker) -> Option<(Top, Top)> {
    let first = target(maker);
    let second = (0..5).map(|_| target(maker)).find(|t| {
        t.id != first.id && !t.id.starts_with(&first.id) && !first.id.starts_with(&t.id)
    })?;
    Some((first, second))
}

fn role(maker: &mut Maker, of: &Top) -> Option<&'static str> {
    (of.promotable && maker.rng.chance(60)).then(|| *maker.rng.pick(&ROLES))
}

fn location(maker: &mut Maker) -> Option<Element> {
    let top = target(maker);
    let node = maker.rng.below(maker.nodes.len());
    let id = maker.id("location");
    let mut element = Element::new("rsc_location").with("id", id).with("rsc", &top.id);
    if let Some(role) = role(maker, &top) {
        element = element.with("role", role);
    }
    element = element.with("score", maker.score()).with("node", &maker.nodes[node].name);
    if maker.rng.chance(10) {
        let how = *maker.rng.pick(&["never", "exclusive"]);
        element = element.with("resource-discovery", how);
    }
    Some(element)
}

fn rule(maker: &mut Maker) -> Option<Element> {
    let top = top(maker);
    let (id, rule, test) = (maker.id("location"), maker.id("rule"), maker.id("expr"));
    let mut made = Element::new("rule").with("id", rule).with("score", maker.score());
    if let Some(role) = role(maker, &top) {
        made = made.with("role", role);
    }
    let mut test = Element::new("expression").with("id", test);
    test = match maker.rng.below(3) {
        0 => test.with("attribute", "site").with("operation", "eq").with("value", "north"),
        1 => test.with("attribute", "site").with("operation", "not_defined"),
        _ => test
            .with("attribute", "load")
            .with("operation", "gt")
            .with("type", "number")
            .with("value", 10),
    };
    made = made.holding(test);
    Some(Element::new("rsc_location").with("id", id).with("rsc", &top.id).holding(made))
}

fn colocation(maker: &mut Maker) -> Option<Element> {
    let (dependent, primary) = two(maker)?;
    let id = maker.id("colocation");
    let mut element = Element::new("rsc_colocation").with("id", id).with("rsc", &dependent.id);
    element = element.with("with-rsc", &primary.id).with("score", maker.score());
    if let Some(role) = role(maker, &dependent) {
        element = element.with("rsc-role", role);
    }
    if let Some(role) = role(maker, &primary) {
        element = element.with("with-rsc-role", role);
    }
    if maker.rng.chance(5) {
        element = element.with("node-attribute", "site");
    }
    if maker.rng.chance(5) {
        element = element.with("influence", "false");
    }
    Some(element)
}

/// Some tops, each once, in random order.
fn some(maker: &mut Maker, least: usize) -> Option<Vec<Top>> {
    let mut rest = maker.tops.clone();
    let wanted = maker.rng.between(least, 4).min(rest.len());
    let mut taken = Vec::new();
    while taken.len() < wanted {
        let at = maker.rng.below(rest.len());
        taken.push(rest.remove(at));
    }
    (taken.len() >= least).then_some(taken)
}

fn sets(maker: &mut Maker, order: bool) -> Option<Vec<Element>> {
    let members = some(maker, 2)?;
    let cut = if maker.rng.chance(50) { members.len() } else { 1 };
    let mut sets = Vec::new();
    for part in [&members[..cut], &members[cut..]] {
        if part.is_empty() {
            continue;
        }
        let id = maker.id("set");
        let mut set = Element::new("resource_set").with("id", id);
        if maker.rng.chance(30) {
            set = set.with("sequential", "false");
            if order && maker.rng.chance(40) {
                set = set.with("require-all", "false");
            }
        }
        if part.iter().all(|top| top.promotable) && maker.rng.chance(50) {
            if order {
                set = set.with("action", "promote");
            } else {
                set = set.with("role", "Master");
            }
        }
        let named = part.iter().map(|top| Element::new("resource_ref").with("id", &top.id));
        sets.push(set.all(named));
    }
    Some(sets)
}

fn colocation_sets(maker: &mut Maker) -> Option<Element> {
    let sets = sets(maker, false)?;
    let id = maker.id("colocation");
    let score = *maker.rng.pick(&["INFINITY", "INFINITY", "100"]);
    Some(Element::new("rsc_colocation").with("id", id).with("score", score).all(sets))
}

fn order_sets(maker: &mut Maker) -> Option<Element> {
    let sets = sets(maker, true)?;
    let id = maker.id("order");
    let kind = *maker.rng.pick(&["Mandatory", "Mandatory", "Optional"]);
    Some(Element::new("rsc_order").with("id", id).with("kind", kind).all(sets))
}

fn order(maker: &mut Maker) -> Option<Element> {
    let (first, then) = two(maker)?;
    let id = maker.id("order");
    let mut element = Element::new("rsc_order").with("id", id).with("first", &first.id);
    element = element.with("then", &then.id);
    let kinds = ["Mandatory", "Mandatory", "Mandatory", "Optional", "Optional", "Serialize"];
    let kind = *maker.rng.pick(&kinds);
    element = element.with("kind", kind);
    if kind != "Serialize" && maker.rng.chance(15) {
        element = element.with("symmetrical", "false");
    }
    if first.promotable && maker.rng.chance(60) {
        element = element.with("first-action", *maker.rng.pick(&["promote", "start", "demote"]));
    } else if maker.rng.chance(4) {
        element = element.with("first-action", "stop");
    }
    if then.promotable && maker.rng.chance(30) {
        element = element.with("then-action", "promote");
    } else if element.get("first-action").is_some_and(|a| a == "promote" || a == "demote") {
        element = element.with("then-action", "start");
    }
    if first.id != then.id && maker.rng.chance(3) {
        element = element.with("require-all", "false");
    }
    Some(element)
}

fn ticket(maker: &mut Maker) -> Option<Element> {
    let top = top(maker);
    let name = *maker.rng.pick(&["ticketA", "ticketB"]);
    if !maker.tickets.iter().any(|t| t == name) {
        maker.tickets.push(name.to_owned());
    }
    let id = maker.id("ticket");
    let mut element = Element::new("rsc_ticket").with("id", id).with("rsc", &top.id);
    if top.promotable && maker.rng.chance(40) {
        element = element.with("rsc-role", "Master");
    }
    let losses = ["stop", "freeze", "demote", "fence"];
    let loss = losses[maker.rng.below(if top.promotable { 4 } else { 2 })];
    Some(element.with("ticket", name).with("loss-policy", loss))
}
