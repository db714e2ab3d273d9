//! `rota sandbox up`: from nothing to a cluster that serves.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rota_node::report::NodeCondition;
use rota_settings::{Directory, LinkKey};

use super::place::{Host, LINKS, Place, check_ours, file, own_program};
use super::processes::{MARK, Whose, find};
use super::{agents, down, power, service, show};
use crate::client::Client;
use crate::cluster::sibling;
use crate::error::Error;

/// What is part of the sandbox, but of no host.
const CABINET: &str = "cabinet";

/// How long each step may take on a slow and busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Starts a sandbox, or shows the one that is there.
///
/// # Errors
/// When it does not come up; what came up stays, to be looked at.
pub fn up() -> Result<(), Error> {
    let dir = Place::directory();
    if check_ours(&dir)? {
        if !find(Whose::Below(&dir)).is_empty() {
            out!("The sandbox is up already; 'rota sandbox down' ends it.\n");
            return show::status(&Place::existing()?);
        }
        // Its processes are gone, with the machine's power perhaps; nothing of it is of use.
        down::down()?;
    }
    for program in ["rotad", "rota-bmc"] {
        if !found(&sibling(program)) {
            return Err(Error::Refused(format!(
                "{program} is not beside this program: build it too (-p rotad -p \
                 rota-fencing-devices), or run ./sandbox at the repository's top"
            )));
        }
    }
    let began = Instant::now();
    let place = Place::create()?;
    build(&place).map_err(|error| {
        Error::Refused(format!(
            "the sandbox does not come up: {error}\n'rota sandbox log' shows what its daemons \
             say, 'rota sandbox down' ends it"
        ))
    })?;
    out!("Up after {:.1} s.\n", began.elapsed().as_secs_f64());
    show::status(&place)?;
    out!("\n{}", what_next(&place));
    Ok(())
}

fn found(program: &Path) -> bool {
    let is_program = |path: &Path| {
        fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
    };
    if program.components().count() > 1 {
        return is_program(program);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| is_program(&dir.join(program)))
}

fn build(place: &Place) -> Result<(), Error> {
    let ocf_root = agents::install(place)?;
    let password = password()?;
    start_part(place, "wires", Command::new(own_program()?).args(["sandbox", "wires"]), "ready")?;
    let accounts = format!("{}:{password}:operator\n", agents::BMC_USER);
    place.write("bmc-accounts", &accounts)?;
    let path = place.dir().join("bmc-accounts");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))
        .map_err(|error| file("protecting", &path, &error))?;
    for host in Host::ALL {
        start_bmc(place, host, &path)?;
    }
    for host in Host::ALL {
        step(&if host == Host(1) {
            "n1 founds the cluster".to_owned()
        } else {
            format!("{} joins", host.name())
        });
        enroll(place, host)?;
        adapt(place, host, &ocf_root)?;
        power::on(place, host)?;
        let name = host.name();
        until(&format!("{name} is a voting member"), || is_member(place, &name))?;
    }
    step("fencing and services are configured");
    let mut client = Client::connect_to(&place.socket(Host(1)))?;
    agents::configure(&mut client, place, &password)?;
    until("the service answers", || {
        service::ask(place.service(), Duration::from_secs(1)).is_some()
    })?;
    // What is left, such as the devices' first checks, is soon done; nothing depends on it.
    let _ = client.wait_idle(Duration::from_secs(10));
    Ok(())
}

fn step(what: &str) {
    out!("  {what}");
    let _ = std::io::stdout().flush();
}

fn password() -> Result<String, Error> {
    let key = LinkKey::random()?;
    Ok(key.0.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

fn start_bmc(place: &Place, host: Host, accounts: &Path) -> Result<(), Error> {
    let mut command = Command::new(sibling("rota-bmc"));
    command.arg("--listen").arg(place.bmc(host).to_string()).arg("--accounts").arg(accounts);
    command.arg("--").arg(own_program()?).args(["sandbox", "power", &host.name()]);
    start_part(place, &format!("bmc-{}", host.name()), &mut command, "listening")
}

/// Starts a part that is of no host, and waits until its first line says that it is there.
fn start_part(
    place: &Place,
    name: &str,
    command: &mut Command,
    first_word: &str,
) -> Result<(), Error> {
    use std::os::unix::process::CommandExt;
    let odd = |error: std::io::Error| Error::File(format!("starting {name}: {error}"));
    let log = place.dir().join(format!("{name}.log"));
    let log = fs::File::create(&log).map_err(odd)?;
    power::part_of(command, place, CABINET);
    if name != "wires" {
        // The relay makes itself a session; a BMC at least leaves the terminal's group.
        command.process_group(0);
    }
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().map_err(odd)?;
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout).read_line(&mut line).map_err(odd)?;
    }
    if line.starts_with(first_word) {
        return Ok(());
    }
    Err(Error::File(format!(
        "{name} does not start; {} says why",
        place.dir().join(format!("{name}.log")).display()
    )))
}

/// Makes a host a node, by the commands that people use.
fn enroll(place: &Place, host: Host) -> Result<(), Error> {
    let mut words: Vec<String> = vec!["cluster".into()];
    if host == Host(1) {
        words.extend(["init".into(), "sandbox".into()]);
    } else {
        words.extend(["join".into(), join_line(place)?]);
    }
    words.extend(["--config".into(), place.host_dir(host).to_string_lossy().into_owned()]);
    words.extend(["--node".into(), host.name(), "--no-start".into()]);
    for link in 0..LINKS {
        words.extend(["--link".into(), place.known(host, link).to_string()]);
    }
    rota(place, host, &words).map(drop)
}

fn join_line(place: &Place) -> Result<String, Error> {
    let told = rota(place, Host(1), &["cluster".into(), "token".into()])?;
    told.split_whitespace()
        .find(|word| word.starts_with("rota1-"))
        .map(str::to_owned)
        .ok_or_else(|| Error::Refused(format!("'rota cluster token' printed no line: {told}")))
}

/// Runs `rota WORDS` and gives back what it printed.
fn rota(place: &Place, host: Host, words: &[String]) -> Result<String, Error> {
    let done = Command::new(own_program()?)
        .args(words)
        .env("ROTA_SOCKET", place.socket(host))
        .env_remove(MARK)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Error::File(format!("running rota: {error}")))?;
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
    }
    Err(Error::Refused(String::from_utf8_lossy(&done.stderr).trim().to_owned()))
}

/// What makes a host one of the sandbox: its end of the cables, its agents, its mark.
fn adapt(place: &Place, host: Host, ocf_root: &Path) -> Result<(), Error> {
    let directory = Directory::at(place.host_dir(host));
    let mut settings = directory.settings()?;
    settings.bind = (0..LINKS).map(|link| place.own(host, link)).collect();
    settings.ocf_root = Some(PathBuf::from(ocf_root));
    settings.tools_dir = None;
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    settings.agent_env = [
        (MARK.to_owned(), text(place.host_dir(host))),
        ("ROTA_SANDBOX_IP".to_owned(), place.services_of(host).to_string()),
        ("ROTA_SANDBOX_PROGRAM".to_owned(), text(own_program()?)),
    ]
    .into();
    Ok(directory.write_settings(&settings)?)
}

fn is_member(place: &Place, name: &str) -> bool {
    show::report_of(place, Host(1)).is_some_and(|report| {
        let here = report.nodes.iter().find(|node| node.name.as_str() == name);
        let online = here.is_some_and(|node| node.state == NodeCondition::Online && node.votes);
        report.quorum && report.dc.is_some() && online
    })
}

fn until(what: &str, is_so: impl Fn() -> bool) -> Result<(), Error> {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        if Instant::now() > deadline {
            return Err(Error::TimedOut(format!(
                "in {} s it has not come about that {what}",
                PATIENCE.as_secs()
            )));
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    Ok(())
}

fn what_next(place: &Place) -> String {
    let at = show::holder(place).unwrap_or_else(|| "n1".to_owned());
    let me = called();
    let tries = [
        (format!("curl http://{}", place.service()), format!("{at} answers")),
        (format!("{me} kill {at}"), "cut its power: it is fenced, and its services move".into()),
        (format!("{me} freeze {at}"), "the same with a kernel that hangs".into()),
        (format!("{me} cut {at} 0"), "pull one of its two cables: nothing happens".into()),
        (format!("{me} cut {at}"), "pull both: it is fenced, nobody knows what it does".into()),
        (format!("{me} mend"), "plug all cables in again".into()),
        (format!("{me} crash {at}"), "kill its daemon: the services do not notice".into()),
        (format!("{me} fail web"), "kill the service itself".into()),
        (format!("{me} exec n1 status"), "any 'rota' command, on n1".into()),
        (format!("{me} watch"), "in another terminal".into()),
        (format!("{me} down"), "end everything, leave nothing".into()),
    ];
    let width = tries.iter().map(|(command, _)| command.len()).max().unwrap_or(0);
    let mut out = "Three hosts, each with two cables and a BMC. What to try next:".to_owned();
    for (command, what) in &tries {
        out.push_str(&format!("\n  {command:width$}  # {what}"));
    }
    out
}

/// How people call us: the script at the repository's top says so.
pub fn called() -> String {
    std::env::var("ROTA_SANDBOX_CALLED").unwrap_or_else(|_| "rota sandbox".to_owned())
}
