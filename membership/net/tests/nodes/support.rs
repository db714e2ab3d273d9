//! Nodes on loopback, as real as they get in one process.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use rota_ids::{BootId, Incarnation, NodeId, StartId};
use rota_membership::{Options, Report, Timing};
use rota_membership_net::{Config, Handle, Key, Keys, PeerAddresses, start};

/// No test waits longer; only a failing one waits as long.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A running node and what it reported.
pub struct Node {
    pub handle: Handle,
    pub reports: Receiver<Report>,
}

pub fn life(boot: u64, start: u32) -> Incarnation {
    Incarnation { boot: BootId(boot), start: StartId(start) }
}

pub fn key(byte: u8) -> Keys {
    Keys { current: Key::new([byte; 32]), older: Vec::new() }
}

/// The address of `node` on `link`: each test has a loopback network and each process a port.
pub fn address(test: u8, link: u8, node: u32) -> SocketAddr {
    let port = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    let host = u8::try_from(node).unwrap();
    (Ipv4Addr::new(127, 100 + test, link, host), port).into()
}

pub fn peers_of(test: u8, links: u8, me: u32, nodes: u32) -> Vec<PeerAddresses> {
    let on_links = |peer| (0..links).map(|link| Some(address(test, link, peer))).collect();
    let others = (1..=nodes).filter(|&peer| peer != me);
    others.map(|peer| PeerAddresses { peer: NodeId(peer), addresses: on_links(peer) }).collect()
}

/// Node `me` of `nodes` on two links.
pub fn config(test: u8, me: u32, nodes: u32) -> Config {
    Config {
        me: NodeId(me),
        incarnation: life(u64::from(me), 1),
        links: (0..2).map(|link| address(test, link, me)).collect(),
        peers: peers_of(test, 2, me, nodes),
        keys: key(7),
        options: Options::new(Timing { stall: Duration::from_millis(1500), ..Timing::default() })
            .unwrap(),
        realtime: true,
        lock_memory: false,
    }
}

pub fn run(config: Config) -> Node {
    let (tell, reports) = mpsc::channel();
    let report = move |report| {
        let _test_over = tell.send(report);
    };
    Node { handle: start(config, Box::new(report)).unwrap(), reports }
}

impl Node {
    /// The first report from now on that `wanted` picks; what comes before it is returned too.
    pub fn wait_for<T>(
        &self,
        what: &str,
        wanted: impl Fn(&Report) -> Option<T>,
    ) -> (T, Vec<Report>) {
        let deadline = Instant::now() + PATIENCE;
        let mut before = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(report) = self.reports.recv_timeout(left) else {
                panic!("no {what}; reported were {before:#?}");
            };
            if let Some(found) = wanted(&report) {
                return (found, before);
            }
            before.push(report);
        }
    }

    pub fn wait_until_heard(&self, peer: u32) -> Incarnation {
        self.wait_for(&format!("PeerHeard of {peer}"), |report| match report {
            Report::PeerHeard { peer: who, incarnation, .. } if who.0 == peer => Some(*incarnation),
            _ => None,
        })
        .0
    }

    /// Everything reported so far that is not about our own lateness or a link's quality.
    pub fn alarms(&self) -> Vec<Report> {
        let quiet = |report: &Report| {
            !matches!(
                report,
                Report::Overslept { .. }
                    | Report::BestLinkChanged { .. }
                    | Report::LinkChanged { .. }
            )
        };
        self.reports.try_iter().filter(quiet).collect()
    }
}

/// Three nodes that all hear each other, with nothing left to be read from their reports.
pub fn three(test: u8) -> Vec<Node> {
    let nodes: Vec<Node> = (1..=3).map(|me| run(config(test, me, 3))).collect();
    for node in &nodes {
        node.wait_for("full hearing", |report| match report {
            Report::HearingChanged(hearing) => {
                let full = hearing.rows.len() == 3
                    && hearing.rows.values().all(|row| row.hears.len() == 2);
                full.then_some(())
            }
            _ => None,
        });
    }
    nodes
}

/// Forwards datagrams from its own address to `to` and keeps a copy of each.
pub struct Relay {
    socket: UdpSocket,
    to: SocketAddr,
    pub recorded: Vec<Vec<u8>>,
}

impl Relay {
    pub fn new(at: SocketAddr, to: SocketAddr) -> Self {
        let socket = UdpSocket::bind(at).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
        Self { socket, to, recorded: Vec::new() }
    }

    /// Forwards until `count` datagrams are recorded.
    pub fn record(&mut self, count: usize) {
        let deadline = Instant::now() + PATIENCE;
        let mut bytes = [0; 2000];
        while self.recorded.len() < count && Instant::now() < deadline {
            if let Ok(length) = self.socket.recv(&mut bytes) {
                self.socket.send_to(&bytes[..length], self.to).unwrap();
                self.recorded.push(bytes[..length].to_vec());
            }
        }
        assert!(self.recorded.len() >= count, "recorded only {}", self.recorded.len());
    }
}
