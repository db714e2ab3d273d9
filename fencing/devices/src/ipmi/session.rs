//! The client's side of an RMCP+ session: opening it, one command at a time, closing it.
//!
//! UDP loses, repeats, delays and reorders. What is sent again gets a new tag or a new sequence
//! number; what arrives must match in kind, tag, session and signature, or it never arrived.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::{Instant, sleep};

use super::crypto::{Secret, SessionKeys, Suite, random};
use super::handshake::{Hand, Setback};
use super::net::{Pace, connect, receive};
use super::packet::{self, Answer, Command, Packet, PayloadType};
use super::rakp::{self, Exchange};
use crate::limits::{
    AGAIN_PAUSE, COMMAND_SENDS, COMMANDS_MAX, MISTRUST_MAX, ORDER_WAIT, REMEMBERED_MAX,
};

/// Whom to log in to, and as whom.
pub(crate) struct Login {
    pub address: SocketAddr,
    pub user: String,
    pub password: Secret,
    /// The BMC's own key, where one is set.
    pub kg: Option<Secret>,
    /// Allowed suites, best first.
    pub suites: Vec<Suite>,
    pub privilege: u8,
    /// Silence for this long means unreachable.
    pub patience: Duration,
}

/// Why there is no session.
#[derive(Debug)]
pub(crate) enum Failure {
    Refused(String),
    Silent(String),
    TimeUp(String),
}

/// An open session at the wanted privilege level.
pub(crate) struct Session {
    socket: UdpSocket,
    keys: SessionKeys,
    suite: Suite,
    console: u32,
    bmc: u32,
    sequence: u32,
    asked: u8,
}

/// The suite each BMC accepted last, so that `auto` asks for the right one at once.
static ACCEPTED: Mutex<BTreeMap<SocketAddr, Suite>> = Mutex::new(BTreeMap::new());

fn accepted() -> MutexGuard<'static, BTreeMap<SocketAddr, Suite>> {
    ACCEPTED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn remember(address: SocketAddr, suite: Suite) {
    let mut known = accepted();
    if known.len() >= REMEMBERED_MAX {
        known.clear();
    }
    known.insert(address, suite);
}

impl Session {
    /// Opens a session, whatever it takes, until the deadline or a final answer.
    pub(crate) async fn open(
        login: &Login,
        pace: &mut Pace,
        deadline: Instant,
    ) -> Result<Self, Failure> {
        let mut suites = login.suites.clone();
        let known = accepted().get(&login.address).copied();
        suites.sort_by_key(|suite| Some(*suite) != known);
        let mut last = "no answer";
        let mut mistrusted = 0;
        loop {
            let address = login.address;
            let Some(&suite) = suites.first() else {
                return Err(Failure::Refused(format!(
                    "{address} does not offer the configured cipher suite"
                )));
            };
            if pace.silence() >= login.patience {
                return Err(Failure::Silent(format!("{address}: {last}")));
            }
            if Instant::now() >= deadline {
                return Err(Failure::TimeUp(format!("no session with {address}: {last}")));
            }
            let setback = match Self::handshake(login, suite, pace, deadline).await {
                Ok(session) => {
                    remember(login.address, suite);
                    return session.raise_privilege(login, pace, deadline).await;
                }
                Err(setback) => setback,
            };
            match setback {
                Setback::SuiteRefused => {
                    suites.remove(0);
                }
                // It may ignore what it does not know: the next suite has its turn.
                Setback::Silent => suites.rotate_left(1),
                Setback::Again(why) => {
                    last = why;
                    sleep(AGAIN_PAUSE).await;
                }
                Setback::Mistrusted => {
                    mistrusted += 1;
                    if mistrusted >= MISTRUST_MAX {
                        let kg = if login.kg.is_some() { " or key (hexadecimal_kg)" } else { "" };
                        return Err(Failure::Refused(format!("wrong password{kg}")));
                    }
                }
                Setback::Refused(why) => return Err(Failure::Refused(why.into())),
                Setback::Local(why) => return Err(Failure::Silent(why)),
            }
        }
    }

    pub(crate) fn suite(&self) -> Suite {
        self.suite
    }

    /// One handshake, always from a port of its own: a BMC may hold the old port's state.
    async fn handshake(
        login: &Login,
        suite: Suite,
        pace: &mut Pace,
        deadline: Instant,
    ) -> Result<Self, Setback> {
        let socket = connect(login.address).await.map_err(|e| Setback::Local(e.to_string()))?;
        let no_random = || Setback::Local("the system gave no random numbers".into());
        let console: [u8; 4] = random().ok_or_else(no_random)?;
        let console_random: [u8; 16] = random().ok_or_else(no_random)?;
        let role_and_user = rakp::role_and_user(login.privilege, &login.user);

        let mut hand = Hand { socket: &socket, console, tag: console[0], pace, deadline };
        let bmc = hand.open_session(suite).await?;
        let mut exchange = Exchange {
            suite,
            console,
            bmc,
            console_random,
            bmc_random: [0; 16],
            guid: [0; 16],
            role_and_user,
        };
        // Before anything made from the password is sent.
        hand.rakp1(&mut exchange, &login.password).await?;
        let session_key = exchange.session_key(login.kg.as_ref().unwrap_or(&login.password));
        hand.rakp3(&exchange, &login.password, &session_key).await?;
        Ok(Self {
            keys: exchange.keys(&session_key),
            suite,
            console: u32::from_le_bytes(console),
            bmc: u32::from_le_bytes(bmc),
            sequence: 0,
            asked: 0,
            socket,
        })
    }

    /// Sessions start at USER (22.18).
    async fn raise_privilege(
        mut self,
        login: &Login,
        pace: &mut Pace,
        deadline: Instant,
    ) -> Result<Self, Failure> {
        let level = [login.privilege];
        match self.ask(packet::SET_SESSION_PRIVILEGE, &level, pace, deadline).await {
            Some(Answer { code: 0, .. }) => Ok(self),
            Some(Answer { code, .. }) => Err(Failure::Refused(format!(
                "the user may not have this privilege level (code {code:#04x})"
            ))),
            None => Err(Failure::TimeUp("the session was lost while it was opened".into())),
        }
    }

    /// Asks a question until its answer comes; `None` when the session or the time is lost.
    pub(crate) async fn ask(
        &mut self,
        command: Command,
        data: &[u8],
        pace: &mut Pace,
        deadline: Instant,
    ) -> Option<Answer> {
        let asked = self.next_number()?;
        let message = packet::request(command, asked, data);
        for sends in 0..COMMAND_SENDS {
            let sent = Instant::now();
            if sent >= deadline {
                return None;
            }
            self.send(&message).await?;
            let fits = |message: &[u8]| packet::answer(message, command, asked);
            if let Some(answer) = self.hear(fits, pace.until(deadline)).await {
                if sends == 0 {
                    pace.measured(sent);
                } else {
                    pace.heard();
                }
                return Some(answer);
            }
            pace.back_off();
        }
        None
    }

    /// Gives an order, which may take the BMC a while; `None` as in [`Session::ask`].
    ///
    /// Silence may mean that the order was lost or that the BMC is busy with it, and a repeat
    /// would make a busy one do it twice. So a harmless question follows it: when that is
    /// answered and the order is not, the order was lost. Still, it may be carried out more than
    /// once, so it must be one that bears that.
    pub(crate) async fn order(
        &mut self,
        command: Command,
        data: &[u8],
        pace: &mut Pace,
        deadline: Instant,
    ) -> Option<Answer> {
        enum Heard {
            Answer(Answer),
            Alive,
        }
        let ordered = self.next_number()?;
        let message = packet::request(command, ordered, data);
        for _ in 0..COMMAND_SENDS {
            if Instant::now() >= deadline {
                return None;
            }
            self.send(&message).await?;
            let done = |message: &[u8]| packet::answer(message, command, ordered);
            if let Some(answer) = self.hear(done, pace.until(deadline)).await {
                pace.heard();
                return Some(answer);
            }
            let asked = self.next_number()?;
            self.send(&packet::request(packet::GET_CHASSIS_STATUS, asked, &[])).await?;
            let either = |message: &[u8]| {
                let alive = || packet::answer(message, packet::GET_CHASSIS_STATUS, asked);
                done(message).map(Heard::Answer).or_else(|| alive().map(|_| Heard::Alive))
            };
            match self.hear(either, (Instant::now() + ORDER_WAIT).min(deadline)).await {
                Some(Heard::Answer(answer)) => {
                    pace.heard();
                    return Some(answer);
                }
                Some(Heard::Alive) => pace.heard(),
                None => pace.back_off(),
            }
        }
        None
    }

    /// The next rqSeq, while there are any.
    fn next_number(&mut self) -> Option<u8> {
        self.asked = self.asked.checked_add(1).filter(|number| *number <= COMMANDS_MAX)?;
        Some(self.asked)
    }

    /// The first message of this session that fits.
    async fn hear<T>(&self, fits: impl Fn(&[u8]) -> Option<T>, until: Instant) -> Option<T> {
        let accept = |datagram: &[u8]| {
            let packet = Packet::parse(datagram, self.keys.signature_length())?;
            if packet.kind != PayloadType::Ipmi || packet.session != self.console {
                return None;
            }
            fits(&packet.open_sealed(&self.keys)?)
        };
        receive(&self.socket, until, accept).await
    }

    /// Tells the BMC that the session is over, and does not wait for its answer.
    pub(crate) async fn close(mut self) {
        let message = packet::request(packet::CLOSE_SESSION, 0, &self.bmc.to_le_bytes());
        let _ = self.send(&message).await;
    }

    /// Same command, new session sequence number: BMCs drop repeats of the latter.
    async fn send(&mut self, message: &[u8]) -> Option<()> {
        self.sequence += 1;
        let datagram = packet::sealed(&self.keys, random()?, self.bmc, self.sequence, message)?;
        // A refused datagram is a lost one.
        let _ = self.socket.send(&datagram).await;
        Some(())
    }
}
