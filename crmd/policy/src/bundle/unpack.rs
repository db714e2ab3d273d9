//! The resources of a bundle: per replica a container, perhaps an address, a connection and an
//! instance of what runs inside.

use std::sync::Arc;

use rota_cib::Text;
use rota_cib::resource::{Bundle, Primitive};

use super::engine::{container_params, control_port};
use crate::model::{
    BundleConf, Cand, CloneConf, Discover, Kind, NodeSort, OpConf, PrimConf, Replica, Rid, World,
};
use crate::remote::{Connection, add_node, connection};
use crate::score::leading_number;
use crate::unpack::{self, Inherited, Instance, Maker};
use crate::values::{Pairs, boolean, get};

/// How many replicas a bundle has.
pub(crate) fn replicas(bundle: &Bundle) -> usize {
    let number = |name: &str| {
        get(&bundle.container, name).and_then(|v| leading_number(v)).map(|n| n.max(0) as usize)
    };
    let promoted = number("promoted-max").or_else(|| number("masters")).unwrap_or(0);
    number("replicas").filter(|n| *n > 0).unwrap_or(promoted.max(1))
}

/// Makes the resources of a bundle: per replica a container, perhaps an address, a connection
/// and an instance of what runs inside.
pub(crate) fn unpack<'a>(maker: &mut Maker<'_, 'a>, bundle: &'a Bundle) -> Rid {
    let value = |name: &str| get(&bundle.container, name);
    let number =
        |name: &str| value(name).and_then(|v| leading_number(v)).map(|n| n.max(0) as usize);
    let pairs = maker.meta_pairs(&bundle.meta, None, &Vec::new(), None);
    let promoted_max = number("promoted-max").or_else(|| number("masters")).unwrap_or(0);
    let max = replicas(bundle);
    let per_host = number("replicas-per-host").unwrap_or(1).max(1);
    let promotable = get(&pairs, "promotable").is_some_and(|v| boolean(v) == Some(true));
    let promoted_max = if promotable {
        let given = get(&pairs, "promoted-max").or_else(|| get(&pairs, "master-max"));
        given.and_then(|v| leading_number(v)).unwrap_or(1).max(promoted_max as i64) as usize
    } else {
        promoted_max
    };
    let named_promoted = number("promoted-max").or_else(|| number("masters")).unwrap_or(0) > 0;
    let meta = Arc::new(unpack::meta(pairs.clone(), &maker.world.opts, false, false, false));
    let conf = BundleConf {
        replicas: Vec::new(),
        per_host,
        max,
        promoted_max,
        clone: None,
        image: value("image").cloned().unwrap_or_default(),
    };
    let rid = maker.add(
        &bundle.id,
        Kind::Bundle(Box::new(conf)),
        None,
        None,
        Arc::clone(&meta),
        Instance::default(),
    );
    let clone = bundle.primitive.as_ref().map(|p| {
        inner_clone(maker, bundle, p, rid, &pairs, (max, per_host, promoted_max), named_promoted)
    });
    let addresses: Vec<Option<Text>> = addresses(bundle, max);
    let mut made = Vec::new();
    for n in 0..max {
        let replica = replica(maker, bundle, rid, n, &pairs, clone, &addresses);
        made.push(replica);
    }
    if let Kind::Bundle(conf) = &mut maker.world.rscs[rid].kind {
        conf.replicas = made.clone();
        conf.clone = clone;
    }
    let children = &mut maker.world.rscs[rid].children;
    for r in &made {
        children.extend([r.ip, Some(r.container), r.remote].into_iter().flatten());
    }
    children.extend(clone);
    rid
}

/// Consecutive addresses from the first one, one a replica.
fn addresses(bundle: &Bundle, max: usize) -> Vec<Option<Text>> {
    let first = bundle.network.as_ref().and_then(|n| get(&n.attributes, "ip-range-start"));
    let Some(first) = first else { return vec![None; max] };
    let Ok(first) = first.parse::<std::net::IpAddr>() else { return vec![None; max] };
    (0..max)
        .map(|n| {
            let text = match first {
                std::net::IpAddr::V4(ip) => {
                    std::net::Ipv4Addr::from(u32::from(ip).wrapping_add(n as u32)).to_string()
                }
                std::net::IpAddr::V6(ip) => {
                    std::net::Ipv6Addr::from(u128::from(ip).wrapping_add(n as u128)).to_string()
                }
            };
            Some(text.into())
        })
        .collect()
}

/// What runs inside, as a clone with an instance a replica.
fn inner_clone<'a>(
    maker: &mut Maker<'_, 'a>,
    bundle: &'a Bundle,
    p: &'a Primitive,
    parent: Rid,
    pairs: &Pairs,
    (max, per_host, promoted_max): (usize, usize, usize),
    named_promoted: bool,
) -> Rid {
    let promotable = promoted_max > 0;
    let name: Text = if named_promoted {
        format!("{}-master", bundle.id).into()
    } else {
        format!("{}-clone", bundle.id).into()
    };
    let unique = per_host > 1;
    let mut inner = pairs.clone();
    for (n, v) in [
        ("ordered", "true".to_owned()),
        ("clone-max", max.to_string()),
        ("globally-unique", unique.to_string()),
    ] {
        inner.retain(|(name, _)| name != n);
        inner.push((n.into(), v.into()));
    }
    let flag = |n: &str| get(&inner, n).and_then(|v| boolean(v)).unwrap_or(false);
    let conf = CloneConf {
        max,
        node_max: per_host,
        promoted_max,
        promoted_node_max: 1,
        promotable,
        unique,
        ordered: true,
        interleave: flag("interleave"),
        min: get(&inner, "clone-min").and_then(|v| leading_number(v)).unwrap_or(0).max(0) as usize,
    };
    // A service inside that wants to be told says so itself.
    let own = p.meta.iter().find_map(|s| s.get("notify")).and_then(|v| boolean(v));
    let notify = flag("notify") || own.unwrap_or(false);
    let meta = Arc::new(unpack::meta(inner.clone(), &maker.world.opts, false, false, true));
    let rid = maker.add(
        &name,
        Kind::Clone(Box::new(conf)),
        None,
        Some(parent),
        meta,
        Instance { number: None, unique, notify, promotable },
    );
    let inherited = Inherited { meta: inner, params: Vec::new() };
    let prim = maker.conf(p, &inherited);
    maker.world.clone_of.insert(p.id.clone(), rid);
    for n in 0..max {
        let instance = Instance { number: Some(n), unique, notify, promotable };
        let child = maker.primitive(p, prim, Some(rid), &inherited, instance);
        maker.world.rscs[rid].children.push(child);
    }
    rid
}

/// One replica.
fn replica<'a>(
    maker: &mut Maker<'_, 'a>,
    bundle: &'a Bundle,
    parent: Rid,
    n: usize,
    pairs: &Pairs,
    clone: Option<Rid>,
    addresses: &[Option<Text>],
) -> Replica {
    let name: Text = format!("{}-{n}", bundle.id).into();
    let address = addresses.get(n).cloned().flatten();
    let ip = address.as_ref().map(|a| address_resource(maker, bundle, parent, a, pairs));
    let params = container_params(bundle, n, clone.is_some(), addresses);
    let id: Text = format!("{}-{}-{n}", bundle.id, bundle.engine).into();
    let container = implicit(
        maker.world,
        &id,
        "heartbeat",
        &bundle.engine,
        params,
        60_000,
        parent,
        pairs.clone(),
    );
    let child = clone.map(|c| maker.world.rscs[c].children[n]);
    let mut node = None;
    let mut remote = None;
    if child.is_some() {
        let nid = match maker.world.node_by_name.get(&name) {
            Some(&nid) => nid,
            None => add_node(maker.world, name.clone(), NodeSort::Guest),
        };
        maker.world.nodes[nid].sort = NodeSort::Guest;
        maker.world.nodes[nid].unclean = false;
        maker.world.nodes[nid].container = Some(container);
        node = Some(nid);
        let params = vec![
            ("addr".into(), address.clone().unwrap_or_else(|| "#uname".into())),
            ("port".into(), control_port(bundle).into()),
        ];
        let made = Connection {
            params,
            meta: pairs.clone(),
            start_timeout: "20s",
            container,
            bundle: Some(parent),
        };
        let rid = connection(maker.world, &name, made);
        maker.world.nodes[nid].connection = Some(rid);
        maker.world.rscs[rid].serves = Some(nid);
        // Wherever the container may be there is a way to it.
        let world = &mut *maker.world;
        for (cand, node) in world.rscs[rid].allowed.iter_mut().zip(&world.nodes) {
            if node.sort == NodeSort::Member && !cand.present {
                *cand = Cand::OPEN;
            }
        }
        remote = Some(rid);
    }
    if let Some(child) = child {
        let world = &mut *maker.world;
        for cand in &mut world.rscs[child].allowed {
            *cand = Cand::ABSENT;
        }
        if let Some(nid) = node {
            world.rscs[child].allowed[nid] =
                Cand { score: 500, present: true, discover: Discover::Exclusive };
        }
        world.rscs[child].container = Some(container);
        world.rscs[container].fillers.push(child);
    }
    if let Some(ip) = ip {
        maker.world.implied.push((ip, container));
    }
    Replica { container, ip, remote, child, node, ipaddr: address }
}

fn address_resource(
    maker: &mut Maker<'_, '_>,
    bundle: &Bundle,
    parent: Rid,
    address: &Text,
    pairs: &Pairs,
) -> Rid {
    let network = bundle.network.as_ref();
    let value = |n: &str| network.and_then(|net| get(&net.attributes, n)).cloned();
    let mut params = vec![("ip".into(), address.clone())];
    if let Some(nic) = value("host-interface") {
        params.push(("nic".into(), nic));
    }
    params.push(("cidr_netmask".into(), value("host-netmask").unwrap_or_else(|| "32".into())));
    let id: Text = format!("{}-ip-{}", bundle.id, address.replace(':', ".")).into();
    implicit(maker.world, &id, "heartbeat", "IPaddr2", params, 60_000, parent, pairs.clone())
}

/// A primitive that nobody configured but the bundle.
#[expect(clippy::too_many_arguments, reason = "the parts of an implicit resource")]
fn implicit(
    world: &mut World<'_>,
    id: &Text,
    provider: &str,
    agent: &str,
    params: Pairs,
    interval_ms: u32,
    parent: Rid,
    pairs: Pairs,
) -> Rid {
    let mut options = Pairs::new();
    let context = crate::values::Context {
        agent: Some(("ocf", Some(provider), agent)),
        operation: Some(("monitor", interval_ms)),
        ..crate::values::Context::default()
    };
    let defaults: Vec<_> = world.cib.config.op_defaults.iter().collect();
    world.values.collect(&defaults, None, &context, &mut options);
    world.prims.push(PrimConf {
        class: "ocf".into(),
        provider: Some(provider.into()),
        agent: agent.into(),
        params: Vec::new(),
        utilization: Vec::new(),
        ops: vec![OpConf {
            name: "monitor".into(),
            interval_ms,
            role: None,
            enabled: true,
            options,
            source: None,
            ambiguous: false,
        }],
        fixed_params: params,
        params_by_node: false,
        params_cache: None,
    });
    let prim = world.prims.len() - 1;
    let meta = unpack::meta(pairs, &world.opts, false, false, false);
    unpack::add(
        world,
        id,
        Kind::Primitive,
        Some(prim),
        Some(parent),
        Arc::new(meta),
        Instance::default(),
    )
}
