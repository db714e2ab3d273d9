//! What of a graph goes on when its plan is replaced, one test a promise.

use rota_ids::NodeName;
use rota_transition::executor::{Effect, Executor, Input, Limits};
use rota_transition::{Action, ActionId, Graph, InUnit, Part, Progress, ResourceOp, Task, UnitId};

fn op(id: u32, operation: &str, node: &str, inputs: &[u32]) -> Action {
    Action {
        id: ActionId(id),
        task: Task::Resource(Box::new(ResourceOp {
            operation: operation.into(),
            ..ResourceOp::default()
        })),
        node: Some(NodeName::from(node)),
        router: None,
        inputs: inputs.iter().map(|&i| ActionId(i)).collect(),
        priority: 0,
        can_fail: false,
        note: None,
        unit: None,
    }
}

fn point(id: u32, inputs: &[u32]) -> Action {
    Action { task: Task::Pseudo { key: "mark".into() }, node: None, ..op(id, "", "", inputs) }
}

fn part(part: Part, action: Action) -> Action {
    Action { unit: Some(InUnit { unit: UnitId(1), part }), ..action }
}

/// A clone that wants notifications promotes its instance on `a`; `b` hears of it. Something else
/// waits for the promotion.
fn promotion() -> Executor {
    let actions = vec![
        part(Part::Before, op(0, "notify", "a", &[])),
        part(Part::Before, op(1, "notify", "b", &[])),
        part(Part::Before, point(2, &[0, 1])),
        part(Part::Main, op(3, "promote", "a", &[2])),
        part(Part::After, point(4, &[3])),
        part(Part::After, op(5, "notify", "a", &[4])),
        part(Part::After, op(6, "notify", "b", &[4])),
        op(7, "start", "a", &[4]),
    ];
    Executor::new(Graph { actions, ..Graph::default() }, Limits { per_node: 8 })
}

fn step(executor: &mut Executor, input: Input) -> Vec<u32> {
    let mut todo = Vec::new();
    executor.step(input, &mut todo);
    let performed = |effect: Effect| match effect {
        Effect::Perform(id) => Some(id.0),
        Effect::Finished { .. } => None,
    };
    todo.into_iter().filter_map(performed).collect()
}

fn done(id: u32) -> Input {
    Input::Confirmed(ActionId(id))
}

#[test]
fn a_unit_that_has_begun_is_carried_to_its_end_and_nothing_else_begins() {
    let mut e = promotion();
    assert_eq!(step(&mut e, Input::Begin), [0, 1]);
    assert_eq!(step(&mut e, Input::Drain), []);
    assert_eq!(step(&mut e, done(0)), []);
    assert_eq!(step(&mut e, done(1)), [3]);
    assert_eq!(step(&mut e, done(3)), [5, 6]);
    assert_eq!(e.progress(ActionId(7)), Some(Progress::Dropped));
    step(&mut e, done(5));
    step(&mut e, done(6));
    assert!(e.is_finished());
}

#[test]
fn a_unit_that_has_not_begun_is_dropped() {
    let mut e = promotion();
    step(&mut e, Input::Drain);
    assert!(e.is_finished());
    assert!(e.into_carried().is_none());
}

#[test]
fn what_waits_for_something_that_is_not_carried_does_not_begin() {
    let mut e = Executor::new(
        Graph {
            actions: vec![
                op(0, "stop", "c", &[]),
                part(Part::Before, op(1, "notify", "a", &[])),
                part(Part::Main, op(2, "promote", "a", &[0, 1])),
                part(Part::After, op(3, "notify", "a", &[2])),
            ],
            ..Graph::default()
        },
        Limits { per_node: 8 },
    );
    let mut todo = Vec::new();
    e.step_holding(Input::Begin, &|action| action.id == ActionId(0), &mut todo);
    step(&mut e, Input::Drain);
    assert_eq!(step(&mut e, done(1)), []);
    assert!(e.is_finished(), "the promotion is not carried, and nobody hears of it");
}

#[test]
fn others_hear_of_what_went_well_although_one_failed() {
    let actions = vec![
        part(Part::Main, op(0, "start", "a", &[])),
        part(Part::Main, op(1, "start", "b", &[])),
        part(Part::After, point(2, &[0, 1])),
        part(Part::After, op(3, "notify", "a", &[2])),
    ];
    let mut e = Executor::new(Graph { actions, ..Graph::default() }, Limits { per_node: 8 });
    assert_eq!(step(&mut e, Input::Begin), [0, 1]);
    step(&mut e, Input::Drain);
    assert_eq!(step(&mut e, Input::Failed(ActionId(1))), []);
    assert_eq!(step(&mut e, done(0)), [3]);
}

#[test]
fn what_is_carried_goes_on_in_a_graph_of_its_own() {
    let mut e = promotion();
    step(&mut e, Input::Begin);
    step(&mut e, done(0));
    let mut rest = e.into_carried().expect("the unit has begun");
    assert_eq!(rest.ids.get(&ActionId(7)), None);
    let now = |old: u32| rest.ids[&ActionId(old)];
    let (told_b, promote, after_a, after_b) = (now(1), now(3), now(5), now(6));
    assert_eq!(step(&mut rest.executor, Input::Confirmed(told_b)), [promote.0]);
    assert_eq!(step(&mut rest.executor, Input::Confirmed(promote)), [after_a.0, after_b.0]);
}

#[test]
fn a_lost_node_is_not_waited_for_with_notifications_and_begins_nothing() {
    let mut e = promotion();
    step(&mut e, Input::Begin);
    step(&mut e, done(0));
    step(&mut e, Input::Drain);
    assert!(!e.lose(&NodeName::from("b"), false).is_missed);
    assert_eq!(step(&mut e, Input::Begin), [3]);

    let mut e = promotion();
    step(&mut e, Input::Begin);
    step(&mut e, Input::Drain);
    let loss = e.lose(&NodeName::from("a"), false);
    assert!(loss.is_missed);
    step(&mut e, done(1));
    assert!(e.is_finished(), "who was to be promoted is lost");
}

#[test]
fn what_is_held_from_outside_begins_at_a_later_step() {
    let actions = vec![op(0, "start", "a", &[])];
    let mut e = Executor::new(Graph { actions, ..Graph::default() }, Limits { per_node: 8 });
    let mut todo = Vec::new();
    e.step_holding(Input::Begin, &|_| true, &mut todo);
    assert_eq!(todo, []);
    assert_eq!(step(&mut e, Input::Begin), [0]);
}

#[test]
fn a_look_is_nobodys_and_is_not_carried() {
    // The next plan waits for the same look; carried as well it would be waited for for ever.
    let actions = vec![op(0, "monitor", "a", &[]), op(1, "start", "a", &[0])];
    let mut e = Executor::new(Graph { actions, ..Graph::default() }, Limits { per_node: 8 });
    assert_eq!(step(&mut e, Input::Begin), [0]);
    assert!(e.into_carried().is_none());
}

#[test]
fn what_was_held_when_its_plan_was_replaced_is_handed_out_afterwards() {
    let mut e = promotion();
    step(&mut e, Input::Begin);
    step(&mut e, done(0));
    let mut todo = Vec::new();
    e.step_holding(done(1), &|action| action.id == ActionId(3), &mut todo);
    assert_eq!(todo, []);
    let mut rest = e.into_carried().expect("the unit has begun");
    let promote = rest.ids[&ActionId(3)].0;
    assert_eq!(step(&mut rest.executor, Input::Begin), [promote]);
}

#[test]
fn that_a_unit_is_broken_off_with_a_node_is_said() {
    // The instances start one after the other: without the first there is no second.
    let actions = vec![
        part(Part::Main, op(0, "start", "a", &[])),
        part(Part::Main, op(1, "start", "b", &[0])),
    ];
    let mut e = Executor::new(Graph { actions, ..Graph::default() }, Limits { per_node: 8 });
    step(&mut e, Input::Begin);
    let mut rest = e.into_carried().expect("the unit has begun").executor;
    assert!(!rest.lose(&NodeName::from("a"), false).is_broken, "it may yet end there");
    assert!(rest.lose(&NodeName::from("a"), true).is_broken);
}
