//! One peer: heard, lost, left, and when it may come back.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use rota_ids::{BootId, Incarnation, LinkId, Moment, NodeId};

use crate::events::{Birth, LostReason};
use crate::limits::{
    FLAPPING_WINDOW, LOSSES_FORGIVEN, LOSSES_REMEMBERED, PAUSES_FORGIVEN_MAX, PROBATION_MAX,
    RESTARTS_STEADY, RESTARTS_TOLERATED, RESTARTS_WINDOW, RETIRED_BOOTS_MAX,
};
use crate::links::{Best, Link};
use crate::message::Heartbeat;
use crate::options::Options;
use crate::status::{PeerStatus, Standing};

/// One configured peer.
pub(crate) struct Peer {
    pub(crate) links: BTreeMap<LinkId, Link>,
    pub(crate) best: Best,
    life: Life,
    retired: VecDeque<BootId>,
    pauses_forgiven: u32,
    /// When it was lost, whichever life of it: the latest times.
    losses: VecDeque<Moment>,
    /// When its daemon was restarted within one boot: the latest times.
    restarts: VecDeque<Moment>,
}

/// What we hold the peer for.
enum Life {
    Unheard {
        since: Moment,
        told: bool,
    },
    Heard(Vitals),
    /// `steady_from` is when its heartbeats began again to come without a long gap; `birth` is what
    /// its return will be.
    Lost {
        vitals: Vitals,
        reason: LostReason,
        birth: Birth,
        steady_from: Moment,
    },
    Left(Incarnation),
}

/// What the proven heartbeats of one incarnation told.
#[derive(Clone)]
struct Vitals {
    incarnation: Incarnation,
    /// Since when the peer counts as heard.
    counts_since: Moment,
    heard_at: Moment,
    /// `heard_at`, moved by pauses of our own.
    counted_from: Moment,
    progress: u64,
    progressed_at: Moment,
    hears_version: u64,
    hears: Arc<[(NodeId, Incarnation)]>,
    wary: Arc<[(NodeId, Incarnation)]>,
}

/// Whom a peer says that it hears, and whom it hears well and does not count yet.
pub(crate) type Heard<'a> = (&'a [(NodeId, Incarnation)], &'a [(NodeId, Incarnation)]);

/// What a heartbeat or the passing of time made of a peer.
pub(crate) enum Turn {
    Heard(Incarnation, Birth),
    Left(Incarnation),
    Lost(Incarnation, Duration, LostReason),
    Absent,
    /// Whom it hears has changed, nothing else.
    Row,
}

impl Peer {
    pub(crate) fn new(now: Moment) -> Self {
        Self {
            links: BTreeMap::new(),
            best: Best::default(),
            life: Life::Unheard { since: now, told: false },
            retired: VecDeque::new(),
            pauses_forgiven: 0,
            losses: VecDeque::new(),
            restarts: VecDeque::new(),
        }
    }

    /// Which life of the peer we know, whatever became of it.
    pub(crate) const fn incarnation(&self) -> Option<Incarnation> {
        match &self.life {
            Life::Unheard { .. } => None,
            Life::Heard(vitals) | Life::Lost { vitals, .. } => Some(vitals.incarnation),
            Life::Left(incarnation) => Some(*incarnation),
        }
    }

    /// The incarnation and row of a peer that counts as heard.
    pub(crate) fn row(&self) -> Option<(Incarnation, Heard<'_>)> {
        match &self.life {
            Life::Heard(vitals) => Some((vitals.incarnation, (&vitals.hears, &vitals.wary))),
            Life::Unheard { .. } | Life::Lost { .. } | Life::Left(_) => None,
        }
    }

    /// The life that is heard well and would count but for the record of its host.
    pub(crate) fn wary(&self, now: Moment, options: &Options) -> Option<Incarnation> {
        let Life::Lost { vitals, reason, birth, steady_from } = &self.life else { return None };
        // A daemon that keeps dying does nothing: that is no mere wariness.
        let is_for_its_record =
            *reason != LostReason::Restarting && self.recent_losses(now) > LOSSES_FORGIVEN;
        if !is_for_its_record {
            return None;
        }
        let is_well =
            now.since(vitals.counted_from) < options.late() && !vitals.is_stalled(now, options);
        let ordinary = match birth {
            Birth::Returned => reason.probation(0, options),
            Birth::First | Birth::DaemonRestarted | Birth::HostRestarted => Duration::ZERO,
        };
        (is_well && now.since(*steady_from) >= ordinary).then_some(vitals.incarnation)
    }

    /// Whether `incarnation` was followed by another one and can only be a recording.
    pub(crate) fn is_over(&self, incarnation: Incarnation) -> bool {
        let older = self
            .incarnation()
            .is_some_and(|known| known.boot == incarnation.boot && incarnation.start < known.start);
        older || self.retired.contains(&incarnation.boot)
    }

    /// Takes in a proven heartbeat.
    pub(crate) fn hear(
        &mut self,
        now: Moment,
        heartbeat: &Heartbeat,
        options: &Options,
    ) -> Option<Turn> {
        self.pauses_forgiven = 0;
        let losses = self.recent_losses(now);
        if self.incarnation() != Some(heartbeat.incarnation) {
            return self.adopt(now, heartbeat, losses);
        }
        match &mut self.life {
            // Its last words may arrive late; they do not call it back.
            Life::Left(_) | Life::Unheard { .. } => None,
            Life::Heard(_) | Life::Lost { .. } if heartbeat.leaving => {
                self.life = Life::Left(heartbeat.incarnation);
                Some(Turn::Left(heartbeat.incarnation))
            }
            Life::Heard(vitals) => vitals.take(now, heartbeat).then_some(Turn::Row),
            Life::Lost { vitals, reason, birth, steady_from } => {
                let gap = now.since(vitals.counted_from) > options.late();
                vitals.take(now, heartbeat);
                if gap || vitals.is_stalled(now, options) {
                    *steady_from = now;
                }
                if now.since(*steady_from) < reason.probation(losses, options) {
                    return None;
                }
                let (vitals, birth) = (Vitals { counts_since: now, ..vitals.clone() }, *birth);
                Some(self.enter_heard(vitals, birth))
            }
        }
    }

    /// How often it was lost of late.
    fn recent_losses(&self, now: Moment) -> usize {
        self.losses.iter().filter(|at| now.since(**at) < FLAPPING_WINDOW).count()
    }

    /// A life that we did not know has proven itself. It counts at once, unless its host is lost
    /// again and again: each return would end in another fencing.
    fn adopt(&mut self, now: Moment, heartbeat: &Heartbeat, losses: usize) -> Option<Turn> {
        let incarnation = heartbeat.incarnation;
        let birth = match self.incarnation() {
            None => Birth::First,
            Some(known) if known.boot == incarnation.boot => Birth::DaemonRestarted,
            Some(known) => {
                self.retire(known.boot);
                Birth::HostRestarted
            }
        };
        for link in self.links.values_mut() {
            link.believe(incarnation);
        }
        if heartbeat.leaving {
            self.life = Life::Left(incarnation);
            return Some(Turn::Left(incarnation));
        }
        let vitals = Vitals::new(now, heartbeat);
        if birth != Birth::DaemonRestarted {
            self.restarts.clear();
        } else if self.keeps_dying(now) {
            return self.enter_restarting(now, vitals);
        }
        if let Life::Lost { reason, .. } = self.life
            && losses > LOSSES_FORGIVEN
        {
            self.life = Life::Lost { vitals, reason, birth, steady_from: now };
            return None;
        }
        Some(self.enter_heard(vitals, birth))
    }

    /// Notes a restart of the peer's daemon. Whether there were too many of late.
    fn keeps_dying(&mut self, now: Moment) -> bool {
        self.restarts.push_back(now);
        self.restarts.retain(|at| now.since(*at) < RESTARTS_WINDOW);
        self.restarts.len() > RESTARTS_TOLERATED
    }

    fn enter_restarting(&mut self, now: Moment, vitals: Vitals) -> Option<Turn> {
        let (reason, birth) = (LostReason::Restarting, Birth::DaemonRestarted);
        let turn = match &self.life {
            Life::Lost { .. } => None,
            Life::Unheard { .. } | Life::Heard(_) | Life::Left(_) => {
                Some(self.enter_lost(now, vitals.clone(), reason))
            }
        };
        self.life = Life::Lost { vitals, reason, birth, steady_from: now };
        turn
    }

    fn retire(&mut self, boot: BootId) {
        if self.retired.len() == RETIRED_BOOTS_MAX {
            self.retired.pop_front();
        }
        self.retired.push_back(boot);
    }

    fn enter_heard(&mut self, vitals: Vitals, birth: Birth) -> Turn {
        let incarnation = vitals.incarnation;
        self.life = Life::Heard(vitals);
        Turn::Heard(incarnation, birth)
    }

    /// Looks whether time has made a verdict due.
    pub(crate) fn check(&mut self, now: Moment, options: &Options) -> Option<Turn> {
        match &mut self.life {
            Life::Unheard { since, told } => {
                let due = !*told && now.since(*since) >= options.timing().absent;
                *told |= due;
                due.then_some(Turn::Absent)
            }
            Life::Heard(vitals) => {
                let reason = vitals.verdict(now, options)?;
                let vitals = vitals.clone();
                Some(self.enter_lost(now, vitals, reason))
            }
            Life::Lost { .. } | Life::Left(_) => None,
        }
    }

    fn enter_lost(&mut self, now: Moment, vitals: Vitals, reason: LostReason) -> Turn {
        let turn = Turn::Lost(vitals.incarnation, now.since(vitals.heard_at), reason);
        self.life = Life::Lost { vitals, reason, birth: Birth::Returned, steady_from: now };
        if self.losses.len() == LOSSES_REMEMBERED {
            self.losses.pop_front();
        }
        self.losses.push_back(now);
        turn
    }

    /// When the peer will be lost if nothing more is heard.
    pub(crate) fn deadline(&self, options: &Options) -> Option<Moment> {
        match &self.life {
            Life::Heard(vitals) => Some(vitals.counted_from + options.timing().silence),
            Life::Unheard { .. } | Life::Lost { .. } | Life::Left(_) => None,
        }
    }

    /// Whether no life of the peer was ever heard.
    pub(crate) const fn is_unheard(&self) -> bool {
        matches!(self.life, Life::Unheard { .. })
    }

    /// Whether the peer counts as heard but may soon be lost, or is so new that others may not have
    /// heard it yet.
    pub(crate) fn is_doubtful(&self, now: Moment, options: &Options) -> bool {
        match &self.life {
            Life::Heard(vitals) => {
                let late = now.since(vitals.counted_from) >= options.late();
                late || now.since(vitals.counts_since) < options.late()
            }
            Life::Unheard { .. } | Life::Lost { .. } | Life::Left(_) => false,
        }
    }

    /// We ourselves were away for `pause`: what we did not listen to was no silence.
    pub(crate) fn forgive(&mut self, now: Moment, pause: Duration) {
        if self.pauses_forgiven == PAUSES_FORGIVEN_MAX {
            return;
        }
        self.pauses_forgiven += 1;
        for link in self.links.values_mut() {
            link.forgive(now, pause);
        }
        match &mut self.life {
            Life::Heard(vitals) | Life::Lost { vitals, .. } => {
                vitals.counted_from = (vitals.counted_from + pause).min(now);
                vitals.progressed_at = (vitals.progressed_at + pause).min(now);
            }
            Life::Unheard { since, .. } => *since = (*since + pause).min(now),
            Life::Left(_) => {}
        }
    }

    /// The table lines of this peer.
    pub(crate) fn status(&self, peer: NodeId, now: Moment, options: &Options) -> PeerStatus {
        let standing = match &self.life {
            Life::Unheard { .. } => Standing::Unheard,
            Life::Heard(_) => Standing::Heard,
            Life::Lost { vitals, reason, steady_from, .. }
                if now.since(vitals.counted_from) < options.late() =>
            {
                let probation = reason.probation(self.recent_losses(now), options);
                Standing::Returning(probation.saturating_sub(now.since(*steady_from)))
            }
            Life::Lost { reason, .. } => Standing::Lost(*reason),
            Life::Left(_) => Standing::Left,
        };
        let lines = self.links.iter().map(|(&id, link)| link.status(id, now, options));
        PeerStatus {
            peer,
            standing,
            incarnation: self.incarnation(),
            best: self.best.current(),
            links: lines.collect(),
        }
    }
}

impl LostReason {
    /// How long a peer lost for this reason must do well before it counts again. A main loop that
    /// limps must be seen to run for longer than it may stand still; and who was lost several
    /// times (`losses`) must do well for twice as long each time.
    fn probation(self, losses: usize, options: &Options) -> Duration {
        let timing = options.timing();
        let once = match self {
            Self::Silent => timing.steady,
            Self::Stalled => timing.steady.max(timing.stall),
            Self::Restarting => timing.steady.max(RESTARTS_STEADY),
        };
        let again = losses.min(LOSSES_REMEMBERED).saturating_sub(LOSSES_FORGIVEN);
        if again == 0 {
            once
        } else {
            once.max((timing.steady * (1_u32 << again)).min(PROBATION_MAX))
        }
    }
}

impl Vitals {
    fn new(now: Moment, heartbeat: &Heartbeat) -> Self {
        Self {
            incarnation: heartbeat.incarnation,
            counts_since: now,
            heard_at: now,
            counted_from: now,
            progress: heartbeat.progress,
            progressed_at: now,
            hears_version: heartbeat.hears_version,
            hears: heartbeat.hears.clone(),
            wary: heartbeat.wary.clone(),
        }
    }

    /// Takes in the next heartbeat of the same life; true when its row is a new one.
    ///
    /// Heartbeats of different links overtake each other, so older contents change nothing.
    fn take(&mut self, now: Moment, heartbeat: &Heartbeat) -> bool {
        self.heard_at = now;
        self.counted_from = now;
        if heartbeat.progress > self.progress {
            self.progress = heartbeat.progress;
            self.progressed_at = now;
        }
        let newer = heartbeat.hears_version > self.hears_version;
        if newer {
            self.hears_version = heartbeat.hears_version;
            self.hears = heartbeat.hears.clone();
            self.wary = heartbeat.wary.clone();
        }
        newer
    }

    fn verdict(&self, now: Moment, options: &Options) -> Option<LostReason> {
        if now.since(self.counted_from) >= options.timing().silence {
            Some(LostReason::Silent)
        } else if self.is_stalled(now, options) {
            Some(LostReason::Stalled)
        } else {
            None
        }
    }

    fn is_stalled(&self, now: Moment, options: &Options) -> bool {
        let timing = options.timing();
        let limit = if self.progress == 0 { timing.starting } else { timing.stall };
        now.since(self.progressed_at) >= limit
    }
}
