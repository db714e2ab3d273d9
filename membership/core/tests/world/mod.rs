//! A few nodes, a network with faults, and a clock that ticks in milliseconds.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Duration;

use rota_ids::{BootId, Incarnation, LinkId, Moment, NodeId, StartId};
use rota_membership::{
    Effect, Hearing, Heartbeat, Input, Membership, Options, PeerLinks, Report, choose,
};

/// How long a packet travels.
const LATENCY_MS: u64 = 1;
/// How often a main loop makes a round.
const ROUND_MS: u64 = 500;

/// From, to, link.
type Wire = (u32, u32, u8);

/// Everything there is.
#[derive(Default)]
pub struct World {
    now_ms: u64,
    nodes: BTreeMap<u32, Node>,
    size: u32,
    links: u8,
    flying: BTreeMap<u64, Vec<(Wire, Heartbeat)>>,
    recorded: Vec<(Wire, Heartbeat)>,
    cut: BTreeSet<Wire>,
    loss_percent: BTreeMap<Wire, u64>,
    flaps: Vec<(Vec<Wire>, u64)>,
    pulses: BTreeMap<u32, (u64, u64)>,
    dice: u64,
    said: String,
}

struct Node {
    machine: Membership,
    incarnation: Incarnation,
    wake_at: Option<Moment>,
    alive: bool,
    paused: bool,
    hung: bool,
    progress: u64,
    backlog: Vec<(Wire, Heartbeat)>,
}

impl World {
    /// Carries out one line and says what was reported meanwhile.
    ///
    /// `cluster N links L` starts N nodes that know each other; `run TIME` lets time pass, `rest
    /// TIME` does so without telling. `kill A`, `start A`, `boot A`, `pause A`, `resume A`, `hang
    /// A`, `unhang A`, `leave A` do what they say. `cut A B [LINK]`, `oneway A B [LINK]`, `heal A B
    /// [LINK]`, `loss A B LINK PERCENT`, `flap A B TIME [LINK]`, `calm` concern the wires. `pulse A
    /// AWAY HERE` stops and continues A again and again. `replay A B` gives B everything again that
    /// A ever sent to it. `forget A B` and `know A B` configure. `status A`, `choose A` ask.
    pub fn command(&mut self, line: &str) -> String {
        let words: Vec<&str> = line.split_whitespace().collect();
        let arguments: Vec<u64> = words[1..].iter().filter_map(|word| number(word)).collect();
        let node = || u32::try_from(arguments[0]).unwrap();
        let other = || u32::try_from(arguments[1]).unwrap();
        match words[0] {
            "cluster" => self.cluster(node(), arguments[1]),
            "run" => self.run(arguments[0]),
            "rest" => {
                self.run(arguments[0]);
                self.said.clear();
            }
            "kill" => self.node(node()).alive = false,
            "start" => self.start(node(), 1, 0),
            "boot" => self.start(node(), 0, 100),
            "pause" => self.node(node()).paused = true,
            "resume" => self.resume(node()),
            "hang" => self.node(node()).hung = true,
            "unhang" => self.node(node()).hung = false,
            "leave" => self.step(node(), Input::Leave),
            "cut" => {
                let wires = self.wires(node(), other(), arguments.get(2));
                self.cut.extend(wires);
            }
            "oneway" => {
                let wires = self.wires(node(), other(), arguments.get(2));
                self.cut.extend(wires.into_iter().filter(|wire| wire.0 == node()));
            }
            "heal" => {
                for wire in self.wires(node(), other(), arguments.get(2)) {
                    self.cut.remove(&wire);
                }
            }
            "loss" => {
                for wire in self.wires(node(), other(), arguments.get(2)) {
                    self.loss_percent.insert(wire, arguments[3]);
                }
            }
            "flap" => {
                let wires = self.wires(node(), other(), arguments.get(3));
                self.flaps.push((wires, arguments[2]));
            }
            "calm" => {
                self.flaps.clear();
                self.loss_percent.clear();
                self.cut.clear();
                self.pulses.clear();
            }
            "pulse" => {
                self.pulses.insert(node(), (arguments[1], arguments[2]));
            }
            "replay" => self.replay(node(), other()),
            "forget" => self.configure(node(), Some(other())),
            "know" => self.configure(node(), None),
            "status" => self.status(node()),
            "choose" => self.choose(node()),
            unknown => panic!("no command {unknown:?}"),
        }
        std::mem::take(&mut self.said)
    }

    fn node(&mut self, id: u32) -> &mut Node {
        self.nodes.get_mut(&id).unwrap()
    }

    fn now(&self) -> Moment {
        Moment::from_millis(self.now_ms)
    }

    fn cluster(&mut self, size: u32, links: u64) {
        self.size = size;
        self.links = u8::try_from(links).unwrap();
        for id in 1..=size {
            self.born(id, life(u64::from(id), 1));
        }
    }

    fn born(&mut self, id: u32, incarnation: Incarnation) {
        let machine = Membership::new(NodeId(id), incarnation, Options::default());
        let node = Node {
            machine,
            incarnation,
            wake_at: None,
            alive: true,
            paused: false,
            hung: false,
            progress: 0,
            backlog: Vec::new(),
        };
        self.nodes.insert(id, node);
        self.configure(id, None);
    }

    /// The node's next life.
    fn start(&mut self, id: u32, starts: u32, boots: u64) {
        let Incarnation { boot, start } = self.node(id).incarnation;
        let start = if boots == 0 { start.0 + starts } else { 1 };
        self.born(id, life(boot.0 + boots, start));
    }

    fn configure(&mut self, id: u32, without: Option<u32>) {
        let links: BTreeSet<LinkId> = (0..self.links).map(LinkId).collect();
        let others = (1..=self.size).filter(|&other| other != id && Some(other) != without);
        let peers = others.map(|peer| PeerLinks { peer: NodeId(peer), links: links.clone() });
        self.step(id, Input::Configure(peers.collect()));
    }

    /// Both directions between two nodes (0 for the second: all others), on one link or all.
    fn wires(&self, a: u32, b: u32, link: Option<&u64>) -> Vec<Wire> {
        let links = (0..self.links).filter(|&id| link.is_none_or(|&link| link == u64::from(id)));
        let others: Vec<u32> =
            (1..=self.size).filter(|&id| id != a && (b == 0 || id == b)).collect();
        links
            .flat_map(|link| others.iter().flat_map(move |&b| [(a, b, link), (b, a, link)]))
            .collect()
    }

    fn run(&mut self, ms: u64) {
        for _ in 0..ms {
            self.now_ms += 1;
            self.flap();
            self.pulse();
            for (wire, heartbeat) in self.flying.remove(&self.now_ms).unwrap_or_default() {
                self.deliver(wire, heartbeat);
            }
            for id in 1..=self.size {
                self.tick(id);
            }
        }
    }

    fn tick(&mut self, id: u32) {
        let (now, now_ms) = (self.now(), self.now_ms);
        let node = self.node(id);
        if !node.alive || node.paused {
            return;
        }
        if now_ms.is_multiple_of(ROUND_MS) && !node.hung {
            node.progress += 1;
            let progress = Input::Progress(node.progress);
            self.step(id, progress);
        }
        if self.node(id).wake_at.is_some_and(|at| at <= now) {
            self.node(id).wake_at = None;
            self.step(id, Input::Woken);
        }
    }

    fn flap(&mut self) {
        for (wires, period) in &self.flaps {
            if !self.now_ms.is_multiple_of(*period) {
                continue;
            }
            for wire in wires {
                if !self.cut.remove(wire) {
                    self.cut.insert(*wire);
                }
            }
        }
    }

    fn pulse(&mut self) {
        for (id, (away, here)) in self.pulses.clone() {
            let phase = self.now_ms % (away + here);
            if phase == 0 {
                self.node(id).paused = true;
            } else if phase == away {
                self.resume(id);
            }
        }
    }

    /// What arrived meanwhile is read first, as the shell does.
    fn resume(&mut self, id: u32) {
        self.node(id).paused = false;
        for (wire, heartbeat) in std::mem::take(&mut self.node(id).backlog) {
            self.deliver(wire, heartbeat);
        }
        self.tick(id);
    }

    fn replay(&mut self, from: u32, to: u32) {
        for (wire, heartbeat) in self.recorded.clone() {
            if (wire.0, wire.1) == (from, to) {
                self.deliver(wire, heartbeat);
            }
        }
    }

    fn deliver(&mut self, wire: Wire, heartbeat: Heartbeat) {
        let (from, to, link) = wire;
        let node = self.node(to);
        if node.paused {
            node.backlog.push((wire, heartbeat));
        } else if node.alive {
            self.step(to, Input::Received { from: NodeId(from), link: LinkId(link), heartbeat });
        }
    }

    fn step(&mut self, id: u32, input: Input) {
        let now = self.now();
        let mut todo = Vec::new();
        self.node(id).machine.step(now, input, &mut todo);
        for effect in todo {
            match effect {
                Effect::Send { to, link, heartbeat } => self.send((id, to.0, link.0), heartbeat),
                Effect::WakeAt(at) => self.node(id).wake_at = Some(at),
                Effect::Report(report) => {
                    let seconds = self.now_ms / 1000;
                    let rest = self.now_ms % 1000;
                    writeln!(self.said, "{seconds}.{rest:03} {id}: {}", in_words(&report)).unwrap();
                }
            }
        }
    }

    fn send(&mut self, wire: Wire, heartbeat: Heartbeat) {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_041);
        let lost = (self.dice >> 33) % 100 < self.loss_percent.get(&wire).copied().unwrap_or(0);
        self.recorded.push((wire, heartbeat.clone()));
        if !lost && !self.cut.contains(&wire) {
            let at = self.now_ms + LATENCY_MS;
            self.flying.entry(at).or_default().push((wire, heartbeat));
        }
    }

    fn status(&mut self, id: u32) {
        let now = self.now();
        let table = self.node(id).machine.status(now);
        for peer in table.peers {
            let best = peer.best.map_or("none".into(), |link| link.to_string());
            writeln!(self.said, "{} {:?}, best link {best}", peer.peer, peer.standing).unwrap();
            for link in peer.links {
                writeln!(
                    self.said,
                    "  link {} {:?}, round trip {:?}, loss here {} there {}, silent for {:?}",
                    link.link,
                    link.state,
                    link.round_trip.unwrap_or_default(),
                    link.loss_here_permille,
                    link.loss_there_permille,
                    link.silent_for.unwrap_or_default(),
                )
                .unwrap();
            }
        }
    }

    /// All are voters and members of the present view; the node asked is the leader.
    fn choose(&mut self, id: u32) {
        let all: BTreeSet<NodeId> = (1..=self.size).map(NodeId).collect();
        let hearing = self.node(id).machine.hearing().clone();
        let said = match choose(&hearing, &all, &all, NodeId(id)) {
            Ok(group) => format!("{:?}", group.members.keys().map(|id| id.0).collect::<Vec<_>>()),
            Err(why) => why.to_string(),
        };
        writeln!(self.said, "{id} would choose: {said}").unwrap();
    }
}

fn life(boot: u64, start: u32) -> Incarnation {
    Incarnation { boot: BootId(boot), start: StartId(start) }
}

/// A bare number, `20%`, `300ms` or `2s`.
fn number(word: &str) -> Option<u64> {
    if let Some(seconds) = word.strip_suffix('s').and_then(|word| word.parse::<u64>().ok()) {
        return Some(seconds * 1000);
    }
    word.trim_end_matches("ms").trim_end_matches('%').parse().ok()
}

fn in_words(report: &Report) -> String {
    let short = |life: &Incarnation| format!("{}/{}", life.boot.0, life.start);
    match report {
        Report::PeerHeard { peer, incarnation, birth } => {
            format!("heard {peer} in life {} ({birth:?})", short(incarnation))
        }
        Report::PeerLost { peer, incarnation, silent_for, reason } => {
            format!("LOST {peer} in life {} ({reason:?}, {silent_for:?})", short(incarnation))
        }
        Report::PeerLeft { peer, incarnation } => {
            format!("{peer} left in life {}", short(incarnation))
        }
        Report::PeerAbsent { peer } => format!("{peer} is absent"),
        Report::HearingChanged(hearing) => format!("hearing {}", matrix(hearing)),
        Report::LinkChanged { peer, link, state } => format!("link {link} to {peer} {state:?}"),
        Report::BestLinkChanged { peer, link: Some(link) } => format!("uses link {link} to {peer}"),
        Report::BestLinkChanged { peer, link: None } => format!("has no link to {peer}"),
        Report::Overslept { by } => {
            format!("overslept by {:?}", Duration::from_millis(by.as_millis() as u64))
        }
        Report::Departed => "departed".into(),
    }
}

fn matrix(hearing: &Hearing) -> String {
    let row = |(id, row): (&NodeId, &rota_membership::Row)| {
        let heard: Vec<String> = row.hears.keys().map(ToString::to_string).collect();
        let wary: String = row.wary.keys().map(|node| format!("({node})")).collect();
        format!("{id}>{}{wary}", heard.join(","))
    };
    hearing.rows.iter().map(row).collect::<Vec<_>>().join(" ")
}
