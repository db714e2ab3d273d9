//! A client of the floating address: who answers, and for how long nobody does.

use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sched::{CloneFlags, setns};

use crate::process::wait_until;

/// Pause between two questions.
const STEP: Duration = Duration::from_millis(10);
/// How long one question waits.
const PATIENCE: Duration = Duration::from_millis(100);

/// Asks an address for its host's name all the time, from the client's namespace.
#[derive(Debug)]
pub struct Probe {
    answers: Arc<Mutex<Vec<(Instant, String)>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Probe {
    pub(crate) fn start(namespace: PathBuf, address: SocketAddr) -> Result<Self> {
        let file = std::fs::File::open(&namespace).context("the client's namespace")?;
        let answers = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (write, told) = (Arc::clone(&answers), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            // Only this thread changes sides. Without it no question is ever answered.
            if setns(file, CloneFlags::CLONE_NEWNET).is_err() {
                return;
            }
            while !told.load(Ordering::Relaxed) {
                let asked = Instant::now();
                if let Some(name) = ask(address) {
                    write.lock().unwrap_or_else(PoisonError::into_inner).push((asked, name));
                }
                std::thread::sleep(STEP);
            }
        });
        Ok(Self { answers, stop, thread: Some(thread) })
    }

    /// Waits until the address has answered without a gap for half a second; gives who answers.
    ///
    /// # Errors
    /// It does not within `limit`.
    pub fn steady(&self, limit: Duration) -> Result<String> {
        let quiet = Duration::from_millis(500);
        wait_until("the address answers steadily", limit, || {
            let Some(from) = Instant::now().checked_sub(quiet) else { return Ok(false) };
            let began = self.with(|answers| answers.first().is_some_and(|(at, _)| *at <= from));
            Ok(began && self.outage_since(from) < PATIENCE * 2)
        })?;
        self.holder().context("nobody answers")
    }

    /// Who answered last.
    pub fn holder(&self) -> Option<String> {
        self.with(|answers| answers.last().map(|(_, name)| name.clone()))
    }

    /// The longest time without an answer since `from`, up to now.
    pub fn outage_since(&self, from: Instant) -> Duration {
        let mut last = from;
        let mut worst = Duration::ZERO;
        let now = Instant::now();
        self.with(|answers| {
            let times = answers.iter().map(|(at, _)| *at).filter(|at| *at > from);
            for at in times.chain(std::iter::once(now)) {
                worst = worst.max(at.saturating_duration_since(last));
                last = at;
            }
        });
        worst
    }

    /// Waits until another host than `old` answers; gives its name and the outage since `from`.
    ///
    /// # Errors
    /// Nobody else answers within `limit`.
    pub fn moved(&self, old: &str, from: Instant, limit: Duration) -> Result<(String, Duration)> {
        wait_until("another host answers", limit, || {
            Ok(self.holder().is_some_and(|name| name != old))
        })?;
        Ok((self.holder().context("nobody answers")?, self.outage_since(from)))
    }

    /// Names of all hosts that have answered since `from`, without repetition.
    pub fn seen_since(&self, from: Instant) -> Vec<String> {
        self.with(|answers| {
            let mut names: Vec<String> =
                answers.iter().filter(|(at, _)| *at > from).map(|(_, name)| name.clone()).collect();
            names.sort();
            names.dedup();
            names
        })
    }

    fn with<T>(&self, look: impl FnOnce(&Vec<(Instant, String)>) -> T) -> T {
        look(&self.answers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn ask(address: SocketAddr) -> Option<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let mut name = String::new();
    stream.read_to_string(&mut name).ok()?;
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Probe {
    /// Fails with the names when more than one host answered since `from`.
    ///
    /// # Errors
    /// Others than `only` answered.
    pub fn only(&self, only: &str, from: Instant) -> Result<()> {
        let seen = self.seen_since(from);
        if seen != [only] {
            bail!("answers came from {seen:?}, expected from {only} alone");
        }
        Ok(())
    }
}
