//! Who follows: a leader's knowledge of whether those that are heard take part (architecture, D15).
//!
//! A heartbeat says that a host lives. It says nothing of letters: a firewall, a wrong MTU or a hung
//! stream lets datagrams pass and stops the log. Such a member runs nothing new, answers nothing,
//! and everybody would wait for it. So whoever owes an answer (to the log, an order, a `Sync`) and
//! gives none for [`STANDS_STILL`] counts as lost, and comes in again when it follows.
//!
//! Time counts only while this node itself is awake: after a pause of its own the answers of the
//! others are still in its queue.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rota_ids::{Incarnation, Moment, NodeId, Term, Text};
use rota_replica::limits::CAUGHT_UP_ENTRIES;
use rota_replica::{Follower, LogIndex};

use crate::event::Now;
use crate::limits::{
    FALLS_REMEMBERED, FOLLOWS_AGAIN, FOLLOWS_AGAIN_MAX, LEARNS_STILL, OWED_NO_MORE, STANDS_STILL,
    STEP_MAX,
};
use crate::message::Message;
use crate::order::{OrderId, OrderTask};

/// Something that was asked and must be answered at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Question {
    Order(OrderId),
    Sync(Term),
}

/// Since when an answer is owed, and when it was last asked for: what is not asked any more is not
/// owed any more.
#[derive(Clone, Copy, Debug)]
struct Debt {
    since: Duration,
    asked: Duration,
}

/// What is known of one that is heard.
#[derive(Clone, Debug)]
struct Peer {
    life: Incarnation,
    /// Whether it has a seat in the log.
    has_seat: bool,
    /// When it was last heard through raft, and by which tick of the leader's.
    answered_at: Duration,
    answered: Option<u64>,
    /// Whether it has answered since this node leads.
    has_answered: bool,
    /// Its place in the log when that last moved, and when that was; also when nothing was owed.
    has: LogIndex,
    moved_at: Duration,
    takes_snapshot: bool,
    caught_up: bool,
    debts: BTreeMap<Question, Debt>,
    standing: Standing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Follows,
    /// It owed an answer for too long; since when it has followed again.
    Fell {
        well_since: Option<Duration>,
    },
}

/// How the log stands on the leader.
#[derive(Clone, Copy, Debug)]
pub struct Log {
    /// The last entry.
    pub last: LogIndex,
    /// The last entry that is committed.
    pub committed: LogIndex,
}

/// Who follows this leader.
#[derive(Debug, Default)]
pub struct Following {
    /// Time that this node was awake while it led.
    clock: Duration,
    seen: Option<Moment>,
    peers: BTreeMap<NodeId, Peer>,
    /// How often each fell behind: who does so again and again waits longer each time.
    falls: BTreeMap<NodeId, u32>,
}

impl Following {
    /// Takes in what the leader knows now: who is heard, and how far each has the log. Who has
    /// fallen behind just now, and why.
    pub fn observe(
        &mut self,
        now: Now,
        heard: impl Iterator<Item = (NodeId, Incarnation)>,
        followers: &[Follower],
        log: Log,
    ) -> Vec<(NodeId, Text)> {
        let step = self.seen.map_or(Duration::ZERO, |seen| now.moment.since(seen));
        self.seen = Some(now.moment);
        self.clock += step.min(STEP_MAX);
        let clock = self.clock;
        let mut before = std::mem::take(&mut self.peers);
        let mut fallen = Vec::new();
        for (node, life) in heard {
            let follower = followers.iter().find(|follower| follower.node == node);
            let mut peer = before
                .remove(&node)
                .filter(|known| known.life == life)
                .unwrap_or_else(|| Peer::new(life, clock, follower));
            peer.note(clock, follower, log);
            let falls = self.falls.get(&node).copied().unwrap_or(0);
            if let Some(why) = peer.judge(clock, falls) {
                self.falls.insert(node, (falls + 1).min(FALLS_REMEMBERED));
                fallen.push((node, why));
            }
            self.peers.insert(node, peer);
        }
        fallen
    }

    /// A message goes out: if it wants an answer, that is owed from now on.
    pub fn sent(&mut self, to: NodeId, message: &Message) {
        let question = match message {
            // Who is to leave answers by leaving.
            Message::Order(order) if order.task != OrderTask::Leave => Question::Order(order.id),
            Message::Sync { token } => Question::Sync(token.term),
            _ => return,
        };
        let clock = self.clock;
        if let Some(peer) = self.peers.get_mut(&to) {
            let new = Debt { since: clock, asked: clock };
            peer.debts.entry(question).or_insert(new).asked = clock;
        }
    }

    /// An answer has come. One that refuses because of a token from beyond our own term is none:
    /// no order would ever be taken.
    pub fn answered(&mut self, from: NodeId, message: &Message, term: Term) {
        let question = match message {
            Message::OrderTaken(order) => Question::Order(*order),
            Message::OrderRefused { order, newest } if newest.term <= term => {
                Question::Order(*order)
            }
            Message::Synced { term, .. } => Question::Sync(*term),
            _ => return,
        };
        if let Some(peer) = self.peers.get_mut(&from) {
            peer.debts.remove(&question);
        }
    }

    /// Whether a node that is heard may belong to the next view: a member until it falls behind, a
    /// newcomer when it has a seat and the log.
    pub fn may_belong(&self, node: NodeId, is_member: bool) -> bool {
        self.peers.get(&node).is_some_and(|peer| match peer.standing {
            Standing::Follows => is_member || peer.follows(),
            Standing::Fell { .. } => false,
        })
    }

    /// Those that are heard and have fallen behind.
    pub fn fallen(&self) -> BTreeSet<NodeId> {
        let fell = |peer: &Peer| matches!(peer.standing, Standing::Fell { .. });
        self.peers.iter().filter(|(_, peer)| fell(peer)).map(|(node, _)| *node).collect()
    }
}

impl Peer {
    fn new(life: Incarnation, clock: Duration, follower: Option<&Follower>) -> Self {
        Self {
            life,
            has_seat: follower.is_some(),
            answered_at: clock,
            answered: follower.and_then(|follower| follower.answered),
            has_answered: false,
            has: follower.map_or(LogIndex(0), |follower| follower.has),
            moved_at: clock,
            takes_snapshot: false,
            caught_up: false,
            debts: BTreeMap::new(),
            standing: Standing::Follows,
        }
    }

    fn note(&mut self, clock: Duration, follower: Option<&Follower>, log: Log) {
        self.has_seat = follower.is_some();
        self.debts.retain(|_, debt| clock.saturating_sub(debt.asked) < OWED_NO_MORE);
        let Some(follower) = follower else {
            self.caught_up = false;
            return;
        };
        if follower.answered != self.answered {
            self.answered = follower.answered;
            self.answered_at = clock;
            self.has_answered = true;
        }
        if follower.has != self.has || follower.has >= log.last {
            self.has = follower.has;
            self.moved_at = clock;
        }
        self.takes_snapshot = follower.takes_snapshot;
        self.caught_up =
            self.has.0 > 0 && self.has.0.saturating_add(CAUGHT_UP_ENTRIES) >= log.committed.0;
    }

    /// Whether it takes part, as far as a newcomer can.
    fn follows(&self) -> bool {
        self.has_seat && self.has_answered && self.caught_up
    }

    /// What it owes for too long.
    fn owes(&self, clock: Duration) -> Option<&'static str> {
        let patience = if self.takes_snapshot { LEARNS_STILL } else { STANDS_STILL };
        let silent = clock.saturating_sub(self.answered_at) >= patience;
        let stands = clock.saturating_sub(self.moved_at) >= patience;
        let debt =
            self.debts.iter().find(|(_, debt)| clock.saturating_sub(debt.since) >= STANDS_STILL);
        match debt {
            // Without a seat nothing of the log is owed, and nothing is given either.
            _ if !self.has_seat && silent => Some("it has no seat in the log"),
            _ if silent => Some("nothing of the log is answered"),
            _ if self.has_seat && stands => Some("it does not take what is in the log"),
            Some((Question::Order(_), _)) => Some("an order is not taken"),
            Some((Question::Sync(_), _)) => Some("it does not say what it is doing"),
            None => None,
        }
    }

    /// Whether it has fallen behind just now, and why.
    fn judge(&mut self, clock: Duration, falls: u32) -> Option<Text> {
        let owes = self.owes(clock);
        match self.standing {
            Standing::Follows => {
                let why = owes?;
                self.standing = Standing::Fell { well_since: None };
                return Some(why.into());
            }
            Standing::Fell { .. } if owes.is_some() || !self.follows() => {
                self.standing = Standing::Fell { well_since: None };
            }
            Standing::Fell { well_since: None } => {
                self.standing = Standing::Fell { well_since: Some(clock) };
            }
            Standing::Fell { well_since: Some(since) } => {
                let again = FOLLOWS_AGAIN.saturating_mul(1 << falls.saturating_sub(1).min(8));
                if clock.saturating_sub(since) >= again.min(FOLLOWS_AGAIN_MAX) {
                    self.standing = Standing::Follows;
                }
            }
        }
        None
    }
}
