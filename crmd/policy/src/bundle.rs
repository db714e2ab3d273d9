//! Remote connections, guests and bundles.

use std::sync::Arc;

use rota_cib::Text;
use rota_cib::resource::Bundle;

use crate::actions::Actions;
use crate::assign::Assign;
use crate::model::{BundleConf, Cand, Kind, Nid, NodeSort, OpConf, PrimConf, Rid, World};
use crate::unpack::{self, Instance, Maker};
use crate::values::{get, millis};

/// Adds a node that no configuration names.
pub(crate) fn add_node(world: &mut World<'_>, name: Text, sort: NodeSort) -> Nid {
    let nid = world.nodes.len();
    let mut node = crate::nodes::new(name.clone(), name.clone(), sort);
    let state = world.cib.status.nodes.iter().find(|s| s.uname == name || s.id == name);
    crate::nodes::attributes(&mut node, world.cib, None, state, &world.values);
    world.nodes.push(node);
    world.node_by_name.insert(name.clone(), nid);
    world.node_by_id.insert(name, nid);
    let symmetric = world.opts.symmetric;
    for rsc in &mut world.rscs {
        rsc.allowed.push(if symmetric { Cand::OPEN } else { Cand::ABSENT });
    }
    nid
}

/// Ties remote and guest nodes to their connections.
pub(crate) fn connect_remotes(world: &mut World<'_>) {
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
    connection(world, name, params, pairs, &start_timeout, Some(container), None, true)
}

#[expect(clippy::too_many_arguments, reason = "the parts of an implicit resource")]
fn connection(
    world: &mut World<'_>,
    name: &Text,
    params: Vec<(Text, Text)>,
    pairs: Vec<(Text, Text)>,
    start_timeout: &str,
    container: Option<Rid>,
    parent: Option<Rid>,
    top: bool,
) -> Rid {
    let op = |n: &str, interval: u32, timeout: &str| OpConf {
        name: n.into(),
        interval_ms: interval,
        role: None,
        enabled: true,
        options: vec![("timeout".into(), timeout.into())],
        source: None,
        id: format!("{name}-{n}-{interval}").into(),
    };
    world.prims.push(PrimConf {
        id: name.clone(),
        class: "ocf".into(),
        provider: Some("pacemaker".into()),
        agent: "remote".into(),
        params: Vec::new(),
        utilization: Vec::new(),
        ops: vec![op("monitor", 30_000, "30s"), op("start", 0, start_timeout)],
        fixed_params: params,
        params_by_node: false,
        params_cache: None,
    });
    let prim = world.prims.len() - 1;
    let meta = unpack::meta(pairs, &world.opts, false, true, false);
    let rid = unpack::add(
        world,
        name,
        Kind::Primitive,
        Some(prim),
        parent,
        Arc::new(meta),
        Instance::default(),
    );
    if let Some(container) = container {
        world.rscs[rid].container = Some(container);
        world.rscs[container].fillers.push(rid);
    }
    if top {
        world.top.push(rid);
    }
    let _ = millis(start_timeout);
    rid
}

/// Makes the resources of a bundle.
pub(crate) fn unpack<'a>(maker: &mut Maker<'_, 'a>, bundle: &'a Bundle) -> Rid {
    let pairs = maker.meta_pairs(&bundle.meta, None, &Vec::new(), None);
    let meta = Arc::new(unpack::meta(pairs, &maker.world.opts, false, false, false));
    let conf = BundleConf {
        replicas: Vec::new(),
        per_host: 1,
        max: 1,
        promoted_max: 0,
        clone: None,
        image: Text::default(),
    };
    maker.add(&bundle.id, Kind::Bundle(Box::new(conf)), None, None, meta, Instance::default())
}

/// Assigns a bundle's replicas.
pub(crate) fn assign(world: &mut World<'_>, state: &mut Assign, rid: Rid) {
    let _ = state;
    world.rscs[rid].provisional = false;
}

/// Makes a bundle's actions.
pub(crate) fn actions(world: &mut World<'_>, acts: &mut Actions, rid: Rid) {
    let _ = (world, acts, rid);
}

impl World<'_> {
    /// Whether a resource is part of a bundle.
    pub(crate) fn in_bundle(&self, mut rid: Rid) -> bool {
        while let Some(parent) = self.rscs[rid].parent {
            if self.rscs[parent].is_bundle() {
                return true;
            }
            rid = parent;
        }
        false
    }

    /// The host of a bundle's replica, where its connection is asked to go by name.
    pub(crate) fn bundle_host(&self, rid: Rid, nid: Option<Nid>) -> Option<Text> {
        let _ = nid;
        let rsc = &self.rscs[rid];
        rsc.serves?;
        let container = rsc.container?;
        if !self.in_bundle(rid) {
            return None;
        }
        let host =
            self.rscs[container].running_on.first().copied().or(self.rscs[container].assigned)?;
        Some(self.nodes[host].name.clone())
    }
}

/// A bundle in the status text.
pub(crate) fn render(world: &World<'_>, rid: Rid, indent: usize, out: &mut String) {
    let _ = (world, rid, indent, out);
}
