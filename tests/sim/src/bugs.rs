//! Deliberate bugs, to see that the checkers find them. They live in the world, not in the nodes.

use rota_ids::Text;
use rota_node::{AgentOutcome, ExecStatus, RunId};
use rota_transition::ResourceOp;

use crate::agents::RunState;
use crate::clock::{self, MS, SECOND, Time};
use crate::world::{What, World};

/// What is wrong with a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// Cards say "proven off" without switching anything off.
    NoProof,
    /// A restarted daemon's disk has forgotten for whom it voted.
    ForgetsVote,
    /// Old orders are dressed up as new ones before they are delivered.
    ObeysOldOrders,
    /// Notifications that follow a step are swallowed, and said to be done.
    DropsPostNotify,
    /// Each notification is handed to the executor twice.
    RepeatsNotify,
    /// The end of each agent is told when it begins.
    EndsEarly,
    /// The end of each promotion is told when it begins.
    PromotesEarly,
    /// Cards say "on" and switch nothing on.
    NeverSwitchesOn,
    /// Whoever fails to stop something is switched off at once, however few are left.
    ShootsForEveryStop,
    /// "Off" switches the next host off instead.
    WrongPlug,
    /// Some monitors that found all well are told as failures.
    CountsWhatDidNotFail,
    /// The wall clocks of all daemons stand still: nothing ever expires.
    ForgetsExpiry,
    /// What agents write is never what they wrote before.
    Restless,
    /// What was deleted is said to be stopped, and goes on.
    KeepsWhatWasDeleted,
}

/// When wall clocks stop that stand still.
const STANDS_STILL: Time = 30 * SECOND;

impl World {
    /// Whether this is wrong with the world.
    pub(crate) fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// The time by which a daemon's wall clock goes.
    pub(crate) fn wall_time(&self) -> Time {
        if self.has(Bug::ForgetsExpiry) { self.now.min(STANDS_STILL) } else { self.now }
    }

    /// An agent that ended well, of its own account.
    pub(crate) fn well_done(&self, place: usize) -> AgentOutcome {
        AgentOutcome {
            rc: 0,
            status: ExecStatus::Done,
            reason: Text::default(),
            started: clock::wall(self.now, self.hosts[place].run.services.wall_is_fast),
            exec_ms: 50,
            queue_ms: 0,
            agent: None,
        }
    }

    /// What is said to be done and is not even begun.
    pub(crate) fn is_swallowed(&self, op: &ResourceOp) -> bool {
        let follows = op.key.operation.starts_with("post_notify_");
        let deleted = op.resource == "extra" && op.operation == "stop";
        (self.has(Bug::DropsPostNotify) && follows)
            || (self.has(Bug::KeepsWhatWasDeleted) && deleted)
    }

    /// The second copy of a notification.
    pub(crate) fn repeat_notify(&mut self, place: usize, run: RunId, op: &ResourceOp) {
        if self.has(Bug::RepeatsNotify) && op.operation == "notify" {
            self.expect_queued(place, op);
            let (again, now) = (RunId(run.0 | 1 << 62), self.now);
            let services = &mut self.hosts[place].run.services;
            let begun = services.ask(&mut self.rng, now, again, op.clone());
            self.agent_begun(place, begun);
        }
    }

    /// The end of an agent that has just begun.
    pub(crate) fn end_early(&mut self, place: usize, run: RunId) {
        let runs = &self.hosts[place].run.services.runs;
        let early = |operation: &str| match self.bug {
            Some(Bug::EndsEarly) => operation != "monitor",
            Some(Bug::PromotesEarly) => operation == "promote",
            _ => false,
        };
        let is_early = runs.get(&run).is_some_and(|run| early(&run.op.operation));
        let serial = self.hosts[place].daemon.as_ref().map(|daemon| daemon.serial);
        if let Some(serial) = serial.filter(|_| is_early) {
            let outcome = self.well_done(place);
            self.later(MS, What::AgentSaid(place, serial, run, outcome));
        }
    }

    /// An agent has ended, and something is made of it.
    pub(crate) fn make_of_end(&mut self, place: usize, run: RunId, outcome: &mut AgentOutcome) {
        let runs = &self.hosts[place].run.services.runs;
        let Some(op) = runs.get(&run).map(|run| run.op.clone()) else { return };
        let well = outcome.status == ExecStatus::Done && outcome.rc == 0;
        match op.operation.as_str() {
            "monitor" if well && self.has(Bug::CountsWhatDidNotFail) && self.rng.chance(50) => {
                outcome.rc = 1;
            }
            "stop" if !well && self.has(Bug::ShootsForEveryStop) => {
                self.expect_shot(place, place);
                self.power_off(place);
                self.hosts[place].off_by_card = true;
            }
            _ => {}
        }
    }

    /// Whether the files about a run stay although the daemon has forgotten it.
    pub(crate) fn keeps_run(&self, place: usize, run: RunId) -> bool {
        let runs = &self.hosts[place].run.services.runs;
        let goes_on = runs.get(&run).is_some_and(|run| !matches!(run.state, RunState::Ended(_)));
        matches!(self.bug, Some(Bug::EndsEarly | Bug::PromotesEarly)) && goes_on
    }
}
