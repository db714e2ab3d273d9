//! The second shell around the same node: what the daemon does with sockets, processes and files,
//! the world does here.

use std::collections::BTreeSet;

use rota_fencing::{Action, Reply};
use rota_ids::{BootId, Incarnation, LinkId, NodeId, StartId};
use rota_membership::{
    Effect as MemberEffect, Heartbeat, Input as MemberInput, Membership, Options, PeerLinks,
    Report, Timing,
};
use rota_node::entry::Entry;
use rota_node::message::{DeviceOrder, Message};
use rota_node::state::ClusterState;
use rota_node::{AgentOutcome, Config, Effect, Event, Node, Now, RunId};
use rota_replica::limits::TICK_MS;
use rota_replica::{LogStore, Replica};
use rota_transition::ResourceOp;

use crate::agents::{Begun, RunState};
use crate::bugs::Bug;
use crate::clock::{self, MS, SECOND, Time};
use crate::fence::Mood;
use crate::host::Daemon;
use crate::world::{CardOrder, Letter, What, World};

/// As the daemon's: how long a member is waited for after a cold start.
const COLD_START_PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

impl World {
    pub(crate) fn local_now(&self, place: usize) -> Now {
        let host = &self.hosts[place];
        let wall = clock::wall(self.wall_time(), host.run.services.wall_is_fast);
        Now { moment: host.clock.local(self.now), wall }
    }

    pub(crate) fn is_life(&self, place: usize, serial: u64) -> bool {
        self.hosts[place].daemon.as_ref().is_some_and(|daemon| daemon.serial == serial)
    }

    /// Starts the daemon of a host that is on and belongs to the cluster.
    pub fn start_daemon(&mut self, place: usize) {
        let host = &mut self.hosts[place];
        let Some(boot) = host.boot else { return };
        if host.daemon.is_some() || !host.disk.provisioned || host.booting {
            return;
        }
        host.run.starts += 1;
        host.departed = false;
        let life = Incarnation { boot, start: StartId(host.run.starts) };
        let now = self.local_now(place);
        let serial = self.next_serial();
        match self.open_replica(place, life) {
            Ok(replica) => {
                let host = &self.hosts[place];
                let config = Config {
                    me: host.id,
                    name: host.name.clone(),
                    life,
                    memory: host.run.memory.clone(),
                    cluster: "sim".into(),
                };
                let timing = Timing { absent: COLD_START_PATIENCE, ..Timing::default() };
                let options = Options::new(timing).unwrap_or_default();
                let daemon = Daemon {
                    serial,
                    life,
                    node: Node::new(config, replica, now),
                    membership: Membership::new(host.id, life, options),
                    progress: 0,
                    member_wake: 0,
                    node_wake: None,
                    crash_after: None,
                    inbox: Vec::new(),
                    round_due: false,
                    links: std::collections::BTreeMap::new(),
                    checked: 0,
                };
                self.tell(format!("* daemon of {} starts, life {life}", self.name(place)));
                self.hosts[place].daemon = Some(daemon);
                self.configure_heartbeats(place);
                self.adopt_runs(place);
                self.later(0, What::Tick(place, serial));
            }
            Err(error) if format!("{error:?}").contains(crate::disk::NO_ROOM) => {
                self.has_no_room(place);
            }
            Err(error) => self
                .violated(format!("the log of {} does not open: {error}", self.hosts[place].name)),
        }
    }

    fn open_replica(
        &mut self,
        place: usize,
        life: Incarnation,
    ) -> Result<Replica<crate::disk::SimDisk>, rota_replica::Error> {
        let config = rota_replica::Config::new(self.hosts[place].id);
        let log = self.hosts[place].disk.log.clone();
        if self.has(Bug::ForgetsVote) {
            log.forget_vote();
        }
        let disk = &mut self.hosts[place].disk;
        if place != 0 || disk.founded || log.bounds().last != 0 {
            return Replica::open(config, log);
        }
        disk.founded = true;
        let member = self.member(place);
        let entry = Entry::Found { cluster: "sim".into(), member, life };
        let state = ClusterState::founded(&entry, clock::wall(self.now, 0));
        let bytes = state.encode().unwrap_or_default();
        Replica::bootstrap(config, log, bytes)
    }

    /// Results that an earlier life left behind; agents that still run say theirs later.
    fn adopt_runs(&mut self, place: usize) {
        let now = self.local_now(place);
        let host = &mut self.hosts[place];
        let Some(daemon) = &mut host.daemon else { return };
        let serial = daemon.serial;
        let known: BTreeSet<RunId> = host.run.services.runs.keys().copied().collect();
        daemon.node.resume(now, &known);
        let mut said = Vec::new();
        for (id, run) in &host.run.services.runs {
            if let RunState::Ended(outcome) = &run.state {
                said.push((*id, outcome.clone()));
            }
        }
        for (run, outcome) in said {
            self.later(0, What::AgentSaid(place, serial, run, outcome));
        }
    }

    /// The daemon is no more. What it told the host's files stays.
    pub fn daemon_gone(&mut self, place: usize) {
        self.client.forget(place);
        self.hosts[place].daemon = None;
        self.hosts[place].deferred_loop.clear();
        self.hosts[place].hung_until = 0;
    }

    /// The daemon crashes; its supervisor starts it again after a while. Agents go on, but some
    /// die with it.
    pub fn crash(&mut self, place: usize, again_after: Time) {
        let Some(boot) = self.hosts[place].boot else { return };
        if self.hosts[place].daemon.is_none() {
            return;
        }
        self.tell(format!("* daemon of {} dies", self.name(place)));
        self.trouble(place);
        self.daemon_gone(place);
        let runs: Vec<RunId> = self.hosts[place].run.services.runs.keys().copied().collect();
        for run in runs {
            if self.rng.chance(100) {
                if let Some(lost) = self.hosts[place].run.services.runs.get(&run) {
                    let resource = lost.op.resource.clone();
                    self.harmed(place, &resource);
                }
                let now = self.now;
                let begun = self.hosts[place].run.services.lose(&mut self.rng, now, run);
                self.agent_begun(place, begun);
            }
        }
        self.later(again_after, What::Start(place, boot));
    }

    fn configure_heartbeats(&mut self, place: usize) {
        let me = self.hosts[place].id;
        let links = (0..self.setup.links).filter_map(|link| u8::try_from(link).ok()).map(LinkId);
        let peers = self.hosts[place]
            .disk
            .roster
            .iter()
            .filter(|member| member.id != me)
            .map(|member| PeerLinks { peer: member.id, links: links.clone().collect() })
            .collect();
        self.member_step(place, MemberInput::Configure(peers));
    }

    fn member_step(&mut self, place: usize, input: MemberInput) {
        let moment = self.local_now(place).moment;
        let Some(daemon) = &mut self.hosts[place].daemon else { return };
        let serial = daemon.serial;
        let mut todo = Vec::new();
        daemon.membership.step(moment, input, &mut todo);
        for effect in todo {
            match effect {
                MemberEffect::Send { to, link, heartbeat } => {
                    self.send_heartbeat(place, to, link, heartbeat);
                }
                MemberEffect::WakeAt(at) => {
                    let when = self.hosts[place].clock.when(at).max(self.now);
                    let Some(daemon) = &mut self.hosts[place].daemon else { return };
                    daemon.member_wake += 1;
                    let wish = daemon.member_wake;
                    self.later(when - self.now, What::MemberWake(place, serial, wish));
                }
                MemberEffect::Report(report) => {
                    self.later(0, What::Report(place, serial, Box::new(report)));
                }
            }
        }
    }

    fn send_heartbeat(&mut self, from: usize, to: NodeId, link: LinkId, heartbeat: Heartbeat) {
        let Some(to) = self.place_of(to) else { return };
        let Some(travels) = self.net.datagram(&mut self.rng, usize::from(link.0), from, to) else {
            return;
        };
        self.later(travels, What::Heartbeat(to, from, link, Box::new(heartbeat)));
    }

    pub(crate) fn heartbeat_arrives(
        &mut self,
        to: usize,
        from: usize,
        link: LinkId,
        heartbeat: Heartbeat,
    ) {
        self.heard_something(to);
        let from = self.hosts[from].id;
        self.member_step(to, MemberInput::Received { from, link, heartbeat });
    }

    pub(crate) fn member_wake(&mut self, place: usize, serial: u64, wish: u64) {
        let Some(daemon) = &self.hosts[place].daemon else { return };
        if daemon.serial != serial || daemon.member_wake != wish {
            return;
        }
        let progress = daemon.progress;
        self.member_step(place, MemberInput::Progress(progress));
        self.member_step(place, MemberInput::Woken);
    }

    pub(crate) fn report(&mut self, place: usize, serial: u64, report: Report) {
        if !self.is_life(place, serial) {
            return;
        }
        match &report {
            Report::BestLinkChanged { peer, link: Some(link) } => {
                if let Some(daemon) = &mut self.hosts[place].daemon {
                    daemon.links.insert(*peer, usize::from(link.0));
                }
            }
            Report::HearingChanged(_) | Report::LinkChanged { .. } => {}
            Report::BestLinkChanged { .. } => {}
            other => {
                let line = format!("{}: {other:?}", self.name(place));
                self.tell(line);
            }
        }
        let departed = report == Report::Departed;
        self.event(place, Event::Membership(report));
        if departed && self.is_life(place, serial) {
            self.tell(format!("* daemon of {} has left", self.name(place)));
            self.daemon_gone(place);
            self.hosts[place].departed = true;
        }
    }

    pub(crate) fn unreachable(&mut self, place: usize, serial: u64, peer: NodeId) {
        if self.is_life(place, serial) {
            self.event(place, Event::Unreachable(peer));
        }
    }

    pub(crate) fn tick(&mut self, place: usize, serial: u64) {
        if !self.is_life(place, serial) {
            return;
        }
        self.later(TICK_MS * MS, What::Tick(place, serial));
        self.event(place, Event::Tick);
    }

    pub(crate) fn crashes_now(&mut self, place: usize) -> bool {
        let Some(left) =
            self.hosts[place].daemon.as_mut().and_then(|daemon| daemon.crash_after.as_mut())
        else {
            return false;
        };
        *left = left.saturating_sub(1);
        *left == 0
    }

    /// The disk failed under the node: the host loses its power in the middle of a write.
    pub(crate) fn node_failed(&mut self, place: usize, error: &rota_node::Error) {
        let root = format!("{error:?}");
        if root.contains("simulated crash") {
            self.power_off(place);
            let dark = self.rng.between(SECOND, 20 * SECOND);
            self.later(dark, What::Undo(crate::chaos::Undo::PowerOn(place)));
        } else if root.contains(crate::disk::NO_ROOM) {
            self.has_no_room(place);
        } else {
            self.violated(format!("{} cannot go on: {root}", self.hosts[place].name));
        }
    }

    pub(crate) fn wake_later(&mut self, place: usize, serial: u64) {
        let clock = self.hosts[place].clock;
        let Some(daemon) = &mut self.hosts[place].daemon else { return };
        let Some(wanted) = daemon.node.next_wake() else { return };
        let when = clock.when(wanted).max(self.now + MS);
        if daemon.node_wake.is_none_or(|known| known > when) {
            daemon.node_wake = Some(when);
            self.later(when - self.now, What::NodeWake(place, serial));
        }
    }

    pub(crate) fn carry_out(&mut self, place: usize, serial: u64, effect: Effect) {
        match effect {
            Effect::Raft { to, message } => self.send_letter(place, to, &Letter::Raft(message)),
            Effect::Peer { to, message } => {
                if let Ok(bytes) = message.encode() {
                    self.send_letter(place, to, &Letter::Peer(bytes));
                }
            }
            Effect::RunAgent { run, op } => self.run_agent(place, serial, run, *op),
            Effect::CancelAgent(run) => self.cancel_agent(place, serial, run),
            Effect::ForgetRun(run) => {
                if !self.keeps_run(place, run) {
                    self.hosts[place].run.services.runs.remove(&run);
                }
            }
            Effect::Plan(job) => self.make_plan(place, serial, *job),
            Effect::RunDevice(order) => self.run_device(place, serial, *order),
            Effect::CancelDevice(attempt) => {
                self.cancelled_cards.insert((place, attempt), self.now);
            }
            Effect::Tell { request, told } => self.told(place, request, &told),
            Effect::Roster(members) => {
                if !members.is_empty() {
                    self.hosts[place].disk.roster = members;
                    self.configure_heartbeats(place);
                }
            }
            Effect::Remember(memory) => self.hosts[place].run.memory = Some(memory),
            Effect::Depart => {
                self.check_goodbye(place);
                self.member_step(place, MemberInput::Leave);
            }
            Effect::Die(why) => {
                self.tell(format!("{}: must die: {why}", self.name(place)));
                self.crash(place, 500 * MS);
            }
            Effect::Tale(story) => {
                self.checks.tale(self.now, &story);
                self.tell(format!("{}: {story}", self.name(place)));
                if let Some(why) = self.checks.refused.take() {
                    self.violated(format!("{} refuses its own plan: {why}", self.name(place)));
                }
            }
        }
    }

    fn send_letter(&mut self, from: usize, to: NodeId, letter: &Letter) {
        let Some(peer) = self.place_of(to) else { return };
        let Some(daemon) = &self.hosts[from].daemon else { return };
        let (serial, link) = (daemon.serial, daemon.links.get(&to).copied().unwrap_or(0));
        let bytes = match letter {
            Letter::Raft(bytes) | Letter::Peer(bytes) => bytes.len(),
        };
        let way = (from, peer);
        let arrivals = self.net.letter(&mut self.rng, self.now, link, way, bytes);
        if arrivals.is_empty() && self.rng.chance(200) {
            let later = self.rng.between(MS, 300 * MS);
            self.later(later, What::Unreachable(from, serial, to));
        }
        for at in arrivals {
            let letter = letter.clone();
            self.later(at - self.now, What::Letter(peer, from, letter));
        }
    }

    pub(crate) fn letter_arrives(&mut self, to: usize, from: usize, letter: Letter) {
        self.heard_something(to);
        let sender = self.hosts[from].id;
        let Some(daemon) = &self.hosts[to].daemon else {
            // Nobody listens there: the sender is told, if it still lives.
            if self.hosts[to].boot.is_some()
                && let Some(serial) = self.hosts[from].daemon.as_ref().map(|d| d.serial)
            {
                let peer = self.hosts[to].id;
                self.later(MS, What::Unreachable(from, serial, peer));
            }
            return;
        };
        match letter {
            Letter::Raft(message) => self.event(to, Event::Raft { from: sender, message }),
            Letter::Peer(bytes) => match Message::decode(&bytes) {
                Ok(mut message) => {
                    if let Message::Order(order) = &mut message
                        && self.bug == Some(Bug::ObeysOldOrders)
                    {
                        if self.net.dressed.remove(&bytes) {
                            order.token = order.token.max(daemon.node.local().newest());
                            order.id.number += 1 << 40;
                        } else if self.rng.chance(100) {
                            let late = self.rng.between(5 * SECOND, 60 * SECOND);
                            self.net.dressed.insert(bytes.clone());
                            self.later(late, What::Letter(to, from, Letter::Peer(bytes)));
                        }
                    }
                    self.event(to, Event::Peer { from: sender, message });
                }
                Err(error) => self.violated(format!("a message cannot be read: {error}")),
            },
        }
    }

    fn run_agent(&mut self, place: usize, serial: u64, run: RunId, op: ResourceOp) {
        if op.class == "stonith" {
            return self.try_device(place, serial, run, &op);
        }
        if op.operation == "start" {
            self.tell(format!("{}: agent start {}", self.name(place), op.resource));
            self.check_start(place);
        }
        if self.is_swallowed(&op) {
            let outcome = self.well_done(place);
            return self.later(50 * MS, What::AgentSaid(place, serial, run, outcome));
        }
        self.expect_queued(place, &op);
        let now = self.now;
        let begun = self.hosts[place].run.services.ask(&mut self.rng, now, run, op.clone());
        self.agent_begun(place, begun);
        self.repeat_notify(place, run, &op);
        self.check_instances(place);
    }

    pub(crate) fn agent_begun(&mut self, place: usize, begun: Option<Begun>) {
        if let (Some(begun), Some(boot)) = (begun, self.hosts[place].boot) {
            self.expect_began(place, begun.run);
            self.script(place, boot, begun);
            self.later(begun.takes, What::AgentEnds(place, boot, begun.run));
            self.end_early(place, begun.run);
        }
    }

    fn cancel_agent(&mut self, place: usize, serial: u64, run: RunId) {
        let now = self.now;
        let services = &mut self.hosts[place].run.services;
        let (cancelled, begun) = services.cancel(&mut self.rng, now, run);
        if cancelled
            && let Some(RunState::Ended(outcome)) = services.runs.get(&run).map(|r| r.state.clone())
        {
            self.later(0, What::AgentSaid(place, serial, run, outcome));
        }
        self.agent_begun(place, begun);
        self.check_instances(place);
    }

    pub(crate) fn agent_ends(&mut self, place: usize, boot: BootId, run: RunId) {
        if self.hosts[place].boot != Some(boot) {
            return;
        }
        let now = self.now;
        let migrates = self.migrates(place, run);
        let services = &mut self.hosts[place].run.services;
        let begun = services.end(&mut self.rng, now, run);
        let ended = services.runs.get(&run).map(|run| run.state.clone());
        self.expect_ended(place, run);
        self.agent_begun(place, begun);
        if let Some((resource, target)) = migrates {
            self.tell(format!(
                "{resource} migrates from {} to {}",
                self.name(place),
                self.name(target)
            ));
            self.hosts[place].run.services.leave(&resource);
            self.hosts[target].run.services.active.insert(resource);
            self.check_instances(target);
        }
        self.check_instances(place);
        self.tell_promotion_score(place, run);
        let Some(RunState::Ended(mut outcome)) = ended else { return };
        self.make_of_end(place, run, &mut outcome);
        if let Some(daemon) = &self.hosts[place].daemon {
            let serial = daemon.serial;
            self.later(0, What::AgentSaid(place, serial, run, outcome));
        }
    }

    /// What leaves this host and arrives at another in the moment when this run ends.
    fn migrates(&mut self, place: usize, run: RunId) -> Option<(rota_ids::Text, usize)> {
        let (resource, target) = self.hosts[place].run.services.migrates_to(run)?;
        let target = self.place_named(&target).filter(|target| {
            self.hosts[*target].boot.is_some() && self.net.reaches(place, *target)
        });
        if target.is_none() {
            self.hosts[place].run.services.spoil(run);
        }
        Some((resource, target?))
    }

    /// As agents of databases do it: with each look they say how well they could be promoted.
    fn tell_promotion_score(&mut self, place: usize, run: RunId) {
        let Some(resource) = self.setup.promotable() else { return };
        let services = &self.hosts[place].run.services;
        let looked = services.runs.get(&run).is_some_and(|run| {
            run.op.resource == *resource
                && matches!(run.op.operation.as_str(), "start" | "monitor")
                && matches!(&run.state, RunState::Ended(outcome) if matches!(outcome.rc, 0 | 8))
        });
        if looked {
            self.client_step(crate::client::Step::Score(place));
        }
    }

    pub(crate) fn agent_said(
        &mut self,
        place: usize,
        serial: u64,
        run: RunId,
        outcome: AgentOutcome,
    ) {
        if self.is_life(place, serial) {
            self.event(place, Event::AgentEnded { run, outcome });
        }
    }

    /// To "start" or "monitor" a fence device is to try whether its card answers.
    fn try_device(&mut self, place: usize, serial: u64, run: RunId, op: &ResourceOp) {
        let target = op.params.iter().find(|(name, _)| name == "pcmk_host_list");
        let card = target
            .and_then(|(_, value)| self.place_named(&value.as_str().into()))
            .map_or(Mood::Dead, |target| self.hosts[target].card);
        let works = matches!(card, Mood::Good | Mood::Slow | Mood::Mute | Mood::Liar)
            && !self.net.no_bmc[place];
        let timeout = u64::from(op.timeout_ms) * MS;
        let takes = if works { 50 * MS } else { timeout.min(5 * SECOND) };
        let outcome = AgentOutcome { rc: i32::from(!works), ..self.well_done(place) };
        self.later(takes, What::AgentSaid(place, serial, run, outcome));
    }

    fn run_device(&mut self, place: usize, serial: u64, order: DeviceOrder) {
        let attempt = order.attempt;
        let Some(target) = self.place_named(&order.target) else { return };
        let timeout = order.timeout_ms * MS;
        self.tell(format!(
            "{}: card of {} is told '{}' ({:?})",
            self.name(place),
            order.target,
            order.action.as_str(),
            self.hosts[target].card,
        ));
        if self.has(Bug::NoProof) && order.action == Action::Off {
            let reply = Reply::ProvenOff { how: "believe me".into() };
            return self.later(50 * MS, What::CardSaid(place, serial, attempt, reply));
        }
        let mood = if self.net.no_bmc[place] { Mood::Dead } else { self.hosts[target].card };
        let course = mood.course(&mut self.rng);
        let in_time = |at: &Time| *at < timeout;
        if course.answers_after.as_ref().is_none_or(|at| !in_time(at)) {
            let reply = Reply::TimedOut { why: "no answer in time".into() };
            self.later(timeout, What::CardSaid(place, serial, attempt, reply));
        }
        if mood == Mood::Refusing {
            let reply = Reply::Refused { why: "not today".into() };
            self.later(100 * MS, What::CardSaid(place, serial, attempt, reply));
        }
        if let Some(acts) = course.acts_after {
            let answers_after =
                course.answers_after.filter(in_time).map(|answers| answers.saturating_sub(acts));
            let card = CardOrder { executor: place, serial, target, order, answers_after, mood };
            self.later(acts, What::CardActs(Box::new(card)));
        }
    }

    pub(crate) fn card_acts(&mut self, card: CardOrder) {
        let CardOrder { executor, serial, mut target, order, answers_after, .. } = card;
        if self.has(Bug::WrongPlug) && order.action == Action::Off {
            target = (target + 1) % self.hosts.len();
        }
        let attempt = order.attempt;
        // Taken back before it began; later nothing can be taken back.
        if self.cancelled_cards.remove(&(executor, attempt)).is_some() && self.rng.chance(500) {
            return;
        }
        let is_on = self.hosts[target].boot.is_some();
        let reply = match order.action {
            Action::Off => {
                self.expect_shot(executor, target);
                self.power_off(target);
                self.hosts[target].off_by_card = true;
                Reply::ProvenOff { how: "seen off".into() }
            }
            Action::On => {
                let boots_for = self.rng.between(3 * SECOND, 12 * SECOND);
                if !self.has(Bug::NeverSwitchesOn) {
                    self.power_on(target, boots_for);
                }
                Reply::On
            }
            Action::Status => {
                if is_on {
                    Reply::On
                } else {
                    Reply::Off
                }
            }
            Action::Monitor => Reply::Works,
        };
        if let Some(later) = answers_after {
            self.later(later, What::CardSaid(executor, serial, attempt, reply));
        }
    }

    pub(crate) fn card_said(
        &mut self,
        place: usize,
        serial: u64,
        attempt: rota_fencing::AttemptId,
        reply: Reply,
    ) {
        if self.is_life(place, serial) {
            self.event(place, Event::DeviceEnded { attempt, reply });
        }
    }
}
