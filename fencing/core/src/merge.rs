//! The requests that stand for one target: equal ones are one, and each proof settles those whose
//! life it ends.

use std::time::Duration;

use rota_ids::{BootId, Incarnation, NodeName, Text};

use crate::history::{HistoryEntry, Outcome};
use crate::request::{Request, RequestDelay, Wish};

/// All requests for one target.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    standing: Vec<Standing>,
    /// The request settled last, so that the history of the "on" still names its author.
    settled: Option<Request>,
    /// Somebody wanted "off", so nobody switches it on again.
    stay_off: bool,
    newest: u64,
}

#[derive(Debug)]
struct Standing {
    number: u64,
    request: Request,
}

impl Requests {
    /// Adds a request; `false` when the same one already stands.
    pub fn join(&mut self, request: Request) -> bool {
        let same = |r: &Request| {
            r.wish == request.wish
                && r.incarnation == request.incarnation
                && r.requested_by == request.requested_by
        };
        if self.iter().any(same) {
            return false;
        }
        self.stay_off |= request.wish == Wish::Off;
        self.newest += 1;
        self.standing.push(Standing { number: self.newest, request });
        true
    }

    /// How many requests were made so far; the number of the newest.
    pub fn newest(&self) -> u64 {
        self.newest
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Request> {
        self.standing.iter().map(|s| &s.request)
    }

    pub fn is_empty(&self) -> bool {
        self.standing.is_empty()
    }

    pub fn clear(&mut self) {
        self.standing.clear();
    }

    pub fn off_wanted(&self) -> bool {
        self.iter().any(|r| r.wish.needs_off())
    }

    pub fn on_wanted(&self) -> bool {
        self.iter().any(|r| r.wish == Wish::On)
    }

    pub fn stay_off(&self) -> bool {
        self.stay_off
    }

    /// The boots asked about when request `seen` was the newest.
    ///
    /// "Off" seen by an attempt that began then has ended them; a boot asked about afterwards may
    /// have begun since.
    pub fn boots_until(&self, seen: u64) -> Vec<Option<BootId>> {
        self.standing
            .iter()
            .filter(|s| s.number <= seen && s.request.wish.needs_off())
            .map(|s| s.request.incarnation.map(|i| i.boot))
            .collect()
    }

    /// Takes out the requests that need "off" and whose life has ended, grouped by life.
    pub fn settle(
        &mut self,
        ends: impl Fn(Option<Incarnation>) -> bool,
    ) -> Vec<(Option<Incarnation>, Vec<Request>)> {
        let mut lives: Vec<(Option<Incarnation>, Vec<Request>)> = Vec::new();
        let mut remaining = Vec::new();
        for standing in self.standing.drain(..) {
            let life = standing.request.incarnation;
            if !(standing.request.wish.needs_off() && ends(life)) {
                remaining.push(standing);
                continue;
            }
            self.settled = Some(standing.request.clone());
            match lives.iter_mut().find(|(known, _)| *known == life) {
                Some((_, group)) => group.push(standing.request),
                None => lives.push((life, vec![standing.request])),
            }
        }
        self.standing = remaining;
        lives
    }

    /// The requests' own delay; `None` when one of them wants no delay at all.
    pub fn delay(&self) -> Option<Duration> {
        let mut shortest: Option<Duration> = None;
        for request in self.iter() {
            match request.delay {
                RequestDelay::Skip => return None,
                RequestDelay::Add(delay) => {
                    shortest = Some(shortest.map_or(delay, |s| s.min(delay)));
                }
            }
        }
        Some(shortest.unwrap_or_default())
    }

    /// An entry of the history about what stands, or else about what was settled last.
    pub fn entry(&self, target: &NodeName, outcome: Outcome, took: Duration) -> HistoryEntry {
        let mut about: Vec<&Request> = self.iter().collect();
        if about.is_empty() {
            about.extend(&self.settled);
        }
        entry(&about, target, outcome, took)
    }
}

/// An entry of the history about these requests.
pub(crate) fn entry(
    about: &[&Request],
    target: &NodeName,
    outcome: Outcome,
    took: Duration,
) -> HistoryEntry {
    let last = about.last();
    HistoryEntry {
        target: target.clone(),
        incarnation: last.and_then(|r| r.incarnation),
        wish: last.map_or(Wish::Off, |r| r.wish),
        requested_by: joined(about.iter().map(|r| &r.requested_by)),
        why: joined(about.iter().map(|r| &r.why)),
        outcome,
        took,
    }
}

fn joined<'a>(texts: impl Iterator<Item = &'a Text>) -> Text {
    let mut seen: Vec<&str> = Vec::new();
    for text in texts {
        if !seen.contains(&text.as_str()) {
            seen.push(text);
        }
    }
    seen.join(", ").into()
}
