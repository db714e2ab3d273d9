//! What was done to whom, for people and for a new leader. Bounded.

use std::collections::VecDeque;
use std::time::Duration;

use rota_ids::{Incarnation, NodeName, Text, WallTime};
use serde::{Deserialize, Serialize};

use crate::limits::HISTORY_ENTRIES_MAX;
use crate::proof::Proof;
use crate::request::Wish;

/// One step of a fencing that is worth remembering.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// The node.
    pub target: NodeName,
    /// The life that was to end, if known.
    pub incarnation: Option<Incarnation>,
    /// What was wanted.
    pub wish: Wish,
    /// Who wanted it; several when equal requests were merged.
    pub requested_by: Text,
    /// Why.
    pub why: Text,
    /// What came of it.
    pub outcome: Outcome,
    /// From the first request to this outcome.
    pub took: Duration,
}

/// What came of a fencing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The life is over.
    Proven(Proof),
    /// Switched on again, or on as asked.
    TurnedOn,
    /// "On" failed. Says nothing against an earlier proof.
    OnFailed {
        /// What each device said.
        why: Text,
    },
    /// Every level failed in this round; another follows.
    Exhausted {
        /// What each device said.
        why: Text,
    },
    /// Nobody wants it any more.
    Withdrawn,
}

/// An entry with the time of day at which the caller recorded it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// When.
    pub at: WallTime,
    /// What.
    pub entry: HistoryEntry,
}

/// The last [`HISTORY_ENTRIES_MAX`] entries, oldest first.
///
/// A round that failed replaces the failed round before it, so that a dead device does not push
/// everything else out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct History {
    entries: VecDeque<Recorded>,
}

impl History {
    /// Remembers an entry and forgets the oldest when there are too many.
    pub fn push(&mut self, at: WallTime, entry: HistoryEntry) {
        if matches!(entry.outcome, Outcome::Exhausted { .. })
            && let Some(last) =
                self.entries.iter_mut().rev().find(|e| e.entry.target == entry.target)
            && matches!(last.entry.outcome, Outcome::Exhausted { .. })
            && last.entry.incarnation == entry.incarnation
        {
            *last = Recorded { at, entry };
            return;
        }
        self.entries.push_back(Recorded { at, entry });
        while self.entries.len() > HISTORY_ENTRIES_MAX {
            self.entries.pop_front();
        }
    }

    /// The entries, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Recorded> {
        self.entries.iter()
    }

    /// Forgets what concerns a node, or everything.
    pub fn clear(&mut self, target: Option<&NodeName>) {
        match target {
            Some(target) => self.entries.retain(|e| e.entry.target != *target),
            None => self.entries.clear(),
        }
    }
}
