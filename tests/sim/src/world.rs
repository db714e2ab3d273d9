//! The world: hosts, networks, and one queue of what will happen.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use rota_fencing::{AttemptId, Reply};
use rota_ids::{BootId, LinkId, NodeId, NodeName};
use rota_membership::{Heartbeat, Report};
use rota_node::entry::Member;
use rota_node::message::DeviceOrder;
use rota_node::{AgentOutcome, PlanMade, RunId};

use crate::bugs::Bug;
use crate::checks::{Checks, Violation};
use crate::client::Client;
use crate::clock::{Clock, MS, SECOND, Time};
use crate::disk::SimDisk;
use crate::fence::Mood;
use crate::host::{Disk, Host, Volatile};
use crate::net::Net;
use crate::rng::Rng;
use crate::setup::Setup;

/// How much of the story is kept.
const STORY_MAX: usize = 20_000;

/// Something that will happen.
#[derive(Clone, Debug)]
pub enum What {
    /// The host has booted: its daemon is started.
    Booted(usize, BootId),
    /// The daemon is started (again) in this boot.
    Start(usize, BootId),
    /// The main loop's tick.
    Tick(usize, u64),
    /// The node wanted to be woken.
    NodeWake(usize, u64),
    /// The heartbeat thread wanted to be woken.
    MemberWake(usize, u64, u64),
    /// The main loop takes in what is at hand.
    Round(usize, u64),
    /// A plan that was asked for is there.
    Planned(usize, u64, Box<PlanMade>),
    /// A heartbeat arrives: to whom, from whom, on which network.
    Heartbeat(usize, usize, LinkId, Box<Heartbeat>),
    /// A letter arrives: to whom, from whom.
    Letter(usize, usize, Letter),
    /// The heartbeat thread tells the main loop something.
    Report(usize, u64, Box<Report>),
    /// The transport tells the main loop that a peer cannot be reached.
    Unreachable(usize, u64, NodeId),
    /// An agent comes to its end.
    AgentEnds(usize, BootId, RunId),
    /// An agent writes an attribute on its way.
    AgentWrites(usize, BootId, RunId, Box<crate::script::Write>),
    /// The daemon hears of the end of an agent.
    AgentSaid(usize, u64, RunId, AgentOutcome),
    /// An order arrives at a management card.
    CardActs(Box<CardOrder>),
    /// The answer of a management card arrives at who asked.
    CardSaid(usize, u64, AttemptId, Reply),
    /// A pause of the host may be over.
    Resume(usize),
    /// A pause of the main loop may be over.
    Unhang(usize),
    /// Chance strikes again.
    Chance,
    /// Something that chance did ends.
    Undo(crate::chaos::Undo),
    /// The administrator or a client does something.
    Client(crate::client::Step),
    /// An administrator changes the configuration.
    Admin(crate::admin::Deed),
    /// The checkers look around.
    Look,
}

/// An order to a management card on its way.
#[derive(Clone, Debug)]
pub struct CardOrder {
    /// Who asked.
    pub executor: usize,
    /// Which life of it.
    pub serial: u64,
    /// Whose card.
    pub target: usize,
    /// What is asked.
    pub order: DeviceOrder,
    /// How long after this the answer comes; never, if none.
    pub answers_after: Option<Time>,
    /// What the card pretends.
    pub mood: Mood,
}

/// What daemons send each other beside heartbeats.
#[derive(Clone, Debug)]
pub enum Letter {
    /// Of raft.
    Raft(Vec<u8>),
    /// Everything else, as bytes.
    Peer(Vec<u8>),
}

struct Item {
    at: Time,
    seq: u64,
    what: What,
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.seq) == (other.at, other.seq)
    }
}
impl Eq for Item {}
impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Item {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.seq).cmp(&(other.at, other.seq))
    }
}

/// One seed, one world.
pub struct World {
    /// What it is made of.
    pub setup: Setup,
    /// The time.
    pub now: Time,
    /// Chance for everything that is not a host's own.
    pub rng: Rng,
    /// The hosts.
    pub hosts: Vec<Host>,
    /// The networks.
    pub net: Net,
    /// The checkers.
    pub checks: Checks,
    /// The checkers of rough worlds.
    pub expect: crate::expect::Expect,
    /// Clients and what they were told.
    pub client: Client,
    /// A deliberate bug.
    pub bug: Option<Bug>,
    /// How long after the last host was admitted the cluster is configured.
    pub settles: Time,
    /// What happened, for people.
    pub story: VecDeque<(Time, String)>,
    /// Whether the story is printed while it happens.
    pub verbose: bool,
    /// The first thing that a checker found.
    pub violation: Option<Violation>,
    /// Chance strikes no more.
    pub calm: bool,
    /// How often each kind of fault happens.
    pub profile: crate::chaos::Profile,
    /// How much happened.
    pub events: u64,
    queue: BinaryHeap<Reverse<Item>>,
    seq: u64,
    serial: u64,
    /// Which card orders were taken back.
    pub(crate) cancelled_cards: BTreeMap<(usize, AttemptId), Time>,
}

impl World {
    /// The world of this seed, with all hosts switched off and nothing begun.
    pub fn new(seed: u64, setup: Setup) -> Self {
        let mut rng = Rng::new(seed ^ 0x5eed_5eed_5eed_5eed);
        let hosts = (0..setup.hosts).map(|place| new_host(&mut rng, place)).collect();
        let net = Net::new(setup.hosts, setup.links);
        Self {
            checks: Checks::new(&setup),
            expect: crate::expect::Expect::new(&setup),
            client: Client::default(),
            net,
            hosts,
            rng,
            setup,
            now: 0,
            bug: None,
            settles: 2 * SECOND,
            story: VecDeque::new(),
            verbose: false,
            violation: None,
            calm: false,
            profile: crate::chaos::Profile::of_seed(seed),
            events: 0,
            queue: BinaryHeap::new(),
            seq: 0,
            serial: 0,
            cancelled_cards: BTreeMap::new(),
        }
    }

    /// Lets something happen later.
    pub fn later(&mut self, delay: Time, what: What) {
        self.seq += 1;
        self.queue.push(Reverse(Item { at: self.now + delay, seq: self.seq, what }));
    }

    /// A number for a new life of a daemon.
    pub(crate) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// Writes a line of the story.
    pub fn tell(&mut self, line: String) {
        if self.verbose {
            println!("{:>10.3}  {line}", seconds(self.now));
        }
        if self.story.len() == STORY_MAX {
            self.story.pop_front();
        }
        self.story.push_back((self.now, line));
    }

    /// A checker has found something. The first find counts.
    pub fn violated(&mut self, what: impl Into<String>) {
        let what = what.into();
        self.tell(format!("VIOLATION: {what}"));
        let at = self.now;
        self.violation.get_or_insert(Violation { at, what });
    }

    /// Lets time pass, until then or until a checker finds something.
    pub fn run_until(&mut self, end: Time) {
        while self.violation.is_none() {
            let due = self.queue.peek().is_some_and(|Reverse(item)| item.at <= end);
            let next = if due { self.queue.pop() } else { None };
            let Some(Reverse(item)) = next else {
                self.now = end;
                return;
            };
            self.now = item.at;
            self.events += 1;
            self.happen(item.what);
        }
    }

    /// Lets so much time pass.
    pub fn run_for(&mut self, span: Time) {
        self.run_until(self.now + span);
    }

    /// Lets time pass until something is so. Whether it came to be in time.
    pub fn run_till(&mut self, patience: Time, mut is_so: impl FnMut(&Self) -> bool) -> bool {
        let end = self.now + patience;
        while self.now < end && self.violation.is_none() {
            if is_so(self) {
                return true;
            }
            self.run_for(10 * MS);
        }
        is_so(self)
    }

    /// The host of this number.
    pub fn place_of(&self, id: NodeId) -> Option<usize> {
        self.hosts.iter().position(|host| host.id == id)
    }

    /// The host of this name.
    pub fn place_named(&self, name: &NodeName) -> Option<usize> {
        self.hosts.iter().position(|host| host.name == *name)
    }

    /// The address book entry of a host.
    pub fn member(&self, place: usize) -> Member {
        let links = (0..self.setup.links)
            .map(|link| {
                let octet = u8::try_from(place + 1).unwrap_or(u8::MAX);
                let net = u8::try_from(link).unwrap_or(u8::MAX);
                std::net::SocketAddr::from(([10, 0, net, octet], 5405))
            })
            .collect();
        Member { id: self.hosts[place].id, name: self.hosts[place].name.clone(), links }
    }

    fn happen(&mut self, what: What) {
        let Some(what) = self.hold_back(what) else { return };
        match what {
            What::Booted(place, boot) => self.booted(place, boot),
            What::Start(place, boot) => {
                if self.hosts[place].boot == Some(boot) {
                    self.start_daemon(place);
                }
            }
            What::Tick(place, serial) => self.tick(place, serial),
            What::NodeWake(place, serial) => self.node_wake(place, serial),
            What::Round(place, serial) => self.round(place, serial),
            What::Planned(place, serial, made) => self.planned(place, serial, made),
            What::MemberWake(place, serial, wish) => self.member_wake(place, serial, wish),
            What::Heartbeat(to, from, link, heartbeat) => {
                self.heartbeat_arrives(to, from, link, *heartbeat);
            }
            What::Letter(to, from, letter) => self.letter_arrives(to, from, letter),
            What::Report(place, serial, report) => self.report(place, serial, *report),
            What::Unreachable(place, serial, peer) => self.unreachable(place, serial, peer),
            What::AgentEnds(place, boot, run) => self.agent_ends(place, boot, run),
            What::AgentWrites(place, boot, run, write) => {
                self.agent_writes(place, boot, run, *write);
            }
            What::AgentSaid(place, serial, run, outcome) => {
                self.agent_said(place, serial, run, outcome);
            }
            What::CardActs(order) => self.card_acts(*order),
            What::CardSaid(place, serial, attempt, reply) => {
                self.card_said(place, serial, attempt, reply);
            }
            What::Resume(place) => self.resume(place),
            What::Unhang(place) => self.unhang(place),
            What::Chance => self.chance(),
            What::Undo(undo) => self.undo(undo),
            What::Client(step) => self.client_step(step),
            What::Admin(deed) => self.administer(deed),
            What::Look => {
                self.look();
                self.expect_now();
                self.later(500 * MS, What::Look);
            }
        }
    }

    /// What concerns a host that stands still waits until it goes on.
    fn hold_back(&mut self, what: What) -> Option<What> {
        let (place, needs_loop) = match &what {
            What::Booted(place, _) | What::Start(place, _) => (*place, false),
            What::MemberWake(place, _, _) | What::AgentEnds(place, _, _) => (*place, false),
            What::AgentWrites(place, ..) => (*place, false),
            What::Heartbeat(to, ..) => (*to, false),
            What::Tick(place, _) | What::NodeWake(place, _) => (*place, true),
            What::Round(place, _) | What::Planned(place, _, _) => (*place, true),
            What::Letter(to, ..) => (*to, true),
            What::Report(place, _, _) | What::Unreachable(place, _, _) => (*place, true),
            What::AgentSaid(place, _, _, _) | What::CardSaid(place, _, _, _) => (*place, true),
            What::CardActs(_)
            | What::Resume(_)
            | What::Unhang(_)
            | What::Chance
            | What::Undo(_)
            | What::Client(_)
            | What::Admin(_)
            | What::Look => return Some(what),
        };
        let host = &mut self.hosts[place];
        if self.now < host.paused_until {
            host.deferred.push(what);
            None
        } else if needs_loop && self.now < host.hung_until {
            host.deferred_loop.push(what);
            None
        } else {
            Some(what)
        }
    }

    /// Stops all software of a host for a while (SIGSTOP of everything, or a hypervisor's pause).
    pub fn pause(&mut self, place: usize, span: Time) {
        let until = self.now + span;
        self.trouble(place);
        self.hosts[place].paused_until = until;
        self.tell(format!("* {} stands still for {:.3} s", self.hosts[place].name, seconds(span)));
        self.later(span, What::Resume(place));
    }

    fn resume(&mut self, place: usize) {
        if self.now < self.hosts[place].paused_until {
            return;
        }
        for what in std::mem::take(&mut self.hosts[place].deferred) {
            self.later(0, what);
        }
    }

    /// Stops the main loop of a daemon for a while.
    pub fn hang(&mut self, place: usize, span: Time) {
        self.trouble(place);
        self.hosts[place].hung_until = self.now + span;
        self.tell(format!("* main loop of {} hangs {:.3} s", self.name(place), seconds(span)));
        self.later(span, What::Unhang(place));
    }

    fn unhang(&mut self, place: usize) {
        if self.now < self.hosts[place].hung_until {
            return;
        }
        for what in std::mem::take(&mut self.hosts[place].deferred_loop) {
            self.later(0, what);
        }
    }

    /// A host's name.
    pub fn name(&self, place: usize) -> NodeName {
        self.hosts[place].name.clone()
    }

    /// Switches a host on; its daemon starts when it has booted.
    pub fn power_on(&mut self, place: usize, boots_for: Time) {
        if self.hosts[place].boot.is_some() {
            return;
        }
        let boot = BootId(self.rng.any());
        let skew = i32::try_from(self.rng.below(401)).unwrap_or(200) - 200;
        let now = self.now;
        let host = &mut self.hosts[place];
        host.boot = Some(boot);
        host.clock = Clock::new(now, skew);
        host.run = host.run.after_power_cut();
        host.booting = true;
        host.off_by_card = false;
        host.departed = false;
        self.tell(format!("* {} is switched on", self.hosts[place].name));
        self.later(boots_for, What::Booted(place, boot));
    }

    fn booted(&mut self, place: usize, boot: BootId) {
        if self.hosts[place].boot != Some(boot) {
            return;
        }
        self.hosts[place].booting = false;
        self.start_daemon(place);
    }

    /// Takes a host's power away at this very moment, with everything that is not on its disk.
    pub fn power_off(&mut self, place: usize) {
        if self.hosts[place].boot.is_none() {
            return;
        }
        self.tell(format!("* {} loses its power", self.hosts[place].name));
        self.trouble(place);
        self.daemon_gone(place);
        let unsynced = self.hosts[place].disk.log.unsynced();
        let keep = self.rng.index(unsynced + 1);
        let host = &mut self.hosts[place];
        host.disk.log.power_cut(keep);
        host.boot = None;
        host.booting = false;
        host.departed = false;
        host.run = host.run.after_power_cut();
        host.deferred.clear();
        host.deferred_loop.clear();
        host.paused_until = 0;
        host.hung_until = 0;
    }

    /// The leaders that there are: place and term.
    pub fn leaders(&self) -> Vec<(usize, u64)> {
        let led = |host: &Host| {
            let node = &host.daemon.as_ref()?.node;
            let leads = node.replica().role() == rota_replica::Role::Leader;
            leads.then(|| node.replica().term().0)
        };
        let all = self.hosts.iter().enumerate();
        all.filter_map(|(place, host)| led(host).map(|term| (place, term))).collect()
    }

    /// The Cib of a leader; of anybody, if nobody leads.
    pub fn cib(&self) -> Option<&rota_cib::Cib> {
        let leader = self.leaders().first().map(|(place, _)| *place);
        let daemons = || self.hosts.iter().filter_map(|host| host.daemon.as_ref());
        let daemon = leader.and_then(|place| self.hosts[place].daemon.as_ref());
        daemon.or_else(|| daemons().next()).map(|daemon| &*daemon.node.state().cib)
    }

    /// Where a resource is active in truth.
    pub fn active(&self, resource: &str) -> Vec<usize> {
        let all = self.hosts.iter().enumerate();
        all.filter(|(_, host)| host.run.services.active.contains(resource))
            .map(|(place, _)| place)
            .collect()
    }

    /// On which hosts a resource is promoted, in truth.
    pub fn promoted(&self, resource: &str) -> Vec<usize> {
        let all = self.hosts.iter().enumerate();
        all.filter(|(_, host)| host.run.services.promoted.contains(resource))
            .map(|(place, _)| place)
            .collect()
    }
}

fn new_host(rng: &mut Rng, place: usize) -> Host {
    let number = u32::try_from(place + 1).unwrap_or(u32::MAX);
    Host {
        name: NodeName::from(format!("n{number}").as_str()),
        id: NodeId(number),
        boot: None,
        clock: Clock::new(0, 0),
        card: Mood::Good,
        disk: Disk {
            log: SimDisk::new(u64::from(number), 1_000 + rng.below(1_000)),
            provisioned: place == 0,
            founded: false,
            roster: Vec::new(),
        },
        run: Volatile::default(),
        daemon: None,
        departed: false,
        paused_until: 0,
        hung_until: 0,
        deferred: Vec::new(),
        deferred_loop: Vec::new(),
        off_by_card: false,
        booting: false,
        alone_since: None,
    }
}

/// A time in seconds, for people.
#[expect(clippy::cast_precision_loss, reason = "for people")]
pub fn seconds(time: Time) -> f64 {
    time as f64 / SECOND as f64
}
