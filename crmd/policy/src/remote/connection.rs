//! Nodes that are reached through a resource, and those resources.

use std::sync::Arc;

use rota_cib::Text;

use crate::model::{Cand, Discover, Kind, Nid, NodeSort, OpConf, PrimConf, Rid, World};
use crate::unpack::{self, Instance};
use crate::values::{Pairs, get};

/// Adds a node that only the status knows of. Nothing is for it that does not name it.
pub(crate) fn add_node(world: &mut World<'_>, name: Text, sort: NodeSort) -> Nid {
    let nid = world.nodes.len();
    let mut node = crate::nodes::new(name.clone(), name.clone(), sort);
    let state = world.cib.status.nodes.iter().find(|s| s.uname == name || s.id == name);
    crate::nodes::attributes(&mut node, world.cib, None, state, &world.values);
    world.nodes.push(node);
    world.node_by_name.insert(name.clone(), nid);
    world.node_by_id.insert(name, nid);
    for rsc in &mut world.rscs {
        rsc.allowed.push(Cand::ABSENT);
    }
    nid
}

/// Ties remote and guest nodes to their connections.
pub(crate) fn connect(world: &mut World<'_>) {
    // A replica's inside is for its own instance only.
    let inside: Vec<(Nid, Option<Rid>)> = world
        .rscs
        .iter()
        .filter_map(|r| r.bundle_conf())
        .flat_map(|b| b.replicas.iter().filter_map(|r| r.node.map(|n| (n, r.child))))
        .collect();
    for (nid, child) in inside {
        for (rid, rsc) in world.rscs.iter_mut().enumerate() {
            if Some(rid) != child {
                rsc.allowed[nid] = Cand { discover: Discover::Never, ..Cand::ABSENT };
            }
        }
    }
    for rid in 0..world.rscs.len() {
        let is_connection = world.conf(rid).is_some_and(PrimConf::is_connection);
        if is_connection
            && let Some(&nid) = world.node_by_name.get(&world.rscs[rid].id)
            && world.nodes[nid].is_remote()
        {
            world.nodes[nid].connection = Some(rid);
            world.rscs[rid].serves = Some(nid);
            if let Some(container) = world.rscs[rid].container {
                world.nodes[nid].container = Some(container);
            }
        }
    }
    for rid in 0..world.rscs.len() {
        let Some(name) = get(&world.rscs[rid].meta.pairs, "remote-node").cloned() else {
            continue;
        };
        if !world.rscs[rid].is_primitive() {
            continue;
        }
        let Some(&nid) = world.node_by_name.get(&name) else { continue };
        if world.nodes[nid].connection.is_some() {
            continue;
        }
        let connection = guest_connection(world, rid, &name);
        world.nodes[nid].connection = Some(connection);
        world.nodes[nid].container = Some(rid);
        world.rscs[connection].serves = Some(nid);
    }
    // A container named by a meta attribute.
    for rid in 0..world.rscs.len() {
        let Some(name) = get(&world.rscs[rid].meta.pairs, "container").cloned() else { continue };
        if world.rscs[rid].container.is_none()
            && let Some(&container) = world.by_id.get(&name)
            && container != rid
        {
            world.rscs[rid].container = Some(container);
            world.rscs[container].fillers.push(rid);
            world.implied.push((rid, container));
        }
    }
}

/// The connection to a guest, made of the meta attributes of what it lives in.
fn guest_connection(world: &mut World<'_>, container: Rid, name: &Text) -> Rid {
    let meta = Arc::clone(&world.rscs[container].meta);
    let value = |n: &str| get(&meta.pairs, n).cloned();
    let mut params = Vec::new();
    if let Some(addr) = value("remote-addr") {
        params.push(("addr".into(), addr));
    }
    if let Some(port) = value("remote-port") {
        params.push(("port".into(), port));
    }
    let start_timeout = value("remote-connect-timeout").unwrap_or_else(|| "60s".into());
    let mut pairs = Vec::new();
    if let Some(allow) = value("remote-allow-migrate") {
        pairs.push(("allow-migrate".into(), allow));
    }
    if let Some(managed) = value("is-managed") {
        pairs.push(("is-managed".into(), managed));
    }
    let defaults: Vec<_> = world.cib.config.rsc_defaults.iter().collect();
    world.values.collect(&defaults, None, &crate::values::Context::default(), &mut pairs);
    let made =
        Connection { params, meta: pairs, start_timeout: &start_timeout, container, bundle: None };
    connection(world, name, made)
}

/// A connection that nobody configured as a resource.
pub(crate) struct Connection<'c> {
    pub params: Pairs,
    pub meta: Pairs,
    pub start_timeout: &'c str,
    /// What the node lives in.
    pub container: Rid,
    /// The bundle it is part of; none for a guest, whose connection stands for itself.
    pub bundle: Option<Rid>,
}

/// Makes the connection to a node of that name.
pub(crate) fn connection(world: &mut World<'_>, name: &Text, made: Connection<'_>) -> Rid {
    let op = |n: &str, interval: u32, timeout: &str| OpConf {
        name: n.into(),
        interval_ms: interval,
        role: None,
        enabled: true,
        options: vec![("timeout".into(), timeout.into())],
        source: None,
        ambiguous: false,
    };
    world.prims.push(PrimConf {
        class: "ocf".into(),
        provider: Some("pacemaker".into()),
        agent: "remote".into(),
        params: Vec::new(),
        utilization: Vec::new(),
        ops: vec![op("monitor", 30_000, "30s"), op("start", 0, made.start_timeout)],
        fixed_params: made.params,
        params_by_node: false,
        params_cache: None,
    });
    let prim = world.prims.len() - 1;
    let meta = unpack::meta(made.meta, &world.opts, false, true, false);
    let rid = unpack::add(
        world,
        name,
        Kind::Primitive,
        Some(prim),
        made.bundle,
        Arc::new(meta),
        Instance::default(),
    );
    world.rscs[rid].container = Some(made.container);
    world.rscs[made.container].fillers.push(rid);
    if made.bundle.is_none() {
        world.top.push(rid);
    }
    rid
}
