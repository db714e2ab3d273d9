//! Three deliberate bugs, each in the world and none in the product: the checkers find them.

use rota_sim::chaos::Profile;
use rota_sim::run::{Plan, run};
use rota_sim::setup::Setup;
use rota_sim::world::Bugs;

const NOTHING: Profile = Profile {
    pace_ms: 1_500,
    power: 0,
    crash: 0,
    pause: 0,
    cut: 0,
    weather: 0,
    cards: 0,
    agents: 0,
    admin: 0,
    store: 0,
    change: 1,
    walls: 0,
    edits: 0,
};

/// What a checker found in the first seed in which one found anything.
#[track_caller]
fn found(seeds: u64, setup: &Setup, profile: &Profile, bugs: Bugs) -> String {
    for seed in 1..=seeds {
        let plan = Plan {
            bugs,
            profile: Some(profile.clone()),
            setup: Some(setup.clone()),
            ..Plan::of(seed, 4)
        };
        if let Some(violation) = run(&plan).violation {
            return violation.what;
        }
    }
    panic!("nobody noticed the bug in {seeds} seeds");
}

#[test]
fn recovery_without_proof_is_caught() {
    let bugs = Bugs { no_proof: true, ..Bugs::default() };
    let profile = Profile { cut: 4, pause: 4, ..NOTHING };
    let what = found(5, &Setup::SMALL, &profile, bugs);
    assert!(what.contains("held for off") || what.contains("is active on"), "{what}");
}

#[test]
fn a_vote_forgotten_at_a_restart_is_caught() {
    let bugs = Bugs { forgets_vote: true, ..Bugs::default() };
    let profile = Profile { pace_ms: 300, weather: 6, crash: 6, pause: 2, ..NOTHING };
    let what = found(400, &Setup::SMALL, &profile, bugs);
    assert!(what.contains("leaders in term") || what.contains("differ"), "{what}");
}

#[test]
fn an_order_of_an_old_dc_that_is_obeyed_is_caught() {
    let bugs = Bugs { obeys_old_orders: true, ..Bugs::default() };
    let profile = Profile { weather: 6, pause: 2, crash: 2, admin: 6, agents: 2, ..NOTHING };
    let what = found(30, &Setup::SMALL, &profile, bugs);
    assert!(what.contains("is active on"), "{what}");
}
