//! Asking for a plan, and what becomes of it when it comes.

use std::sync::Arc;

use rota_ids::{Moment, WallTime};
use rota_transition::{AbortReason, Executor};

use crate::book;
use crate::event::Effect;
use crate::limits::PLAN_PATIENCE;
use crate::order::OrderTask;
use crate::planner::{PlanJob, PlanMade, Ticket};
use crate::story::Story;

use super::brake::Mercy;
use super::{Controller, Desk, Want};

/// A plan that is being made.
pub(super) struct Planning {
    ticket: Ticket,
    why: AbortReason,
    since: Moment,
    reported: bool,
    outdated: Outdated,
}

/// What happened since a plan was asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outdated {
    Not,
    /// Somebody wants something else now: the plan is right for what was wanted before.
    Overtaken,
    /// The world is not as the plan takes it to be.
    Wrong,
}

impl Planning {
    /// Whether it has taken so long that people were told.
    pub fn is_slow(&self) -> bool {
        self.reported
    }

    pub fn outdated_by(&mut self, why: &AbortReason) {
        let now = match why {
            AbortReason::Configuration | AbortReason::Status | AbortReason::Time => {
                Outdated::Overtaken
            }
            AbortReason::Membership
            | AbortReason::ActionFailed { .. }
            | AbortReason::UnexpectedResult { .. }
            | AbortReason::Fenced(_)
            | AbortReason::NotLeader => Outdated::Wrong,
        };
        self.outdated = self.outdated.max(now);
    }
}

impl Controller {
    pub(super) fn ask_for_plan(&mut self, desk: &mut Desk<'_>) {
        let Some(why) = self.stale.take() else { return };
        self.next_ticket += 1;
        let ticket = Ticket { term: self.term, number: self.next_ticket };
        let lost = desk.state.unclean.keys().filter_map(|node| desk.state.name_of(*node));
        let job = PlanJob {
            ticket,
            cib: Arc::clone(&desk.state.cib),
            dc: self.me,
            expected: self.expected(desk.state),
            lost: lost.cloned().collect(),
            left_behind: desk.state.left_behind.clone(),
            spared: desk.state.costly.clone(),
            now: desk.now.wall,
            zone: self.zone.clone(),
            lately: std::mem::take(&mut self.lately),
        };
        let (since, outdated) = (desk.now.moment, Outdated::Not);
        self.planning = Some(Planning { ticket, why, since, reported: false, outdated });
        self.planned_at = since;
        desk.todo.push(Effect::Plan(Box::new(job)));
    }

    /// Says so once when a plan takes long.
    pub(super) fn report_slow_planning(&mut self, desk: &mut Desk<'_>) {
        if let Some(planning) = &mut self.planning
            && !planning.reported
            && desk.now.moment.since(planning.since) >= PLAN_PATIENCE
        {
            planning.reported = true;
            desk.todo.push(Effect::Tale(Story::PlanIsSlow { since: PLAN_PATIENCE }));
        }
    }

    /// A plan was made. It is carried out unless the world has changed meanwhile.
    pub fn planned(&mut self, made: PlanMade, may_act: bool, desk: &mut Desk<'_>) {
        let Some(planning) = self.planning.take_if(|p| p.ticket == made.ticket) else { return };
        self.lately = made.lately.clone();
        let is_good = match planning.outdated {
            Outdated::Not => true,
            // Whoever keeps changing his mind must not keep everybody from working.
            Outdated::Overtaken => std::mem::replace(&mut self.thrown_away, true),
            Outdated::Wrong => false,
        };
        if !is_good || !may_act {
            self.stale.get_or_insert(planning.why);
            return;
        }
        self.thrown_away = false;
        self.plans_in_a_row += 1;
        self.begin(made, planning.why, desk);
    }

    fn begin(&mut self, mut made: PlanMade, why: AbortReason, desk: &mut Desk<'_>) {
        self.put_aside();
        // Who was to be fenced while others were there may be needed now.
        let mercy = Mercy::of(self, desk.state);
        made.fences.retain(|target| !mercy.is_needed(target));
        self.transition += 1;
        self.relations = made.relations;
        self.reasons = made.reasons;
        self.recheck_every = made.recheck_every;
        let graph = match made.graph {
            Ok(graph) => graph,
            Err(why) => {
                desk.todo.push(Effect::Tale(Story::PlanRefused { why }));
                return;
            }
        };
        self.fencing.retain(|target| made.fences.contains(target));
        desk.wants.push(Want::FenceOnly(made.fences));
        self.recheck_at = graph.recheck_at.map(WallTime);
        let actions = graph.actions.iter().filter_map(book::action_key).collect();
        let transition = self.transition;
        desk.todo.push(Effect::Tale(Story::Planned { transition, why, actions }));
        // Whoever is to leave is told so by each plan anew, or no more.
        self.given.retain(|_, given| given.order.task != OrderTask::Leave);
        let mut executor = Executor::new(graph, made.limits);
        self.share_looks(&mut executor, desk.state);
        self.executor = Some(executor);
        self.go_on(desk);
    }
}
