//! The DC's loop: changed state → plan → transition → orders → committed results.
//!
//! A controller exists from the moment a node leads until it does not. It begins by asking every
//! member what it still has in flight from older DCs; from their answers on no order of an older
//! DC can begin anywhere, and what has begun is part of the first plan.
//!
//! Plans are made elsewhere ([`crate::planner`]). From the moment in which one is found to be stale
//! nothing of it begins but what belongs to units of work that have begun; these are carried to
//! their end beside the plans that follow ([`carried`]).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use rota_cib::zone::Zone;
use rota_ids::{Moment, NodeId, NodeName, Term, Text, WallTime};
use rota_transition::executor::{Effect as Step, Input as StepInput};
use rota_transition::{AbortReason, Action, ActionId, Executor, Task};

mod brake;
mod carried;
mod news;
mod orders;
mod planning;
mod relations;
mod telling;

use crate::entry::Entry;
use crate::event::{Effect, Now};
use crate::limits::{CALM_DOWN, PLANS_IN_A_ROW};
use crate::order::{Order, OrderId, Token};
use crate::planner::{Lately, Reasons};
use crate::proposals::Purpose;
use crate::state::ClusterState;
use crate::story::Story;
use brake::{Brake, Mercy};
use carried::Remainder;
use planning::Planning;
pub use relations::{Doing, Relations};

/// What the controller wants of the node beside effects.
#[derive(Clone, Debug, PartialEq)]
pub enum Want {
    /// Put this into the log.
    Propose(Box<Entry>, Purpose),
    /// Make this node harmless.
    Fence {
        /// The node.
        target: NodeName,
        /// How.
        action: rota_transition::FenceAction,
        /// Seconds to wait first.
        delay_s: u32,
    },
    /// Of all fencing that plans have asked for only this is still wanted.
    FenceOnly(BTreeSet<NodeName>),
    /// An order for this very node.
    OrderHere(Box<Order>),
}

/// What lies on the controller's desk while it works on one thing.
pub struct Desk<'a> {
    /// The time.
    pub now: Now,
    /// What the log has made.
    pub state: &'a ClusterState,
    /// What is to be done.
    pub todo: &'a mut Vec<Effect>,
    /// What the node is to do beside.
    pub wants: &'a mut Vec<Want>,
}

/// An action of a plan of this term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    transition: u64,
    action: ActionId,
}

/// An order that was given and whose end the log does not hold.
struct Given {
    order: Order,
    node: NodeId,
    /// Which action it carries out, if it is one of a plan of this term.
    place: Option<Place>,
    /// Why that was planned.
    why: Option<Text>,
    taken: bool,
    sent: Option<Moment>,
}

/// What members have in flight from older DCs, and who has yet to say it.
#[derive(Default)]
struct Sync {
    /// Who has said it in this term: no order of an older DC can begin there any more.
    answered: BTreeSet<NodeId>,
    /// Members who have not.
    waiting: BTreeSet<NodeId>,
    /// When they were asked last.
    sent: Option<Moment>,
    /// Everybody who was a member when the term began has answered.
    in_charge: bool,
}

/// The DC's loop.
pub struct Controller {
    me: NodeId,
    term: Term,
    /// The number of the present plan.
    transition: u64,
    next_order: u64,
    sync: Sync,
    /// Walks the present plan.
    executor: Option<Executor>,
    /// What older plans have begun.
    carried: Vec<Remainder>,
    given: BTreeMap<OrderId, Given>,
    /// Whom plans wanted fenced and who is not proven off yet.
    fencing: BTreeSet<NodeName>,
    /// A node was fenced for the present plan: what it failed with is forgotten, so that there may
    /// be more to do when the plan, which nobody holds up for it, is carried out.
    fenced_for_it: Option<NodeId>,
    /// Why another plan is needed.
    stale: Option<AbortReason>,
    /// The plan that is being made.
    planning: Option<Planning>,
    next_ticket: u64,
    /// A plan in a row was thrown away because the world changed while it was made.
    thrown_away: bool,
    planned_at: Moment,
    recheck_at: Option<WallTime>,
    /// How long a plan holds although nothing happens (`cluster-recheck-interval`).
    recheck_every: Option<Duration>,
    plans_in_a_row: u32,
    idle_askers: VecDeque<(NodeId, u64)>,
    relations: Relations,
    reasons: Reasons,
    lately: Lately,
    zone: Zone,
    brake: Brake,
}

impl Controller {
    /// A controller for a term that has just begun.
    pub fn new(me: NodeId, term: Term, now: Now) -> Self {
        Self {
            me,
            term,
            transition: 0,
            next_order: 0,
            sync: Sync::default(),
            executor: None,
            carried: Vec::new(),
            given: BTreeMap::new(),
            fencing: BTreeSet::new(),
            fenced_for_it: None,
            stale: Some(AbortReason::Membership),
            planning: None,
            next_ticket: 0,
            thrown_away: false,
            planned_at: now.moment,
            recheck_at: None,
            recheck_every: None,
            plans_in_a_row: 0,
            idle_askers: VecDeque::new(),
            relations: Relations::default(),
            reasons: Reasons::default(),
            lately: Lately::default(),
            zone: Zone::default(),
            brake: Brake::default(),
        }
    }

    /// The same, where dates in rules are meant in this zone.
    pub fn in_zone(mut self, zone: Zone) -> Self {
        self.zone = zone;
        self
    }

    /// The term that this controller leads in.
    pub fn term(&self) -> Term {
        self.term
    }

    /// The number of the latest plan of this term.
    pub fn transition(&self) -> u64 {
        self.transition
    }

    /// The token of orders given now.
    pub fn token(&self, state: &ClusterState) -> Token {
        Token { term: self.term, view: state.view.id, transition: self.transition }
    }

    /// The plan must be made again. Of the present one only that goes on which has begun.
    pub fn stale(&mut self, why: AbortReason, desk: &mut Desk<'_>) {
        if let Some(planning) = &mut self.planning {
            planning.outdated_by(&why);
        }
        self.stale.get_or_insert(why);
        self.walk(StepInput::Drain, desk);
    }

    /// Somebody wants to know when there is nothing left to do.
    pub fn tell_when_idle(&mut self, asker: NodeId, question: u64) {
        if !self.idle_askers.contains(&(asker, question)) {
            self.idle_askers.push_back((asker, question));
        }
    }

    /// Those who asked, if there is nothing left to do now.
    pub fn idle_askers(&mut self, nothing_else: bool) -> Vec<(NodeId, u64)> {
        if nothing_else && self.is_idle() {
            self.idle_askers.drain(..).collect()
        } else {
            Vec::new()
        }
    }

    /// Whether nothing is planned, ordered or running.
    pub fn is_idle(&self) -> bool {
        let running = self.executor.as_ref().is_some_and(|executor| !executor.is_finished());
        !running
            && self.stale.is_none()
            && self.planning.is_none()
            && self.given.is_empty()
            && self.carried.is_empty()
            && self.sync.waiting.is_empty()
            && self.sync.in_charge
    }

    /// Moves on: asks, plans, and repeats what was not heard. Call it after every batch of news.
    pub fn advance(&mut self, may_act: bool, desk: &mut Desk<'_>) {
        if !self.have_all_answered(desk) || !may_act {
            return;
        }
        let now = desk.now;
        if self.recheck_at.is_some_and(|at| now.wall >= at)
            || self.recheck_every.is_some_and(|every| now.moment.since(self.planned_at) >= every)
        {
            self.recheck_at = None;
            self.stale(AbortReason::Time, desk);
        }
        if self.plans_in_a_row > 0 && now.moment.since(self.planned_at) >= CALM_DOWN {
            self.plans_in_a_row = 0;
        }
        if self.plans_in_a_row < PLANS_IN_A_ROW && self.planning.is_none() && self.stale.is_some() {
            self.ask_for_plan(desk);
        }
        self.report_slow_planning(desk);
        if self.brake.is_holding() {
            self.go_on(desk);
        }
        self.repeat_orders(desk);
    }

    /// Takes a step in the present plan.
    fn walk(&mut self, input: StepInput, desk: &mut Desk<'_>) {
        let mercy = Mercy::of(self, desk.state);
        let Some(mut executor) = self.executor.take() else { return };
        let mut steps = Vec::new();
        executor.set_burden(self.burden(desk.state));
        let holds = self.holds(mercy, self.carried.len(), desk);
        executor.step_holding(input, &|action| holds.hold(action), &mut steps);
        let held = holds.held_by_brake();
        drop(holds);
        self.brake.note(held);
        self.executor = Some(executor);
        self.carry_out(self.transition, &steps, desk);
    }

    /// Takes a step in the plan that an action is of.
    fn walk_at(&mut self, place: Place, input: fn(ActionId) -> StepInput, desk: &mut Desk<'_>) {
        if place.transition == self.transition && self.executor.is_some() {
            return self.walk(input(place.action), desk);
        }
        self.walk_rest(place.transition, |rest| rest.id_now(place.action).map(input), desk);
        self.go_on(desk);
    }

    /// Takes a step in what is left of an older plan. What it has in common with still older ones
    /// waits for these.
    fn walk_rest(
        &mut self,
        transition: u64,
        input: impl FnOnce(&Remainder) -> Option<StepInput>,
        desk: &mut Desk<'_>,
    ) {
        let Some(at) = self.carried.iter().position(|rest| rest.is_of(transition)) else { return };
        let mut rest = self.carried.remove(at);
        let mut steps = Vec::new();
        if let Some(input) = input(&rest) {
            let holds = self.holds(Mercy::of(self, desk.state), at, desk);
            rest.executor.step_holding(input, &|action| holds.hold(action), &mut steps);
            let held = holds.held_by_brake();
            drop(holds);
            self.brake.note(held);
        }
        self.carried.insert(at, rest);
        self.carry_out(transition, &steps, desk);
    }

    /// Whatever waited for something that has ended may begin.
    fn go_on(&mut self, desk: &mut Desk<'_>) {
        self.brake.forget_what_is_held();
        let rests: Vec<u64> = self.carried.iter().map(Remainder::transition).collect();
        for transition in rests {
            self.walk_rest(transition, |_| Some(StepInput::Begin), desk);
        }
        self.let_go_of_what_ended();
        self.walk(StepInput::Begin, desk);
    }

    fn carry_out(&mut self, transition: u64, steps: &[Step], desk: &mut Desk<'_>) {
        for step in steps {
            match step {
                Step::Perform(action) => {
                    if let Some((action, place)) = self.action_in(transition, *action) {
                        self.perform(&action, place, desk);
                    }
                }
                Step::Finished { complete } if transition == self.transition => {
                    let complete = *complete;
                    desk.todo.push(Effect::Tale(Story::Finished { transition, complete }));
                    if let Some(node) = self.fenced_for_it.take() {
                        self.stale.get_or_insert(AbortReason::Fenced(node));
                    }
                }
                Step::Finished { .. } => {}
            }
        }
    }

    /// An action by the number that its executor has for it, and its place in its plan.
    fn action_in(&self, transition: u64, action: ActionId) -> Option<(Action, Place)> {
        if transition == self.transition {
            let found = self.executor.as_ref()?.graph().action(action)?.clone();
            return Some((found, Place { transition, action }));
        }
        let rest = self.carried.iter().find(|rest| rest.is_of(transition))?;
        let found = rest.executor.graph().action(action)?.clone();
        Some((found, Place { transition, action: rest.id_then(action)? }))
    }

    /// An action by its place.
    fn action_at(&self, place: Place) -> Option<Action> {
        if place.transition == self.transition {
            return self.executor.as_ref()?.graph().action(place.action).cloned();
        }
        let rest = self.carried.iter().find(|rest| rest.is_of(place.transition))?;
        rest.executor.graph().action(rest.id_now(place.action)?).cloned()
    }

    /// The fencing under way that the present plan asked for.
    fn fencing_in_flight(&self) -> impl Iterator<Item = (&NodeName, &Action)> {
        let in_flight = self.executor.iter().flat_map(Executor::in_flight);
        in_flight.filter_map(|action| match &action.task {
            Task::Fence { target, .. } => Some((target, action)),
            _ => None,
        })
    }
}
