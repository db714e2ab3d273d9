//! The whole node: one entry for everything that happens.

mod clients;
mod fencing;
mod seats;
mod unchanged;

use std::collections::BTreeSet;

use rota_cib::change::{Change, OperationFilter};
use rota_cib::zone::Zone;
use rota_fencing::{AttemptId, Fencer};
use rota_ids::{Incarnation, NodeId, NodeName, Text};
use rota_membership::Hearing;
use rota_replica as replica;
use rota_replica::{LogStore, Members, Replica};
use rota_transition::AbortReason;

use crate::attempts::{Asked, Driven};
use crate::book;
use crate::controller::{Controller, Desk, Want};
use crate::entry::{Entry, Member, Proposal};
use crate::event::{Effect, Event, Now, RequestId, RunId};
use crate::following::Following;
use crate::limits::REMEMBERED_ORDERS;
use crate::local::{Local, Taken};
use crate::message::Message;
use crate::minority::{Hands, Minority};
use crate::order::{Order, OrderId, OrderTask, Token};
use crate::owed::Owed;
use crate::proposals::{Proposals, Purpose};
use crate::recall::recall;
use crate::state::{ClusterState, News};
use crate::story::Story;
use crate::views::Neighbours;

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
    /// Tells this cluster from others that the host was in: a memory of another is not believed.
    pub cluster: Text,
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
/// [`Node::flush`] until it has no more: the log is written and synced, what was committed is
/// applied, and the effects come out in the order in which they must be carried out.
pub struct Node<S: LogStore> {
    config: Config,
    replica: Replica<S>,
    state: ClusterState,
    local: Local,
    proposals: Proposals,
    neighbours: Neighbours,
    following: Following,
    controller: Option<Controller>,
    fencer: Fencer,
    minority: Minority,
    asked_devices: Asked,
    driven_devices: Driven,
    owed: Owed,
    unchanged: unchanged::Unchanged,
    waiting_for_idle: Vec<RequestId>,
    asked_for_idle: Option<rota_ids::Moment>,
    leaving: bool,
    departing: Option<Departing>,
    snapshot_wanted: bool,
    /// Whether what was begun in this boot is known; else it has to be looked for.
    knows_itself: bool,
    fencer_is_behind: bool,
    /// The latest orders whose end this node has seen in the log: whoever is behind may still
    /// report them as in flight.
    ended_orders: BTreeSet<OrderId>,
    asked_for_seat: Option<rota_ids::Moment>,
    /// What hours and dates without a zone mean in rules.
    zone: Zone,
    todo: Vec<Effect>,
    has_more: bool,
}

impl<S: LogStore> Node<S> {
    /// A node over a replica that has just been opened.
    pub fn new(config: Config, replica: Replica<S>, now: Now) -> Self {
        let left = config.memory.as_deref();
        let recalled = recall(left, &config.name, &config.cluster, replica.term());
        // Also when it cannot be read: something was begun in this boot.
        let has_past = left.is_some() || config.life.start.0 > 1;
        let memory = recalled.memory;
        let knows_itself = memory.is_some() || config.life.start.0 <= 1;
        let local = Local::new(config.name.clone(), config.life, now, memory);
        let first_attempt = AttemptId(u64::from(config.life.start.0) << 32);
        Self {
            local,
            proposals: Proposals::new(config.me, config.life),
            neighbours: Neighbours::new(config.me, config.life),
            following: Following::default(),
            controller: None,
            fencer: Fencer::new(config.me, first_attempt),
            minority: Minority::new(now, has_past),
            asked_devices: Asked::default(),
            driven_devices: Driven::default(),
            owed: Owed::default(),
            unchanged: unchanged::Unchanged::default(),
            waiting_for_idle: Vec::new(),
            asked_for_idle: None,
            leaving: false,
            departing: None,
            snapshot_wanted: false,
            knows_itself,
            fencer_is_behind: false,
            ended_orders: BTreeSet::new(),
            asked_for_seat: None,
            zone: Zone::default(),
            todo: recalled.tales.into_iter().map(Effect::Tale).collect(),
            has_more: false,
            state: ClusterState::default(),
            replica,
            config,
        }
    }

    /// What hours, weekdays and dates without a zone mean in rules while this node leads: the zone
    /// of its clocks. UTC, if nobody says.
    pub fn set_zone(&mut self, zone: Zone) {
        self.zone = zone;
    }

    /// What was handed to [`Self::set_zone`].
    pub(crate) fn zone(&self) -> &Zone {
        &self.zone
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

    /// Whether this node is the DC and has nothing left to plan, to order or to wait for.
    pub fn is_idle(&self) -> bool {
        self.controller.as_ref().is_some_and(Controller::is_idle)
    }

    /// Why a resource does not run or is left alone; none when this node is not the DC.
    pub fn why_stuck(&self, resource: &Text) -> Option<Text> {
        self.controller.as_ref().and_then(|c| c.stuck().get(resource)).cloned()
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
                self.minority.ended(now, run, &outcome);
                self.local.ended(now, run, outcome, &mut entries, &mut self.todo);
                self.propose_all(now, entries);
            }
            Event::DeviceEnded { attempt, reply } => self.device_ended(now, attempt, reply),
            Event::Asked { request, ask } => self.asked(now, request, ask),
            Event::Planned(made) => {
                let quorate = self.is_quorate();
                self.with_controller(now, |controller, desk| {
                    controller.planned(*made, quorate, desk);
                });
            }
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

    /// Whether the last [`Self::flush`] handed out the first part only: carry that out, and flush
    /// again.
    pub fn has_more(&self) -> bool {
        self.has_more
    }

    /// Writes and sends what has become due, applies what is committed, and hands out all
    /// effects; or, if [`Self::has_more`], the answers to clients alone: they are not to wait for
    /// the plan that their change leads to.
    ///
    /// # Errors
    /// All errors are final: the node cannot go on.
    pub fn flush(&mut self, now: Now) -> Result<Vec<Effect>, Error> {
        // What is applied may lead to proposals, and those, on a cluster of one, to entries.
        const ROUNDS_MAX: usize = 64;
        self.has_more = false;
        for _ in 0..ROUNDS_MAX {
            let mut effects = Vec::new();
            self.replica.flush(&mut effects)?;
            let nothing_new = effects.is_empty();
            for effect in effects {
                self.replica_effect(now, effect)?;
            }
            self.answer_unchanged();
            let is_answer = |effect: &mut Effect| matches!(effect, Effect::Tell { .. });
            let answers: Vec<Effect> = self.todo.extract_if(.., is_answer).collect();
            if !answers.is_empty() {
                self.has_more = true;
                return Ok(answers);
            }
            self.advance(now);
            let nothing_sent = !self.proposals.send(now, &mut self.replica, &mut self.todo);
            if nothing_new && nothing_sent {
                break;
            }
        }
        self.local.wake(now, &mut self.todo);
        if let Some(memory) = self.local.memory_if_changed()
            && let Ok(bytes) = rmp_serde::to_vec_named(&memory.about(&self.config.cluster))
        {
            // Before the agents that it speaks of are run.
            self.todo.insert(0, Effect::Remember(bytes));
        }
        self.write_snapshot()?;
        self.note_questions();
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
            replica::Effect::ReadReady { token, index } => self.led(now, token, Some(index)),
            replica::Effect::ReadLost { token } => self.led(now, token, None),
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
        if let Some(resource) = failures_forgotten(&proposal.entry, self.config.me) {
            self.local.failures_forgotten(resource);
        }
        for news in applied.news {
            self.news(now, news);
        }
        let purpose = self.proposals.settle(proposal.id);
        match (purpose, applied.answer) {
            (Some(Purpose::Client(request)), Some(answer)) => self.tell(request, answer),
            (Some(Purpose::Action { transition, action }), _) => {
                self.with_controller(now, |controller, desk| {
                    controller.change_made(transition, action, desk);
                });
            }
            (Some(Purpose::Before { transition, action }), _) => {
                self.with_controller(now, |controller, desk| {
                    controller.may_begin(transition, action, desk);
                });
            }
            (Some(Purpose::Client(_) | Purpose::View | Purpose::Plain) | None, _) => {}
        }
    }

    fn news(&mut self, now: Now, news: News) {
        self.fencer_is_behind = true;
        match news {
            News::Configuration => self.stale(now, AbortReason::Configuration),
            News::Status => self.stale(now, AbortReason::Status),
            News::Roster => {
                self.roster_changed();
                self.seat_everybody();
                self.stale(now, AbortReason::Membership);
            }
            News::View(change) => {
                self.tell_of_the_log(Story::View {
                    id: self.state.view.id,
                    members: self.names(self.state.view.members.keys()),
                    lost: self.names(change.lost.iter().map(|(node, _)| node)),
                });
                for (node, _) in change.left.iter().chain(&change.lost) {
                    self.asked_devices.node_gone(*node);
                }
                // What a lost node was ordered may be under way there until it is proven off.
                self.with_controller(now, |controller, desk| {
                    controller.stale(AbortReason::Membership, desk);
                    for (node, _) in &change.left {
                        controller.node_gone(*node, desk);
                    }
                    for (node, _) in &change.lost {
                        controller.node_lost(*node, desk);
                    }
                    for (node, _) in &change.restarted {
                        controller.node_restarted(*node);
                    }
                });
                self.begin_as_member(&change);
                self.look_for_itself(now, &change);
                self.reborn(now, &change);
            }
            News::Operation { order, node, key, unexpected } => {
                self.tell_of_the_log(Story::Ended { node, key: key.clone(), unexpected });
                self.with_controller(now, |controller, desk| {
                    controller.operation_ended(order, &key, unexpected, desk);
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
                self.with_controller(now, |controller, desk| {
                    controller.node_ended(&node, id, desk);
                });
            }
            News::LeftOut(names) => self.tell_of_the_log(Story::LeftOut { names }),
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

    fn peer(&mut self, now: Now, from: NodeId, message: Message) {
        if !self.is_believed(from, &message) {
            return;
        }
        self.following.answered(from, &message, self.replica.term());
        match message {
            Message::Propose(bytes) => self.propose_for(now, bytes),
            Message::Ask(bytes) => self.asked_by_peer(now, from, bytes),
            Message::Unchanged { id, applied } => self.told_unchanged(id, applied),
            Message::Order(order) => self.order(now, from, *order),
            Message::OrderTaken(order) => {
                if let Some(controller) = &mut self.controller {
                    controller.taken(order);
                }
            }
            Message::OrderRefused { order, newest } => {
                if let Some(controller) = &mut self.controller {
                    controller.refused(order, newest);
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
                    self.drive(from, order);
                }
            }
            Message::CancelDevice { attempt } => {
                self.driven_devices.take_back(attempt, &mut self.todo);
            }
            Message::DeviceReplied { attempt, reply } => {
                self.asked_devices.forget(attempt);
                self.fencer_step(now, rota_fencing::Event::Replied { attempt, reply });
            }
            Message::TellWhenIdle { question } => {
                if let Some(controller) = &mut self.controller {
                    controller.tell_when_idle(from, question);
                }
            }
            Message::IdleNow { question } => self.idle_now(RequestId(question)),
            Message::StoreIsNew { store } => self.seat_again(from, store),
            Message::StoreIsStale { least } => self.renumber_store(from, least),
        }
    }

    /// Words of nodes that the roster does not name (any more) mean nothing. Nor does a token from
    /// beyond the term that our own log knows: a leader is known to the log before it orders anything,
    /// and asks again until then. Believed once, it would refuse every order to come.
    fn is_believed(&self, from: NodeId, message: &Message) -> bool {
        let roster = &self.state.roster;
        let is_known = roster.is_empty() || roster.contains_key(&from);
        let token = match message {
            Message::Order(order) => Some(order.token),
            Message::Sync { token } => Some(*token),
            Message::RunDevice(order) => Some(order.token),
            _ => None,
        };
        is_known && token.is_none_or(|token| token.term <= self.replica.term())
    }

    /// Refused or lost, it will come again: its proposer repeats it. What we cannot read must not
    /// come into the log: whoever applies it cannot go on.
    fn propose_for(&mut self, now: Now, mut bytes: Vec<u8>) {
        if !matches!(self.replica.role(), replica::Role::Leader | replica::Role::Elected) {
            return;
        }
        let Ok(mut proposal) = Proposal::decode(&bytes) else { return };
        if proposal.put_on_clock(now.wall)
            && let Ok(on_clock) = proposal.encode()
        {
            bytes = on_clock;
        }
        let _ = self.replica.propose(bytes);
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
        // Whoever is on its way out begins nothing more: it would say goodbye with it running.
        if self.departing.is_some() {
            let message = Message::OrderRefused { order: id, newest: self.local.newest() };
            if from != self.config.me {
                self.todo.push(Effect::Peer { to: from, message });
            }
            return;
        }
        let (key, term) = (book::order_key(&order), order.token.term);
        let mut entries = Vec::new();
        let message = match self.local.take(now, order, &mut entries, &mut self.todo) {
            Taken::Yes => Message::OrderTaken(id),
            Taken::Refused(newest) => {
                let story = Story::Refused { key, term, newest: newest.term };
                self.todo.push(Effect::Tale(story));
                Message::OrderRefused { order: id, newest }
            }
        };
        if from != self.config.me {
            self.todo.push(Effect::Peer { to: from, message });
        }
        self.propose_all(now, entries);
    }

    fn propose_all(&mut self, now: Now, entries: Vec<Entry>) {
        for entry in entries {
            self.proposals.submit(now, entry, Purpose::Plain);
        }
    }

    fn stale(&mut self, now: Now, why: AbortReason) {
        self.with_controller(now, |controller, desk| controller.stale(why, desk));
    }

    fn roster_changed(&mut self) {
        self.todo.push(Effect::Roster(self.state.roster.values().cloned().collect()));
    }

    fn names<'a>(&self, nodes: impl Iterator<Item = &'a NodeId>) -> Vec<NodeName> {
        nodes.filter_map(|node| self.state.name_of(*node).cloned()).collect()
    }

    /// Runs something on the controller and carries out what it wants.
    fn with_controller(&mut self, now: Now, act: impl FnOnce(&mut Controller, &mut Desk<'_>)) {
        let Some(controller) = &mut self.controller else { return };
        let mut wants = Vec::new();
        let (state, todo) = (&self.state, &mut self.todo);
        act(controller, &mut Desk { now, state, todo, wants: &mut wants });
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
        self.watch_followers(now);
        self.propose_view(now);
        if self.fencer_is_behind && self.fencer.jobs().next().is_some() {
            self.tell_fencer_the_world(now);
        }
        self.fencer_step(now, rota_fencing::Event::Woken);
        self.switch_on_what_is_owed(now);
        if let Some(controller) = &self.controller {
            self.asked_devices.repeat(now, controller.token(&self.state), &mut self.todo);
        }
        self.with_controller(now, |controller, desk| controller.advance(quorate, desk));
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
        self.ask_for_idle_again(now);
        self.ask_for_a_seat(now);
        self.depart(now);
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

/// The resource whose failures on this node the log forgets with this entry.
fn failures_forgotten(entry: &Entry, me: NodeId) -> Option<&Text> {
    let Entry::Change(Change::ForgetOperations { resource, node, filter }) = entry else {
        return None;
    };
    let is_failure =
        matches!(filter, OperationFilter::Failures | OperationFilter::FailuresOf { .. });
    let is_here = node.as_ref().is_none_or(|node| *node == book::uuid(me));
    (is_failure && is_here).then_some(resource)
}

fn order_of(entry: &Entry) -> Option<OrderId> {
    match entry {
        Entry::Result(result) => result.order,
        Entry::Cancelled { order, .. } => Some(*order),
        Entry::Found { .. }
        | Entry::Change(_)
        | Entry::Private { .. }
        | Entry::Migrating { .. }
        | Entry::View(_)
        | Entry::Verdict(_)
        | Entry::FencingNote(_)
        | Entry::FenceAsked { .. }
        | Entry::TokenMade { .. }
        | Entry::Admitted { .. }
        | Entry::Removed { .. } => None,
    }
}
