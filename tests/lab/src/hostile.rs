//! Somebody on the wire: records heartbeats, and sends what should never have any effect.

use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, socket};
use rota_ids::{BootId, Incarnation, LinkId, NodeId, StartId};
use rota_membership_net::seal::{Key, Keys, Sealer};

/// Ethernet, IPv4 without options, UDP: what stands before the payload.
const HEADERS: usize = 14 + 20 + 8;
const UDP: u8 = 17;
/// Heartbeats that are kept for replays.
const RECORDED_MAX: usize = 1_000;

/// Sends so many hostile datagrams to each target, evenly spread over the time: in turn random
/// bytes, a replay, a truncated one, one with a bit turned, one sealed with a wrong key. Gives
/// the number sent to each.
///
/// # Errors
/// No packet socket (it needs root), or nothing to record.
pub fn attack(targets: &[SocketAddr], count: u32, time: Duration, seed: u64) -> Result<u32> {
    let wire = Wire::listen(targets.first().context("no target")?.port())?;
    let attacker = UdpSocket::bind("0.0.0.0:0")?;
    let mut dice = Dice(seed);
    let keys = Keys { current: Key::new([8; 32]), older: Vec::new() };
    let life = Incarnation { boot: BootId(seed), start: StartId(1) };
    let mut wrong = Sealer::new(NodeId(2), life, [9; 12], &keys);
    let mut recorded: Vec<Vec<u8>> = Vec::new();
    let begun = Instant::now();
    while recorded.is_empty() && begun.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(20));
        wire.record(&mut recorded, &mut dice);
    }
    if recorded.is_empty() {
        anyhow::bail!("no heartbeat was heard to replay");
    }
    for n in 0..count {
        wire.record(&mut recorded, &mut dice);
        for target in targets {
            let copy = &recorded[dice.below(recorded.len())];
            // A target that is switched off answers with an error to the next datagram.
            let _ = attacker.send_to(&hostile(n, copy, &mut dice, &mut wrong), target);
        }
        let due = begun + time * (n + 1) / count;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    Ok(count)
}

fn hostile(n: u32, copy: &[u8], dice: &mut Dice, wrong: &mut Sealer) -> Vec<u8> {
    match n % 5 {
        0 => (0..dice.below(1400)).map(|_| dice.next().to_le_bytes()[0]).collect(),
        1 => copy.to_vec(),
        2 => copy[..dice.below(copy.len())].to_vec(),
        3 => {
            let mut flipped = copy.to_vec();
            let bit = dice.below(flipped.len() * 8);
            flipped[bit / 8] ^= 1 << (bit % 8);
            flipped
        }
        _ => {
            let (to, link) = (NodeId(1 + n / 5 % 3), LinkId(u8::from(n.is_multiple_of(2))));
            let mut out = Vec::new();
            wrong.seal(to, link, &mut out, |out| out.extend(&copy[copy.len().min(60)..]));
            out
        }
    }
}

/// All packets of this network namespace.
struct Wire {
    socket: OwnedFd,
    port: u16,
}

impl Wire {
    fn listen(port: u16) -> Result<Self> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let socket = socket(AddressFamily::Packet, SockType::Raw, flags, SockProtocol::EthAll)?;
        Ok(Self { socket, port })
    }

    /// Keeps what heartbeats have passed by since the last call.
    fn record(&self, recorded: &mut Vec<Vec<u8>>, dice: &mut Dice) {
        let mut packet = [0; 2048];
        loop {
            let length = match recv(self.socket.as_raw_fd(), &mut packet, MsgFlags::empty()) {
                Ok(length) => length,
                Err(Errno::EINTR) => continue,
                Err(_) => return,
            };
            let packet = &packet[..length];
            let is_udp = length > HEADERS && packet[12..15] == [8, 0, 0x45] && packet[23] == UDP;
            if !is_udp || packet[36..38] != self.port.to_be_bytes() {
                continue;
            }
            let payload = packet[HEADERS..].to_vec();
            if recorded.len() < RECORDED_MAX {
                recorded.push(payload);
            } else {
                let place = dice.below(RECORDED_MAX);
                recorded[place] = payload;
            }
        }
    }
}

/// A small generator, so that a failure repeats.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next()).unwrap_or_default() % bound.max(1)
    }
}
