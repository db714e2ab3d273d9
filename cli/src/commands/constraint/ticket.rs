//! `rota constraint ticket …`

use rota_cib::constraint::{Constraint, LossPolicy, Role, Ticket};

use super::super::error::UserError;
use super::super::words;
use super::super::work::Work;
use super::{add, check_resource, delete_where, role, set, show};

const USAGE: &str = "constraint ticket add TICKET [ROLE] RESOURCE [loss-policy=POLICY] [id=ID] | set \
    RESOURCE… [OPTIONS] [set …] setoptions ticket=TICKET [loss-policy=POLICY] | remove TICKET RESOURCE \
    | config";

/// `rota constraint ticket …`
pub(super) fn run(work: &mut Work<'_>, given: &[&str]) -> Result<(), UserError> {
    match given {
        [] | ["config" | "show", ..] => show::tickets(work),
        ["add", ticket, rest @ ..] if !rest.is_empty() => one(work, ticket, rest),
        ["set", ..] => {
            let known = ["id", "ticket", "loss-policy"];
            let (sets, mut options, name) = set::parse(work, given, set::Kind::Ticket, &known)?;
            let id = set::id(work, &mut options, "ticket_set", &name)?;
            let Some(ticket) = words::take(&mut options, "ticket") else {
                return Err(UserError::refused(
                    "no ticket is named",
                    "add setoptions ticket=TICKET",
                ));
            };
            let loss_policy = policy(&mut options)?;
            let ticket = ticket.into();
            let new = Ticket { id, ticket, sets, loss_policy, ..Ticket::default() };
            add(work, Constraint::Ticket(new))
        }
        ["delete" | "remove", ticket, resource] => {
            delete_where(work, "such ticket constraint", |constraint| match constraint {
                Constraint::Ticket(c) => c.ticket == *ticket && c.rsc.as_deref() == Some(*resource),
                Constraint::Location(_) | Constraint::Colocation(_) | Constraint::Order(_) => false,
            })
        }
        _ => Err(UserError::Usage(USAGE)),
    }
}

fn policy<'a>(options: &mut words::Pairs<'a>) -> Result<Option<LossPolicy>, UserError> {
    let Some(text) = words::take(options, "loss-policy") else { return Ok(None) };
    match LossPolicy::parse(text) {
        Some(policy) => Ok(Some(policy)),
        None => Err(UserError::refused(
            format!("'{text}' is no value for 'loss-policy'"),
            "give stop, demote, fence or freeze",
        )),
    }
}

fn one(work: &mut Work<'_>, ticket: &str, given: &[&str]) -> Result<(), UserError> {
    let end = given.iter().position(|word| word.contains('=')).unwrap_or(given.len());
    let (names, options) = given.split_at(end);
    let (rsc_role, resource) = match names {
        [resource] => (None, *resource),
        [word, resource] => (Some(role(word)?), *resource),
        _ => return Err(UserError::Usage(USAGE)),
    };
    check_resource(work, resource)?;
    let mut options = words::pairs(options)?;
    let id = match words::take(&mut options, "id") {
        Some(id) => {
            super::super::resource::check_new_id(id, &work.ids())?;
            id.into()
        }
        None => {
            let role = rsc_role.map(|role: Role| format!("-{}", role.as_str())).unwrap_or_default();
            work.ids().fresh(&format!("ticket-{ticket}-{resource}{role}"))
        }
    };
    let loss_policy = policy(&mut options)?;
    words::nothing_left(&options, &["id", "loss-policy"])?;
    let rsc = Some(resource.into());
    let ticket = ticket.into();
    add(
        work,
        Constraint::Ticket(Ticket { id, ticket, rsc, rsc_role, loss_policy, ..Ticket::default() }),
    )
}
