//! Several networks to one peer: what is known of each, and which one to use.

use std::collections::BTreeMap;
use std::time::Duration;

use rota_ids::{Incarnation, LinkId, Moment};

use crate::limits::SENT_REMEMBERED;
use crate::message::{Echo, Heartbeat};
use crate::options::Options;
use crate::status::LinkStatus;

/// How one link to one peer is doing, both directions together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkState {
    /// Nothing was ever proven on it.
    Untried,
    /// Heartbeats go both ways.
    Heard,
    /// Silent for half the detection time.
    Late,
    /// Silent for the detection time, or open in one direction only.
    Lost,
}

/// One link to one peer.
pub(crate) struct Link {
    pulse: Pulse,
    last_seq: u64,
    sent_at: [Moment; SENT_REMEMBERED],
    prompted_at: Option<Moment>,
    believed: Option<Got>,
    candidate: Option<Got>,
    loss: Loss,
    loss_there: u16,
    round_trip: Option<Duration>,
}

/// Whether two-way heartbeats arrive.
enum Pulse {
    Untried,
    /// `counted_from` is `at`, moved by pauses of our own.
    Heard {
        at: Moment,
        counted_from: Moment,
    },
    Lost {
        heard_at: Moment,
    },
}

/// The newest heartbeat of one incarnation on this link.
#[derive(Clone, Copy)]
struct Got {
    incarnation: Incarnation,
    seq: u64,
    at: Moment,
}

impl Link {
    /// A link whose next heartbeat has the number after `last_seq`.
    pub(crate) fn new(last_seq: u64) -> Self {
        Self {
            pulse: Pulse::Untried,
            last_seq,
            sent_at: [Moment::ORIGIN; SENT_REMEMBERED],
            prompted_at: None,
            believed: None,
            candidate: None,
            loss: Loss::default(),
            loss_there: 0,
            round_trip: None,
        }
    }

    /// The number of the last heartbeat that was sent.
    pub(crate) const fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// The sequence number and echoes of the heartbeat that is sent `now`.
    pub(crate) fn send(&mut self, now: Moment) -> (u64, [Option<Echo>; 2]) {
        self.last_seq += 1;
        let slot = slot(self.last_seq);
        self.sent_at[slot] = now;
        let echo = |got: Got| Echo {
            incarnation: got.incarnation,
            seq: got.seq,
            held: now.since(got.at),
            loss_permille: self.loss.permille(),
        };
        (self.last_seq, [self.believed.map(echo), self.candidate.map(echo)])
    }

    /// Whether an answer out of turn is in order: at most one per interval, so that recorded
    /// packets cannot make us chatter.
    pub(crate) fn may_prompt(&mut self, now: Moment, options: &Options) -> bool {
        let allowed = self.prompted_at.is_none_or(|at| now.since(at) >= options.timing().interval);
        if allowed {
            self.prompted_at = Some(now);
        }
        allowed
    }

    /// The echo in `heartbeat` that proves it fresh: of a heartbeat which this life of ours sent
    /// on this link within the detection time.
    pub(crate) fn proof(
        &self,
        now: Moment,
        heartbeat: &Heartbeat,
        ours: Incarnation,
        options: &Options,
    ) -> Option<Echo> {
        let fresh = |echo: &&Echo| {
            echo.incarnation == ours
                && self.sent(echo.seq).is_some_and(|at| now.since(at) < options.timing().silence)
        };
        heartbeat.echoes.iter().flatten().find(fresh).copied()
    }

    fn sent(&self, seq: u64) -> Option<Moment> {
        let remembered = seq > 0
            && seq <= self.last_seq
            && self.last_seq - seq < u64::try_from(SENT_REMEMBERED).unwrap_or(u64::MAX);
        remembered.then(|| self.sent_at[slot(seq)])
    }

    /// Remembers what to echo. `life` is the incarnation of the peer that we believe in.
    pub(crate) fn note(&mut self, now: Moment, heartbeat: &Heartbeat, life: Option<Incarnation>) {
        let believed = life == Some(heartbeat.incarnation);
        let got = if believed { &mut self.believed } else { &mut self.candidate };
        let Heartbeat { incarnation, seq, .. } = *heartbeat;
        let before = got.filter(|got| got.incarnation == incarnation).map(|got| got.seq);
        if before.is_some_and(|before| seq <= before) {
            return;
        }
        *got = Some(Got { incarnation, seq, at: now });
        if believed {
            self.loss.count(before.map_or(0, |before| seq - before - 1));
        }
    }

    /// From now on the peer's life is `incarnation`.
    pub(crate) fn believe(&mut self, incarnation: Incarnation) {
        self.believed = self.candidate.take().filter(|got| got.incarnation == incarnation);
        self.loss = Loss::default();
        self.loss_there = 0;
    }

    /// A proven heartbeat arrived; true when the link was not heard before.
    pub(crate) fn heard(&mut self, now: Moment, echo: Echo) -> bool {
        if let Some(sent_at) = self.sent(echo.seq) {
            let sample = now.since(sent_at).saturating_sub(echo.held);
            // RFC 6298: the smoothed round trip takes an eighth of each sample.
            self.round_trip = Some(self.round_trip.map_or(sample, |old| old * 7 / 8 + sample / 8));
        }
        self.loss_there = echo.loss_permille.min(1000);
        let revived = !matches!(self.pulse, Pulse::Heard { .. });
        self.pulse = Pulse::Heard { at: now, counted_from: now };
        revived
    }

    /// Whether the link has just become lost.
    pub(crate) fn check(&mut self, now: Moment, options: &Options) -> bool {
        match self.pulse {
            Pulse::Heard { at, counted_from }
                if now.since(counted_from) >= options.timing().silence =>
            {
                self.pulse = Pulse::Lost { heard_at: at };
                true
            }
            Pulse::Heard { .. } | Pulse::Untried | Pulse::Lost { .. } => false,
        }
    }

    /// Does not count a pause of our own as the link's silence.
    pub(crate) fn forgive(&mut self, now: Moment, pause: Duration) {
        if let Pulse::Heard { counted_from, .. } = &mut self.pulse {
            *counted_from = (*counted_from + pause).min(now);
        }
    }

    fn state(&self, now: Moment, options: &Options) -> LinkState {
        match self.pulse {
            Pulse::Untried => LinkState::Untried,
            Pulse::Lost { .. } => LinkState::Lost,
            Pulse::Heard { counted_from, .. } if now.since(counted_from) >= options.late() => {
                LinkState::Late
            }
            Pulse::Heard { .. } => LinkState::Heard,
        }
    }

    /// The table line of this link.
    pub(crate) fn status(&self, link: LinkId, now: Moment, options: &Options) -> LinkStatus {
        LinkStatus {
            link,
            state: self.state(now, options),
            round_trip: self.round_trip,
            loss_here_permille: self.loss.permille(),
            loss_there_permille: self.loss_there,
            silent_for: match self.pulse {
                Pulse::Untried => None,
                Pulse::Heard { at, .. } | Pulse::Lost { heard_at: at } => Some(now.since(at)),
            },
        }
    }

    /// Whether heartbeats go both ways, in time, and none is lost.
    pub(crate) fn is_well(&self, now: Moment, options: &Options) -> bool {
        self.badness(now, options) == Some(0)
    }

    /// How bad the link is: thousandths lost in both directions, more when it is late; `None`
    /// when it cannot be used.
    fn badness(&self, now: Moment, options: &Options) -> Option<u32> {
        let lost = u32::from(self.loss.permille()) + u32::from(self.loss_there);
        match self.state(now, options) {
            LinkState::Untried | LinkState::Lost => None,
            LinkState::Late => Some(lost + 1000),
            LinkState::Heard => Some(lost),
        }
    }
}

/// Where the time of sending of `seq` is kept.
fn slot(seq: u64) -> usize {
    usize::try_from(seq % SENT_REMEMBERED as u64).unwrap_or_default()
}

/// The share of missing heartbeats, each counting a thirty-second part: about a second's worth.
#[derive(Default)]
struct Loss {
    millionths: u32,
}

impl Loss {
    const WEIGHT: u32 = 32;
    const ALL: u32 = 1_000_000;

    /// `missed` did not arrive, then one did.
    fn count(&mut self, missed: u64) {
        for _ in 0..missed.min(SENT_REMEMBERED as u64) {
            self.millionths += (Self::ALL - self.millionths) / Self::WEIGHT;
        }
        self.millionths -= self.millionths / Self::WEIGHT;
    }

    fn permille(&self) -> u16 {
        u16::try_from(self.millionths / 1000).unwrap_or(1000)
    }
}

/// The link that is used, and the one that has been better for a while.
#[derive(Default)]
pub(crate) struct Best {
    current: Option<LinkId>,
    challenger: Option<(LinkId, Moment)>,
}

impl Best {
    /// A challenger must lose at least this much less, in thousandths of both directions.
    const MARGIN: u32 = 50;

    pub(crate) const fn current(&self) -> Option<LinkId> {
        self.current
    }

    /// Looks at all links again; true when another one is best now.
    ///
    /// A usable link is left only for one that was clearly better for the steady time; a lost
    /// one at once.
    pub(crate) fn review(
        &mut self,
        now: Moment,
        links: &BTreeMap<LinkId, Link>,
        options: &Options,
    ) -> bool {
        let badness = |link: &Link| link.badness(now, options);
        let usable = links.iter().filter_map(|(&id, link)| badness(link).map(|bad| (bad, id)));
        let best = usable.min();
        let current = self.current.and_then(|id| links.get(&id).and_then(badness));
        let next = match (current, best) {
            (None, best) => best.map(|(_, id)| id),
            (Some(bad), Some((least, id))) if least + Self::MARGIN < bad => {
                self.challenge(now, id, options)
            }
            (Some(_), Some(_) | None) => {
                self.challenger = None;
                self.current
            }
        };
        let changed = next != self.current;
        if changed {
            self.challenger = None;
        }
        self.current = next;
        changed
    }

    fn challenge(&mut self, now: Moment, id: LinkId, options: &Options) -> Option<LinkId> {
        let since = match self.challenger {
            Some((challenger, since)) if challenger == id => since,
            Some(_) | None => now,
        };
        self.challenger = Some((id, since));
        if now.since(since) >= options.timing().steady { Some(id) } else { self.current }
    }
}
