//! `crm_simulate`: what the cluster would do for a given CIB.

use std::io::Read;
use std::process::ExitCode;

use rota_cib::Cib;
use rota_ids::WallTime;
use rota_policy::{Options, Plan, simulate};

/// What was asked for.
#[derive(Debug, Default)]
struct Request {
    file: Option<String>,
    text: Option<String>,
    simulate: bool,
    run: bool,
    scores: bool,
    quiet: bool,
    dot: Option<String>,
    graph: Option<String>,
    profile: Option<String>,
    repeat: u32,
    at: Option<i64>,
    /// The same as it was given.
    at_text: Option<String>,
    failures: simulate::Failures,
    changes: Vec<Change>,
    output: Option<String>,
    help: bool,
}

/// A modification of the state before planning.
#[derive(Clone, Debug)]
enum Change {
    NodeUp(String),
    NodeDown(String),
    NodeFail(String),
    Quorum(String),
    TicketGrant(String),
    TicketRevoke(String),
    TicketStandby(String),
    TicketActivate(String),
    Inject(String),
}

const USAGE: &str = "\
crm_simulate - what the cluster would do for a given CIB

  -x, --xml-file FILE      read the CIB from FILE ('-': standard input)
  -X, --xml-text TEXT      read the CIB from TEXT
  -R, --run                show what would be done
  -S, --simulate           carry it out in simulation and show the result
  -s, --show-scores        show scores
  -Q, --quiet              only what was asked for explicitly
  -t, --set-date DATE      as if it were DATE (ISO 8601)
  -u, --node-up NODE       bring a node online
  -d, --node-down NODE     take a node offline in good order
  -f, --node-fail NODE     let a node fail
  -i, --op-inject SPEC     record ${rsc}_${task}_${interval in ms}@${node}=${rc}
  -F, --op-fail SPEC       let an operation fail in simulation, SPEC as above
  -q, --quorum BOOL        with or without quorum
  -g, -r, -b, -e TICKET    grant, revoke, standby, activate a ticket
  -D, --save-dotfile FILE  write the graph for graphviz
  -G, --save-graph FILE    write the graph
  -O, --save-output FILE   write the resulting CIB
  -P, --profile DIR        time planning of all CIBs in DIR
  -N, --repeat N           with --profile: so many times
";

/// Runs the tool with the arguments after its name.
pub fn run(args: &[String]) -> ExitCode {
    let request = match parse(args) {
        Ok(request) => request,
        Err(message) => {
            eprintln!("crm_simulate: {message}");
            return ExitCode::from(64);
        }
    };
    if request.help {
        out_part!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    if let Some(dir) = &request.profile {
        return profile(dir, request.repeat.max(1));
    }
    match show(&request) {
        Ok(text) => {
            out_part!("{text}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("crm_simulate: {message}");
            ExitCode::from(65)
        }
    }
}

fn parse(args: &[String]) -> Result<Request, String> {
    let mut request = Request::default();
    let mut words = expand(args).into_iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("option '{word}' needs a value"));
        match word.as_str() {
            "-x" | "--xml-file" => request.file = Some(value()?),
            "-X" | "--xml-text" => request.text = Some(value()?),
            "-p" | "--xml-pipe" => request.file = Some("-".into()),
            "-R" | "--run" => request.run = true,
            "-S" | "--simulate" => request.simulate = true,
            "-s" | "--show-scores" => request.scores = true,
            "-Q" | "--quiet" => request.quiet = true,
            "-U" | "--show-utilization" | "-V" | "--verbose" | "-j" | "--pending" => {}
            "-t" | "--set-date" => {
                let text = value()?;
                let date = rota_cib::date::parse(&text, &rota_settings::system_zone())
                    .ok_or_else(|| format!("'{text}' is no date"))?;
                request.at = Some(date);
                request.at_text = Some(text);
            }
            "-u" | "--node-up" => request.changes.push(Change::NodeUp(value()?)),
            "-d" | "--node-down" => request.changes.push(Change::NodeDown(value()?)),
            "-f" | "--node-fail" => request.changes.push(Change::NodeFail(value()?)),
            "-i" | "--op-inject" => request.changes.push(Change::Inject(value()?)),
            "-F" | "--op-fail" => {
                let spec = value()?;
                let (key, node, rc) =
                    spec_of(&spec).ok_or_else(|| format!("cannot read '{spec}'"))?;
                request.failures.push((key, node, rc));
                request.simulate = true;
            }
            "-q" | "--quorum" => request.changes.push(Change::Quorum(value()?)),
            "-g" | "--ticket-grant" => request.changes.push(Change::TicketGrant(value()?)),
            "-r" | "--ticket-revoke" => request.changes.push(Change::TicketRevoke(value()?)),
            "-b" | "--ticket-standby" => request.changes.push(Change::TicketStandby(value()?)),
            "-e" | "--ticket-activate" => request.changes.push(Change::TicketActivate(value()?)),
            "-D" | "--save-dotfile" => request.dot = Some(value()?),
            "-G" | "--save-graph" => request.graph = Some(value()?),
            "-O" | "--save-output" => request.output = Some(value()?),
            "-P" | "--profile" | "--test-dir" => request.profile = Some(value()?),
            "-N" | "--repeat" => {
                request.repeat =
                    value()?.parse().map_err(|_| "repeat needs a number".to_owned())?;
            }
            "-h" | "-?" | "--help" => request.help = true,
            other => return Err(format!("unknown option '{other}'; see --help")),
        }
    }
    Ok(request)
}

/// `-SQx f` and `--xml-file=f` as separate words.
fn expand(args: &[String]) -> Vec<String> {
    let mut words = Vec::new();
    for arg in args {
        if let Some(long) = arg.strip_prefix("--") {
            match long.split_once('=') {
                Some((name, value)) => {
                    words.push(format!("--{name}"));
                    words.push(value.to_owned());
                }
                None => words.push(arg.clone()),
            }
        } else if arg.starts_with('-')
            && arg.len() > 2
            && !arg[1..].starts_with(|c: char| c.is_ascii_digit())
        {
            let mut rest = arg[1..].chars();
            while let Some(letter) = rest.next() {
                words.push(format!("-{letter}"));
                if "xXtudfiFqgrbeDGOPN".contains(letter) {
                    let value: String = rest.collect();
                    if !value.is_empty() {
                        words.push(value);
                    }
                    break;
                }
            }
        } else {
            words.push(arg.clone());
        }
    }
    words
}

/// `web_start_0@node1=1`.
fn spec_of(spec: &str) -> Option<(String, String, i32)> {
    let (key, rest) = spec.split_once('@')?;
    let (node, rc) = rest.rsplit_once('=')?;
    Some((key.to_owned(), node.to_owned(), rc.parse().ok()?))
}

fn input(request: &Request) -> Result<Vec<u8>, String> {
    if let Some(text) = &request.text {
        return Ok(text.clone().into_bytes());
    }
    match request.file.as_deref() {
        Some("-") => {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes).map_err(|e| e.to_string())?;
            Ok(bytes)
        }
        Some(path) => std::fs::read(path).map_err(|e| format!("{path}: {e}")),
        None => Err("name a CIB with --xml-file".into()),
    }
}

fn clock() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(0))
}

fn show(request: &Request) -> Result<String, String> {
    let bytes = input(request)?;
    let mut cib = rota_cib::xml::read(&bytes).map_err(|e| e.to_string())?;
    let original = cib.header.execution_date;
    let now = WallTime(request.at.or(original).unwrap_or_else(clock));
    let mut out = String::new();
    let zone = rota_settings::system_zone();
    let options = Options { scores: request.scores, zone, ..Options::default() };
    let note = match (&request.at_text, original) {
        (Some(text), _) => Some(format!("Setting effective cluster time: {text}\n")),
        (None, Some(date)) => {
            Some(format!("Using the original execution date of: {}\n", simulate::date_text(date)))
        }
        (None, None) => None,
    };
    if !request.quiet {
        let (head, status) = simulate::status(&cib, now, &options);
        if let Some(note) = &note {
            out.push_str(note);
        }
        if let Some(head) = head {
            out.push_str(&head);
            out.push_str("\n\n");
        }
        out.push_str("Current cluster status:\n");
        out.push_str(&status);
    }
    if !request.changes.is_empty() {
        if !request.quiet {
            out.push_str("\nPerforming Requested Modifications:\n");
        }
        for change in &request.changes {
            let line = modify(&mut cib, change, now)?;
            if !request.quiet {
                out.push_str(&format!("  * {line}\n"));
            }
        }
    }
    if !(request.run
        || request.simulate
        || request.scores
        || request.dot.is_some()
        || request.graph.is_some())
    {
        return Ok(out);
    }
    let plan = rota_policy::plan(&cib, now, &options);
    report(request, &plan, &mut out);
    if let Some(path) = &request.dot {
        std::fs::write(path, rota_transition::dot::render(&plan.graph))
            .map_err(|e| e.to_string())?;
    }
    if let Some(path) = &request.graph {
        let json = serde_json::to_string_pretty(&plan.graph).map_err(|e| e.to_string())?;
        std::fs::write(path, json).map_err(|e| e.to_string())?;
    }
    if request.simulate {
        let lines = simulate::execute(&mut cib, &plan.graph, &request.failures, now);
        if !request.quiet {
            out.push_str("\nExecuting Cluster Transition:\n");
            for line in lines {
                out.push_str(&format!("  * {line}\n"));
            }
            if let Some(note) = &note {
                out.push_str(note);
            }
            let status = simulate::status_after(&cib, now, &options);
            out.push_str("\nRevised Cluster Status:\n");
            out.push_str(&status);
        }
    }
    if let Some(path) = &request.output {
        std::fs::write(path, rota_cib::xml::write(&cib)).map_err(|e| e.to_string())?;
    }
    Ok(out)
}

/// The CIB and the time that options of this tool lead to, with the changes that they ask for;
/// `live` is taken where they name no file.
///
/// # Errors
/// In words, when an option or a CIB cannot be read.
pub fn prepared(
    args: &[String],
    live: impl FnOnce() -> Result<Cib, String>,
) -> Result<(Cib, WallTime), String> {
    let request = parse(args)?;
    let mut cib = match (&request.file, &request.text) {
        (None, None) => live()?,
        (Some(_), _) | (_, Some(_)) => {
            rota_cib::xml::read(&input(&request)?).map_err(|error| error.to_string())?
        }
    };
    let now = WallTime(request.at.or(cib.header.execution_date).unwrap_or_else(clock));
    for change in &request.changes {
        modify(&mut cib, change, now)?;
    }
    Ok((cib, now))
}

fn report(request: &Request, plan: &Plan, out: &mut String) {
    if request.scores {
        if !request.quiet {
            out.push_str("\nAssignment Scores:\n");
        }
        for line in &plan.scores {
            if request.quiet {
                out.push_str(line);
            } else {
                out.push_str("  * ");
                out.push_str(line);
            }
            out.push('\n');
        }
    }
    if !request.quiet && (request.run || request.simulate) {
        out.push_str("\nTransition Summary:\n");
        for line in &plan.summary {
            out.push_str(&format!("  * {line}\n"));
        }
    }
}

fn modify(cib: &mut Cib, change: &Change, now: WallTime) -> Result<String, String> {
    let node = |cib: &mut Cib, name: &str, values: [&str; 4]| {
        simulate::set_node(cib, name, values);
    };
    Ok(match change {
        Change::NodeUp(name) => {
            node(cib, name, ["true", "online", "member", "member"]);
            format!("Bringing node {name} online")
        }
        Change::NodeDown(name) => {
            node(cib, name, ["false", "offline", "down", "down"]);
            simulate::forget_node(cib, name);
            format!("Taking node {name} offline")
        }
        Change::NodeFail(name) => {
            node(cib, name, ["false", "offline", "down", "member"]);
            format!("Failing node {name}")
        }
        Change::Quorum(value) => {
            cib.header.have_quorum = Some(matches!(value.as_str(), "true" | "1" | "yes" | "on"));
            format!("Setting quorum: {value}")
        }
        Change::TicketGrant(ticket) => {
            simulate::set_ticket(cib, ticket, Some(true), None);
            format!("Granting ticket {ticket}")
        }
        Change::TicketRevoke(ticket) => {
            simulate::set_ticket(cib, ticket, Some(false), None);
            format!("Revoking ticket {ticket}")
        }
        Change::TicketStandby(ticket) => {
            simulate::set_ticket(cib, ticket, None, Some(true));
            format!("Making ticket {ticket} standby")
        }
        Change::TicketActivate(ticket) => {
            simulate::set_ticket(cib, ticket, None, Some(false));
            format!("Activating ticket {ticket}")
        }
        Change::Inject(spec) => {
            let (key, node, rc) = spec_of(spec).ok_or_else(|| format!("cannot read '{spec}'"))?;
            let more = simulate::inject(cib, &key, &node, rc, now);
            let mut text = format!("Injecting {spec} into the configuration");
            for line in more.map_err(|e| format!("{spec}: {e}"))? {
                text.push_str("\n  * ");
                text.push_str(&line);
            }
            text
        }
    })
}

/// Times planning alone, file by file.
fn profile(dir: &str, repeat: u32) -> ExitCode {
    let mut files: Vec<_> = match std::fs::read_dir(dir) {
        Ok(entries) => entries.flatten().map(|e| e.path()).collect(),
        Err(_) => vec![dir.into()],
    };
    files.sort();
    out!("Using crm_simulate from Rota");
    for file in files {
        let Ok(bytes) = std::fs::read(&file) else { continue };
        let started = std::time::Instant::now();
        let Ok(cib) = rota_cib::xml::read(&bytes) else { continue };
        let read = started.elapsed();
        let now = WallTime(cib.header.execution_date.unwrap_or_else(clock));
        let started = std::time::Instant::now();
        let mut actions = 0;
        for _ in 0..repeat {
            actions = rota_policy::plan(&cib, now, &Options::default()).graph.actions.len();
        }
        out!(
            "  * {} read {:.4} s, planned in {:.4} s, {actions} actions",
            file.display(),
            read.as_secs_f64(),
            started.elapsed().as_secs_f64() / f64::from(repeat)
        );
    }
    ExitCode::SUCCESS
}
