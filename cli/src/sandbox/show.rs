//! `rota sandbox status` and `log`: hosts, cluster and service at a glance.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::mpsc;
use std::time::Duration;

use rota_node::report::StatusReport;

use super::place::{Host, LINKS, Place, file};
use super::processes::{Whose, find, state};
use super::wires::{self, Cut};
use super::{power, service};
use crate::client::Client;
use crate::error::Error;

/// A daemon that takes longer than this to answer is frozen, or as good as.
const PATIENCE: Duration = Duration::from_secs(2);

/// What one host's daemon reports; none if it does not answer.
pub fn report_of(place: &Place, host: Host) -> Option<StatusReport> {
    let socket = place.socket(host);
    if !socket.exists() {
        return None;
    }
    let (into, answer) = mpsc::channel();
    // A frozen daemon never answers: the thread that waits for it ends with this program.
    std::thread::spawn(move || {
        let report = Client::connect_to(&socket).and_then(|mut client| client.status());
        drop(into.send(report.ok()));
    });
    answer.recv_timeout(PATIENCE).ok().flatten()
}

/// The report of whoever knows best: with quorum before without, a later view before an earlier.
pub fn best_report(place: &Place) -> Option<StatusReport> {
    Host::ALL
        .into_iter()
        .filter_map(|host| report_of(place, host))
        .max_by_key(|report| (report.quorum, report.view, report.dc.as_ref() == Some(&report.via)))
}

/// The host that answers for the service now.
pub fn holder(place: &Place) -> Option<String> {
    let said = service::ask(place.service(), PATIENCE)?;
    said.split_whitespace().next().map(str::to_owned)
}

/// Prints it all.
///
/// # Errors
/// When nothing of the sandbox answers.
pub fn status(place: &Place) -> Result<(), Error> {
    out_part!("{}", text(place)?);
    Ok(())
}

/// All of it, as text.
///
/// # Errors
/// When the cables do not answer: then the sandbox is not up.
pub fn text(place: &Place) -> Result<String, Error> {
    let cuts = wires::cuts(place)?;
    let mut out = format!("Sandbox in {}\n", place.dir().display());
    for host in Host::ALL {
        let name = host.name();
        out.push_str(&format!("  {name}  {}", condition(place, host)));
        out.push_str(&cables(host, &cuts));
        out.push('\n');
    }
    let said = service::ask(place.service(), PATIENCE);
    let said = said.unwrap_or_else(|| "nobody answers".to_owned());
    out.push_str(&format!("  http://{}: {said}\n\n", place.service()));
    match best_report(place) {
        Some(report) => out.push_str(&crate::status::text(&report)),
        None => out.push_str("No daemon answers.\n"),
    }
    Ok(out)
}

/// Which cables of a host do not reach whom.
fn cables(host: Host, cuts: &BTreeSet<Cut>) -> String {
    let mut out = String::new();
    let is_cut_off =
        |host: Host, link| wires::all_of(host, &[link]).iter().all(|cut| cuts.contains(cut));
    for link in 0..LINKS {
        if is_cut_off(host, link) {
            out.push_str(&format!(", cable {link} cut"));
            continue;
        }
        for other in Host::ALL.into_iter().filter(|other| *other != host) {
            // Of a host whose cable is pulled nothing need be said at the others.
            let deaf = cuts.contains(&wires::between(host, other, link));
            if deaf && !is_cut_off(other, link) {
                out.push_str(&format!(", cable {link} does not reach {}", other.name()));
            }
        }
    }
    out
}

fn condition(place: &Place, host: Host) -> &'static str {
    if power::is_off(place, host) {
        return "power off";
    }
    let found = find(Whose::Of(&place.host_dir(host)));
    if !found.is_empty() && found.iter().all(|pid| state(*pid) == Some('T')) {
        "FROZEN"
    } else if place.socket(host).exists() {
        "power on"
    } else {
        "booting"
    }
}

/// Prints what the daemons wrote.
///
/// # Errors
/// When there is no such host or log.
pub fn log(place: &Place, words: &[&str]) -> Result<(), Error> {
    let hosts = match words {
        [] => Host::ALL.to_vec(),
        [name] => vec![Host::named(name)?],
        _ => return Err(Error::Usage("rota sandbox log [HOST]".to_owned())),
    };
    for host in hosts {
        let path = place.log(host);
        let text = std::fs::read(&path).map_err(|error| file("reading", &path, &error))?;
        out!("== {}", path.display());
        std::io::stdout().write_all(&text).map_err(|error| file("showing", &path, &error))?;
    }
    Ok(())
}
