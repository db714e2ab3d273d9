//! `rota sandbox`: a live cluster of three hosts on this machine, without root.
//!
//! Three real daemons, each below its supervisor, are three "hosts": whatever a host runs carries
//! the host's [mark](processes::MARK) in its environment, so that cutting its power means killing
//! all that bears the mark and erasing its run directory. Each host has a simulated BMC that does
//! just that, and two cables: relays between the address that the others know and the one that
//! the host listens on ([`wires`]). Everything is on 127.0.0.0/8 and in one directory.

mod agents;
mod down;
mod faults;
mod place;
mod power;
mod processes;
mod service;
mod show;
mod story;
mod up;
mod wires;

use std::process::Command;

use crate::error::Error;
use place::{Host, Place};

const HELP: &str = "\
rota sandbox [up]            three hosts on this machine, their services, what to try next
rota sandbox status          hosts, cluster, service
rota sandbox watch           the same, again and again, with what happens in between
rota sandbox kill HOST       cut its power
rota sandbox freeze HOST     stop all its processes, as a hanging kernel does
rota sandbox thaw HOST       let them go on
rota sandbox cut HOST [0|1]  pull its network cables, or one of them
rota sandbox cut HOST-HOST   make two hosts deaf to each other
rota sandbox mend [HOST]     plug the cables in again
rota sandbox power HOST on   press its power button (or: off)
rota sandbox crash HOST      kill -9 its daemon; services go on
rota sandbox fail SERVICE    kill a service's process (address, web, cache)
rota sandbox exec HOST ARGS  'rota ARGS' on that host
rota sandbox log [HOST]      what the daemons wrote
rota sandbox down            end everything, leave nothing
It lives in $ROTA_SANDBOX, or in $XDG_RUNTIME_DIR/rota-sandbox, or in /tmp/rota-sandbox-UID.";

/// Runs `rota sandbox ARGS`.
///
/// # Errors
/// With what to do about it.
pub fn run(args: &[String]) -> Result<(), Error> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] | ["up"] => up::up(),
        ["help" | "--help" | "-h"] => {
            out!("{HELP}");
            Ok(())
        }
        ["status"] => show::status(&Place::existing()?),
        ["watch"] => story::watch(&Place::existing()?),
        ["kill", host] => faults::kill(&Place::existing()?, Host::named(host)?),
        ["freeze", host] => faults::freeze(&Place::existing()?, Host::named(host)?),
        ["thaw", host] => faults::thaw(&Place::existing()?, Host::named(host)?),
        ["cut", what, rest @ ..] => faults::cut(&Place::existing()?, what, rest),
        ["mend", rest @ ..] => faults::mend(&Place::existing()?, rest),
        ["crash", host] => faults::crash(&Place::existing()?, Host::named(host)?),
        ["fail", service] => faults::fail(&Place::existing()?, service),
        ["log", rest @ ..] => show::log(&Place::existing()?, rest),
        ["down"] => down::down(),
        ["exec", host, ..] => {
            exec(&Place::existing()?, Host::named(host)?, args.get(2..).unwrap_or(&[]))
        }
        // What its own parts call.
        ["power", host, words @ ..] => {
            power::command(&Place::existing()?, Host::named(host)?, words)
        }
        ["boot", host] => power::boot(&Place::existing()?, Host::named(host)?),
        ["wires"] => wires::run(&Place::existing()?),
        ["serve", rest @ ..] => service::run(rest),
        _ => Err(Error::Usage(format!("there is no 'rota sandbox {}'\n\n{HELP}", args.join(" ")))),
    }
}

/// Runs `rota ARGS` against one host's daemon, in this process's place.
fn exec(place: &Place, host: Host, args: &[String]) -> Result<(), Error> {
    use std::os::unix::process::CommandExt;
    let error = Command::new(place::own_program()?)
        .args(args)
        .env("ROTA_SOCKET", place.socket(host))
        .exec();
    Err(Error::File(format!("running rota: {error}")))
}
