//! BMCs and agents for the tests, all on loopback and in temporary directories.
#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, reason = "test support may say what it expects")]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rota_fencing_devices::ipmi::server::{Account, Behaviour, Bmc, Power};
use rota_fencing_devices::{Action, DeviceCall, Params, Registry, Reply};
use tokio::net::UdpSocket;

pub const LONG: Duration = Duration::from_secs(20);

pub async fn bmc_with(power: Power, behaviour: Behaviour) -> (Arc<Bmc>, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let bmc = Bmc::new(accounts(), power, behaviour);
    tokio::spawn(Arc::clone(&bmc).serve(socket));
    (bmc, address)
}

pub async fn bmc(behaviour: Behaviour) -> (Arc<Bmc>, SocketAddr) {
    bmc_with(Power::Memory(true), behaviour).await
}

pub fn accounts() -> Vec<Account> {
    vec![
        Account::new("admin", "s3cret-pass", 4),
        Account::new("oper", "operpass", 3),
        Account::new("ro", "readonly", 2),
    ]
}

pub fn login(address: SocketAddr) -> Params {
    let mut params = Params::from([("username", "oper"), ("password", "operpass")]);
    params.set("ip", &address.ip().to_string());
    params.set("ipport", &address.port().to_string());
    params
}

pub fn with(mut params: Params, pairs: &[(&str, &str)]) -> Params {
    for (name, value) in pairs {
        params.set(name, value);
    }
    params
}

pub async fn run(params: &Params, action: Action) -> Reply {
    rota_fencing_devices::ipmi::run(params, action, LONG).await
}

#[track_caller]
pub fn proven(reply: &Reply) -> &str {
    match reply {
        Reply::ProvenOff { how } => how,
        other => panic!("not proven off: {other}"),
    }
}

#[track_caller]
pub fn refused(reply: &Reply) -> &str {
    match reply {
        Reply::Refused { why } => why,
        other => panic!("not refused: {other}"),
    }
}

/// Writes an executable shell script.
pub fn script(path: &Path, body: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    // Written under another name first, so that nobody holds it open for writing when it is run.
    let draft = path.with_extension("draft");
    std::fs::write(&draft, format!("#!/bin/sh\n{body}\n")).unwrap();
    std::fs::set_permissions(&draft, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::rename(&draft, path).unwrap();
    path.to_owned()
}

/// A power program with its state in a file.
pub fn power_program(directory: &Path) -> PathBuf {
    let state = directory.join("power");
    std::fs::write(&state, "1").unwrap();
    let body = format!(
        "case $1 in get) echo power:$(cat {s});; set) echo $3 > {s};; esac",
        s = state.display()
    );
    script(&directory.join("power.sh"), &body)
}

pub fn call(agent: &str, params: Params) -> DeviceCall {
    DeviceCall { agent: agent.into(), params, target: Some("n3".into()), plug: "3".into() }
}

pub fn agents_in(directory: &Path) -> Registry {
    Registry::with_directory(directory)
}

/// A UDP port of loopback that was free a moment ago.
pub fn free_port() -> u16 {
    std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A program that ends with the test.
pub struct Running(pub std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
