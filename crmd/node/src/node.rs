//! The whole node: one entry for everything that happens.

use std::collections::{BTreeMap, BTreeSet};

use rota_fencing::{AttemptId, Chance, Fencer, Request, RequestDelay, Verdict};
use rota_ids::{Incarnation, NodeId, NodeName, Text};
use rota_membership::{Hearing, Report};
use rota_replica::{self as replica, LogStore, Members, Replica, Role};
use rota_transition::{AbortReason, FenceAction};

use crate::controller::{Controller, Want};
use crate::entry::{Entry, Member, Proposal};
use crate::event::{Ask, Effect, Event, Now, RequestId, RunId, Told};
use crate::fences;
use crate::limits::{HAND_OVER_PATIENCE, REMEMBERED_ORDERS, RESEND_ORDER, RESEND_SEAT};
use crate::local::{Local, Memory, Taken};
use crate::message::{DeviceOrder, Message};
use crate::minority::{Hands, Minority};
use crate::order::{Order, OrderId, OrderTask, Token};
use crate::proposals::{Proposals, Purpose};
use crate::state::{Answer, ClusterState, News};
use crate::story::Story;
use crate::views::{Neighbours, Next};

/// What a node must know of itself at its start.
#[derive(Clone, Debug)]
pub struct Config {
    /// Its number.
    pub me: NodeId,
    /// Its name.
    pub name: NodeName,
    /// Which life this is.
    pub life: Incarnation,
    /// What an earlier life of the same boot left, as [`Effect::Remember`] gave it.
    pub memory: Option<Vec<u8>>,
}

/// Why a node cannot go on. Its peers recover; it must start anew.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log failed.
    #[error("the replicated log failed")]
    Replica(#[from] replica::Error),
    /// The log holds something that this version cannot read.
    #[error("the log holds an entry that this version cannot read; is it older than its peers?")]
    Entry(#[from] crate::entry::CodecError),
}

/// A node that may leave: first somebody else has to lead.
struct Departing {
    since: rota_ids::Moment,
    asked: Option<rota_ids::Moment>,
    gone: bool,
}

/// One whole node of the cluster.
///
/// The shell calls [`Node::step`] with whatever happened, as much of it as is at hand, and then
/// [`Node::flush`] once: the log is written and synced, what was committed is applied, and the
/// effects come out in the order in which they must be carried out.
pub struct Node<S: LogStore> {
    config: Config,
    replica: Replica<S>,
    state: ClusterState,
    local: Local,
    proposals: Proposals,
    neighbours: Neighbours,
    controller: Option<Controller>,
    fencer: Fencer,
    minority: Minority,
    device_askers: BTreeMap<AttemptId, NodeId>,
    waiting_for_idle: Vec<RequestId>,
    leaving: bool,
    departing: Option<Departing>,
    snapshot_wanted: bool,
    fencer_is_behind: bool,
    /// The latest orders whose end this node has seen in the log: whoever is behind may still
    /// report them as in flight.
    ended_orders: BTreeSet<OrderId>,
    asked_for_seat: Option<rota_ids::Moment>,
    todo: Vec<Effect>,
}

impl<S: LogStore> Node<S> {
    /// A node over a replica that has just been opened.
    pub fn new(config: Config, replica: Replica<S>, now: Now) -> Self {
        let memory =
            config.memory.as_deref().and_then(|bytes| rmp_serde::from_slice::<Memory>(bytes).ok());
        let has_past = memory.is_some();
        let local = Local::new(config.name.clone(), config.life, now, memory);
        let first_attempt = AttemptId(u64::from(config.life.start.0) << 32);
        Self {
            local,
            proposals: Proposals::new(config.me, config.life),
            neighbours: Neighbours::new(config.me, config.life),
            controller: None,
            fencer: Fencer::new(config.me, first_attempt),
            minority: Minority::new(now, has_past),
            device_askers: BTreeMap::new(),
            waiting_for_idle: Vec::new(),
            leaving: false,
            departing: None,
            snapshot_wanted: false,
            fencer_is_behind: false,
            ended_orders: BTreeSet::new(),
            asked_for_seat: None,
            todo: Vec::new(),
            state: ClusterState::default(),
            replica,
            config,
        }
    }

    /// The state that all entries applied so far have made.
    pub fn state(&self) -> &ClusterState {
        &self.state
    }

    /// The replicated log.
    pub fn replica(&self) -> &Replica<S> {
        &self.replica
    }

    /// The replica's members.
    pub fn members(&self) -> Members {
        self.replica.members()
    }

    /// This node's own resources.
    pub fn local(&self) -> &Local {
        &self.local
    }

    /// Who leads, if known.
    pub fn leader(&self) -> Option<NodeId> {
        self.replica.leader()
    }

    /// Whether this node may act: it belongs to the view and hears the majority through raft.
    pub fn is_quorate(&self) -> bool {
        self.replica.is_quorate() && self.state.is_member(self.config.me, self.config.life)
    }

    /// What is still going on, as far as this node knows; empty when it is not the DC.
    pub fn pending(&self) -> Vec<Text> {
        self.controller.as_ref().map(|c| c.pending(&self.state)).unwrap_or_default()
    }

    /// Fencing jobs and how far each is; empty when this node is not the DC.
    pub fn fencing_jobs(&self) -> Vec<(NodeName, rota_fencing::Phase)> {
        self.fencer.jobs().map(|job| (job.target.clone(), job.phase)).collect()
    }

    /// Goes on with what an earlier life of this boot left; `known` are the runs whose end the
    /// journal of agents has or will have.
    pub fn resume(&mut self, now: Now, known: &BTreeSet<RunId>) {
        let mut entries = Vec::new();
        self.local.resume(known, &mut entries, &mut self.todo);
        self.propose_all(now, entries);
    }

    /// Takes in one event. What follows from it comes with the next [`Self::flush`].
    ///
    /// # Errors
    /// All errors are final: the node cannot go on.
    pub fn step(&mut self, now: Now, event: Event) -> Result<(), Error> {
        match event {
            Event::Tick => self.replica.step(replica::Input::Tick)?,
            Event::Raft { from, message } => {
                self.replica.step(replica::Input::Received { from, message })?;
            }
            Event::Peer { from, message } => self.peer(now, from, message),
            Event::Unreachable(peer) => {
                self.replica.step(replica::Input::PeerUnreachable(peer))?;
            }
            Event::Membership(report) => self.membership(report)?,
            Event::AgentEnded { run, outcome } => {
                let mut entries = Vec::new();
                self.minority.ended(run);
                self.local.ended(now, run, outcome, &mut entries, &mut self.todo);
                self.propose_all(now, entries);
            }
            Event::DeviceEnded { attempt, reply } => self.device_ended(now, attempt, reply),
            Event::Asked { request, ask } => self.asked(now, request, ask),
        }
        Ok(())
    }

    /// What may leave before our own disk has it: a leader's entries. The disks of all then work
    /// at the same time. Carry these out and call [`Self::flush`] with nothing in between.
    pub fn early(&mut self, now: Now) -> Vec<Effect> {
        self.proposals.send(now, &mut self.replica, &mut self.todo);
        let mut effects = Vec::new();
        self.replica.send_early(&mut effects);
        effects
            .into_iter()
            .filter_map(|effect| match effect {
                replica::Effect::Send { to, message } => Some(Effect::Raft { to, message }),
                _ => None,
            })
            .collect()
    }

    /// Writes and sends what has become due, applies what is committed, and hands out all
    /// effects.
    ///
    /// # Errors
    /// All errors are final: the node cannot go on.
    pub fn flush(&mut self, now: Now) -> Result<Vec<Effect>, Error> {
        // What is applied may lead to proposals, and those, on a cluster of one, to entries.
        const ROUNDS_MAX: usize = 64;
        for _ in 0..ROUNDS_MAX {
            let mut effects = Vec::new();
            self.replica.flush(&mut effects)?;
            let nothing_new = effects.is_empty();
            for effect in effects {
                self.replica_effect(now, effect)?;
            }
            self.advance(now);
            let nothing_sent = !self.proposals.send(now, &mut self.replica, &mut self.todo);
            if nothing_new && nothing_sent {
                break;
            }
        }
        self.local.wake(now, &mut self.todo);
        if let Some(memory) = self.local.memory_if_changed()
            && let Ok(bytes) = rmp_serde::to_vec_named(&memory)
        {
            // Before the agents that it speaks of are run.
            self.todo.insert(0, Effect::Remember(bytes));
        }
        self.write_snapshot()?;
        Ok(std::mem::take(&mut self.todo))
    }

    /// When this node wants to be woken besides its ticks; monitors are due then.
    pub fn next_wake(&self) -> Option<rota_ids::Moment> {
        self.local.next_wake()
    }

    fn replica_effect(&mut self, now: Now, effect: replica::Effect) -> Result<(), Error> {
        match effect {
            replica::Effect::Send { to, message } => {
                self.todo.push(Effect::Raft { to, message });
            }
            replica::Effect::Restore { snapshot, .. } => {
                self.state = if snapshot.is_empty() {
                    ClusterState::default()
                } else {
                    ClusterState::decode(&snapshot)?
                };
                self.roster_changed();
            }
            replica::Effect::Committed { data, .. } => {
                let proposal = Proposal::decode(&data)?;
                self.committed(now, &proposal);
            }
            replica::Effect::Role { leader, term, role } => {
                self.role_changed(now, leader, term, role);
            }
            replica::Effect::Members(_) => self.seat_everybody(),
            replica::Effect::SnapshotWanted => self.snapshot_wanted = true,
            replica::Effect::ReadReady { .. } | replica::Effect::ReadLost { .. } => {}
        }
        Ok(())
    }

    fn committed(&mut self, now: Now, proposal: &Proposal) {
        let applied = self.state.apply(proposal);
        if let Some(order) = order_of(&proposal.entry) {
            self.ended_orders.insert(order);
            if self.ended_orders.len() > REMEMBERED_ORDERS {
                self.ended_orders.pop_first();
            }
            if proposal.id.node == self.config.me {
                self.local.close(order);
            }
        }
        if let Entry::Result(result) = &proposal.entry
            && proposal.id.node == self.config.me
            && result.life.boot == self.config.life.boot
        {
            self.local.told(result.record.call_id);
        }
        for news in applied.news {
            self.news(now, news);
        }
        let purpose = self.proposals.settle(proposal.id);
        match (purpose, applied.answer) {
            (Some(Purpose::Client(request)), Some(answer)) => self.tell(request, answer),
            (Some(Purpose::Action { transition, action }), _) => {
                self.with_controller(now, |controller, state, todo, wants| {
                    controller.change_made(transition, action, todo, wants, state);
                });
            }
            (Some(Purpose::Client(_) | Purpose::View | Purpose::Plain) | None, _) => {}
        }
    }

    fn tell(&mut self, request: RequestId, answer: Answer) {
        let told = match answer {
            Answer::Done(version) => Told::Done(version),
            Answer::Admitted(newcomer) => {
                let members = self.state.roster.values().cloned().collect();
                Told::Admitted { newcomer, members }
            }
            Answer::Refused(why) => Told::Refused(why),
        };
        self.todo.push(Effect::Tell { request, told });
    }

    fn news(&mut self, now: Now, news: News) {
        self.fencer_is_behind = true;
        match news {
            News::Configuration => self.stale(AbortReason::Configuration),
            News::Status => self.stale(AbortReason::Status),
            News::Roster => {
                self.roster_changed();
                self.seat_everybody();
                self.stale(AbortReason::Membership);
            }
            News::View(change) => {
                self.tell_of_the_log(Story::View {
                    id: self.state.view.id,
                    members: self.names(self.state.view.members.keys()),
                    lost: self.names(change.lost.iter().map(|(node, _)| node)),
                });
                let gone = change.lost.iter().chain(&change.left);
                for (node, _) in gone {
                    if let Some(controller) = &mut self.controller {
                        controller.node_gone(*node);
                    }
                }
                for (node, _) in &change.restarted {
                    if let Some(controller) = &mut self.controller {
                        controller.node_restarted(*node);
                    }
                }
                self.stale(AbortReason::Membership);
                self.begin_as_member(&change);
                self.reborn(now, &change);
            }
            News::Operation { order, node, key, unexpected } => {
                self.tell_of_the_log(Story::Ended { node, key: key.clone(), unexpected });
                self.with_controller(now, |controller, state, todo, wants| {
                    controller.operation_ended(order, &key, unexpected, todo, wants, state);
                });
            }
            News::Ended { node, proof } => {
                self.tell_of_the_log(Story::Proven { target: node.clone(), proof });
                let id = self.state.node_named(&node).map(|member| member.id);
                if self.was_ended(id) {
                    let why = "the cluster holds this node's life for proven over: it must not \
                               go on";
                    self.todo.push(Effect::Die(why.into()));
                }
                self.withdraw(now, &node);
                self.with_controller(now, |controller, state, todo, wants| {
                    controller.node_ended(&node, id, todo, wants, state);
                });
            }
            News::FenceAsked(target) => self.fence_asked(now, &target),
        }
    }

    /// What the log held before it names this life of ours a member is history: told now it would
    /// look like news.
    fn tell_of_the_log(&mut self, story: Story) {
        if self.state.is_member(self.config.me, self.config.life) {
            self.todo.push(Effect::Tale(story));
        }
    }

    /// Our own life was proven over, and yet we live: whoever recovered our resources trusts in
    /// our being off.
    fn was_ended(&self, id: Option<NodeId>) -> bool {
        id == Some(self.config.me)
            && !self.leaving
            && self.state.ended.get(&self.config.me).is_some_and(|life| {
                life.boot == self.config.life.boot && life.start >= self.config.life.start
            })
    }

    /// Orders of the views before we came in were meant for the life before.
    fn begin_as_member(&mut self, change: &rota_membership::ViewChange) {
        let me = (self.config.me, self.config.life);
        if change.joined.contains(&me) {
            let (term, view) = (self.replica.term(), self.state.view.id);
            self.local.see(Token { term, view, transition: 0 });
        }
    }

    fn reborn(&mut self, now: Now, change: &rota_membership::ViewChange) {
        for (node, incarnation) in &change.joined {
            if let Some(target) = self.state.name_of(*node).cloned() {
                let incarnation = *incarnation;
                self.fencer_step(now, rota_fencing::Event::Reborn { target, incarnation });
            }
        }
    }

    /// A new DC knows what others have in flight when they have answered; what it has itself it
    /// knows at once. From here on this node takes no order of an older DC either.
    fn take_charge(&mut self, now: Now, term: rota_ids::Term) {
        let mut controller = Controller::new(self.config.me, term, now);
        self.local.see(controller.token(&self.state));
        let open = self.local.open_orders();
        let open = open.filter(|order| !self.ended_orders.contains(&order.id));
        controller.take_over(self.config.me, open.cloned());
        self.controller = Some(controller);
    }

    fn role_changed(&mut self, now: Now, leader: Option<NodeId>, term: rota_ids::Term, role: Role) {
        self.todo.push(Effect::Tale(Story::Leader { leader, term }));
        self.proposals.leader_changed();
        if role == Role::Leader {
            if self.controller.as_ref().is_none_or(|c| c.term() != term) {
                self.take_charge(now, term);
                let first = AttemptId(term.0 << 32);
                self.fencer = Fencer::new(self.config.me, first);
                let asked: Vec<NodeName> = self.state.fence_asked.keys().cloned().collect();
                for target in asked {
                    self.fence_asked(now, &target);
                }
            }
            self.seat_everybody();
        } else {
            self.controller = None;
            self.fencer = Fencer::new(self.config.me, AttemptId(0));
        }
        if let Some(leader) = leader.filter(|leader| *leader != self.config.me) {
            for request in 0..self.waiting_for_idle.len() {
                self.ask_for_idle(self.waiting_for_idle[request], leader);
            }
        }
    }

    fn membership(&mut self, report: Report) -> Result<(), Error> {
        let leader = self.replica.leader();
        self.neighbours.hear(&report);
        match &report {
            Report::PeerLost { peer, .. }
            | Report::PeerLeft { peer, .. }
            | Report::PeerAbsent { peer } => self.peer_silent(*peer)?,
            Report::PeerHeard { peer, birth, .. } => {
                // A restarted leader has forgotten that it leads; nobody else would notice soon.
                let is_anew = matches!(
                    birth,
                    rota_membership::Birth::DaemonRestarted | rota_membership::Birth::HostRestarted
                );
                if leader == Some(*peer) && is_anew {
                    self.peer_silent(*peer)?;
                }
            }
            // After a cold start everybody waits for somebody to campaign.
            Report::HearingChanged(_) if leader.is_none() => {
                let me = self.config.me;
                let rank = self.neighbours.rank_without(me, &self.replica.members());
                self.replica.step(replica::Input::LeaderLost { leader: NodeId(0), rank })?;
            }
            Report::Departed
            | Report::HearingChanged(_)
            | Report::LinkChanged { .. }
            | Report::BestLinkChanged { .. }
            | Report::Overslept { .. } => {}
        }
        Ok(())
    }

    /// The detector is sure that a peer is gone: if it led, somebody else has to, at once.
    fn peer_silent(&mut self, peer: NodeId) -> Result<(), Error> {
        if self.replica.leader() != Some(peer) && self.replica.role() == Role::Leader {
            return Ok(());
        }
        let rank = self.neighbours.rank_without(peer, &self.replica.members());
        self.replica.step(replica::Input::LeaderLost { leader: peer, rank })?;
        Ok(())
    }

    fn peer(&mut self, now: Now, from: NodeId, message: Message) {
        match message {
            Message::Propose(bytes) => {
                // Refused or lost, it will come again: its proposer repeats it.
                let _ = self.replica.propose(bytes);
            }
            Message::Order(order) => self.order(now, from, *order),
            Message::OrderTaken(order) => {
                if let Some(controller) = &mut self.controller {
                    controller.taken(order);
                }
            }
            Message::OrderRefused { order, newest } => {
                if let Some(controller) = &mut self.controller {
                    controller.refused(order, newest, &mut self.todo);
                }
            }
            Message::Sync { token } => {
                self.local.see(token);
                let in_flight = self.local.open_orders().cloned().collect();
                let message = Message::Synced { term: token.term, in_flight };
                self.todo.push(Effect::Peer { to: from, message });
            }
            Message::Synced { term, mut in_flight } => {
                // What the log already holds the end of will never be answered again.
                in_flight.retain(|order| !self.ended_orders.contains(&order.id));
                if let Some(controller) = &mut self.controller {
                    controller.synced(from, term, in_flight);
                }
            }
            Message::RunDevice(order) => {
                if order.token >= self.local.newest() {
                    self.local.see(order.token);
                    self.device_askers.insert(order.attempt, from);
                    self.todo.push(Effect::RunDevice(order));
                }
            }
            Message::CancelDevice { attempt } => {
                self.device_askers.remove(&attempt);
                self.todo.push(Effect::CancelDevice(attempt));
            }
            Message::DeviceReplied { attempt, reply } => {
                self.fencer_step(now, rota_fencing::Event::Replied { attempt, reply });
            }
            Message::TellWhenIdle { question } => {
                if let Some(controller) = &mut self.controller {
                    controller.tell_when_idle(from, question);
                }
            }
            Message::IdleNow { question } => self.idle_now(RequestId(question)),
            Message::StoreIsNew { store } => self.seat_again(from, store),
        }
    }

    fn order(&mut self, now: Now, from: NodeId, order: Order) {
        // Until the log has this very life as a member, orders are meant for the life before;
        // the DC repeats them, or finds out that it talks to somebody else.
        if !self.state.is_member(self.config.me, self.config.life) {
            return;
        }
        let id = order.id;
        if order.task == OrderTask::Leave && order.token >= self.local.newest() {
            self.local.see(order.token);
            self.departing.get_or_insert(Departing { since: now.moment, asked: None, gone: false });
            return;
        }
        let mut entries = Vec::new();
        let message = match self.local.take(now, order, &mut entries, &mut self.todo) {
            Taken::Yes => Message::OrderTaken(id),
            Taken::Refused(newest) => Message::OrderRefused { order: id, newest },
        };
        if from != self.config.me {
            self.todo.push(Effect::Peer { to: from, message });
        }
        self.propose_all(now, entries);
    }

    fn asked(&mut self, now: Now, request: RequestId, ask: Ask) {
        let purpose = Purpose::Client(request);
        let entry = match ask {
            Ask::Change(change) => Entry::Change(change),
            Ask::Fence { target, wish, by } => Entry::FenceAsked { target, wish, by },
            Ask::Confirm { target, by } => match self.confirmation(&target, by) {
                Ok(verdict) => Entry::Verdict(verdict),
                Err(why) => return self.refuse(request, why),
            },
            Ask::Token { digest, expires } => Entry::TokenMade { digest, expires },
            Ask::Admit { digest, name, links } => Entry::Admitted { digest, name, links },
            Ask::Remove(name) => match self.state.node_named(&name) {
                Some(member) => Entry::Removed { node: member.id },
                None => {
                    return self.refuse(
                        request,
                        format!("{name} is not a node; 'rota status' lists them").into(),
                    );
                }
            },
            Ask::WaitIdle => {
                self.waiting_for_idle.push(request);
                if let Some(leader) = self.replica.leader() {
                    self.ask_for_idle(request, leader);
                }
                return;
            }
            Ask::Leave => {
                self.leaving = true;
                Entry::Change(crate::book::wants_to_leave(self.config.me, now.wall))
            }
        };
        self.proposals.submit(now, entry, purpose);
    }

    fn refuse(&mut self, request: RequestId, why: Text) {
        self.todo.push(Effect::Tell { request, told: Told::Refused(why) });
    }

    /// A word of an administrator counts for what is not alive: whoever is heard is not off.
    fn confirmation(&self, target: &NodeName, by: Text) -> Result<Verdict, Text> {
        let Some(member) = self.state.node_named(target) else {
            return Err(format!("{target} is not a node; 'rota status' lists them").into());
        };
        let Some(life) = self.state.unclean.get(&member.id) else {
            return Err(format!(
                "{target} is not unclean: there is nothing to confirm ('rota status' shows it)"
            )
            .into());
        };
        if self.neighbours.hears(member.id) {
            return Err(format!(
                "{target} is heard at this moment: it is not off. Switch it off first"
            )
            .into());
        }
        let proof = rota_fencing::Proof::Administrator { who: by };
        Ok(Verdict { target: target.clone(), incarnation: Some(*life), proof })
    }

    fn ask_for_idle(&mut self, request: RequestId, leader: NodeId) {
        if leader == self.config.me {
            if let Some(controller) = &mut self.controller {
                controller.tell_when_idle(leader, request.0);
            }
        } else {
            let message = Message::TellWhenIdle { question: request.0 };
            self.todo.push(Effect::Peer { to: leader, message });
        }
    }

    fn idle_now(&mut self, request: RequestId) {
        if let Some(place) = self.waiting_for_idle.iter().position(|r| *r == request) {
            self.waiting_for_idle.remove(place);
            self.todo.push(Effect::Tell { request, told: Told::Idle });
        }
    }

    fn propose_all(&mut self, now: Now, entries: Vec<Entry>) {
        for entry in entries {
            self.proposals.submit(now, entry, Purpose::Plain);
        }
    }

    fn stale(&mut self, why: AbortReason) {
        if let Some(controller) = &mut self.controller {
            controller.stale(why, &mut self.todo);
        }
    }

    fn roster_changed(&mut self) {
        self.todo.push(Effect::Roster(self.state.roster.values().cloned().collect()));
    }

    fn names<'a>(&self, nodes: impl Iterator<Item = &'a NodeId>) -> Vec<NodeName> {
        nodes.filter_map(|node| self.state.name_of(*node).cloned()).collect()
    }

    /// Runs something on the controller and carries out what it wants.
    fn with_controller(
        &mut self,
        now: Now,
        act: impl FnOnce(&mut Controller, &ClusterState, &mut Vec<Effect>, &mut Vec<Want>),
    ) {
        let Some(controller) = &mut self.controller else { return };
        let mut wants = Vec::new();
        act(controller, &self.state, &mut self.todo, &mut wants);
        for want in wants {
            match want {
                Want::Propose(entry, purpose) => self.proposals.submit(now, *entry, purpose),
                Want::Fence { target, action, delay_s } => {
                    self.fence(now, &target, action, delay_s);
                }
                Want::FenceOnly(wanted) => self.fence_only(now, &wanted),
                Want::OrderHere(order) => self.order(now, self.config.me, *order),
            }
        }
    }

    /// Everything that moves on by itself.
    fn advance(&mut self, now: Now) {
        let quorate = self.is_quorate();
        self.propose_view(now);
        if self.fencer_is_behind && self.fencer.jobs().next().is_some() {
            self.tell_fencer_the_world(now);
        }
        self.fencer_step(now, rota_fencing::Event::Woken);
        self.with_controller(now, |controller, state, todo, wants| {
            controller.advance(now, state, quorate, todo, wants);
        });
        let nothing_else = self.proposals.is_empty() && self.fencer.jobs().next().is_none();
        let askers = self
            .controller
            .as_mut()
            .map(|controller| controller.idle_askers(nothing_else))
            .unwrap_or_default();
        for (asker, question) in askers {
            if asker == self.config.me {
                self.idle_now(RequestId(question));
            } else {
                let message = Message::IdleNow { question };
                self.todo.push(Effect::Peer { to: asker, message });
            }
        }
        let mut entries = Vec::new();
        let mut hands =
            Hands { local: &mut self.local, entries: &mut entries, todo: &mut self.todo };
        self.minority.advance(now, quorate, &self.state, &self.config.name, &mut hands);
        self.propose_all(now, entries);
        self.ask_for_a_seat(now);
        self.depart(now);
    }

    fn propose_view(&mut self, now: Now) {
        if self.controller.is_none() || self.proposals.waits_for(Purpose::View) {
            return;
        }
        let fenced_now = self.fencer.jobs().map(|job| job.target.clone()).collect();
        match self.neighbours.next(&self.state, &self.replica.members(), &fenced_now) {
            Some(Next::Propose(view)) => {
                self.proposals.submit(now, Entry::View(view), Purpose::View);
            }
            Some(Next::HandOver(to)) => {
                // Refused when we no longer lead; then there is nothing to hand over.
                let _ = self.replica.transfer_leadership(to);
            }
            None => {}
        }
    }

    /// A leader hands over before it goes, so that nobody has to find out that it is gone.
    fn depart(&mut self, now: Now) {
        let Some(departing) = &mut self.departing else { return };
        if departing.gone {
            return;
        }
        let leads = matches!(self.replica.role(), Role::Leader | Role::Elected);
        let voters = self.replica.members().voters;
        let heir = self.neighbours.heard().find(|peer| voters.contains(peer));
        match heir {
            Some(heir) if leads && now.moment.since(departing.since) < HAND_OVER_PATIENCE => {
                let is_due = departing.asked.is_none_or(|at| now.moment.since(at) >= RESEND_ORDER);
                if is_due {
                    departing.asked = Some(now.moment);
                    // Refused when we no longer lead: then all is well.
                    let _ = self.replica.transfer_leadership(heir);
                }
            }
            Some(_) | None => {
                departing.gone = true;
                self.todo.push(Effect::Depart);
            }
        }
    }

    /// A node whose store is empty tells everybody until somebody who leads lets it learn.
    fn ask_for_a_seat(&mut self, now: Now) {
        let is_due = self.asked_for_seat.is_none_or(|at| now.moment.since(at) >= RESEND_SEAT);
        if !self.replica.members().voters.is_empty() || !is_due {
            return;
        }
        self.asked_for_seat = Some(now.moment);
        let store = self.replica.store_id().0;
        for to in self.neighbours.heard() {
            let message = Message::StoreIsNew { store };
            self.todo.push(Effect::Peer { to, message });
        }
    }

    fn fence_asked(&mut self, now: Now, target: &NodeName) {
        let Some(asked) = self.state.fence_asked.get(target) else { return };
        let request = Request {
            target: target.clone(),
            incarnation: asked.life,
            wish: asked.wish,
            delay: RequestDelay::Skip,
            requested_by: asked.by.clone(),
            why: "asked for by hand".into(),
        };
        self.fence_with(now, request);
    }

    fn fence(&mut self, now: Now, target: &NodeName, action: FenceAction, delay_s: u32) {
        let request = Request {
            target: target.clone(),
            incarnation: self.life_of(target),
            wish: fences::wish(action),
            delay: RequestDelay::Add(std::time::Duration::from_secs(u64::from(delay_s))),
            requested_by: self.config.name.0.clone(),
            why: "it left without a goodbye, or a stop failed there".into(),
        };
        self.fence_with(now, request);
    }

    /// Whoever is heard under another boot than the one that was to end is not shot for it: the
    /// old life is over.
    fn is_reborn(&self, request: &Request) -> Option<Verdict> {
        let node = self.state.node_named(&request.target)?.id;
        let own = (node == self.config.me).then_some(self.config.life);
        let seen = own.or_else(|| self.neighbours.life_of(node))?;
        let old = request.incarnation.filter(|old| old.boot != seen.boot)?;
        let proof = rota_fencing::Proof::NewBoot { seen };
        let target = request.target.clone();
        request.wish.needs_off().then_some(Verdict { target, incarnation: Some(old), proof })
    }

    fn fence_with(&mut self, now: Now, request: Request) {
        if self.controller.is_none() {
            return;
        }
        if let Some(verdict) = self.is_reborn(&request) {
            return self.proposals.submit(now, Entry::Verdict(verdict), Purpose::Plain);
        }
        self.todo.push(Effect::Tale(Story::Fencing {
            target: request.target.clone(),
            why: request.why.clone(),
        }));
        self.tell_fencer_the_world(now);
        // Two partitions cannot both have quorum, so that nobody needs a random head start.
        let chance = Chance::default();
        self.fencer_step(now, rota_fencing::Event::Asked { request, chance });
    }

    /// Takes back what plans asked for and no longer do: a node that came back in peace must not
    /// be shot for having been away. What people asked for stands.
    fn fence_only(&mut self, now: Now, wanted: &BTreeSet<NodeName>) {
        let unwanted: Vec<NodeName> = self
            .fencer
            .jobs()
            .map(|job| job.target.clone())
            .filter(|t| !wanted.contains(t) && !self.state.fence_asked.contains_key(t))
            .collect();
        for target in unwanted {
            self.withdraw(now, &target);
        }
    }

    /// Nobody waits for the proof any more. A node that is being switched on again is left to it.
    fn withdraw(&mut self, now: Now, target: &NodeName) {
        let is_searching = self.fencer.jobs().any(|job| {
            job.target == target && !matches!(job.phase, rota_fencing::Phase::TurningOn)
        });
        if is_searching {
            let target = target.clone();
            self.fencer_step(now, rota_fencing::Event::Withdrawn { target });
        }
    }

    /// Devices and executors may have changed: what is stuck may go on with them.
    fn tell_fencer_the_world(&mut self, now: Now) {
        self.fencer_is_behind = false;
        let devices = fences::devices(&self.state.cib);
        let topology = fences::topology(&self.state);
        self.fencer_step(now, rota_fencing::Event::Devices { devices, topology });
        let executors = fences::executors(&self.state);
        self.fencer_step(now, rota_fencing::Event::Nodes(executors));
    }

    fn life_of(&self, target: &NodeName) -> Option<Incarnation> {
        let id = self.state.node_named(target)?.id;
        let unclean = self.state.unclean.get(&id);
        unclean.or_else(|| self.state.view.members.get(&id)).copied()
    }

    fn fencer_step(&mut self, now: Now, event: rota_fencing::Event) {
        if self.controller.is_none() {
            return;
        }
        let mut effects = Vec::new();
        self.fencer.step(now.moment, event, &mut effects);
        for effect in effects {
            self.fencer_effect(now, effect);
        }
    }

    fn fencer_effect(&mut self, now: Now, effect: rota_fencing::Effect) {
        use rota_fencing::Effect as E;
        match effect {
            E::Run { attempt, executor, device, action, target, plug, timeout } => {
                let Some(found) =
                    fences::devices(&self.state.cib).into_iter().find(|d| d.id == device)
                else {
                    return;
                };
                let Some(controller) = &self.controller else { return };
                let order = Box::new(DeviceOrder {
                    attempt,
                    token: controller.token(&self.state),
                    device: device.0,
                    agent: found.agent,
                    params: found.params,
                    action,
                    target,
                    plug,
                    timeout_ms: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX),
                });
                if executor == self.config.me {
                    self.device_askers.insert(attempt, executor);
                    self.todo.push(Effect::RunDevice(order));
                } else {
                    let message = Message::RunDevice(order);
                    self.todo.push(Effect::Peer { to: executor, message });
                }
            }
            E::Cancel { attempt, executor } => {
                if executor == self.config.me {
                    self.device_askers.remove(&attempt);
                    self.todo.push(Effect::CancelDevice(attempt));
                } else {
                    let message = Message::CancelDevice { attempt };
                    self.todo.push(Effect::Peer { to: executor, message });
                }
            }
            E::Proven(verdict) => {
                self.proposals.submit(now, Entry::Verdict(verdict), Purpose::Plain);
            }
            E::Exhausted { target, why, .. } => {
                self.todo.push(Effect::Tale(Story::Stuck { target, why }));
            }
            E::Note(entry) => {
                self.proposals.submit(now, Entry::FencingNote(entry), Purpose::Plain);
            }
            E::WakeAt(_) => {}
        }
    }

    fn device_ended(&mut self, now: Now, attempt: AttemptId, reply: rota_fencing::Reply) {
        match self.device_askers.remove(&attempt) {
            Some(asker) if asker == self.config.me => {
                self.fencer_step(now, rota_fencing::Event::Replied { attempt, reply });
            }
            Some(asker) => {
                let message = Message::DeviceReplied { attempt, reply };
                self.todo.push(Effect::Peer { to: asker, message });
            }
            None => {}
        }
    }

    /// The leader sees to it that every node of the roster has a seat in the log, and no other.
    fn seat_everybody(&mut self) {
        if self.controller.is_none() {
            return;
        }
        let members = self.replica.members();
        let gone: Vec<NodeId> = members
            .voters
            .iter()
            .chain(&members.learners)
            .copied()
            .filter(|node| !self.state.roster.contains_key(node))
            .collect();
        for node in gone {
            // Refused when it would cost the majority; tried again with the next change.
            let _ = self.replica.remove_member(node);
        }
    }

    fn seat_again(&mut self, from: NodeId, store: u64) {
        if self.controller.is_some() && self.state.roster.contains_key(&from) {
            // Refused when an older store speaks, or when that would cost the majority.
            let _ = self.replica.add_member(from, replica::StoreId(store), replica::Seat::Voter);
        }
    }

    fn write_snapshot(&mut self) -> Result<(), Error> {
        if self.replica.wants_compaction() || std::mem::take(&mut self.snapshot_wanted) {
            let bytes = self.state.encode()?;
            let upto = self.replica.applied();
            self.replica.compact(upto, bytes)?;
        }
        Ok(())
    }

    /// Who hears whom, as last told by the membership layer.
    pub fn hearing(&self) -> &Hearing {
        self.neighbours.hearing()
    }

    /// A client's roster entry by number.
    pub fn member(&self, node: NodeId) -> Option<&Member> {
        self.state.roster.get(&node)
    }
}

fn order_of(entry: &Entry) -> Option<OrderId> {
    match entry {
        Entry::Result(result) => result.order,
        Entry::Cancelled { order, .. } => Some(*order),
        Entry::Found { .. }
        | Entry::Change(_)
        | Entry::View(_)
        | Entry::Verdict(_)
        | Entry::FencingNote(_)
        | Entry::FenceAsked { .. }
        | Entry::TokenMade { .. }
        | Entry::Admitted { .. }
        | Entry::Removed { .. } => None,
    }
}
