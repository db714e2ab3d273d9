//! The main loop of a daemon in virtual time: the very loop that the daemon runs
//! ([`rota_node::Round`]), with what is at hand taken in together.

use rota_node::{BATCH_MAX, Event, PlanJob, PlanMade, Round};

use crate::bugs::Bug;
use crate::clock::{MS, SECOND, Time};
use crate::world::{What, World};

/// How long what happened may wait for the loop: what comes meanwhile shares the round.
const LOOP_LAG: Time = MS / 5;

impl World {
    /// Something happens to the node of a host: its loop takes it in with whatever else comes
    /// before it gets there.
    pub fn event(&mut self, place: usize, event: Event) {
        let Some(daemon) = &mut self.hosts[place].daemon else { return };
        daemon.inbox.push(event);
        self.round_soon(place);
    }

    fn round_soon(&mut self, place: usize) {
        let Some(daemon) = &mut self.hosts[place].daemon else { return };
        if !std::mem::replace(&mut daemon.round_due, true) {
            let serial = daemon.serial;
            let lag = if self.rng.chance(500) { 0 } else { self.rng.between(0, LOOP_LAG) };
            self.later(lag, What::Round(place, serial));
        }
    }

    pub(crate) fn node_wake(&mut self, place: usize, serial: u64) {
        if let Some(daemon) = &mut self.hosts[place].daemon
            && daemon.serial == serial
        {
            daemon.node_wake = None;
            self.round_soon(place);
        }
    }

    /// One round of the loop.
    pub(crate) fn round(&mut self, place: usize, serial: u64) {
        if !self.is_life(place, serial) {
            return;
        }
        let now = self.local_now(place);
        let votes = self.hosts[place].disk.log.votes_given();
        let syncs = self.hosts[place].disk.log.syncs();
        let Some(daemon) = self.hosts[place].daemon.as_mut() else { return };
        daemon.round_due = false;
        daemon.progress += 1;
        let batch = daemon.inbox.len().min(BATCH_MAX);
        let events: Vec<Event> = daemon.inbox.drain(..batch).collect();
        let is_more = !daemon.inbox.is_empty();
        let mut round = match Round::begin(&mut daemon.node, now, events) {
            Ok(round) => round,
            Err(error) => return self.node_failed(place, &error),
        };
        loop {
            let Some(daemon) = self.hosts[place].daemon.as_mut() else { return };
            if daemon.serial != serial {
                return;
            }
            match round.next(&mut daemon.node) {
                Ok(Some(effect)) => {
                    if self.crashes_now(place) {
                        return self.crash(place, 300 * MS);
                    }
                    self.carry_out(place, serial, effect);
                }
                Ok(None) => break,
                Err(error) => return self.node_failed(place, &error),
            }
        }
        if is_more {
            self.round_soon(place);
        }
        self.wake_later(place, serial);
        self.after_round(place, serial);
        self.wait_for_disk(place, syncs);
        if self.has(Bug::ForgetsVote) && self.hosts[place].disk.log.votes_given() > votes {
            let again = self.rng.between(MS, 50 * MS);
            self.crash(place, again);
        }
    }

    /// A plan is made beside the loop, and takes its time.
    pub(crate) fn make_plan(&mut self, place: usize, serial: u64, job: PlanJob) {
        let takes = match self.rng.below(100) {
            0 => self.rng.between(SECOND, 6 * SECOND),
            1..=5 => self.rng.between(20 * MS, 600 * MS),
            _ => self.rng.between(MS / 2, 10 * MS),
        };
        let made = Box::new(job.run());
        self.later(takes, What::Planned(place, serial, made));
    }

    pub(crate) fn planned(&mut self, place: usize, serial: u64, made: Box<PlanMade>) {
        if self.is_life(place, serial) {
            self.event(place, Event::Planned(made));
        }
    }
}
