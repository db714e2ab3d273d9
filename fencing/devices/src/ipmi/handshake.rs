//! The client's side of the handshake: Open Session, RAKP 1 to 4.

use std::collections::BTreeMap;

use tokio::net::UdpSocket;
use tokio::time::Instant;

use super::crypto::Suite;
use super::crypto::same;
use super::net::{Pace, receive};
use super::packet::{self, Packet, PayloadType};
use super::rakp::{self, Exchange, Status};
use crate::limits::HANDSHAKE_SENDS;

/// Why one handshake did not lead to a session.
pub(crate) enum Setback {
    SuiteRefused,
    /// Only answers came whose proof does not fit our password.
    Mistrusted,
    Again(&'static str),
    Refused(&'static str),
    Silent,
    Local(String),
}

/// One handshake in progress.
pub(crate) struct Hand<'a> {
    pub socket: &'a UdpSocket,
    pub console: [u8; 4],
    pub tag: u8,
    pub pace: &'a mut Pace,
    pub deadline: Instant,
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

    /// Proposes a suite; the BMC's session id.
    pub(crate) async fn open_session(&mut self, suite: Suite) -> Result<[u8; 4], Setback> {
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
    pub(crate) async fn rakp1(
        &mut self,
        exchange: &mut Exchange,
        password: &[u8],
    ) -> Result<(), Setback> {
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
    pub(crate) async fn rakp3(
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
