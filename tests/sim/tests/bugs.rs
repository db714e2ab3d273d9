//! Deliberate bugs, each in the world and none in the product, and which checker finds them.

use rota_sim::admin::Deed;
use rota_sim::agents::Trick;
use rota_sim::bugs::Bug;
use rota_sim::chaos::Profile;
use rota_sim::clock::{MS, SECOND};
use rota_sim::pieces::{Kind, Piece, Tie};
use rota_sim::run::{Plan, run};
use rota_sim::script::Character;
use rota_sim::setup::Setup;
use rota_sim::world::World;

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
    disk: 0,
    post: 0,
};

/// What a checker found in the first seed in which one found anything.
#[track_caller]
fn found(seeds: u64, setup: &Setup, profile: &Profile, bug: Bug) -> String {
    for seed in 1..=seeds {
        let plan = Plan {
            bug: Some(bug),
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
    let profile = Profile { cut: 4, pause: 4, ..NOTHING };
    let what = found(5, &Setup::SMALL, &profile, Bug::NoProof);
    assert!(what.contains("held for off") || what.contains("is active on"), "{what}");
}

#[test]
fn a_vote_forgotten_at_a_restart_is_caught() {
    let profile = Profile { pace_ms: 300, weather: 6, crash: 6, pause: 2, ..NOTHING };
    let what = found(400, &Setup::SMALL, &profile, Bug::ForgetsVote);
    assert!(what.contains("leaders in term") || what.contains("differ"), "{what}");
}

#[test]
fn an_order_of_an_old_dc_that_is_obeyed_is_caught() {
    let profile = Profile { weather: 6, pause: 2, crash: 2, admin: 6, agents: 2, ..NOTHING };
    let what = found(30, &Setup::SMALL, &profile, Bug::ObeysOldOrders);
    assert!(what.contains("is active on"), "{what}");
}

/// A story in which nothing is found without the bug, and with it something that has these words.
#[track_caller]
fn caught(bug: Bug, pieces: &[Piece], ties: &[Tie], words: &str, story: fn(&mut World)) {
    let mut good = stands(None, pieces, ties);
    story(&mut good);
    assert_eq!(found_in(&good), None, "without the bug");
    let mut bad = stands(Some(bug), pieces, ties);
    story(&mut bad);
    let what = found_in(&bad);
    assert!(what.is_some_and(|what| what.contains(words)), "{bug:?}: {what:?}");
}

/// Three hosts whose services were just configured, long after they met.
fn stands(bug: Option<Bug>, pieces: &[Piece], ties: &[Tie]) -> World {
    let mut world = World::new(7, Setup::of_pieces(pieces.to_vec(), ties.to_vec()));
    world.profile = NOTHING;
    world.bug = bug;
    world.settles = 25 * SECOND;
    world.found();
    world.run_till(60 * SECOND, |world| world.client.configured);
    world
}

fn found_in(world: &World) -> Option<&str> {
    world.violation.as_ref().map(|violation| violation.what.as_str())
}

fn on_the_host_of(world: &World, resource: &str) -> usize {
    world.active(resource).first().copied().unwrap_or_default()
}

#[test]
fn a_post_notification_that_is_swallowed_is_caught() {
    let redis = [Piece::promotable("redis", Character::Redis)];
    let words = "before post_notify_start of redis";
    caught(Bug::DropsPostNotify, &redis, &[], words, |world| world.run_for(90 * SECOND));
}

#[test]
fn a_notification_that_is_queued_again_is_caught() {
    let paf = [Piece::promotable("pgsqld", Character::Paf)];
    let words = "is queued on";
    caught(Bug::RepeatsNotify, &paf, &[], words, |world| world.run_for(30 * SECOND));
}

#[test]
fn what_begins_before_that_on_which_it_depends_is_caught() {
    let pieces = [Piece::plain("base", Kind::Single), Piece::plain("app", Kind::Single)];
    let tie = Tie { first: 0, then: 1, order: Some("Mandatory"), colocation: None };
    let words = "it is ordered behind it";
    caught(Bug::EndsEarly, &pieces, &[tie], words, |world| world.run_for(30 * SECOND));
}

#[test]
fn a_group_that_does_not_wait_is_caught() {
    let words = "it is further back in the group";
    let group = [Piece::plain("g", Kind::Group(3))];
    caught(Bug::EndsEarly, &group, &[], words, |world| world.run_for(30 * SECOND));
}

/// services.md D3: the others are promoted while the first promotion is under way.
#[test]
fn a_promotion_that_does_not_wait_for_another_is_caught() {
    let galera = Piece {
        kind: Kind::Promotable(3),
        monitor_s: Some(2),
        ordered: true,
        ..Piece::promotable("galera", Character::Galera)
    };
    caught(Bug::PromotesEarly, &[galera], &[], "come one after the other", |world| {
        for host in 0..3 {
            world.trick(host, "galera", "promote", Trick::Slow);
        }
        world.run_for(60 * SECOND);
    });
}

/// public-reports.md W1.
#[test]
fn a_reboot_that_ends_with_the_host_off_is_caught() {
    let vip = [Piece::plain("vip", Kind::Single)];
    let words = "was switched off to be switched on again, and is not";
    caught(Bug::NeverSwitchesOn, &vip, &[], words, |world| {
        world.run_for(20 * SECOND);
        let leader = world.leaders().first().map_or(0, |(host, _)| *host);
        world.client_asks_to_reboot(leader, (leader + 1) % 3);
        world.run_for(120 * SECOND);
    });
}

/// resources-live.md 3.
#[test]
fn fencing_that_costs_the_quorum_is_caught() {
    let cx = [Piece::plain("cx", Kind::Clone)];
    let words = "that leaves no majority";
    caught(Bug::ShootsForEveryStop, &cx, &[], words, |world| {
        world.run_for(20 * SECOND);
        world.break_package("cx", "stop", Trick::Fail);
        world.administer(Deed::Disable(0, true));
        world.run_for(60 * SECOND);
    });
}

#[test]
fn a_healthy_host_that_is_shot_is_caught() {
    let vip = [Piece::plain("vip", Kind::Single)];
    let words = "is shot, and nothing is wrong with it";
    caught(Bug::WrongPlug, &vip, &[], words, |world| {
        // What was wrong while the hosts booted is no cause any more.
        world.run_until(180 * SECOND);
        let dies = on_the_host_of(world, "vip");
        world.power_off(dies);
        world.run_for(30 * SECOND);
    });
}

#[test]
fn a_failure_that_is_counted_where_nothing_failed_is_caught() {
    let vip = [Piece { monitor_s: Some(1), ..Piece::plain("vip", Kind::Single) }];
    let words = "and nothing failed there";
    caught(Bug::CountsWhatDidNotFail, &vip, &[], words, |world| world.run_for(180 * SECOND));
}

/// resources-live.md 4.
#[test]
fn a_failure_that_never_expires_is_caught() {
    let db = Piece { failure_timeout_s: Some(7), ..Piece::plain("db", Kind::Single) };
    let words = "the DC rests, and this is left to do: db_";
    caught(Bug::ForgetsExpiry, &[db], &[], words, |world| {
        world.run_for(30 * SECOND);
        world.break_package("db", "start", Trick::Fail);
        let host = on_the_host_of(world, "db");
        world.kill_service(host, "db");
        world.run_till(6 * SECOND, |world| {
            world.story.iter().filter(|(_, line)| line.contains("FAILS db_start_0")).count() >= 3
        });
        for host in &mut world.hosts {
            host.run.services.broken.clear();
        }
        world.run_for(60 * SECOND);
    });
}

/// services.md D2: each write, a plan.
#[test]
fn plans_without_end_are_caught() {
    let pieces = ["pa", "pb", "pc"]
        .map(|id| Piece { monitor_s: Some(1), ..Piece::promotable(id, Character::Stateful) });
    caught(Bug::Restless, &pieces, &[], "plans since all faults have ended", |world| {
        world.run_for(30 * SECOND);
        world.heal();
        world.run_for(140 * SECOND);
    });
}

#[test]
fn a_deleted_resource_that_goes_on_is_caught() {
    let vip = [Piece::plain("vip", Kind::Single)];
    let words = "extra is active on";
    caught(Bug::KeepsWhatWasDeleted, &vip, &[], words, |world| {
        world.run_for(20 * SECOND);
        world.administer(Deed::Add);
        world.run_for(10 * SECOND);
        assert_eq!(world.active("extra").len(), 1);
        world.administer(Deed::Delete);
        world.run_for(10 * SECOND + 3 * MS);
        world.check_peace(0);
    });
}
