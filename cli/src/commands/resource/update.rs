//! `rota resource update`

use rota_cib::options::{META, find as find_option, suggest};

use super::super::agents::AgentSpec;
use super::super::error::UserError;
use super::super::find::{self, Found};
use super::super::sets::set_values;
use super::super::words::pairs;
use super::super::work::Work;
use super::create::{check_parameters, primitive_words};
use super::operations;

/// `rota resource update ID [NAME=VALUE…] [op ACTION NAME=VALUE…] [meta NAME=VALUE…]`; an empty value
/// removes.
pub(in super::super) fn update(work: &mut Work<'_>, words: &[&str]) -> Result<(), UserError> {
    let Some((id, rest)) = words.split_first().filter(|(_, rest)| !rest.is_empty()) else {
        return Err(UserError::Usage(
            "resource update RESOURCE [NAME=VALUE…] [op ACTION NAME=VALUE…]… [meta NAME=VALUE…]",
        ));
    };
    let sections = primitive_words(rest)?;
    let (parameters, meta) = (pairs(&sections.parameters)?, pairs(&sections.meta)?);
    check_meta(work, &meta)?;
    check_known(work, id, &parameters)?;
    let mut ids = work.ids();
    match find::need(&mut work.config, id)? {
        Found::Primitive(primitive) => {
            let base = format!("{id}-instance_attributes");
            set_values(&mut primitive.parameters, &base, &parameters, &mut ids);
            set_values(&mut primitive.meta, &format!("{id}-meta_attributes"), &meta, &mut ids);
        }
        // Options of a clone or group are meta attributes.
        found @ (Found::Group(_) | Found::Clone(_) | Found::Bundle(_)) => {
            let all: Vec<(&str, &str)> = parameters.iter().chain(&meta).copied().collect();
            set_values(found.meta(), &format!("{id}-meta_attributes"), &all, &mut ids);
        }
    }
    for operation in &sections.operations {
        operations::update(work, id, operation)?;
    }
    Ok(())
}

/// The agent must know the parameters; those that the resource has already are not doubted.
fn check_known(work: &mut Work<'_>, id: &str, given: &[(&str, &str)]) -> Result<(), UserError> {
    let Found::Primitive(primitive) = find::need(&mut work.config, id)? else {
        return check_meta(work, given);
    };
    let (Some(class), Some(agent)) = (&primitive.class, &primitive.agent) else { return Ok(()) };
    let spec = AgentSpec {
        class: class.as_str().to_owned(),
        provider: primitive.provider.as_ref().map(ToString::to_string),
        agent: agent.to_string(),
    };
    let known: Vec<String> = primitive
        .parameters
        .iter()
        .flat_map(|set| &set.pairs)
        .filter_map(|pair| pair.name.as_ref().map(ToString::to_string))
        .collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    match work.context.agents.describe(&spec) {
        Some(info) => check_parameters(work, &spec, &info, given, &known),
        None => Ok(()),
    }
}

/// Meta attributes must be known, and their values of their kind.
pub(super) fn check_meta(work: &mut Work<'_>, given: &[(&str, &str)]) -> Result<(), UserError> {
    for (name, value) in given {
        match find_option(META, name) {
            _ if value.is_empty() => {}
            Some(known) if known.kind.accepts(value) => {}
            Some(known) => work.unless_forced(format!(
                "'{value}' is no value for '{name}', give {}",
                known.kind.expected()
            ))?,
            // Agents and people keep options of their own there; only slips are refused.
            None => match suggest(META, name) {
                Some(near) => work.unless_forced(format!(
                    "unknown meta option '{name}' (did you mean '{near}'?)"
                ))?,
                None => work.remark(format!("warning: unknown meta option '{name}'")),
            },
        }
    }
    Ok(())
}
