//! Following live what a fault brings about: what the daemons say, and what clients see.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::place::{Host, Place};
use super::{service, show};
use crate::error::Error;

/// Between two questions to the service.
const PROBE_EVERY: Duration = Duration::from_millis(5);

/// A service that takes longer does not answer.
const PROBE_PATIENCE: Duration = Duration::from_millis(150);

/// How long a story may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where nothing is expected to happen we look for so long.
const QUIET: Duration = Duration::from_secs(3);

/// When a story is over.
pub enum Ends {
    /// The host is proven off, and the service answers.
    Fenced(Host),
    /// Some host is.
    FencedAny,
    /// The service was away and answers again.
    Answers,
    /// Nothing should happen.
    Quiet,
}

/// What clients saw.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// The last answer before anything was missing, and from whom.
    good: Option<(Instant, String)>,
    /// Time without an answer that has not ended: since when.
    away_since: Option<Instant>,
    /// The longest time without an answer.
    outage: Duration,
}

impl Seen {
    fn take(&mut self, asked: Instant, answer: Option<String>) {
        match (answer, self.good.as_ref()) {
            (Some(host), _) => {
                let since = self.away_since.take().unwrap_or(asked);
                self.outage = self.outage.max(asked.saturating_duration_since(since));
                self.good = Some((asked, host));
            }
            (None, Some((last, _))) => {
                self.away_since.get_or_insert(*last);
            }
            (None, None) => {}
        }
    }
}

/// A story that is being followed.
pub struct Follow {
    place: Place,
    logs: Logs,
    seen: Arc<Mutex<Seen>>,
    over: Arc<AtomicBool>,
    probe: Option<JoinHandle<()>>,
    first: Option<String>,
}

impl Follow {
    /// Begins to look; from here on times are counted.
    pub fn begin(place: &Place) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let over = Arc::new(AtomicBool::new(false));
        let first = show::holder(place);
        let probe = {
            let (address, seen, over) = (place.service(), Arc::clone(&seen), Arc::clone(&over));
            std::thread::spawn(move || probe(address, &seen, &over))
        };
        // The first answer is the one before the fault.
        let deadline = Instant::now() + PROBE_PATIENCE;
        while first.is_some() && look(&seen).good.is_none() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
        let logs = Logs::from_now(place);
        Self { place: place.clone(), logs, seen, over, probe: Some(probe), first }
    }

    /// Prints what happens until the story is over, and what clients saw of it.
    ///
    /// # Errors
    /// When it is not over in time.
    pub fn until(mut self, ends: &Ends) -> Result<(), Error> {
        let began = Instant::now();
        let mut proven = BTreeSet::new();
        loop {
            for line in self.logs.new_lines() {
                if let Some(host) = Host::ALL
                    .into_iter()
                    .find(|host| line.text.starts_with(&format!("{} is off", host.name())))
                {
                    proven.insert(host);
                }
                line.print();
            }
            let seen = look(&self.seen);
            let answers =
                seen.away_since.is_none() && (seen.good.is_some() || self.first.is_none());
            let over = answers
                && match ends {
                    Ends::Fenced(host) => proven.contains(host) && self.settled(&seen, *host),
                    Ends::FencedAny => !proven.is_empty() && began.elapsed() > QUIET,
                    Ends::Answers => !seen.outage.is_zero(),
                    Ends::Quiet => began.elapsed() > QUIET,
                };
            if over {
                break;
            }
            if began.elapsed() > PATIENCE {
                self.stop();
                return Err(Error::TimedOut(format!(
                    "after {} s it is not over; '{} status' shows how it stands",
                    PATIENCE.as_secs(),
                    super::up::called()
                )));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.stop();
        out!("{}", self.summary());
        Ok(())
    }

    /// A service that was on the lost host answers from another one.
    fn settled(&self, seen: &Seen, lost: Host) -> bool {
        let was_there = self.first.as_deref() == Some(lost.name().as_str());
        let now_there = seen.good.as_ref().is_some_and(|(_, host)| *host == lost.name());
        !(was_there && now_there)
    }

    fn stop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(probe) = self.probe.take() {
            let _ = probe.join();
        }
    }

    fn summary(&self) -> String {
        let seen = look(&self.seen);
        let now = seen.good.map_or_else(|| "nobody".to_owned(), |(_, host)| host);
        let address = self.place.service();
        // Two questions are up to one patience apart on a busy machine.
        if seen.outage < PROBE_EVERY * 4 {
            return format!("http://{address} was answered all the time, now by {now}.");
        }
        format!(
            "http://{address} was away for {:.2} s; now {now} answers.",
            seen.outage.as_secs_f64()
        )
    }
}

fn look(seen: &Mutex<Seen>) -> Seen {
    seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn probe(address: std::net::SocketAddr, seen: &Mutex<Seen>, over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        let asked = Instant::now();
        let answer = service::ask(address, PROBE_PATIENCE)
            .and_then(|said| said.split_whitespace().next().map(str::to_owned));
        seen.lock().unwrap_or_else(PoisonError::into_inner).take(asked, answer);
        std::thread::sleep(PROBE_EVERY.saturating_sub(asked.elapsed()));
    }
}

/// Prints the status again and again, and what happens in between, until interrupted.
///
/// # Errors
/// When the sandbox is gone.
pub fn watch(place: &Place) -> Result<(), Error> {
    const EVERY: Duration = Duration::from_secs(1);
    const LINES: usize = 15;
    let mut logs = Logs::from_now(place);
    let mut recent: Vec<String> = Vec::new();
    loop {
        recent.extend(logs.new_lines().into_iter().map(|line| line.clock()));
        recent.drain(..recent.len().saturating_sub(LINES));
        let text = show::text(place)?;
        // Home, then each line to its end, then what is left below.
        let lines: Vec<&str> = text.lines().chain([""]).collect();
        let screen = (lines.join("\x1b[K\n"), recent.join("\x1b[K\n"));
        let drawn = writeln!(std::io::stdout(), "\x1b[H{}\x1b[K\n{}\x1b[J", screen.0, screen.1);
        if drawn.is_err() {
            return Ok(());
        }
        std::thread::sleep(EVERY);
    }
}

/// The daemons' logs, from some point on.
struct Logs {
    began: Duration,
    files: Vec<(Host, std::path::PathBuf, u64, String)>,
    told: BTreeSet<String>,
}

/// One thing that a daemon said.
struct Line {
    host: Host,
    /// Since the story began.
    after: f64,
    text: String,
    /// The time of day as the daemon wrote it.
    at: String,
}

impl Line {
    fn print(&self) {
        out!("  {:>+7.3} s  {}  {}", self.after, self.host.name(), self.text);
    }

    fn clock(&self) -> String {
        format!("{}  {}  {}", self.at, self.host.name(), self.text)
    }
}

impl Logs {
    fn from_now(place: &Place) -> Self {
        let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let files = Host::ALL
            .into_iter()
            .map(|host| {
                let path = place.log(host);
                let length = std::fs::metadata(&path).map_or(0, |found| found.len());
                (host, path, length, String::new())
            })
            .collect();
        Self { began, files, told: BTreeSet::new() }
    }

    /// What was said since the last look and is part of the story; what several say alike is
    /// told once.
    fn new_lines(&mut self) -> Vec<Line> {
        let began = self.began;
        let mut found = Vec::new();
        for (host, path, offset, rest) in &mut self.files {
            let Ok(mut file) = File::open(&*path) else { continue };
            let mut bytes = Vec::new();
            if file.seek(SeekFrom::Start(*offset)).is_err() || file.read_to_end(&mut bytes).is_err()
            {
                continue;
            }
            *offset += bytes.len() as u64;
            rest.push_str(&String::from_utf8_lossy(&bytes));
            while let Some((line, left)) = rest.split_once('\n') {
                found.extend(parse(*host, line, began));
                *rest = left.to_owned();
            }
        }
        found.retain(|line| self.told.insert(line.text.clone()));
        found.sort_by(|a, b| a.after.total_cmp(&b.after));
        found
    }
}

/// Takes a line apart: `2026-11-22T08:00:00.123456Z  INFO rotad::effects: text`.
fn parse(host: Host, line: &str, began: Duration) -> Option<Line> {
    const DAY: f64 = 86_400.0;
    let mut words = line.splitn(2, ' ');
    let stamp = words.next()?.strip_suffix('Z')?;
    let (_level, rest) = words.next()?.trim_start().split_once(' ')?;
    let (origin, text) = rest.trim_start().split_once(": ")?;
    let (_, clock) = stamp.split_once('T')?;
    if !is_part_of_the_story(origin, text) {
        return None;
    }
    let mut parts = clock.split(':').map(str::parse::<f64>);
    let (h, m, s) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let began_today = began.as_secs_f64() % DAY;
    // Over midnight the clock begins anew.
    let after = (h * 3600.0 + m * 60.0 + s - began_today + DAY / 2.0).rem_euclid(DAY) - DAY / 2.0;
    let at = clock.split('.').next().unwrap_or(clock).to_owned();
    Some(Line { host, after, text: text.to_owned(), at })
}

/// What links and orders do in detail is for the log; the story is shorter.
fn is_part_of_the_story(origin: &str, text: &str) -> bool {
    let told_by = ["rotad::effects", "rotad::devices", "rotad::supervise", "rotad::start"];
    let details = ["link ", "heard ", " is to do ", "_monitor_", "was not scheduled"];
    told_by.contains(&origin) && !details.iter().any(|part| text.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_lasts_from_the_last_answer_to_the_next() {
        let begin = Instant::now();
        let at = |ms| begin + Duration::from_millis(ms);
        let mut seen = Seen::default();
        seen.take(at(0), Some("n1".into()));
        seen.take(at(5), None);
        seen.take(at(150), None);
        assert!(seen.away_since.is_some());
        seen.take(at(400), Some("n2".into()));
        assert_eq!(seen.outage, Duration::from_millis(400));
        assert_eq!(seen.good.unwrap().1, "n2");
    }

    #[test]
    fn log_lines_count_from_the_beginning_of_the_story() {
        let began = Duration::from_secs(20_000 * 86_400 + 8 * 3600);
        let line = "2026-11-22T08:00:00.250000Z  WARN rotad::effects: n1 is off: proven";
        let line = parse(Host(2), line, began).unwrap();
        assert!((line.after - 0.25).abs() < 1e-6);
        assert_eq!(line.text, "n1 is off: proven");
        let over_midnight = Duration::from_secs(20_000 * 86_400 - 1);
        let line = "2026-11-22T00:00:00.500000Z  INFO rotad::effects: quorum is back";
        assert!((parse(Host(2), line, over_midnight).unwrap().after - 1.5).abs() < 1e-6);
        assert!(parse(Host(2), "not a line of ours", began).is_none());
    }
}
