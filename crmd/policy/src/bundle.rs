//! Remote connections, guests and bundles.

use std::sync::Arc;

use rota_cib::Text;
use rota_cib::constraint::Role;
use rota_cib::resource::{Bundle, Primitive};
use smol_str::format_smolstr;

use crate::actions::{Actions, Aid, Collect, Verb, blank, edge};
use crate::assign::{self, Assign};
use crate::create;
use crate::model::{
    BundleConf, Cand, CloneConf, Discover, Kind, Nid, NodeSort, OpConf, PrimConf, Replica, Rid,
    World,
};
use crate::score::{INF, leading_number, sum};
use crate::unpack::{self, Inherited, Instance, Maker};
use crate::values::{Pairs, boolean, get, millis};

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
        ambiguous: false,
    };
    world.prims.push(PrimConf {
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
        let rid = connection(
            maker.world,
            &name,
            params,
            pairs.clone(),
            "20s",
            Some(container),
            Some(parent),
            false,
        );
        maker.world.nodes[nid].connection = Some(rid);
        maker.world.rscs[rid].serves = Some(nid);
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

fn control_port(bundle: &Bundle) -> String {
    bundle
        .network
        .as_ref()
        .and_then(|n| get(&n.attributes, "control-port"))
        .map_or_else(|| "3121".to_owned(), ToString::to_string)
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

/// How the engine is called.
fn container_params(
    bundle: &Bundle,
    n: usize,
    has_child: bool,
    addresses: &[Option<Text>],
) -> Pairs {
    let value = |name: &str| get(&bundle.container, name);
    let replica = format!("{}-{n}", bundle.id);
    let address = addresses.get(n).cloned().flatten();
    let mut opts = String::new();
    if bundle.engine == "docker" {
        opts.push_str(" --restart=no");
    }
    if address.is_some() {
        opts.push_str(&format!(" -h {replica}"));
    }
    opts.push_str(" -e PCMK_stderr=1");
    if let Some(network) = value("network") {
        opts.push_str(&format!(" --net={network}"));
    }
    let port = control_port(bundle);
    opts.push_str(&format!(" -e PCMK_remote_port={port}"));
    let mut points: Vec<String> = Vec::new();
    let mut mount = |source: String, target: &str, options: Option<&Text>, own: bool| {
        if own {
            points.push(source.clone());
        }
        opts.push_str(&format!(" -v {source}:{target}"));
        if let Some(options) = options {
            opts.push_str(&format!(":{options}"));
        }
    };
    for mapping in &bundle.storage {
        let (root, own) = match get(mapping, "source-dir-root") {
            Some(root) => (Some(format!("{root}/{replica}")), true),
            None => (get(mapping, "source-dir").map(ToString::to_string), false),
        };
        if let (Some(source), Some(target)) = (root, get(mapping, "target-dir")) {
            mount(source, target, get(mapping, "options"), own);
        }
    }
    if has_child {
        mount("/etc/pacemaker/authkey".into(), "/etc/pacemaker/authkey", None, false);
        mount(format!("/var/log/pacemaker/bundles/{replica}"), "/var/log", None, true);
    }
    let mut ports: Vec<(Text, Text)> = Vec::new();
    for mapping in bundle.network.iter().flat_map(|net| &net.ports) {
        let outer = get(mapping, "port").or_else(|| get(mapping, "range"));
        if let Some(outer) = outer {
            let inner = get(mapping, "internal-port").unwrap_or(outer);
            ports.push((outer.clone(), inner.clone()));
        }
    }
    if has_child {
        ports.push((port.as_str().into(), port.as_str().into()));
    }
    for (outer, inner) in ports {
        match &address {
            Some(address) => opts.push_str(&format!(" -p {address}:{outer}:{inner}")),
            None if value("network").is_none_or(|net| net != "host") => {
                opts.push_str(&format!(" -p {outer}:{inner}"));
            }
            None => {}
        }
    }
    if let Some(more) = value("options") {
        opts.push_str(&format!(" {more}"));
    }
    opts.push(' ');
    let add_hosts = bundle
        .network
        .as_ref()
        .and_then(|net| get(&net.attributes, "add-host"))
        .and_then(|v| boolean(v))
        .unwrap_or(true);
    if add_hosts {
        for (i, host) in addresses.iter().enumerate() {
            if let Some(host) = host {
                opts.push_str(&format!(" --add-host={}-{i}:{host}", bundle.id));
            }
        }
    }
    let mut params: Pairs = vec![
        ("image".into(), value("image").cloned().unwrap_or_default()),
        ("allow_pull".into(), "true".into()),
        ("force_kill".into(), "false".into()),
        ("reuse".into(), "false".into()),
        ("run_opts".into(), opts.into()),
        ("mount_points".into(), points.join(",").into()),
    ];
    match (value("run-command"), has_child) {
        (Some(command), _) => params.push(("run_cmd".into(), command.clone())),
        (None, true) => params.push(("run_cmd".into(), "/usr/sbin/pacemaker-remoted".into())),
        (None, false) => {}
    }
    params.push(("monitor_cmd".into(), "/bin/true".into()));
    params
}

/// Assigns a bundle's replicas: containers like the instances of a clone, the rest with them.
pub(crate) fn assign(world: &mut World<'_>, state: &mut Assign, rid: Rid) {
    if !world.rscs[rid].provisional || world.rscs[rid].allocating {
        return;
    }
    let Some(conf) = world.rscs[rid].bundle_conf().cloned() else { return };
    world.rscs[rid].allocating = true;
    for i in assign::colocs_as_dependent(world, rid) {
        let primary = world.constraints.colocations[i].primary;
        assign::resource(world, state, primary, None);
    }
    for i in assign::colocs_as_primary(world, rid) {
        assign::add_dependents(world, state, i, rid);
    }
    state.show(world, "pcmk__bundle_assign", rid);
    for r in &conf.replicas {
        for part in [r.ip, Some(r.container), r.remote, r.child].into_iter().flatten() {
            state.show(world, "pcmk__bundle_assign", part);
        }
    }
    if let Some(clone) = conf.clone {
        // Nothing of it is for full members; what is for the replicas is theirs.
        for r in &conf.replicas {
            if let Some(nid) = r.node {
                world.rscs[clone].allowed[nid] =
                    Cand { score: -INF, present: true, discover: Discover::Always };
            }
        }
        state.show(world, "pcmk__bundle_assign", clone);
    }
    let containers: Vec<Rid> = conf.replicas.iter().map(|r| r.container).collect();
    assign::distribute(world, state, rid, &containers, conf.max, conf.per_host);
    for r in &conf.replicas {
        if let Some(ip) = r.ip {
            assign::resource(world, state, ip, None);
        }
        let host = world.rscs[r.container].assigned;
        if let Some(remote) = r.remote {
            if let Some(host) = host {
                let cand = &mut world.rscs[remote].allowed[host];
                if cand.present {
                    cand.score = sum(cand.score, 10_000);
                }
            }
            assign::resource(world, state, remote, None);
        }
        if let (Some(child), Some(nid)) = (r.child, r.node) {
            let cand = &mut world.rscs[child].allowed[nid];
            if cand.present && cand.score > -INF {
                cand.score = INF;
            }
        }
    }
    world.rscs[rid].provisional = false;
    if let Some(clone) = conf.clone {
        for nid in 0..world.nodes.len() {
            if !world.rscs[clone].allowed[nid].present {
                continue;
            }
            let inside = conf.replicas.iter().any(|r| r.node == Some(nid));
            world.rscs[clone].allowed[nid].score = if inside { 0 } else { -INF };
        }
        assign::resource(world, state, clone, None);
    }
    let active = containers.iter().any(|&c| world.rscs[c].assigned.is_some());
    world.rscs[rid].next_role = Some(if active { Role::Started } else { Role::Stopped });
    world.rscs[rid].allocating = false;
}

/// Makes a bundle's actions and ties its parts together.
pub(crate) fn actions(world: &mut World<'_>, acts: &mut Actions, rid: Rid) {
    let Some(conf) = world.rscs[rid].bundle_conf().cloned() else { return };
    for r in &conf.replicas {
        for part in [r.ip, Some(r.container), r.remote].into_iter().flatten() {
            create::resource_actions(world, acts, part);
        }
    }
    if let Some(clone) = conf.clone {
        create::resource_actions(world, acts, clone);
    }
    let mut verbs = vec![Verb::Start, Verb::Stop];
    if conf.promoted_max > 0 {
        verbs.extend([Verb::Promote, Verb::Demote]);
    }
    for verb in verbs {
        let mut all = blank(Some(rid), verb, None);
        all.pseudo = true;
        all.collect = Collect::Least(0);
        let all = acts.add(all);
        let done_verb = verb.done().unwrap_or(Verb::Point);
        let mut done = blank(Some(rid), done_verb, None);
        done.pseudo = true;
        done.mirrors = Some(all);
        let done = acts.add(done);
        acts.acts[all].mirrored.push(done);
        for r in &conf.replicas {
            for part in [r.ip, Some(r.container)].into_iter().flatten() {
                for member in acts.all(part, verb) {
                    if part == r.container {
                        acts.join(all, member);
                    }
                    acts.order(all, member, edge::ORDER);
                    acts.order(member, done, edge::ORDER);
                }
            }
        }
        if let Some(clone) = conf.clone {
            for inner in acts.all(clone, verb) {
                acts.order(all, inner, edge::ORDER);
                acts.join(all, inner);
            }
            for inner in acts.all(clone, done_verb) {
                acts.order(inner, done, edge::ORDER);
            }
            if world.rscs[clone].notify {
                let key = format_smolstr!(
                    "{}_confirmed-post_notify_{}_0",
                    world.rscs[clone].id,
                    done_verb.name()
                );
                if let Some(&confirmed) = acts.named.get(&key) {
                    acts.order(confirmed, done, edge::ORDER);
                }
            }
        }
        acts.order(all, done, edge::ORDER);
    }
    for (first, then) in [
        (Verb::Stopped, Verb::Start),
        (Verb::Demoted, Verb::Stop),
        (Verb::Running, Verb::Promote),
        (Verb::Demoted, Verb::Promote),
    ] {
        for a in acts.all(rid, first) {
            for b in acts.all(rid, then) {
                acts.order(a, b, edge::ORDER);
            }
        }
    }
    for r in &conf.replicas {
        if let Some(ip) = r.ip {
            pairwise(acts, ip, Verb::Start, r.container, Verb::Start, edge::NEEDS | edge::FORCES);
            pairwise(acts, r.container, Verb::Stop, ip, Verb::Stop, edge::WANTS);
        }
    }
}

fn pairwise(acts: &mut Actions, first: Rid, a: Verb, then: Rid, b: Verb, kind: u16) {
    for x in acts.all(first, a) {
        for y in acts.all(then, b) {
            acts.order(x, y, kind);
        }
    }
}

/// The starts of a resource; one that cannot be stands for those of what has no node.
fn starts_or_never(acts: &mut Actions, rid: Rid) -> Vec<Aid> {
    let found = acts.all(rid, Verb::Start);
    if !found.is_empty() {
        return found;
    }
    let mut never = blank(Some(rid), Verb::Start, None);
    never.runnable = false;
    vec![acts.add(never)]
}

/// Connections follow their containers; what runs on remote and guest nodes follows their
/// connections.
pub(crate) fn order_remotes(world: &World<'_>, acts: &mut Actions) {
    for rid in 0..world.rscs.len() {
        let rsc = &world.rscs[rid];
        if let Some(container) = rsc.container
            && rsc.serves.is_none()
            && !world.in_bundle(rid)
        {
            let forces = edge::NEEDS | edge::FORCES;
            pairwise(acts, container, Verb::Start, rid, Verb::Start, forces);
            pairwise(acts, rid, Verb::Stop, container, Verb::Stop, edge::WANTS);
        }
    }
    for nid in 0..world.nodes.len() {
        let Some(connection) = world.nodes[nid].connection else { continue };
        if let Some(container) = world.nodes[nid].container {
            let container_starts = starts_or_never(acts, container);
            for &a in &container_starts {
                for b in acts.all(connection, Verb::Start) {
                    acts.order(a, b, edge::NEEDS | edge::FORCES);
                }
            }
            pairwise(acts, connection, Verb::Stop, container, Verb::Stop, edge::WANTS);
        }
        let starts = if world.in_bundle(connection) {
            starts_or_never(acts, connection)
        } else {
            acts.all(connection, Verb::Start)
        };
        let stops = acts.all(connection, Verb::Stop);
        if let Some(container) = world.nodes[nid].container
            && world.in_bundle(connection)
        {
            // There is nothing to look for before the container runs.
            let idle = world.rscs[container].running_on.is_empty()
                && !acts.all(container, Verb::Start).iter().any(|&s| !acts.acts[s].optional);
            if idle {
                for probe in acts.all(connection, Verb::Monitor) {
                    acts.acts[probe].runnable = false;
                }
            }
            for start in acts.all(container, Verb::Start) {
                for probe in acts.all(connection, Verb::Monitor) {
                    if acts.acts[probe].extra.as_ref().is_some_and(|e| e.probe) {
                        acts.order(start, probe, edge::NEEDS | edge::QUIET);
                    }
                }
            }
        }
        let gone = world.nodes[nid].remote_reset || world.rscs[connection].failed;
        for aid in acts.of_node.get(&nid).cloned().unwrap_or_default() {
            let verb = acts.acts[aid].verb;
            match verb {
                Verb::Start | Verb::Promote | Verb::MigrateFrom => {
                    // A new connection to the same remote node changes nothing behind it.
                    let guest = world.nodes[nid].sort == NodeSort::Guest;
                    let kind = if guest {
                        edge::NEEDS | edge::FORCES | edge::SAME_REASON
                    } else {
                        edge::NEEDS
                    };
                    for &start in &starts {
                        acts.order(start, aid, kind);
                    }
                }
                Verb::Monitor
                | Verb::Cancel
                | Verb::Delete
                | Verb::ClearFailures
                | Verb::Notify => {
                    for &start in &starts {
                        acts.order(start, aid, edge::NEEDS | edge::QUIET);
                    }
                }
                Verb::Stop | Verb::Demote if !gone => {
                    for &stop in &stops {
                        let moving = !acts.acts[stop].optional
                            && starts.iter().any(|&s| !acts.acts[s].optional);
                        let _ = moving;
                        acts.order(aid, stop, edge::WANTS | edge::QUIET);
                    }
                }
                _ => {}
            }
        }
    }
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

    /// The instance of a bundle's inner clone that belongs to the replica which is this node.
    pub(crate) fn replica_child(&self, clone: Rid, nid: Nid) -> Option<Rid> {
        let bundle = self.rscs[self.rscs[clone].parent?].bundle_conf()?;
        bundle.replicas.iter().find(|r| r.node == Some(nid)).and_then(|r| r.child)
    }

    /// The node that a bundle's replica is on; any other node is its own host.
    pub(crate) fn host_of(&self, nid: Nid) -> Nid {
        match self.nodes[nid].container {
            Some(container) if self.in_bundle(container) => self.rscs[container]
                .assigned
                .or(self.rscs[container].running_on.first().copied())
                .unwrap_or(nid),
            _ => nid,
        }
    }

    /// The node whose attributes an instance on a node goes by: for a guest the host that its
    /// container will be on, if `container-attribute-target` says so; any other node itself.
    pub(crate) fn attribute_node(&self, rid: Rid, nid: Nid) -> Option<Nid> {
        let by_host = get(&self.rscs[rid].meta.pairs, "container-attribute-target")
            .is_some_and(|v| v.eq_ignore_ascii_case("host"));
        match self.nodes[nid].container.filter(|_| by_host) {
            Some(container) => self.rscs[container].assigned,
            None => Some(nid),
        }
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
    use std::fmt::Write as _;
    let rsc = &world.rscs[rid];
    let Some(conf) = rsc.bundle_conf() else { return };
    let set = if conf.max > 1 { " set" } else { "" };
    let mut first = Vec::new();
    if conf.per_host > 1 {
        first.push("unique");
    }
    let _ = writeln!(
        out,
        "{:indent$}* Container bundle{set}: {} [{}]{}:",
        "",
        rsc.id,
        conf.image,
        crate::simulate::collective_flags(world, rid, &first)
    );
    let inner = indent + 2;
    for r in &conf.replicas {
        let shown = r.child.filter(|_| r.remote.is_some()).unwrap_or(r.container);
        let text = crate::simulate::primitive_text(world, shown);
        // The replica's name and host stand for the instance inside.
        let name = match r.remote {
            Some(remote) => world.rscs[remote].id.clone(),
            None => world.rscs[r.container].id.clone(),
        };
        let address = r.ipaddr.as_ref().map_or_else(String::new, |a| format!(" ({a})"));
        let rest = text.split_once('\t').map_or("", |(_, rest)| rest).to_owned();
        let host = world.rscs[r.container].running_on.first().map(|&n| world.nodes[n].name.clone());
        let rest = match (r.child, host) {
            (Some(child), host) => crate::simulate::on_host(world, child, &rest, host.as_deref()),
            (None, _) => rest,
        };
        let _ = writeln!(out, "{:inner$}* {name}{address}\t{rest}", "");
    }
}
