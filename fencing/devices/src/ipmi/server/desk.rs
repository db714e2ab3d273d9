//! What the simulated BMC answers: sessions and commands.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use super::{Bmc, Fate, Way, payload_type};
use crate::ipmi::crypto::Suite;
use crate::ipmi::crypto::{SessionKeys, random, same};
use crate::ipmi::packet::{self, Command, Packet, PayloadType, RMCP};
use crate::ipmi::rakp::{self, Exchange};
use crate::limits::SESSIONS_MAX;

struct Session {
    peer: SocketAddr,
    exchange: Exchange,
    stage: Stage,
    age: u64,
}

enum Stage {
    Opened,
    /// RAKP 2 sent to this user (by index).
    Challenged(usize),
    Live {
        keys: SessionKeys,
        max: u8,
        level: u8,
        sent: u32,
        /// The last sequence numbers seen; repeats are dropped (6.12.13).
        seen: Vec<u32>,
    },
}

/// The sessions of one serving BMC.
pub(super) struct Desk {
    bmc: Arc<Bmc>,
    sessions: BTreeMap<u32, Session>,
    opened: u64,
}

impl Desk {
    pub(super) fn new(bmc: Arc<Bmc>) -> Self {
        Self { bmc, sessions: BTreeMap::new(), opened: 0 }
    }

    pub(super) fn fate(&self, way: Way, datagram: &[u8]) -> Fate {
        let mut fate = Fate::Pass;
        self.bmc.behave(|b| fate = (b.weather)(way, payload_type(datagram)));
        fate
    }

    /// What the BMC answers, if anything.
    pub(super) async fn answer(&mut self, datagram: &[u8], peer: SocketAddr) -> Option<Vec<u8>> {
        let packet = match datagram.get(4) {
            Some(0) => return self.old_format(datagram),
            // The length of a signature is known once the session is.
            Some(_) => Packet::parse(datagram, 0)?,
            None => return None,
        };
        match packet.kind {
            PayloadType::OpenSessionRequest => self.open(packet.open_plain()?, peer),
            PayloadType::Rakp1 => self.rakp1(packet.open_plain()?),
            PayloadType::Rakp3 => self.rakp3(packet.open_plain()?),
            PayloadType::Ipmi if packet.session == 0 => {
                let reply = self.without_session(packet.open_plain()?)?;
                Some(packet::plain(PayloadType::Ipmi, &reply))
            }
            PayloadType::Ipmi => self.command(datagram, packet.session, peer).await,
            PayloadType::OpenSessionResponse | PayloadType::Rakp2 | PayloadType::Rakp4 => None,
        }
    }

    /// IPMI 1.5 framing, in which clients ask what the BMC can do: type, sequence and session
    /// are all zero, then one byte of length (13.6).
    fn old_format(&self, datagram: &[u8]) -> Option<Vec<u8>> {
        let length = usize::from(*datagram.get(13)?);
        let reply = self.without_session(datagram.get(14..14 + length)?)?;
        let mut out = RMCP.to_vec();
        out.extend([0; 9]);
        out.push(u8::try_from(reply.len()).ok()?);
        out.extend(reply);
        Some(out)
    }

    fn without_session(&self, message: &[u8]) -> Option<Vec<u8>> {
        let (command, sequence, data) = packet::read_request(message)?;
        let reply = match command {
            // Channel 1, "IPMI 2.0 data follows", users with names, extended: 2.0 only (22.13).
            packet::GET_CHANNEL_AUTH_CAPABILITIES => vec![1, 0x80, 0x04, 0x02, 0, 0, 0, 0],
            packet::GET_CHANNEL_CIPHER_SUITES => self.suite_records(data),
            _ => return None,
        };
        Some(packet::response(command, sequence, 0, &reply))
    }

    /// Records of the offered suites, 16 bytes at a time (22.15).
    fn suite_records(&self, data: &[u8]) -> Vec<u8> {
        let mut records = Vec::new();
        self.bmc.behave(|b| {
            for suite in &b.suites {
                let [authentication, integrity, confidentiality] = suite.algorithms();
                let number = suite.number();
                records.extend([0xc0, number, authentication]);
                records.extend([0x40 | integrity, 0x80 | confidentiality]);
            }
        });
        let index = usize::from(data.get(2).copied().unwrap_or(0) & 0x3f);
        let chunk = records.chunks(16).nth(index).unwrap_or_default();
        [&[1], chunk].concat()
    }

    fn open(&mut self, request: &[u8], peer: SocketAddr) -> Option<Vec<u8>> {
        let (&tag, role) = (request.first()?, request.get(1)? & 0x0f);
        let console: [u8; 4] = request.get(4..8)?.try_into().ok()?;
        let proposed = request.get(8..32)?;
        let (mut suite, mut chosen, mut cut) = (None, None, 8);
        self.bmc.behave(|b| {
            suite = b.suites.iter().copied().find(|suite| rakp::proposal(*suite) == proposed);
            chosen = b.chosen;
            cut = b.errors_cut_to;
        });
        let Some(suite) = suite.or(chosen.map(|_| Suite::Three)) else {
            return Some(refusal(PayloadType::OpenSessionResponse, tag, 0x11, console, cut));
        };
        let bmc: [u8; 4] = random().filter(|id| *id != [0; 4])?;
        self.opened += 1;
        while self.sessions.len() >= SESSIONS_MAX {
            let oldest = self.sessions.iter().min_by_key(|(_, s)| s.age).map(|(id, _)| *id)?;
            self.sessions.remove(&oldest);
        }
        let exchange = Exchange {
            suite,
            console,
            bmc,
            console_random: [0; 16],
            bmc_random: [0; 16],
            guid: self.bmc.guid,
            role_and_user: Vec::new(),
        };
        let session = Session { peer, exchange, stage: Stage::Opened, age: self.opened };
        self.sessions.insert(u32::from_le_bytes(bmc), session);
        let mut reply = vec![tag, 0, if role == 0 { 4 } else { role }, 0];
        reply.extend(console);
        reply.extend(bmc);
        let mut records = rakp::proposal(suite);
        for (i, algorithm) in chosen.into_iter().flatten().enumerate() {
            records[i * 8 + 4] = algorithm;
        }
        reply.extend(records);
        Some(packet::plain(PayloadType::OpenSessionResponse, &reply))
    }

    fn rakp1(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        let tag = *message.first()?;
        let id = u32::from_le_bytes(message.get(4..8)?.try_into().ok()?);
        let session = self.sessions.get_mut(&id)?;
        if matches!(session.stage, Stage::Live { .. }) {
            return None;
        }
        let length = usize::from(*message.get(27)?);
        let name = message.get(28..28 + length)?;
        let exchange = &mut session.exchange;
        exchange.console_random = message.get(8..24)?.try_into().ok()?;
        // A new random number each time, as real BMCs do; the one before is forgotten.
        exchange.bmc_random = random()?;
        exchange.role_and_user = [&message[24..25], &message[27..28], name].concat();
        let mut cut = 8;
        self.bmc.behave(|b| cut = b.errors_cut_to);
        let accounts = &self.bmc.accounts;
        let Some(user) = accounts.iter().position(|a| a.name.as_bytes() == name) else {
            return Some(refusal(PayloadType::Rakp2, tag, 0x0d, exchange.console, cut));
        };
        if message[24] & 0x0f > accounts[user].privilege {
            return Some(refusal(PayloadType::Rakp2, tag, 0x0a, exchange.console, cut));
        }
        session.stage = Stage::Challenged(user);
        let mut reply = vec![tag, 0, 0, 0];
        reply.extend(exchange.console);
        reply.extend(exchange.bmc_random);
        reply.extend(exchange.guid);
        reply.extend_from_slice(&exchange.rakp2_code(&accounts[user].password));
        Some(packet::plain(PayloadType::Rakp2, &reply))
    }

    fn rakp3(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        self.bmc.noted().rakp3 += 1;
        let tag = *message.first()?;
        let id = u32::from_le_bytes(message.get(4..8)?.try_into().ok()?);
        let session = self.sessions.get_mut(&id)?;
        // A repeat after success is ignored, as ipmi_sim does.
        let Stage::Challenged(user) = session.stage else { return None };
        let account = &self.bmc.accounts[user];
        let exchange = &session.exchange;
        if !same(&exchange.rakp3_code(&account.password), message.get(8..)?) {
            return Some(refusal(PayloadType::Rakp4, tag, 0x0f, exchange.console, 8));
        }
        let key = exchange.session_key(&account.password);
        let mut reply = vec![tag, 0, 0, 0];
        reply.extend(exchange.console);
        reply.extend_from_slice(&exchange.rakp4_code(&key));
        session.stage = Stage::Live {
            keys: exchange.keys(&key),
            max: account.privilege,
            level: 2,
            sent: 0,
            seen: Vec::new(),
        };
        self.bmc.noted().sessions += 1;
        Some(packet::plain(PayloadType::Rakp4, &reply))
    }

    async fn command(&mut self, datagram: &[u8], id: u32, peer: SocketAddr) -> Option<Vec<u8>> {
        let session = self.sessions.get_mut(&id).filter(|s| s.peer == peer)?;
        let console = u32::from_le_bytes(session.exchange.console);
        let Stage::Live { keys, max, level, sent, seen } = &mut session.stage else { return None };
        let packet = Packet::parse(datagram, keys.signature_length())?;
        let message = packet.open_sealed(keys)?;
        let number = u32::from_le_bytes(datagram.get(10..14)?.try_into().ok()?);
        if seen.contains(&number) {
            return None;
        }
        seen.push(number);
        if seen.len() > 64 {
            seen.remove(0);
        }
        let (command, sequence, data) = packet::read_request(&message)?;
        let (code, reply) = match command {
            packet::SET_SESSION_PRIVILEGE => set_privilege(data, *max, level),
            packet::CHASSIS_CONTROL if *level < 3 => (0xd4, vec![]),
            _ => carry_out(&self.bmc, command, data).await,
        };
        *sent += 1;
        let reply = packet::response(command, sequence, code, &reply);
        let sealed = packet::sealed(keys, random()?, console, *sent, &reply);
        if command == packet::CLOSE_SESSION {
            self.sessions.remove(&id);
        }
        sealed
    }
}

fn refusal(kind: PayloadType, tag: u8, status: u8, console: [u8; 4], cut: usize) -> Vec<u8> {
    let mut reply = vec![tag, status, 0, 0];
    reply.extend(console);
    reply.truncate(cut);
    packet::plain(kind, &reply)
}

fn set_privilege(data: &[u8], max: u8, level: &mut u8) -> (u8, Vec<u8>) {
    match data.first().copied() {
        Some(0) => (0, vec![*level]),
        Some(wanted) if wanted <= max => {
            *level = wanted;
            (0, vec![wanted])
        }
        Some(_) => (0x81, vec![]),
        None => (0xc7, vec![]),
    }
}

async fn carry_out(bmc: &Bmc, command: Command, data: &[u8]) -> (u8, Vec<u8>) {
    match command {
        packet::GET_CHASSIS_STATUS => {
            bmc.noted().looks += 1;
            let mut slow = false;
            bmc.behave(|b| {
                slow = b.looks_before_off > 0;
                b.looks_before_off = b.looks_before_off.saturating_sub(1);
            });
            match bmc.is_on().await.map(|on| on || slow) {
                Some(on) => (0, vec![u8::from(on) | 0x40, 0, 0]),
                None => (0xff, vec![]),
            }
        }
        packet::CHASSIS_CONTROL => {
            let code = control(bmc, data.first().copied()).await;
            (code, vec![])
        }
        packet::GET_DEVICE_ID => (0, vec![0x20, 1, 1, 0, 2, 0x80, 0, 0, 0, 0, 0]),
        packet::CLOSE_SESSION => (0, vec![]),
        _ => (0xc1, vec![]),
    }
}

async fn control(bmc: &Bmc, order: Option<u8>) -> u8 {
    let (mut code, mut stuck) = (None, false);
    bmc.behave(|b| (code, stuck) = (b.control_code, b.stuck));
    let on = match (code, order) {
        (Some(code), _) => return code,
        (None, Some(0)) => false,
        (None, Some(1)) => true,
        // Cycle, reset, soft: this BMC is for fencing.
        (None, Some(_) | None) => return 0xcc,
    };
    bmc.noted().controls.extend(order);
    match if stuck { Some(()) } else { bmc.switch(on).await } {
        Some(()) => 0,
        None => 0xff,
    }
}
