//! The power of a host: what its BMC switches.

use std::fs::{self, File, OpenOptions};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::place::{Host, Place, VARIABLE, file, own_program};
use super::processes::{MARK, Whose, find, kill_all};
use crate::cluster::sibling;
use crate::error::Error;

/// How long a host is busy with itself before its daemon starts. Real ones take minutes.
const POWER_ON_SELF_TEST: Duration = Duration::from_secs(1);

/// Runs `rota sandbox power HOST get power | set power 0|1 | on | off`.
///
/// # Errors
/// When the host's processes or files refuse.
pub fn command(place: &Place, host: Host, words: &[&str]) -> Result<(), Error> {
    match words {
        ["get", "power"] => {
            out!("power:{}", u8::from(!is_off(place, host)));
            Ok(())
        }
        ["set", "power", "0"] | ["off"] => off(place, host),
        ["set", "power", "1"] | ["on"] => on(place, host),
        _ => Err(Error::Usage("rota sandbox power HOST on | off".to_owned())),
    }
}

/// Whether nothing of the host runs and nothing will by itself.
pub fn is_off(place: &Place, host: Host) -> bool {
    !is_wanted_on(place, host) && find(Whose::Of(&place.host_dir(host))).is_empty()
}

fn is_wanted_on(place: &Place, host: Host) -> bool {
    fs::read_to_string(place.host_dir(host).join("power")).is_ok_and(|text| text == "1")
}

/// Cuts the power: everything on the host ends at once, and what only memory held is lost.
///
/// # Errors
/// When processes or files refuse: then it is not off.
pub fn off(place: &Place, host: Host) -> Result<(), Error> {
    let _held = switch(place, host)?;
    set(place, host, "0")?;
    kill_all(Whose::Of(&place.host_dir(host)))?;
    let (run, mark) = (place.run_dir(host), place.boot_mark(host));
    let erased = |path: &std::path::Path, done: std::io::Result<()>| match done {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(file("erasing", path, &error)),
    };
    erased(&run, fs::remove_dir_all(&run))?;
    // All hosts of a sandbox share one kernel and one process 1: by these no boot is known.
    erased(&mark, fs::remove_file(&mark))
}

/// Switches the host on, if it is off.
///
/// # Errors
/// When the host cannot be started.
pub fn on(place: &Place, host: Host) -> Result<(), Error> {
    let _held = switch(place, host)?;
    if is_wanted_on(place, host) {
        return Ok(());
    }
    set(place, host, "1")?;
    let log = open_log(place, host)?;
    let errors = log.try_clone().map_err(|error| file("opening", &place.log(host), &error))?;
    let mut command = Command::new(own_program()?);
    command.args(["sandbox", "boot", &host.name()]);
    part_of(&mut command, place, &host.name());
    command.stdin(Stdio::null()).stdout(log).stderr(errors);
    command.spawn().map_err(|error| Error::File(format!("starting {}: {error}", host.name())))?;
    Ok(())
}

/// Gives a command the environment of a part of the sandbox, and nothing of the caller's beyond
/// what programs need.
pub fn part_of(command: &mut Command, place: &Place, part: &str) {
    let kept = ["PATH", "HOME", "ROTA_LOG", "RUST_BACKTRACE"];
    let kept = kept.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    command
        .env_clear()
        .envs(kept)
        .env(VARIABLE, place.dir())
        .env(MARK, place.dir().join(part))
        .current_dir("/");
}

/// What a host does when power comes: it tests itself, then becomes the daemon's supervisor.
///
/// # Errors
/// When the supervisor cannot be started.
pub fn boot(place: &Place, host: Host) -> Result<(), Error> {
    // In a session of its own the host survives the terminal that it was started from.
    nix::unistd::setsid().map_err(|error| Error::File(format!("a session: {error}")))?;
    if place.host_dir(host).join("booted").exists() {
        std::thread::sleep(POWER_ON_SELF_TEST);
    }
    let mark = place.host_dir(host).join("booted");
    fs::write(&mark, "").map_err(|error| file("writing", &mark, &error))?;
    let program = sibling("rotad");
    let error =
        Command::new(&program).args(["supervise", "--config"]).arg(place.host_dir(host)).exec();
    Err(Error::File(format!("starting {}: {error}", program.display())))
}

/// One hand at a time on the switch.
fn switch(place: &Place, host: Host) -> Result<File, Error> {
    let path = place.host_dir(host).join("switch");
    let open = || -> std::io::Result<File> {
        let file = File::create(&path)?;
        file.lock()?;
        Ok(file)
    };
    open().map_err(|error| file("locking", &path, &error))
}

fn set(place: &Place, host: Host, value: &str) -> Result<(), Error> {
    place.write(&format!("{}/power", host.name()), value)
}

fn open_log(place: &Place, host: Host) -> Result<File, Error> {
    let path = place.log(host);
    let opened = OpenOptions::new().create(true).append(true).open(&path);
    opened.map_err(|error| file("opening", &path, &error))
}
