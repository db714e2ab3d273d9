//! Agents that write, hang, lie and fail: what went wrong with real services, told to the second.

use rota_sim::admin::Deed;
use rota_sim::agents::Trick;
use rota_sim::chaos::Profile;
use rota_sim::client::Step;
use rota_sim::clock::{MS, SECOND, Time};
use rota_sim::pieces::{Kind, Piece, Tie};
use rota_sim::script::{Character, Write};
use rota_sim::setup::Setup;
use rota_sim::world::{What, World};

/// Three hosts that have just been configured with these services. They met long before, so that
/// every action is that of a DC, and in its order.
fn configured(pieces: Vec<Piece>, ties: Vec<Tie>) -> World {
    let mut world = World::new(7, Setup::of_pieces(pieces, ties));
    world.profile = Profile::of_seed(1);
    world.settles = 25 * SECOND;
    world.found();
    let stands = world.run_till(60 * SECOND, |world| world.client.configured);
    fine(&world);
    assert!(stands, "the cluster was not founded");
    world
}

/// The same, when everything runs.
fn cluster(pieces: Vec<Piece>, ties: Vec<Tie>) -> World {
    let mut world = configured(pieces, ties);
    world.run_for(30 * SECOND);
    peace(&world);
    world
}

fn tail(world: &World) -> String {
    let lines = world.story.iter().rev().take(100).rev();
    lines.map(|(at, line)| format!("{:>9.3} {line}\n", *at as f64 / 1e9)).collect()
}

#[track_caller]
fn fine(world: &World) {
    let found = world.violation.as_ref().map(|violation| violation.what.as_str());
    assert!(found.is_none(), "{found:?}\n{}", tail(world));
}

#[track_caller]
fn peace(world: &World) {
    fine(world);
    let unrest = world.unrest(0);
    assert!(unrest.is_none(), "{unrest:?}\n{}", tail(world));
}

#[track_caller]
fn until(world: &mut World, patience: Time, what: &str, is_so: impl FnMut(&World) -> bool) {
    let came = world.run_till(patience, is_so);
    fine(world);
    assert!(came, "{what}\n{}", tail(world));
}

/// The host where a service of which there is one is active.
#[track_caller]
fn place(world: &World, resource: &str) -> usize {
    let active = world.active(resource);
    assert_eq!(active.len(), 1, "{resource} is active {} times\n{}", active.len(), tail(world));
    active[0]
}

/// How often the story has such a line since then.
fn told(world: &World, since: Time, line: &str) -> usize {
    world.story.iter().filter(|(at, told)| *at >= since && told.contains(line)).count()
}

fn follow(world: &World, resource: &str) -> usize {
    world.hosts.iter().filter(|host| host.run.services.follows.contains_key(resource)).count()
}

/// services.md D1: replicas that were told of no promotion had no data when they were needed.
#[test]
fn replicas_hear_of_a_promotion_though_the_agent_writes_in_the_middle_of_it() {
    let mut world = configured(vec![Piece::promotable("redis", Character::Redis)], Vec::new());
    until(&mut world, 20 * SECOND, "nobody is promoted", |w| !w.promoted("redis").is_empty());
    until(&mut world, 10 * SECOND, "replicas follow nobody", |w| follow(w, "redis") == 3);
    let old = world.promoted("redis")[0];
    world.power_off(old);
    let next = |w: &World| w.promoted("redis").iter().any(|host| *host != old);
    // Of what was lost with the host, and of the promotion, each instance is told before and after:
    // five times five seconds where one hangs.
    until(&mut world, 40 * SECOND, "nobody is promoted again", next);
    let new = world.promoted("redis")[0];
    let name = world.name(new).to_string();
    let all_follow = |w: &World| {
        let others = (0..3).filter(|host| *host != old);
        others.into_iter().all(|host| {
            let followed = w.hosts[host].run.services.follows.get("redis");
            followed.is_some_and(|followed| followed.as_str() == name)
        })
    };
    until(&mut world, 10 * SECOND, "replicas follow the one that is dead", all_follow);
}

/// services.md D2: `attrd_updater -D` of what was never set, in each pre-promote notification.
#[test]
fn a_notification_that_deletes_what_was_never_set_does_not_begin_the_plan_anew() {
    let world = configured(vec![Piece::promotable("maria", Character::Mariadb)], Vec::new());
    promoted_with_few_notifications(world, "maria");
}

/// clients.md 3: PAF writes another (private) value in each pre-promote notification.
#[test]
fn a_notification_that_writes_another_value_each_time_is_sent_once() {
    let world = configured(vec![Piece::promotable("pgsqld", Character::Paf)], Vec::new());
    promoted_with_few_notifications(world, "pgsqld");
}

#[track_caller]
fn promoted_with_few_notifications(mut world: World, resource: &str) {
    let since = world.now;
    until(&mut world, 30 * SECOND, "nobody is promoted", |w| !w.promoted(resource).is_empty());
    world.run_for(10 * SECOND);
    peace(&world);
    let begins = format!("begins {resource}_pre_notify_promote_0");
    let many = told(&world, since, &begins);
    // Once on each host, and once more should the first plan have known of fewer instances.
    assert!(many <= 6, "{many} notifications before one promotion\n{}", tail(&world));
}

/// services.md D2 (b): what changes nothing is no change.
#[test]
fn a_write_that_changes_nothing_makes_no_plan() {
    let mut world = cluster(vec![Piece::plain("vip", Kind::Single)], Vec::new());
    let write = |value| Write { node: 1, name: "cookie".into(), value, private: false };
    let set = || rota_cib::change::NewValue::Set("7".into());
    world.writes_now(1, write(set()));
    world.run_for(5 * SECOND);
    let leader = world.leaders()[0].0;
    let applied = |w: &World| {
        let node = &w.hosts[leader].daemon.as_ref().expect("it runs").node;
        node.replica().applied().0
    };
    let before = applied(&world);
    for _ in 0..5 {
        world.writes_now(1, write(set()));
        world.writes_now(
            2,
            Write { name: "unset".into(), ..write(rota_cib::change::NewValue::Unset) },
        );
        world.run_for(SECOND);
    }
    peace(&world);
    // The version of the Cib is what clients see of it; monitors that found the same are not told.
    assert_eq!(applied(&world), before, "entries for no change");
}

/// services.md D3: the bootstrap scores the others before it ends; they were promoted at once.
#[test]
fn nobody_is_promoted_while_the_first_promotion_is_under_way() {
    let galera = Piece {
        kind: Kind::Promotable(3),
        monitor_s: Some(2),
        ordered: true,
        ..Piece::promotable("galera", Character::Galera)
    };
    let mut world = configured(vec![galera], Vec::new());
    for host in 0..3 {
        world.trick(host, "galera", "promote", Trick::Slow);
    }
    until(&mut world, 60 * SECOND, "not all are promoted", |w| w.promoted("galera").len() == 3);
    world.run_for(10 * SECOND);
    peace(&world);
}

/// services.md D4: a monitor of the promoted role that runs after the demotion.
#[test]
fn a_demotion_makes_no_false_failures() {
    let pg = Piece { monitor_s: Some(1), ..Piece::promotable("pg", Character::Stateful) };
    let mut world = cluster(vec![pg], Vec::new());
    for round in 0..8 {
        let old = world.promoted("pg")[0];
        // At another moment between two monitors each time.
        world.run_for(130 * MS * round);
        world.trick(old, "pg", "demote", Trick::Slow);
        world.administer(Deed::Disable(0, true));
        until(&mut world, 30 * SECOND, "it is not stopped", |w| w.active("pg").is_empty());
        world.administer(Deed::Disable(0, false));
        until(&mut world, 30 * SECOND, "it is not promoted", |w| !w.promoted("pg").is_empty());
        world.run_for(3 * SECOND);
        fine(&world);
    }
    peace(&world);
}

/// resources-live.md 1: one sick replica held up the failover of all.
#[test]
fn a_notification_that_fails_stops_nothing() {
    notifications_that(Trick::Fail);
}

#[test]
fn a_notification_that_cannot_be_executed_stops_nothing() {
    notifications_that(Trick::Error);
}

#[test]
fn a_notification_that_hangs_costs_no_more_than_its_time() {
    notifications_that(Trick::Hang);
}

#[track_caller]
fn notifications_that(trick: Trick) {
    let mut world = cluster(vec![Piece::promotable("pg", Character::Stateful)], Vec::new());
    let old = world.promoted("pg")[0];
    let sick = (old + 1) % 3;
    let broken = &mut world.hosts[sick].run.services.broken;
    broken.insert(("pg".into(), "notify".into()), trick);
    let since = world.now;
    world.power_off(old);
    // The host itself may be back before one that hangs has heard of everything.
    let next = |w: &World| !w.promoted("pg").is_empty();
    // Of what was lost with the host, and of the promotion, each instance is told before and after:
    // five times five seconds where one hangs.
    until(&mut world, 40 * SECOND, "nobody is promoted again", next);
    world.run_for(60 * SECOND);
    peace(&world);
    world.administer(Deed::Disable(0, true));
    until(&mut world, 40 * SECOND, "it is not stopped", |w| w.active("pg").is_empty());
    let calls = told(&world, since, &format!("n{}: begins pg_p", sick + 1));
    assert!(calls <= 40, "{calls} notifications on the sick host\n{}", tail(&world));
}

/// resources-live.md 2, first form: the start under way was taken for the one after the stop.
#[test]
fn what_is_being_started_while_its_base_dies_is_started_again() {
    let va = Piece { monitor_s: Some(1), ..Piece::plain("va", Kind::Single) };
    let db = Piece { monitor_s: None, timeout_s: 8, ..Piece::plain("db", Kind::Single) };
    let tie = Tie { first: 0, then: 1, order: Some("Mandatory"), colocation: Some("INFINITY") };
    let mut world = cluster(vec![va, db], vec![tie]);
    let host = place(&world, "db");
    world.administer(Deed::Disable(1, true));
    until(&mut world, 10 * SECOND, "it is not stopped", |w| w.active("db").is_empty());
    world.run_for(SECOND);
    world.trick(host, "db", "start", Trick::Slow);
    world.administer(Deed::Disable(1, false));
    until(&mut world, 10 * SECOND, "it is not being started", |w| !w.active("db").is_empty());
    world.kill_service(host, "va");
    world.run_for(30 * SECOND);
    peace(&world);
}

/// The same within a group.
#[test]
fn the_back_of_a_group_that_is_being_started_while_its_front_dies_is_started_again() {
    let front = Piece { monitor_s: Some(1), timeout_s: 8, ..Piece::plain("g", Kind::Group(2)) };
    let mut world = cluster(vec![front], Vec::new());
    let host = place(&world, "gb");
    world.trick(host, "gb", "start", Trick::Slow);
    world.kill_service(host, "gb");
    until(&mut world, 10 * SECOND, "it is not being started", |w| !w.active("gb").is_empty());
    world.run_for(SECOND);
    world.kill_service(host, "ga");
    world.run_for(40 * SECOND);
    peace(&world);
}

/// resources-live.md 2, second form: start, start, stop.
#[test]
fn a_parameter_edited_during_the_start_ends_with_a_start() {
    for monitor_s in [None, Some(2)] {
        let db = Piece { monitor_s, timeout_s: 8, ..Piece::plain("db", Kind::Single) };
        let mut world = cluster(vec![db], Vec::new());
        let host = place(&world, "db");
        world.administer(Deed::Disable(0, true));
        until(&mut world, 10 * SECOND, "it is not stopped", |w| w.active("db").is_empty());
        world.run_for(SECOND);
        for any in 0..3 {
            world.trick(any, "db", "start", Trick::Slow);
        }
        world.administer(Deed::Disable(0, false));
        until(&mut world, 10 * SECOND, "it is not being started", |w| !w.active("db").is_empty());
        world.run_for(SECOND);
        world.administer(Deed::Edit(0));
        world.run_for(40 * SECOND);
        peace(&world);
        assert!(host < 3);
    }
}

/// resources-live.md 3: a broken package, disabled everywhere.
#[test]
fn stops_that_fail_everywhere_leave_a_majority_alive() {
    let mut world = cluster(vec![Piece::plain("cx", Kind::Clone)], Vec::new());
    world.break_package("cx", "stop", Trick::Fail);
    world.administer(Deed::Disable(0, true));
    let end = world.now + 120 * SECOND;
    while world.now < end {
        world.run_for(100 * MS);
        fine(&world);
        let alive = world.hosts.iter().filter(|host| host.boot.is_some()).count();
        assert!(alive >= 2, "{alive} hosts are on\n{}", tail(&world));
    }
    for host in &mut world.hosts {
        host.run.services.broken.clear();
    }
    world.administer(Deed::Restore);
    world.run_for(10 * SECOND);
    world.later(0, What::Client(Step::Cleanup(0)));
    world.run_for(60 * SECOND);
    peace(&world);
}

/// resources-live.md 4: `failure-timeout` without anything else that happens.
#[test]
fn a_failure_expires_by_itself() {
    let db = Piece { failure_timeout_s: Some(7), ..Piece::plain("db", Kind::Single) };
    let mut world = cluster(vec![db], Vec::new());
    world.break_package("db", "start", Trick::Fail);
    let host = place(&world, "db");
    world.kill_service(host, "db");
    // It failed on all.
    until(&mut world, 20 * SECOND, "it did not fail", |w| {
        told(w, 60 * SECOND, "FAILS db_start_0") >= 3
    });
    let failed = world.now;
    for host in &mut world.hosts {
        host.run.services.broken.clear();
    }
    until(&mut world, 12 * SECOND, "it did not expire", |w| !w.active("db").is_empty());
    // The failure of the first host expires first, and at once: dates count whole seconds.
    assert!(world.now <= failed + 9 * SECOND, "late by {} ms", (world.now - failed) / MS - 7_000);
    world.run_for(10 * SECOND);
    peace(&world);
}

/// public-reports.md W1: the death that a reboot begins with costs the quorum, or the DC.
#[test]
fn a_reboot_ends_with_the_host_on_though_its_death_costs_the_quorum() {
    let mut world = cluster(vec![Piece::plain("vip", Kind::Single)], Vec::new());
    let leader = world.leaders()[0].0;
    let (gone, target) = ((leader + 1) % 3, (leader + 2) % 3);
    world.later(0, What::Client(Step::Leave(gone)));
    until(&mut world, 20 * SECOND, "it does not leave", |w| w.hosts[gone].departed);
    world.power_off(gone);
    world.run_for(5 * SECOND);
    world.client_asks_to_reboot(leader, target);
    until(&mut world, 20 * SECOND, "it is not shot", |w| w.hosts[target].boot.is_none());
    until(&mut world, 60 * SECOND, "it stays off", |w| w.hosts[target].boot.is_some());
}

/// The same, when whoever executes it is the DC, and dies in between.
#[test]
fn a_reboot_ends_with_the_host_on_though_the_dc_dies_in_between() {
    let mut world = cluster(vec![Piece::plain("vip", Kind::Single)], Vec::new());
    let leader = world.leaders()[0].0;
    let target = (leader + 1) % 3;
    world.client_asks_to_reboot(leader, target);
    until(&mut world, 20 * SECOND, "it is not shot", |w| w.hosts[target].boot.is_none());
    world.power_off(leader);
    world.run_for(5 * SECOND);
    world.power_on(leader, 5 * SECOND);
    until(&mut world, 90 * SECOND, "it stays off", |w| w.hosts[target].boot.is_some());
}

/// public-reports.md W1 (b): a stop fails while only two are left of three. Fencing would cost the
/// quorum and with it everything: the host is left alive, and people are told.
#[test]
fn a_stop_that_fails_at_the_edge_of_the_quorum_costs_nobody_its_life() {
    let db = Piece { on_fail: vec![("stop", "fence")], ..Piece::plain("db", Kind::Single) };
    let mut world = cluster(vec![Piece::plain("vip", Kind::Single), db], Vec::new());
    let host = place(&world, "db");
    let gone = (0..3).find(|other| *other != host && *other != place(&world, "vip"));
    let gone = gone.unwrap_or((host + 1) % 3);
    world.later(0, What::Client(Step::Leave(gone)));
    until(&mut world, 20 * SECOND, "it does not leave", |w| w.hosts[gone].departed);
    world.power_off(gone);
    world.run_for(5 * SECOND);
    let since = world.now;
    world.break_package("db", "stop", Trick::Fail);
    world.administer(Deed::Disable(1, true));
    until(&mut world, 20 * SECOND, "no stop fails", |w| told(w, since, "FAILS db_stop_0") > 0);
    world.run_for(60 * SECOND);
    fine(&world);
    for other in (0..3).filter(|other| *other != gone) {
        assert!(world.hosts[other].boot.is_some(), "n{} was shot\n{}", other + 1, tail(&world));
    }
    place(&world, "vip");
    // With the third one back there is one to spare.
    world.power_on(gone, 3 * SECOND);
    until(&mut world, 60 * SECOND, "it is never shot", |w| w.hosts[host].boot.is_none());
    for host in &mut world.hosts {
        host.run.services.broken.clear();
    }
    world.administer(Deed::Disable(1, false));
    world.later(30 * SECOND, What::Client(Step::Cleanup(0)));
    world.run_for(90 * SECOND);
    peace(&world);
}

/// resources-live.md 1: whoever has nothing to do with the sick clone does not wait for it.
#[test]
fn a_failover_does_not_wait_for_notifications_of_others_that_hang() {
    let pg = Piece { timeout_s: 20, ..Piece::promotable("pg", Character::Stateful) };
    let vip = Piece { monitor_s: Some(1), ..Piece::plain("vip", Kind::Single) };
    let mut world = cluster(vec![pg, vip], Vec::new());
    let hung = (world.promoted("pg")[0] + 1) % 3;
    world.hosts[hung].run.services.broken.insert(("pg".into(), "notify".into()), Trick::Hang);
    let since = world.now;
    let promoted = world.promoted("pg")[0];
    world.kill_service(promoted, "pg");
    let hangs = format!("n{}: begins pg_p", hung + 1);
    until(&mut world, 10 * SECOND, "nothing is told", |w| told(w, since, &hangs) > 0);
    let (host, died) = (place(&world, "vip"), world.now);
    world.kill_service(host, "vip");
    until(&mut world, 10 * SECOND, "it stays down", |w| !w.active("vip").is_empty());
    // A monitor each second, a stop and a start.
    let took = (world.now - died) / MS;
    assert!(took < 2_000, "{took} ms\n{}", tail(&world));
    for host in &mut world.hosts {
        host.run.services.broken.clear();
    }
    world.run_for(120 * SECOND);
    peace(&world);
}

/// A log that cannot be written: the daemon ends again and again, and is lost to the others.
#[test]
fn a_host_whose_disk_stays_full_is_replaced() {
    let mut world = cluster(vec![Piece::plain("vip", Kind::Single)], Vec::new());
    let host = place(&world, "vip");
    world.disk_full(host, true);
    world.later(0, What::Client(Step::Change));
    let moved = |w: &World| w.active("vip").iter().any(|at| *at != host);
    until(&mut world, 30 * SECOND, "it is not replaced", moved);
    world.run_for(60 * SECOND);
    fine(&world);
    let elsewhere = place(&world, "vip");
    assert_ne!(elsewhere, host);
    world.disk_full(host, false);
    world.run_for(90 * SECOND);
    peace(&world);
}

/// A slow disk is slow and no more: nobody is lost for it, the leader included.
#[test]
fn an_fsync_of_a_third_of_a_second_costs_nobody_its_life() {
    let pg = Piece::promotable("pg", Character::Stateful);
    let mut world = cluster(vec![pg, Piece::plain("vip", Kind::Single)], Vec::new());
    for host in 0..3 {
        world.disk_slow(host, 300 * MS);
    }
    let since = world.now;
    let host = place(&world, "vip");
    world.kill_service(host, "vip");
    world.administer(Deed::Edit(0));
    world.run_for(60 * SECOND);
    fine(&world);
    assert_eq!(told(&world, since, "loses its power"), 0, "{}", tail(&world));
    for host in 0..3 {
        world.disk_slow(host, 0);
    }
    world.run_for(60 * SECOND);
    peace(&world);
}

/// What is deleted is stopped first, also when its stop fails once.
#[test]
fn a_resource_that_is_deleted_stops() {
    let mut world = cluster(vec![Piece::plain("vip", Kind::Single)], Vec::new());
    world.administer(Deed::Add);
    until(&mut world, 20 * SECOND, "it is not started", |w| !w.active("extra").is_empty());
    world.run_for(5 * SECOND);
    world.administer(Deed::Delete);
    until(&mut world, 10 * SECOND, "it goes on", |w| w.active("extra").is_empty());
    world.run_for(10 * SECOND);
    peace(&world);
}
