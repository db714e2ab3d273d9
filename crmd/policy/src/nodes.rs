//! Stage 1a: configured nodes and their states become [`Node`]s.

use std::cmp::Ordering;

use rota_cib::node::NodeKind;
use rota_cib::resource::{CloneChild, Primitive, Resource};
use rota_cib::status::NodeState;
use rota_cib::{Cib, Text};
use rustc_hash::FxHashMap;

use crate::model::{Node, NodeSort};
use crate::options::{Health, Options};
use crate::score::{self, INF, leading_number};
use crate::values::{Context, Pairs, Values, boolean};

/// Compares names without regard to case, numbers in them by their value.
pub(crate) fn by_name(a: &str, b: &str) -> Ordering {
    let (mut x, mut y) = (a.bytes().peekable(), b.bytes().peekable());
    loop {
        match (x.peek().copied(), y.peek().copied()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(c), Some(d)) if c.is_ascii_digit() && d.is_ascii_digit() => {
                let take = |bytes: &mut std::iter::Peekable<std::str::Bytes<'_>>| {
                    let mut value: u128 = 0;
                    while let Some(digit) = bytes.peek().filter(|b| b.is_ascii_digit()) {
                        value = value.saturating_mul(10).saturating_add(u128::from(digit - b'0'));
                        bytes.next();
                    }
                    value
                };
                match take(&mut x).cmp(&take(&mut y)) {
                    Ordering::Equal => {}
                    other => return other,
                }
            }
            (Some(c), Some(d)) => {
                match c.to_ascii_lowercase().cmp(&d.to_ascii_lowercase()) {
                    Ordering::Equal => {}
                    other => return other,
                }
                x.next();
                y.next();
            }
        }
    }
}

/// All nodes, sorted by name.
pub(crate) fn unpack<'a>(cib: &'a Cib, opts: &Options, values: &Values<'a>) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    for conf in &cib.config.nodes {
        let sort = match conf.kind {
            Some(NodeKind::Remote) => NodeSort::Remote,
            Some(NodeKind::Ping) => NodeSort::Ping,
            Some(NodeKind::Member) | None => NodeSort::Member,
        };
        let mut node = new(conf.id.clone(), conf.uname.clone(), sort);
        if sort == NodeSort::Member {
            node.unclean = opts.fencing && opts.startup_fencing;
            node.unseen = true;
        }
        node.base_score = conf.score.map_or(0, rota_cib::Score::value);
        nodes.push(node);
    }
    for (name, guest) in remote_names(cib, values) {
        if let Some(node) = nodes.iter_mut().find(|node| node.name == name) {
            // Configured as a node as well: keep its attributes.
            if guest {
                node.sort = NodeSort::Guest;
            } else {
                node.sort = NodeSort::Remote;
            }
            node.unclean = false;
        } else {
            let sort = if guest { NodeSort::Guest } else { NodeSort::Remote };
            let mut node = new(name.clone(), name, sort);
            // Nothing is known of it until its connection is to come (or its state is found).
            node.unseen = !guest;
            node.unclean = !guest && opts.fencing && opts.startup_fencing;
            nodes.push(node);
        }
    }
    for name in bundle_names(cib) {
        match nodes.iter_mut().find(|node| node.name == name) {
            Some(node) => {
                node.sort = NodeSort::Guest;
                node.unclean = false;
            }
            None => {
                let mut node = new(name.clone(), name, NodeSort::Guest);
                node.from_bundle = true;
                nodes.push(node);
            }
        }
    }
    nodes.sort_by(|a, b| by_name(&a.name, &b.name));
    let states: FxHashMap<&str, &NodeState> =
        cib.status.nodes.iter().map(|state| (state.id.as_str(), state)).collect();
    let by_uname: FxHashMap<&str, &NodeState> =
        cib.status.nodes.iter().map(|state| (state.uname.as_str(), state)).collect();
    let confs: FxHashMap<&str, &rota_cib::node::Node> =
        cib.config.nodes.iter().map(|conf| (conf.uname.as_str(), conf)).collect();
    for node in &mut nodes {
        let conf = confs.get(node.name.as_str()).copied();
        let state =
            states.get(node.id.as_str()).or_else(|| by_uname.get(node.name.as_str())).copied();
        attributes(node, cib, conf, state, values);
        settle(node, state, opts, values);
    }
    nodes
}

/// A node of which nothing is known.
pub(crate) fn new(id: Text, name: Text, sort: NodeSort) -> Node {
    Node {
        id,
        name,
        sort,
        online: false,
        pending: false,
        unclean: false,
        fence_reason: None,
        unseen: false,
        standby: false,
        standby_by_failure: false,
        maintenance: false,
        shutdown: false,
        shutdown_at: None,
        expected_up: false,
        has_state: false,
        attributes: FxHashMap::default(),
        transient: FxHashMap::default(),
        capacity: Vec::new(),
        base_score: 0,
        health: 0,
        discovery: true,
        connection: None,
        container: None,
        coming: false,
        from_bundle: false,
        remote_reset: false,
        remote_was_fenced: false,
        load: 0,
        running: Vec::new(),
    }
}

/// Names of remote nodes (false) and guest nodes (true) that resources bring along.
fn remote_names<'a>(cib: &'a Cib, values: &Values<'a>) -> Vec<(Text, bool)> {
    let mut found = Vec::new();
    let mut look = |p: &'a Primitive| {
        let is_remote =
            p.agent.as_deref() == Some("remote") && p.provider.as_deref() == Some("pacemaker");
        if is_remote {
            found.push((p.id.clone(), false));
        } else if !p.meta.is_empty() {
            let mut pairs = Pairs::new();
            let sets: Vec<_> = p.meta.iter().collect();
            values.collect(&sets, None, &Context::default(), &mut pairs);
            if let Some(name) = crate::values::get(&pairs, "remote-node") {
                found.push((name.clone(), true));
            }
        }
    };
    for resource in &cib.config.resources {
        match resource {
            Resource::Primitive(p) => look(p),
            Resource::Group(g) => g.members.iter().for_each(&mut look),
            Resource::Clone(c) => match &c.child {
                CloneChild::Primitive(p) => look(p),
                CloneChild::Group(g) => g.members.iter().for_each(&mut look),
            },
            Resource::Bundle(_) => {}
        }
    }
    found
}

/// Names of the nodes that the replicas of bundles are.
fn bundle_names(cib: &Cib) -> Vec<Text> {
    let mut found = Vec::new();
    for resource in &cib.config.resources {
        let Resource::Bundle(bundle) = resource else { continue };
        if bundle.primitive.is_some() {
            for n in 0..crate::bundle::replicas(bundle) {
                found.push(smol_str::format_smolstr!("{}-{n}", bundle.id));
            }
        }
    }
    found
}

/// Attributes, permanent and transient, and capacity.
pub(crate) fn attributes<'a>(
    node: &mut Node,
    cib: &'a Cib,
    conf: Option<&'a rota_cib::node::Node>,
    state: Option<&'a NodeState>,
    values: &Values<'a>,
) {
    let mut pairs = Pairs::new();
    let context = Context::default();
    if let Some(conf) = conf {
        let sets: Vec<_> = conf.attributes.iter().collect();
        values.collect(&sets, None, &context, &mut pairs);
        let mut capacity = Pairs::new();
        let sets: Vec<_> = conf.utilization.iter().collect();
        values.collect(&sets, None, &context, &mut capacity);
        node.capacity = capacity
            .into_iter()
            .map(|(name, value)| (name, leading_number(&value).unwrap_or(0)))
            .collect();
    }
    if let Some(state) = state {
        let mut more = Pairs::new();
        let sets: Vec<_> = state.utilization.iter().collect();
        values.collect(&sets, None, &context, &mut more);
        for (name, value) in more {
            let value = leading_number(&value).unwrap_or(0);
            match node.capacity.iter_mut().find(|(n, _)| *n == name) {
                Some(slot) => slot.1 = value,
                None => node.capacity.push((name, value)),
            }
        }
        let mut transient = Pairs::new();
        let sets: Vec<_> = state.attributes.iter().collect();
        values.collect(&sets, None, &context, &mut transient);
        for (name, value) in transient {
            node.transient.insert(name.clone(), value.clone());
        }
    }
    for (name, value) in pairs {
        node.attributes.insert(name, value);
    }
    for (name, value) in &node.transient {
        node.attributes.insert(name.clone(), value.clone());
    }
    node.attributes.insert("#uname".into(), node.name.clone());
    node.attributes.insert("#id".into(), node.id.clone());
    node.attributes.insert(
        "#kind".into(),
        match node.sort {
            NodeSort::Member | NodeSort::Ping => "cluster".into(),
            NodeSort::Remote => "remote".into(),
            NodeSort::Guest => "container".into(),
        },
    );
    let is_dc = cib.header.dc_uuid.as_ref() == Some(&node.id);
    node.attributes.insert("#is_dc".into(), if is_dc { "true".into() } else { "false".into() });
    let site = node.attributes.get("site-name").cloned();
    let cluster = cluster_name(cib);
    if let Some(site) = site.or_else(|| cluster.clone()) {
        node.attributes.insert("#site-name".into(), site);
    }
    if let Some(cluster) = cluster {
        node.attributes.insert("#cluster-name".into(), cluster);
    }
}

fn cluster_name(cib: &Cib) -> Option<Text> {
    cib.config.properties.iter().find_map(|set| set.get("cluster-name")).cloned()
}

fn truth(node: &Node, name: &str) -> bool {
    node.attributes.get(name).is_some_and(|value| boolean(value) == Some(true))
}

/// Member or time: since when the membership layer has it; none when unknown.
fn since(text: Option<&Text>, yes: &str) -> Option<i64> {
    let text = text?;
    if text.eq_ignore_ascii_case(yes) {
        return Some(1);
    }
    match boolean(text) {
        Some(true) => Some(1),
        Some(false) => Some(0),
        None => Some(leading_number(text).unwrap_or(0).max(0)),
    }
}

/// What state a full member is in.
fn settle(node: &mut Node, state: Option<&NodeState>, opts: &Options, values: &Values<'_>) {
    if state.is_some() {
        node.standby = truth(node, "standby");
        node.maintenance = truth(node, "maintenance");
    }
    if let Some(value) = node.attributes.get("resource-discovery-enabled") {
        node.discovery = boolean(value).unwrap_or(true) || !node.is_remote();
    }
    if node.sort == NodeSort::Ping {
        return;
    }
    if let Some(state) = state {
        node.has_state = true;
        node.unseen = false;
        if node.is_remote() {
            node.unclean = false;
            let other =
                |name: &str| state.other.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
            node.remote_was_fenced = other("node_fenced")
                .is_some_and(|v| boolean(v).unwrap_or(leading_number(v).unwrap_or(0) > 0));
            if node.transient.get("shutdown").is_some_and(|v| leading_number(v).unwrap_or(0) != 0) {
                node.shutdown = true;
            }
        } else {
            node.unclean = false;
            member_state(node, state, opts, values);
        }
    }
    health(node, opts);
}

fn member_state(node: &mut Node, state: &NodeState, opts: &Options, values: &Values<'_>) {
    let member = since(state.in_ccm.as_ref(), "true");
    let peer = since(state.crmd.as_ref(), "online").unwrap_or(0);
    let joined = state.join.as_deref() == Some("member");
    let expected_up = state.expected.as_deref() == Some("member");
    node.expected_up = expected_up;
    if let Some(value) = node.transient.get("shutdown") {
        let at = leading_number(value).unwrap_or(0);
        node.shutdown = at != 0;
        node.shutdown_at = (at > 0).then_some(at);
    }
    let terminate = node.attributes.get("terminate").is_some_and(|value| {
        boolean(value).unwrap_or_else(|| leading_number(value).unwrap_or(0) > 0)
    });
    let in_cluster = member.unwrap_or(0) > 0;
    if !opts.fencing {
        if in_cluster && peer > 0 {
            // Pacemaker takes one that has not joined for stopped. It is there, and so is what
            // ran on it: nothing is started there or recovered from it.
            node.online = true;
            node.pending = !joined;
        } else if in_cluster && !node.shutdown && expected_up {
            node.fence_reason = Some("peer is unexpectedly down".into());
            node.unclean = true;
        }
        return;
    }
    node.online = if node.shutdown { peer > 0 } else { in_cluster };
    let complaint = if node.shutdown {
        None
    } else if member.is_none() {
        Some("peer has not been seen by the cluster")
    } else if matches!(state.join.as_deref(), Some("nack" | "banned")) {
        Some("peer failed Pacemaker membership criteria")
    } else if terminate
        && (in_cluster || peer > 0 || state.join.as_deref().is_some_and(|j| j != "down"))
    {
        Some("fencing was requested")
    } else if expected_up && !in_cluster {
        Some("peer is no longer part of the cluster")
    } else if expected_up && peer <= 0 {
        Some("peer process is no longer available")
    } else {
        None
    };
    // Who is said to have joined, but has no process that could be told anything, is only on its
    // way, too.
    let ready = joined && peer > 0;
    if complaint.is_none() && (in_cluster || peer > 0) && !ready && !node.shutdown {
        let waited = values.now - member.unwrap_or(0);
        if opts.node_pending_timeout_s > 0
            && peer <= 0
            && member.unwrap_or(0) > 1
            && waited >= opts.node_pending_timeout_s
        {
            node.fence_reason = Some("peer pending timed out on joining the process group".into());
            node.unclean = true;
            return;
        }
        if opts.node_pending_timeout_s > 0 && peer <= 0 && member.unwrap_or(0) > 1 {
            values.wake_at(member.unwrap_or(0).saturating_add(opts.node_pending_timeout_s));
        }
        node.pending = true;
        node.online = true;
    }
    if let Some(complaint) = complaint {
        node.fence_reason = Some(complaint.into());
        node.unclean = true;
    }
}

/// Adds up the colours of the health attributes.
fn health(node: &mut Node, opts: &Options) {
    if opts.health == Health::None {
        return;
    }
    let colour = |value: &str| match value {
        "green" => match opts.health {
            Health::Progressive | Health::Custom => opts.health_green,
            _ => 0,
        },
        "yellow" => match opts.health {
            Health::OnlyGreen => -INF,
            Health::Progressive | Health::Custom => opts.health_yellow,
            _ => 0,
        },
        "red" => match opts.health {
            Health::OnlyGreen | Health::MigrateOnRed => -INF,
            Health::Progressive | Health::Custom => opts.health_red,
            Health::None => 0,
        },
        number => score::parse(number).unwrap_or(0),
    };
    let base = if opts.health == Health::Progressive { opts.health_base } else { 0 };
    node.health = node
        .attributes
        .iter()
        .filter(|(name, _)| name.starts_with("#health"))
        .map(|(_, value)| colour(value))
        .fold(base, score::sum);
}
