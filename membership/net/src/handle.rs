//! Starting the heartbeat thread, and what the main loop can ask of it.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender, SyncSender};
use std::thread::JoinHandle;
use std::time::Duration;

use rota_ids::{Incarnation, NodeId};
use rota_membership::{LINKS_MAX, NODES_MAX, Options, Report, Status};

use crate::address::PeerAddresses;
use crate::counters::Counters;
use crate::limits::{ANSWER_MAX, STACK};
use crate::privileges::{Grant, Privileges};
use crate::seal::Keys;
use crate::thread::Beater;
use crate::udp;

/// Everything the thread needs.
#[derive(Clone, Debug)]
pub struct Config {
    /// Ourselves.
    pub me: NodeId,
    /// Our present life.
    pub incarnation: Incarnation,
    /// Our own address and port on link 0, 1 and so on; one to eight.
    pub links: Vec<SocketAddr>,
    /// The others.
    pub peers: Vec<PeerAddresses>,
    /// The cluster's link keys.
    pub keys: Keys,
    /// The times of the protocol.
    pub options: Options,
    /// Ask for real-time priority.
    pub realtime: bool,
    /// Ask that the memory of the whole process stays in RAM, page by page once used.
    pub lock_memory: bool,
}

/// Why the thread did not start. No socket stays bound.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No link, or more than eight.
    #[error("{0} links are configured, not 1 to 8")]
    Links(usize),
    /// More peers than a cluster may have.
    #[error("{0} peers are configured, at most 63 are possible")]
    Peers(usize),
    /// A socket could not be bound.
    #[error("address {address} of link {link} cannot be bound")]
    Bind {
        /// Counted from 0.
        link: usize,
        /// Our address on it.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The system gave no random numbers, so nothing can be sealed.
    #[error("no random numbers: {0}")]
    Random(getrandom::Error),
    /// The thread could not be made.
    #[error("the heartbeat thread could not be started")]
    Thread(#[source] io::Error),
    /// The thread is gone.
    #[error("the heartbeat thread does not answer")]
    Gone,
}

/// What is asked of the thread.
pub(crate) enum Command {
    Configure(Vec<PeerAddresses>),
    Rekey(Keys),
    Status(SyncSender<NetStatus>),
    Leave,
    Stop,
}

/// The thread's answer to [`Handle::status`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetStatus {
    /// Peers and links.
    pub table: Status,
    /// Datagrams in and out.
    pub counters: Counters,
    /// CPU time that the thread has used.
    pub cpu: Duration,
}

/// The running thread. Dropping it stops the thread, without goodbyes.
pub struct Handle {
    progress: Arc<AtomicU64>,
    commands: Sender<Command>,
    bell: UnixStream,
    privileges: Privileges,
    thread: Option<JoinHandle<()>>,
}

/// Binds the sockets and starts the thread.
///
/// `report` is called on the heartbeat thread: it must hand the report over and return at once.
/// When the privileges are refused, that is logged once as a warning.
pub fn start(config: Config, report: Box<dyn Fn(Report) + Send>) -> Result<Handle, Error> {
    if !(1..=LINKS_MAX).contains(&config.links.len()) {
        return Err(Error::Links(config.links.len()));
    }
    check_peers(&config.peers)?;
    let mut sockets = Vec::new();
    for (link, &address) in config.links.iter().enumerate() {
        let bound = udp::bind(address);
        sockets.push(bound.map_err(|source| Error::Bind { link, address, source })?);
    }
    let mut salt = [0; 12];
    getrandom::fill(&mut salt).map_err(Error::Random)?;
    let (bell, listener) = bell().map_err(Error::Thread)?;
    let (commands, inbox) = mpsc::channel();
    let progress = Arc::new(AtomicU64::new(0));
    let (granted, privileges) = mpsc::sync_channel(1);
    let counter = progress.clone();
    let builder = std::thread::Builder::new().name("rota-heartbeat".into()).stack_size(STACK);
    let thread = builder.spawn(move || {
        // Before the first heartbeat: locking what is in use may take a while.
        let _gone = granted.send(crate::privileges::ask(config.realtime, config.lock_memory));
        Beater::new(config, sockets, salt, inbox, listener, counter, report).run();
    });
    let thread = Some(thread.map_err(Error::Thread)?);
    let privileges = privileges.recv().map_err(|_| Error::Gone)?;
    warn_of_refusals(&privileges);
    Ok(Handle { progress, commands, bell, privileges, thread })
}

fn check_peers(peers: &[PeerAddresses]) -> Result<(), Error> {
    if peers.len() >= NODES_MAX { Err(Error::Peers(peers.len())) } else { Ok(()) }
}

/// A byte on the first end wakes the thread out of its poll on the second.
fn bell() -> io::Result<(UnixStream, UnixStream)> {
    let (ours, theirs) = UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    theirs.set_nonblocking(true)?;
    Ok((ours, theirs))
}

fn warn_of_refusals(privileges: &Privileges) {
    if let Grant::Refused(reason) = &privileges.realtime {
        tracing::warn!(%reason, "heartbeats run without real-time priority");
    }
    if let Grant::Refused(reason) = &privileges.locked_memory {
        tracing::warn!(%reason, "heartbeats run without locked memory");
    }
}

impl Handle {
    /// The main loop has made a round. To be called at least once a second; it costs one atomic
    /// addition. From the first call on, peers count a standstill as death.
    pub fn progress(&self) {
        self.progress.fetch_add(1, Ordering::Relaxed);
    }

    /// What the thread asked for and got.
    pub const fn privileges(&self) -> &Privileges {
        &self.privileges
    }

    /// Whether the thread runs. A main loop whose heartbeat thread has died should end: its peers
    /// hold it for dead.
    pub fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// These are the peers from now on; what is known of those that stay is kept.
    pub fn configure(&self, peers: Vec<PeerAddresses>) -> Result<(), Error> {
        check_peers(&peers)?;
        self.send(Command::Configure(peers))
    }

    /// Seals with the new current key from now on. For a rotation first give every node the new
    /// key among the older ones, then make it current, then drop the old one.
    pub fn rekey(&self, keys: Keys) -> Result<(), Error> {
        self.send(Command::Rekey(keys))
    }

    /// The table of links and the counters. It waits for the thread, usually for microseconds.
    pub fn status(&self) -> Result<NetStatus, Error> {
        let (answer, answered) = mpsc::sync_channel(1);
        self.send(Command::Status(answer))?;
        answered.recv_timeout(ANSWER_MAX).map_err(|_| Error::Gone)
    }

    /// Says goodbye on all links; [`Report::Departed`] comes when it is said, after some 120 ms.
    /// Keep the handle until then: a thread that is stopped says nothing more.
    pub fn leave(&self) -> Result<(), Error> {
        self.send(Command::Leave)
    }

    /// Ends the thread and waits for its end. Peers that got no goodbye will find us lost.
    pub fn stop(mut self) {
        self.end();
    }

    fn send(&self, command: Command) -> Result<(), Error> {
        self.commands.send(command).map_err(|_| Error::Gone)?;
        // A full pipe of bytes wakes just as well as one more byte.
        let _rung = (&self.bell).write(&[1]);
        Ok(())
    }

    fn end(&mut self) {
        let _gone = self.send(Command::Stop);
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.end();
    }
}
