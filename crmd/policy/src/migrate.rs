//! Live migration: a stop here and a start there become a push, a pull and a clean-up.

use rota_cib::constraint::Role;

use crate::actions::{Actions, Aid, Extra, Verb, blank, edge};
use crate::model::{Nid, Rid, World};

/// Makes the actions of a migration if the resource may migrate.
pub(crate) fn consider(
    world: &mut World<'_>,
    acts: &mut Actions,
    rid: Rid,
    current: Option<Nid>,
    chosen: Option<Nid>,
    partial: bool,
    next: Role,
) {
    let (Some(source), Some(target)) = (current, chosen) else { return };
    let rsc = &world.rscs[rid];
    let may = rsc.meta.allow_migrate
        && rsc.managed
        && !rsc.failed
        && !rsc.start_pending
        && !rsc.blocked
        && rsc.dangling.is_empty()
        // Where one is half done it is not known whether there is anything to push.
        && (partial || (rsc.running_on.len() == 1 && rsc.migration_source.is_none()))
        && next > Role::Stopped
        && world.nodes[source].online
        && !world.nodes[source].unclean
        && world.nodes[target].online
        && !world.nodes[target].unclean;
    if !may {
        return;
    }
    let (Some(start), Some(stop)) =
        (acts.find(rid, Verb::Start, Some(target)), acts.find(rid, Verb::Stop, Some(source)))
    else {
        return;
    };
    if !acts.acts[start].runnable || !acts.acts[stop].runnable {
        return;
    }
    let make = |acts: &mut Actions, verb: Verb, node: Nid| {
        let mut act = blank(Some(rid), verb, Some(node));
        act.optional = false;
        act.priority = world.rscs[rid].priority;
        act.extra = Some(Box::new(Extra {
            source: Some(source),
            target: Some(target),
            ..Extra::default()
        }));
        let aid = acts.add(act);
        acts.of_node.entry(node).or_default().push(aid);
        aid
    };
    acts.acts[start].migratable = true;
    acts.acts[stop].migratable = true;
    let from = make(acts, Verb::MigrateFrom, target);
    if partial {
        // The push was done or is under way: only the pull is left.
        acts.order(from, stop, edge::NEEDS | edge::QUIET);
    } else {
        let to = make(acts, Verb::MigrateTo, source);
        acts.order(to, from, edge::NEEDS | edge::QUIET);
        acts.order(from, stop, edge::NEEDS | edge::QUIET);
    }
    acts.order(stop, start, edge::ORDER);
    acts.order(from, start, edge::ORDER);
    if partial && let Some(extra_stop) = acts.find(rid, Verb::Stop, Some(target)) {
        acts.acts[extra_stop].optional = true;
    }
}

/// After all consequences are known: which migrations really are ones.
pub(crate) fn decide(acts: &mut Actions) {
    let mut real: Vec<(usize, usize, usize, usize)> = Vec::new();
    let candidates: Vec<usize> =
        (0..acts.acts.len()).filter(|&a| acts.acts[a].verb == Verb::MigrateFrom).collect();
    for from in candidates {
        let Some(rid) = acts.acts[from].rid else { continue };
        let Some(extra) = acts.acts[from].extra.clone() else { continue };
        let (Some(source), Some(target)) = (extra.source, extra.target) else { continue };
        let start = acts.find(rid, Verb::Start, Some(target));
        let stop = acts.find(rid, Verb::Stop, Some(source));
        let to = acts.find(rid, Verb::MigrateTo, Some(source));
        let (Some(start), Some(stop)) = (start, stop) else { continue };
        let ok = acts.acts[start].migratable
            && acts.acts[stop].migratable
            && acts.acts[start].runnable
            && acts.acts[stop].runnable
            && !acts.acts[start].optional
            && !acts.acts[stop].optional;
        if ok {
            acts.acts[start].pseudo = true;
            real.push((to.unwrap_or(from), from, start, stop));
            continue;
        }
        for aid in [Some(from), to].into_iter().flatten() {
            acts.acts[aid].optional = true;
            acts.acts[aid].runnable = false;
        }
    }
    // A migration begins when everything is done that its start or its stop would wait for;
    // of another migration, when that has arrived.
    let edges = acts.edges.clone();
    for &(push, from, start, stop) in &real {
        for e in edges.iter().filter(|e| e.then == start || e.then == stop) {
            let (rid, waits) = (acts.acts[e.first].rid, acts.acts[push].rid);
            // What it is part of begins to stop and to start with it, not before it.
            let whole = acts.acts[e.first].members.contains(&e.then);
            if rid == waits || (whole && acts.acts[e.first].verb == Verb::Stop) {
                continue;
            }
            let arrived = real.iter().find(|m| m.2 == e.first).map_or(e.first, |m| m.1);
            if arrived != from && e.kind & (edge::TOGETHER | edge::SERIAL) == 0 {
                acts.order(arrived, push, edge::ORDER);
            }
        }
    }
    serialized(acts, &real);
    stays_up(acts, &real);
    // What is restarted need not be reloaded.
    for aid in 0..acts.acts.len() {
        if acts.acts[aid].verb == Verb::Reload
            && let Some(rid) = acts.acts[aid].rid
            && acts.all(rid, Verb::Start).iter().any(|&s| !acts.acts[s].optional)
        {
            acts.acts[aid].optional = true;
        }
    }
}

/// Push, pull, start and stop of a migration.
type Migration = (Aid, Aid, Aid, Aid);

/// Of two migrations that must not be under way at once the second waits for the first.
fn serialized(acts: &mut Actions, real: &[Migration]) {
    let of_start = |aid: Aid| real.iter().find(|m| m.2 == aid);
    let mut pairs = Vec::new();
    for e in acts.edges.iter().filter(|e| e.kind & edge::SERIAL != 0) {
        if let (Some(first), Some(then)) = (of_start(e.first), of_start(e.then)) {
            pairs.push((first.1, then.0));
        }
    }
    for (arrived, push) in pairs {
        acts.order(arrived, push, edge::ORDER);
    }
}

/// What is migrated runs on while that on which it builds is stopped and started, if the order
/// is not mandatory: the stop that ends the migration is not the one that was meant.
fn stays_up(acts: &mut Actions, real: &[Migration]) {
    for &(_, _, start, stop) in real {
        let builds_on: Vec<Option<Rid>> = acts
            .edges
            .iter()
            .filter(|e| e.then == start && e.kind & edge::USER != 0)
            .map(|e| acts.acts[e.first].rid)
            .collect();
        let Actions { acts: all, edges, .. } = acts;
        for e in edges.iter_mut().filter(|e| e.first == stop && e.kind == edge::ORDER | edge::USER)
        {
            if builds_on.contains(&all[e.then].rid) {
                e.kind |= edge::VOID;
            }
        }
    }
}
