//! The machine and its only entry.

use std::collections::BTreeMap;
use std::sync::Arc;

use rota_ids::{Incarnation, LinkId, Moment, NodeId};

use crate::detector::{Peer, Turn};
use crate::events::{Effect, Input, PeerLinks, Report};
use crate::hearing::{Hearing, Matrix, Row};
use crate::limits::{GOODBYES, LINKS_MAX, NODES_MAX};
use crate::links::{Link, LinkState};
use crate::message::Heartbeat;
use crate::options::Options;
use crate::status::Status;

/// One node's side of the heartbeat protocol.
pub struct Membership {
    me: NodeId,
    incarnation: Incarnation,
    options: Options,
    peers: BTreeMap<NodeId, Peer>,
    presence: Presence,
    progress: u64,
    hears: Arc<[(NodeId, Incarnation)]>,
    wary: Arc<[(NodeId, Incarnation)]>,
    hears_version: u64,
    matrix: Matrix,
    pace: Option<Pace>,
    beats: u64,
    /// Until when peers that we have never heard may still be on their way.
    opening_until: Option<Moment>,
    /// Sequence numbers up to here may have been used on links that are no more.
    used_seq: u64,
}

/// Whether we are here, going, or gone.
enum Presence {
    Here,
    Leaving { goodbyes_left: u32 },
    Gone,
}

/// Our own timer. Exists from the first configuration on.
struct Pace {
    beat_at: Moment,
    wake_at: Moment,
    last_step: Moment,
}

impl Membership {
    /// A node that knows nobody yet and is silent until [`Input::Configure`].
    pub fn new(me: NodeId, incarnation: Incarnation, options: Options) -> Self {
        Self {
            me,
            incarnation,
            options,
            peers: BTreeMap::new(),
            presence: Presence::Here,
            progress: 0,
            hears: Arc::from([]),
            wary: Arc::from([]),
            hears_version: 0,
            matrix: Matrix::of_one(me, incarnation),
            pace: None,
            beats: 0,
            opening_until: None,
            used_seq: 0,
        }
    }

    /// Advances the machine by one input and says what must now be done.
    ///
    /// `now` must not go back; if it does, the time between counts as none.
    pub fn step(&mut self, now: Moment, input: Input, todo: &mut Vec<Effect>) {
        self.account_for_own_pause(now, todo);
        match input {
            Input::Configure(peers) => self.configure(now, peers, todo),
            Input::Received { from, link, heartbeat } => {
                self.receive(now, from, link, &heartbeat, todo);
            }
            Input::Woken => self.wake(now, todo),
            Input::Progress(rounds) => self.progress = self.progress.max(rounds),
            Input::Leave => self.leave(now, todo),
        }
    }

    /// The link to `peer` that the main loop should use. It changes only when it is lost or when
    /// another has been clearly better for a while.
    pub fn best_link(&self, peer: NodeId) -> Option<LinkId> {
        self.peers.get(&peer).and_then(|peer| peer.best.current())
    }

    /// All peers and links as they are at `now`.
    pub fn status(&self, now: Moment) -> Status {
        let lines = self.peers.iter().map(|(&id, peer)| peer.status(id, now, &self.options));
        Status { peers: lines.collect() }
    }

    /// Who hears whom, as last reported.
    pub const fn hearing(&self) -> &Hearing {
        self.matrix.told()
    }

    /// When we were not scheduled, the silence meanwhile is not the peers'.
    fn account_for_own_pause(&mut self, now: Moment, todo: &mut Vec<Effect>) {
        let Some(pace) = &mut self.pace else { return };
        let pause = now.since(pace.wake_at.max(pace.last_step));
        pace.last_step = now;
        if pause <= self.options.pause() {
            return;
        }
        for peer in self.peers.values_mut() {
            peer.forgive(now, pause);
        }
        todo.push(Effect::Report(Report::Overslept { by: pause }));
    }

    fn configure(&mut self, now: Moment, peers: Vec<PeerLinks>, todo: &mut Vec<Effect>) {
        self.opening_until.get_or_insert(now + self.options.timing().absent);
        let mut before = std::mem::take(&mut self.peers);
        // A peer or link that is taken away and given back must not count from 1 again: the other
        // side would hold our heartbeats for old ones.
        let links = before.values().flat_map(|peer| peer.links.values());
        self.used_seq = links.map(Link::last_seq).fold(self.used_seq, u64::max);
        for PeerLinks { peer, links } in peers {
            if peer == self.me || self.peers.len() + 1 == NODES_MAX {
                continue;
            }
            let mut known = before.remove(&peer).unwrap_or_else(|| Peer::new(now));
            known.links.retain(|link, _| links.contains(link));
            for link in links.into_iter().filter(|link| usize::from(link.0) < LINKS_MAX) {
                known.links.entry(link).or_insert_with(|| Link::new(self.used_seq));
            }
            self.peers.insert(peer, known);
        }
        self.refresh_hearing(now, todo);
        self.beat_now(now, todo);
    }

    fn leave(&mut self, now: Moment, todo: &mut Vec<Effect>) {
        match self.presence {
            Presence::Here => {
                self.presence = Presence::Leaving { goodbyes_left: GOODBYES };
                self.beat_now(now, todo);
            }
            Presence::Leaving { .. } | Presence::Gone => {}
        }
    }

    /// Asks for a wake-up at once, at which all heartbeats are sent.
    fn beat_now(&mut self, now: Moment, todo: &mut Vec<Effect>) {
        self.pace = Some(Pace { beat_at: now, wake_at: now, last_step: now });
        todo.push(Effect::WakeAt(now));
    }

    fn receive(
        &mut self,
        now: Moment,
        from: NodeId,
        link_id: LinkId,
        heartbeat: &Heartbeat,
        todo: &mut Vec<Effect>,
    ) {
        let Some(peer) = self.peers.get_mut(&from) else { return };
        let life = peer.incarnation();
        if peer.is_over(heartbeat.incarnation) {
            return;
        }
        let Some(link) = peer.links.get_mut(&link_id) else { return };
        link.note(now, heartbeat, life);
        let Some(proof) = link.proof(now, heartbeat, self.incarnation, &self.options) else {
            // It may simply not have heard us yet: the sooner it does, the sooner it can prove.
            return self.prompt(now, from, link_id, todo);
        };
        let turn = peer.hear(now, heartbeat, &self.options);
        let revived = peer.links.get_mut(&link_id).is_some_and(|link| link.heard(now, proof));
        if revived {
            let state = LinkState::Heard;
            todo.push(Effect::Report(Report::LinkChanged { peer: from, link: link_id, state }));
        }
        let turned = turn.is_some();
        self.tell(from, turn, todo);
        if revived {
            self.review_best_link(now, from, todo);
        }
        if turned {
            self.refresh_hearing(now, todo);
        }
        if revived {
            // The peer waits for our half of the proof.
            self.prompt(now, from, link_id, todo);
        }
    }

    fn wake(&mut self, now: Moment, todo: &mut Vec<Effect>) {
        self.judge(now, todo);
        if *self.wary_of(now) != *self.wary {
            self.refresh_hearing(now, todo);
        }
        self.review_hearing(now, todo);
        let Some(pace) = &mut self.pace else { return };
        if now >= pace.beat_at {
            let interval = match self.presence {
                Presence::Here => self.options.timing().interval,
                Presence::Leaving { .. } | Presence::Gone => self.options.timing().interval / 2,
            };
            let next = pace.beat_at + interval;
            // Heartbeats that were missed are not made up for.
            pace.beat_at = if next > now { next } else { now + interval };
            self.beat(now, todo);
        }
        self.sleep(now, todo);
    }

    /// Verdicts that time has made due.
    fn judge(&mut self, now: Moment, todo: &mut Vec<Effect>) {
        let mut turns = Vec::new();
        for (&id, peer) in &mut self.peers {
            for (&link, state) in &mut peer.links {
                if state.check(now, &self.options) {
                    let state = LinkState::Lost;
                    todo.push(Effect::Report(Report::LinkChanged { peer: id, link, state }));
                }
            }
            if let Some(turn) = peer.check(now, &self.options) {
                turns.push((id, turn));
            }
        }
        let turned = !turns.is_empty();
        for (id, turn) in turns {
            self.tell(id, Some(turn), todo);
        }
        if turned {
            self.refresh_hearing(now, todo);
        }
    }

    /// One heartbeat to everyone, on every link that is due.
    fn beat(&mut self, now: Moment, todo: &mut Vec<Effect>) {
        self.beats += 1;
        match &mut self.presence {
            Presence::Here => {}
            Presence::Gone => return,
            Presence::Leaving { goodbyes_left: 0 } => {
                self.presence = Presence::Gone;
                return todo.push(Effect::Report(Report::Departed));
            }
            Presence::Leaving { goodbyes_left } => *goodbyes_left -= 1,
        }
        let peers: Vec<NodeId> = self.peers.keys().copied().collect();
        for &peer in &peers {
            self.beat_to(now, peer, todo);
            self.review_best_link(now, peer, todo);
        }
    }

    /// While the link in use is well, those that are well and idle beat every second time only:
    /// they are heard often enough to be trusted, and an idle host sends and wakes less.
    fn beat_to(&mut self, now: Moment, to: NodeId, todo: &mut Vec<Effect>) {
        let words = self.words();
        let spares_rest = self.beats % 2 == 1 && !words.leaving;
        let Some(peer) = self.peers.get_mut(&to) else { return };
        let best = peer.best.current();
        let in_use = best.and_then(|best| peer.links.get(&best));
        let spares_rest =
            spares_rest && in_use.is_some_and(|link| link.is_well(now, &self.options));
        for (&link, state) in &mut peer.links {
            if spares_rest && Some(link) != best && state.is_well(now, &self.options) {
                continue;
            }
            let (seq, echoes) = state.send(now);
            let heartbeat = Heartbeat { seq, echoes, ..words.clone() };
            todo.push(Effect::Send { to, link, heartbeat });
        }
    }

    /// A heartbeat out of turn, for one that waits for it.
    fn prompt(&mut self, now: Moment, to: NodeId, link: LinkId, todo: &mut Vec<Effect>) {
        match self.presence {
            Presence::Here => {}
            Presence::Leaving { .. } | Presence::Gone => return,
        }
        let words = self.words();
        let Some(state) = self.peers.get_mut(&to).and_then(|peer| peer.links.get_mut(&link)) else {
            return;
        };
        if state.may_prompt(now, &self.options) {
            let (seq, echoes) = state.send(now);
            let heartbeat = Heartbeat { seq, echoes, ..words };
            todo.push(Effect::Send { to, link, heartbeat });
        }
    }

    /// What every heartbeat of this moment says, whomever it goes to.
    fn words(&self) -> Heartbeat {
        Heartbeat {
            incarnation: self.incarnation,
            seq: 0,
            echoes: [None, None],
            progress: self.progress,
            hears_version: self.hears_version,
            hears: self.hears.clone(),
            wary: self.wary.clone(),
            leaving: matches!(self.presence, Presence::Leaving { .. }),
        }
    }

    fn sleep(&mut self, now: Moment, todo: &mut Vec<Effect>) {
        if matches!(self.presence, Presence::Gone) {
            self.pace = None;
            return;
        }
        let Some(pace) = &mut self.pace else { return };
        let deadlines = self.peers.values().filter_map(|peer| peer.deadline(&self.options));
        let soonest = deadlines.filter(|&at| at > now).min();
        pace.wake_at = soonest.map_or(pace.beat_at, |at| at.min(pace.beat_at));
        todo.push(Effect::WakeAt(pace.wake_at));
    }

    fn tell(&self, peer: NodeId, turn: Option<Turn>, todo: &mut Vec<Effect>) {
        let report = match turn {
            None | Some(Turn::Row) => return,
            Some(Turn::Heard(incarnation, birth)) => Report::PeerHeard { peer, incarnation, birth },
            Some(Turn::Left(incarnation)) => Report::PeerLeft { peer, incarnation },
            Some(Turn::Lost(incarnation, silent_for, reason)) => {
                Report::PeerLost { peer, incarnation, silent_for, reason }
            }
            Some(Turn::Absent) => Report::PeerAbsent { peer },
        };
        todo.push(Effect::Report(report));
    }

    fn review_best_link(&mut self, now: Moment, id: NodeId, todo: &mut Vec<Effect>) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        if peer.best.review(now, &peer.links, &self.options) {
            let link = peer.best.current();
            todo.push(Effect::Report(Report::BestLinkChanged { peer: id, link }));
        }
    }

    /// Peers that are heard well and do not count yet.
    fn wary_of(&self, now: Moment) -> Vec<(NodeId, Incarnation)> {
        let wary = |(&id, peer): (&NodeId, &Peer)| Some((id, peer.wary(now, &self.options)?));
        self.peers.iter().filter_map(wary).collect()
    }

    /// Makes our own row and the matrix anew.
    fn refresh_hearing(&mut self, now: Moment, todo: &mut Vec<Effect>) {
        let heard = |(&id, peer): (&NodeId, &Peer)| peer.row().map(|(life, _)| (id, life));
        let ours: Vec<(NodeId, Incarnation)> = self.peers.iter().filter_map(heard).collect();
        let wary = self.wary_of(now);
        if *ours != *self.hears || *wary != *self.wary {
            self.hears = ours.into();
            self.wary = wary.into();
            self.hears_version += 1;
        }
        let row = |incarnation, hears: &[(NodeId, Incarnation)], wary: &[(NodeId, Incarnation)]| {
            let (hears, wary) = (hears.iter().copied(), wary.iter().copied());
            Row { incarnation, hears: hears.collect(), wary: wary.collect() }
        };
        let own = row(self.incarnation, &self.hears, &self.wary);
        let mut rows = BTreeMap::from([(self.me, own)]);
        for (&id, peer) in &self.peers {
            if let Some((incarnation, (hears, wary))) = peer.row() {
                rows.insert(id, row(incarnation, hears, wary));
            }
        }
        self.matrix.set(now, Hearing { rows });
        self.review_hearing(now, todo);
    }

    /// Tells the matrix when it has settled; not before everyone had the time to be heard first,
    /// for a young node would take who starts a moment later for lost.
    fn review_hearing(&mut self, now: Moment, todo: &mut Vec<Effect>) {
        let opening = self.opening_until.is_some_and(|until| now < until);
        if opening && self.peers.values().any(Peer::is_unheard) {
            return self.matrix.wait_anew(now);
        }
        let doubtful = || self.peers.values().any(|peer| peer.is_doubtful(now, &self.options));
        if let Some(hearing) = self.matrix.review(now, doubtful, &self.options) {
            todo.push(Effect::Report(Report::HearingChanged(hearing)));
        }
    }
}
