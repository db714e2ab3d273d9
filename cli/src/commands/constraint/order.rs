//! `rota constraint order …`

use rota_cib::Text;
use rota_cib::constraint::{Constraint, Order, OrderKind, ResourceSet};

use super::super::error::UserError;
use super::super::words;
use super::super::work::Work;
use super::{add, check_resource, set, show, truth};

const USAGE: &str = "constraint order [ACTION] RESOURCE then [ACTION] RESOURCE [kind=KIND] \
    [symmetrical=BOOL] [require-all=BOOL] [id=ID] | set RESOURCE… [OPTIONS] [set …] [setoptions …] | \
    remove RESOURCE… | config";

/// `rota constraint order …`
pub(super) fn run(work: &mut Work<'_>, given: &[&str]) -> Result<(), UserError> {
    match given {
        [] | ["config" | "show", ..] => show::orders(work),
        ["set", ..] => {
            let known = ["id", "kind", "symmetrical"];
            let (sets, mut options, name) = set::parse(work, given, set::Kind::Order, &known)?;
            let id = set::id(work, &mut options, "order_set", &name)?;
            let mut new = Order { id, sets, ..Order::default() };
            take_options(&mut new, &mut options)?;
            add(work, Constraint::Order(new))
        }
        ["delete" | "remove", resources @ ..] if !resources.is_empty() => remove(work, resources),
        ["add", rest @ ..] if rest.contains(&"then") => pair(work, rest),
        rest if rest.contains(&"then") => pair(work, rest),
        _ => Err(UserError::Usage(USAGE)),
    }
}

/// `[ACTION] RESOURCE`
fn with_action<'a>(given: &[&'a str]) -> Result<(&'a str, &'a str), UserError> {
    match given {
        [resource] => Ok(("start", resource)),
        [action @ ("start" | "stop" | "promote" | "demote"), resource] => Ok((action, resource)),
        [action, _] => Err(UserError::refused(
            format!("'{action}' is no action that can be ordered"),
            "write start, stop, promote or demote",
        )),
        _ => Err(UserError::Usage(USAGE)),
    }
}

fn take_options<'a>(order: &mut Order, options: &mut words::Pairs<'a>) -> Result<(), UserError> {
    if let Some(text) = words::take(options, "kind") {
        let kind = [OrderKind::Optional, OrderKind::Mandatory, OrderKind::Serialize]
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(text));
        order.kind = Some(kind.ok_or_else(|| {
            UserError::refused(
                format!("'{text}' is no value for 'kind'"),
                "give Optional, Mandatory or Serialize",
            )
        })?);
    }
    let mut bool_option =
        |name: &str| words::take(options, name).map(|text| truth(name, text)).transpose();
    order.symmetrical = bool_option("symmetrical")?;
    order.require_all = bool_option("require-all")?;
    words::nothing_left(options, &["kind", "symmetrical", "require-all", "id"])
}

fn pair(work: &mut Work<'_>, given: &[&str]) -> Result<(), UserError> {
    let is_option = |word: &&str| word.contains('=');
    let end = given.iter().position(is_option).unwrap_or(given.len());
    let (given, options) = given.split_at(end);
    let mut halves = given.split(|word| *word == "then");
    let (Some(first), Some(then), None) = (halves.next(), halves.next(), halves.next()) else {
        return Err(UserError::Usage(USAGE));
    };
    let ((first_action, first), (then_action, then)) = (with_action(first)?, with_action(then)?);
    check_resource(work, first)?;
    check_resource(work, then)?;
    let mut options = words::pairs(options)?;
    let own_id = words::take(&mut options, "id");
    let mut new = Order {
        first: Some(first.into()),
        first_action: Some(first_action.into()),
        then: Some(then.into()),
        then_action: Some(then_action.into()),
        ..Order::default()
    };
    take_options(&mut new, &mut options)?;
    let kind = new.kind.map_or("mandatory", OrderKind::as_str);
    new.id = match own_id {
        Some(id) => {
            super::super::resource::check_new_id(id, &work.ids())?;
            id.into()
        }
        None => work.ids().fresh(&format!("order-{first}-{then}-{kind}")),
    };
    add(work, Constraint::Order(new))
}

/// Takes resources out of all orders.
fn remove(work: &mut Work<'_>, resources: &[&str]) -> Result<(), UserError> {
    for resource in resources {
        let before = work.config.constraints.clone();
        work.config.constraints.retain_mut(|constraint| {
            let Constraint::Order(order) = constraint else { return true };
            let is_meant = |id: &Option<Text>| id.as_deref() == Some(*resource);
            !is_meant(&order.first) && !is_meant(&order.then) && without(&mut order.sets, resource)
        });
        if work.config.constraints == before {
            return Err(UserError::refused(
                format!("no order names '{resource}'"),
                "see what there is: rota constraint order config --full",
            ));
        }
    }
    Ok(())
}

/// Takes a resource out of sets; whether enough is left of them.
fn without(sets: &mut Vec<ResourceSet>, resource: &str) -> bool {
    let before = sets.len();
    for set in sets.iter_mut() {
        set.resources.retain(|id| id != resource);
    }
    sets.retain(|set| !set.resources.is_empty() || set.id_ref.is_some());
    before == 0 || !sets.is_empty()
}
