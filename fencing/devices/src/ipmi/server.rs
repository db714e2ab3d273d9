//! A BMC made of software: for the sandbox, which has no hardware, and for tests, which need
//! faults. It speaks RMCP+ with cipher suites 3 and 17 and drives power through a program.
//!
//! It shares the bytes and the mathematics with the client, not the behaviour; that both are
//! right is shown by strangers: ipmitool against this server, ipmi_sim against our client.

mod desk;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::UdpSocket;
use zeroize::Zeroizing;

use super::crypto::{Secret, Suite, random};
use super::packet::RMCP;
use crate::limits::PROGRAM_TIMEOUT;
use desk::Desk;

/// A user of the BMC.
#[derive(Clone)]
pub struct Account {
    name: String,
    password: Secret,
    privilege: u8,
}

impl Account {
    /// A user with at most this privilege level: 2 user, 3 operator, 4 administrator.
    pub fn new(name: &str, password: &str, privilege: u8) -> Self {
        let password = Zeroizing::new(password.as_bytes().to_vec());
        Self { name: name.into(), password, privilege }
    }
}

/// Where the power is.
#[derive(Clone, Debug)]
pub enum Power {
    /// In memory: on or off.
    Memory(bool),
    /// A program and its first arguments, called as ipmi_sim calls its `chassis_control`:
    /// `get power` prints `power:0` or `power:1`; `set power 0|1`; exit code 0 is success.
    Program(Vec<String>),
}

/// What happens to a datagram on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrives.
    Pass,
    /// It is lost.
    Lost,
    /// It arrives twice.
    Twice,
    /// It arrives later, without holding up others.
    Late(Duration),
}

/// The way of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the client.
    In,
    /// To the client.
    Out,
}

/// Decides the fate of each datagram, by its way and its payload type (see [`payload_type`]).
pub type Weather = Box<dyn FnMut(Way, Option<u8>) -> Fate + Send>;

/// How the BMC behaves, all in order by default.
pub struct Behaviour {
    /// Suites on offer.
    pub suites: Vec<Suite>,
    /// "Off" and "on" are accepted without effect.
    pub stuck: bool,
    /// Chassis Control answers with this code and does nothing.
    pub control_code: Option<u8>,
    /// Looks that still show "on", whatever the power is: a host that takes its time.
    pub looks_before_off: u32,
    /// Algorithms chosen whatever was proposed: a BMC that tries to talk us down.
    pub chosen: Option<[u8; 3]>,
    /// Error answers of the handshake end after this many bytes.
    pub errors_cut_to: usize,
    /// The network.
    pub weather: Weather,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            suites: vec![Suite::Three, Suite::Seventeen],
            stuck: false,
            control_code: None,
            looks_before_off: 0,
            chosen: None,
            errors_cut_to: 8,
            weather: Box::new(|_, _| Fate::Pass),
        }
    }
}

/// What the BMC was made to do; read by tests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// Chassis Control orders carried out, by number.
    pub controls: Vec<u8>,
    /// Looks at the power.
    pub looks: u32,
    /// Sessions opened to the end.
    pub sessions: u32,
    /// RAKP 3 messages that came in: none may follow a RAKP 2 with a wrong code.
    pub rakp3: u32,
}

/// A simulated BMC. Share it to change its behaviour while it serves.
pub struct Bmc {
    accounts: Vec<Account>,
    guid: [u8; 16],
    power: Mutex<Power>,
    behaviour: Mutex<Behaviour>,
    log: Mutex<Log>,
}

/// The payload type of an RMCP+ datagram without its flags: 0x10 to 0x15 are the handshake's
/// messages, 0 is a command. `None` for other formats.
pub fn payload_type(datagram: &[u8]) -> Option<u8> {
    let session = datagram.strip_prefix(&RMCP)?;
    (*session.first()? == 6).then(|| session.get(1).map(|kind| kind & 0x3f)).flatten()
}

impl Bmc {
    /// A BMC with these users.
    pub fn new(accounts: Vec<Account>, power: Power, behaviour: Behaviour) -> Arc<Self> {
        Arc::new(Self {
            accounts,
            guid: random().unwrap_or([7; 16]),
            power: Mutex::new(power),
            behaviour: Mutex::new(behaviour),
            log: Mutex::default(),
        })
    }

    /// Changes the behaviour from now on.
    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.behaviour.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What it was made to do so far.
    pub fn log(&self) -> Log {
        self.noted().clone()
    }

    fn noted(&self) -> std::sync::MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves until the future is dropped or the socket fails.
    ///
    /// # Errors
    /// The socket's.
    pub async fn serve(self: Arc<Self>, socket: UdpSocket) -> std::io::Result<()> {
        let socket = Arc::new(socket);
        let mut desk = Desk::new(self);
        let mut buffer = [0; 1024];
        let (late, mut due) = tokio::sync::mpsc::unbounded_channel();
        loop {
            let (datagram, peer) = tokio::select! {
                received = socket.recv_from(&mut buffer) => match received {
                    Ok((length, peer)) => {
                        let datagram = buffer[..length].to_vec();
                        match desk.fate(Way::In, &datagram) {
                            Fate::Pass | Fate::Twice => (datagram, peer),
                            Fate::Lost => continue,
                            Fate::Late(by) => {
                                let late = late.clone();
                                tokio::spawn(async move {
                                    tokio::time::sleep(by).await;
                                    let _ = late.send((datagram, peer));
                                });
                                continue;
                            }
                        }
                    }
                    // The last answer found nobody.
                    Err(e) if e.kind() == std::io::ErrorKind::ConnectionRefused => continue,
                    Err(e) => return Err(e),
                },
                Some(arrived) = due.recv() => arrived,
            };
            if let Some(answer) = desk.answer(&datagram, peer).await {
                let fate = desk.fate(Way::Out, &answer);
                send(&socket, answer, peer, fate).await;
            }
        }
    }

    async fn is_on(&self) -> Option<bool> {
        let power = self.power.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match power {
            Power::Memory(on) => Some(on),
            Power::Program(program) => {
                let said = call(&program, &["get", "power"]).await?;
                Some(String::from_utf8_lossy(&said).contains("power:1"))
            }
        }
    }

    async fn switch(&self, on: bool) -> Option<()> {
        let power = self.power.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match power {
            Power::Memory(_) => {
                *self.power.lock().unwrap_or_else(PoisonError::into_inner) = Power::Memory(on);
            }
            Power::Program(program) => {
                call(&program, &["set", "power", if on { "1" } else { "0" }]).await?;
            }
        }
        Some(())
    }
}

async fn send(socket: &Arc<UdpSocket>, answer: Vec<u8>, peer: SocketAddr, fate: Fate) {
    match fate {
        Fate::Lost => {}
        Fate::Pass => drop(socket.send_to(&answer, peer).await),
        Fate::Twice => {
            let _ = socket.send_to(&answer, peer).await;
            let _ = socket.send_to(&answer, peer).await;
        }
        Fate::Late(by) => {
            let socket = Arc::clone(socket);
            tokio::spawn(async move {
                tokio::time::sleep(by).await;
                let _ = socket.send_to(&answer, peer).await;
            });
        }
    }
}

async fn call(program: &[String], arguments: &[&str]) -> Option<Vec<u8>> {
    let (name, first) = program.split_first()?;
    let mut command = tokio::process::Command::new(name);
    command.args(first).args(arguments).stdin(std::process::Stdio::null()).kill_on_drop(true);
    let ended = tokio::time::timeout(PROGRAM_TIMEOUT, command.output()).await.ok()?.ok()?;
    ended.status.success().then_some(ended.stdout)
}
