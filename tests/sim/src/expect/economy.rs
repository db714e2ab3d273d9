//! *Economy*: no healthy host is shot without a cause, never so many that quorum goes, and who was
//! switched off to be switched on again is on again.

use std::collections::BTreeMap;

use rota_transition::ResourceOp;

use crate::clock::{SECOND, Time};
use crate::world::World;

/// How long a cause counts: until the view has changed, one device after the other has been tried,
/// and a request that waited for a new DC was carried out.
const CAUSE_COUNTS: Time = 120 * SECOND;

/// How long a host may be off that a card has switched off, while a majority works and all cards
/// are good: a reboot's "on" may have to wait for a new DC.
const ON_AGAIN_WITHIN: Time = 90 * SECOND;

/// What could be the cause of a shot.
#[derive(Debug, Default)]
pub(super) struct Economy {
    /// The host did not work, or could not be reached, or was asked for, at this time.
    trouble: BTreeMap<usize, Time>,
    /// What failed there in this boot that the configuration answers with fencing.
    failed: BTreeMap<usize, (u64, String)>,
    /// Since when a host is off by a card while a majority works.
    off_since: BTreeMap<usize, Time>,
    /// Who switched a host off last, and which life of its daemon.
    shot_by: BTreeMap<usize, (usize, u64)>,
}

impl World {
    /// Something was done to a host that may well cost its membership.
    pub(crate) fn trouble(&mut self, place: usize) {
        self.expect.economy.trouble.insert(place, self.now);
    }

    pub(super) fn note_cause_of_failure(&mut self, place: usize, op: &ResourceOp) {
        let piece = self.setup.pieces.as_ref().and_then(|pieces| pieces.of(&op.resource));
        let word = piece.and_then(|piece| piece.on_fail_of(&op.operation));
        let fences = match (op.operation.as_str(), word) {
            (_, Some("fence")) | ("stop", None) => true,
            (_, _) => false,
        };
        let boot = self.hosts[place].boot.map_or(0, |boot| boot.0);
        if fences {
            let why = format!("{} failed", op.key);
            self.expect.economy.failed.insert(place, (boot, why));
        }
    }

    fn is_well(&self, place: usize) -> bool {
        let host = &self.hosts[place];
        let reached = (0..self.hosts.len())
            .filter(|other| *other != place && self.hosts[*other].boot.is_some())
            .all(|other| {
                [(place, other), (other, place)]
                    .into_iter()
                    .all(|(from, to)| self.net.reaches(from, to) && self.net.delivers(from, to))
            });
        host.boot.is_some()
            && !host.disk.log.is_ill()
            && host.is_working(self.now)
            && reached
            && !self.net.rough
    }

    pub(super) fn look_for_causes(&mut self) {
        for place in 0..self.hosts.len() {
            if !self.is_well(place) {
                self.trouble(place);
            }
        }
        let working = (0..self.hosts.len()).filter(|p| self.hosts[*p].is_working(self.now)).count();
        let good = self.hosts.iter().all(|host| host.card == crate::fence::Mood::Good);
        for place in 0..self.hosts.len() {
            let waits = self.hosts[place].off_by_card && self.hosts[place].boot.is_none();
            let owed = self.still_works_who_shot(place) || working * 2 > self.hosts.len();
            if !waits || !owed || !good {
                self.expect.economy.off_since.remove(&place);
                continue;
            }
            let since = *self.expect.economy.off_since.entry(place).or_insert(self.now);
            if self.now > since + ON_AGAIN_WITHIN {
                self.violated(format!(
                    "n{} was switched off to be switched on again, and is not",
                    place + 1
                ));
            }
        }
    }

    /// Whoever switches a host off to switch it on again needs nobody else for it.
    fn still_works_who_shot(&self, target: usize) -> bool {
        self.expect.economy.shot_by.get(&target).is_some_and(|(executor, serial)| {
            self.hosts[*executor].is_working(self.now) && self.is_life(*executor, *serial)
        })
    }

    /// A card is about to switch a host off, as one host asked.
    pub(crate) fn expect_shot(&mut self, executor: usize, target: usize) {
        let serial = self.hosts[executor].daemon.as_ref().map_or(0, |daemon| daemon.serial);
        self.expect.economy.shot_by.insert(target, (executor, serial));
        if !self.expect.on || self.hosts[target].boot.is_none() {
            return;
        }
        let economy = &self.expect.economy;
        let trouble = economy.trouble.get(&target);
        let was_lost =
            !self.is_well(target) || trouble.is_some_and(|at| self.now < at + CAUSE_COUNTS);
        // Whose daemon died a moment ago may be shot for being lost.
        let is_shaken = trouble.is_some_and(|at| self.now < at + 5 * SECOND);
        let is_whole = self.is_well(target) && !is_shaken;
        let boot = self.hosts[target].boot.map_or(0, |boot| boot.0);
        let failed = economy.failed.get(&target).filter(|(in_boot, _)| *in_boot == boot).cloned();
        let well = (0..self.hosts.len()).filter(|place| self.is_well(*place)).count();
        match failed {
            None if !was_lost => {
                self.violated(format!("n{} is shot, and nothing is wrong with it", target + 1));
            }
            Some((_, why)) if is_whole && (well - 1) * 2 <= self.hosts.len() => {
                let what = format!("n{} is shot ({why}): that leaves no majority", target + 1);
                self.violated(what);
            }
            _ => {}
        }
    }
}
