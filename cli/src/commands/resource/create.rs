//! `rota resource create`, and what `rota stonith create` shares with it.

use rota_cib::Text;
use rota_cib::fresh::Ids;
use rota_cib::near::nearest;
use rota_cib::options::{FENCE_DEVICE, find as find_option};
use rota_cib::resource::{AgentClass, Clone_, CloneChild, Group, Operations, Primitive, Resource};

use super::super::agents::{self, AgentInfo, AgentSpec};
use super::super::error::UserError;
use super::super::work::Work;
use super::super::{sets, words};
use super::operations;
use super::update::check_meta;

const USAGE: &str = "resource create ID [CLASS:[PROVIDER:]]AGENT [NAME=VALUE…] [op ACTION NAME=VALUE…]… \
    [meta NAME=VALUE…] [clone [ID] [NAME=VALUE…] | promotable [ID] [NAME=VALUE…] | --group GROUP \
    [--before RESOURCE | --after RESOURCE] | bundle BUNDLE] [--disabled] [--no-default-ops] [--wait[=TIME]]";

/// What follows the agent's name, by section.
#[derive(Default)]
pub(in super::super) struct Sections<'a> {
    /// Parameters of the agent.
    pub(in super::super) parameters: Vec<&'a str>,
    /// Operations, each with its options.
    pub(in super::super) operations: Vec<operations::Given<'a>>,
    /// Meta attributes.
    pub(in super::super) meta: Vec<&'a str>,
    /// Words after `clone` or `promotable`, and whether it was the latter.
    pub(in super::super) clone: Option<(bool, Vec<&'a str>)>,
    /// Words after `group`.
    pub(in super::super) group: Option<Vec<&'a str>>,
    /// Words after `bundle`.
    pub(in super::super) bundle: Option<Vec<&'a str>>,
}

/// Sorts words into sections.
pub(in super::super) fn primitive_words<'a>(words: &[&'a str]) -> Result<Sections<'a>, UserError> {
    let mut sections = Sections::default();
    let mut section = "";
    for word in words {
        match *word {
            "op" | "meta" | "group" | "bundle" if !(*word == "meta" && is_clone(section)) => {
                section = word;
                match *word {
                    "group" => sections.group = Some(Vec::new()),
                    "bundle" => sections.bundle = Some(Vec::new()),
                    _ => {}
                }
                continue;
            }
            // `clone meta …` gives the clone's options.
            "meta" => continue,
            "clone" | "promotable" => {
                section = word;
                sections.clone = Some((*word == "promotable", Vec::new()));
                continue;
            }
            "master" => {
                return Err(UserError::refused("'master' is an old word", "write 'promotable'"));
            }
            _ => {}
        }
        match section {
            "op" => operations::collect(&mut sections.operations, word)?,
            "meta" => sections.meta.push(word),
            "group" => sections.group.iter_mut().for_each(|list| list.push(word)),
            "bundle" => sections.bundle.iter_mut().for_each(|list| list.push(word)),
            "clone" | "promotable" => {
                sections.clone.iter_mut().for_each(|(_, list)| list.push(word));
            }
            _ => sections.parameters.push(word),
        }
    }
    Ok(sections)
}

fn is_clone(section: &str) -> bool {
    matches!(section, "clone" | "promotable")
}

/// `rota resource create …`
pub(super) fn create(work: &mut Work<'_>, given: &[&str]) -> Result<(), UserError> {
    let [id, agent, rest @ ..] = given else { return Err(UserError::Usage(USAGE)) };
    let sections = primitive_words(rest)?;
    let agent = agents::parse(agent, work.context.agents)?;
    if agent.class == "stonith" {
        return Err(UserError::refused(
            format!("'{agent}' is a fence agent"),
            format!("write: rota stonith create {id} {}", agent.agent),
        ));
    }
    let mut ids = work.ids();
    let mut primitive = build(work, id, &agent, &sections, &mut ids)?;
    let homes = [
        sections.clone.is_some(),
        group_words(work, &sections).is_some(),
        sections.bundle.is_some(),
    ];
    if homes.into_iter().filter(|home| *home).count() > 1 {
        return Err(UserError::refused(
            "a resource cannot be in a clone, a group and a bundle at once",
            "choose one of them; a group can be cloned as a whole",
        ));
    }
    let disabled = work.has("--disabled");
    if let Some((promotable, clone_words)) = &sections.clone {
        let clone =
            wrap(work, CloneChild::Primitive(primitive), *promotable, clone_words, &mut ids)?;
        let mut resource = Resource::Clone(clone);
        if disabled {
            stop(&mut resource, &mut ids);
        }
        work.config.resources.push(resource);
        return Ok(());
    }
    if disabled {
        let base = format!("{id}-meta_attributes");
        sets::set_values(&mut primitive.meta, &base, &[("target-role", "Stopped")], &mut ids);
    }
    if let Some(group_words) = group_words(work, &sections) {
        return into_group(work, primitive, &group_words, &mut ids);
    }
    if let Some(bundle_words) = &sections.bundle {
        return into_bundle(work, primitive, bundle_words);
    }
    work.config.resources.push(Resource::Primitive(primitive));
    Ok(())
}

fn stop(resource: &mut Resource, ids: &mut Ids) {
    let base = format!("{}-meta_attributes", resource.id());
    sets::set_values(resource.meta_mut(), &base, &[("target-role", "Stopped")], ids);
}

/// The group asked for, with where in it, however it was written.
fn group_words<'a>(work: &Work<'a>, sections: &Sections<'a>) -> Option<Vec<&'a str>> {
    if let Some(words) = &sections.group {
        return Some(words.clone());
    }
    let mut words = vec![work.words.value("--group")?];
    for place in ["before", "after"] {
        if let Some(other) = work.words.value(&format!("--{place}")) {
            words.extend([place, other]);
        }
    }
    Some(words)
}

/// A primitive as asked for, with default operations.
pub(in super::super) fn build(
    work: &mut Work<'_>,
    id: &str,
    agent: &AgentSpec,
    sections: &Sections<'_>,
    ids: &mut Ids,
) -> Result<Primitive, UserError> {
    check_new_id(id, ids)?;
    let info = work.context.agents.describe(agent);
    if info.is_none() {
        work.unless_forced(format!(
            "agent '{agent}' is not installed here, or does not describe itself"
        ))?;
    }
    let parameters = words::pairs(&sections.parameters)?;
    if let Some(info) = &info {
        check_parameters(work, agent, info, &parameters, &[])?;
        check_required(work, agent, info, &parameters)?;
    }
    let meta = words::pairs(&sections.meta)?;
    check_meta(work, &meta)?;
    let claimed = ids.fresh(id);
    let no_defaults = work.has("--no-default-ops");
    let ops = operations::complete(work, agent, info.as_ref(), &sections.operations, no_defaults)?;
    let parameters = sets::new_set(&format!("{id}-instance_attributes"), &parameters, ids);
    let meta = sets::new_set(&format!("{id}-meta_attributes"), &meta, ids);
    let ops = ops.iter().map(|op| operations::element(id, op, ids)).collect();
    Ok(Primitive {
        id: claimed,
        class: Some(AgentClass::parse(&agent.class)),
        provider: agent.provider.as_deref().map(Text::from),
        agent: Some(agent.agent.as_str().into()),
        template: None,
        description: None,
        parameters,
        meta,
        utilization: Vec::new(),
        operations: Operations { ops, ..Operations::default() },
    })
}

/// A new id must be legal and free.
pub(in super::super) fn check_new_id(id: &str, ids: &Ids) -> Result<(), UserError> {
    if !rota_cib::validate::ids::is_legal(id) {
        return Err(UserError::refused(
            format!("'{id}' cannot be an id"),
            "begin with a letter or '_' and go on with letters, digits, '-', '_' and '.'",
        ));
    }
    if ids.has(id) { Err(UserError::Taken(id.to_owned())) } else { Ok(()) }
}

/// Parameters that the agent does not know are refused. `known` names further ones.
pub(super) fn check_parameters(
    work: &mut Work<'_>,
    agent: &AgentSpec,
    info: &AgentInfo,
    given: &[(&str, &str)],
    known: &[&str],
) -> Result<(), UserError> {
    for (name, _) in given {
        let is_fencing = agent.class == "stonith";
        let is_known = info.parameters.iter().any(|p| p.name == *name)
            || known.contains(name)
            || (is_fencing && find_option(FENCE_DEVICE, name).is_some());
        if is_known {
            continue;
        }
        let names = info.parameters.iter().map(|p| p.name.as_str());
        let common = FENCE_DEVICE.iter().filter(|_| is_fencing).map(|known| known.name);
        let near = match nearest(name, names.chain(common)) {
            Some(near) => format!(" (did you mean '{near}'?)"),
            None => String::new(),
        };
        work.unless_forced(format!("agent '{agent}' has no option '{name}'{near}"))?;
    }
    Ok(())
}

fn check_required(
    work: &mut Work<'_>,
    agent: &AgentSpec,
    info: &AgentInfo,
    given: &[(&str, &str)],
) -> Result<(), UserError> {
    let has = |name: &str| given.iter().any(|(known, value)| *known == name && !value.is_empty());
    let mut missing: Vec<&str> = Vec::new();
    for parameter in info.parameters.iter().filter(|p| p.required && !has(&p.name)) {
        // Under another name it may be there: one parameter may replace an older one.
        let same_as = parameter.same_as.as_deref();
        let others = info.parameters.iter().filter(|p| p.same_as.as_ref() == Some(&parameter.name));
        if !same_as.is_some_and(has) && !others.into_iter().any(|p| has(&p.name)) {
            // Of two names for one thing the newer one is asked for.
            if same_as.is_none() {
                missing.push(&parameter.name);
            }
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let missing = missing.join("', '");
    work.unless_forced(format!("agent '{agent}' needs the option '{missing}'"))
}

/// A clone around a child; the words are an id of its own, if given, and its options.
pub(super) fn wrap(
    work: &mut Work<'_>,
    child: CloneChild,
    promotable: bool,
    given: &[&str],
    ids: &mut Ids,
) -> Result<Clone_, UserError> {
    let child_id = match &child {
        CloneChild::Primitive(p) => p.id.clone(),
        CloneChild::Group(g) => g.id.clone(),
    };
    let (id, options) = match given.split_first() {
        Some((id, options)) if !id.contains('=') => {
            check_new_id(id, ids)?;
            (ids.fresh(id), options)
        }
        _ => (ids.fresh(&format!("{child_id}-clone")), given),
    };
    let options: Vec<&str> = options.iter().copied().filter(|word| *word != "meta").collect();
    let mut meta = words::pairs(&options)?;
    check_meta(work, &meta)?;
    if promotable && !meta.iter().any(|(name, _)| *name == "promotable") {
        meta.push(("promotable", "true"));
    }
    let meta = sets::new_set(&format!("{id}-meta_attributes"), &meta, ids);
    let (parameters, description) = (Vec::new(), None);
    Ok(Clone_ { id, written_as_master: false, description, parameters, meta, child })
}

fn into_group(
    work: &mut Work<'_>,
    primitive: Primitive,
    given: &[&str],
    ids: &mut Ids,
) -> Result<(), UserError> {
    let Some((group_id, place)) = given.split_first() else { return Err(UserError::Usage(USAGE)) };
    if !super::group::exists(&work.config, group_id) {
        check_new_id(group_id, ids)?;
        let group = Group { id: ids.fresh(group_id), ..Group::default() };
        work.config.resources.push(Resource::Group(group));
    }
    super::group::insert(&mut work.config, group_id, vec![primitive], place)
}

fn into_bundle(work: &mut Work<'_>, primitive: Primitive, given: &[&str]) -> Result<(), UserError> {
    let [bundle_id] = given else { return Err(UserError::Usage(USAGE)) };
    let bundles = work.config.resources.iter_mut().filter_map(|resource| match resource {
        Resource::Bundle(bundle) => Some(bundle),
        Resource::Primitive(_) | Resource::Group(_) | Resource::Clone(_) => None,
    });
    let mut known = Vec::new();
    for bundle in bundles {
        if bundle.id != *bundle_id {
            known.push(bundle.id.to_string());
            continue;
        }
        if let Some(inside) = &bundle.primitive {
            return Err(UserError::refused(
                format!("bundle '{bundle_id}' has a resource already: '{}'", inside.id),
                "delete that one first, or use another bundle",
            ));
        }
        bundle.primitive = Some(primitive);
        return Ok(());
    }
    Err(UserError::not_found("bundle", bundle_id, known.iter().map(String::as_str)))
}
