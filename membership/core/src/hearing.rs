//! Who hears whom, as one node knows it.

use std::collections::BTreeMap;
use std::time::Duration;

use rota_ids::{Incarnation, Moment, NodeId};

use crate::limits::DOUBTS_IN_A_ROW;
use crate::options::Options;

/// The matrix of who hears whom: our own row and those of the peers that we hear.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hearing {
    /// One row per node, itself not named in its own.
    pub rows: BTreeMap<NodeId, Row>,
}

/// What one node says that it hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which life of the node says so.
    pub incarnation: Incarnation,
    /// Whom it hears.
    pub hears: BTreeMap<NodeId, Incarnation>,
    /// Whom it hears well and does not count yet, since that host was lost repeatedly of late. That
    /// is about the other one: it does not make this node deaf.
    pub wary: BTreeMap<NodeId, Incarnation>,
}

impl Row {
    /// Of a life that hears nobody.
    #[must_use]
    pub const fn deaf(incarnation: Incarnation) -> Self {
        Self { incarnation, hears: BTreeMap::new(), wary: BTreeMap::new() }
    }
}

impl Hearing {
    /// Whether `a` and `b` hear each other's present lives. A node hears itself.
    pub fn mutual(&self, a: NodeId, b: NodeId) -> bool {
        self.hears(a, b) && self.hears(b, a)
    }

    /// Whether all hear all.
    fn is_complete(&self) -> bool {
        self.pairs().all(|(a, b)| self.hears(a, b))
    }

    /// Whether each hears whom it is heard by.
    fn is_symmetric(&self) -> bool {
        let hears = |a, b| self.hears(a, b) || self.is_wary(a, b);
        self.pairs().all(|(a, b)| hears(a, b) == hears(b, a))
    }

    fn is_wary(&self, listener: NodeId, speaker: NodeId) -> bool {
        let (Some(row), Some(spoken)) = (self.rows.get(&listener), self.rows.get(&speaker)) else {
            return false;
        };
        row.wary.get(&speaker) == Some(&spoken.incarnation)
    }

    fn pairs(&self) -> impl Iterator<Item = (NodeId, NodeId)> {
        self.rows.keys().flat_map(|a| self.rows.keys().map(move |b| (*a, *b)))
    }

    /// The same without anybody's wariness: who is heard well counts as heard.
    #[must_use]
    pub fn trusting(&self) -> Self {
        let mut rows = self.rows.clone();
        for row in rows.values_mut() {
            row.hears.extend(std::mem::take(&mut row.wary));
        }
        Self { rows }
    }

    /// Those in a life that somebody is wary of.
    pub(crate) fn suspects(&self) -> impl Iterator<Item = (NodeId, Incarnation)> {
        let all = self.rows.values().flat_map(|row| row.wary.iter().map(|(n, life)| (*n, *life)));
        all.filter(|(node, life)| self.rows.get(node).is_some_and(|row| row.incarnation == *life))
    }

    fn hears(&self, listener: NodeId, speaker: NodeId) -> bool {
        let (Some(row), Some(spoken)) = (self.rows.get(&listener), self.rows.get(&speaker)) else {
            return false;
        };
        listener == speaker || row.hears.get(&speaker) == Some(&spoken.incarnation)
    }
}

/// The matrix as it is, and the one that was last worth telling.
///
/// A death is noticed by one node a moment before the other. In between, the dead one looks to the
/// later like the better half of a partial partition: it still hears it, and only somebody else
/// does not. A view chosen then would throw out the living. In the same way one who has just come
/// is heard here first and there a moment later, and would be thrown out at once.
///
/// So a new matrix in which not all hear all is told only when nobody in it is in doubt (late, or
/// new) and all hearing is mutual. Doubt ends by itself within half a detection time, what was cut
/// becomes mutual within a whole one; what lasts longer is told as it is.
pub(crate) struct Matrix {
    current: Hearing,
    told: Hearing,
    unsettled_since: Option<Moment>,
}

impl Matrix {
    /// A node that hears nobody yet.
    pub(crate) fn of_one(me: NodeId, incarnation: Incarnation) -> Self {
        let alone = Row::deaf(incarnation);
        let hearing = Hearing { rows: BTreeMap::from([(me, alone)]) };
        Self { current: hearing.clone(), told: hearing, unsettled_since: None }
    }

    pub(crate) const fn told(&self) -> &Hearing {
        &self.told
    }

    /// The matrix is this one now.
    pub(crate) fn set(&mut self, now: Moment, hearing: Hearing) {
        self.current = hearing;
        self.unsettled_since =
            if self.current == self.told { None } else { self.unsettled_since.or(Some(now)) };
    }

    /// Counts the waiting from now on.
    pub(crate) fn wait_anew(&mut self, now: Moment) {
        self.unsettled_since = self.unsettled_since.map(|_| now);
    }

    /// The matrix to tell now, if there is one. `doubtful` says that somebody in it is late or new.
    pub(crate) fn review(
        &mut self,
        now: Moment,
        doubtful: impl FnOnce() -> bool,
        options: &Options,
    ) -> Option<Hearing> {
        let waited = now.since(self.unsettled_since?);
        let silence = options.timing().silence;
        let patience = if self.current.is_complete() {
            Duration::ZERO
        } else if doubtful() {
            silence * DOUBTS_IN_A_ROW
        } else if !self.current.is_symmetric() {
            silence
        } else {
            Duration::ZERO
        };
        if waited < patience {
            return None;
        }
        self.unsettled_since = None;
        self.told = self.current.clone();
        Some(self.told.clone())
    }
}
