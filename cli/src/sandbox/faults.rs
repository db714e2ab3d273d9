//! The faults that people can cause.

use nix::sys::signal::Signal;

use super::place::{Host, LINKS, Place};
use super::processes::{Whose, find, program, signal, state};
use super::story::{Ends, Follow};
use super::up::called;
use super::wires::{self, Cut};
use super::{power, show};
use crate::error::Error;

/// Cuts a host's power, and follows what comes of it.
///
/// # Errors
/// When the host cannot be switched off.
pub fn kill(place: &Place, host: Host) -> Result<(), Error> {
    if power::is_off(place, host) {
        return Err(Error::Refused(format!(
            "{} is off already; '{} power {} on' presses its button",
            host.name(),
            called(),
            host.name()
        )));
    }
    let follow = Follow::begin(place);
    out!("The power of {} is cut.", host.name());
    power::off(place, host)?;
    follow.until(&Ends::Fenced(host))?;
    out!("It is switched on again now and rejoins; '{} status' shows it.", called());
    Ok(())
}

/// Stops all processes of a host, as when its kernel hangs.
///
/// # Errors
/// When there are none.
pub fn freeze(place: &Place, host: Host) -> Result<(), Error> {
    let follow = Follow::begin(place);
    out!("{} freezes: all its processes stop.", host.name());
    loop {
        let all = find(Whose::Of(&place.host_dir(host)));
        if all.is_empty() {
            return Err(Error::Refused(format!("{} is off", host.name())));
        }
        let moving: Vec<_> = all.into_iter().filter(|pid| state(*pid) != Some('T')).collect();
        if moving.is_empty() {
            break;
        }
        signal(&moving, Signal::SIGSTOP);
        std::thread::yield_now();
    }
    follow.until(&Ends::Fenced(host))?;
    out!("It is switched on again now and rejoins; '{} status' shows it.", called());
    Ok(())
}

/// Lets a frozen host go on.
///
/// # Errors
/// None in practice.
pub fn thaw(place: &Place, host: Host) -> Result<(), Error> {
    signal(&find(Whose::Of(&place.host_dir(host))), Signal::SIGCONT);
    out!("{} goes on, if it was not fenced meanwhile.", host.name());
    Ok(())
}

/// Pulls cables: `n2`, `n2 0`, `n1-n2`, `n1-n2 1`.
///
/// # Errors
/// When there is no such host or link.
pub fn cut(place: &Place, what: &str, rest: &[&str]) -> Result<(), Error> {
    let links = links(rest)?;
    let follow = Follow::begin(place);
    let all_links = links.len() == usize::from(LINKS);
    if let Some((a, b)) = what.split_once('-') {
        let (a, b) = (Host::named(a)?, Host::named(b)?);
        let pair: Vec<Cut> = links.iter().map(|link| wires::between(a, b, *link)).collect();
        wires::set(place, true, &pair)?;
        out!("{} and {} do not hear each other any more.", a.name(), b.name());
        let ends = if all_links { Ends::FencedAny } else { Ends::Quiet };
        return follow.until(&ends);
    }
    let host = Host::named(what)?;
    wires::set(place, true, &wires::all_of(host, &links))?;
    if !all_links {
        out!("A cable of {} is pulled; it has another.", host.name());
        return follow.until(&Ends::Quiet);
    }
    out!(
        "The cables of {} are pulled. (Clients still reach it: theirs is another network.)",
        host.name()
    );
    follow.until(&Ends::Fenced(host))?;
    out!("'{} mend {}' plugs them in again, so that it can come back.", called(), host.name());
    Ok(())
}

/// Plugs the cables of one host, or all, in again.
///
/// # Errors
/// When there is no such host.
pub fn mend(place: &Place, words: &[&str]) -> Result<(), Error> {
    let all: Vec<u8> = (0..LINKS).collect();
    let hosts = match words {
        [] => Host::ALL.to_vec(),
        [name] => vec![Host::named(name)?],
        _ => return Err(Error::Usage("rota sandbox mend [HOST]".to_owned())),
    };
    let cuts: Vec<Cut> = hosts.into_iter().flat_map(|host| wires::all_of(host, &all)).collect();
    let left = wires::set(place, false, &cuts)?;
    out!("{}", if left.is_empty() { "All cables are whole." } else { "Others are still cut." });
    Ok(())
}

/// Kills a host's daemon alone; its supervisor starts it again.
///
/// # Errors
/// When it does not run.
pub fn crash(place: &Place, host: Host) -> Result<(), Error> {
    let daemons = daemons(place, host);
    if daemons.is_empty() {
        return Err(Error::Refused(format!("the daemon of {} does not run", host.name())));
    }
    let follow = Follow::begin(place);
    out!("The daemon of {} is killed.", host.name());
    signal(&daemons, Signal::SIGKILL);
    follow.until(&Ends::Quiet)
}

/// The daemon: `rotad`, but neither its supervisor nor the keepers of its agents.
fn daemons(place: &Place, host: Host) -> Vec<nix::unistd::Pid> {
    find(Whose::Of(&place.host_dir(host)))
        .into_iter()
        .filter(|pid| program(*pid).as_deref() == Some("rotad"))
        .filter(|pid| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let mut words = line.split(|byte| *byte == 0);
            words.nth(1) == Some(b"--config")
        })
        .collect()
}

/// Kills the process of a service, wherever it runs (one of them, if it is a clone).
///
/// # Errors
/// When it does not run.
pub fn fail(place: &Place, name: &str) -> Result<(), Error> {
    let pid_file = |host| place.run_dir(host).join(format!("services/{name}.pid"));
    let running = Host::ALL.into_iter().find_map(|host| {
        let pid: i32 = std::fs::read_to_string(pid_file(host)).ok()?.trim().parse().ok()?;
        let pid = nix::unistd::Pid::from_raw(pid);
        let alive = find(Whose::Of(&place.host_dir(host))).contains(&pid);
        alive.then_some((host, pid))
    });
    let Some((host, pid)) = running else {
        return Err(Error::Refused(format!(
            "'{name}' runs nowhere; there are address, web and cache"
        )));
    };
    let follow = Follow::begin(place);
    out!("The process of {name} on {} is killed.", host.name());
    signal(&[pid], Signal::SIGKILL);
    let serves_clients = name != "cache" && show::holder(place).is_none();
    follow.until(if serves_clients { &Ends::Answers } else { &Ends::Quiet })
}

fn links(words: &[&str]) -> Result<Vec<u8>, Error> {
    match words {
        [] => Ok((0..LINKS).collect()),
        [word] => match word.parse() {
            Ok(link) if link < LINKS => Ok(vec![link]),
            _ => Err(Error::Usage(format!("'{word}' is no link; there are 0 and 1"))),
        },
        _ => Err(Error::Usage("rota sandbox cut HOST [0|1]".to_owned())),
    }
}
