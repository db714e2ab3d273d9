//! One plan to be made, as a piece of work that can be done anywhere: it takes what it needs with
//! it and touches nothing else. The daemon does it beside its loop, the simulator when it wants.
//!
//! What is under way is a given fact: the state that is planned with is the one that will be when
//! it has ended well. Ends it otherwise, the log says so and there is another plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use rota_cib::status::ResourceHistory;
use rota_cib::zone::Zone;
use rota_cib::{Cib, Config};
use rota_ids::{NodeId, NodeName, Term, Text, WallTime, leaf};
use rota_policy::check::{Finding, check};
use rota_policy::{Options, Plan, plan_since};
use rota_transition::executor::Limits;
use rota_transition::{Action, Graph, OpKey, ResourceOp, Task};

use crate::book;
use crate::controller::Relations;
use crate::limits::FAILED_PLANNER_PAUSE;
use crate::order::Order;

/// Names a piece of planning: the term of the DC that asks, and a number within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket {
    /// The DC's term.
    pub term: Term,
    /// Counted from 1 in that term.
    pub number: u64,
}

/// Something that is under way, or will be whatever is planned.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// Where.
    pub node: NodeName,
    /// What.
    pub what: ExpectedEnd,
    /// The order, once it is given.
    pub order: Option<Order>,
    /// Whether that node is there to end it. Of one that is lost nothing is known but what may
    /// have begun.
    pub is_there: bool,
}

/// What will be when something under way has ended well.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpectedEnd {
    /// This operation was done.
    Did(Box<ResourceOp>),
    /// This operation is no longer repeated.
    Ended(OpKey),
}

/// The configurations of the latest plans: people are told what changed between them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lately {
    latest: Option<Arc<Config>>,
    before: Option<Arc<Config>>,
}

/// A plan to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanJob {
    /// Which one.
    pub ticket: Ticket,
    /// The state to plan with.
    pub cib: Arc<Cib>,
    /// Who decides.
    pub dc: NodeId,
    /// What is under way.
    pub expected: Vec<Expected>,
    /// Nodes that were lost: of a wish to leave that they had nothing holds.
    pub lost: Vec<NodeName>,
    /// What nodes that are away in peace left running, for it was not managed.
    pub left_behind: BTreeMap<NodeName, Vec<ResourceHistory>>,
    /// Resources that have cost a node its life: they cost no other.
    pub spared: BTreeSet<Text>,
    /// The time to plan for.
    pub now: WallTime,
    /// What hours and dates without a zone mean in rules.
    pub zone: Zone,
    /// The configurations of the plans before.
    pub lately: Lately,
}

/// A plan that was made.
#[derive(Clone, Debug)]
pub struct PlanMade {
    /// Which one.
    pub ticket: Ticket,
    /// What is to be done; none when the checker refuses it.
    pub graph: Result<Graph, Text>,
    /// Whom it wants fenced.
    pub fences: BTreeSet<NodeName>,
    /// Limits of its execution.
    pub limits: Limits,
    /// Who waits for whom.
    pub relations: Relations,
    /// How long it holds although nothing happens (`cluster-recheck-interval`).
    pub recheck_every: Option<Duration>,
    /// Why.
    pub reasons: Reasons,
    /// The configurations of the latest plans.
    pub lately: Lately,
}

/// The reasons of a plan, in words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reasons {
    actions: Vec<Text>,
    stuck: BTreeMap<Text, Text>,
}

impl Reasons {
    /// Why an action of the plan is there.
    pub fn of(&self, action: &Action) -> Option<&Text> {
        self.actions.get(usize::try_from(action.note?).ok()?)
    }

    /// What holds each resource that does not run or must not be touched.
    pub fn stuck(&self) -> &BTreeMap<Text, Text> {
        &self.stuck
    }
}

impl PlanJob {
    /// What there is instead of a plan when the planner itself failed.
    pub fn failed(ticket: Ticket, why: Text) -> PlanMade {
        PlanMade {
            ticket,
            graph: Err(why),
            fences: BTreeSet::new(),
            limits: Limits::DEFAULT,
            relations: Relations::default(),
            recheck_every: Some(FAILED_PLANNER_PAUSE),
            reasons: Reasons::default(),
            lately: Lately::default(),
        }
    }

    /// Makes the plan. It may take long: call it where nobody waits for anything else.
    pub fn run(mut self) -> PlanMade {
        let mut cib = self.cib_to_plan_with();
        self.lately = std::mem::take(&mut self.lately).and_now(&cib.config);
        let mut plan = self.plan(&cib);
        let endangered = self.endangered(&plan.graph);
        if !endangered.is_empty() {
            // They are managed again: only their node's end makes them safe to start.
            for (node, left) in endangered {
                book::write_left_behind(&mut cib, node, left);
            }
            plan = self.plan(&cib);
        }
        let stuck = plan.stuck.iter().map(|s| (s.resource.clone(), Text::from(s.line())));
        let reasons = Reasons {
            actions: plan.explained.iter().map(|e| e.text.as_str().into()).collect(),
            stuck: stuck.collect(),
        };
        let fences = plan.graph.actions.iter().filter_map(|action| match &action.task {
            Task::Fence { target, .. } => Some(target.clone()),
            _ => None,
        });
        PlanMade {
            ticket: self.ticket,
            fences: fences.collect(),
            limits: book::limits(&cib).unwrap_or(Limits::DEFAULT),
            relations: Relations::of(&cib),
            recheck_every: rota_policy::recheck_interval(&cib, self.now, &self.zone),
            graph: match reason_to_refuse(&cib, &plan.graph) {
                Some(why) => Err(why),
                None => Ok(plan.graph),
            },
            reasons,
            lately: self.lately,
        }
    }

    fn plan(&self, cib: &Cib) -> Plan {
        let options = Options {
            explain: true,
            zone: self.zone.clone(),
            spared: self.spared.clone(),
            ..Options::default()
        };
        plan_since(self.lately.before.as_deref(), cib, self.now, &options)
    }

    /// Nodes that left something running which this graph brings up elsewhere.
    fn endangered(&self, graph: &Graph) -> Vec<(&NodeName, &[ResourceHistory])> {
        let comes_up = |left: &ResourceHistory| {
            graph.actions.iter().any(|action| match &action.task {
                Task::Resource(op) => {
                    matches!(op.operation.as_str(), "start" | "promote")
                        && op.leaf() == leaf(&left.id)
                }
                _ => false,
            })
        };
        let nodes = self.left_behind.iter();
        nodes
            .filter(|(_, left)| left.iter().any(comes_up))
            .map(|(node, left)| (node, left.as_slice()))
            .collect()
    }

    /// The state as it will be when what is under way has ended well.
    fn cib_to_plan_with(&self) -> Cib {
        let mut cib = Cib::clone(&self.cib);
        cib.header.have_quorum = Some(true);
        cib.header.dc_uuid = Some(self.dc.to_string().into());
        for name in &self.lost {
            book::forget_that_it_leaves(&mut cib, name);
        }
        crate::unreachable::leave_out(&mut cib);
        let mut expected: Vec<&Expected> = self.expected.iter().collect();
        expected.sort_by_key(|one| one.rank());
        for one in expected {
            one.write_into(&mut cib, self.now);
        }
        cib
    }
}

impl Expected {
    /// Several of one resource on one node, as in a migration, end in this order.
    fn rank(&self) -> usize {
        const ORDER: [&str; 8] = [
            "migrate_to",
            "migrate_from",
            "demote",
            "stop",
            "start",
            "promote",
            "reload-agent",
            "monitor",
        ];
        match &self.what {
            ExpectedEnd::Did(op) => {
                ORDER.iter().position(|name| *name == op.operation).unwrap_or(ORDER.len())
            }
            ExpectedEnd::Ended(_) => 0,
        }
    }

    fn write_into(&self, cib: &mut Cib, now: WallTime) {
        match &self.what {
            ExpectedEnd::Did(op) if self.is_there => {
                book::write_done(cib, &self.node, op, self.order.as_ref(), now);
            }
            ExpectedEnd::Did(op) => {
                book::write_pending(cib, &self.node, op, self.order.as_ref(), now);
            }
            ExpectedEnd::Ended(key) => book::write_ended(cib, &self.node, key),
        }
    }
}

impl Lately {
    fn and_now(self, config: &Config) -> Self {
        if self.latest.as_deref() == Some(config) {
            return self;
        }
        Self { before: self.latest, latest: Some(Arc::new(config.clone())) }
    }
}

/// What the checker, which shares no code with the planner, holds against a plan. Doing nothing
/// and saying so is better than two masters; an order or a place that is not as wished is not
/// worth that.
fn reason_to_refuse(cib: &Cib, graph: &Graph) -> Option<Text> {
    check(cib, graph).into_iter().find(Finding::is_grave).map(|finding| finding.to_string().into())
}
