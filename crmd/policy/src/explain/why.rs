//! `why`: a resource, node by node.

use rota_cib::constraint::Role;
use rota_cib::zone::Zone;
use rota_cib::{Cib, Text};
use rota_ids::WallTime;
use serde::Serialize;

use super::cause::Causes;
use super::reason::{Fact, Reason};
use super::words::About;
use super::{facts, promotion, target, whole};
use crate::assign::usable;
use crate::model::{Nid, NodeSort, Rid, World};
use crate::nodes::by_name;
use crate::plan::{Options, decide_all, state};
use crate::score::INF;

/// What a node means for a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It runs here and stays.
    Stays,
    /// It will run here.
    Chosen,
    /// It runs here and is to go.
    Leaves,
    /// It might run here; another node is better.
    Possible,
    /// It cannot run here.
    Barred,
}

/// A node as a place for a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OnNode {
    /// The node.
    pub node: Text,
    /// What becomes of it here.
    pub verdict: Verdict,
    /// The sum of what counts; none where it is no candidate at all.
    pub score: Option<i32>,
    /// Its role here after the plan.
    pub next_role: String,
    /// What counts, the strongest first.
    pub facts: Vec<Fact>,
    /// The same for the promoted role, if it has an instance here that could be promoted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promoted: Option<PromotedRole>,
}

/// What speaks for and against the promoted role on a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PromotedRole {
    /// How gladly it would be promoted here, all in all; none if not at all.
    pub score: Option<i32>,
    /// What counts for that role alone.
    pub facts: Vec<Fact>,
}

/// One resource (for anonymous clones all its instances together).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// Its id.
    pub resource: Text,
    /// Where it is active, with its role.
    pub active: Vec<(Text, String)>,
    /// Where it will be, with its role.
    pub next: Vec<(Text, String)>,
    /// Whether it cannot get there at present.
    pub blocked: bool,
    /// What is true of it on all nodes alike.
    pub facts: Vec<Fact>,
    /// What is going to happen and why, an action a line.
    pub actions: Vec<super::Explained>,
    /// The nodes, the best first.
    pub nodes: Vec<OnNode>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Why {
    /// What was asked about.
    pub resource: Text,
    /// Its parts: members of a group, replicas of a bundle; else itself.
    pub subjects: Vec<Subject>,
}

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no such resource; all that there are.
    #[error("resource '{0}' does not exist")]
    NoResource(Text, Vec<Text>),
    /// There is no such node; all that there are.
    #[error("node '{0}' does not exist")]
    NoNode(Text, Vec<Text>),
}

/// Why a resource runs where it does, or does not; on one node or on all. `zone` is where dates in
/// rules are meant.
///
/// # Errors
/// When the resource or the node does not exist.
pub fn why(
    cib: &Cib,
    now: WallTime,
    zone: &Zone,
    id: &str,
    node: Option<&str>,
) -> Result<Why, Error> {
    let options = Options { explain: true, zone: zone.clone(), ..Options::default() };
    let mut world = state(cib, now, &options);
    let targets = target::find(&world, id)
        .ok_or_else(|| Error::NoResource(id.into(), target::names(&world)))?;
    let only = match node {
        None => None,
        Some(name) => Some(world.node_by_name.get(name).copied().ok_or_else(|| {
            Error::NoNode(name.into(), world.nodes.iter().map(|n| n.name.clone()).collect())
        })?),
    };
    let (plan, acts) = decide_all(&mut world, &options);
    let causes = Causes { world: &world, acts: &acts, before: None };
    let explained = causes.graph(&plan.graph);
    let subjects = targets.iter().map(|t| subject(&causes, t, only, &explained)).collect();
    Ok(Why { resource: id.into(), subjects })
}

/// The same for everything that is configured, from one plan.
pub fn why_all(cib: &Cib, now: WallTime) -> Vec<Why> {
    let options = Options { explain: true, ..Options::default() };
    let mut world = state(cib, now, &options);
    let (plan, acts) = decide_all(&mut world, &options);
    let causes = Causes { world: &world, acts: &acts, before: None };
    let explained = causes.graph(&plan.graph);
    let of = |id: &Text| {
        let targets = target::find(&world, id).unwrap_or_default();
        let subjects = targets.iter().map(|t| subject(&causes, t, None, &explained)).collect();
        Why { resource: id.clone(), subjects }
    };
    cib.config.resources.iter().map(|resource| of(resource.id())).collect()
}

fn subject(
    causes: &Causes<'_, '_>,
    target: &target::Target,
    only: Option<Nid>,
    explained: &[super::Explained],
) -> Subject {
    let world = causes.world;
    let first = target.leaves.first().copied().unwrap_or_default();
    let mut facts = whole::of(world, first);
    let mut blocked = false;
    for &leaf in &target.leaves {
        for fact in causes.start_blocked(leaf).into_iter().chain(causes.stop_blocked(leaf)) {
            blocked = true;
            if !facts.contains(&fact) {
                facts.push(fact);
            }
        }
    }
    let promotable = world.rscs[first].promotable;
    let role = |role: Role| role_word(promotable, role);
    let mut active = Vec::new();
    let mut next = Vec::new();
    for &leaf in &target.leaves {
        let rsc = &world.rscs[leaf];
        for &nid in &rsc.running_on {
            active.push((world.nodes[nid].name.clone(), role(rsc.role)));
        }
        let next_role = rsc.next_role.unwrap_or(Role::Stopped);
        if let Some(nid) = rsc.assigned.filter(|_| next_role > Role::Stopped) {
            next.push((world.nodes[nid].name.clone(), role(next_role)));
        }
    }
    let mut nodes: Vec<OnNode> = (0..world.nodes.len())
        .filter(|&nid| world.nodes[nid].sort != NodeSort::Ping)
        .filter(|&nid| only.is_none_or(|o| o == nid))
        .map(|nid| on_node(world, target, nid))
        .collect();
    nodes.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| by_name(&a.node, &b.node)));
    mark_what_decided(world, target, &mut nodes);
    let here =
        |e: &super::Explained| only.is_none_or(|n| e.node.as_ref() == Some(&world.nodes[n].name));
    let about_it = |e: &&super::Explained| target.is_about(world, e) && here(e);
    let actions = explained.iter().filter(about_it).cloned().collect();
    let resource = target.name.clone();
    Subject { resource, active, next, facts, actions, nodes, blocked }
}

pub(super) fn role_word(promotable: bool, role: Role) -> String {
    match role {
        Role::Stopped => "stopped",
        Role::Promoted => "promoted",
        Role::Started | Role::Unpromoted if promotable => "unpromoted",
        Role::Started | Role::Unpromoted => "started",
    }
    .to_owned()
}

fn rank(node: &OnNode) -> (u8, i64) {
    let kind = match node.verdict {
        Verdict::Stays | Verdict::Chosen => 0,
        Verdict::Possible => 1,
        Verdict::Leaves => 2,
        Verdict::Barred => 3,
    };
    (kind, -node.score.map_or(i64::MIN / 2, i64::from))
}

fn on_node(world: &World<'_>, target: &target::Target, nid: Nid) -> OnNode {
    let leaf = target.on(world, nid);
    let rsc = &world.rscs[leaf];
    let next_role = rsc.next_role.unwrap_or(Role::Stopped);
    let chosen = rsc.assigned == Some(nid) && next_role > Role::Stopped;
    let active = rsc.running_on.contains(&nid);
    let cand = rsc.allowed[nid];
    let mut facts = facts::of(world, leaf, nid);
    if let Some(clone) = target.owner {
        clone_facts(world, target, clone, leaf, nid, &mut facts);
    }
    let score = cand.present.then_some(cand.score);
    if score.is_some_and(|s| s < 0) && !facts.iter().any(facts::bars) {
        // Nothing forbids it: what speaks against it outweighs the rest.
        for fact in facts.iter_mut().filter(|fact| fact.score.is_some_and(|s| s < 0)) {
            fact.decisive = true;
        }
    }
    let barred = !cand.present || cand.score < 0 || !usable(world, nid);
    let verdict = match (active, chosen) {
        (true, true) => Verdict::Stays,
        (false, true) => Verdict::Chosen,
        (true, false) => Verdict::Leaves,
        (false, false) if barred => Verdict::Barred,
        (false, false) => Verdict::Possible,
    };
    let next_role = if chosen { next_role } else { Role::Stopped };
    let node = world.nodes[nid].name.clone();
    let next_role = role_word(rsc.promotable, next_role);
    let promoted = promoted_role(world, target, leaf, nid);
    OnNode { node, verdict, score, next_role, facts, promoted }
}

/// What the clone around an instance adds.
fn clone_facts(
    world: &World<'_>,
    target: &target::Target,
    clone: Rid,
    leaf: Rid,
    nid: Nid,
    facts: &mut Vec<Fact>,
) {
    let (max, node_max) = match (world.rscs[clone].clone_conf(), world.rscs[clone].bundle_conf()) {
        (Some(conf), _) => (conf.max, conf.node_max),
        (None, Some(conf)) => (conf.max, conf.per_host),
        (None, None) => return,
    };
    // Scores of the clone itself open and close nodes; what instances weigh is their own.
    for fact in facts::of(world, clone, nid).into_iter().filter(facts::bars) {
        let same = |f: &Fact| f.reason == fact.reason;
        if !facts.iter().any(same) {
            facts.push(fact);
        }
    }
    let about = About { resource: &target.name, node: &world.nodes[nid].name };
    let name = || world.rscs[clone].conf_id.clone();
    let conf_id = &world.rscs[leaf].conf_id;
    let alike: Vec<Rid> = match world.rscs[clone].bundle_conf() {
        Some(conf) => conf.replicas.iter().map(|replica| replica.container).collect(),
        None => {
            world.leaves(clone).into_iter().filter(|&l| world.rscs[l].conf_id == *conf_id).collect()
        }
    };
    if !alike.contains(&leaf) {
        return;
    }
    let here = alike.iter().filter(|&&l| world.rscs[l].assigned == Some(nid)).count();
    let is_here = world.rscs[leaf].assigned == Some(nid);
    let barred = facts.iter().any(facts::bars);
    if !is_here && !barred {
        let placed = alike.iter().filter(|&&l| world.rscs[l].assigned.is_some()).count();
        let reason = if here >= node_max {
            Reason::CloneNode { clone: name(), limit: node_max }
        } else if placed >= max {
            Reason::CloneEnough { clone: name(), limit: max }
        } else {
            return;
        };
        facts.push(Fact { decisive: true, ..Fact::new(reason, None, about) });
    }
}

/// What speaks for and against the promoted role of the instance on a node.
fn promoted_role(
    world: &World<'_>,
    target: &target::Target,
    leaf: Rid,
    nid: Nid,
) -> Option<PromotedRole> {
    let clone = target.owner?;
    let rsc = &world.rscs[leaf];
    if !rsc.promotable || rsc.assigned != Some(nid) {
        return None;
    }
    let mut facts = promotion::facts(world, clone, leaf, nid);
    if rsc.next_role != Some(Role::Promoted)
        && let Some(reason) = promotion::better(world, clone, leaf)
    {
        let fact = Fact::new(reason, None, facts::about(world, leaf, nid));
        facts.push(Fact { decisive: true, ..fact });
    }
    Some(PromotedRole { score: promotion::total(world, clone, leaf), facts })
}

/// On the chosen node the strongest facts for it decide; a tie is decided by something else.
fn mark_what_decided(world: &World<'_>, target: &target::Target, nodes: &mut [OnNode]) {
    let is_chosen = |n: &OnNode| matches!(n.verdict, Verdict::Stays | Verdict::Chosen);
    let best = nodes.iter().filter(|n| is_chosen(n)).filter_map(|n| n.score).max();
    let rival = nodes
        .iter()
        .filter(|n| matches!(n.verdict, Verdict::Possible | Verdict::Leaves))
        .filter_map(|n| n.score.filter(|s| *s >= 0))
        .max();
    for node in nodes.iter_mut() {
        let strongest =
            node.facts.iter().filter_map(|f| f.score).filter(|s| *s > 0).max().unwrap_or(INF + 1);
        if is_chosen(node) && rival.is_some_and(|r| Some(r) < node.score) {
            for fact in node.facts.iter_mut().filter(|f| f.score == Some(strongest)) {
                fact.decisive = true;
            }
        }
    }
    if best.is_none() || best != rival || target.owner.is_some() {
        return;
    }
    let about = About { resource: &target.name, node: "" };
    let stays = nodes.iter().any(|n| n.verdict == Verdict::Stays);
    let by = if world.opts.placement == crate::options::Placement::Balanced {
        "placement-strategy=balanced prefers the node with more capacity left"
    } else if stays {
        "the emptier node is taken, then the one where it is"
    } else {
        "the emptier node is taken, then the first by name"
    };
    let tie = Fact::new(Reason::Tie { by: by.into() }, None, about);
    if let Some(node) = nodes.iter_mut().find(|n| is_chosen(n)) {
        node.facts.push(Fact { decisive: true, ..tie });
    }
}
