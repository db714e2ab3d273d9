//! `crm_ticket`: tickets of a site.

use rota_cib::Text;
use rota_cib::change::{Change, TicketAction};
use rota_cib::status::TicketState;
use rota_cib::value::parse_bool;

use super::args::{Args, Spec, Takes::Nothing, Takes::Value};
use super::crm_mon::{ctime, text};
use super::fail::{Failure, NO_SUCH, Outcome, USAGE};
use super::source::Source;

const SPECS: &[Spec] = &[
    ("info", "l", &["info"], Nothing),
    ("details", "L", &["details"], Nothing),
    ("raw", "w", &["raw"], Nothing),
    ("xml", "q", &["query-xml"], Nothing),
    ("constraints", "c", &["constraints"], Nothing),
    ("grant", "g", &["grant"], Nothing),
    ("revoke", "r", &["revoke"], Nothing),
    ("standby", "s", &["standby"], Nothing),
    ("activate", "a", &["activate"], Nothing),
    ("get", "G", &["get-attr"], Value),
    ("set", "S", &["set-attr"], Value),
    ("delete", "D", &["delete-attr"], Value),
    ("cleanup", "C", &["cleanup"], Nothing),
    ("value", "v", &["attr-value"], Value),
    ("default", "d", &["default"], Value),
    ("force", "f", &["force"], Nothing),
    ("ticket", "t", &["ticket"], Value),
    ("quiet", "Q", &["quiet"], Nothing),
];

const COMMANDS: &[&str] = &[
    "info",
    "details",
    "raw",
    "xml",
    "constraints",
    "grant",
    "revoke",
    "standby",
    "activate",
    "get",
    "set",
    "delete",
    "cleanup",
];

/// Runs the tool.
pub fn run(words: &[String]) -> Outcome {
    let args = Args::parse("crm_ticket", words, SPECS)?;
    let Some((command, attribute)) = args.last_of(COMMANDS) else {
        return Err(Failure::new(USAGE, "crm_ticket: Must supply a command"));
    };
    let mut source = Source::open()?;
    let cib = source.cib_without_history()?;
    let wanted = args.value("ticket");
    let all = cib.status.tickets.iter();
    let known: Vec<&TicketState> =
        all.filter(|ticket| wanted.is_none_or(|wanted| ticket.id == wanted)).collect();
    match command {
        "info" => known.iter().for_each(|one| out!("{}", text::ticket(one))),
        "details" => known.iter().for_each(|one| out!("{}", details(one))),
        "raw" => known.iter().for_each(|one| out!("{}", one.id)),
        "xml" => xml(&known, wanted.is_some())?,
        "constraints" => {
            let words = "crm_ticket: Could not show ticket constraints: No such device or address";
            return Err(Failure::new(NO_SUCH, words));
        }
        _ => {
            let id: Text = wanted
                .map(Into::into)
                .ok_or_else(|| Failure::new(USAGE, "crm_ticket: Must supply ticket ID with -t"))?;
            let attribute = attribute.unwrap_or_default();
            if command == "get" {
                return get(known.first().copied(), attribute, args.value("default"));
            }
            let action = action(command, attribute, &args, &id)?;
            return source.change(&Change::Ticket { id, action });
        }
    }
    Ok(())
}

fn action(command: &str, name: &str, args: &Args, id: &str) -> Result<TicketAction, Failure> {
    let truth = |value: &str| parse_bool(value) == Some(true);
    let not_forced = !args.has("force");
    Ok(match command {
        "grant" | "revoke" if not_forced => return Err(not_allowed(command, id)),
        "grant" => TicketAction::Grant,
        "revoke" => TicketAction::Revoke,
        "standby" => TicketAction::Standby(true),
        "activate" => TicketAction::Standby(false),
        "cleanup" => TicketAction::Forget,
        "delete" => TicketAction::Attribute(name.into(), None),
        _ => {
            let value = args
                .value("value")
                .ok_or_else(|| Failure::new(USAGE, "crm_ticket: Must supply a value with -v"))?;
            match name {
                "granted" if not_forced => return Err(not_allowed("grant", id)),
                "granted" if truth(value) => TicketAction::Grant,
                "granted" => TicketAction::Revoke,
                "standby" => TicketAction::Standby(truth(value)),
                _ => TicketAction::Attribute(name.into(), Some(value.into())),
            }
        }
    })
}

/// Tickets are moved by those who know that the other site no longer has it.
fn not_allowed(command: &str, id: &str) -> Failure {
    out!(
        "This command cannot help you verify whether '{id}' has been already granted elsewhere, \
         and it may trigger the loss-policy of '{id}'.\nIf you really want to {command} '{id}' at \
         this site now, and you know what you are doing,\nplease specify --force."
    );
    Failure::new(4, "crm_ticket: Ticket modification not allowed")
}

fn get(ticket: Option<&TicketState>, name: &str, default: Option<&str>) -> Outcome {
    let value = ticket.and_then(|ticket| {
        let found = attributes(ticket).into_iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value)
    });
    match value.or_else(|| default.map(Into::into)) {
        Some(value) => {
            out!("{value}");
            Ok(())
        }
        None => Err(Failure::silent(NO_SUCH)),
    }
}

fn attributes(ticket: &TicketState) -> Vec<(Text, Text)> {
    let truth = |value: bool| Text::from(if value { "true" } else { "false" });
    let mut found: Vec<(Text, Text)> = Vec::new();
    found.extend(ticket.granted.map(|value| ("granted".into(), truth(value))));
    found.extend(ticket.last_granted.clone().map(|value| ("last-granted".into(), value)));
    found.extend(ticket.standby.map(|value| ("standby".into(), truth(value))));
    found.extend(ticket.other.iter().cloned());
    found
}

fn details(ticket: &TicketState) -> String {
    let shown: Vec<String> = attributes(ticket)
        .into_iter()
        .map(|(name, value)| match (name.as_str(), value.parse()) {
            ("last-granted", Ok(at)) => format!("{name}='{}'", ctime(at)),
            (_, _) => format!("{name}={value}"),
        })
        .collect();
    let state = if ticket.granted == Some(true) { "granted" } else { "revoked" };
    let standby = if ticket.standby == Some(true) { " [standby]" } else { "          " };
    format!("{}\t{state}{standby} ({})", ticket.id, shown.join(", "))
}

fn xml(known: &[&TicketState], one: bool) -> Outcome {
    if known.is_empty() {
        return Err(Failure::silent(NO_SUCH));
    }
    out!("State XML:\n");
    let mut text = String::new();
    for ticket in known {
        let mut element =
            super::tree::Element { name: "ticket_state".into(), ..Default::default() };
        element.set("id", &ticket.id);
        for (name, value) in attributes(ticket) {
            element.set(&name, &value);
        }
        element.write(&mut text, usize::from(!one));
    }
    if one {
        out!("{}", text.trim_end());
    } else {
        out!("<tickets>\n{text}</tickets>");
    }
    Ok(())
}
