//! Interoperation with implementations that share no code with ours: OpenIPMI's ipmi_sim and
//! pyghmi as servers, ipmitool as client. A test whose stranger is not installed says so.

#![expect(clippy::unwrap_used, reason = "tests may say what they expect")]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::*;
use rota_fencing_devices::ipmi::server::{Behaviour, Power};
use rota_fencing_devices::{Action, Params, Reply};

fn installed(program: &str) -> bool {
    let found = Path::new(program).is_file();
    if !found {
        eprintln!("skipped: {program} is not installed");
    }
    found
}

fn shared(file: &str) -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("ROTA_SHARED").map_or(default, PathBuf::from);
    let path = shared.join(file);
    if !path.is_file() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

/// ipmi_sim on loopback, with its power in a file.
fn ipmi_sim(directory: &Path) -> (Running, u16) {
    let port = free_port();
    let program = power_program(directory);
    let conf = format!(
        "name \"bmc\"\nset_working_mc 0x20\n  startlan 1\n    addr 127.0.0.1 {port}\n    \
         priv_limit admin\n    allowed_auths_admin md5\n    \
         guid a123456789abcdefa123456789abcdef\n  endlan\n  chassis_control \"{}\"\n  \
         user 2 true \"admin\" \"s3cret-pass\" admin 10 none md2 md5 straight\n  \
         user 3 true \"oper\" \"operpass\" operator 10 none md2 md5 straight\n",
        program.display()
    );
    let emu = "mc_setbmc 0x20\n\
               mc_add 0x20 0x20 no-device-sdrs 0x01 2 0x30 0x9f 0x0002a2 0x0100 persist_sdr\n\
               mc_enable 0x20\n";
    std::fs::write(directory.join("lan.conf"), conf).unwrap();
    std::fs::write(directory.join("bmc.emu"), emu).unwrap();
    std::fs::create_dir(directory.join("state")).unwrap();
    let child = Command::new("/usr/bin/ipmi_sim")
        .args(["-n", "-c", "lan.conf", "-f", "bmc.emu", "-s", "state"])
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    (Running(child), port)
}

fn at(port: u16) -> Params {
    login(([127, 0, 0, 1], port).into())
}

async fn off_and_on(params: &Params, power: &Path) {
    let is = || std::fs::read_to_string(power).unwrap().trim().to_owned();
    assert_eq!(run(params, Action::Status).await, Reply::On);
    proven(&run(params, Action::Off).await);
    assert_eq!(is(), "0");
    proven(&run(params, Action::Off).await);
    assert_eq!(run(params, Action::Status).await, Reply::Off);
    assert_eq!(run(params, Action::On).await, Reply::On);
    assert_eq!(is(), "1");
}

#[tokio::test]
async fn our_client_against_ipmi_sim() {
    if !installed("/usr/bin/ipmi_sim") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let (_sim, port) = ipmi_sim(directory.path());
    for cipher in ["3", "auto"] {
        off_and_on(&with(at(port), &[("cipher", cipher)]), &directory.path().join("power")).await;
    }
    // It knows no suite 17, and with that configured no other is used.
    let reply = run(&with(at(port), &[("cipher", "17")]), Action::Off).await;
    assert!(refused(&reply).contains("cipher suite"), "{reply}");
    assert_eq!(
        refused(&run(&with(at(port), &[("password", "no")]), Action::Off).await),
        "wrong password"
    );
    assert_eq!(
        refused(&run(&with(at(port), &[("username", "no")]), Action::Off).await),
        "unknown user name"
    );
}

#[tokio::test]
async fn our_client_against_ipmi_sim_whose_program_fails() {
    if !installed("/usr/bin/ipmi_sim") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let (_sim, port) = ipmi_sim(directory.path());
    assert_eq!(run(&at(port), Action::Status).await, Reply::On);
    script(&directory.path().join("power.sh"), "[ $1 = get ] && echo power:1 && exit 0\nexit 1");
    assert!(refused(&run(&at(port), Action::Off).await).contains("0xff"));
}

#[tokio::test]
async fn our_client_against_pyghmi_with_suites_3_and_17() {
    let python = "/usr/bin/python3";
    let Some(bmc) = shared("reference/fencing/pyghmi_bmc/bmc17.py") else { return };
    if !installed(python) || !installed("/usr/lib/python3/dist-packages/pyghmi/__init__.py") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let program = power_program(directory.path());
    let port = free_port();
    let child = Command::new(python)
        .arg(bmc)
        .args([&port.to_string(), &program.display().to_string(), "3,17", "oper:operpass"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _running = Running(child);
    for cipher in ["3", "17", "auto"] {
        let params = with(at(port), &[("cipher", cipher), ("login_timeout", "20")]);
        off_and_on(&params, &directory.path().join("power")).await;
    }
}

#[tokio::test]
async fn ipmitool_against_our_server() {
    if !installed("/usr/bin/ipmitool") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let program = power_program(directory.path()).display().to_string();
    let (_bmc, address) = bmc_with(Power::Program(vec![program]), Behaviour::default()).await;
    let tool = |user: &str, arguments: &str| {
        let line = format!(
            "-I lanplus -H 127.0.0.1 -p {} -N 1 -R 2 -U {user} {arguments}",
            address.port()
        );
        async move {
            let out = tokio::process::Command::new("/usr/bin/ipmitool")
                .args(line.split(' '))
                .output()
                .await
                .unwrap();
            String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).trim().to_owned()
        }
    };
    let admin = |rest: &str| tool("admin", &format!("-P s3cret-pass {rest}"));
    for suite in ["-C 3", "-C 17"] {
        assert_eq!(admin(&format!("{suite} power status")).await, "Chassis Power is on");
        assert_eq!(admin(&format!("{suite} power off")).await, "Chassis Power Control: Down/Off");
        assert_eq!(admin(&format!("{suite} power status")).await, "Chassis Power is off");
        assert_eq!(admin(&format!("{suite} power on")).await, "Chassis Power Control: Up/On");
    }
    // It asks for the suites by itself without -C, and picks one that works.
    assert_eq!(admin("power status").await, "Chassis Power is on");
    for (user, rest, word) in [
        ("admin", "-P wrong -C 17 power off", "Unable to establish"),
        ("admin", "-P s3cret-pass -C 0 power off", "no matching cipher suite"),
        ("nobody", "-P s3cret-pass -C 3 power off", "Unable to establish"),
        ("ro", "-P readonly -L USER -C 3 power off", "Insufficient privilege"),
    ] {
        let said = tool(user, rest).await;
        assert!(said.contains(word), "{rest}: {said}");
    }
    assert_eq!(std::fs::read_to_string(directory.path().join("power")).unwrap().trim(), "1");
}
