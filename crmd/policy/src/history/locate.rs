//! Which resource a history is about: instances of clones by place, orphans as found.

use rota_cib::Text;
use rota_cib::status::{NodeState, ResourceHistory};

use crate::model::{Nid, NodeSort, Requires, Rid, World};
use crate::unpack::{self, Instance};

/// The instance that a history on a node is about; an orphan is made where there is none.
pub(crate) fn locate(world: &mut World<'_>, nid: Nid, history: &ResourceHistory) -> Rid {
    let id = &history.id;
    let base = match id.rsplit_once(':') {
        Some((base, n)) if !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()) => {
            Text::from(base)
        }
        _ => id.clone(),
    };
    if let Some(&rid) = world.by_id.get(id)
        && !world.rscs[rid].anonymous
        && world.rscs[rid].is_primitive()
    {
        return rid;
    }
    if let Some(&clone) = world.clone_of.get(&base) {
        let unique = world.rscs[clone].unique;
        if !unique {
            return anonymous(world, clone, &base, nid);
        }
    }
    // Also one of a unique clone that has no instance of this number any more, or that was
    // anonymous when this was written: it belongs to no clone.
    orphan(world, history, id)
}

/// Member (or instance itself) with this configured name.
pub(super) fn find_in(world: &World<'_>, rid: Rid, base: &Text) -> Option<Rid> {
    if world.rscs[rid].conf_id == *base {
        return Some(rid);
    }
    world.rscs[rid].children.iter().copied().find(|&c| world.rscs[c].conf_id == *base)
}

/// The instance of an anonymous clone that a node has, or a spare one, or one too many.
pub(super) fn anonymous(world: &mut World<'_>, clone: Rid, base: &Text, nid: Nid) -> Rid {
    // What a bundle runs is told apart by the replica it is in.
    if let Some(child) = world.replica_child(clone, nid) {
        return child;
    }
    let (mut free, mut again) = (None, false);
    for child in world.rscs[clone].children.clone() {
        let Some(member) = find_in(world, child, base) else { continue };
        let places = running_places(world, child);
        if places.is_empty() {
            // One more that an idle history called for serves as well.
            free = free.or(Some(member));
        } else if places.contains(&nid) {
            // What runs there under another name already is another instance.
            if !world.rscs[member].running_on.contains(&nid) {
                return member;
            }
            again = true;
        }
    }
    // What needs no proof of fencing may be started again before the node is off: the instance
    // that the node had is one more, so that its number is free for the new one.
    let proof = |member: Rid| {
        matches!(world.rscs[member].meta.requires, Requires::Fencing | Requires::Unfencing)
    };
    let node = &world.nodes[nid];
    let members = world.nodes.iter().filter(|n| n.sort != NodeSort::Ping).count();
    // One for every node there is: no number is wanted elsewhere.
    let everywhere = world.rscs[clone].clone_conf().is_some_and(|c| c.max >= members);
    let lost = (node.unclean || !node.online) && node.sort != NodeSort::Guest && !everywhere;
    if let Some(free) = free.filter(|&f| !again && (!lost || proof(f))) {
        return free;
    }
    let number = world.rscs[clone].children.len();
    let child = make_instance(world, clone, number);
    find_in(world, child, base).unwrap_or(child)
}

/// Where an instance (or a member of it) runs, or is just being dealt with.
pub(super) fn running_places(world: &World<'_>, rid: Rid) -> Vec<Nid> {
    let mut places = world.rscs[rid].running_on.clone();
    for part in std::iter::once(rid).chain(world.rscs[rid].children.iter().copied()) {
        let rsc = &world.rscs[part];
        let busy = rsc.pending_task.iter().filter(|(task, _)| task != "probe").map(|(_, n)| *n);
        for place in rsc.running_on.iter().copied().chain(busy) {
            if !places.contains(&place) {
                places.push(place);
            }
        }
    }
    places
}

/// One more instance than configured, so an orphan.
pub(super) fn make_instance(world: &mut World<'_>, clone: Rid, number: usize) -> Rid {
    let Some(&model) = world.rscs[clone].children.first() else { return clone };
    let like = world.rscs[model].clone();
    let instance = Instance {
        number: Some(number),
        unique: like.unique,
        notify: like.notify,
        promotable: like.promotable,
    };
    let child = unpack::add(
        world,
        &like.conf_id,
        like.kind.clone(),
        like.prim,
        Some(clone),
        like.meta.clone(),
        instance,
    );
    for member in like.children {
        let m = world.rscs[member].clone();
        let made = unpack::add(
            world,
            &m.conf_id,
            m.kind.clone(),
            m.prim,
            Some(child),
            m.meta.clone(),
            instance,
        );
        world.rscs[child].children.push(made);
    }
    unpack::mark_orphan(world, child);
    world.rscs[clone].children.push(child);
    child
}

/// A resource that is in no configuration any more.
pub(super) fn orphan(world: &mut World<'_>, history: &ResourceHistory, id: &Text) -> Rid {
    // The name may have become that of a clone or group since.
    let renamed = world.by_id.get(id).copied();
    if let Some(rid) = renamed {
        if world.rscs[rid].is_primitive() {
            return rid;
        }
        let known = world.top.iter().find(|&&t| world.rscs[t].orphan && world.rscs[t].id == *id);
        if let Some(&rid) = known {
            return rid;
        }
    }
    let class = history.class.clone().unwrap_or_default();
    let conf = crate::model::PrimConf {
        class,
        provider: history.provider.clone(),
        agent: history.agent.clone().unwrap_or_default(),
        params: Vec::new(),
        utilization: Vec::new(),
        ops: Vec::new(),
        fixed_params: Vec::new(),
        params_by_node: false,
        params_cache: None,
    };
    let (fencing, connection) = (conf.is_fencing(), conf.is_connection());
    world.prims.push(conf);
    let prim = world.prims.len() - 1;
    let mut pairs = Vec::new();
    let defaults: Vec<_> = world.cib.config.rsc_defaults.iter().collect();
    world.values.collect(&defaults, None, &crate::values::Context::default(), &mut pairs);
    let meta = unpack::meta(pairs, &world.opts, fencing, connection, false);
    let rid = unpack::add(
        world,
        id,
        crate::model::Kind::Primitive,
        Some(prim),
        None,
        std::sync::Arc::new(meta),
        Instance::default(),
    );
    unpack::mark_orphan(world, rid);
    world.top.push(rid);
    if let Some(configured) = renamed {
        world.by_id.insert(id.clone(), configured);
    }
    if connection {
        let name = id.clone();
        let nid = match world.node_by_name.get(&name) {
            Some(&nid) => nid,
            None => crate::remote::add_node(world, name.clone(), NodeSort::Remote),
        };
        world.nodes[nid].connection = Some(rid);
        world.rscs[rid].serves = Some(nid);
    }
    rid
}

/// Removed resources that lived inside another: found once all of a node's history is read.
pub(super) fn bind_containers(world: &mut World<'_>, state: &NodeState) {
    for history in &state.history {
        let Some(container) = &history.container else { continue };
        let (Some(&rid), Some(&c)) = (world.by_id.get(&history.id), world.by_id.get(container))
        else {
            continue;
        };
        if !world.rscs[rid].orphan || world.rscs[rid].container.is_some() || c == rid {
            continue;
        }
        world.rscs[rid].orphan_filler = true;
        world.rscs[rid].container = Some(c);
        world.rscs[c].fillers.push(rid);
        if let Some(nid) = world.rscs[rid].serves {
            // It led to a guest.
            world.nodes[nid].sort = NodeSort::Guest;
            world.nodes[nid].container = Some(c);
        }
    }
}
