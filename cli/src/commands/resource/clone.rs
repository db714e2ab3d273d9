//! `rota resource clone`, `promotable` and `unclone`

use rota_cib::resource::{CloneChild, Resource};

use super::super::error::UserError;
use super::super::work::Work;
use super::super::{find, refs};
use super::create::wrap;

/// `rota resource clone ID [CLONE-ID] [meta] [NAME=VALUE…]`, or `promotable` instead of `clone`.
pub(super) fn clone(
    work: &mut Work<'_>,
    words: &[&str],
    promotable: bool,
) -> Result<(), UserError> {
    let Some((id, options)) = words.split_first() else {
        return Err(UserError::Usage(
            "resource clone|promotable RESOURCE [CLONE-ID] [meta NAME=VALUE…]",
        ));
    };
    find::check(&work.config, id)?;
    let Some(at) = work.config.resources.iter().position(|r| r.id() == id) else {
        return Err(UserError::refused(
            format!("'{id}' is in a group or a clone"),
            "name a service or a group that stands alone",
        ));
    };
    let child = match &work.config.resources[at] {
        Resource::Primitive(primitive) => CloneChild::Primitive(primitive.clone()),
        Resource::Group(group) => CloneChild::Group(group.clone()),
        Resource::Clone(_) | Resource::Bundle(_) => {
            return Err(UserError::refused(
                format!("'{id}' is a clone or a bundle already"),
                "change it with: rota resource meta",
            ));
        }
    };
    let mut ids = work.ids();
    let options: Vec<&str> = match options {
        ["meta", rest @ ..] => rest.to_vec(),
        other => other.to_vec(),
    };
    let clone = wrap(work, child, promotable, &options, &mut ids)?;
    work.config.resources[at] = Resource::Clone(clone);
    Ok(())
}

/// `rota resource unclone ID`: the clone's, or that of what it clones.
pub(super) fn unclone(work: &mut Work<'_>, words: &[&str]) -> Result<(), UserError> {
    let [id] = words else { return Err(UserError::Usage("resource unclone RESOURCE")) };
    find::check(&work.config, id)?;
    let at = work.config.resources.iter().position(|r| r.ids().contains(id));
    let Some((at, Resource::Clone(clone))) = at.map(|at| (at, &work.config.resources[at])) else {
        return Err(UserError::refused(format!("'{id}' is no clone"), "there is nothing to do"));
    };
    let (clone_id, child) = (clone.id.clone(), clone.child.clone());
    let (child_id, resource) = match child {
        CloneChild::Primitive(p) => (p.id.clone(), Resource::Primitive(p)),
        CloneChild::Group(g) => (g.id.clone(), Resource::Group(g)),
    };
    work.config.resources[at] = resource;
    refs::rename(&mut work.config, &clone_id, &child_id);
    Ok(())
}
