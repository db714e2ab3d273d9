//! A handful of seeds on every run; the program runs thousands.

use rota_sim::run::{Plan, run};

#[test]
fn a_handful_of_worlds_survives_chance() {
    for seed in 1..=6 {
        let outcome = run(&Plan::of(seed, 4));
        let found = outcome.violation.as_ref().map(|violation| violation.what.as_str());
        assert_eq!(found, None, "seed {seed}:\n{}", outcome.tail(120));
    }
}

#[test]
fn a_seed_is_the_same_world_each_time() {
    let (one, other) = (run(&Plan::of(3, 3)), run(&Plan::of(3, 3)));
    assert_eq!(one.world.events, other.world.events);
    assert_eq!(one.world.story, other.world.story);
}
