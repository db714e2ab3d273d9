//! What the executor promises, one test a promise.

use rota_ids::NodeName;
use rota_transition::executor::{Effect, Executor, Input, Limits};
use rota_transition::{Action, ActionId, Graph, Progress, ResourceOp, Task};

/// A start on `node` that waits for `inputs`.
fn start(id: u32, node: &str, inputs: &[u32]) -> Action {
    Action {
        id: ActionId(id),
        task: Task::Resource(Box::new(ResourceOp {
            operation: "start".into(),
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

fn pseudo(id: u32, inputs: &[u32]) -> Action {
    let key = "mark".into();
    Action { task: Task::Pseudo { key }, node: None, ..start(id, "", inputs) }
}

fn run(executor: &mut Executor, input: Input) -> Vec<Effect> {
    let mut todo = Vec::new();
    executor.step(input, &mut todo);
    todo
}

fn perform(id: u32) -> Effect {
    Effect::Perform(ActionId(id))
}

fn executor(actions: Vec<Action>, per_node: u32) -> Executor {
    Executor::new(Graph { actions, ..Graph::default() }, Limits { per_node })
}

#[test]
fn an_action_begins_when_the_log_holds_the_end_of_all_its_inputs() {
    let mut e = executor(vec![start(0, "a", &[]), start(1, "b", &[]), start(2, "a", &[0, 1])], 8);
    assert_eq!(run(&mut e, Input::Begin), [perform(0), perform(1)]);
    assert_eq!(run(&mut e, Input::Confirmed(ActionId(1))), []);
    assert_eq!(run(&mut e, Input::Confirmed(ActionId(0))), [perform(2)]);
    assert_eq!(run(&mut e, Input::Confirmed(ActionId(2))), [Effect::Finished { complete: true }]);
}

#[test]
fn pseudo_actions_are_passed_at_once() {
    let mut e = executor(vec![pseudo(0, &[]), pseudo(1, &[0]), start(2, "a", &[1])], 8);
    assert_eq!(run(&mut e, Input::Begin), [perform(2)]);
}

#[test]
fn nothing_begins_behind_a_failure() {
    let mut e = executor(vec![start(0, "a", &[]), start(1, "a", &[0])], 8);
    run(&mut e, Input::Begin);
    assert_eq!(run(&mut e, Input::Failed(ActionId(0))), [Effect::Finished { complete: false }]);
}

#[test]
fn a_failure_that_was_allowed_holds_nothing_up() {
    let allowed = Action { can_fail: true, ..start(0, "a", &[]) };
    let mut e = executor(vec![allowed, start(1, "a", &[0])], 8);
    run(&mut e, Input::Begin);
    assert_eq!(run(&mut e, Input::Failed(ActionId(0))), [perform(1)]);
}

#[test]
fn a_stopped_graph_hands_out_nothing_and_ends_with_what_is_in_flight() {
    let mut e = executor(vec![start(0, "a", &[]), start(1, "a", &[0])], 8);
    run(&mut e, Input::Begin);
    assert_eq!(run(&mut e, Input::Drain), []);
    assert_eq!(run(&mut e, Input::Confirmed(ActionId(0))), [Effect::Finished { complete: false }]);
}

#[test]
fn a_node_gets_no_more_at_once_than_its_limit() {
    let mut e = executor((0..3).map(|i| start(i, "a", &[])).collect(), 2);
    assert_eq!(run(&mut e, Input::Begin), [perform(0), perform(1)]);
    assert_eq!(run(&mut e, Input::Confirmed(ActionId(1))), [perform(2)]);
}

#[test]
fn an_adopted_action_is_not_handed_out_again() {
    let mut e = executor(vec![start(0, "a", &[]), start(1, "a", &[0]), start(2, "b", &[])], 8);
    assert_eq!(run(&mut e, Input::Adopt(ActionId(0))), [], "and nothing else is handed out yet");
    assert_eq!(e.progress(ActionId(0)), Some(Progress::InFlight));
    assert_eq!(run(&mut e, Input::Begin), [perform(2)]);
    assert_eq!(run(&mut e, Input::Confirmed(ActionId(0))), [perform(1)]);
}

#[test]
fn nothing_is_handed_out_before_all_that_is_in_flight_is_adopted() {
    let mut e = executor((0..3).map(|i| start(i, "a", &[])).collect(), 8);
    assert_eq!(run(&mut e, Input::Adopt(ActionId(0))), []);
    assert_eq!(run(&mut e, Input::Adopt(ActionId(1))), []);
    assert_eq!(run(&mut e, Input::Begin), [perform(2)]);
}

#[test]
fn an_outcome_told_twice_counts_once() {
    let mut e = executor(vec![start(0, "a", &[]), start(1, "a", &[0]), start(2, "a", &[1])], 8);
    run(&mut e, Input::Begin);
    run(&mut e, Input::Confirmed(ActionId(0)));
    assert_eq!(run(&mut e, Input::Confirmed(ActionId(0))), []);
    assert_eq!(run(&mut e, Input::Confirmed(ActionId(1))), [perform(2)]);
}

#[test]
fn an_empty_graph_is_complete_at_once() {
    let mut e = executor(vec![], 8);
    assert_eq!(run(&mut e, Input::Begin), [Effect::Finished { complete: true }]);
    assert_eq!(run(&mut e, Input::Begin), []);
}

#[test]
fn nobody_is_let_go_while_it_has_something_to_answer() {
    let leave = Action { task: Task::Shutdown, priority: 5, ..start(1, "a", &[]) };
    let mut e = executor(vec![start(0, "a", &[]), leave, start(2, "b", &[])], 8);
    assert_eq!(run(&mut e, Input::Begin), [perform(0), perform(2)]);
    assert_eq!(run(&mut e, Input::Confirmed(ActionId(0))), [perform(1)]);
}
