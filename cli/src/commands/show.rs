//! Resources, defaults and attributes as text.

use rota_cib::Text;
use rota_cib::nvset::NvSet;
use rota_cib::resource::{
    AgentClass, Bundle, Clone_, CloneChild, Group, Operation, Primitive, Resource,
};

use super::error::UserError;
use super::find;
use super::work::Work;
use rota_cib::rule_words::to_words;

/// `rota resource config [RESOURCE…]`
pub(super) fn resources(work: &mut Work<'_>, ids: &[&str]) -> Result<(), UserError> {
    ids.iter().try_for_each(|id| find::check(&work.config, id))?;
    let mut lines = Lines { secrets: work.has("--show-secrets"), ..Lines::default() };
    for resource in &work.config.resources {
        if ids.is_empty() {
            if !is_device(resource) {
                lines.resource(resource);
            }
        } else if ids.contains(&resource.id().as_str()) {
            lines.resource(resource);
        } else {
            for id in ids.iter().filter(|id| resource.ids().contains(id)) {
                lines.part(resource, id);
            }
        }
    }
    work.out.text.push_str(&lines.text);
    Ok(())
}

fn is_device(resource: &Resource) -> bool {
    matches!(resource, Resource::Primitive(p) if p.class == Some(AgentClass::Stonith))
}

/// `rota stonith config [DEVICE…]`
pub(super) fn devices(work: &mut Work<'_>, ids: &[&str]) -> Result<(), UserError> {
    let mut lines = Lines { secrets: work.has("--show-secrets"), ..Lines::default() };
    for resource in work.config.resources.iter().filter(|resource| is_device(resource)) {
        if ids.is_empty() || ids.contains(&resource.id().as_str()) {
            lines.resource(resource);
        }
    }
    work.out.text.push_str(&lines.text);
    Ok(())
}

/// Sets of defaults.
pub(super) fn sets(work: &mut Work<'_>, heading: &str, sets: &[NvSet]) {
    if sets.is_empty() {
        work.line("No defaults set");
    }
    let mut lines = Lines::default();
    lines.sets(heading, sets);
    work.out.text.push_str(&lines.text);
}

/// Utilization of all resources.
pub(super) fn utilization(work: &mut Work<'_>) -> Result<(), UserError> {
    work.line("Resource Utilization:");
    let primitives = work.config.all_primitives().filter(|p| !p.utilization.is_empty());
    let lines: Vec<String> =
        primitives.map(|p| format!(" {}:{}", p.id, pairs(&p.utilization))).collect();
    lines.iter().for_each(|line| work.line(line));
    Ok(())
}

/// ` a=1 b=2`
fn pairs(sets: &[NvSet]) -> String {
    let pairs = sets.iter().flat_map(|set| &set.pairs);
    let text = |text: &Option<Text>| text.as_ref().map(ToString::to_string).unwrap_or_default();
    pairs.map(|pair| format!(" {}={}", text(&pair.name), text(&pair.value))).collect()
}

/// Attributes of nodes.
pub(super) fn node_attributes(work: &mut Work<'_>, node: Option<&str>) -> Result<(), UserError> {
    nodes(work, node, "Node Attributes:", |node| &node.attributes)
}

/// Utilization of nodes.
pub(super) fn node_utilization(work: &mut Work<'_>, node: Option<&str>) -> Result<(), UserError> {
    nodes(work, node, "Node Utilization:", |node| &node.utilization)
}

fn nodes(
    work: &mut Work<'_>,
    only: Option<&str>,
    heading: &str,
    sets: impl Fn(&rota_cib::node::Node) -> &Vec<NvSet>,
) -> Result<(), UserError> {
    let known = work.config.nodes.iter().map(|node| node.uname.as_str());
    if let Some(name) = only
        && !known.clone().any(|known| known == name)
    {
        return Err(UserError::not_found("node", name, known));
    }
    let wanted = work.words.value("--name");
    let mut lines = Vec::new();
    for node in &work.config.nodes {
        let mut sets = sets(node).clone();
        for set in &mut sets {
            set.pairs.retain(|pair| wanted.is_none_or(|name| pair.name.as_deref() == Some(name)));
        }
        if only.is_none_or(|only| node.uname == only)
            && sets.iter().any(|set| !set.pairs.is_empty())
        {
            lines.push(format!(" {}:{}", node.uname, pairs(&sets)));
        }
    }
    work.line(heading);
    lines.iter().for_each(|line| work.line(line));
    Ok(())
}

/// Indented lines.
#[derive(Default)]
struct Lines {
    text: String,
    depth: usize,
    /// Whether passwords are shown as they are.
    secrets: bool,
}

/// Whether a parameter's name says that its value is nobody's business.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["passw", "secret", "token", "snmp_priv_"].iter().any(|part| name.contains(part))
        && !name.ends_with("_script")
}

impl Lines {
    fn line(&mut self, line: &str) {
        self.text.push_str(&"  ".repeat(self.depth));
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn inside(&mut self, write: impl FnOnce(&mut Self)) {
        self.depth += 1;
        write(self);
        self.depth -= 1;
    }

    fn resource(&mut self, resource: &Resource) {
        match resource {
            Resource::Primitive(p) => self.primitive(p),
            Resource::Group(g) => self.group(g),
            Resource::Clone(c) => self.clone(c),
            Resource::Bundle(b) => self.bundle(b),
        }
    }

    /// A resource inside another one.
    fn part(&mut self, resource: &Resource, id: &str) {
        match resource.group() {
            Some(group) if group.id == id => self.group(group),
            _ => {
                let primitives = resource.primitives();
                if let Some(primitive) = primitives.iter().find(|p| p.id == id) {
                    self.primitive(primitive);
                }
            }
        }
    }

    fn description(&mut self, description: &Option<Text>) {
        if let Some(description) = description {
            self.line(&format!("Description: {description}"));
        }
    }

    fn sets(&mut self, heading: &str, sets: &[NvSet]) {
        for set in sets {
            let id = set.id.as_deref().or(set.id_ref.as_deref()).unwrap_or_default();
            let score = set.score.map(|score| format!(" score={score}")).unwrap_or_default();
            self.line(&format!("{heading}: {id}{score}"));
            self.inside(|lines| {
                let mut pairs: Vec<String> = set
                    .pairs
                    .iter()
                    .filter_map(|pair| {
                        let (name, value) = (pair.name.as_ref()?, pair.value.as_ref()?);
                        let hidden = is_secret(name) && !lines.secrets;
                        Some(format!("{name}={}", if hidden { "********" } else { value.as_str() }))
                    })
                    .collect();
                pairs.sort_unstable();
                pairs.iter().for_each(|pair| lines.line(pair));
                if let Some(rule) = &set.rule {
                    lines.line(&format!("Rule: {}", to_words(rule)));
                }
            });
        }
    }

    fn primitive(&mut self, p: &Primitive) {
        let part = |name: &str, value: Option<&str>| {
            value.map(|value| format!(" {name}={value}")).unwrap_or_default()
        };
        let agent = format!(
            "{}{}{}{}",
            part("class", p.class.as_ref().map(AgentClass::as_str)),
            part("provider", p.provider.as_deref()),
            part("type", p.agent.as_deref()),
            part("template", p.template.as_deref())
        );
        self.line(&format!("Resource: {} ({})", p.id, agent.trim_start()));
        self.inside(|lines| {
            lines.description(&p.description);
            lines.sets("Attributes", &p.parameters);
            lines.sets("Meta Attributes", &p.meta);
            lines.sets("Utilization", &p.utilization);
            if !p.operations.ops.is_empty() {
                lines.line("Operations:");
                lines.inside(|lines| p.operations.ops.iter().for_each(|op| lines.operation(op)));
            }
        });
    }

    fn operation(&mut self, op: &Operation) {
        self.line(&format!("{}: {}", op.name, op.id));
        self.inside(|lines| {
            lines.line(&format!("interval={}", op.interval));
            let mut options: Vec<String> =
                op.attributes.iter().map(|(name, value)| format!("{name}={value}")).collect();
            options.sort_unstable();
            options.iter().for_each(|option| lines.line(option));
            for pair in op.parameters.iter().flat_map(|set| &set.pairs) {
                if let (Some(name), Some(value)) = (&pair.name, &pair.value) {
                    lines.line(&format!("{name}={value}"));
                }
            }
        });
    }

    fn group(&mut self, group: &Group) {
        self.line(&format!("Group: {}", group.id));
        self.inside(|lines| {
            lines.description(&group.description);
            lines.sets("Attributes", &group.parameters);
            lines.sets("Meta Attributes", &group.meta);
            group.members.iter().for_each(|member| lines.primitive(member));
        });
    }

    fn clone(&mut self, clone: &Clone_) {
        self.line(&format!("Clone: {}", clone.id));
        self.inside(|lines| {
            lines.description(&clone.description);
            lines.sets("Attributes", &clone.parameters);
            lines.sets("Meta Attributes", &clone.meta);
            match &clone.child {
                CloneChild::Primitive(p) => lines.primitive(p),
                CloneChild::Group(g) => lines.group(g),
            }
        });
    }

    fn bundle(&mut self, bundle: &Bundle) {
        self.line(&format!("Bundle: {}", bundle.id));
        self.inside(|lines| {
            lines.description(&bundle.description);
            let options = |list: &[(Text, Text)]| {
                let options = list.iter().map(|(name, value)| format!(" {name}={value}"));
                options.collect::<String>()
            };
            lines.line(&format!("{}:{}", bundle.engine, options(&bundle.container)));
            if let Some(network) = &bundle.network {
                lines.line(&format!("Network:{}", options(&network.attributes)));
                for port in &network.ports {
                    lines.line(&format!("Port Mapping:{}", options(port)));
                }
            }
            for mapping in &bundle.storage {
                lines.line(&format!("Storage Mapping:{}", options(mapping)));
            }
            lines.sets("Meta Attributes", &bundle.meta);
            bundle.primitive.iter().for_each(|p| lines.primitive(p));
        });
    }
}
