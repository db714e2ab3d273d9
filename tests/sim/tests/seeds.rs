//! Seeds that once failed, by what they found.

use rota_sim::run::{Plan, run};

#[track_caller]
fn holds(seed: u64) {
    let outcome = run(&Plan::of(seed, 5));
    let found = outcome.violation.as_ref().map(|violation| violation.what.as_str());
    assert_eq!(found, None, "seed {seed}:\n{}", outcome.tail(120));
}

#[test]
fn a_daemon_that_left_may_come_back_in_the_same_boot() {
    holds(3);
}

#[test]
fn a_life_does_not_obey_what_was_ordered_of_the_life_before() {
    holds(5);
}

#[test]
fn a_restarted_daemon_owes_the_first_results_of_its_monitors() {
    holds(110);
}

#[test]
fn a_new_dc_knows_what_it_does_itself_for_the_old_one() {
    holds(141);
}

#[test]
fn what_a_minority_stopped_is_told_even_when_its_daemon_dies() {
    holds(215);
}

#[test]
fn who_has_booted_anew_is_not_shot_for_a_request_of_before() {
    holds(90);
}

#[test]
fn a_minority_stops_what_it_could_not_tell_of() {
    holds(202);
}

#[test]
fn what_a_lost_node_was_ordered_may_be_under_way_until_it_is_proven_off() {
    let outcome = run(&Plan::of(5017, 10));
    let found = outcome.violation.as_ref().map(|violation| violation.what.as_str());
    assert_eq!(found, None, "seed 5017:\n{}", outcome.tail(120));
}
