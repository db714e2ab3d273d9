//! The cluster as `crm_mon` and `crm_resource` show it: nodes, and resources as a tree.

use rota_cib::constraint::Role;
use rota_cib::evaluate::{Resolved, RuleContext, resolve};
use rota_cib::index::Index;
use rota_cib::nvset::NvSet;
use rota_cib::options::{CLUSTER, META, find};
use rota_cib::resource::{CloneChild, Primitive, Resource};
use rota_cib::status::NodeState;
use rota_cib::value::parse_bool;
use rota_cib::zone::Zone;
use rota_cib::{Cib, Text};
use rota_ids::WallTime;
use rota_node::report::{NodeCondition, StatusReport};

use super::fail::Failure;
use super::source::{Source, now};

/// Everything that is shown.
pub struct View {
    /// The Cib that it comes from.
    pub cib: Cib,
    /// When it was looked at.
    pub now: WallTime,
    /// What dates without a zone mean.
    zone: Zone,
    /// Whether there is quorum.
    pub quorum: bool,
    /// Whether the daemon was asked, and not a file.
    pub live: bool,
    /// Nodes, by name.
    pub nodes: Vec<Node>,
    /// Resources, in configured order.
    pub resources: Vec<Shown>,
    /// What the daemon says, if it was asked.
    pub report: Option<StatusReport>,
}

/// A node.
#[expect(clippy::struct_excessive_bools, reason = "the output has one attribute for each")]
pub struct Node {
    /// Name.
    pub name: Text,
    /// Identity.
    pub id: Text,
    /// Whether it is a member.
    pub online: bool,
    /// Whether it shall run nothing.
    pub standby: bool,
    /// Whether nobody touches its resources.
    pub maintenance: bool,
    /// Whether it is about to become a member.
    pub pending: bool,
    /// Whether it may still run something although it is lost.
    pub unclean: bool,
    /// Whether it is leaving.
    pub shutdown: bool,
    /// Whether it is expected to be there.
    pub expected_up: bool,
    /// Whether it decides.
    pub is_dc: bool,
    /// `member`, `remote` or `ping`.
    pub kind: &'static str,
    /// What it says of its feature set.
    pub feature_set: Option<Text>,
}

/// A resource as it is shown.
pub enum Shown {
    /// A service.
    Primitive(Instance),
    /// Services together.
    Group {
        /// Its id.
        id: Text,
        /// Whether it is managed.
        managed: bool,
        /// Whether it shall not run.
        disabled: bool,
        /// The members.
        members: Vec<Instance>,
    },
    /// A clone.
    Clone {
        /// Its id.
        id: Text,
        /// The id of what is cloned.
        child: Text,
        /// Whether it can be promoted.
        promotable: bool,
        /// Whether instances differ.
        unique: bool,
        /// Whether it is managed.
        managed: bool,
        /// Whether it shall not run.
        disabled: bool,
        /// The role that people want.
        target_role: Option<Text>,
        /// One list of members for each instance.
        instances: Vec<Vec<Instance>>,
        /// Whether a group is cloned.
        of_group: bool,
    },
}

/// A service, or an instance of one.
#[derive(Clone)]
pub struct Instance {
    /// Its id, without the number of an instance.
    pub id: Text,
    /// Its id with the number, where there is one.
    pub full_id: Text,
    /// `ocf:heartbeat:IPaddr2`.
    pub agent: Text,
    /// Its role.
    pub role: Role,
    /// The role that people want.
    pub target_role: Option<Text>,
    /// Names of the nodes where it is active.
    pub nodes: Vec<Text>,
    /// Whether it failed.
    pub failed: bool,
    /// Whether it is managed.
    pub managed: bool,
    /// Whether nothing can be done about it.
    pub blocked: bool,
    /// Whether it is no longer configured.
    pub orphan: bool,
}

impl Instance {
    /// Whether people want it stopped.
    pub fn is_disabled(&self) -> bool {
        is_stopped(self.target_role.as_ref())
    }

    /// Whether it is active anywhere.
    pub fn is_active(&self) -> bool {
        !self.nodes.is_empty()
    }
}

fn is_stopped(role: Option<&Text>) -> bool {
    role.is_some_and(|role| Role::parse(role) == Some(Role::Stopped))
}

impl Shown {
    /// All instances inside.
    pub fn instances(&self) -> Vec<&Instance> {
        match self {
            Self::Primitive(one) => vec![one],
            Self::Group { members, .. } => members.iter().collect(),
            Self::Clone { instances, .. } => instances.iter().flatten().collect(),
        }
    }
}

impl View {
    /// Looks at the cluster or the file.
    ///
    /// # Errors
    /// When it cannot be had.
    pub fn of(source: &mut Source) -> Result<Self, Failure> {
        let report = source.report()?;
        Ok(Self::new(source.cib()?, report))
    }

    fn new(cib: Cib, report: Option<StatusReport>) -> Self {
        let now = cib.header.execution_date.map_or_else(now, WallTime);
        let dc_name = report.as_ref().and_then(|report| report.dc.clone());
        let dc = match &dc_name {
            Some(name) => super::source::node_id(&cib, name.as_str()),
            None => cib.header.dc_uuid.clone().filter(|_| report.is_none()),
        };
        let quorum = report
            .as_ref()
            .map_or_else(|| cib.header.have_quorum.unwrap_or(false), |report| report.quorum);
        let zone = rota_settings::system_zone();
        let nodes = nodes(&cib, report.as_ref(), dc.as_ref(), now, &zone);
        let resources = resources(&cib, now, &zone, &nodes);
        Self { live: report.is_some(), quorum, now, zone, nodes, resources, report, cib }
    }

    /// An option of the cluster, or its default.
    pub fn option(&self, name: &str) -> String {
        let index = Index::new(&self.cib.config);
        let context = RuleContext { zone: &self.zone, ..RuleContext::new(self.now, &index) };
        let first = Some("cib-bootstrap-options");
        let resolved = resolve(&self.cib.config.properties, first, &context);
        let Some(known) = find(CLUSTER, name) else { return String::new() };
        known.value_in(&resolved).map_or_else(|| known.default.to_owned(), ToString::to_string)
    }

    /// A property as it is written; on a cluster of ours, what stands for it.
    fn written(&self, name: &str, ours: &str) -> Option<String> {
        let found = self.cib.config.properties.iter().find_map(|set| set.get(name));
        let found = found.map(ToString::to_string);
        found.or_else(|| self.live.then(|| ours.to_owned()))
    }

    /// What the cluster is built on.
    pub fn stack(&self) -> String {
        let stack = self.written("cluster-infrastructure", "corosync");
        stack.unwrap_or_else(|| "unknown".to_owned())
    }

    /// The version of the deciding node, if it is known.
    pub fn version(&self) -> Option<String> {
        self.written("dc-version", &format!("{}-{}", super::VERSION, super::BUILD))
    }

    /// The node of a name.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// All instances of all resources.
    pub fn instances(&self) -> impl Iterator<Item = &Instance> {
        self.resources.iter().flat_map(Shown::instances)
    }
}

fn nodes(
    cib: &Cib,
    report: Option<&StatusReport>,
    dc: Option<&Text>,
    now: WallTime,
    zone: &Zone,
) -> Vec<Node> {
    let index = Index::new(&cib.config);
    let context = RuleContext { zone, ..RuleContext::new(now, &index) };
    let properties = resolve(&cib.config.properties, Some("cib-bootstrap-options"), &context);
    let is_on = |name: &str| {
        let value = find(CLUSTER, name).and_then(|known| known.value_in(&properties));
        value.and_then(|value| parse_bool(value)) != Some(false)
    };
    // Without fencing nobody is waited for.
    let fencing = is_on("stonith-enabled");
    let unseen_is_unclean = is_on("startup-fencing");
    let to_be_fenced = rota_policy::unclean(cib, now, zone);
    let mut nodes: Vec<Node> = cib
        .config
        .nodes
        .iter()
        .map(|entry| {
            let state = cib.status.nodes.iter().find(|state| state.id == entry.id);
            let transient = state.map(|s| resolve(&s.attributes, None, &context));
            let permanent = resolve(&entry.attributes, None, &context);
            let attribute = |name: &str| {
                let value = transient.as_ref().and_then(|t| t.get(name));
                value.or_else(|| permanent.get(name)).cloned()
            };
            let is_true = |name| attribute(name).is_some_and(|v| parse_bool(&v) == Some(true));
            let mut node = Node {
                name: entry.uname.clone(),
                id: entry.id.clone(),
                online: state.is_some_and(is_member),
                standby: is_true("standby"),
                maintenance: is_true("maintenance"),
                pending: false,
                unclean: fencing
                    && state.map_or(unseen_is_unclean, |s| {
                        is_unclean(s)
                            || to_be_fenced.iter().any(|name| name.as_str() == s.uname.as_str())
                    }),
                shutdown: attribute("shutdown").is_some_and(|at| at != "0"),
                expected_up: state.is_some_and(|s| s.expected.as_deref() == Some("member")),
                is_dc: dc == Some(&entry.id),
                kind: entry.kind.map_or("member", |kind| kind.as_str()),
                feature_set: attribute("#feature-set"),
            };
            let told = report.and_then(|r| r.nodes.iter().find(|n| n.name.0 == entry.uname));
            if let Some(told) = told {
                overrule(&mut node, told.state);
            }
            node
        })
        .collect();
    nodes.sort_by(|a, b| a.name.cmp(&b.name));
    nodes
}

/// What the membership knows is newer than what stands in the status.
fn overrule(node: &mut Node, condition: NodeCondition) {
    let is_member = match condition {
        NodeCondition::Online | NodeCondition::Standby | NodeCondition::Maintenance => true,
        NodeCondition::Pending | NodeCondition::Unclean | NodeCondition::Offline => false,
    };
    node.online = is_member;
    node.expected_up |= is_member;
    node.pending = condition == NodeCondition::Pending;
    node.unclean = condition == NodeCondition::Unclean;
    if is_member && node.feature_set.is_none() {
        node.feature_set = Some(super::FEATURE_SET.into());
    }
}

fn is_set(value: Option<&Text>, words: [&str; 2]) -> bool {
    // Newer releases write the time since when it is so; 0 is never.
    value.is_some_and(|value| {
        words.contains(&value.as_str()) || value.parse::<u64>().is_ok_and(|since| since > 0)
    })
}

fn is_member(state: &NodeState) -> bool {
    is_set(state.in_ccm.as_ref(), ["true", "1"])
        && is_set(state.crmd.as_ref(), ["online", "1"])
        && state.join.as_deref() == Some("member")
}

fn is_unclean(state: &NodeState) -> bool {
    !is_member(state) && state.expected.as_deref() == Some("member")
}

fn resources<'c>(cib: &'c Cib, now: WallTime, zone: &Zone, nodes: &[Node]) -> Vec<Shown> {
    let index = Index::new(&cib.config);
    let context = RuleContext { zone, ..RuleContext::new(now, &index) };
    let running = rota_policy::running(cib, now, zone);
    let properties = resolve(&cib.config.properties, Some("cib-bootstrap-options"), &context);
    let hands_off = properties.get("maintenance-mode").and_then(|v| parse_bool(v)) == Some(true);
    let mut shown: Vec<Shown> = Vec::new();
    for resource in &cib.config.resources {
        let of = |id: &Text| {
            let is_one =
                |r: &&rota_policy::Running| !r.spare && without_number(&r.id) == id.as_str();
            running.iter().filter(is_one).collect::<Vec<_>>()
        };
        let meta = Meta::of(cib, resource.meta(), &context);
        let one = |primitive: &'c Primitive| -> Vec<Instance> {
            let own = Meta::of(cib, &primitive.meta, &context);
            let target = own.get("target-role").or_else(|| meta.get("target-role"));
            of(&primitive.id)
                .into_iter()
                .map(|r| Instance {
                    id: primitive.id.clone(),
                    full_id: r.id.clone(),
                    agent: r.agent.clone(),
                    role: r.role,
                    target_role: target.clone(),
                    nodes: r.nodes.iter().map(|node| node.0.clone()).collect(),
                    failed: r.failed,
                    managed: r.managed,
                    blocked: r.blocked,
                    orphan: r.orphan,
                })
                .collect()
        };
        match resource {
            Resource::Primitive(primitive) => {
                shown.extend(one(primitive).into_iter().map(Shown::Primitive));
            }
            Resource::Group(group) => shown.push(Shown::Group {
                id: group.id.clone(),
                managed: meta.is_managed() && !hands_off,
                disabled: is_stopped(meta.get("target-role").as_ref()),
                members: group.members.iter().flat_map(&one).collect(),
            }),
            Resource::Clone(clone) => {
                let (child, primitives, of_group): (_, Vec<&'c Primitive>, _) = match &clone.child {
                    CloneChild::Primitive(p) => (p.id.clone(), vec![p], false),
                    CloneChild::Group(g) => (g.id.clone(), g.members.iter().collect(), true),
                };
                let unique = meta.is_true("globally-unique");
                let wanted = meta.get("clone-max").and_then(|max| max.parse().ok());
                let count = wanted.unwrap_or(nodes.len());
                let instances = instances(&primitives, &one, count, unique);
                shown.push(Shown::Clone {
                    id: clone.id.clone(),
                    child,
                    promotable: clone.written_as_master || meta.is_true("promotable"),
                    unique,
                    managed: meta.is_managed() && !hands_off,
                    disabled: is_stopped(meta.get("target-role").as_ref()),
                    target_role: meta.get("target-role"),
                    instances,
                    of_group,
                });
            }
            // Bundles are shown by what runs inside of them.
            Resource::Bundle(bundle) => {
                let inside = bundle.primitive.iter().flat_map(&one);
                shown.extend(inside.map(Shown::Primitive));
            }
        }
    }
    shown
}

/// The instances of a clone: those that run, in the order of their nodes, and as many spare ones
/// as are configured.
fn instances<'c>(
    primitives: &[&'c Primitive],
    one: &dyn Fn(&'c Primitive) -> Vec<Instance>,
    count: usize,
    unique: bool,
) -> Vec<Vec<Instance>> {
    let mut by_number: Vec<(Text, Vec<Instance>)> = Vec::new();
    for primitive in primitives {
        for instance in one(primitive) {
            let number: Text = number_of(&instance.full_id).into();
            match by_number.iter_mut().find(|(known, _)| *known == number) {
                Some((_, members)) => members.push(instance),
                None => by_number.push((number, vec![instance])),
            }
        }
    }
    if !unique {
        by_number.retain(|(_, members)| members.iter().any(Instance::is_active));
    }
    let mut instances: Vec<Vec<Instance>> = by_number.into_iter().map(|(_, m)| m).collect();
    while instances.len() < count {
        let number = instances.len();
        let spare = |primitive: &&'c Primitive| {
            let known = one(primitive).into_iter().next();
            let base = known.unwrap_or_else(|| bare(primitive));
            Instance {
                full_id: format!("{}:{number}", primitive.id).into(),
                role: Role::Stopped,
                nodes: Vec::new(),
                failed: false,
                blocked: false,
                ..base
            }
        };
        instances.push(primitives.iter().map(spare).collect());
    }
    instances
}

fn bare(primitive: &Primitive) -> Instance {
    let class = primitive.class.as_ref().map_or("", |class| class.as_str());
    let provider = primitive.provider.as_ref().map(|p| format!("{p}:")).unwrap_or_default();
    let agent = primitive.agent.as_deref().unwrap_or_default();
    Instance {
        id: primitive.id.clone(),
        full_id: primitive.id.clone(),
        agent: format!("{class}:{provider}{agent}").into(),
        role: Role::Stopped,
        target_role: None,
        nodes: Vec::new(),
        failed: false,
        managed: true,
        blocked: false,
        orphan: false,
    }
}

/// The id without the number of an instance.
pub fn without_number(id: &str) -> &str {
    match id.rsplit_once(':') {
        Some((name, number)) if number.bytes().all(|b| b.is_ascii_digit()) => name,
        Some(_) | None => id,
    }
}

fn number_of(id: &str) -> &str {
    id.strip_prefix(without_number(id)).unwrap_or_default()
}

/// Meta attributes with the defaults behind them.
struct Meta<'a> {
    own: Resolved<'a>,
    defaults: Resolved<'a>,
}

impl<'a> Meta<'a> {
    fn of(cib: &'a Cib, sets: &'a [NvSet], context: &RuleContext<'a>) -> Self {
        let defaults = resolve(&cib.config.rsc_defaults, None, context);
        Self { own: resolve(sets, None, context), defaults }
    }

    fn get(&self, name: &str) -> Option<Text> {
        let known = find(META, name);
        let value = |resolved: &Resolved<'_>| match known {
            Some(known) => known.value_in(resolved).cloned(),
            None => resolved.get(name).cloned(),
        };
        value(&self.own).or_else(|| value(&self.defaults))
    }

    fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| parse_bool(&value) == Some(true))
    }

    fn is_managed(&self) -> bool {
        self.get("is-managed").is_none_or(|value| parse_bool(&value) == Some(true))
    }
}
