//! Chance: what breaks, when, and for how long.

use rota_ids::Text;
use rota_replica::LogStore as _;

use crate::admin::Deed;
use crate::agents::Trick;
use crate::client::Step;
use crate::clock::{MS, SECOND, Time};
use crate::fence::Mood;
use crate::rng::Rng;
use crate::world::{What, World};

/// How often each kind of fault happens, as weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Milliseconds between two faults, on average.
    pub pace_ms: u64,
    /// Power-cuts.
    pub power: u64,
    /// Crashes of daemons.
    pub crash: u64,
    /// Pauses of hosts and main loops.
    pub pause: u64,
    /// Cuts of networks.
    pub cut: u64,
    /// Loss and delay.
    pub weather: u64,
    /// Moods of management cards.
    pub cards: u64,
    /// Agents that fail, and services that die.
    pub agents: u64,
    /// What administrators do.
    pub admin: u64,
    /// Lost stores.
    pub store: u64,
    /// Changes by clients.
    pub change: u64,
    /// Jumps of wall clocks.
    pub walls: u64,
    /// What administrators do to the configuration of a rough world.
    pub edits: u64,
    /// Disks that are full or slow.
    pub disk: u64,
    /// Letters that get lost while heartbeats pass.
    pub post: u64,
}

impl Profile {
    /// The profile of a seed: some kinds are left out, so that others show what they do alone.
    pub fn of_seed(seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0x00c4_a050);
        let mut weight = |most: u64| if rng.chance(450) { rng.between(1, most) } else { 0 };
        let (power, crash, pause, cut) = (weight(6), weight(6), weight(5), weight(8));
        let (weather, cards, agents) = (weight(5), weight(6), weight(8));
        let (admin, store) = (weight(3), weight(2));
        let pace_ms = [400, 1_500, 4_000, 12_000][rng.index(4)];
        Self {
            pace_ms,
            power,
            crash,
            pause,
            cut,
            weather,
            cards,
            agents,
            admin,
            store,
            change: 4,
            walls: 0,
            edits: 0,
            disk: 0,
            post: 0,
        }
    }

    /// The profile of a seed of a rough world: agents and administrators are always at it.
    pub fn rough(seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0x0070_0c4a);
        let (agents, edits) = (rng.between(3, 12), rng.between(0, 4));
        let mut ills = || if rng.chance(300) { rng.between(1, 3) } else { 0 };
        let (disk, post) = (ills(), ills());
        Self { agents, edits, disk, post, ..Self::of_seed(seed) }
    }
}

/// The end of something that chance did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undo {
    /// The power comes back.
    PowerOn(usize),
    /// One direction between two hosts works again.
    Mend(usize, usize),
    /// The weather is good again.
    Weather,
    /// The card works again.
    Card(usize),
    /// The host reaches the cards again.
    CardNet(usize),
    /// A daemon that left is started again.
    Return(usize),
    /// The disk has room, and is quick.
    Disk(usize),
    /// Letters arrive again from the one to the other.
    Post(usize, usize),
    /// A link flaps: cut or mended so many times more.
    Flap(usize, usize, u32),
}

impl World {
    /// Chance strikes from now on.
    pub fn unleash(&mut self) {
        self.calm = false;
        self.later(SECOND, What::Chance);
    }

    pub(crate) fn chance(&mut self) {
        if self.calm {
            return;
        }
        let pace = self.setup_profile().pace_ms;
        let wait = self.rng.between(pace / 5, pace * 9 / 5);
        self.later(wait * MS, What::Chance);
        self.strike();
    }

    fn setup_profile(&self) -> Profile {
        self.profile.clone()
    }

    fn strike(&mut self) {
        let p = self.setup_profile();
        let weights = [
            p.power, p.crash, p.pause, p.cut, p.weather, p.cards, p.agents, p.admin, p.store,
            p.change, p.walls, p.edits, p.disk, p.post,
        ];
        let mut dice = self.rng.below(weights.iter().sum());
        let mut kind = 0;
        for (place, weight) in weights.iter().enumerate() {
            if dice < *weight {
                kind = place;
                break;
            }
            dice -= weight;
        }
        let host = self.rng.index(self.hosts.len());
        match kind {
            0 => self.strike_power(host),
            1 => self.strike_daemon(host),
            2 => self.strike_pause(host),
            3 => self.strike_cut(host),
            4 => self.strike_weather(),
            5 => self.strike_card(host),
            6 => self.strike_agents(host),
            7 => self.strike_admin(host),
            8 => self.strike_store(host),
            10 => self.strike_wall(host),
            11 => self.strike_configuration(),
            12 => self.strike_disk(host),
            13 => self.strike_post(host),
            _ => self.client_step(Step::Change),
        }
    }

    pub(crate) fn some_while(&mut self) -> Time {
        match self.rng.below(4) {
            0 => self.rng.between(50 * MS, 900 * MS),
            1 => self.rng.between(SECOND, 5 * SECOND),
            2 => self.rng.between(3 * SECOND, 20 * SECOND),
            _ => self.rng.between(10 * SECOND, 70 * SECOND),
        }
    }

    fn strike_power(&mut self, host: usize) {
        match self.rng.below(10) {
            // All at once.
            0 => {
                for host in 0..self.hosts.len() {
                    self.power_off(host);
                    let dark = self.rng.between(SECOND, 30 * SECOND);
                    self.later(dark, What::Undo(Undo::PowerOn(host)));
                }
            }
            // In the middle of a write.
            1..=3 => {
                let calls = self.rng.below(6);
                self.tell(format!("* disk of {} will fail soon", self.name(host)));
                self.hosts[host].disk.log.fail_after(calls);
            }
            // With its card.
            4 => {
                self.hosts[host].card = Mood::Dead;
                self.power_off(host);
                let dark = self.rng.between(5 * SECOND, 60 * SECOND);
                self.later(dark / 2, What::Client(Step::Confirm(host)));
                self.later(dark, What::Undo(Undo::PowerOn(host)));
                self.later(dark, What::Undo(Undo::Card(host)));
            }
            _ => {
                self.power_off(host);
                let dark = self.some_while();
                self.later(dark, What::Undo(Undo::PowerOn(host)));
            }
        }
    }

    fn strike_daemon(&mut self, host: usize) {
        let again = match self.rng.below(3) {
            0 => self.rng.between(20 * MS, 300 * MS),
            1 => self.rng.between(300 * MS, 2 * SECOND),
            _ => self.rng.between(SECOND, 20 * SECOND),
        };
        if self.rng.chance(400) {
            let effects = u32::try_from(self.rng.between(1, 60)).unwrap_or(1);
            if let Some(daemon) = &mut self.hosts[host].daemon {
                daemon.crash_after = Some(effects);
            }
        } else {
            self.crash(host, again);
        }
    }

    fn strike_pause(&mut self, host: usize) {
        let span = self.some_while();
        if self.rng.chance(300) {
            self.hang(host, span);
        } else {
            self.pause(host, span);
        }
    }

    fn strike_cut(&mut self, host: usize) {
        let span = self.some_while();
        let other = (host + 1 + self.rng.index(self.hosts.len() - 1)) % self.hosts.len();
        let kind = self.rng.below(6);
        let (a, b) = (self.name(host), self.name(other));
        match kind {
            0 => {
                self.tell(format!("* {a} is no longer heard by {b}"));
                self.cut_for(host, other, span);
            }
            1 => {
                self.tell(format!("* {a} and {b} are deaf to each other"));
                self.cut_for(host, other, span);
                self.cut_for(other, host, span);
            }
            2 => {
                self.tell(format!("* link between {a} and {b} flaps"));
                self.later(0, What::Undo(Undo::Flap(host, other, 60)));
            }
            3 => {
                self.tell(format!("* {a} hears nobody"));
                for peer in (0..self.hosts.len()).filter(|peer| *peer != host) {
                    self.cut_for(peer, host, span);
                }
            }
            _ => {
                self.tell(format!("* {a} is cut off"));
                let no_bmc = self.rng.chance(500);
                if no_bmc {
                    self.net.no_bmc[host] = true;
                    self.later(span, What::Undo(Undo::CardNet(host)));
                }
                for peer in (0..self.hosts.len()).filter(|peer| *peer != host) {
                    self.cut_for(peer, host, span);
                    self.cut_for(host, peer, span);
                }
            }
        }
    }

    fn cut_for(&mut self, from: usize, to: usize, span: Time) {
        self.net.cut(from, to, true);
        self.later(span, What::Undo(Undo::Mend(from, to)));
    }

    fn strike_weather(&mut self) {
        let span = self.some_while();
        let loss = [0, 10, 50, 200, 400][self.rng.index(5)];
        let delay = [MS, 5 * MS, 30 * MS, 150 * MS][self.rng.index(4)];
        let one_link = self.rng.chance(500);
        self.net.rough = self.rng.chance(500);
        for host in 0..self.hosts.len() {
            self.trouble(host);
        }
        self.tell(format!(
            "* weather: {loss} permille lost, up to {} ms late, rough: {}",
            delay / MS,
            self.net.rough
        ));
        for link in 0..self.net.links() {
            if link > 0 && one_link {
                continue;
            }
            for from in 0..self.hosts.len() {
                for to in 0..self.hosts.len() {
                    let path = self.net.path(link, from, to);
                    path.loss = u32::try_from(loss).unwrap_or(0);
                    path.delay_max = path.delay_min + delay;
                }
            }
        }
        self.later(span, What::Undo(Undo::Weather));
    }

    fn strike_card(&mut self, host: usize) {
        let moods = [Mood::Dead, Mood::Slow, Mood::Refusing, Mood::Mute];
        let mood = moods[self.rng.index(moods.len())];
        self.hosts[host].card = mood;
        self.tell(format!("* card of {} is {mood:?}", self.name(host)));
        let span = self.some_while();
        self.later(span, What::Undo(Undo::Card(host)));
    }

    fn strike_agents(&mut self, host: usize) {
        if self.setup.pieces.is_some() {
            return self.strike_rough_agents(host);
        }
        let leaves: Vec<Text> =
            self.setup.unique().into_iter().chain(self.setup.everywhere()).collect();
        let resource = leaves[self.rng.index(leaves.len())].clone();
        if self.rng.chance(400) {
            // It dies wherever it is.
            for host in self.active(&resource) {
                self.tell(format!("* {resource} dies on {}", self.name(host)));
                self.hosts[host].run.services.leave(&resource);
            }
            return;
        }
        let tricks = [Trick::Fail, Trick::Hang, Trick::Lie, Trick::Slow];
        let trick = tricks[self.rng.index(tricks.len())];
        let operations: &[&str] = if self.setup.promotable().is_some_and(|pg| *pg == resource) {
            &["start", "stop", "monitor", "monitor", "promote", "demote"]
        } else if resource == "vm" {
            &["start", "stop", "monitor", "migrate_to", "migrate_to", "migrate_from"]
        } else {
            &["start", "stop", "monitor", "monitor"]
        };
        let operation = operations[self.rng.index(operations.len())];
        self.tell(format!(
            "* next {operation} of {resource} on {} will {trick:?}",
            self.name(host)
        ));
        let tricks = &mut self.hosts[host].run.services.tricks;
        tricks.insert((resource, operation.into()), trick);
    }

    fn strike_admin(&mut self, host: usize) {
        let span = self.some_while();
        match self.rng.below(4) {
            0 => {
                self.client_step(Step::Standby(host, true));
                self.later(span, What::Client(Step::Standby(host, false)));
            }
            1 => {
                self.client_step(Step::Leave(host));
                self.later(span + 5 * SECOND, What::Undo(Undo::Return(host)));
            }
            2 => self.client_step(Step::Fence(host)),
            _ => self.client_step(Step::Cleanup(0)),
        }
    }

    /// A store is lost while its daemon is down, when all others have theirs: more than one at a
    /// time would be a loss that no log survives.
    fn strike_store(&mut self, host: usize) {
        let all_vote = self.leaders().first().is_some_and(|(leader, _)| {
            self.hosts[*leader].daemon.as_ref().is_some_and(|daemon| {
                let members = daemon.node.members();
                let has_its_store = |host: &crate::host::Host| {
                    members.stores.get(&host.id) == Some(&host.disk.log.id())
                };
                members.voters.len() == self.hosts.len()
                    && !members.is_joint()
                    && self.hosts.iter().all(has_its_store)
            })
        });
        let others_up = (0..self.hosts.len())
            .all(|other| other == host || self.hosts[other].is_working(self.now));
        if !all_vote || !others_up || self.hosts[host].boot.is_none() {
            return;
        }
        self.tell(format!("* {} loses its store", self.name(host)));
        let again = self.rng.between(200 * MS, 10 * SECOND);
        if self.hosts[host].daemon.is_some() {
            self.crash(host, again);
        }
        let id = 1_000_000 + self.now / MS;
        self.hosts[host].disk.log.lose(id);
    }

    /// Somebody sets a host's wall clock, or its time service does.
    fn strike_wall(&mut self, host: usize) {
        let spans = [5, 90, 3_700, 5 * 3_600, 400 * 86_400];
        let span = spans[self.rng.index(spans.len())];
        let by = if self.rng.chance(500) { span } else { -span };
        let back_to_truth = self.rng.chance(300);
        let fast = &mut self.hosts[host].run.services.wall_is_fast;
        *fast = if back_to_truth { 0 } else { *fast + by };
        let fast = *fast;
        self.tell(format!("* wall clock of {} is {fast} s fast now", self.name(host)));
    }

    pub(crate) fn undo(&mut self, undo: Undo) {
        match undo {
            Undo::PowerOn(host) => {
                let boots_for = self.rng.between(2 * SECOND, 10 * SECOND);
                self.power_on(host, boots_for);
            }
            Undo::Mend(from, to) => self.net.cut(from, to, false),
            Undo::Weather => {
                self.net.rough = false;
                for link in 0..self.net.links() {
                    for from in 0..self.hosts.len() {
                        for to in 0..self.hosts.len() {
                            let path = self.net.path(link, from, to);
                            *path = crate::net::Path { cut: path.cut, ..crate::net::Path::GOOD };
                        }
                    }
                }
            }
            Undo::Card(host) => self.hosts[host].card = Mood::Good,
            Undo::Disk(host) => {
                self.hosts[host].disk.log.fill(false);
                self.hosts[host].disk.log.slow(0);
            }
            Undo::Post(from, to) => *self.net.post(from, to) = crate::net::Post::GOOD,
            Undo::CardNet(host) => self.net.no_bmc[host] = false,
            Undo::Return(host) => {
                if self.hosts[host].departed {
                    self.hosts[host].departed = false;
                    self.start_daemon(host);
                }
            }
            Undo::Flap(a, b, left) => {
                let cut = left % 2 == 0 && left > 0 && !self.calm;
                self.net.cut(a, b, cut);
                self.net.cut(b, a, cut);
                if left > 0 && !self.calm {
                    self.later(300 * MS, What::Undo(Undo::Flap(a, b, left - 1)));
                }
            }
        }
    }

    /// All faults end: everything is repaired and switched on.
    pub fn heal(&mut self) {
        self.calm = true;
        self.tell("* all faults end".into());
        self.net.heal();
        self.expect_calm();
        for host in 0..self.hosts.len() {
            self.hosts[host].card = Mood::Good;
            self.hosts[host].run.services.tricks.clear();
            self.hosts[host].run.services.broken.clear();
            self.hosts[host].paused_until = self.hosts[host].paused_until.min(self.now);
            self.hosts[host].hung_until = self.hosts[host].hung_until.min(self.now);
            self.later(0, What::Resume(host));
            self.later(0, What::Unhang(host));
            if let Some(daemon) = &mut self.hosts[host].daemon {
                daemon.crash_after = None;
            }
            // A disk that was about to fail is replaced by one that holds the same.
            self.hosts[host].disk.log.fail_after(u64::MAX);
            self.later(0, What::Undo(Undo::Disk(host)));
            self.later(0, What::Undo(Undo::Return(host)));
            self.later(0, What::Undo(Undo::PowerOn(host)));
            // Who leaves or is switched off only now is brought back as well.
            for late in [20, 40, 60] {
                self.later(late * SECOND, What::Undo(Undo::Return(host)));
                self.later(late * SECOND, What::Undo(Undo::PowerOn(host)));
            }
            for late in [10, 30, 50] {
                self.later(late * SECOND, What::Client(Step::Standby(host, false)));
            }
        }
        if self.setup.pieces.is_some() {
            for late in [5, 15, 31, 52] {
                self.later(late * SECOND, What::Admin(Deed::Restore));
                self.later(late * SECOND, What::Admin(Deed::Delete));
            }
        }
        for late in [35, 55] {
            self.later(late * SECOND, What::Client(Step::Cleanup(0)));
        }
    }
}
