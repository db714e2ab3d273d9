//! Ills of disks and letters: what is full, what is slow, and what lets heartbeats pass only.

use crate::chaos::Undo;
use crate::clock::{MS, SECOND, Time};
use crate::world::{What, World};

/// How soon a supervisor starts a daemon again that ended by itself.
const STARTED_AGAIN_AFTER: Time = SECOND;

/// The longest letter that passes where an MTU is wrong.
const PASSES: usize = 1_300;

impl World {
    pub(crate) fn strike_disk(&mut self, host: usize) {
        let span = self.some_while();
        if self.rng.chance(500) {
            self.disk_full(host, true);
        } else {
            let takes = [30 * MS, 200 * MS, 900 * MS][self.rng.index(3)];
            self.disk_slow(host, takes);
        }
        self.later(span, What::Undo(Undo::Disk(host)));
    }

    /// The disk of a host has no room for its log, or has room again.
    pub fn disk_full(&mut self, host: usize, full: bool) {
        self.tell(format!("* disk of {} is full: {full}", self.name(host)));
        self.trouble(host);
        self.hosts[host].disk.log.fill(full);
    }

    /// Each `fsync` of a host takes so long.
    pub fn disk_slow(&mut self, host: usize, takes: Time) {
        self.tell(format!("* fsync of {} takes {} ms", self.name(host), takes / MS));
        self.trouble(host);
        self.hosts[host].disk.log.slow(takes);
    }

    /// Some kinds of letters get lost, and heartbeats pass.
    pub(crate) fn strike_post(&mut self, host: usize) {
        let span = self.some_while();
        let other = (host + 1 + self.rng.index(self.hosts.len() - 1)) % self.hosts.len();
        let all = self.rng.chance(400);
        let cut = self.rng.chance(500);
        let both = self.rng.chance(600);
        let what = if cut { "no letters" } else { "no long letters" };
        let peers = if all { "others".to_owned() } else { self.name(other).to_string() };
        self.tell(format!("* {what} from {} to {peers}, both ways: {both}", self.name(host)));
        for peer in (0..self.hosts.len()).filter(|p| *p != host && (all || *p == other)) {
            let ways = if both { vec![(host, peer), (peer, host)] } else { vec![(host, peer)] };
            for (from, to) in ways {
                self.trouble(from);
                self.trouble(to);
                let post = self.net.post(from, to);
                post.cut = cut;
                post.longest = if cut { usize::MAX } else { PASSES };
                self.later(span, What::Undo(Undo::Post(from, to)));
            }
        }
    }

    /// The loop waits for its disk: what was synced in this round holds it up.
    pub(crate) fn wait_for_disk(&mut self, place: usize, syncs_before: u64) {
        let log = &self.hosts[place].disk.log;
        let span = (log.syncs() - syncs_before) * log.takes();
        if span > 0 && self.hosts[place].daemon.is_some() {
            let host = &mut self.hosts[place];
            host.hung_until = host.hung_until.max(self.now + span);
            self.later(span, What::Unhang(place));
        }
    }

    /// A daemon cannot write its log: it ends, and is started again.
    pub(crate) fn has_no_room(&mut self, place: usize) {
        if self.hosts[place].daemon.is_some() {
            self.crash(place, STARTED_AGAIN_AFTER);
        } else if let Some(boot) = self.hosts[place].boot {
            self.later(STARTED_AGAIN_AFTER, What::Start(place, boot));
        }
    }
}
