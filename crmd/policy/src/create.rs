//! Stage 6a: for each resource the actions that bring it from where it is to where it should be.

use rota_cib::constraint::Role;

use crate::actions::{Act, Actions, Aid, Collect, Verb, blank, edge};
use crate::model::{Kind, Multiple, Nid, NodeSort, Requires, Rid, World};
use crate::options::NoQuorum;

/// Makes the actions of everything.
pub(crate) fn run(world: &mut World<'_>, acts: &mut Actions) {
    for rid in world.top.clone() {
        resource(world, acts, rid);
    }
}

fn resource(world: &mut World<'_>, acts: &mut Actions, rid: Rid) {
    match world.rscs[rid].kind.clone() {
        Kind::Primitive => primitive(world, acts, rid),
        Kind::Group { ordered, .. } => {
            for child in world.rscs[rid].children.clone() {
                resource(world, acts, child);
            }
            group(world, acts, rid, ordered);
        }
        Kind::Clone(conf) => {
            for child in world.rscs[rid].children.clone() {
                resource(world, acts, child);
            }
            clone(world, acts, rid, conf.promotable);
            if world.rscs[rid].notify {
                crate::notify::create(world, acts, rid);
            }
        }
        Kind::Bundle(_) => crate::bundle::actions(world, acts, rid),
    }
}

pub(crate) fn resource_actions(world: &mut World<'_>, acts: &mut Actions, rid: Rid) {
    resource(world, acts, rid);
}

/// Whether what a node ran is known to be gone or can be made so.
pub(crate) fn can_fence(world: &World<'_>, nid: Nid) -> bool {
    let node = &world.nodes[nid];
    if node.sort == NodeSort::Guest {
        return true;
    }
    if !world.opts.fencing {
        return false;
    }
    world.quorum
        || world.opts.no_quorum == NoQuorum::Ignore
        || node.online
        || (node.sort == NodeSort::Remote && world.opts.fence_remote_without_quorum)
}

/// Makes (or finds) an action of a primitive.
pub(crate) fn act(
    world: &mut World<'_>,
    acts: &mut Actions,
    rid: Rid,
    verb: Verb,
    node: Option<Nid>,
    optional: bool,
) -> Aid {
    if let Some(aid) = acts.find(rid, verb, node) {
        let act = &mut acts.acts[aid];
        act.optional &= optional;
        act.runnable &= act.optional || !act.fixed;
        return aid;
    }
    let mut act = blank(Some(rid), verb, node);
    act.optional = optional;
    act.priority = world.rscs[rid].priority;
    act.fixed = !world.rscs[rid].managed
        && matches!(verb, Verb::Start | Verb::Stop | Verb::Promote | Verb::Demote);
    judge(world, &mut act, rid);
    // Whatever would have to be done: what is not managed is not touched.
    act.runnable &= optional || !act.fixed;
    // What ends with its node can be done after all, by fencing.
    act.never = !act.runnable && matches!(verb, Verb::Start | Verb::Promote);
    let aid = acts.add(act);
    if let Some(nid) = node {
        acts.of_node.entry(nid).or_default().push(aid);
    }
    aid
}

/// Whether an action can be carried out at all, as far as its node and quorum say.
fn judge(world: &mut World<'_>, act: &mut Act, rid: Rid) {
    let Some(nid) = act.node else {
        act.runnable = false;
        return;
    };
    let node = &world.nodes[nid];
    let rsc = &world.rscs[rid];
    if !node.online {
        // On a node that is off nothing can be done, but what runs there can be ended by
        // fencing; see `fence`.
        act.runnable = false;
        if act.verb == Verb::Stop && rsc.managed && node.unclean {
            act.reason = None;
        }
        return;
    }
    if node.pending || (act.verb != Verb::Start && out_of_reach(world, nid)) {
        act.runnable = false;
        return;
    }
    if act.verb == Verb::Stop
        || act.verb == Verb::Demote
        || act.verb == Verb::Cancel
        || act.verb == Verb::Delete
        || act.verb == Verb::ClearFailures
    {
        return;
    }
    if rsc.meta.requires == Requires::Nothing {
        return;
    }
    if !world.quorum {
        match world.opts.no_quorum {
            NoQuorum::Stop | NoQuorum::Fence => {
                act.runnable = false;
                act.reason = Some("no quorum".into());
                act.why_blocked = true;
            }
            NoQuorum::Freeze => {
                // Nothing is begun; what runs is not stopped for a promotion that cannot be.
                let more = act.verb != Verb::Start && rsc.next_role.is_some_and(|r| r > rsc.role);
                if rsc.running_on.is_empty() || more {
                    act.runnable = false;
                    act.reason = Some("quorum freeze".into());
                    act.why_blocked = true;
                }
            }
            NoQuorum::Demote if !(rsc.promotable && rsc.is_active()) => {
                act.runnable = false;
                act.reason = Some("no quorum".into());
                act.why_blocked = true;
            }
            NoQuorum::Ignore | NoQuorum::Demote => {}
        }
    }
}

/// Whether a guest lives on a host that can neither be asked nor fenced.
fn out_of_reach(world: &World<'_>, nid: Nid) -> bool {
    let Some(container) = world.nodes[nid].container else { return false };
    let hosts = &world.rscs[container].running_on;
    hosts.first().is_some_and(|&h| world.nodes[h].unclean && !can_fence(world, h))
}

fn primitive(world: &mut World<'_>, acts: &mut Actions, rid: Rid) {
    let chosen = world.rscs[rid].assigned;
    let next = world.rscs[rid].next_role.unwrap_or(Role::Stopped);
    for nid in world.rscs[rid].dangling.clone() {
        let stop = act(world, acts, rid, Verb::Stop, Some(nid), false);
        if acts.acts[stop].reason.is_none() {
            acts.acts[stop].reason = Some("dangling migration".into());
        }
    }
    let places = world.rscs[rid].running_on.clone();
    let partial = continue_migration(world, rid, chosen, &places);
    let current = match partial {
        Some((source, _)) => Some(source),
        None => {
            // Of several places the one where it should be counts as where it is.
            chosen.filter(|c| places.contains(c)).or_else(|| places.first().copied())
        }
    };
    let mut need_stop = world.rscs[rid].stop_required && current.is_some();
    let mut moving = false;
    let mut stop_others = false;
    // What needs no proof of fencing may run elsewhere before a node is off.
    let proof = matches!(world.rscs[rid].meta.requires, Requires::Fencing | Requires::Unfencing);
    let counts = |n: &&Nid| proof || (world.nodes[**n].online && !world.nodes[**n].unclean);
    let managed = world.rscs[rid].managed;
    if managed && places.iter().filter(counts).count() > 1 && partial.is_none() {
        match world.rscs[rid].meta.multiple {
            Multiple::StopUnexpected if chosen.is_some_and(|c| places.contains(&c)) => {
                // What is not managed is left where it is, even twice.
                stop_others = world.rscs[rid].managed;
                need_stop |= !stop_others;
            }
            Multiple::StopUnexpected => need_stop = true,
            Multiple::StopStart | Multiple::StopOnly | Multiple::Block => need_stop = true,
        }
    }
    if let (Some(here), Some(there)) = (current, chosen)
        && here != there
        && next > Role::Stopped
    {
        moving = true;
        need_stop = true;
    }
    if world.rscs[rid].failed && current.is_some() && world.rscs[rid].stop_required {
        need_stop = true;
    }
    if world.rscs[rid].blocked {
        need_stop = true;
    }
    if let Some(there) = chosen
        && next > Role::Stopped
    {
        let start = act(world, acts, rid, Verb::Start, Some(there), true);
        if !acts.acts[start].optional {
            need_stop = true;
        }
        if world.rscs[rid].start_pending && Some(there) == current && world.rscs[rid].managed {
            // Under way already; it is not stopped for that.
            acts.acts[start].always = true;
        }
    }
    let role = world.rscs[rid].role;
    // A start that is under way is not stopped for that alone.
    let under_way = world.rscs[rid].start_pending
        && places.len() == 1
        && !moving
        && !world.rscs[rid].stop_required;
    if role > Role::Stopped && !places.is_empty() {
        if stop_others && next > Role::Stopped {
            only_stray(world, acts, rid, &places, chosen);
        } else if need_stop && !under_way {
            // Where a migration goes on to it is not stopped.
            let leaving: Vec<Nid> = match partial {
                Some((_, target)) => places.iter().copied().filter(|&n| n != target).collect(),
                None => places.clone(),
            };
            down(world, acts, rid, &leaving, false, current);
            // What cannot be stopped is not started again either.
            if next > Role::Stopped && !world.rscs[rid].blocked {
                up(world, acts, rid, chosen, Role::Stopped, next, false);
            }
        } else {
            steady(world, acts, rid, &places, role, next, chosen);
        }
    } else if next > Role::Stopped {
        up(world, acts, rid, chosen, Role::Stopped, next, false);
    }
    if moving || partial.is_some() {
        crate::migrate::consider(world, acts, rid, current, chosen, partial.is_some(), next);
    }
    inside(world, acts, rid);
    crate::recurring::create(world, acts, rid);
}

/// A migration that is under way goes on if its target is still the best place.
fn continue_migration(
    world: &World<'_>,
    rid: Rid,
    chosen: Option<Nid>,
    places: &[Nid],
) -> Option<(Nid, Nid)> {
    let rsc = &world.rscs[rid];
    let (source, target) = (rsc.migration_source?, rsc.migration_target?);
    (chosen == Some(target)
        && places.len() == 2
        && places.contains(&source)
        && places.contains(&target)
        && rsc.meta.allow_migrate
        && rsc.next_role.is_some_and(|r| r > Role::Stopped))
    .then_some((source, target))
}

/// Of several places all but the chosen one are stopped. What depends on it starts anew, as
/// after a restart, though it is not touched itself (`multiple-active=stop_unexpected`).
fn only_stray(
    world: &mut World<'_>,
    acts: &mut Actions,
    rid: Rid,
    places: &[Nid],
    chosen: Option<Nid>,
) {
    for &nid in places.iter().filter(|&&n| Some(n) != chosen) {
        let stop = act(world, acts, rid, Verb::Stop, Some(nid), false);
        acts.acts[stop].reason = Some("being multiply active".into());
    }
    let start = act(world, acts, rid, Verb::Start, chosen, false);
    acts.acts[start].pseudo = true;
}

/// Stays where it is: role changes, and a restart in reserve.
fn steady(
    world: &mut World<'_>,
    acts: &mut Actions,
    rid: Rid,
    places: &[Nid],
    role: Role,
    next: Role,
    chosen: Option<Nid>,
) {
    if next <= Role::Stopped || chosen.is_none() {
        down(world, acts, rid, places, false, None);
        return;
    }
    let here = chosen;
    let promoted = role == Role::Promoted;
    if promoted {
        let demote = act(world, acts, rid, Verb::Demote, here, next == Role::Promoted);
        if world.rscs[rid].failed && next == Role::Promoted {
            // Demoted and promoted again (on-fail=demote).
            acts.acts[demote].optional = false;
        }
    }
    let proof = matches!(world.rscs[rid].meta.requires, Requires::Fencing | Requires::Unfencing);
    for &nid in places {
        // Elsewhere it is only on a node that is to be fenced, if that does no harm.
        let node = &world.nodes[nid];
        let stray = world.rscs[rid].managed && (proof || (node.online && !node.unclean));
        if stray || Some(nid) == here {
            act(world, acts, rid, Verb::Stop, Some(nid), Some(nid) == here);
        }
    }
    act(world, acts, rid, Verb::Start, here, true);
    if world.rscs[rid].reload && world.rscs[rid].managed {
        act(world, acts, rid, Verb::Reload, here, false);
    }
    if next == Role::Promoted {
        let demoting = world.rscs[rid].failed && promoted;
        act(world, acts, rid, Verb::Promote, here, promoted && !demoting);
    }
}

/// Demote if need be, and stop, everywhere.
fn down(
    world: &mut World<'_>,
    acts: &mut Actions,
    rid: Rid,
    places: &[Nid],
    optional: bool,
    _current: Option<Nid>,
) {
    let promoted = world.rscs[rid].role == Role::Promoted;
    for &nid in places {
        if promoted {
            let demote = act(world, acts, rid, Verb::Demote, Some(nid), optional);
            if !world.rscs[rid].managed || world.rscs[rid].blocked {
                acts.acts[demote].runnable = false;
            }
        }
        // A migration's target that is not to be kept is stopped like any other place.
        let stop = act(world, acts, rid, Verb::Stop, Some(nid), optional);
        if !world.rscs[rid].managed || world.rscs[rid].blocked {
            acts.acts[stop].runnable = false;
        }
    }
}

fn up(
    world: &mut World<'_>,
    acts: &mut Actions,
    rid: Rid,
    chosen: Option<Nid>,
    _from: Role,
    next: Role,
    optional: bool,
) {
    let start = act(world, acts, rid, Verb::Start, chosen, optional);
    if world.rscs[rid].blocked || !world.rscs[rid].managed {
        acts.acts[start].runnable = false;
    }
    if next == Role::Promoted {
        let promote = act(world, acts, rid, Verb::Promote, chosen, optional);
        if world.rscs[rid].blocked {
            acts.acts[promote].runnable = false;
        }
    }
}

/// Order among the actions of one primitive.
fn inside(world: &World<'_>, acts: &mut Actions, rid: Rid) {
    let (starts, stops) = (acts.all(rid, Verb::Start), acts.all(rid, Verb::Stop));
    let (promotes, demotes) = (acts.all(rid, Verb::Promote), acts.all(rid, Verb::Demote));
    // What watched it, and is configured no more, ends when it is down.
    for cancel in acts.all(rid, Verb::Cancel) {
        for &stop in &stops {
            if acts.acts[stop].node == acts.acts[cancel].node {
                acts.order(stop, cancel, edge::ORDER);
            }
        }
    }
    for &stop in &stops {
        for &start in &starts {
            // A stray instance elsewhere is ended without touching the one that may stay.
            let (there, here) = (acts.acts[stop].node, acts.acts[start].node);
            let left_over = world.rscs[rid].meta.multiple == Multiple::StopUnexpected
                || there.is_some_and(|n| world.rscs[rid].dangling.contains(&n));
            let stray = left_over
                && there != here
                && here.is_some_and(|n| world.rscs[rid].running_on.contains(&n));
            acts.order(stop, start, if stray { edge::ORDER } else { edge::RESTART });
        }
        for &demote in &demotes {
            let same = acts.acts[demote].node == acts.acts[stop].node;
            acts.order(demote, stop, if same { edge::WANTS | edge::QUIET } else { edge::ORDER });
        }
    }
    for &start in &starts {
        for &promote in &promotes {
            acts.order(start, promote, edge::NEEDS | edge::FORCES);
        }
        for &demote in &demotes {
            acts.order(demote, start, edge::ORDER);
        }
    }
    for &demote in &demotes {
        for &promote in &promotes {
            acts.order(demote, promote, edge::FORCES | edge::QUIET);
        }
    }
    let _ = world;
}

/// A pseudo action that stands for those of the members, with the one that follows it.
fn collective(
    world: &World<'_>,
    acts: &mut Actions,
    rid: Rid,
    verb: Verb,
    collect: Collect,
) -> (Aid, Aid) {
    let mut all = blank(Some(rid), verb, None);
    all.pseudo = true;
    all.collect = collect;
    let aid = acts.add(all);
    for &child in &world.rscs[rid].children {
        let members = acts.all(child, verb);
        if members.is_empty() {
            let missing = verb == Verb::Start
                && collect == Collect::All
                && world.rscs[child].assigned.is_none();
            if missing {
                // A member without a node: the group as a whole cannot start.
                let mut none = blank(Some(child), verb, None);
                none.runnable = false;
                let none = acts.add(none);
                acts.join(aid, none);
            }
        }
        for member in members {
            acts.join(aid, member);
        }
    }
    let done_verb = verb.done().unwrap_or(Verb::Point);
    let mut done = blank(Some(rid), done_verb, None);
    done.pseudo = true;
    done.mirrors = Some(aid);
    let done = acts.add(done);
    acts.acts[aid].mirrored.push(done);
    for member in acts.acts[aid].members.clone() {
        acts.order(aid, member, edge::ORDER);
        acts.order(member, done, edge::ORDER);
        // Instances that are groups: what follows their own completion.
        let inner = acts.acts[member].mirrored.clone();
        for i in inner {
            acts.order(i, done, edge::ORDER);
        }
    }
    if verb != Verb::Promote {
        acts.order(aid, done, edge::ORDER);
    }
    (aid, done)
}

fn group(world: &World<'_>, acts: &mut Actions, rid: Rid, ordered: bool) {
    let (start, running) = collective(world, acts, rid, Verb::Start, Collect::All);
    let (stop, stopped) = collective(world, acts, rid, Verb::Stop, Collect::All);
    acts.order(stopped, start, edge::ORDER);
    let _ = (running, stop);
    let promotable = world.rscs[rid].promotable;
    if promotable {
        let (promote, _) = collective(world, acts, rid, Verb::Promote, Collect::All);
        let (demote, demoted) = collective(world, acts, rid, Verb::Demote, Collect::All);
        acts.order(running, promote, edge::ORDER);
        acts.order(demoted, stop, edge::ORDER);
        let _ = demote;
    }
    if !ordered {
        return;
    }
    let members = world.rscs[rid].children.clone();
    for two in members.windows(2) {
        chain(acts, two[0], two[1], Verb::Start, edge::NEEDS | edge::FORCES);
        chain(acts, two[1], two[0], Verb::Stop, edge::WANTS);
        // On a restart the later ones are down before the earlier ones come up.
        for a in acts.all(two[1], Verb::Stop) {
            for b in acts.all(two[0], Verb::Start) {
                acts.order(a, b, edge::IF_ABLE);
            }
        }
        chain(acts, two[0], two[1], Verb::Promote, edge::NEEDS | edge::FORCES);
        chain(acts, two[1], two[0], Verb::Demote, edge::WANTS);
    }
    // Inactive members in between do not cut the chain of stops, but what cannot be stopped
    // beyond them holds up nothing.
    for (i, &later) in members.iter().enumerate() {
        for &earlier in &members[..i] {
            if i > 0 && members[i - 1] != earlier {
                let between_idle = members[..i]
                    .iter()
                    .skip_while(|&&m| m != earlier)
                    .skip(1)
                    .all(|&m| acts.all(m, Verb::Stop).is_empty());
                if between_idle {
                    chain(acts, later, earlier, Verb::Stop, edge::ORDER);
                }
            }
        }
    }
}

fn chain(acts: &mut Actions, first: Rid, then: Rid, verb: Verb, kind: u16) {
    for a in acts.all(first, verb) {
        for b in acts.all(then, verb) {
            acts.order(a, b, kind);
        }
    }
}

fn clone(world: &World<'_>, acts: &mut Actions, rid: Rid, promotable: bool) {
    let (start, running) = collective(world, acts, rid, Verb::Start, Collect::Least(0));
    let (stop, stopped) = collective(world, acts, rid, Verb::Stop, Collect::Least(0));
    acts.order(stopped, start, edge::ORDER);
    if promotable {
        let (promote, _) = collective(world, acts, rid, Verb::Promote, Collect::Least(0));
        let (demote, demoted) = collective(world, acts, rid, Verb::Demote, Collect::Least(0));
        acts.order(running, promote, edge::ORDER);
        acts.order(stopped, promote, edge::ORDER);
        acts.order(demoted, promote, edge::ORDER);
        acts.order(demoted, start, edge::ORDER);
        acts.order(demoted, stop, edge::ORDER);
        let _ = demote;
    }
    let _ = stop;
}

/// Instances of clones with `ordered` start one after the other and stop the other way round;
/// those that have nothing to do are passed over, so it must be known who has.
pub(crate) fn one_after_other(world: &World<'_>, acts: &mut Actions) {
    for rid in 0..world.rscs.len() {
        if !world.rscs[rid].clone_conf().is_some_and(|c| c.ordered) {
            continue;
        }
        let forward = world.rscs[rid].children.clone();
        let backward: Vec<Rid> = forward.iter().rev().copied().collect();
        for (verb, order) in [(Verb::Start, forward), (Verb::Stop, backward)] {
            let busy: Vec<Rid> = order
                .into_iter()
                .filter(|&r| acts.all(r, verb).iter().any(|&a| acts.happens(a)))
                .collect();
            for two in busy.windows(2) {
                for first in completed(world, acts, two[0], verb) {
                    for then in acts.all(two[1], verb) {
                        acts.order(first, then, edge::ORDER);
                    }
                }
            }
        }
    }
}

/// The actions that say that a resource is done with something: its own, or the point that
/// follows those of its members.
fn completed(world: &World<'_>, acts: &Actions, rid: Rid, verb: Verb) -> Vec<Aid> {
    match verb.done() {
        Some(done) if !world.rscs[rid].is_primitive() => acts.all(rid, done),
        Some(_) | None => acts.all(rid, verb),
    }
}

/// Where others are ordered after enough instances of a clone (`clone-min`), a stop of any is
/// followed by the point at which the clone is up again, even if none is started.
pub(crate) fn least_points(world: &World<'_>, acts: &mut Actions) {
    for order in &world.constraints.orders {
        let rid = order.first;
        let least = world.rscs[rid].clone_conf().is_some_and(|c| c.min > 0);
        let counts = order.kind == rota_cib::constraint::OrderKind::Mandatory;
        if !least || !counts || order.first_action != "start" {
            continue;
        }
        let stops = acts.all(rid, Verb::Stop).iter().any(|&a| !acts.acts[a].optional);
        let stay = acts
            .all(rid, Verb::Start)
            .iter()
            .any(|&a| acts.acts[a].members.iter().any(|&m| acts.acts[m].runnable));
        if stops && stay {
            for aid in acts.all(rid, Verb::Start).into_iter().chain(acts.all(rid, Verb::Running)) {
                acts.acts[aid].always = true;
                acts.acts[aid].runnable = true;
            }
        }
    }
}
