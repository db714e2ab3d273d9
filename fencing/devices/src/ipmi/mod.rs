//! `fence_rota_ipmi`: our own IPMI v2.0 client (RMCP+, "lanplus").
//!
//! Written because fencing is on the way to recovery and must not lie: one deadline for the whole
//! call, no start of a process, no password in an argument list, and "off" means seen off twice.
//!
//! - `options`: what people configure
//! - `power`: off, on, status
//! - `session`: logging in, one command at a time; `handshake`, `net`: its two halves
//! - `rakp`, `packet`, `crypto`: the messages, their bytes, their mathematics
//! - `server`: a BMC for the sandbox and for tests

mod crypto;
mod handshake;
mod net;
mod options;
mod packet;
mod power;
mod rakp;
pub mod server;
mod session;

use std::time::Duration;

use rota_fencing::{Action, Reply};
use tokio::time::Instant;

pub use crypto::Suite;
pub use options::{NAME, metadata};

use crate::device::Params;
use options::Options;
use power::Bmc;
use session::{Failure, Login};

/// Makes a BMC do one action. `deadline` covers everything from name lookup to the last look.
pub async fn run(params: &Params, action: Action, deadline: Duration) -> Reply {
    let end = Instant::now() + deadline;
    let options = match Options::read(params) {
        Ok(options) => options,
        Err(why) => return Reply::Refused { why: why.to_string().into() },
    };
    let login = match tokio::time::timeout_at(end, options.login()).await {
        Ok(Ok(login)) => login,
        Ok(Err(why)) => return Reply::Unreachable { why: why.into() },
        Err(_) => return Reply::TimedOut { why: "looking up the BMC's name".into() },
    };
    match act(&login, action, end).await {
        Ok(reply) => reply,
        Err(Failure::Refused(why)) => Reply::Refused { why: why.into() },
        Err(Failure::Silent(why)) => Reply::Unreachable { why: why.into() },
        Err(Failure::TimeUp(why)) => Reply::TimedOut { why: why.into() },
    }
}

async fn act(login: &Login, action: Action, end: Instant) -> Result<Reply, Failure> {
    let mut bmc = Bmc::new(login, end);
    let result = match action {
        Action::Off => bmc.off().await,
        Action::On => bmc.on().await,
        Action::Status => bmc.status().await,
        Action::Monitor => bmc.status().await.map(|_| Reply::Works),
    };
    bmc.close().await;
    result
}

/// Checks parameters without talking to anybody: what would be refused later, said now.
pub fn check(params: &Params) -> Result<(), crate::Error> {
    Options::read(params).map(drop)
}
