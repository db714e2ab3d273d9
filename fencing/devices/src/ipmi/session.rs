//! The client's side of an RMCP+ session: opening it, one command at a time, closing it.
//!
//! UDP loses, repeats, delays and reorders. What is sent again gets a new tag or a new sequence
//! number; what arrives must match in kind, tag, session and signature, or it never arrived.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::{Instant, sleep, timeout_at};

use super::crypto::{Secret, SessionKeys, Suite, random, same};
use super::packet::{self, Answer, Command, Packet, PayloadType};
use super::rakp::{self, Exchange, Status};

/// A BMC answers within a few milliseconds on a LAN; a lost packet should not cost more than this.
const RETRY_FIRST: Duration = Duration::from_millis(250);
/// Slow BMCs need more than a second; waiting longer than this helps none.
const RETRY_MAX: Duration = Duration::from_secs(2);
/// Transmissions of one handshake message before the handshake begins anew.
const HANDSHAKE_SENDS: u32 = 3;
/// Transmissions of one command before its session counts as lost.
const COMMAND_SENDS: u32 = 4;
/// rqSeq has six bits. A session ends before they repeat, so an old answer never fits a new
/// question, however the BMC counts its own packets.
const COMMANDS_MAX: u8 = 60;
/// How long a BMC may be busy with an order before it is given again. Some switch the power
/// before they answer anything else.
const ORDER_WAIT: Duration = Duration::from_secs(2);
/// The pause before a handshake that the BMC asked to repeat.
const AGAIN_PAUSE: Duration = Duration::from_millis(100);
/// Handshakes without one rightly signed answer before we call the password wrong.
const MISTRUST_MAX: u32 = 2;
/// How many BMCs' suites are remembered.
const REMEMBERED_MAX: usize = 1024;

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

/// How long to wait before sending again; kept over the whole call, so that a slow BMC is learnt.
pub(crate) struct Pace {
    wait: Duration,
    last_heard: Instant,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self { wait: RETRY_FIRST, last_heard: Instant::now() }
    }

    fn heard(&mut self) {
        self.last_heard = Instant::now();
    }

    /// A round trip that certainly belongs to one transmission (Karn's rule).
    fn measured(&mut self, sent: Instant) {
        self.heard();
        self.wait = (sent.elapsed() * 2).clamp(RETRY_FIRST, RETRY_MAX);
    }

    fn back_off(&mut self) {
        self.wait = (self.wait * 2).min(RETRY_MAX);
    }

    fn until(&self, deadline: Instant) -> Instant {
        (Instant::now() + self.wait).min(deadline)
    }
}

/// Why one handshake did not lead to a session.
enum Setback {
    SuiteRefused,
    /// Only answers came whose proof does not fit our password.
    Mistrusted,
    Again(&'static str),
    Refused(&'static str),
    Silent,
    Local(String),
}

/// The suite each BMC accepted last, so that `auto` asks for the right one at once.
static ACCEPTED: Mutex<BTreeMap<SocketAddr, Suite>> = Mutex::new(BTreeMap::new());

fn accepted() -> std::sync::MutexGuard<'static, BTreeMap<SocketAddr, Suite>> {
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
            if pace.last_heard.elapsed() >= login.patience {
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

/// One handshake in progress.
struct Hand<'a> {
    socket: &'a UdpSocket,
    console: [u8; 4],
    tag: u8,
    pace: &'a mut Pace,
    deadline: Instant,
}

/// An answer of the handshake that fits in kind and session.
struct Fitting {
    tag: u8,
    status: u8,
    rest: Vec<u8>,
}

impl Hand<'_> {
    fn next_tag(&mut self) -> u8 {
        self.tag = self.tag.wrapping_add(1);
        self.tag
    }

    async fn send(&self, kind: PayloadType, payload: &[u8]) -> Instant {
        let sent = Instant::now();
        // A refused datagram is a lost one.
        let _ = self.socket.send(&packet::plain(kind, payload)).await;
        sent
    }

    async fn receive(
        &self,
        kind: PayloadType,
        mut believable: impl FnMut(&Fitting) -> bool,
        until: Instant,
    ) -> Option<Fitting> {
        let console = self.console;
        let accept = |datagram: &[u8]| {
            let packet = Packet::parse(datagram, 0).filter(|p| p.kind == kind)?;
            let answer = rakp::preamble(packet.open_plain()?)?;
            let ours = match answer.console {
                Some(id) => id == console,
                None => answer.status != 0,
            };
            let fitting =
                Fitting { tag: answer.tag, status: answer.status, rest: answer.rest.to_vec() };
            (ours && believable(&fitting)).then_some(fitting)
        };
        receive(self.socket, until, accept).await
    }

    async fn open_session(&mut self, suite: Suite) -> Result<[u8; 4], Setback> {
        let mut sent = BTreeMap::new();
        for _ in 0..HANDSHAKE_SENDS {
            let tag = self.next_tag();
            let request = rakp::open_session_request(tag, self.console, suite);
            sent.insert(tag, self.send(PayloadType::OpenSessionRequest, &request).await);
            let until = self.pace.until(self.deadline);
            let kind = PayloadType::OpenSessionResponse;
            // Every request opens a session of its own, so an answer to an earlier one is good.
            let Some(answer) = self.receive(kind, |a| sent.contains_key(&a.tag), until).await
            else {
                self.pace.back_off();
                continue;
            };
            self.pace.measured(sent.get(&answer.tag).copied().unwrap_or(until));
            ok(answer.status)?;
            return rakp::open_session_answer(&answer.rest, suite)
                .map_err(|_| Setback::Refused("the BMC chose a cipher suite we did not propose"));
        }
        Err(Setback::Silent)
    }

    /// Fills in the BMC's half of the exchange, once the BMC has shown that it knows the password.
    async fn rakp1(&mut self, exchange: &mut Exchange, password: &[u8]) -> Result<(), Setback> {
        let mut mistrusted = false;
        for _ in 0..HANDSHAKE_SENDS {
            // The BMC makes a new random number for each RAKP 1 and forgets the one before, so
            // only the answer to the latest counts.
            let latest = self.next_tag();
            let random = exchange.console_random;
            let message = rakp::rakp1(latest, exchange.bmc, random, &exchange.role_and_user);
            let sent = self.send(PayloadType::Rakp1, &message).await;
            let until = self.pace.until(self.deadline);
            let believable = |answer: &Fitting| {
                let checked = answer.status != 0 || exchange.with(&answer.rest, password).is_some();
                mistrusted |= answer.tag == latest && !checked;
                answer.tag == latest && checked
            };
            let Some(answer) = self.receive(PayloadType::Rakp2, believable, until).await else {
                if mistrusted {
                    return Err(Setback::Mistrusted);
                }
                self.pace.back_off();
                continue;
            };
            self.pace.measured(sent);
            ok(answer.status)?;
            *exchange = exchange.with(&answer.rest, password).ok_or(Setback::Mistrusted)?;
            return Ok(());
        }
        Err(Setback::Again("no answer to RAKP 1"))
    }

    /// Sent once: a BMC that answered and whose answer was lost ignores a repeat, so the whole
    /// handshake is repeated instead.
    async fn rakp3(
        &mut self,
        exchange: &Exchange,
        password: &[u8],
        session_key: &[u8],
    ) -> Result<(), Setback> {
        let tag = self.next_tag();
        let message = rakp::rakp3(tag, 0, exchange.bmc, &exchange.rakp3_code(password));
        let sent = self.send(PayloadType::Rakp3, &message).await;
        let until = self.pace.until(self.deadline);
        let code = exchange.rakp4_code(session_key);
        let mut mistrusted = false;
        let believable = |answer: &Fitting| {
            let checked = answer.status != 0 || same(&code, &answer.rest);
            mistrusted |= answer.tag == tag && !checked;
            answer.tag == tag && checked
        };
        let Some(answer) = self.receive(PayloadType::Rakp4, believable, until).await else {
            if mistrusted {
                return Err(Setback::Mistrusted);
            }
            self.pace.back_off();
            return Err(Setback::Again("no answer to RAKP 3"));
        };
        self.pace.measured(sent);
        ok(answer.status)
    }
}

fn ok(code: u8) -> Result<(), Setback> {
    match rakp::status(code) {
        Status::Ok => Ok(()),
        Status::SuiteRefused => Err(Setback::SuiteRefused),
        Status::Again => Err(Setback::Again("the BMC has no session to spare")),
        Status::Refused(why) => Err(Setback::Refused(why)),
    }
}

async fn connect(address: SocketAddr) -> std::io::Result<UdpSocket> {
    let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(address).await?;
    Ok(socket)
}

/// The first datagram that is accepted before the time is up. A "connection refused" (the BMC is
/// starting) is silence.
async fn receive<T>(
    socket: &UdpSocket,
    until: Instant,
    mut accept: impl FnMut(&[u8]) -> Option<T>,
) -> Option<T> {
    let mut buffer = [0; 1024];
    loop {
        match timeout_at(until, socket.recv(&mut buffer)).await {
            Err(_) => return None,
            Ok(Ok(length)) => {
                if let Some(found) = accept(&buffer[..length]) {
                    return Some(found);
                }
            }
            Ok(Err(_)) => sleep(Duration::from_millis(10)).await,
        }
    }
}
