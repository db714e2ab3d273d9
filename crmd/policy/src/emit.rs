//! Stage 7: what will happen, as a graph for the executor.

use std::collections::BTreeMap;

use rota_cib::Text;
use rota_ids::NodeName;
use rota_transition::{Action, ActionId, FenceAction, Graph, OpKey, ResourceOp, Task};
use smol_str::format_smolstr;

use crate::actions::{Actions, Aid, Verb, blank, edge};
use crate::circles::Weight;
use crate::model::{Chore, Nid, World};
use crate::sequence::sequence;

/// Actions that the history asks for beside starting and stopping.
pub(crate) fn chores(world: &mut World<'_>, acts: &mut Actions) {
    for chore in std::mem::take(&mut world.chores) {
        match chore {
            Chore::ClearFailures { rid, nid, why } => {
                if !world.nodes[nid].online || world.nodes[nid].unclean {
                    continue;
                }
                // Of what is not managed the failures stand until people have seen them.
                if !world.rscs[rid].managed {
                    continue;
                }
                let aid = simple(acts, rid, nid, Verb::ClearFailures);
                acts.acts[aid].reason = Some(why.into());
                for start in acts.all(rid, Verb::Start) {
                    acts.order(aid, start, edge::ORDER);
                }
                for stop in acts.all(rid, Verb::Stop) {
                    if world.rscs[rid].orphan {
                        acts.order(aid, stop, edge::ORDER);
                    } else if acts.acts[stop].node == Some(nid) {
                        acts.order(stop, aid, edge::ORDER);
                    }
                }
            }
            // What failed is remembered for people to see, even where it is not configured any more.
            Chore::DeleteHistory { rid, nid } => {
                if !(world.rscs[rid].orphan && world.rscs[rid].failed)
                    && world.nodes[nid].online
                    && !world.nodes[nid].unclean
                    && acts.find(rid, Verb::Delete, Some(nid)).is_none()
                {
                    // It is forgotten nowhere before it is down everywhere.
                    let delete = simple(acts, rid, nid, Verb::Delete);
                    for stop in acts.all(rid, Verb::Stop) {
                        let here = acts.acts[stop].node == Some(nid);
                        let kind = if here { edge::NEEDS | edge::QUIET } else { edge::ORDER };
                        acts.order(stop, delete, kind);
                    }
                    for start in acts.all(rid, Verb::Start) {
                        acts.order(delete, start, edge::ORDER);
                    }
                }
            }
            Chore::LiftLock { rid, nid } => {
                // The lock is in the Cib; the node need not be there.
                simple(acts, rid, nid, Verb::LiftLock);
            }
        }
    }
    removed(world, acts);
}

/// A removed resource is forgotten once it is stopped; one that failed is remembered for people to
/// see.
fn removed(world: &World<'_>, acts: &mut Actions) {
    for rid in 0..world.rscs.len() {
        let rsc = &world.rscs[rid];
        if !(rsc.orphan || rsc.meta.remove_after_stop)
            || !rsc.is_primitive()
            || rsc.parent.is_some()
            || rsc.failed
        {
            continue;
        }
        for stop in acts.all(rid, Verb::Stop) {
            let Some(nid) = acts.acts[stop].node else { continue };
            if acts.acts[stop].optional || !world.nodes[nid].can_run() || !rsc.managed {
                continue;
            }
            let delete = simple(acts, rid, nid, Verb::Delete);
            for other in acts.all(rid, Verb::Stop) {
                let kind = if other == stop { edge::NEEDS | edge::QUIET } else { edge::ORDER };
                acts.order(other, delete, kind);
            }
            for start in acts.all(rid, Verb::Start) {
                acts.order(delete, start, edge::ORDER);
            }
        }
    }
}

fn simple(acts: &mut Actions, rid: usize, nid: Nid, verb: Verb) -> Aid {
    let mut act = blank(Some(rid), verb, Some(nid));
    act.optional = false;
    let aid = acts.add(act);
    acts.of_node.entry(nid).or_default().push(aid);
    aid
}

/// A point at which enough of several is done is there when any of it is still to be done.
pub(crate) fn points(acts: &mut Actions) {
    let mut awaited: BTreeMap<Aid, bool> = BTreeMap::new();
    for e in acts.edges.iter().filter(|e| e.kind & edge::ANY != 0) {
        *awaited.entry(e.then).or_default() |= acts.happens(e.first);
    }
    for (point, awaited) in awaited {
        acts.acts[point].optional = !awaited;
    }
}

/// The graph of all that happens.
pub(crate) fn graph(world: &mut World<'_>, acts: &mut Actions) -> Graph {
    let order = sequence(world, acts);
    let inputs = inputs(acts, &order);
    let mut graph = Graph {
        batch_limit: world.opts.batch_limit,
        migration_limit: world.opts.migration_limit,
        cluster_delay_ms: world.opts.cluster_delay_ms,
        fencing_timeout_ms: world.opts.fencing_timeout_ms,
        failed_stop_is_fatal: true,
        failed_start_is_fatal: world.opts.start_failure_fatal,
        recheck_at: world.values.next_change.get(),
        ..Graph::default()
    };
    let mut units = crate::units::Units::new();
    for (i, (&aid, inputs)) in order.iter().zip(inputs).enumerate() {
        let unit = units.place(world, acts, aid);
        let task = task(world, acts, aid);
        let act = &acts.acts[aid];
        // What is done by other means happens nowhere in particular.
        let elsewhere = act.pseudo && act.verb != Verb::Fence;
        let node = act.node.filter(|_| !elsewhere).map(|n| NodeName(world.nodes[n].name.clone()));
        graph.actions.push(Action {
            id: ActionId(i as u32),
            task,
            node,
            router: act.node.and_then(|n| router(world, n)),
            inputs,
            priority: act.priority,
            can_fail: act.rid.is_some_and(|r| !world.rscs[r].managed) && act.verb == Verb::Monitor,
            note: None,
            unit,
        });
    }
    crate::notify_lists::add(world, acts, &order, &mut graph);
    graph
}

/// The member that holds the connection to a remote or guest node.
fn router(world: &World<'_>, nid: Nid) -> Option<NodeName> {
    let connection = world.nodes[nid].connection?;
    let rsc = &world.rscs[connection];
    let host = rsc.assigned.or(rsc.running_on.first().copied())?;
    Some(NodeName(world.nodes[host].name.clone()))
}

/// Inputs of each listed action; circles are cut at orderings without consequences, and then
/// where they came up first.
fn inputs(acts: &Actions, order: &[Aid]) -> Vec<Vec<ActionId>> {
    let came_up: Vec<Aid> = (0..acts.acts.len()).filter(|&a| acts.happens(a)).collect();
    let number = |order: &[Aid]| {
        let mut ids: Vec<Option<ActionId>> = vec![None; acts.acts.len()];
        for (i, &aid) in order.iter().enumerate() {
            ids[aid] = Some(ActionId(i as u32));
        }
        ids
    };
    let ids = number(&came_up);
    let mut inputs: Vec<Vec<ActionId>> = vec![Vec::new(); came_up.len()];
    let mut weights: Vec<Vec<Weight>> = vec![Vec::new(); came_up.len()];
    for e in &acts.edges {
        let (Some(first), Some(then)) = (ids[e.first], ids[e.then]) else { continue };
        if e.kind & (edge::TOGETHER | edge::VOID) != 0 {
            continue;
        }
        if e.kind & edge::LOAD != 0 && !load_applies(acts, e.first, e.then) {
            continue;
        }
        inputs[then.index()].push(first);
        let more = e.kind & !(edge::QUIET | edge::USER | edge::PROBE | edge::SERIAL) != 0;
        weights[then.index()].push(match e.kind & (edge::USER | edge::SERIAL) {
            _ if more => Weight::Need,
            0 => Weight::Order,
            _ => Weight::Wish,
        });
    }
    for (list, weights) in inputs.iter_mut().zip(&mut weights) {
        let mut pairs: Vec<(ActionId, Weight)> =
            list.iter().copied().zip(weights.iter().copied()).collect();
        pairs.sort_by_key(|(id, weight)| (*id, std::cmp::Reverse(*weight)));
        pairs.dedup_by_key(|(id, _)| *id);
        *list = pairs.iter().map(|p| p.0).collect();
        *weights = pairs.iter().map(|p| p.1).collect();
    }
    crate::circles::cut(&mut inputs, &mut weights);
    let listed = number(order);
    let renamed = |id: &ActionId| listed[came_up[id.index()]];
    order
        .iter()
        .map(|&aid| {
            let own = ids[aid].map(|id| inputs[id.index()].as_slice()).unwrap_or_default();
            let mut own: Vec<ActionId> = own.iter().filter_map(renamed).collect();
            own.sort_unstable();
            own
        })
        .collect()
}

fn load_applies(acts: &Actions, first: Aid, then: Aid) -> bool {
    acts.happens(first) && acts.happens(then)
}

fn task(world: &mut World<'_>, acts: &Actions, aid: Aid) -> Task {
    let act = &acts.acts[aid];
    if act.pseudo {
        return Task::Pseudo { key: pseudo_key(world, acts, aid) };
    }
    match act.verb {
        Verb::Fence => Task::Fence {
            target: NodeName(act.node.map(|n| world.nodes[n].name.clone()).unwrap_or_default()),
            action: act.extra.as_ref().and_then(|e| e.fence).unwrap_or(FenceAction::Reboot),
            devices: Vec::new(),
            delay_s: act.node.map_or(0, |n| crate::fence::delay_s(world, n)),
        },
        Verb::Shutdown => Task::Shutdown,
        Verb::ClearFailures => Task::ClearFailures {
            resource: act
                .rid
                .map(|r| {
                    if world.rscs[r].anonymous {
                        world.rscs[r].conf_id.clone()
                    } else {
                        world.rscs[r].id.clone()
                    }
                })
                .unwrap_or_default(),
            operation: None,
        },
        Verb::LiftLock => Task::LiftShutdownLock { resource: printed(world, act.rid) },
        Verb::Delete => {
            let conf = act.rid.and_then(|r| world.conf(r));
            Task::DeleteHistory {
                resource: printed(world, act.rid),
                agent: conf.map_or_else(
                    || (Text::default(), None, Text::default()),
                    |c| (c.class.clone(), c.provider.clone(), c.agent.clone()),
                ),
            }
        }
        Verb::Cancel => Task::Cancel {
            resource: printed(world, act.rid),
            operation: act.name.clone(),
            interval: act.interval,
        },
        _ => Task::Resource(Box::new(operation(world, acts, aid))),
    }
}

/// Key of a point or of an action that is carried out by other means.
pub(crate) fn pseudo_key(world: &World<'_>, acts: &Actions, aid: Aid) -> Text {
    let act = &acts.acts[aid];
    match (act.rid, act.verb) {
        (Some(rid), Verb::Notice) => format_smolstr!("{}_{}_0", world.rscs[rid].id, act.name),
        (Some(rid), verb) => {
            // What a fenced node ran is named as its history names it.
            let rsc = &world.rscs[rid];
            let ended = rsc.is_primitive() && matches!(verb, Verb::Stop | Verb::Demote);
            let name = if ended { &rsc.history_id } else { &rsc.id };
            format_smolstr!("{name}_{}_{}", verb.name(), act.interval)
        }
        (None, _) => act.name.clone(),
    }
}

fn printed(world: &World<'_>, rid: Option<usize>) -> Text {
    rid.map(|r| world.rscs[r].history_id.clone()).unwrap_or_default()
}

/// Everything that is needed to run an agent.
fn operation(world: &mut World<'_>, acts: &Actions, aid: Aid) -> ResourceOp {
    let act = &acts.acts[aid];
    let Some(rid) = act.rid else { return ResourceOp::default() };
    let name: Text = match act.verb {
        Verb::Monitor => act.name.clone(),
        verb => Text::new_static(verb.name()),
    };
    let params = world.op_params(rid, act.node, &name, act.interval);
    let timeout_ms = world.timeout_ms(rid, &name, act.interval);
    let digests = world.digests(rid, act.node, &name, act.interval);
    let rsc = &world.rscs[rid];
    let conf = world.conf(rid);
    let mut meta: Vec<(Text, Text)> = vec![
        ("CRM_meta_timeout".into(), timeout_ms.to_string().into()),
        ("CRM_meta_name".into(), name.clone()),
    ];
    if act.interval > 0 {
        meta.push(("CRM_meta_interval".into(), act.interval.to_string().into()));
    }
    if let Some(owner) = world.instance_owner(rid)
        && let Some(c) = world.rscs[owner].clone_conf()
    {
        let number = rsc.id.rsplit_once(':').map_or("0", |(_, n)| n);
        meta.push(("CRM_meta_clone".into(), number.into()));
        meta.push(("CRM_meta_clone_max".into(), c.max.to_string().into()));
        meta.push(("CRM_meta_clone_node_max".into(), c.node_max.to_string().into()));
        meta.push(("CRM_meta_globally_unique".into(), c.unique.to_string().into()));
        meta.push(("CRM_meta_notify".into(), rsc.notify.to_string().into()));
        if c.promotable {
            // Agents of before 2.1 know the older names.
            for role in ["promoted", "master"] {
                for (name, value) in [("max", c.promoted_max), ("node_max", c.promoted_node_max)] {
                    let name = format_smolstr!("CRM_meta_{role}_{name}");
                    meta.push((name, value.to_string().into()));
                }
            }
        }
    }
    let op =
        conf.and_then(|c| c.ops.iter().find(|o| o.name == name && o.interval_ms == act.interval));
    let mut start_delay_ms = 0;
    if let Some(op) = op {
        for (n, v) in &op.options {
            if n == "start-delay" {
                start_delay_ms = crate::values::millis(v).unwrap_or(0);
            }
            if n == "on-fail" || n == "role" {
                meta.push((format_smolstr!("CRM_meta_{}", n.replace('-', "_")), v.clone()));
            }
        }
    }
    let extra = act.extra.as_ref();
    if let Some(extra) = extra {
        meta.extend(extra.meta.iter().cloned());
    }
    let node_name = |n: Option<Nid>| n.map(|n| NodeName(world.nodes[n].name.clone()));
    ResourceOp {
        resource: rsc.history_id.clone(),
        instance: (rsc.history_id != rsc.id).then(|| rsc.id.clone()),
        class: conf.map(|c| c.class.clone()).unwrap_or_default(),
        provider: conf.and_then(|c| c.provider.clone()),
        agent: conf.map(|c| c.agent.clone()).unwrap_or_default(),
        operation: name.clone(),
        key: OpKey {
            resource: rsc.history_id.clone(),
            operation: if act.verb == Verb::Notify { act.name.clone() } else { name },
            interval: act.interval,
        },
        interval: act.interval,
        timeout_ms,
        start_delay_ms,
        expected_rc: extra.map_or(0, |e| e.expected_rc),
        is_probe: extra.is_some_and(|e| e.probe),
        params: {
            let mut sorted: Vec<(Text, Text)> = params.to_vec();
            sorted.sort();
            sorted
        },
        meta,
        digests,
        migrate_source: extra.and_then(|e| node_name(e.source)),
        migrate_target: extra.and_then(|e| node_name(e.target)),
    }
}
