//! Single faults with a known good outcome, told to the second.

use rota_cib::change::{Change, Configure, Edit};
use rota_fencing::Wish;
use rota_ids::Moment;
use rota_node::report::{NodeCondition, status};
use rota_node::{Ask, Now};
use rota_replica::LogStore as _;
use rota_sim::agents::Trick;
use rota_sim::bugs::Bug;
use rota_sim::chaos::Profile;
use rota_sim::client::Step;
use rota_sim::clock::{self, MS, SECOND, Time};
use rota_sim::fence::Mood;
use rota_sim::setup::Setup;
use rota_sim::world::{What, World};

/// A cluster of three that stands and runs everything.
fn cluster() -> World {
    let mut world = World::new(7, Setup::SMALL);
    world.profile = Profile::of_seed(1);
    world.found();
    world.run_until(40 * SECOND);
    peace(&world);
    world
}

#[track_caller]
fn fine(world: &World) {
    let tail: Vec<String> =
        world.story.iter().rev().take(80).rev().map(|(at, line)| format!("{at} {line}")).collect();
    assert_eq!(world.violation, None, "{}", tail.join("\n"));
}

#[track_caller]
fn peace(world: &World) {
    fine(world);
    assert_eq!(world.unrest(0), None);
}

/// Where the address is.
#[track_caller]
fn vip(world: &World) -> usize {
    let active = world.active("vip");
    assert_eq!(active.len(), 1, "vip is active {} times", active.len());
    active[0]
}

/// How often a host lost its power.
fn power_losses(world: &World) -> usize {
    world.story.iter().filter(|(_, line)| line.contains("loses its power")).count()
}

/// Runs until the address answers on a host other than `old`; how long that took.
#[track_caller]
fn until_moved(world: &mut World, old: usize, patience: Time) -> Time {
    let began = world.now;
    let moved = |world: &World| world.active("vip").iter().any(|host| *host != old);
    assert!(world.run_till(patience, moved), "the address was not moved");
    fine(world);
    world.now - began
}

fn cut_off(world: &mut World, host: usize, cut: bool) {
    for other in (0..world.hosts.len()).filter(|other| *other != host) {
        world.net.cut(host, other, cut);
        world.net.cut(other, host, cut);
    }
}

#[test]
fn a_power_cut_of_the_host_of_the_address_costs_a_second() {
    let mut world = cluster();
    let old = vip(&world);
    world.power_off(old);
    let took = until_moved(&mut world, old, 10 * SECOND);
    assert!(took < 1_500 * MS, "took {} ms", took / MS);
    world.run_for(60 * SECOND);
    peace(&world);
}

#[test]
fn with_a_dead_card_nothing_is_recovered_until_somebody_vouches() {
    let mut world = cluster();
    let old = vip(&world);
    world.hosts[old].card = Mood::Dead;
    world.power_off(old);
    world.run_for(90 * SECOND);
    fine(&world);
    assert_eq!(world.active("vip"), Vec::<usize>::new());
    world.later(0, What::Client(Step::Confirm(old)));
    let took = until_moved(&mut world, old, 10 * SECOND);
    assert!(took < 2 * SECOND, "took {} ms", took / MS);
}

#[test]
fn of_two_that_are_deaf_to_each_other_at_most_one_is_fenced() {
    let mut world = cluster();
    world.net.cut(1, 2, true);
    world.net.cut(2, 1, true);
    world.run_for(60 * SECOND);
    fine(&world);
    assert!(power_losses(&world) <= 1, "{} power-cuts", power_losses(&world));
    vip(&world);
    world.net.heal();
    world.run_for(60 * SECOND);
    peace(&world);
}

#[test]
fn a_host_that_is_cut_off_stops_by_itself_and_is_fenced_before_recovery() {
    let mut world = cluster();
    let old = vip(&world);
    for host in 0..world.hosts.len() {
        world.hosts[host].card = Mood::Dead;
    }
    cut_off(&mut world, old, true);
    assert!(world.run_till(20 * SECOND, |world| world.active("vip").is_empty()));
    world.run_for(10 * SECOND);
    fine(&world);
    assert_eq!(world.active("vip"), Vec::<usize>::new(), "nobody is proven off");
    for host in 0..world.hosts.len() {
        world.hosts[host].card = Mood::Good;
    }
    until_moved(&mut world, old, 90 * SECOND);
    world.net.heal();
    world.run_for(60 * SECOND);
    peace(&world);
}

#[test]
fn a_host_that_is_cut_off_tries_again_what_fails_to_stop() {
    let mut world = cluster();
    let old = vip(&world);
    for host in 0..world.hosts.len() {
        world.hosts[host].card = Mood::Dead;
    }
    let tricks = &mut world.hosts[old].run.services.tricks;
    tricks.insert(("vip".into(), "stop".into()), Trick::Fail);
    cut_off(&mut world, old, true);
    assert!(world.run_till(20 * SECOND, |world| world.active("vip").is_empty()));
    fine(&world);
}

#[test]
fn a_host_that_is_cut_off_and_lost_its_store_stops_what_it_had_begun() {
    let mut world = cluster();
    let old = vip(&world);
    for host in 0..world.hosts.len() {
        world.hosts[host].card = Mood::Dead;
    }
    world.crash(old, 200 * MS);
    world.hosts[old].disk.log.lose(9_000_000);
    cut_off(&mut world, old, true);
    assert!(world.run_till(20 * SECOND, |world| world.active("vip").is_empty()));
    fine(&world);
}

#[test]
fn the_leader_dies_in_the_middle_of_a_failover() {
    let mut world = cluster();
    let leader = world.leaders()[0].0;
    // The address is moved away from the leader first, so that both can be lost in turn.
    if vip(&world) == leader {
        world.later(0, What::Client(Step::Standby(leader, true)));
        world.run_for(10 * SECOND);
        world.later(0, What::Client(Step::Standby(leader, false)));
        world.run_for(10 * SECOND);
    }
    let old = vip(&world);
    let leader = world.leaders()[0].0;
    assert_ne!(old, leader);
    world.power_off(old);
    let off = |world: &World| world.story.iter().rev().take(50).any(|(_, l)| l.contains("is off:"));
    assert!(world.run_till(5 * SECOND, off));
    world.crash(leader, 300 * MS);
    until_moved(&mut world, old, 10 * SECOND);
    world.run_for(60 * SECOND);
    peace(&world);
}

/// A cluster whose leader is in standby, so that the fence devices are driven by the others: one of
/// these has just lost its power, and the other has just been asked to switch it off. Who drives,
/// and who leads.
fn fenced_from_afar() -> (World, usize, usize) {
    let mut world = cluster();
    let leader = world.leaders()[0].0;
    world.later(0, What::Client(Step::Standby(leader, true)));
    world.run_for(20 * SECOND);
    fine(&world);
    let old = vip(&world);
    let driver = (0..3).find(|host| ![old, leader].contains(host)).expect("three hosts");
    world.power_off(old);
    let asked = format!("n{}: card of n{} is told 'off'", driver + 1, old + 1);
    let is_asked = |world: &World| world.story.iter().any(|(_, line)| line.contains(&asked));
    assert!(world.run_till(5 * SECOND, is_asked), "somebody else drives the device");
    (world, driver, leader)
}

#[test]
fn who_drives_a_fence_device_may_be_restarted_without_costing_its_timeout() {
    let (mut world, driver, _) = fenced_from_afar();
    world.crash(driver, 200 * MS);
    let took = until_moved(&mut world, usize::MAX, 30 * SECOND);
    assert!(took < 3 * SECOND, "took {} ms", took / MS);
}

#[test]
fn a_proof_that_is_lost_on_its_way_is_told_again() {
    let (mut world, driver, leader) = fenced_from_afar();
    world.net.cut(driver, leader, true);
    world.run_for(300 * MS);
    world.net.cut(driver, leader, false);
    let took = until_moved(&mut world, usize::MAX, 30 * SECOND);
    assert!(took < 3 * SECOND, "took {} ms", took / MS);
}

/// A plan that takes a start under way for a failure of long ago would begin it a second time: the
/// checker refuses it, and nothing at all is recovered meanwhile.
#[test]
fn a_start_under_way_is_no_failure_that_expires() {
    // As it is, and with clocks that make the last look at a resource newer than its start.
    for fast in [0, 7_200] {
        let setup = Setup { forgets_failures: true, ..Setup::of_seed(700_003) };
        let mut world = World::new(700_003, setup);
        world.found();
        for host in 1..3 {
            world.hosts[host].run.services.wall_is_fast = fast;
        }
        world.run_until(40 * SECOND);
        peace(&world);
    }
}

/// A failure that its own host's clock dates back has not expired for that.
#[test]
fn a_service_is_recovered_whatever_the_clock_of_its_host_says() {
    for fast in [-7_200, 7_200] {
        let setup = Setup { forgets_failures: true, ..Setup::SMALL };
        let mut world = World::new(7, setup);
        world.profile = Profile::of_seed(1);
        world.found();
        world.run_until(40 * SECOND);
        peace(&world);
        let leader = world.leaders()[0].0;
        let unlike = |name: &&str| !world.active(name).contains(&leader);
        let service = ["vip", "db", "g3"].into_iter().find(unlike).expect("one is elsewhere");
        let host = world.active(service)[0];
        world.hosts[host].run.services.wall_is_fast = fast;
        world.hosts[host].run.services.leave(&service.into());
        let runs = |world: &World| !world.active(service).is_empty();
        assert!(world.run_till(15 * SECOND, runs), "{service}, {fast} s fast");
        fine(&world);
        world.run_for(60 * SECOND);
        peace(&world);
    }
}

/// The log takes entries up to a size: who asks for more is told so, on whatever node.
#[test]
fn a_change_that_is_too_large_for_the_log_is_refused() {
    let mut world = cluster();
    for host in 0..3 {
        let values = vec![("note".into(), "x".repeat(17 << 20).into())];
        let edits = vec![Edit::SetProperties { set: "sim".into(), values }];
        let configure = Configure { edits, ..Configure::default() };
        world.ask(host, Step::Change, Ask::Change(Change::Configure(configure)));
        world.run_for(2 * SECOND);
        assert_eq!(world.client.refused.len(), host + 1, "host {host} does not answer");
    }
    peace(&world);
}

/// Somebody may be at work in the host by then.
#[test]
fn a_request_to_switch_on_is_carried_out_once_and_not_by_every_leader_to_come() {
    let mut world = cluster();
    let leader = world.leaders()[0].0;
    let (host, other) = ((leader + 1) % 3, (leader + 2) % 3);
    let (target, by) = (world.name(host), "test".into());
    world.ask(leader, Step::Fence(host), Ask::Fence { target, wish: Wish::On, by });
    world.run_for(20 * SECOND);
    peace(&world);
    world.later(0, What::Client(Step::Leave(host)));
    assert!(world.run_till(20 * SECOND, |world| world.hosts[host].departed));
    world.power_off(host);
    world.crash(leader, 2 * SECOND);
    assert!(world.run_till(10 * SECOND, |world| world.leaders().iter().any(|l| l.0 == other)));
    world.run_for(20 * SECOND);
    fine(&world);
    assert_eq!(world.hosts[host].boot, None, "it was switched on again");
}

#[test]
fn a_node_is_removed_in_the_middle_of_a_failover() {
    let mut world = World::new(7, Setup { hosts: 5, ..Setup::SMALL });
    world.profile = Profile::of_seed(1);
    world.found();
    world.run_until(40 * SECOND);
    peace(&world);
    let (old, leader) = (vip(&world), world.leaders()[0].0);
    let mut others = (0..5).filter(|host| ![old, leader].contains(host));
    let (gone, next) = (others.next().expect("five hosts"), others.next().expect("five hosts"));
    world.later(0, What::Client(Step::Leave(gone)));
    assert!(world.run_till(20 * SECOND, |world| world.hosts[gone].departed));
    world.power_off(gone);
    world.run_for(5 * SECOND);
    let old = vip(&world);
    world.power_off(old);
    world.run_for(500 * MS);
    let name = world.name(gone);
    world.ask(next, Step::Change, Ask::Remove(name));
    if leader != old {
        world.crash(leader, 300 * MS);
    }
    let took = until_moved(&mut world, old, 10 * SECOND);
    assert!(took < 3 * SECOND, "took {} ms", took / MS);
    world.run_for(60 * SECOND);
    fine(&world);
    vip(&world);
    let state = world.hosts[next].daemon.as_ref().expect("a running daemon").node.state();
    assert_eq!(state.roster.len(), 4);
    assert_eq!(state.view.members.len(), 4);
}

/// Whichever message to the node that leaves is lost, it is told again.
#[test]
fn a_node_that_shall_leave_leaves_though_a_message_is_lost() {
    for offset in 0..16 {
        let mut world = cluster();
        let leader = world.leaders()[0].0;
        let host = (leader + 1) % 3;
        world.later(0, What::Client(Step::Leave(host)));
        world.run_for(offset * 100 * MS);
        world.net.cut(leader, host, true);
        world.run_for(300 * MS);
        world.net.cut(leader, host, false);
        let left = world.run_till(20 * SECOND, |world| world.hosts[host].departed);
        fine(&world);
        assert!(left, "it waits still: cut {} ms after it was asked to", offset * 100);
    }
}

#[test]
fn who_waits_for_the_cluster_hears_of_it_though_a_message_is_lost() {
    for (from_leader, offset) in [(true, 0), (true, 1), (false, 0)] {
        let mut world = cluster();
        let leader = world.leaders()[0].0;
        let host = (leader + 1) % 3;
        let (from, to) = if from_leader { (leader, host) } else { (host, leader) };
        if offset > 0 {
            world.ask(host, Step::Wait, Ask::WaitIdle);
        }
        world.net.cut(from, to, true);
        if offset == 0 {
            world.ask(host, Step::Wait, Ask::WaitIdle);
        }
        world.run_for(300 * MS);
        world.net.cut(from, to, false);
        let told = |world: &World| world.client.done.contains(&Step::Wait);
        assert!(world.run_till(5 * SECOND, told), "from the leader: {from_leader}, {offset}");
        fine(&world);
    }
}

/// It was about to leave in peace, and nobody has heard that it did: what it had begun meanwhile,
/// being the DC itself, nobody else knows.
#[test]
fn a_node_that_is_lost_while_it_leaves_is_proven_off_before_recovery() {
    let mut world = cluster();
    // Nothing else is there, of which the log would tell.
    let leader = vip(&world);
    for _ in 0..10 {
        let present = world.leaders()[0].0;
        if present != leader {
            world.crash(present, SECOND);
        }
        world.run_for(10 * SECOND);
    }
    assert_eq!((world.leaders()[0].0, vip(&world)), (leader, leader));
    for host in 0..3 {
        world.hosts[host].card = Mood::Dead;
    }
    for other in ["db", "app", "g1", "g2", "g3"] {
        assert!(!world.active(other).contains(&leader), "{other} is there, too");
    }
    let services = &mut world.hosts[leader].run.services;
    services.tricks.insert(("vip".into(), "start".into()), Trick::Slow);
    services.leave(&"vip".into());
    assert!(world.run_till(5 * SECOND, |world| !world.active("vip").is_empty()));
    world.later(0, What::Client(Step::Leave(leader)));
    world.run_for(100 * MS);
    assert_eq!(vip(&world), leader, "it is still being started");
    cut_off(&mut world, leader, true);
    world.run_for(20 * SECOND);
    fine(&world);
    assert_eq!(world.active("vip"), Vec::<usize>::new(), "nobody is proven off");
    world.net.heal();
    for host in 0..3 {
        world.hosts[host].card = Mood::Good;
    }
    until_moved(&mut world, leader, 90 * SECOND);
}

/// Runs on, whatever the checkers find.
fn run_for_in_spite_of_all(world: &mut World, span: Time) {
    let end = world.now + span;
    while world.now < end {
        world.run_until(end);
        world.violation = None;
    }
}

/// Its fence device switches off somebody else, or nobody, and says that it did. For a moment there
/// are two of what runs there, and nothing can be done about that; but it must not stay so.
#[test]
fn a_node_that_is_held_for_off_and_is_not_stops_what_runs_there() {
    for policy in ["stop", "freeze"] {
        let mut world = cluster();
        world.set_property("no-quorum-policy", policy);
        let old = vip(&world);
        world.bug = Some(Bug::NoProof);
        let tricks = &mut world.hosts[old].run.services.tricks;
        tricks.insert(("vip".into(), "stop".into()), Trick::Fail);
        world.later(0, What::Client(Step::Standby(old, true)));
        let proven = |world: &World| {
            world.story.iter().rev().take(50).any(|(_, line)| line.contains(" is off: "))
        };
        assert!(world.run_till(20 * SECOND, proven));
        run_for_in_spite_of_all(&mut world, 10 * SECOND);
        let left = &world.hosts[old].run.services.active;
        assert!(left.is_empty(), "{policy}: {left:?} go on where nobody knows of them");
    }
}

#[test]
fn a_host_that_boots_slowly_after_a_cold_start_is_not_fenced_for_it() {
    let mut world = cluster();
    for host in 0..3 {
        world.power_off(host);
    }
    let before = power_losses(&world);
    world.power_on(0, 2 * SECOND);
    world.power_on(1, 2 * SECOND);
    world.power_on(2, 15 * SECOND);
    world.run_for(60 * SECOND);
    peace(&world);
    assert_eq!(power_losses(&world), before);
}

/// Its log still holds the view of before the power-cut, in which an earlier life was a member.
#[test]
fn a_node_that_was_just_switched_on_does_not_call_itself_online() {
    let mut world = cluster();
    for host in 0..3 {
        world.power_off(host);
    }
    world.power_on(0, 2 * SECOND);
    world.run_for(10 * SECOND);
    let own = world.name(0);
    let node = &world.hosts[0].daemon.as_ref().expect("a running daemon").node;
    let now = Now { moment: Moment::from_millis(0), wall: clock::wall(world.now, 0) };
    let report = status(node, &own, now);
    let itself = report.nodes.iter().find(|found| found.name == own).expect("it knows itself");
    assert_eq!(itself.state, NodeCondition::Pending);

    world.power_on(1, 2 * SECOND);
    world.power_on(2, 2 * SECOND);
    world.run_for(60 * SECOND);
    peace(&world);
    let node = &world.hosts[0].daemon.as_ref().expect("a running daemon").node;
    assert!(status(node, &own, now).nodes.iter().all(|n| n.state == NodeCondition::Online));
}

#[test]
fn a_node_that_lost_its_store_learns_before_it_votes_again() {
    let mut world = cluster();
    world.later(0, What::Client(Step::Change));
    world.run_for(2 * SECOND);
    let host = (world.leaders()[0].0 + 1) % 3;
    world.crash(host, SECOND);
    world.hosts[host].disk.log.lose(9_000_000);
    world.run_for(30 * SECOND);
    peace(&world);
    let leader = world.leaders()[0].0;
    let members = world.hosts[leader].daemon.as_ref().unwrap().node.members();
    assert!(members.voters.contains(&world.hosts[host].id));
    assert_eq!(members.stores.get(&world.hosts[host].id), Some(&world.hosts[host].disk.log.id()));
    world.check_peace(0);
    fine(&world);
}
