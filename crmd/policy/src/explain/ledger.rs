//! The ledger of scores: what changed the score of which resource on which node, in order.
//!
//! The stages of the planner say after each step what the step was about; what changed is found by
//! comparing with what was last seen. So the entries of a resource on a node always add up to its
//! score there, whichever way a stage computes.

use rustc_hash::FxHashMap;

use crate::constraints::Ban;
use crate::model::{Cand, Nid, Rid, World};

/// What a step of the planner was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A resource waits for its node (shutdown-lock).
    Lock,
    /// The score of a node, for everything.
    NodeScore,
    /// Node health.
    Health,
    /// A location constraint, by index.
    Location(usize),
    /// Kept off a node by a failure.
    Ban(&'static str),
    /// Failed too often.
    Threshold,
    /// Nodes that were not named (`resource-discovery=exclusive`).
    Discovery,
    /// Stays gladly where it is.
    Stickiness,
    /// Guests, remote nodes and what makes them.
    NotOnItself,
    /// A ticket is missing.
    Ticket,
    /// A colocation in which the resource depends, by index.
    Colocation(usize),
    /// A colocation in which another depends on the resource, by index.
    WantedBy(usize),
    /// It is to be stopped.
    Stopped,
    /// Not enough capacity left.
    Utilization,
    /// Where an instance would be promoted.
    Promotion,
    /// A node has as many instances as it may, or is closed to the clone.
    CloneNode,
    /// The clone has as many instances as it may.
    CloneEnough,
    /// A trial was taken back.
    Undone,
}

/// A change of one score.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub nid: Nid,
    pub source: Source,
    pub before: Cand,
    pub after: Cand,
}

/// All changes, by resource.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    seen: Vec<Vec<Cand>>,
    entries: Vec<Vec<Entry>>,
    bans: Vec<Ban>,
    locations: FxHashMap<Rid, Vec<usize>>,
    promotion: FxHashMap<Rid, i32>,
}

impl Ledger {
    /// Begins to keep the ledger.
    pub fn open(world: &World<'_>) -> Self {
        let mut locations: FxHashMap<Rid, Vec<usize>> = FxHashMap::default();
        for (i, location) in world.constraints.locations.iter().enumerate() {
            locations.entry(location.rid).or_default().push(i);
        }
        Self {
            seen: world.rscs.iter().map(|r| r.allowed.clone()).collect(),
            entries: vec![Vec::new(); world.rscs.len()],
            bans: world.constraints.bans.clone(),
            locations,
            promotion: FxHashMap::default(),
        }
    }

    /// The changes of a resource on a node, in order.
    pub fn of(&self, rid: Rid, nid: Nid) -> impl Iterator<Item = &Entry> {
        self.entries.get(rid).into_iter().flatten().filter(move |e| e.nid == nid)
    }

    /// What failures forbid, as it stood before scores were made.
    pub fn bans(&self) -> &[Ban] {
        &self.bans
    }

    /// The location constraints about a resource itself, by index.
    pub fn locations_of(&self, rid: Rid) -> Vec<usize> {
        self.locations.get(&rid).cloned().unwrap_or_default()
    }

    /// How gladly an instance would be promoted, all in all.
    pub fn promotion_of(&self, instance: Rid) -> Option<i32> {
        self.promotion.get(&instance).copied()
    }

    fn compare(&mut self, rid: Rid, now: &[Cand], source: Source) {
        if rid >= self.seen.len() {
            self.seen.resize(rid + 1, Vec::new());
            self.entries.resize(rid + 1, Vec::new());
        }
        let (seen, entries) = (&mut self.seen[rid], &mut self.entries[rid]);
        seen.resize(now.len(), Cand::ABSENT);
        for (nid, (before, &after)) in seen.iter_mut().zip(now).enumerate() {
            if same(*before, after) {
                continue;
            }
            if source == Source::Undone {
                let kept = |e: &Entry| e.nid == nid && same(e.after, after);
                let from = entries.iter().rposition(kept).map_or(0, |at| at + 1);
                let mut at = 0;
                entries.retain(|e| {
                    at += 1;
                    e.nid != nid || at <= from
                });
            } else {
                entries.push(Entry { nid, source, before: *before, after });
            }
            *before = after;
        }
    }
}

fn same(a: Cand, b: Cand) -> bool {
    a.present == b.present && (!a.present || a.score == b.score)
}

impl World<'_> {
    /// Writes down what a step did to a resource, if a ledger is kept.
    pub(crate) fn mark(&mut self, rid: Rid, source: Source) {
        if let Some(ledger) = &mut self.ledger {
            ledger.compare(rid, &self.rscs[rid].allowed, source);
        }
    }

    /// Writes down how gladly each instance would be promoted.
    pub(crate) fn mark_ranks(&mut self, ranks: &[(i32, Rid)]) {
        if let Some(ledger) = &mut self.ledger {
            ledger.promotion.extend(ranks.iter().map(|&(score, rid)| (rid, score)));
        }
    }

    /// The same for a resource and all that is in it.
    pub(crate) fn mark_tree(&mut self, rid: Rid, source: Source) {
        if self.ledger.is_none() {
            return;
        }
        let mut all = vec![rid];
        let mut at = 0;
        while at < all.len() {
            let children = match &self.rscs[all[at]].kind {
                crate::model::Kind::Bundle(b) => b.replicas.iter().map(|r| r.container).collect(),
                _ => self.rscs[all[at]].children.clone(),
            };
            all.extend(children);
            self.mark(all[at], source);
            at += 1;
        }
    }

    /// The same for all resources.
    pub(crate) fn mark_all(&mut self, source: Source) {
        if let Some(ledger) = &mut self.ledger {
            for (rid, rsc) in self.rscs.iter().enumerate() {
                ledger.compare(rid, &rsc.allowed, source);
            }
        }
    }
}
