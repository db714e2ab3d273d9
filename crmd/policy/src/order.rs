//! Stage 6b: the user's orders become orderings of actions.

use std::collections::BTreeMap;

use rota_cib::constraint::OrderKind;
use rota_cib::constraint::Role;
use rustc_hash::FxHashSet;
use smol_str::format_smolstr;

use crate::actions::{Actions, Aid, Verb, blank, edge};
use crate::constraints::{AnyOf, Coloc, OrderC};
use crate::model::{Nid, Rid, World};

/// Applies all orders.
pub(crate) fn run(world: &mut World<'_>, acts: &mut Actions) {
    let alone = unpaired(world);
    orders(world, acts, &alone);
    // Without its counterpart an instance is not to be anywhere.
    for &rid in &alone {
        give_up(world, rid);
    }
}

fn orders(world: &World<'_>, acts: &mut Actions, alone: &FxHashSet<Rid>) {
    for order in &world.constraints.orders {
        one(world, acts, order, alone);
    }
    for set in &world.constraints.order_sets {
        any_of(world, acts, set);
    }
    together(world, acts);
    apart(world, acts);
    relieve(world, acts);
}

/// Where capacity counts, a node is relieved of what leaves it before anything new starts.
fn relieve(world: &World<'_>, acts: &mut Actions) {
    if world.opts.placement == crate::options::Placement::Default {
        return;
    }
    for rid in 0..world.rscs.len() {
        let rsc = &world.rscs[rid];
        if world.conf(rid).is_none_or(|c| c.utilization.is_empty()) || rsc.orphan {
            continue;
        }
        let mut points = Vec::new();
        for (nid, cand) in rsc.allowed.iter().enumerate() {
            if !cand.present {
                continue;
            }
            let key = format_smolstr!("load_stopped_{}", world.nodes[nid].name);
            let point = acts.point(key, None);
            acts.acts[point].optional = false;
            points.push((nid, point));
        }
        for (verb, before) in [(Verb::Stop, true), (Verb::Start, false), (Verb::MigrateTo, false)] {
            for aid in acts.all(rid, verb) {
                let node = match verb {
                    Verb::MigrateTo => acts.acts[aid].extra.as_ref().and_then(|e| e.target),
                    _ => acts.acts[aid].node,
                };
                for &(_, point) in points.iter().filter(|(n, _)| Some(*n) == node) {
                    if before {
                        acts.order(aid, point, edge::ORDER);
                    } else {
                        acts.order(point, aid, edge::ORDER);
                    }
                }
            }
        }
    }
}

/// What must be with another cannot start when that cannot.
fn together(world: &World<'_>, acts: &mut Actions) {
    for coloc in &world.constraints.colocations {
        if coloc.score < crate::score::INF || coloc.id == "#group-members" {
            continue;
        }
        let verb = |role: Option<Role>| match role {
            Some(Role::Promoted) => Verb::Promote,
            _ => Verb::Start,
        };
        let primary = &world.rscs[coloc.primary];
        if primary.blocked || !primary.managed {
            // It stays where it is, whatever ought to become of it.
            continue;
        }
        for a in acts.all(coloc.primary, verb(coloc.primary_role)) {
            for b in acts.all(coloc.dependent, verb(coloc.dependent_role)) {
                acts.order(a, b, edge::TOGETHER);
            }
        }
    }
}

/// Of two that must never be together one leaves a node before the other comes. Of what has
/// several members or instances all have left by then, or have the other role if only one is
/// ruled out.
fn apart(world: &World<'_>, acts: &mut Actions) {
    let never = |c: &&Coloc| c.score <= -crate::score::INF;
    for coloc in world.constraints.colocations.iter().filter(never) {
        let dependent = (coloc.dependent, coloc.dependent_role);
        let primary = (coloc.primary, coloc.primary_role);
        for ((goes, role), (comes, other_role)) in [(primary, dependent), (dependent, primary)] {
            if other_role.is_some() {
                continue;
            }
            let mut starts: BTreeMap<Option<Nid>, Vec<Aid>> = BTreeMap::new();
            for leaf in world.leaves(comes) {
                for start in acts.all(leaf, Verb::Start) {
                    starts.entry(acts.acts[start].node).or_default().push(start);
                }
            }
            let gone: &[Verb] = match role {
                None => &[Verb::Stopped],
                Some(Role::Unpromoted) => &[Verb::Stopped, Verb::Promoted],
                Some(_) => &[],
            };
            let points: Vec<Aid> = gone.iter().flat_map(|&verb| acts.all(goes, verb)).collect();
            for point in points {
                for &start in starts.values().flatten() {
                    acts.order(point, start, edge::ORDER);
                }
            }
            for leaf in world.leaves(goes).into_iter().filter(|_| role.is_none()) {
                for stop in acts.all(leaf, Verb::Stop) {
                    for &start in starts.get(&acts.acts[stop].node).into_iter().flatten() {
                        acts.order(stop, start, edge::ORDER);
                    }
                }
            }
        }
    }
}

/// Instances of interleaved clones that have nothing on their node to start after, directly or
/// because their counterpart is in the same position.
fn unpaired(world: &World<'_>) -> FxHashSet<Rid> {
    let mut alone = FxHashSet::default();
    let starts = |action: &str| action == "start";
    let strict: Vec<&OrderC> = world
        .constraints
        .orders
        .iter()
        .filter(|o| strength(o) & edge::NEEDS != 0 && o.require_all)
        .filter(|o| starts(o.first_action) && starts(o.then_action))
        .filter(|o| interleaves(world, o))
        .filter(|o| world.rscs[o.first].clone_conf().is_none_or(|c| c.min == 0))
        .collect();
    loop {
        let before = alone.len();
        for order in &strict {
            let places: FxHashSet<Nid> = instances(world, order.first)
                .into_iter()
                .filter(|f| !alone.contains(f))
                .filter_map(|f| world.rscs[f].assigned)
                .collect();
            for instance in instances(world, order.then) {
                if world.rscs[instance].assigned.is_some_and(|n| !places.contains(&n)) {
                    alone.insert(instance);
                }
            }
        }
        if alone.len() == before {
            return alone;
        }
    }
}

/// A resource and all that is in it shall be nowhere.
fn give_up(world: &mut World<'_>, rid: Rid) {
    world.rscs[rid].assigned = None;
    world.rscs[rid].next_role = Some(Role::Stopped);
    for child in world.rscs[rid].children.clone() {
        give_up(world, child);
    }
}

/// The strength of an order as edge bits.
fn strength(order: &OrderC) -> u16 {
    let starts = |action: &str| action == "start" || action == "promote";
    match order.kind {
        OrderKind::Optional => edge::ORDER | edge::USER,
        OrderKind::Serialize => edge::SERIAL | edge::USER,
        // On the way back what goes down waits for what was built on it; what was to go down
        // first comes up last, but that it does is no reason to touch the other.
        OrderKind::Mandatory if order.inverse && starts(order.then_action) => {
            edge::ORDER | edge::USER
        }
        OrderKind::Mandatory if order.inverse => edge::WANTS | edge::USER,
        OrderKind::Mandatory if !order.symmetrical => {
            if starts(order.then_action) {
                edge::ONEWAY | edge::NEEDS | edge::USER
            } else {
                edge::ONEWAY | edge::USER
            }
        }
        OrderKind::Mandatory => {
            if starts(order.then_action) {
                edge::FORCES | edge::NEEDS | edge::USER
            } else {
                edge::FORCES | edge::USER
            }
        }
    }
}

fn one(world: &World<'_>, acts: &mut Actions, order: &OrderC, alone: &FxHashSet<Rid>) {
    let (Some(first), Some(then)) =
        (Verb::parse(order.first_action), Verb::parse(order.then_action))
    else {
        return;
    };
    let kind = strength(order);
    if kind & edge::SERIAL != 0 {
        for a in firsts(world, acts, order.first, first, false) {
            for b in thens(world, acts, order.then, then) {
                acts.order(a, b, kind);
            }
        }
        return;
    }
    if !order.require_all && world.rscs[order.first].is_clone() && kind & edge::NEEDS != 0 {
        clone_any(world, acts, order, first, then, 1);
        return;
    }
    let min = world.rscs[order.first].clone_conf().map_or(0, |c| c.min);
    if min > 0 && kind & edge::NEEDS != 0 && first == Verb::Start {
        clone_any(world, acts, order, first, then, min);
        return;
    }
    if interleaves(world, order) {
        interleaved(world, acts, order, first, then, kind, alone);
        return;
    }
    let firsts = firsts(world, acts, order.first, first, kind & edge::NEEDS != 0);
    let thens = thens(world, acts, order.then, then);
    for &a in &firsts {
        for &b in &thens {
            acts.order(a, b, kind);
        }
    }
}

/// The actions that come first; one that cannot be stands for "never" if need be.
fn firsts(world: &World<'_>, acts: &mut Actions, rid: Rid, verb: Verb, needed: bool) -> Vec<Aid> {
    let rsc = &world.rscs[rid];
    if !rsc.is_primitive() {
        return firsts_done(world, acts, rid, verb);
    }
    let found = acts.all(rid, verb);
    if !found.is_empty() || !needed {
        return found;
    }
    let already = match verb {
        Verb::Stop => rsc.role == Role::Stopped,
        Verb::Demote => rsc.role != Role::Promoted,
        Verb::Start => rsc.role > Role::Stopped && !rsc.managed,
        Verb::Promote => rsc.role == Role::Promoted && !rsc.managed,
        _ => true,
    };
    if already {
        return Vec::new();
    }
    let mut never = blank(Some(rid), verb, None);
    never.runnable = false;
    vec![acts.add(never)]
}

/// The actions that come second: of a bundle also those of its containers, which have to do with
/// it even where the bundle as a whole has something to do already.
fn thens(world: &World<'_>, acts: &Actions, rid: Rid, verb: Verb) -> Vec<Aid> {
    let mut found = acts.all(rid, verb);
    if let Some(conf) = world.rscs[rid].bundle_conf()
        && matches!(verb, Verb::Start | Verb::Stop)
    {
        for replica in &conf.replicas {
            found.extend(acts.all(replica.container, verb));
        }
    }
    found
}

/// Whether instances are paired: the clone that depends on the other one says so (`interleave`),
/// for the opposite order, too, unless any instances of the other are enough (`clone-min`).
fn interleaves(world: &World<'_>, order: &OrderC) -> bool {
    let multi = |r: Rid| world.rscs[r].is_clone() || world.rscs[r].is_bundle();
    let dependent = if order.inverse { order.first } else { order.then };
    let some = world.rscs[order.then].clone_conf().is_some_and(|c| c.min > 0);
    if order.inverse && some {
        return false;
    }
    multi(order.first) && multi(order.then) && world.interleaves(dependent)
}

/// Instances of a clone, or of what a bundle runs in its replicas.
fn instances(world: &World<'_>, rid: Rid) -> Vec<Rid> {
    match world.rscs[rid].bundle_conf() {
        Some(conf) => conf.replicas.iter().map(|r| r.container).collect(),
        None => world.rscs[rid].children.clone(),
    }
}

/// Instance by instance on the same node.
fn interleaved(
    world: &World<'_>,
    acts: &mut Actions,
    order: &OrderC,
    first: Verb,
    then: Verb,
    kind: u16,
    alone: &FxHashSet<Rid>,
) {
    let firsts: Vec<Rid> =
        instances(world, order.first).into_iter().filter(|f| !alone.contains(f)).collect();
    let starting = matches!(first, Verb::Start | Verb::Promote);
    // The collective points keep their order, without consequences.
    for a in firsts_done(world, acts, order.first, first) {
        for b in acts.all(order.then, then) {
            acts.order(a, b, edge::ORDER);
        }
    }
    for instance in instances(world, order.then) {
        let rsc = &world.rscs[instance];
        let place = |r: Rid| {
            let rsc = &world.rscs[r];
            if starting { rsc.assigned } else { rsc.running_on.first().copied() }
        };
        let here = if matches!(then, Verb::Start | Verb::Promote) {
            rsc.assigned
        } else {
            rsc.running_on.first().copied()
        };
        let Some(here) = here else { continue };
        let partner = firsts.iter().copied().find(|&f| place(f) == Some(here));
        let then_acts = acts.all(instance, then);
        match partner {
            Some(partner) => {
                let first_acts = if world.rscs[partner].is_primitive() {
                    acts.all(partner, first)
                } else {
                    first.done().map(|d| acts.all(partner, d)).unwrap_or_default()
                };
                if first_acts.is_empty()
                    && kind & edge::NEEDS != 0
                    && starting
                    && first == Verb::Promote
                {
                    for b in then_acts {
                        acts.forbid_early(
                            b,
                            format!("unrunnable {} {}", world.rscs[order.first].id, first.name()),
                        );
                    }
                    continue;
                }
                for &a in &first_acts {
                    for &b in &then_acts {
                        acts.order(a, b, kind);
                    }
                }
            }
            None if starting && kind & edge::NEEDS != 0 => {
                for b in then_acts {
                    acts.forbid_early(
                        b,
                        format!(
                            "unrunnable {} {}",
                            world.rscs[order.first].id,
                            first.done().map_or("", Verb::name)
                        ),
                    );
                }
            }
            None => {}
        }
    }
}

/// When all of it is done; if its instances are told, when they have been.
fn firsts_done(world: &World<'_>, acts: &Actions, rid: Rid, verb: Verb) -> Vec<Aid> {
    let Some(done) = verb.done() else { return Vec::new() };
    if world.rscs[rid].notify {
        let key = format_smolstr!("{}_confirmed-post_notify_{}_0", world.rscs[rid].id, done.name());
        if let Some(&told) = acts.named.get(&key) {
            return vec![told];
        }
    }
    acts.all(rid, done)
}

/// Enough instances of a clone, rather than all of them.
fn clone_any(
    world: &World<'_>,
    acts: &mut Actions,
    order: &OrderC,
    first: Verb,
    then: Verb,
    min: usize,
) {
    let key = format_smolstr!("clone-one-or-more:{}", order.id);
    let point = acts.point(key, None);
    acts.acts[point].needed = min;
    let mut any = false;
    for child in instances(world, order.first) {
        let list = if world.rscs[child].is_primitive() {
            acts.all(child, first)
        } else {
            first.done().map(|d| acts.all(child, d)).unwrap_or_default()
        };
        for a in list {
            any = true;
            acts.order(a, point, edge::ANY);
        }
    }
    if !any {
        acts.acts[point].runnable = false;
    }
    for b in acts.all(order.then, then) {
        acts.order(point, b, edge::NEEDS | edge::USER | edge::WANTS);
    }
}

fn any_of(world: &World<'_>, acts: &mut Actions, set: &AnyOf) {
    let key = format_smolstr!("one-or-more:{}", set.name);
    let point = acts.point(key, None);
    acts.acts[point].needed = 1;
    let mut any = false;
    for &(rid, action) in &set.first {
        let Some(verb) = Verb::parse(action) else { continue };
        for a in firsts(world, acts, rid, verb, true) {
            any = true;
            acts.order(a, point, edge::ANY);
        }
    }
    if !any {
        acts.acts[point].runnable = false;
    }
    let mandatory = set.kind == OrderKind::Mandatory;
    for &(rid, action) in &set.then {
        let Some(verb) = Verb::parse(action) else { continue };
        for b in acts.all(rid, verb) {
            acts.order(
                point,
                b,
                if mandatory {
                    edge::NEEDS | edge::USER | edge::WANTS
                } else {
                    edge::USER | edge::WANTS
                },
            );
        }
    }
}

impl Actions {
    /// Forbids an action before consequences are followed.
    pub(crate) fn forbid_early(&mut self, aid: Aid, why: String) {
        for member in self.acts[aid].members.clone() {
            self.forbid_early(member, why.clone());
        }
        let act = &mut self.acts[aid];
        if act.runnable {
            act.runnable = false;
            act.reason = Some(why);
            act.why_blocked = true;
        }
    }
}
