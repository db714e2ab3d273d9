//! The built-in IPMI client as a standard fence agent, for other cluster managers.
//!
//! Parameters come as `name=value` lines on standard input, or as `--name=value`; passwords only
//! by standard input, because an argument list can be read by every user of the host.

use std::io::Read;
use std::process::ExitCode;
use std::time::Duration;

use rota_fencing_devices::{Action, Params, Reply, ipmi};

const OK: u8 = 0;
const FAILED: u8 = 1;
/// "status" of a host that is off.
const OFF: u8 = 2;

/// As long as `fence_ipmilan` waits by default: login, then the power to change.
const TIMEOUT: Duration = Duration::from_secs(25);

fn main() -> ExitCode {
    let params = match parameters() {
        Ok(params) => params,
        Err(problem) => {
            eprintln!("{}: {problem}", ipmi::NAME);
            return ExitCode::from(FAILED);
        }
    };
    let action = params.get("action").unwrap_or("reboot").to_owned();
    let code = match action.as_str() {
        "metadata" | "meta-data" => {
            print!("{}", ipmi::metadata().to_xml());
            OK
        }
        "validate-all" => match ipmi::check(&params) {
            Ok(()) => OK,
            Err(problem) => {
                eprintln!("{}: {problem}", ipmi::NAME);
                FAILED
            }
        },
        action => act(action, &params),
    };
    ExitCode::from(code)
}

fn act(action: &str, params: &Params) -> u8 {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{}: {error}", ipmi::NAME);
            return FAILED;
        }
    };
    let time = params
        .get("power_timeout")
        .and_then(rota_ids::duration::parse_limit)
        .map_or(TIMEOUT, |time| time + Duration::from_secs(5));
    let run = |action| runtime.block_on(ipmi::run(params, action, time));
    match action {
        "off" => code(&run(Action::Off)),
        "on" => code(&run(Action::On)),
        "status" => code(&run(Action::Status)),
        "monitor" => code(&run(Action::Monitor)),
        "reboot" => match code(&run(Action::Off)) {
            // Off is proven: the reboot counts, whatever becomes of "on".
            OK => {
                code(&run(Action::On));
                OK
            }
            failed => failed,
        },
        other => {
            eprintln!("{}: there is no action {other}", ipmi::NAME);
            FAILED
        }
    }
}

fn code(reply: &Reply) -> u8 {
    match reply {
        Reply::ProvenOff { .. } | Reply::On | Reply::Works => {
            println!("Success: {reply}");
            OK
        }
        Reply::Off => {
            println!("Status: OFF");
            OFF
        }
        Reply::Refused { .. } | Reply::Unreachable { .. } | Reply::TimedOut { .. } => {
            eprintln!("{}: {reply}", ipmi::NAME);
            FAILED
        }
    }
}

/// Options if there are any, standard input otherwise.
fn parameters() -> Result<Params, String> {
    let mut params = Params::default();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.is_empty() {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(|error| error.to_string())?;
        for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
            let (name, value) = line.split_once('=').ok_or("not a name=value line")?;
            params.set(name.trim(), value);
        }
        return Ok(params);
    }
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let (name, value) = match argument.strip_prefix("--").and_then(|a| a.split_once('=')) {
            Some((name, value)) => (name.replace('-', "_"), value.to_owned()),
            None => {
                let name = short_option(argument).ok_or(format!("unknown option {argument}"))?;
                let value = rest.next().ok_or(format!("{argument} needs a value"))?;
                (name.to_owned(), value.clone())
            }
        };
        if name.starts_with("passw") {
            return Err("give the password on standard input: arguments can be read by all".into());
        }
        params.set(&name, &value);
    }
    if params.get("action") != Some("metadata") {
        return Err("give the parameters on standard input, one name=value per line".into());
    }
    Ok(params)
}

fn short_option(argument: &str) -> Option<&'static str> {
    Some(match argument {
        "-o" | "--action" => "action",
        "-a" | "--ip" => "ip",
        "-u" | "--ipport" => "ipport",
        "-l" | "--username" => "username",
        "-C" | "--cipher" => "cipher",
        "-L" | "--privlvl" => "privlvl",
        _ => return None,
    })
}
