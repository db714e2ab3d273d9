//! One target being made harmless: from the first request until the proof, and on again if all
//! who asked wanted that.

use std::collections::BTreeMap;
use std::time::Duration;

use rota_ids::{Incarnation, Moment, NodeName, Text};

use crate::device::DeviceId;
use crate::fencer::Effect;
use crate::history::Outcome;
use crate::leg::{Attempt, AttemptId, Ledger, Leg, Surroundings};
use crate::limits::{RETRY_FIRST, RETRY_MAX};
use crate::merge::{self, Requests};
use crate::plan;
use crate::proof::{DeviceProof, Proof, Reply, Verdict};
use crate::request::{Action, Chance, Request};

/// What can happen to a job.
#[derive(Clone, Debug)]
pub enum JobEvent {
    /// One more request for this target.
    Asked(Request, Chance),
    /// A device answered.
    Replied(AttemptId, Reply),
    /// Time has passed.
    Woken,
    /// Devices, topology or nodes are not what they were.
    Changed,
    /// An administrator vouches that the target is off: this life, or every one.
    Confirmed(Option<Incarnation>, Text),
    /// The target was seen alive under this boot.
    Reborn(Incarnation),
    /// Nobody wants it any more.
    Withdrawn,
}

#[derive(Debug)]
enum State {
    /// Waiting out the delay, so that two survivors do not shoot each other.
    Delaying { level: usize, until: Moment },
    /// Trying `levels[level]`; the target may already be off, we have no proof.
    Trying { level: usize, legs: Vec<Leg> },
    /// Every level failed. The target stays unclean; the next round begins at `retry_at`.
    Exhausted { retry_at: Moment },
    /// The proof has been said, or none was wanted; now on again, as far as it goes.
    TurningOn { legs: Vec<Leg> },
    /// Nothing left to do.
    Ended,
}

/// A job's state as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Waiting out a delay.
    Delaying {
        /// Until when.
        until: Moment,
    },
    /// Devices are at work.
    Trying {
        /// Which level, counted from 1.
        level: usize,
        /// What has failed in this round so far; empty at first.
        failures: Text,
    },
    /// All levels failed.
    Exhausted {
        /// What each device said.
        why: Text,
        /// When the next round begins.
        retry_at: Moment,
    },
    /// Proven; being switched on.
    TurningOn,
    /// Over.
    Ended,
}

struct Found {
    by: DeviceProof,
    seen: u64,
}

/// The job for one target. All requests for it are merged here.
pub struct FencingJob {
    began: Moment,
    chance: Chance,
    requests: Requests,
    levels: Vec<Vec<DeviceId>>,
    proofs: BTreeMap<DeviceId, Found>,
    ledger: Ledger,
    state: State,
}

impl FencingJob {
    /// A job without requests; give it [`JobEvent::Asked`] next.
    pub fn new(target: NodeName, now: Moment) -> Self {
        Self {
            began: now,
            chance: Chance::default(),
            requests: Requests::default(),
            levels: Vec::new(),
            proofs: BTreeMap::new(),
            ledger: Ledger::new(target),
            state: State::Exhausted { retry_at: now },
        }
    }

    /// Advances the job by one event and says what must now be done.
    pub fn step(
        &mut self,
        now: Moment,
        event: JobEvent,
        around: &mut Surroundings<'_>,
        todo: &mut Vec<Effect>,
    ) {
        use JobEvent::{Asked, Changed, Confirmed, Reborn, Replied, Withdrawn, Woken};
        use State::{Delaying, Ended, Exhausted, Trying, TurningOn};
        match (&self.state, event) {
            // Equal requests are one; a new one ends the pause of a job that had given up.
            (Delaying { .. } | Trying { .. }, Asked(request, _)) => {
                self.join(request);
            }
            (Exhausted { .. }, Asked(request, chance)) => {
                self.chance = chance;
                if self.join(request) {
                    self.enter_round(now, around, todo);
                }
            }
            (TurningOn { .. }, Asked(request, _)) => {
                if self.join(request) {
                    self.drive_turning_on(now, around, todo);
                }
            }

            // A late proof is still a proof, whichever attempt it comes from.
            (
                Delaying { .. } | Trying { .. } | Exhausted { .. },
                Replied(id, Reply::ProvenOff { how }),
            ) => self.proof_arrived(id, how, now, around, todo),
            (Trying { .. } | TurningOn { .. }, Replied(id, reply)) => {
                self.reply_arrived(id, &reply, now, around, todo);
            }
            (Delaying { .. } | Exhausted { .. }, Replied(id, _)) => {
                self.ledger.outstanding.remove(&id);
            }

            (Delaying { level, until }, Woken) if now >= *until => {
                self.enter_trying(*level, now, around, todo);
            }
            (Exhausted { retry_at }, Woken) if now >= *retry_at => {
                self.enter_round(now, around, todo);
            }
            (Trying { .. }, Woken | Changed) => self.drive_trying(now, around, todo),
            (TurningOn { .. }, Woken | Changed) => self.drive_turning_on(now, around, todo),
            // What failed may work with other devices or from other nodes.
            (Exhausted { .. }, Changed) => self.enter_round(now, around, todo),
            // An early wake-up; a delay looks at devices when it is over.
            (Delaying { .. } | Exhausted { .. }, Woken) | (Delaying { .. }, Changed) => {}

            (
                Delaying { .. } | Trying { .. } | Exhausted { .. } | TurningOn { .. },
                Confirmed(life, who),
            ) => {
                let ends = |asked: Option<Incarnation>| match (life, asked) {
                    (Some(life), Some(asked)) => life.boot == asked.boot,
                    (None, _) | (_, None) => true,
                };
                self.settle(now, &Proof::Administrator { who }, ends, todo);
                self.leave_if_satisfied(now, todo);
            }
            (
                Delaying { .. } | Trying { .. } | Exhausted { .. } | TurningOn { .. },
                Reborn(seen),
            ) => {
                let ends = |asked: Option<Incarnation>| asked.is_some_and(|a| a.boot != seen.boot);
                self.settle(now, &Proof::NewBoot { seen }, ends, todo);
                self.leave_if_satisfied(now, todo);
            }
            (Delaying { .. } | Trying { .. } | Exhausted { .. } | TurningOn { .. }, Withdrawn) => {
                self.withdraw(now, todo)
            }

            (Ended, Asked(..) | Replied(..) | Woken | Changed) => {}
            (Ended, Confirmed(..) | Reborn(..) | Withdrawn) => {}
        }
    }

    // ---- entering states -------------------------------------------------------------------

    /// Begins again at the first level, with the devices and nodes of now.
    fn enter_round(&mut self, now: Moment, around: &mut Surroundings<'_>, todo: &mut Vec<Effect>) {
        self.ledger.round = self.ledger.round.saturating_add(1);
        self.ledger.reasons.clear();
        self.proofs.clear();
        self.levels = plan::levels(&self.ledger.target, around);
        if self.requests.off_wanted() {
            self.enter_delaying(0, now, around, todo);
        } else {
            self.enter_turning_on(0, now, around, todo);
        }
    }

    fn enter_delaying(
        &mut self,
        level: usize,
        now: Moment,
        around: &mut Surroundings<'_>,
        todo: &mut Vec<Effect>,
    ) {
        let delay = self.delay_before(level, around);
        if delay.is_zero() {
            return self.enter_trying(level, now, around, todo);
        }
        let until = now + delay;
        self.state = State::Delaying { level, until };
        todo.push(Effect::WakeAt(until));
    }

    fn enter_trying(
        &mut self,
        level: usize,
        now: Moment,
        around: &mut Surroundings<'_>,
        todo: &mut Vec<Effect>,
    ) {
        let Some(devices) = self.levels.get(level) else {
            return self.enter_exhausted(now, todo);
        };
        let legs = devices.iter().map(|d| Leg::new(d.clone(), Action::Off)).collect();
        self.state = State::Trying { level, legs };
        self.drive_trying(now, around, todo);
    }

    fn enter_exhausted(&mut self, now: Moment, todo: &mut Vec<Effect>) {
        if self.levels.is_empty() {
            self.ledger.note("no fence device is known to reach this node".into());
        }
        let doublings = self.ledger.failures.min(16);
        self.ledger.failures = self.ledger.failures.saturating_add(1);
        let retry_at = now + RETRY_FIRST.saturating_mul(1 << doublings).min(RETRY_MAX);
        let why = self.ledger.summary();
        self.state = State::Exhausted { retry_at };
        let target = self.ledger.target.clone();
        todo.push(Effect::Exhausted { target, why: why.clone(), retry_at });
        todo.push(self.note(now, Outcome::Exhausted { why }));
        todo.push(Effect::WakeAt(retry_at));
    }

    /// The level has shown the target off.
    fn enter_proven(
        &mut self,
        level: usize,
        now: Moment,
        around: &mut Surroundings<'_>,
        todo: &mut Vec<Effect>,
    ) {
        let found: Vec<&Found> =
            self.levels[level].iter().filter_map(|d| self.proofs.get(d)).collect();
        let seen = found.iter().map(|f| f.seen).min().unwrap_or(0);
        let devices = found.iter().map(|f| f.by.clone()).collect();
        let covered = self.requests.boots_until(seen);
        let ends = |asked: Option<Incarnation>| covered.contains(&asked.map(|i| i.boot));
        self.ledger.cancel(Action::Off, todo);
        self.settle(now, &Proof::PoweredOff { devices }, ends, todo);
        if self.requests.off_wanted() {
            self.enter_round(now, around, todo);
        } else if self.requests.stay_off() {
            // An "on" that was asked beside it loses.
            self.withdraw(now, todo);
        } else {
            self.enter_turning_on(level, now, around, todo);
        }
    }

    fn enter_turning_on(
        &mut self,
        level: usize,
        now: Moment,
        around: &mut Surroundings<'_>,
        todo: &mut Vec<Effect>,
    ) {
        let unfencing = self.requests.on_wanted();
        let devices = self.levels.get(level).map_or(&[][..], Vec::as_slice);
        let legs: Vec<Leg> = devices
            .iter()
            .filter(|id| unfencing || !around.device(id).is_some_and(|d| d.unfences))
            .map(|id| Leg::new(id.clone(), Action::On))
            .collect();
        if legs.is_empty() && unfencing {
            self.ledger.note("no fence device is known to reach this node".into());
            todo.push(self.note(now, Outcome::OnFailed { why: self.ledger.summary() }));
            return self.enter_ended();
        }
        self.ledger.reasons.clear();
        self.state = State::TurningOn { legs };
        self.drive_turning_on(now, around, todo);
    }

    fn enter_ended(&mut self) {
        self.requests.clear();
        self.state = State::Ended;
    }

    // ---- working -----------------------------------------------------------------------------

    fn drive_trying(&mut self, now: Moment, around: &mut Surroundings<'_>, todo: &mut Vec<Effect>) {
        let State::Trying { level, legs } = &mut self.state else { return };
        for leg in legs.iter_mut() {
            if self.proofs.contains_key(&leg.device) {
                leg.done(around);
            }
            leg.advance(now, &mut self.ledger, around, todo);
        }
        if legs.iter().any(Leg::has_failed) {
            let next = *level + 1;
            self.enter_next_level(next, now, around, todo);
        }
    }

    /// Goes on with the next level; its devices' own delay applies, the request's does not.
    fn enter_next_level(
        &mut self,
        level: usize,
        now: Moment,
        around: &mut Surroundings<'_>,
        todo: &mut Vec<Effect>,
    ) {
        if level < self.levels.len() {
            self.enter_delaying(level, now, around, todo);
        } else {
            self.enter_exhausted(now, todo);
        }
    }

    fn drive_turning_on(
        &mut self,
        now: Moment,
        around: &mut Surroundings<'_>,
        todo: &mut Vec<Effect>,
    ) {
        let off_wanted = self.requests.off_wanted();
        let State::TurningOn { legs } = &mut self.state else { return };
        let single = legs.len() < 2;
        for leg in legs.iter_mut() {
            // Once "off" is wanted again, no further "on" is begun.
            if !off_wanted || leg.running_on().is_some() {
                leg.advance(now, &mut self.ledger, around, todo);
            }
        }
        let running = legs.iter().any(|leg| leg.running_on().is_some());
        // With several supplies, an "on" still under way could undo one "off" while the other is
        // being verified: wait for it. With one, "off" seen at any time ends the life.
        if off_wanted && (single || !running) {
            self.ledger.cancel(Action::On, todo);
            return self.enter_round(now, around, todo);
        }
        if legs.iter().all(|leg| leg.is_done() || leg.has_failed()) {
            let outcome = if legs.iter().all(Leg::is_done) {
                Outcome::TurnedOn
            } else {
                Outcome::OnFailed { why: self.ledger.summary() }
            };
            if !legs.is_empty() {
                todo.push(self.note(now, outcome));
            }
            self.enter_ended();
        }
    }

    fn proof_arrived(
        &mut self,
        id: AttemptId,
        how: Text,
        now: Moment,
        around: &mut Surroundings<'_>,
        todo: &mut Vec<Effect>,
    ) {
        let Some(attempt) = self.ledger.outstanding.remove(&id) else { return };
        let Attempt { device, agent, executor, round, seen, action } = attempt;
        // Supplies of one level must be off together, so each counts for its round only; a
        // device that is a level by itself needs no such company.
        let alone = self.levels.iter().any(|level| *level == [device.clone()]);
        if action != Action::Off || !(alone || round == self.ledger.round) {
            return;
        }
        let by = DeviceProof { device: device.clone(), agent, executor, how };
        self.proofs.insert(device, Found { by, seen });
        let proven = |level: &Vec<DeviceId>| level.iter().all(|d| self.proofs.contains_key(d));
        match self.levels.iter().position(proven) {
            Some(level) => {
                self.release_legs(around);
                self.enter_proven(level, now, around, todo);
            }
            None => self.drive_trying(now, around, todo),
        }
    }

    fn reply_arrived(
        &mut self,
        id: AttemptId,
        reply: &Reply,
        now: Moment,
        around: &mut Surroundings<'_>,
        todo: &mut Vec<Effect>,
    ) {
        self.ledger.outstanding.remove(&id);
        let (State::Trying { legs, .. } | State::TurningOn { legs }) = &mut self.state else {
            return;
        };
        let on_is_goal = legs.first().is_some_and(|leg| leg.wants(Action::On));
        let Some(leg) = legs.iter_mut().find(|leg| leg.waits_for(id)) else { return };
        if on_is_goal && *reply == Reply::On {
            leg.done(around);
        } else {
            leg.failed_once(reply, &mut self.ledger, around);
        }
        self.drive_trying(now, around, todo);
        self.drive_turning_on(now, around, todo);
    }

    fn release_legs(&mut self, around: &mut Surroundings<'_>) {
        if let State::Trying { legs, .. } | State::TurningOn { legs } = &mut self.state {
            legs.iter_mut().for_each(|leg| leg.done(around));
        }
    }

    // ---- requests ----------------------------------------------------------------------------

    /// Adds a request; `false` when the same one already stands.
    fn join(&mut self, request: Request) -> bool {
        let new = self.requests.join(request);
        self.ledger.seen = self.requests.newest();
        new
    }

    /// Says the proof for every life that it ends, and drops the requests for them.
    fn settle(
        &mut self,
        now: Moment,
        proof: &Proof,
        ends: impl Fn(Option<Incarnation>) -> bool,
        todo: &mut Vec<Effect>,
    ) {
        let target = &self.ledger.target;
        for (incarnation, settled) in self.requests.settle(ends) {
            let verdict = Verdict { target: target.clone(), incarnation, proof: proof.clone() };
            todo.push(Effect::Proven(verdict));
            let about: Vec<&Request> = settled.iter().collect();
            let outcome = Outcome::Proven(proof.clone());
            let took = now.since(self.began);
            todo.push(Effect::Note(merge::entry(&about, target, outcome, took)));
        }
    }

    /// After a proof that came from outside: nothing is switched on then.
    fn leave_if_satisfied(&mut self, now: Moment, todo: &mut Vec<Effect>) {
        match &self.state {
            State::Delaying { .. } | State::Trying { .. } | State::Exhausted { .. } => {
                if !self.requests.off_wanted() {
                    self.ledger.cancel(Action::Off, todo);
                    if self.requests.is_empty() {
                        self.enter_ended();
                    } else {
                        self.withdraw(now, todo);
                    }
                }
            }
            State::TurningOn { .. } | State::Ended => {}
        }
    }

    fn withdraw(&mut self, now: Moment, todo: &mut Vec<Effect>) {
        self.ledger.cancel(Action::Off, todo);
        self.ledger.cancel(Action::On, todo);
        if !self.requests.is_empty() {
            todo.push(self.note(now, Outcome::Withdrawn));
        }
        self.enter_ended();
    }

    fn delay_before(&self, level: usize, around: &Surroundings<'_>) -> Duration {
        // Later rounds: whoever was to win the race has won it.
        let Some(extra) = self.requests.delay().filter(|_| self.ledger.round <= 1) else {
            return Duration::ZERO;
        };
        let devices = self.levels.get(level).into_iter().flatten();
        let own = devices
            .filter_map(|id| around.device(id))
            .map(|device| device.delay.before(&self.ledger.target, self.chance))
            .max()
            .unwrap_or_default();
        if level == 0 { own + extra } else { own }
    }

    fn note(&self, now: Moment, outcome: Outcome) -> Effect {
        let took = now.since(self.began);
        Effect::Note(self.requests.entry(&self.ledger.target, outcome, took))
    }

    // ---- looking -----------------------------------------------------------------------------

    /// The state for people.
    pub fn phase(&self) -> Phase {
        match &self.state {
            State::Delaying { until, .. } => Phase::Delaying { until: *until },
            State::Trying { level, .. } => {
                Phase::Trying { level: level + 1, failures: self.ledger.summary() }
            }
            State::Exhausted { retry_at } => {
                Phase::Exhausted { why: self.ledger.summary(), retry_at: *retry_at }
            }
            State::TurningOn { .. } => Phase::TurningOn,
            State::Ended => Phase::Ended,
        }
    }

    /// What stands asked, in the order of asking.
    pub fn requests(&self) -> impl Iterator<Item = &Request> {
        self.requests.iter()
    }

    /// The devices at work for this job.
    pub(crate) fn devices_at_work(&self) -> impl Iterator<Item = &DeviceId> {
        let legs = match &self.state {
            State::Trying { legs, .. } | State::TurningOn { legs } => legs.as_slice(),
            State::Delaying { .. } | State::Exhausted { .. } | State::Ended => &[],
        };
        legs.iter().filter(|leg| leg.running_on().is_some()).map(|leg| &leg.device)
    }
}
