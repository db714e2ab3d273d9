//! Stage 1b: configured resources become [`Rsc`]s; templates, defaults and parents filled in.

use std::sync::Arc;

use rota_cib::constraint::Role;
use rota_cib::nvset::NvSet;
use rota_cib::resource::{AgentClass, CloneChild, Group, Operation, Primitive, Resource};
use rota_cib::zone::Zone;
use rota_cib::{Cib, Text};
use rustc_hash::FxHashMap;
use smol_str::format_smolstr;

use crate::constraints::Constraints;
use crate::model::{
    Cand, CloneConf, Discover, Kind, Meta, Multiple, Node, NodeSort, OpConf, PrimConf, Requires,
    Rid, Rsc, TicketInfo, World,
};
use crate::options::Options;
use crate::values::{Context, Pairs, Values, boolean, depends_on_node, get, millis};
use crate::{nodes, score};

/// What an element hands down to those inside.
#[derive(Clone, Default)]
pub(crate) struct Inherited<'a> {
    pub meta: Pairs,
    pub params: Vec<&'a NvSet>,
}

/// What instance of what clone is being made.
#[derive(Clone, Copy, Default)]
pub(crate) struct Instance {
    pub number: Option<usize>,
    pub unique: bool,
    pub notify: bool,
    pub promotable: bool,
}

/// Reads nodes and resources.
pub(crate) fn world<'a>(cib: &'a Cib, now: i64, zone: &Zone) -> World<'a> {
    let values = Values::new(cib, now, zone);
    let opts = Options::read(cib, &values);
    let nodes = nodes::unpack(cib, &opts, &values);
    let node_by_name = nodes.iter().enumerate().map(|(i, n)| (n.name.clone(), i)).collect();
    let node_by_id: FxHashMap<_, _> =
        nodes.iter().enumerate().map(|(i, n)| (n.id.clone(), i)).collect();
    let dc = cib.header.dc_uuid.as_ref().and_then(|id| node_by_id.get(id).copied());
    let mut world = World {
        cib,
        now,
        values,
        opts,
        quorum: cib.header.have_quorum.unwrap_or(false),
        alone: false,
        spared: std::collections::BTreeSet::new(),
        have_fencing_device: false,
        have_unfencing: false,
        nodes,
        node_by_name,
        node_by_id,
        dc,
        prims: Vec::new(),
        rscs: Vec::new(),
        top: Vec::new(),
        by_id: FxHashMap::default(),
        clone_of: FxHashMap::default(),
        templates: FxHashMap::default(),
        tags: FxHashMap::default(),
        tickets: FxHashMap::default(),
        constraints: Constraints::default(),
        warnings: Vec::new(),
        chores: Vec::new(),
        recorded_names: FxHashMap::default(),
        unfence: Vec::new(),
        lapsed: rustc_hash::FxHashSet::default(),
        records: Vec::new(),
        active_ops: FxHashMap::default(),
        watched_ops: FxHashMap::default(),
        ranked: FxHashMap::default(),
        known_by_name: FxHashMap::default(),
        no_promotion: rustc_hash::FxHashSet::default(),
        implied: Vec::new(),
        ledger: None,
    };
    for tag in &cib.config.tags {
        world.tags.entry(tag.id.clone()).or_default().extend(tag.references.iter().cloned());
    }
    for template in &cib.config.templates {
        world.templates.entry(template.id.clone()).or_default();
    }
    for ticket in &cib.status.tickets {
        let info = TicketInfo {
            granted: ticket.granted.unwrap_or(false),
            standby: ticket.standby.unwrap_or(false),
        };
        world.tickets.insert(ticket.id.clone(), info);
    }
    let templates: FxHashMap<&str, &Primitive> =
        cib.config.templates.iter().map(|t| (t.id.as_str(), t)).collect();
    let mut maker = Maker { world: &mut world, templates };
    for resource in &cib.config.resources {
        maker.top(resource);
    }
    crate::remote::connect(&mut world);
    world
}

pub(crate) struct Maker<'w, 'a> {
    pub world: &'w mut World<'a>,
    pub templates: FxHashMap<&'a str, &'a Primitive>,
}

impl<'a> Maker<'_, 'a> {
    /// How many nodes a clone may count on: those of bundles that are configured after it are
    /// not known yet.
    fn known_nodes(&self) -> usize {
        let known =
            |n: &&Node| n.sort != NodeSort::Ping && !(n.from_bundle && n.container.is_none());
        self.world.nodes.iter().filter(known).count()
    }

    fn top(&mut self, resource: &'a Resource) {
        let rid = match resource {
            Resource::Primitive(p) => {
                let prim = self.conf(p, &Inherited::default());
                self.primitive(p, prim, None, &Inherited::default(), Instance::default())
            }
            Resource::Group(g) => {
                let prims = self.group_confs(g, &Inherited::default());
                self.group(g, &prims, None, &Inherited::default(), Instance::default())
            }
            Resource::Clone(c) => self.clone_set(c),
            Resource::Bundle(b) => crate::bundle::unpack(self, b),
        };
        self.world.top.push(rid);
    }

    /// The configuration of a primitive, template and parents' parameters included.
    pub fn conf(&mut self, p: &'a Primitive, inherited: &Inherited<'a>) -> usize {
        let template = p.template.as_ref().and_then(|t| self.templates.get(t.as_str()).copied());
        if let Some(template) = &p.template {
            self.world.templates.entry(template.clone()).or_default().push(p.id.clone());
        }
        let class = p.class.as_ref().or(template.and_then(|t| t.class.as_ref()));
        let class: Text = match class {
            Some(AgentClass::Ocf) => "ocf".into(),
            Some(AgentClass::Systemd) => "systemd".into(),
            Some(AgentClass::Lsb) => "lsb".into(),
            Some(AgentClass::Service) => "service".into(),
            Some(AgentClass::Stonith) => "stonith".into(),
            Some(AgentClass::Other(other)) => other.clone(),
            None => "".into(),
        };
        let provider = p.provider.clone().or(template.and_then(|t| t.provider.clone()));
        let agent = p.agent.clone().or(template.and_then(|t| t.agent.clone())).unwrap_or_default();
        // The last one counts: its own, else those of the template, else of what it is part of.
        let mut params: Vec<&'a NvSet> = inherited.params.clone();
        let mut meta_util: Vec<&'a NvSet> = Vec::new();
        if let Some(t) = template {
            params.extend(&t.parameters);
            meta_util.extend(&t.utilization);
        }
        params.extend(&p.parameters);
        meta_util.extend(&p.utilization);
        let params_by_node = depends_on_node(&params);
        let mut utilization = Pairs::new();
        self.world.values.collect(&meta_util, None, &Context::default(), &mut utilization);
        if class == "stonith" {
            self.world.have_fencing_device = true;
        }
        let mut conf = PrimConf {
            class,
            provider,
            agent,
            params,
            utilization,
            ops: Vec::new(),
            fixed_params: Pairs::new(),
            params_by_node,
            params_cache: None,
        };
        let mut ops: Vec<OpConf<'a>> = Vec::new();
        for source in self.operations(p) {
            let mut op = self.operation(&conf, source);
            // Two of the same name and interval cannot be told apart on record.
            for other in &mut ops {
                if other.name == op.name && other.interval_ms == op.interval_ms {
                    other.ambiguous = true;
                    op.ambiguous = true;
                }
            }
            ops.push(op);
        }
        // Of a template's operations those of another name or role are taken over.
        let shown = |op: &OpConf<'_>| op.role.unwrap_or(Role::Started);
        for source in template.map(|t| self.operations(t)).unwrap_or_default() {
            let op = self.operation(&conf, source);
            let known = |o: &OpConf<'_>| {
                o.name == op.name && (shown(o) == shown(&op) || o.interval_ms == op.interval_ms)
            };
            if !ops.iter().any(known) {
                ops.push(op);
            }
        }
        conf.ops = ops;
        self.world.prims.push(conf);
        self.world.prims.len() - 1
    }

    fn operations(&self, p: &'a Primitive) -> Vec<&'a Operation> {
        match &p.operations.id_ref {
            Some(id) => {
                let cib = self.world.cib;
                find_operations(cib, id).unwrap_or_else(|| p.operations.ops.iter().collect())
            }
            None => p.operations.ops.iter().collect(),
        }
    }

    fn operation(&self, conf: &PrimConf<'a>, source: &'a Operation) -> OpConf<'a> {
        let interval_ms = millis(&source.interval).unwrap_or(0).min(u64::from(u32::MAX)) as u32;
        let mut options: Pairs = source.attributes.clone();
        let context = Context {
            agent: Some((&conf.class, conf.provider.as_deref(), &conf.agent)),
            operation: Some((&source.name, interval_ms)),
            ..Context::default()
        };
        let sets: Vec<_> = source.meta.iter().collect();
        self.world.values.collect(&sets, None, &context, &mut options);
        let defaults: Vec<_> = self.world.cib.config.op_defaults.iter().collect();
        self.world.values.collect(&defaults, None, &context, &mut options);
        OpConf {
            name: source.name.clone(),
            interval_ms,
            role: get(&options, "role").and_then(|r| Role::parse(r)),
            enabled: get(&options, "enabled").and_then(|e| boolean(e)).unwrap_or(true),
            options,
            source: Some(source),
            ambiguous: false,
        }
    }

    /// Meta attributes: own, the template's, the parents', the defaults.
    pub fn meta_pairs(
        &self,
        own: &'a [NvSet],
        template: Option<&'a Primitive>,
        inherited: &Pairs,
        agent: Option<(&str, Option<&str>, &str)>,
    ) -> Pairs {
        let mut pairs = Pairs::new();
        let context = Context { agent, ..Context::default() };
        let mut sets: Vec<_> = own.iter().collect();
        self.world.values.collect(&sets, None, &context, &mut pairs);
        if let Some(t) = template {
            sets = t.meta.iter().collect();
            self.world.values.collect(&sets, None, &context, &mut pairs);
        }
        for (name, value) in inherited {
            if get(&pairs, name).is_none() {
                pairs.push((name.clone(), value.clone()));
            }
        }
        sets = self.world.cib.config.rsc_defaults.iter().collect();
        self.world.values.collect(&sets, None, &context, &mut pairs);
        pairs
    }

    pub fn primitive(
        &mut self,
        p: &'a Primitive,
        prim: usize,
        parent: Option<Rid>,
        inherited: &Inherited<'a>,
        instance: Instance,
    ) -> Rid {
        let template = p.template.as_ref().and_then(|t| self.templates.get(t.as_str()).copied());
        let conf = &self.world.prims[prim];
        let agent = (conf.class.as_str(), conf.provider.as_deref(), conf.agent.as_str());
        let pairs = self.meta_pairs(&p.meta, template, &inherited.meta, Some(agent));
        let (fencing, connection) = (conf.is_fencing(), conf.is_connection());
        let meta = meta(pairs, &self.world.opts, fencing, connection, instance.number.is_some());
        self.add(&p.id, Kind::Primitive, Some(prim), parent, Arc::new(meta), instance)
    }

    pub fn group_confs(&mut self, g: &'a Group, inherited: &Inherited<'a>) -> Vec<usize> {
        let mut inner = inherited.clone();
        inner.params = inherited.params.iter().copied().chain(&g.parameters).collect();
        g.members.iter().map(|m| self.conf(m, &inner)).collect()
    }

    fn group(
        &mut self,
        g: &'a Group,
        prims: &[usize],
        parent: Option<Rid>,
        inherited: &Inherited<'a>,
        instance: Instance,
    ) -> Rid {
        let pairs = self.meta_pairs(&g.meta, None, &inherited.meta, None);
        let flag = |name: &str| get(&pairs, name).and_then(|v| boolean(v)).unwrap_or(true);
        let kind = Kind::Group { ordered: flag("ordered"), colocated: flag("collocated") };
        let meta = Arc::new(meta(pairs, &self.world.opts, false, false, instance.number.is_some()));
        let rid = self.add(&g.id, kind, None, parent, Arc::clone(&meta), instance);
        // Whether members are in order or together is the group's own affair.
        let handed: Pairs = meta
            .pairs
            .iter()
            .filter(|(n, _)| n != "ordered" && n != "collocated")
            .cloned()
            .collect();
        let inner = Inherited { meta: handed, params: Vec::new() };
        for (member, &prim) in g.members.iter().zip(prims) {
            let child = self.primitive(member, prim, Some(rid), &inner, instance);
            self.world.rscs[rid].children.push(child);
        }
        rid
    }

    fn clone_set(&mut self, c: &'a rota_cib::resource::Clone_) -> Rid {
        let pairs = self.meta_pairs(&c.meta, None, &Pairs::new(), None);
        let flag = |name: &str| get(&pairs, name).and_then(|v| boolean(v));
        let number = |names: &[&str]| {
            names
                .iter()
                .find_map(|n| get(&pairs, n))
                .and_then(|v| score::parse(v))
                .map(|n| n.max(0) as usize)
        };
        let promotable = c.written_as_master || flag("promotable").unwrap_or(false);
        let wants_unique = flag("globally-unique").unwrap_or(false);
        let unique = wants_unique && !self.has_plain_service(&c.child);
        let members = self.known_nodes().max(1);
        let mut max = number(&["clone-max"]).unwrap_or(members);
        if wants_unique && !unique {
            // They cannot be told apart after all, so that one a node is as many as can be.
            max = max.min(members);
        }
        let conf = CloneConf {
            max,
            node_max: if unique {
                number(&["clone-node-max"]).unwrap_or(1)
            } else {
                number(&["clone-node-max"]).unwrap_or(1).min(1)
            },
            promoted_max: if promotable {
                number(&["promoted-max", "master-max"]).unwrap_or(1)
            } else {
                0
            },
            promoted_node_max: if promotable {
                number(&["promoted-node-max", "master-node-max"]).unwrap_or(1)
            } else {
                0
            },
            promotable,
            unique,
            ordered: flag("ordered").unwrap_or(false),
            interleave: flag("interleave").unwrap_or(false),
            min: number(&["clone-min"]).unwrap_or(0),
        };
        let notify = flag("notify").unwrap_or(false);
        let inherited = Inherited { meta: pairs.clone(), params: c.parameters.iter().collect() };
        let meta = Arc::new(meta(pairs, &self.world.opts, false, false, true));
        let rid = self.add(
            &c.id,
            Kind::Clone(Box::new(conf)),
            None,
            None,
            meta,
            Instance { number: None, unique, notify, promotable },
        );
        let prims = match &c.child {
            CloneChild::Primitive(p) => vec![self.conf(p, &inherited)],
            CloneChild::Group(g) => self.group_confs(g, &inherited),
        };
        let mut names: Vec<Text> = Vec::new();
        match &c.child {
            CloneChild::Primitive(p) => names.push(p.id.clone()),
            CloneChild::Group(g) => {
                names.push(g.id.clone());
                names.extend(g.members.iter().map(|m| m.id.clone()));
            }
        }
        for name in names {
            self.world.clone_of.insert(name, rid);
        }
        // With clone-max=0 one instance stands for what may be left running.
        for n in 0..max.max(1) {
            let instance = Instance { number: Some(n), unique, notify, promotable };
            let child = match &c.child {
                CloneChild::Primitive(p) => {
                    self.primitive(p, prims[0], Some(rid), &inherited, instance)
                }
                CloneChild::Group(g) => self.group(g, &prims, Some(rid), &inherited, instance),
            };
            if max == 0 {
                mark_orphan(self.world, child);
            }
            self.world.rscs[rid].children.push(child);
        }
        rid
    }

    /// Whether a service is cloned whose class cannot tell instances apart.
    fn has_plain_service(&self, child: &CloneChild) -> bool {
        let plain = |p: &Primitive| {
            let template =
                p.template.as_ref().and_then(|t| self.templates.get(t.as_str()).copied());
            let class = p.class.as_ref().or(template.and_then(|t| t.class.as_ref()));
            matches!(class, Some(AgentClass::Lsb | AgentClass::Systemd | AgentClass::Service))
                || matches!(class, Some(AgentClass::Other(c)) if c == "upstart" || c == "nagios")
        };
        match child {
            CloneChild::Primitive(p) => plain(p),
            CloneChild::Group(g) => g.members.iter().any(plain),
        }
    }

    pub fn add(
        &mut self,
        id: &Text,
        kind: Kind,
        prim: Option<usize>,
        parent: Option<Rid>,
        meta: Arc<Meta>,
        instance: Instance,
    ) -> Rid {
        add(self.world, id, kind, prim, parent, meta, instance)
    }
}

/// Marks an instance, and what is in it, as configured no more. Where such are not to be stopped
/// (`stop-orphan-resources=false`) they are left alone altogether.
pub(crate) fn mark_orphan(world: &mut World<'_>, rid: Rid) {
    world.rscs[rid].orphan = true;
    world.rscs[rid].managed &= world.opts.stop_orphans;
    for child in world.rscs[rid].children.clone() {
        mark_orphan(world, child);
    }
}

/// Adds a resource to the tables.
pub(crate) fn add(
    world: &mut World<'_>,
    id: &Text,
    kind: Kind,
    prim: Option<usize>,
    parent: Option<Rid>,
    meta: Arc<Meta>,
    instance: Instance,
) -> Rid {
    let rid = world.rscs.len();
    let name = match instance.number {
        Some(n) => format_smolstr!("{id}:{n}"),
        None => id.clone(),
    };
    let anonymous = instance.number.is_some() && !instance.unique;
    let maintenance = world.opts.maintenance
        || meta.maintenance
        || parent.is_some_and(|p| world.rscs[p].maintenance);
    let allowed = world
        .nodes
        .iter()
        .map(|node| match node.sort {
            NodeSort::Ping => Cand::ABSENT,
            NodeSort::Member => {
                if world.opts.symmetric {
                    Cand::OPEN
                } else {
                    Cand::ABSENT
                }
            }
            NodeSort::Remote | NodeSort::Guest => {
                if world.opts.symmetric {
                    Cand::OPEN
                } else {
                    Cand::ABSENT
                }
            }
        })
        .collect();
    let requires_unfencing = meta.requires == Requires::Unfencing;
    world.have_unfencing |= requires_unfencing && prim.is_some();
    world.rscs.push(Rsc {
        id: name.clone(),
        conf_id: id.clone(),
        history_id: if anonymous { id.clone() } else { name.clone() },
        kind,
        parent,
        children: Vec::new(),
        prim,
        managed: meta.managed && !maintenance,
        maintenance,
        anonymous,
        unique: instance.unique,
        notify: instance.notify,
        promotable: instance.promotable,
        orphan: false,
        orphan_filler: false,
        blocked: false,
        blocked_why: "",
        failed: false,
        failure_ignored: false,
        probe_error: None,
        start_pending: false,
        stop_required: false,
        stops_for_failure: Vec::new(),
        just_started: false,
        reload: false,
        role: Role::Stopped,
        next_role: None,
        next_role_why: "",
        running_on: Vec::new(),
        known_on: Vec::new(),
        dangling: Vec::new(),
        migration_source: None,
        migration_target: None,
        pending_task: None,
        lock_node: None,
        lock_time: 0,
        allowed,
        assigned: None,
        provisional: true,
        allocating: false,
        priority: meta.priority,
        stickiness: meta.stickiness,
        promotion: None,
        exclusive_discover: false,
        reconnect_s: 0,
        failures_stay: false,
        fail_counts: Vec::new(),
        container: None,
        fillers: Vec::new(),
        serves: None,
        meta,
    });
    world.by_id.insert(name, rid);
    rid
}

fn find_operations<'a>(cib: &'a Cib, id: &str) -> Option<Vec<&'a Operation>> {
    let mut all: Vec<&'a Primitive> = cib.config.templates.iter().collect();
    for resource in &cib.config.resources {
        match resource {
            Resource::Primitive(p) => all.push(p),
            Resource::Group(g) => all.extend(&g.members),
            Resource::Clone(c) => match &c.child {
                CloneChild::Primitive(p) => all.push(p),
                CloneChild::Group(g) => all.extend(&g.members),
            },
            Resource::Bundle(b) => all.extend(&b.primitive),
        }
    }
    all.iter()
        .find(|p| p.operations.id.as_deref() == Some(id))
        .map(|p| p.operations.ops.iter().collect())
}

/// Reads the meta attributes that count.
pub(crate) fn meta(
    pairs: Pairs,
    opts: &Options,
    fencing: bool,
    connection: bool,
    in_clone: bool,
) -> Meta {
    let value = |name: &str| get(&pairs, name).map(Text::as_str);
    let flag = |name: &str| value(name).and_then(boolean);
    let points = |name: &str| value(name).and_then(score::parse);
    let requires = match value("requires") {
        Some("nothing") => Requires::Nothing,
        Some("quorum") => Requires::Quorum,
        Some("unfencing") if fencing || !opts.fencing => Requires::Quorum,
        Some("unfencing") => Requires::Unfencing,
        Some("fencing") if !opts.fencing => Requires::Quorum,
        Some("fencing") => Requires::Fencing,
        _ if fencing || connection => Requires::Quorum,
        _ if opts.fencing && opts.unfencing => Requires::Unfencing,
        _ if opts.fencing => Requires::Fencing,
        _ => Requires::Quorum,
    };
    let default_stickiness = opts.default_stickiness.unwrap_or(0);
    Meta {
        priority: points("priority").unwrap_or(0),
        target_role: value("target-role").and_then(Role::parse).filter(|r| *r != Role::Started),
        // Only what is said to be managed is: a typo must not start or stop anything.
        managed: value("is-managed").map_or(opts.managed_default, |v| boolean(v) == Some(true)),
        maintenance: flag("maintenance").unwrap_or(false),
        stickiness: points("resource-stickiness")
            .unwrap_or(if in_clone && default_stickiness == 0 { 1 } else { default_stickiness }),
        migration_threshold: points("migration-threshold")
            .map_or(score::INF, |t| if t < 0 { score::INF } else { t }),
        failure_timeout_s: value("failure-timeout")
            .and_then(millis)
            .map_or(0, |ms| (ms / 1000) as i64),
        multiple: match value("multiple-active") {
            Some("stop_only") => Multiple::StopOnly,
            Some("block") => Multiple::Block,
            Some("stop_unexpected") => Multiple::StopUnexpected,
            _ => Multiple::StopStart,
        },
        allow_migrate: flag("allow-migrate").unwrap_or(connection),
        requires,
        critical: flag("critical").unwrap_or(true),
        allow_unhealthy: flag("allow-unhealthy-nodes").unwrap_or(false),
        remove_after_stop: opts.remove_after_stop,
        pairs,
    }
}

/// How instances of a candidate look to probes (kept beside the scores).
pub(crate) fn discover(text: Option<&str>) -> Discover {
    match text {
        Some("never") => Discover::Never,
        Some("exclusive") => Discover::Exclusive,
        _ => Discover::Always,
    }
}
