//! Seeds that once failed, by what they found.

use rota_sim::run::{Plan, run};
use rota_sim::setup::Setup;

#[track_caller]
fn holds(seed: u64) {
    holds_for(5, seed);
}

/// These worlds were found before anything in them could be promoted or migrate.
#[track_caller]
fn holds_for(minutes: u64, seed: u64) {
    let setup = Some(Setup::plain(seed));
    let outcome = run(&Plan { setup, ..Plan::of(seed, minutes) });
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
    holds_for(10, 5017);
}

#[test]
fn a_node_that_comes_back_under_the_next_dc_is_asked_what_the_last_one_ordered() {
    holds_for(10, 20495);
}

#[test]
fn a_node_found_off_before_anyone_knew_its_life_does_not_lose_the_life_it_began_since() {
    holds_for(10, 20605);
    holds_for(10, 20677);
}

#[test]
fn a_failure_that_is_forgotten_before_anything_was_done_about_it_is_told_again() {
    holds_for(10, 30234);
}

#[test]
fn a_majority_heard_for_a_moment_is_a_majority() {
    holds_for(10, 20352);
}

/// Worlds in which something can be promoted or migrate.
#[track_caller]
fn holds_with_all(seed: u64) {
    let outcome = run(&Plan::of(seed, 10));
    let found = outcome.violation.as_ref().map(|violation| violation.what.as_str());
    assert_eq!(found, None, "seed {seed}:\n{}", outcome.tail(120));
}

#[test]
fn a_service_that_may_have_migrated_is_looked_for_at_its_target() {
    holds_with_all(40112);
    holds_with_all(40334);
    holds_with_all(40584);
}

#[test]
fn what_migrates_is_not_started_while_a_node_has_yet_to_answer_about_it() {
    holds_with_all(40572);
}

#[test]
fn a_minority_stops_what_may_have_migrated_to_it() {
    holds_with_all(60490);
}

#[test]
fn nobody_leaves_before_it_has_answered() {
    holds_with_all(70556);
}

#[test]
fn a_fence_device_may_be_in_use_on_several_nodes() {
    holds_with_all(80996);
}

#[test]
fn the_stop_of_a_fence_device_waits_for_its_start() {
    holds_with_all(40410);
}

#[test]
fn a_minority_tries_again_what_failed_to_stop() {
    holds_with_all(400_094);
}
