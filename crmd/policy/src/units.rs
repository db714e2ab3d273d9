//! Which actions belong to one step of one resource: the units of work that a transition carries to
//! their end once they have begun.

use std::collections::BTreeMap;

use rota_transition::{InUnit, Part, UnitId};

use crate::actions::{Actions, Aid, Verb};
use crate::model::{Rid, World};

/// Numbers the units in the order in which their first action is asked about.
pub(crate) struct Units {
    numbers: BTreeMap<(Rid, Verb), UnitId>,
}

impl Units {
    pub fn new() -> Self {
        Self { numbers: BTreeMap::new() }
    }

    /// The unit of an action, and its place there; none for what stands for itself.
    pub fn place(&mut self, world: &World<'_>, acts: &Actions, aid: Aid) -> Option<InUnit> {
        let (key, part) = migration(acts, aid).or_else(|| told(world, acts, aid))?;
        let next = u32::try_from(self.numbers.len()).ok()?;
        let unit = *self.numbers.entry(key).or_insert(UnitId(next));
        Some(InUnit { unit, part })
    }
}

/// Push, pull and clean-up of a live migration, and the start that stands for its end.
fn migration(acts: &Actions, aid: Aid) -> Option<((Rid, Verb), Part)> {
    let act = &acts.acts[aid];
    let rid = act.rid?;
    let pull = acts.all(rid, Verb::MigrateFrom).into_iter().find(|&a| acts.happens(a))?;
    let is_part = match act.verb {
        Verb::MigrateTo | Verb::MigrateFrom => true,
        Verb::Stop => acts.acts[pull].extra.as_ref().is_some_and(|e| e.source == act.node),
        Verb::Start => act.pseudo,
        _ => false,
    };
    is_part.then_some(((rid, Verb::MigrateTo), Part::Main))
}

/// What happens to instances of a clone that wants notifications, and these.
fn told(world: &World<'_>, acts: &Actions, aid: Aid) -> Option<((Rid, Verb), Part)> {
    let act = &acts.acts[aid];
    let rid = act.rid?;
    let clone = if world.rscs[rid].is_clone() { rid } else { world.instance_owner(rid)? };
    if !world.rscs[clone].notify {
        return None;
    }
    let verb = match act.verb {
        Verb::Notice | Verb::Notify => acts.acts[act.mirrors?].verb,
        other => other,
    }
    .begun();
    let part = match act.verb {
        Verb::Notice | Verb::Notify if comes_before(&act.name) => Part::Before,
        Verb::Notice | Verb::Notify => Part::After,
        Verb::Start | Verb::Stop | Verb::Promote | Verb::Demote
            if world.rscs[rid].is_primitive() =>
        {
            Part::Main
        }
        Verb::Start | Verb::Stop | Verb::Promote | Verb::Demote => Part::Before,
        Verb::Running | Verb::Stopped | Verb::Promoted | Verb::Demoted => Part::After,
        _ => return None,
    };
    Some(((clone, verb), part))
}

/// Whether a notification, or a point of it, comes before what it is about.
fn comes_before(name: &str) -> bool {
    name.trim_start_matches("confirmed-").starts_with("pre_notify")
}
