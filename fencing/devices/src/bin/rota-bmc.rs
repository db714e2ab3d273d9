//! A simulated BMC on a UDP port, for the sandbox and the lab. See `ipmi::server`.
//!
//! `rota-bmc --listen 127.0.0.1:9623 --accounts FILE [--suites 3,17] -- PROGRAM [ARGUMENT...]`
//!
//! FILE holds `name:password:privilege` lines (privilege: user, operator, administrator), because
//! a password has no place in an argument list. PROGRAM is called with `get power` and
//! `set power 0|1` after its arguments. Prints the address once it listens.

use std::process::ExitCode;

use rota_fencing_devices::ipmi::Suite;
use rota_fencing_devices::ipmi::server::{Account, Behaviour, Bmc, Power};

const USAGE: &str = "usage: rota-bmc --listen ADDRESS:PORT --accounts FILE [--suites 3,17] \
                     -- PROGRAM [ARGUMENT...]";

struct Settings {
    listen: String,
    accounts: Vec<Account>,
    suites: Vec<Suite>,
    program: Vec<String>,
}

fn main() -> ExitCode {
    let settings = match settings() {
        Ok(settings) => settings,
        Err(problem) => {
            eprintln!("rota-bmc: {problem}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match serve(settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rota-bmc: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(settings: Settings) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let socket = tokio::net::UdpSocket::bind(&settings.listen).await?;
        println!("listening on {}", socket.local_addr()?);
        let behaviour = Behaviour { suites: settings.suites, ..Behaviour::default() };
        Bmc::new(settings.accounts, Power::Program(settings.program), behaviour).serve(socket).await
    })
}

fn settings() -> Result<Settings, String> {
    let (mut listen, mut accounts, mut suites) = (None, None, "3,17".to_owned());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--listen" => listen = Some(value()?),
            "--accounts" => accounts = Some(value()?),
            "--suites" => suites = value()?,
            "--" => break,
            other => return Err(format!("unknown option {other}")),
        }
    }
    let program: Vec<String> = arguments.collect();
    if program.is_empty() {
        return Err("a program that switches the power is needed after --".into());
    }
    let file = accounts.ok_or("--accounts is needed")?;
    let text = std::fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
    let suite = |name: &str| match name {
        "3" => Ok(Suite::Three),
        "17" => Ok(Suite::Seventeen),
        other => Err(format!("cipher suite {other} is not offered")),
    };
    Ok(Settings {
        listen: listen.ok_or("--listen is needed")?,
        accounts: text.lines().filter(|l| !l.is_empty()).map(account).collect::<Result<_, _>>()?,
        suites: suites.split(',').map(suite).collect::<Result<_, _>>()?,
        program,
    })
}

fn account(line: &str) -> Result<Account, String> {
    let wrong = || "an account is name:password:privilege".to_owned();
    let (name, rest) = line.split_once(':').ok_or_else(wrong)?;
    let (password, privilege) = rest.rsplit_once(':').ok_or_else(wrong)?;
    let privilege = match privilege {
        "user" => 2,
        "operator" => 3,
        "administrator" => 4,
        _ => return Err(wrong()),
    };
    Ok(Account::new(name, password, privilege))
}
