//! The plan and the function that makes it.

use std::collections::BTreeSet;

use rota_cib::constraint::Role;
use rota_cib::zone::Zone;
use rota_cib::{Cib, Text};
use rota_ids::{NodeName, WallTime};
use rota_transition::Graph;

use crate::actions::Actions;
use crate::model::World;
use crate::{
    assign, changes, constraints, create, emit, fence, history, migrate, order, probe, summary,
    tickets, unpack,
};

/// What to plan, beside the state.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether the table of scores is wanted.
    pub scores: bool,
    /// Whether a ledger of scores is wanted, for [`crate::explain`].
    pub explain: bool,
    /// Quorum, if it is to be other than the Cib says.
    pub quorum: Option<bool>,
    /// Whether the only member has nobody else and can fence nobody, itself included: whatever
    /// failed there is stopped (again), whatever `on-fail` says.
    pub alone: bool,
    /// Resources that have cost a node its life already: a stop of theirs that fails (again) blocks
    /// them, as `on-fail=block` does, and fences nobody. By the id of the primitive or instance.
    pub spared: BTreeSet<Text>,
    /// What hours, weekdays and dates without a zone mean in rules: the system's zone.
    pub zone: Zone,
}

/// Where an instance will be and in which role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The primitive or instance.
    pub resource: Text,
    /// Nodes where it is now.
    pub from: Vec<NodeName>,
    /// Its role now.
    pub role: Role,
    /// Its node.
    pub node: Option<NodeName>,
    /// Its role there.
    pub next_role: Role,
}

/// What is to be done and why.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The actions.
    pub graph: Graph,
    /// Every primitive with its place.
    pub placements: Vec<Placed>,
    /// The table of scores, line by line, if it was asked for.
    pub scores: Vec<String>,
    /// What will change, as `crm_simulate` says it: one line a resource or node.
    pub summary: Vec<String>,
    /// Why each action is there, if it was asked for; `Action::note` is an index into this.
    pub explained: Vec<crate::explain::Explained>,
    /// What does not run or must not be touched, and why, if it was asked for.
    pub stuck: Vec<crate::explain::Stuck>,
    /// What the configuration should be asked about.
    pub warnings: Vec<String>,
}

/// Decides everything.
pub fn plan(cib: &Cib, now: WallTime, options: &Options) -> Plan {
    plan_since(None, cib, now, options)
}

/// The same; explanations say what changed since `before`.
pub fn plan_since(
    before: Option<&rota_cib::Config>,
    cib: &Cib,
    now: WallTime,
    options: &Options,
) -> Plan {
    let mut world = state(cib, now, options);
    let (mut plan, acts) = decide_all(&mut world, options);
    if options.explain {
        let causes = crate::explain::Causes { world: &world, acts: &acts, before };
        plan.explained = causes.graph(&plan.graph);
        plan.stuck = causes.stuck();
        for (note, explained) in plan.explained.iter().enumerate() {
            if let Some(action) = plan.graph.actions.get_mut(explained.action as usize) {
                action.note = u32::try_from(note).ok();
            }
        }
    }
    plan
}

/// The tables as far as they say what is: nodes, resources, what runs where.
pub(crate) fn state<'a>(cib: &'a Cib, now: WallTime, options: &Options) -> World<'a> {
    let mut world = unpack::world(cib, now.0, &options.zone);
    world.spared.clone_from(&options.spared);
    if let Some(quorum) = options.quorum {
        world.quorum = quorum;
    }
    if options.alone {
        world.leave_alone();
    }
    fence::quorum_policy(&mut world);
    history::unpack(&mut world);
    // The more important comes first, here and in all lists.
    let mut top = std::mem::take(&mut world.top);
    top.sort_by_key(|&rid| -world.rscs[rid].priority);
    world.top = top;
    world.remember_names();
    world
}

/// From what is to what shall be.
/// Gives the actions that were weighed as well, also those that will not happen.
pub(crate) fn decide_all(world: &mut World<'_>, options: &Options) -> (Plan, Actions) {
    constraints::unpack(world);
    internal_colocations(world);
    constraints::index(world);
    world.ledger = options.explain.then(|| crate::explain::Ledger::open(world));
    assign::prepare(world);
    tickets::apply(world);
    assign::stick(world);
    let mut assigned = assign::run(world, options.scores);
    world.ranked = std::mem::take(&mut assigned.ranked);
    let mut acts = Actions::new(world.rscs.len());
    known_names(world);
    changes::check(world, &mut acts);
    acts.checked = acts.acts.len();
    probe::create(world, &mut acts);
    create::run(world, &mut acts);
    emit::chores(world, &mut acts);
    fence::run(world, &mut acts);
    order::run(world, &mut acts);
    crate::remote::order(world, &mut acts);
    probe::order(world, &mut acts);
    acts.settle(world);
    create::least_points(world, &mut acts);
    create::one_after_other(world, &mut acts);
    crate::notify::settle(world, &mut acts);
    migrate::decide(&mut acts);
    emit::points(&mut acts);
    let summary = summary::lines(world, &acts);
    let graph = emit::graph(world, &mut acts);
    let placements = placements(world);
    let plan = Plan {
        graph,
        placements,
        scores: assigned.trace.unwrap_or_default(),
        summary,
        explained: Vec::new(),
        stuck: Vec::new(),
        warnings: std::mem::take(&mut world.warnings),
    };
    (plan, acts)
}

/// Members of a group stay together, and so do the parts of a replica.
fn internal_colocations(world: &mut World<'_>) {
    for (dependent, primary) in world.implied.clone() {
        let coloc = constraints::Coloc {
            id: Text::new_static("#ip-with-container"),
            dependent,
            primary,
            score: crate::score::INF,
            dependent_role: None,
            primary_role: None,
            attribute: None,
            influence: true,
        };
        constraints::add_coloc(world, coloc);
    }
    for nid in 0..world.nodes.len() {
        // A guest's connection goes where the guest is. That of a replica would like to, and so
        // a replica would rather be where its connection can be.
        if let (Some(dependent), Some(primary)) =
            (world.nodes[nid].connection, world.nodes[nid].container)
        {
            let inside = world.in_bundle(dependent);
            let coloc = constraints::Coloc {
                id: Text::new_static("#resource-with-container"),
                dependent,
                primary,
                score: if inside { 10_000 } else { crate::score::INF },
                dependent_role: None,
                primary_role: None,
                attribute: None,
                influence: true,
            };
            constraints::add_coloc(world, coloc);
        }
    }
    for rid in 0..world.rscs.len() {
        let crate::model::Kind::Group { colocated: true, .. } = world.rscs[rid].kind else {
            continue;
        };
        for two in world.rscs[rid].children.clone().windows(2) {
            let influence = world.rscs[two[1]].meta.critical;
            constraints::add_coloc(
                world,
                constraints::Coloc {
                    id: Text::new_static("#group-members"),
                    dependent: two[1],
                    primary: two[0],
                    score: crate::score::INF,
                    dependent_role: None,
                    primary_role: None,
                    attribute: None,
                    influence,
                },
            );
        }
    }
}

/// For anonymous clones it is the name that is known on a node, not the instance.
fn known_names(world: &mut World<'_>) {
    for rid in 0..world.rscs.len() {
        if world.rscs[rid].anonymous
            && world.rscs[rid].is_primitive()
            && let Some(owner) = world.instance_owner(rid)
        {
            let key = (owner, world.rscs[rid].conf_id.clone());
            let known = world.rscs[rid].known_on.clone();
            world.known_by_name.entry(key).or_default().extend(known);
        }
    }
}

fn placements(world: &World<'_>) -> Vec<Placed> {
    world
        .rscs
        .iter()
        .filter(|r| r.is_primitive())
        .map(|r| Placed {
            resource: r.id.clone(),
            from: r.running_on.iter().map(|&n| NodeName(world.nodes[n].name.clone())).collect(),
            role: r.role,
            node: r.assigned.map(|n| NodeName(world.nodes[n].name.clone())),
            next_role: r.next_role.unwrap_or(Role::Stopped),
        })
        .collect()
}
