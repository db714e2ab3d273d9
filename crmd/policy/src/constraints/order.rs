//! Orders, of two or of sets, and their opposites.

use rota_cib::constraint::{Order, OrderKind, opposite_action};

use super::{AnyOf, OrderC, Set, action, expand, spelled};
use crate::model::{Rid, World};

pub(super) fn order(world: &mut World<'_>, c: &Order) {
    let kind = match c.kind {
        Some(kind) => kind,
        None if c.unknown_kind.is_some() => OrderKind::Mandatory,
        None => match c.score {
            Some(score) if score.value() == 0 => OrderKind::Optional,
            Some(_) | None => OrderKind::Mandatory,
        },
    };
    let symmetrical = match c.symmetrical {
        Some(true) if kind == OrderKind::Serialize => false,
        Some(given) => given,
        None => kind != OrderKind::Serialize,
    };
    if c.sets.is_empty() {
        simple_order(world, c, kind, symmetrical);
        return;
    }
    let sets = spelled(world, &c.sets);
    for set in &sets {
        inside_set(world, c, set, set.kind.unwrap_or(kind), symmetrical);
    }
    for two in sets.windows(2) {
        between_sets(world, c, &two[0], &two[1], two[0].kind.unwrap_or(kind), symmetrical);
    }
}

fn simple_order(world: &mut World<'_>, c: &Order, kind: OrderKind, symmetrical: bool) {
    let (Some(first), Some(then)) = (&c.first, &c.then) else { return };
    let first_action = c.first_action.as_deref().and_then(action).unwrap_or("start");
    let then_action = c.then_action.as_deref().and_then(action).unwrap_or(first_action);
    let firsts = expand(world, first);
    let thens = expand(world, then);
    let require_all = c.require_all.unwrap_or(true);
    for &f in &firsts {
        for &t in &thens {
            push(world, c, f, first_action, t, then_action, kind, symmetrical, require_all);
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "an order has that many parts")]
fn push(
    world: &mut World<'_>,
    c: &Order,
    first: Rid,
    first_action: &'static str,
    then: Rid,
    then_action: &'static str,
    kind: OrderKind,
    symmetrical: bool,
    require_all: bool,
) {
    if first == then && first_action == then_action {
        return;
    }
    world.constraints.orders.push(OrderC {
        id: c.id.clone(),
        first,
        first_action,
        then,
        then_action,
        kind,
        symmetrical,
        inverse: false,
        require_all,
    });
    if !symmetrical {
        return;
    }
    // Of a clone of which any instance will do none makes others stop when it does.
    let loose = !require_all && world.rscs[first].is_clone();
    let back = if loose { OrderKind::Optional } else { kind };
    if let (Some(undo_first), Some(undo_then)) =
        (opposite_action(first_action), opposite_action(then_action))
    {
        world.constraints.orders.push(OrderC {
            id: c.id.clone(),
            first: then,
            first_action: undo_then,
            then: first,
            then_action: undo_first,
            kind: back,
            symmetrical: true,
            inverse: true,
            require_all: true,
        });
    }
}

/// Within a set each comes after the one before it. What is serialized is so with everything
/// listed before it, whether the set says that it is a sequence or not.
fn inside_set(world: &mut World<'_>, c: &Order, set: &Set, kind: OrderKind, symmetrical: bool) {
    let act = set.action.unwrap_or("start");
    let serial = kind == OrderKind::Serialize;
    if !set.sequential && !serial {
        return;
    }
    for (i, &then) in set.rids.iter().enumerate() {
        let before = if serial { 0 } else { i.saturating_sub(1) };
        for &first in &set.rids[before..i] {
            push(world, c, first, act, then, act, kind, symmetrical, true);
        }
    }
}

/// All of a set come after all of the set before it, so that the order holds as well where some
/// of them have nothing to do.
fn between_sets(
    world: &mut World<'_>,
    c: &Order,
    before: &Set,
    after: &Set,
    kind: OrderKind,
    symmetrical: bool,
) {
    let first_action = before.action.unwrap_or("start");
    let then_action = after.action.unwrap_or(first_action);
    if before.require_all {
        for &f in &before.rids {
            for &t in &after.rids {
                push(world, c, f, first_action, t, then_action, kind, symmetrical, true);
            }
        }
        return;
    }
    world.constraints.order_sets.push(AnyOf {
        name: before.id.clone(),
        first: before.rids.iter().map(|&r| (r, first_action)).collect(),
        then: after.rids.iter().map(|&r| (r, then_action)).collect(),
        kind,
    });
    if symmetrical && after.require_all {
        // On the way back all of them wait.
        undo_sets(world, c, before, after, kind);
    }
}

fn undo_sets(world: &mut World<'_>, c: &Order, before: &Set, after: &Set, kind: OrderKind) {
    let first_action = before.action.unwrap_or("start");
    let then_action = after.action.unwrap_or(first_action);
    let (Some(undo_first), Some(undo_then)) =
        (opposite_action(first_action), opposite_action(then_action))
    else {
        return;
    };
    for &t in &after.rids {
        for &f in &before.rids {
            world.constraints.orders.push(OrderC {
                id: c.id.clone(),
                first: t,
                first_action: undo_then,
                then: f,
                then_action: undo_first,
                kind,
                symmetrical: true,
                inverse: true,
                require_all: true,
            });
        }
    }
}
