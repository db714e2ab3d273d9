//! What instances of a clone are told about each other: the lists that agents find as
//! `OCF_RESKEY_CRM_meta_notify_…` ("Pacemaker Administration", "Clone Notifications").
//!
//! All instances of one clone get the same lists throughout one plan: what is, and what is going
//! to happen. Resources and nodes stand in the same order, so that the first node belongs to the
//! first resource; an empty list is one blank.

use rota_cib::Text;
use rota_cib::constraint::Role;
use rota_transition::{Graph, Task};
use rustc_hash::FxHashMap;
use smol_str::format_smolstr;

use crate::actions::{Actions, Aid, Verb};
use crate::model::{Discover, Nid, NodeSort, Rid, World};
use crate::values::get;

/// Hands the lists to the operations of clones that asked for notifications.
pub(crate) fn add(world: &World<'_>, acts: &Actions, order: &[Aid], graph: &mut Graph) {
    let mut known: FxHashMap<Rid, Vec<(Text, Text)>> = FxHashMap::default();
    for (action, &aid) in graph.actions.iter_mut().zip(order) {
        let act = &acts.acts[aid];
        let told = matches!(
            act.verb,
            Verb::Start | Verb::Stop | Verb::Promote | Verb::Demote | Verb::Notify
        );
        let (true, Some(rid), Task::Resource(op)) = (told, act.rid, &mut action.task) else {
            continue;
        };
        let Some(clone) = world.instance_owner(rid).filter(|_| world.rscs[rid].notify) else {
            continue;
        };
        op.meta
            .extend(known.entry(clone).or_insert_with(|| of(world, acts, clone)).iter().cloned());
    }
}

/// The lists for the operations of one clone.
fn of(world: &World<'_>, acts: &Actions, clone: Rid) -> Vec<(Text, Text)> {
    let leaves: Vec<Rid> = world.leaves(clone);
    let mut lists = Lists { world, pairs: Vec::new() };
    let active = |wanted: Option<Role>| -> Vec<(Rid, Nid)> {
        let mut found = Vec::new();
        for &leaf in &leaves {
            let rsc = &world.rscs[leaf];
            let fits = match wanted {
                Some(Role::Promoted) => rsc.role == Role::Promoted,
                Some(Role::Unpromoted) => rsc.role == Role::Unpromoted,
                Some(Role::Stopped | Role::Started) | None => rsc.role > Role::Stopped,
            };
            if fits && let Some(&nid) = rsc.running_on.first() {
                found.push((leaf, nid));
            }
        }
        found
    };
    let planned = |verb: Verb| -> Vec<(Rid, Nid)> {
        let of_leaf = |&leaf: &Rid| {
            let all = acts.all(leaf, verb).into_iter().map(|aid| &acts.acts[aid]);
            let real = all.filter(|act| !act.optional && act.runnable);
            real.filter_map(|act| act.node).map(|nid| (leaf, nid)).collect::<Vec<_>>()
        };
        leaves.iter().flat_map(of_leaf).collect()
    };
    let (promoted, unpromoted) = (active(Some(Role::Promoted)), active(Some(Role::Unpromoted)));
    lists.both("active", &active(None));
    lists.both("promoted", &promoted);
    lists.both("master", &promoted);
    lists.both("unpromoted", &unpromoted);
    lists.both("slave", &unpromoted);
    for (name, verb) in [
        ("start", Verb::Start),
        ("stop", Verb::Stop),
        ("promote", Verb::Promote),
        ("demote", Verb::Demote),
    ] {
        lists.both(name, &planned(verb));
    }
    let idle = leaves.iter().filter(|&&leaf| world.rscs[leaf].role <= Role::Stopped);
    lists.one("inactive_resource", idle.map(|&leaf| &world.rscs[leaf].id));
    let real = |nid: &Nid| world.nodes[*nid].sort != NodeSort::Ping;
    let all: Vec<Nid> = (0..world.nodes.len()).filter(real).collect();
    let open = all.iter().filter(|&&nid| is_candidate(world, clone, nid));
    lists.one("available_uname", open.map(|&nid| &world.nodes[nid].name));
    lists.one("all_uname", all.iter().map(|&nid| &world.nodes[nid].name));
    let by_host = |rid: Rid| {
        let target = get(&world.rscs[rid].meta.pairs, "container-attribute-target");
        target.is_some_and(|target| target == "host")
    };
    if by_host(clone) || leaves.first().is_some_and(|&leaf| by_host(leaf)) {
        lists.one("all_hosts", all.iter().map(|&nid| host(world, nid)));
    }
    lists.pairs
}

/// Whether a clone's instances may be on a node as far as the configuration names nodes at all.
fn is_candidate(world: &World<'_>, clone: Rid, nid: Nid) -> bool {
    let (rsc, cand) = (&world.rscs[clone], world.rscs[clone].allowed[nid]);
    cand.present && (!rsc.exclusive_discover || cand.discover == Discover::Exclusive)
}

/// Where a guest is at present; any other node is its own host.
fn host<'w>(world: &'w World<'_>, nid: Nid) -> &'w Text {
    let container = world.nodes[nid].container;
    let host = container.and_then(|c| world.rscs[c].running_on.first().copied());
    &world.nodes[host.unwrap_or(nid)].name
}

struct Lists<'w, 'a> {
    world: &'w World<'a>,
    pairs: Vec<(Text, Text)>,
}

impl Lists<'_, '_> {
    fn both(&mut self, name: &str, list: &[(Rid, Nid)]) {
        let world = self.world;
        let resources = list.iter().map(|&(rid, _)| &world.rscs[rid].id);
        self.one(&format_smolstr!("{name}_resource"), resources);
        let nodes = list.iter().map(|&(_, nid)| &world.nodes[nid].name);
        self.one(&format_smolstr!("{name}_uname"), nodes);
    }

    fn one<'t>(&mut self, name: &str, words: impl Iterator<Item = &'t Text>) {
        let words: Vec<&str> = words.map(Text::as_str).collect();
        let text = if words.is_empty() { " ".into() } else { words.join(" ") };
        self.pairs.push((format_smolstr!("CRM_meta_notify_{name}"), text.into()));
    }
}
