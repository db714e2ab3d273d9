//! The status: node states, attributes, what every resource did on every node.

use std::collections::BTreeMap;

use super::life::{Life, history};
use super::nodes::Standing;
use super::{Cloned, Feature, Leaf, Maker, NOW, pair};
use crate::xml::Element;

/// The histories and attributes of one node in the making.
#[derive(Default)]
struct Page {
    histories: Vec<Element>,
    attributes: Vec<(String, String)>,
    calls: usize,
}

/// The whole status.
pub(crate) fn section(maker: &mut Maker) -> Element {
    let mut pages: BTreeMap<usize, Page> = BTreeMap::new();
    // How far the cluster has come: nothing known, all stopped, at work.
    let age = *maker.rng.pick(&[0, 1, 2, 2, 2, 2]);
    let mut homes: BTreeMap<String, usize> = BTreeMap::new();
    let leaves = maker.leaves.clone();
    for leaf in &leaves {
        let lives = match (age, leaf.clone) {
            (0, _) => Vec::new(),
            (1, _) => maker.nodes.iter().map(|n| (n.id, leaf.id.clone(), Life::Absent)).collect(),
            (_, Some(cloned)) => instances(maker, leaf, cloned, &mut homes),
            (_, None) => alone(maker, leaf, &mut homes),
        };
        for (node, name, life) in lives {
            write(maker, leaf, node, &name, life, pages.entry(node).or_default());
        }
    }
    if age == 2 && maker.on(Feature::Orphans) {
        orphan(maker, &mut pages);
    }
    let mut section = Element::new("status").all(tickets(maker));
    for at in 0..maker.nodes.len() {
        let page = pages.remove(&maker.nodes[at].id).unwrap_or_default();
        let state = state(maker, at, page);
        section.children.extend(state);
    }
    section
}

fn tickets(maker: &mut Maker) -> Option<Element> {
    let mut section = Element::new("tickets");
    for name in maker.tickets.clone() {
        if maker.rng.chance(70) {
            let granted = maker.rng.chance(60);
            let mut ticket = Element::new("ticket_state").with("id", name).with("granted", granted);
            if maker.rng.chance(20) {
                ticket = ticket.with("standby", "true");
            }
            section.children.push(ticket);
        }
    }
    (!section.children.is_empty()).then_some(section)
}

fn state(maker: &mut Maker, at: usize, page: Page) -> Option<Element> {
    let node = maker.nodes[at].clone();
    if node.standing == Standing::Unseen {
        return None;
    }
    let [in_ccm, crmd, join, expected] = node.standing.words();
    let mut element = Element::new("node_state").with("id", node.id).with("uname", &node.name);
    element = element.with("in_ccm", in_ccm).with("crmd", crmd).with("join", join);
    element = element.with("expected", expected);
    let mut attributes = page.attributes;
    if node.standing == Standing::Leaving {
        attributes.push(pair("shutdown", NOW - 10));
    }
    if maker.now(Feature::Standby, 10) {
        attributes.push(pair("standby", "on"));
    }
    if let Some(set) = maker.pairs("instance_attributes", &attributes) {
        let holder = Element::new("transient_attributes").with("id", node.id);
        element = element.holding(holder.holding(set));
    }
    // Who left in good order took its history along, or not.
    let keeps = match node.standing {
        Standing::Online | Standing::Unclean | Standing::Leaving => true,
        Standing::Offline | Standing::Joining => maker.rng.chance(30),
        Standing::Unseen => false,
    };
    if keeps {
        let lrm = Element::new("lrm").with("id", node.id);
        element = element.holding(lrm.holding(Element::new("lrm_resources").all(page.histories)));
    }
    Some(element)
}

fn write(maker: &mut Maker, leaf: &Leaf, node: usize, name: &str, life: Life, page: &mut Page) {
    let named = format!("node{node}");
    let changed = life.active() && maker.now(Feature::Changed, 25);
    page.histories.push(history(leaf, name, &named, life, changed, &mut page.calls));
    if let Some((task, interval)) = life.failure(leaf)
        && maker.rng.chance(85)
    {
        let fatal = matches!(life, Life::FailedStart | Life::FailedStop);
        let count = if fatal { "INFINITY".to_owned() } else { maker.rng.between(1, 3).to_string() };
        page.attributes.push(pair(&format!("fail-count-{name}#{task}_{interval}"), count));
        page.attributes.push(pair(&format!("last-failure-{name}#{task}_{interval}"), NOW - 60));
    }
    if leaf.clone.is_some_and(|c| c.promotable) && life.active() && maker.rng.chance(75) {
        let score = maker.rng.pick(&["5", "10", "10", "100", "-INFINITY"]);
        page.attributes.push(pair(&format!("master-{name}"), score));
    }
}

/// What an inactive instance looks like.
fn inactive(maker: &mut Maker) -> Option<Life> {
    if maker.rng.chance(4) {
        return None;
    }
    if maker.now(Feature::Failures, 6) {
        return Some(*maker.rng.pick(&[Life::NotInstalled, Life::FailedProbe]));
    }
    if maker.now(Feature::Pending, 8) {
        return Some(Life::Probing);
    }
    Some(*maker.rng.pick(&[Life::Absent, Life::Absent, Life::Stopped]))
}

/// What an active instance looks like.
fn active(maker: &mut Maker, promotable: bool, promoted: bool) -> Life {
    if maker.now(Feature::Failures, 25) {
        let lives = [
            Life::FailedStart,
            Life::FailedStop,
            Life::FailedMonitor(1),
            Life::FailedMonitor(7),
            Life::FailedMonitor(1),
            Life::FailedPromote,
            Life::FailedDemote,
        ];
        return lives[maker.rng.below(if promotable { 7 } else { 5 })];
    }
    if maker.now(Feature::Pending, 25) {
        let lives = [Life::Starting, Life::Stopping, Life::Promoting];
        return lives[maker.rng.below(if promotable { 3 } else { 2 })];
    }
    if promoted {
        return Life::Promoted;
    }
    if promotable && maker.rng.chance(10) {
        return Life::Demoted;
    }
    if maker.rng.chance(6) { Life::Found } else { Life::Running }
}

/// A node to be at: one that can hold something, in most cases.
fn home(maker: &mut Maker) -> usize {
    for _ in 0..4 {
        let at = maker.rng.below(maker.nodes.len());
        let node = &maker.nodes[at];
        match node.standing {
            Standing::Online | Standing::Unclean | Standing::Leaving => return node.id,
            Standing::Offline | Standing::Joining | Standing::Unseen => {}
        }
    }
    maker.nodes[0].id
}

type Lives = Vec<(usize, String, Life)>;

fn alone(maker: &mut Maker, leaf: &Leaf, homes: &mut BTreeMap<String, usize>) -> Lives {
    let fresh = home(maker);
    // Members of a group are together, mostly.
    let mut at = *homes.entry(leaf.top.clone()).or_insert(fresh);
    if maker.rng.chance(4) {
        at = fresh;
    }
    let runs = maker.rng.chance(85);
    let second = maker.now(Feature::Twice, 20).then(|| home(maker));
    let mut lives = Vec::new();
    for node in 1..=maker.nodes.len() {
        let here = runs && (node == at || second == Some(node));
        let life = if here { Some(active(maker, false, false)) } else { inactive(maker) };
        lives.extend(life.map(|life| (node, leaf.id.clone(), life)));
    }
    lives
}

fn instances(
    maker: &mut Maker,
    leaf: &Leaf,
    cloned: Cloned,
    homes: &mut BTreeMap<String, usize>,
) -> Lives {
    let mut lives = Vec::new();
    let fresh = home(maker);
    let promoted = *homes.entry(leaf.top.clone()).or_insert(fresh);
    let has_promoted = cloned.promotable && maker.rng.chance(75);
    if cloned.unique {
        for number in 0..cloned.max {
            // Members of one instance of a group are together.
            let key = format!("{}:{number}", leaf.top);
            let fresh = home(maker);
            let at = *homes.entry(key).or_insert(fresh);
            let name = format!("{}:{number}", leaf.id);
            for node in 1..=maker.nodes.len() {
                let here = node == at && maker.rng.chance(85);
                let leads = has_promoted && number == 0;
                let life = if here {
                    Some(active(maker, cloned.promotable, leads))
                } else {
                    inactive(maker)
                };
                lives.extend(life.map(|life| (node, name.clone(), life)));
            }
        }
        return lives;
    }
    let mut left = cloned.max;
    for node in 1..=maker.nodes.len() {
        let here = left > 0 && maker.rng.chance(80);
        left -= usize::from(here);
        let life = if here {
            Some(active(maker, cloned.promotable, has_promoted && node == promoted))
        } else {
            inactive(maker)
        };
        lives.extend(life.map(|life| (node, leaf.id.clone(), life)));
    }
    lives
}

/// Something that is no longer configured.
fn orphan(maker: &mut Maker, pages: &mut BTreeMap<usize, Page>) {
    let leaf = Leaf {
        id: "gone".into(),
        top: "gone".into(),
        clone: None,
        params: Vec::new(),
        monitors: vec![(10, None)],
        stonith: false,
    };
    let at = home(maker);
    for node in 1..=maker.nodes.len() {
        let life = if node == at { Life::Running } else { Life::Absent };
        write(maker, &leaf, node, "gone", life, pages.entry(node).or_default());
    }
}
