//! Who leads, who is a member, who has a seat in the log.

use rota_cib::change::{Change, OperationFilter};
use rota_fencing::{AttemptId, Fencer};
use rota_ids::{NodeId, NodeName};
use rota_membership::Report;
use rota_replica as replica;
use rota_replica::limits::VOTERS_MAX;
use rota_replica::{LogStore, Refused, Role, Seat};

use crate::attempts::Asked;
use crate::book;
use crate::controller::Controller;
use crate::entry::Entry;
use crate::event::{Effect, Now};
use crate::following::{Following, Log};
use crate::limits::{HAND_OVER_PATIENCE, RESEND_ORDER, RESEND_SEAT};
use crate::message::Message;
use crate::proposals::Purpose;
use crate::story::Story;
use crate::views::Next;

use super::{Error, Node};

impl<S: LogStore> Node<S> {
    /// A new DC knows what others have in flight when they have answered; what it has itself it
    /// knows at once. From here on this node takes no order of an older DC either.
    pub(super) fn take_charge(&mut self, now: Now, term: rota_ids::Term) {
        let mut controller = Controller::new(self.config.me, term, now).in_zone(self.zone.clone());
        self.local.see(controller.token(&self.state));
        let open = self.local.open_orders();
        let open = open.filter(|order| !self.ended_orders.contains(&order.id));
        controller.take_over(self.config.me, open.cloned());
        self.controller = Some(controller);
    }

    pub(super) fn role_changed(
        &mut self,
        now: Now,
        leader: Option<NodeId>,
        term: rota_ids::Term,
        role: Role,
    ) {
        self.todo.push(Effect::Tale(Story::Leader { leader, term }));
        self.proposals.leader_changed();
        if !matches!(role, Role::Leader) {
            self.following = Following::default();
        }
        if role == Role::Leader {
            if self.controller.as_ref().is_none_or(|c| c.term() != term) {
                self.take_charge(now, term);
                let first = AttemptId(term.0 << 32);
                self.fencer = Fencer::new(self.config.me, first);
                self.asked_devices = Asked::default();
                let asked: Vec<NodeName> = self.state.fence_asked.keys().cloned().collect();
                for target in asked {
                    self.fence_asked(now, &target);
                }
            }
            self.seat_everybody();
        } else {
            self.controller = None;
            self.fencer = Fencer::new(self.config.me, AttemptId(0));
            self.asked_devices = Asked::default();
        }
        if let Some(leader) = leader.filter(|leader| *leader != self.config.me) {
            for request in 0..self.waiting_for_idle.len() {
                self.ask_for_idle(self.waiting_for_idle[request], leader);
            }
        }
    }

    pub(super) fn membership(&mut self, report: Report) -> Result<(), Error> {
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
    pub(super) fn peer_silent(&mut self, peer: NodeId) -> Result<(), Error> {
        if self.replica.leader() != Some(peer) && self.replica.role() == Role::Leader {
            return Ok(());
        }
        let rank = self.neighbours.rank_without(peer, &self.replica.members());
        self.replica.step(replica::Input::LeaderLost { leader: peer, rank })?;
        Ok(())
    }

    /// A daemon that has lost the memory of its boot does not know which monitors it is to repeat, and
    /// the log takes them for running: everything on this node is looked for anew.
    pub(super) fn look_for_itself(&mut self, now: Now, change: &rota_membership::ViewChange) {
        let me = (self.config.me, self.config.life);
        let comes = change.joined.contains(&me) || change.restarted.contains(&me);
        if self.knows_itself || !comes {
            return;
        }
        self.knows_itself = true;
        let own = self.state.cib.status.nodes.iter().filter(|s| s.uname == self.config.name.0);
        let resources = own.flat_map(|state| &state.history).map(|history| history.id.clone());
        for resource in resources.collect::<Vec<_>>() {
            let (node, filter) = (Some(book::uuid(self.config.me)), OperationFilter::All);
            let change = Change::ForgetOperations { resource, node, filter };
            self.proposals.submit(now, Entry::Change(change), Purpose::Plain);
        }
    }

    /// A leader looks who follows. One that almost nobody follows is deaf or dumb itself, whatever
    /// its heartbeats say.
    pub(super) fn watch_followers(&mut self, now: Now) {
        if !matches!(self.replica.role(), Role::Leader | Role::Elected) {
            return;
        }
        let log = Log { last: self.replica.last_index(), committed: self.replica.commit_index() };
        let heard = self.neighbours.lives();
        let fallen = self.following.observe(now, heard, &self.replica.followers(), log);
        if fallen.is_empty() {
            return;
        }
        for (node, why) in fallen {
            if let Some(node) = self.state.name_of(node).cloned() {
                self.todo.push(Effect::Tale(Story::NotFollowing { node, why }));
            }
        }
        let fell = self.following.fallen();
        if !self.replica.members().is_quorum(|node| !fell.contains(&node)) {
            self.todo.push(Effect::Tale(Story::NobodyFollows));
            self.replica.step_aside();
        }
    }

    /// What goes out now and wants an answer is owed from now on.
    pub(super) fn note_questions(&mut self) {
        if self.controller.is_none() {
            return;
        }
        for effect in &self.todo {
            if let Effect::Peer { to, message } = effect {
                self.following.sent(*to, message);
            }
        }
    }

    pub(super) fn propose_view(&mut self, now: Now) {
        if self.controller.is_none() || self.proposals.waits_for(Purpose::View) {
            return;
        }
        let fenced_now = self.fencer.jobs().map(|job| job.target.clone()).collect();
        let members = self.replica.members();
        match self.neighbours.next(&self.state, &members, &fenced_now, &self.following) {
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
    pub(super) fn depart(&mut self, now: Now) {
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
    pub(super) fn ask_for_a_seat(&mut self, now: Now) {
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

    /// The leader sees to it that every node of the roster has a seat in the log, and no other.
    pub(super) fn seat_everybody(&mut self) {
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
        self.fill_voters_seats();
    }

    /// A node with an empty store asks to be let learn. It votes when there is a voter's seat left.
    pub(super) fn seat_again(&mut self, from: NodeId, store: u64) {
        if self.controller.is_none() || !self.state.roster.contains_key(&from) {
            return;
        }
        let store = replica::StoreId(store);
        match self.replica.add_member(from, store, Seat::Voter) {
            Err(Refused::TooMany) => {
                // Refused when all seats are taken: the status shows a node that is pending.
                let _ = self.replica.add_member(from, store, Seat::Learner);
            }
            Err(Refused::StaleStore) => {
                let least = self.replica.least_store(from).0;
                self.todo.push(Effect::Peer { to: from, message: Message::StoreIsStale { least } });
            }
            // Refused when that would cost the majority: it asks again.
            Ok(()) | Err(Refused::WouldLoseQuorum | Refused::LeaderItself) => {}
            Err(Refused::NotLeader(_)) => {}
        }
    }

    /// The number that our empty store was given by our clock is too small: the clock is behind, or
    /// was ahead once.
    pub(super) fn renumber_store(&mut self, from: NodeId, least: u64) {
        if !self.neighbours.hears(from) {
            return;
        }
        if let Err(error) = self.replica.renumber(replica::StoreId(least)) {
            let why = format!("the empty store cannot take the number {least}: {error}");
            self.todo.push(Effect::Die(why.into()));
        }
        self.asked_for_seat = None;
    }

    /// Gives a vote to whoever was let in when all voters' seats were taken, when one is free again.
    fn fill_voters_seats(&mut self) {
        let members = self.replica.members();
        let free = VOTERS_MAX.saturating_sub(members.meant_to_vote.len());
        let is_in_view = |node: &&NodeId| self.state.view.members.contains_key(*node);
        let waiting: Vec<NodeId> = members
            .learners
            .iter()
            .filter(|node| !members.meant_to_vote.contains(node))
            .filter(is_in_view)
            .copied()
            .take(free)
            .collect();
        for node in waiting {
            if let Some(store) = members.stores.get(&node) {
                // Refused when its store is another one meanwhile: tried again with the next change.
                let _ = self.replica.add_member(node, *store, Seat::Voter);
            }
        }
    }
}
