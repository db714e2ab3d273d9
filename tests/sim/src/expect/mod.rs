//! The checkers of rough worlds: each dumb, and each about one promise. They know the
//! configuration and see what agents do; they know nothing of plans.

use std::collections::BTreeMap;

use rota_ids::Text;
use rota_node::{ExecStatus, RunId};
use rota_transition::ResourceOp;

use crate::agents::RunState;
use crate::clock::{SECOND, Time};
use crate::setup::Setup;
use crate::world::World;

mod economy;
mod honesty;
mod notify;
mod order;
mod patience;
mod rest;

/// After a node was without quorum (which stops what its policy says, in an order of its own) its
/// actions say nothing about orders of a DC for so long.
const AFTER_A_MINORITY: Time = 20 * SECOND;

/// What the checkers of rough worlds remember.
#[derive(Debug, Default)]
pub struct Expect {
    on: bool,
    /// When each host was last seen without quorum.
    unquorate: BTreeMap<usize, Time>,
    owed: Vec<notify::Owed>,
    rest: rest::Rest,
    economy: economy::Economy,
    honesty: honesty::Honesty,
    patience: patience::Patience,
    /// How many agents were run that change something, or are told of it.
    pub calls: u64,
}

impl Expect {
    /// Checkers for a world of this setup: they look at worlds made of pieces.
    pub fn new(setup: &Setup) -> Self {
        Self { on: setup.pieces.is_some(), ..Self::default() }
    }
}

impl World {
    /// An agent is handed to a host's executor.
    pub(crate) fn expect_queued(&mut self, place: usize, op: &ResourceOp) {
        if self.expect.on && op.operation == "notify" {
            self.expect_one_notification(place, op);
        }
    }

    /// An agent begins.
    pub(crate) fn expect_began(&mut self, place: usize, run: RunId) {
        let runs = &self.hosts[place].run.services.runs;
        let Some(op) = runs.get(&run).map(|run| run.op.clone()) else { return };
        if !self.expect.on {
            return;
        }
        if op.operation != "monitor" {
            self.expect.calls += 1;
            self.tell(format!("{}: begins {}", self.name(place), op.key));
        }
        self.note_quorum(place);
        self.expect_in_order(place, &op);
        self.expect_told_before(place, &op);
    }

    /// An agent has ended by itself.
    pub(crate) fn expect_ended(&mut self, place: usize, run: RunId) {
        let runs = &self.hosts[place].run.services.runs;
        let Some(ended) = runs.get(&run) else { return };
        let RunState::Ended(outcome) = &ended.state else { return };
        let (op, outcome) = (ended.op.clone(), outcome.clone());
        let well = outcome.status == ExecStatus::Done && outcome.rc == 0;
        if op.operation == "notify" && well {
            self.follow(place, &op);
        }
        if !self.expect.on {
            return;
        }
        if op.operation != "monitor" {
            let how = if well { "ends" } else { "FAILS" };
            self.tell(format!("{}: {how} {} rc {}", self.name(place), op.key, outcome.rc));
        }
        self.note_failure(place, &op, &outcome);
        let truth = &self.hosts[place].run.services;
        let pretends = match op.operation.as_str() {
            "start" => !truth.active.contains(&op.resource),
            "promote" => !truth.promoted.contains(&op.resource),
            _ => false,
        };
        if well && pretends {
            self.harmed(place, &op.resource);
        }
        if well {
            self.expect_to_be_told(place, &op);
        }
    }

    /// Now and then.
    pub(crate) fn expect_now(&mut self) {
        if !self.expect.on {
            return;
        }
        for place in 0..self.hosts.len() {
            self.note_quorum(place);
        }
        self.expect_told_in_time();
        self.expect_rest();
        self.look_for_causes();
        self.expect_honest_counts();
        self.expect_patience();
    }

    fn note_quorum(&mut self, place: usize) {
        let host = &self.hosts[place];
        let quorate = host.daemon.as_ref().is_some_and(|daemon| daemon.node.is_quorate());
        if !quorate {
            self.expect.unquorate.insert(place, self.now);
        }
    }

    /// Whether a host has obeyed nobody but a DC for a while.
    fn obeys_a_dc(&self, place: usize) -> bool {
        let since = self.expect.unquorate.get(&place);
        since.is_none_or(|since| self.now > since + AFTER_A_MINORITY)
    }

    /// The operations that are under way everywhere, by what they are run with.
    fn under_way(&self) -> impl Iterator<Item = (usize, &ResourceOp)> {
        self.hosts.iter().enumerate().flat_map(|(place, host)| {
            let runs = host.run.services.runs.values();
            let running = runs.filter(|run| matches!(run.state, RunState::Running { .. }));
            running.map(move |run| (place, &run.op))
        })
    }

    /// An administrator changes this clone, or all: what it owed before may be owed no more.
    pub(crate) fn expect_anew(&mut self, piece: Option<usize>) {
        let pieces = self.setup.pieces.as_ref();
        let changed = |leaf: &Text| {
            piece.is_none() || pieces.is_some_and(|pieces| pieces.place_of(leaf) == piece)
        };
        self.expect.owed.retain(|owed| !changed(&owed.leaf));
    }

    /// What a fail count may be about from now on.
    pub(crate) fn harmed(&mut self, place: usize, resource: &Text) {
        let now = self.now;
        self.expect.honesty.harm(place, resource, now);
    }
}
