//! Parameters, meta attributes and utilization of resources.

use rota_cib::change::{Change, Configure, Edit, Item, Place};
use rota_cib::nvset::{NvPair, NvSet};
use rota_cib::resource::{CloneChild, Primitive, Resource};
use rota_cib::{Cib, Text};

use super::super::args::Args;
use super::super::fail::{Failure, Outcome};
use super::super::source::Source;
use super::super::view::without_number;
use super::{find, invalid};

/// Which sets of a resource are meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Parameters,
    Meta,
    Utilization,
}

impl Kind {
    fn of(args: &Args) -> Self {
        if args.has("meta") {
            Self::Meta
        } else if args.has("utilization") {
            Self::Utilization
        } else {
            Self::Parameters
        }
    }

    const fn set_name(self) -> &'static str {
        match self {
            Self::Parameters => "instance_attributes",
            Self::Meta => "meta_attributes",
            Self::Utilization => "utilization",
        }
    }
}

fn of_primitive(primitive: &mut Primitive, kind: Kind) -> &mut Vec<NvSet> {
    match kind {
        Kind::Parameters => &mut primitive.parameters,
        Kind::Meta => &mut primitive.meta,
        Kind::Utilization => &mut primitive.utilization,
    }
}

fn of_cloned_group(resource: &mut Resource, kind: Kind) -> Option<&mut Vec<NvSet>> {
    let Resource::Clone(clone) = resource else { return None };
    let CloneChild::Group(group) = &mut clone.child else { return None };
    match kind {
        Kind::Parameters => Some(&mut group.parameters),
        Kind::Meta => Some(&mut group.meta),
        Kind::Utilization => None,
    }
}

/// The sets of the resource of this id, wherever in `resource` it stands.
fn sets<'r>(resource: &'r mut Resource, id: &str, kind: Kind) -> Option<&'r mut Vec<NvSet>> {
    if resource.id() != id {
        let is_cloned_group = matches!(resource, Resource::Clone(_))
            && resource.group().is_some_and(|group| group.id == id);
        return if is_cloned_group {
            of_cloned_group(resource, kind)
        } else {
            let inside = resource.primitives_mut().into_iter().find(|one| one.id == id);
            inside.map(|primitive| of_primitive(primitive, kind))
        };
    }
    match (resource, kind) {
        (Resource::Primitive(one), _) => Some(of_primitive(one, kind)),
        (resource, Kind::Meta) => Some(resource.meta_mut()),
        (Resource::Group(group), Kind::Parameters) => Some(&mut group.parameters),
        (Resource::Clone(clone), Kind::Parameters) => Some(&mut clone.parameters),
        (Resource::Bundle(bundle), Kind::Parameters) => Some(&mut bundle.parameters),
        (_, Kind::Utilization) => None,
    }
}

fn holds(set: &NvSet, name: &str, args: &Args) -> bool {
    let in_set = args.value("set-name").is_none_or(|wanted| set.id.as_deref() == Some(wanted));
    in_set && set.pairs.iter().any(|pair| pair.name.as_deref() == Some(name))
}

/// `--get-parameter`.
pub fn get(cib: &Cib, id: &str, name: &str, args: &Args) -> Outcome {
    let kind = Kind::of(args);
    let holding = find(cib, id)?;
    let mut resource = holding.clone();
    let mut look = |id: &str| {
        let all = sets(&mut resource, id, kind).map(|sets| sets.clone()).unwrap_or_default();
        all.iter().find(|set| holds(set, name, args)).and_then(|set| set.get(name)).cloned()
    };
    let mut value = look(without_number(id));
    if value.is_none() && kind == Kind::Meta {
        value = look(holding.id());
        value = value.or_else(|| cib.config.rsc_defaults.iter().find_map(|s| s.get(name)).cloned());
    }
    match value {
        Some(value) => out!("{value}"),
        None => {
            // An agent that asks for what is not there is told so, and goes on.
            let is_cloned = matches!(holding, Resource::Clone(_)) && holding.id() != id;
            let shown = if is_cloned { format!("{id}:0") } else { id.to_owned() };
            eprintln!("Attribute '{name}' not found for '{shown}'");
        }
    }
    Ok(())
}

/// Which resource gets a meta attribute: a clone, rather than what it clones.
fn target<'c>(cib: &'c Cib, id: &'c str, name: &str, kind: Kind, args: &Args) -> (Text, bool) {
    let id = without_number(id);
    let Some(holding) = cib.config.resource_holding(id) else { return (id.into(), false) };
    let is_cloned = matches!(holding, Resource::Clone(_)) && holding.id() != id;
    if kind != Kind::Meta || !is_cloned || args.has("force") {
        return (id.into(), false);
    }
    let mut copy = holding.clone();
    let own = sets(&mut copy, id, kind);
    if own.is_some_and(|sets| sets.iter().any(|set| holds(set, name, args))) {
        return (id.into(), false);
    }
    (holding.id().clone(), true)
}

/// `--set-parameter`.
pub fn set(
    source: &mut Source,
    cib: &Cib,
    id: &str,
    name: &str,
    value: &str,
    args: &Args,
) -> Outcome {
    let kind = Kind::of(args);
    let (target, is_parent) = target(cib, id, name, kind, args);
    let mut resource = find(cib, &target)?.clone();
    let all = sets(&mut resource, &target, kind).ok_or_else(invalid)?;
    let mut new_set = None;
    let pair_id = match all.iter_mut().find(|set| holds(set, name, args)) {
        Some(set) => {
            let mut pairs = set.pairs.iter_mut();
            let pair = pairs.find(|pair| pair.name.as_deref() == Some(name)).ok_or_else(invalid)?;
            pair.value = Some(value.into());
            pair.id.clone().unwrap_or_default()
        }
        None => {
            let default = || format!("{target}-{}", kind.set_name());
            let set_id: Text = args.value("set-name").map_or_else(default, str::to_owned).into();
            new_set = Some(set_id.clone());
            let pair_id = rota_cib::change::xml_id(&[&set_id, name]);
            let pair = NvPair {
                id: Some(pair_id.clone()),
                name: Some(name.into()),
                value: Some(value.into()),
                ..NvPair::default()
            };
            match all.iter_mut().find(|set| set.id.as_ref() == Some(&set_id)) {
                Some(set) => set.pairs.push(pair),
                None => all.push(NvSet { id: Some(set_id), pairs: vec![pair], ..NvSet::default() }),
            }
            pair_id
        }
    };
    put(source, resource)?;
    if args.has("quiet") {
        return Ok(());
    }
    if is_parent {
        out!("Performing update of '{name}' on '{target}', the parent of '{id}'");
    }
    let set = new_set.map(|set| format!(" set={set}")).unwrap_or_default();
    out!("Set '{target}' option: id={pair_id}{set} name={name} value={value}");
    Ok(())
}

/// `--delete-parameter`.
pub fn delete(source: &mut Source, cib: &Cib, id: &str, name: &str, args: &Args) -> Outcome {
    let kind = Kind::of(args);
    let (target, is_parent) = target(cib, id, name, kind, args);
    let mut resource = find(cib, &target)?.clone();
    let Some(all) = sets(&mut resource, &target, kind) else { return Ok(()) };
    let Some(set) = all.iter_mut().find(|set| holds(set, name, args)) else { return Ok(()) };
    let is_it = |pair: &NvPair| pair.name.as_deref() == Some(name);
    let pair_id = set.pairs.iter().find(|pair| is_it(pair)).and_then(|pair| pair.id.clone());
    set.pairs.retain(|pair| !is_it(pair));
    put(source, resource)?;
    if is_parent {
        out!("Performing deletion of '{name}' on '{target}', the parent of '{id}'");
    }
    out!("Deleted '{target}' option: id={} name={name}", pair_id.unwrap_or_default());
    Ok(())
}

fn put(source: &mut Source, resource: Resource) -> Result<(), Failure> {
    let item = Box::new(Item::Resource(resource));
    let edits = vec![Edit::Put { item, place: Place::Same }];
    source.change(&Change::Configure(Configure { edits, ..Configure::default() }))
}
