//! The one loop around a node. The daemon and the simulator turn it with different hands: what is
//! simulated is what runs.
//!
//! A round: take in whatever is at hand, carry out what may leave before our own disk has it, write
//! and sync, carry out the rest, and once more while there is more.

use std::collections::VecDeque;

use rota_replica::LogStore;

use crate::event::{Effect, Event, Now};
use crate::node::{Error, Node};

/// How many events one round takes in: all of them share one sync.
pub const BATCH_MAX: usize = 256;

/// One round of the loop.
pub struct Round {
    now: Now,
    stage: Stage,
    due: VecDeque<Effect>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing is written yet.
    Early,
    /// There may be more after what is due.
    Flushing,
    /// What is due is the last.
    Last,
}

impl Round {
    /// A round that takes in these events, which happened until now; at most [`BATCH_MAX`].
    ///
    /// # Errors
    /// All errors are final: the node cannot go on.
    pub fn begin<S: LogStore>(
        node: &mut Node<S>,
        now: Now,
        events: impl IntoIterator<Item = Event>,
    ) -> Result<Self, Error> {
        for event in events {
            node.step(now, event)?;
        }
        Ok(Self { now, stage: Stage::Early, due: VecDeque::new() })
    }

    /// What is to be carried out next; none when the round is over.
    ///
    /// # Errors
    /// All errors are final: the node cannot go on.
    pub fn next<S: LogStore>(&mut self, node: &mut Node<S>) -> Result<Option<Effect>, Error> {
        loop {
            if let Some(effect) = self.due.pop_front() {
                return Ok(Some(effect));
            }
            match self.stage {
                Stage::Early => {
                    self.due.extend(node.early(self.now));
                    self.stage = Stage::Flushing;
                }
                Stage::Flushing => {
                    self.due.extend(node.flush(self.now)?);
                    if !node.has_more() {
                        self.stage = Stage::Last;
                    }
                }
                Stage::Last => return Ok(None),
            }
        }
    }
}
