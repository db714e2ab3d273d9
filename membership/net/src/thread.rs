//! The heartbeat thread: datagram or timer, one step, effects.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;
use nix::time::{ClockId, clock_gettime};
use rota_ids::{LinkId, Moment, NodeId};
use rota_membership::{Effect, Heartbeat, Input, Membership, Report};

use crate::address::PeerAddresses;
use crate::bytes;
use crate::counters::Counters;
use crate::handle::{Command, Config, NetStatus};
use crate::limits::{BATCH_MAX, DATAGRAM_MAX, FLOOD, FLOOD_REST};
use crate::seal::{Keys, Opener, Sealer};

/// Everything the thread owns.
pub(crate) struct Beater {
    membership: Membership,
    sealer: Sealer,
    opener: Opener,
    sockets: Vec<UdpSocket>,
    peers: BTreeMap<NodeId, PeerAddresses>,
    inbox: Receiver<Command>,
    bell: UnixStream,
    progress: Arc<AtomicU64>,
    report: Box<dyn Fn(Report) + Send>,
    counters: Counters,
    origin: Instant,
    wake_at: Option<Moment>,
    todo: Vec<Effect>,
    outgoing: Vec<u8>,
}

/// Whether the loop goes on.
enum Next {
    Continue,
    Stop,
}

impl Beater {
    pub(crate) fn new(
        config: Config,
        sockets: Vec<UdpSocket>,
        salt: [u8; 12],
        inbox: Receiver<Command>,
        bell: UnixStream,
        progress: Arc<AtomicU64>,
        report: Box<dyn Fn(Report) + Send>,
    ) -> Self {
        let Config { me, incarnation, keys, .. } = &config;
        let mut beater = Self {
            membership: Membership::new(*me, *incarnation, config.options),
            sealer: Sealer::new(*me, *incarnation, salt, keys),
            opener: Opener::new(*me, keys),
            sockets,
            peers: BTreeMap::new(),
            inbox,
            bell,
            progress,
            report,
            counters: Counters::default(),
            origin: Instant::now(),
            wake_at: None,
            todo: Vec::new(),
            outgoing: Vec::with_capacity(DATAGRAM_MAX),
        };
        beater.configure(config.peers);
        beater
    }

    /// Runs until it is told to stop or nobody can tell it any more.
    pub(crate) fn run(mut self) {
        loop {
            let ready = self.wait();
            if ready.bell && matches!(self.obey(), Next::Stop) {
                return;
            }
            let rejected_before = self.counters.rejected();
            // First listen, then judge: what has arrived speaks against silence.
            for (link, _) in (0u8..).zip(&ready.sockets).filter(|(_, ready)| **ready) {
                self.receive(LinkId(link));
            }
            self.wake_if_due();
            if self.counters.rejected() - rejected_before >= FLOOD {
                std::thread::sleep(FLOOD_REST);
            }
        }
    }

    fn now(&self) -> Moment {
        Moment::since_origin(self.origin.elapsed())
    }

    fn wait(&self) -> Ready {
        let timeout = self.wake_at.map(|at| TimeSpec::from(at.since(self.now())));
        let mut fds: Vec<PollFd<'_>> = vec![PollFd::new(self.bell.as_fd(), PollFlags::POLLIN)];
        fds.extend(self.sockets.iter().map(|s| PollFd::new(s.as_fd(), PollFlags::POLLIN)));
        // Interrupted or not: what is ready is found by looking.
        let _count = ppoll(&mut fds, timeout, None);
        let mut ready = fds.iter().map(|fd| fd.any().unwrap_or(false));
        Ready { bell: ready.next().unwrap_or(false), sockets: ready.collect() }
    }

    fn obey(&mut self) -> Next {
        let mut bytes = [0; 64];
        while matches!((&self.bell).read(&mut bytes), Ok(1..)) {}
        loop {
            match self.inbox.try_recv() {
                Ok(Command::Configure(peers)) => self.configure(peers),
                Ok(Command::Rekey(keys)) => self.rekey(&keys),
                Ok(Command::Status(answer)) => {
                    // Who no longer waits needs no answer.
                    let _gone = answer.try_send(self.status());
                }
                Ok(Command::Leave) => self.step(Input::Leave),
                Ok(Command::Stop) | Err(TryRecvError::Disconnected) => return Next::Stop,
                Err(TryRecvError::Empty) => return Next::Continue,
            }
        }
    }

    fn configure(&mut self, peers: Vec<PeerAddresses>) {
        let links = self.sockets.len();
        let known = peers.iter().map(|peer| peer.links(links)).collect();
        self.peers = peers.into_iter().map(|peer| (peer.peer, peer)).collect();
        self.opener.set_peers(self.peers.keys().copied().collect());
        self.step(Input::Configure(known));
    }

    fn rekey(&mut self, keys: &Keys) {
        self.sealer.rekey(keys);
        self.opener.rekey(keys);
    }

    fn status(&self) -> NetStatus {
        let cpu = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID);
        NetStatus {
            table: self.membership.status(self.now()),
            counters: self.counters,
            cpu: cpu.map_or(Duration::ZERO, Duration::from),
        }
    }

    fn receive(&mut self, link: LinkId) {
        let mut datagram = [0; DATAGRAM_MAX + 1];
        for _ in 0..BATCH_MAX {
            let Some(socket) = self.sockets.get(usize::from(link.0)) else { return };
            match socket.recv(&mut datagram) {
                Ok(length) => self.take_in(link, &mut datagram[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => {
                    self.counters.receive_failed += 1;
                    return;
                }
            }
        }
    }

    fn take_in(&mut self, link: LinkId, datagram: &mut [u8]) {
        self.counters.received += 1;
        let opened = self.opener.open(link, datagram);
        let heartbeat = opened
            .and_then(|opened| Ok((opened.from, bytes::read(opened.incarnation, opened.plain)?)));
        match heartbeat {
            Ok((from, heartbeat)) => self.step(Input::Received { from, link, heartbeat }),
            Err(reason) => self.counters.reject(reason),
        }
    }

    fn wake_if_due(&mut self) {
        let now = self.now();
        if self.wake_at.is_some_and(|at| at <= now) {
            self.wake_at = None;
            self.step(Input::Progress(self.progress.load(Ordering::Relaxed)));
            self.step(Input::Woken);
        }
    }

    fn step(&mut self, input: Input) {
        let mut todo = std::mem::take(&mut self.todo);
        self.membership.step(self.now(), input, &mut todo);
        for effect in todo.drain(..) {
            match effect {
                Effect::Send { to, link, heartbeat } => self.send(to, link, &heartbeat),
                Effect::WakeAt(at) => self.wake_at = Some(at),
                Effect::Report(report) => (self.report)(report),
            }
        }
        self.todo = todo;
    }

    fn send(&mut self, to: NodeId, link: LinkId, heartbeat: &Heartbeat) {
        let address = self.peers.get(&to).and_then(|peer| peer.on(link));
        let socket = self.sockets.get(usize::from(link.0));
        let (Some(address), Some(socket)) = (address, socket) else { return };
        let write = |out: &mut Vec<u8>| bytes::write(heartbeat, out);
        let sealed = self.sealer.seal(to, link, &mut self.outgoing, write);
        if sealed && socket.send_to(&self.outgoing, address).is_ok() {
            self.counters.sent += 1;
        } else {
            self.counters.send_failed += 1;
        }
    }
}

/// What poll found.
struct Ready {
    bell: bool,
    sockets: Vec<bool>,
}
