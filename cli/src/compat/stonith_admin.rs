//! `stonith_admin`: fencing by hand, and what fencing did.

use std::time::Duration;

use rota_cib::resource::{AgentClass, Resource};

use super::args::{Args, Spec, Takes::Nothing, Takes::Perhaps, Takes::Value};
use super::crm_mon::{iso, xml::fence_event};
use super::fail::{Failure, NO_SUCH, Outcome, USAGE};
use super::source::Source;
use super::tree::Element;

const SPECS: &[Spec] = &[
    ("fence", "F", &["fence"], Value),
    ("unfence", "U", &["unfence"], Value),
    ("reboot", "B", &["reboot"], Value),
    ("confirm", "C", &["confirm"], Value),
    ("history", "H", &["history"], Value),
    ("last", "h", &["last"], Value),
    ("list", "l", &["list"], Value),
    ("list-registered", "L", &["list-registered"], Nothing),
    ("list-installed", "I", &["list-installed"], Nothing),
    ("cleanup", "c", &["cleanup"], Nothing),
    ("broadcast", "b", &["broadcast"], Nothing),
    ("tag", "T", &["tag"], Value),
    ("timeout", "t", &["timeout"], Value),
    ("delay", "y", &["delay"], Value),
    ("tolerance", "", &["tolerance"], Value),
    ("as-node-id", "n", &["as-node-id"], Perhaps),
    ("quiet", "q", &["quiet"], Nothing),
    ("output-as", "", &["output-as"], Value),
    ("output-to", "", &["output-to"], Value),
];

const COMMANDS: &[&str] = &[
    "fence",
    "unfence",
    "reboot",
    "confirm",
    "history",
    "last",
    "list",
    "list-registered",
    "list-installed",
];

/// How long fencing is waited for, as the real tool does.
const PATIENCE_S: u64 = 120;

/// Runs the tool.
pub fn run(words: &[String]) -> Outcome {
    let args = Args::parse("stonith_admin", words, SPECS)?;
    let Some((command, value)) = args.last_of(COMMANDS) else {
        return Err(Failure::new(USAGE, "stonith_admin: No command given"));
    };
    let value = value.unwrap_or_default();
    let action = match command {
        "fence" => "off",
        "unfence" => "on",
        "reboot" => "reboot",
        "confirm" => "confirm",
        "history" | "last" => return history(value, &args, words),
        "list-installed" => return installed(),
        _ => return registered(command == "list", value),
    };
    let seconds = args.value("timeout").and_then(rota_cib::value::parse_duration);
    let patience = seconds.unwrap_or(Duration::from_secs(PATIENCE_S));
    let mut source = Source::cluster()?;
    match source.client() {
        Some(client) => {
            client.fence(value, action, patience)?;
            Ok(())
        }
        None => Ok(()),
    }
}

fn installed() -> Outcome {
    let mut agents: Vec<String> = std::fs::read_dir("/usr/sbin")
        .map(|entries| {
            let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
            names.filter(|name| name.starts_with("fence_")).collect()
        })
        .unwrap_or_default();
    agents.sort();
    agents.iter().for_each(|agent| out!("{agent}"));
    Ok(())
}

/// The devices; which of them can fence a host is told by their own lists, if they have one.
fn registered(for_host: bool, host: &str) -> Outcome {
    let cib = Source::cluster()?.cib_without_history()?;
    let mut count = 0;
    for resource in &cib.config.resources {
        let Resource::Primitive(primitive) = resource else { continue };
        if primitive.class != Some(AgentClass::Stonith) {
            continue;
        }
        let value = |name: &str| primitive.parameters.iter().find_map(|set| set.get(name));
        let listed = value("pcmk_host_list").or_else(|| value("pcmk_host_map"));
        let fits = listed.is_none_or(|list| {
            list.split([' ', ',', ';']).any(|entry| entry.split(':').next() == Some(host))
        });
        if !for_host || fits {
            count += 1;
            out!("{}", primitive.id);
        }
    }
    let noun = if count == 1 { "fence device" } else { "fence devices" };
    out!("{count} {noun} found");
    if count == 0 && for_host { Err(Failure::silent(NO_SUCH)) } else { Ok(()) }
}

fn history(node: &str, args: &Args, words: &[String]) -> Outcome {
    let Some(report) = Source::cluster()?.report()? else { return Ok(()) };
    let all = matches!(node, "*" | "all" | "");
    let events = report.fencing_history.iter().rev();
    let events: Vec<_> = events.filter(|e| all || e.target.as_str() == node).collect();
    if args.value("output-as") == Some("xml") {
        let mut root = Element { name: "pacemaker-result".into(), ..Default::default() };
        root.set("api-version", "2.25");
        root.set("request", &format!("stonith_admin {}", words.join(" ")));
        let mut list = Element { name: "list".into(), ..Default::default() };
        list.set("name", "fencing history");
        list.set("count", &events.len().to_string());
        list.children =
            events.iter().map(|event| fence_event(event, report.via.as_str())).collect();
        let mut status = Element { name: "status".into(), ..Default::default() };
        status.set("code", "0");
        status.set("message", "OK");
        root.children = vec![list, status];
        out!("{}", root.text().trim_end());
        return Ok(());
    }
    if args.has("quiet") {
        out!("{}", events.first().map_or(0, |event| event.at.0));
        return Ok(());
    }
    for event in &events {
        let at = iso(event.at.0);
        let via = &report.via;
        if event.proven {
            let done =
                format!("{} was able to reboot node {} on behalf of rota", via, event.target);
            out!("{done} from {via} at {at} ({})", event.outcome);
        } else {
            out!("reboot of {} ended: {}, completed='{at}'", event.target, event.outcome);
        }
    }
    let noun = if events.len() == 1 { "event" } else { "events" };
    out!("{} {noun} found", events.len());
    Ok(())
}
