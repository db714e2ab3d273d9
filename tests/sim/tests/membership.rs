//! Who belongs to the cluster: heard and following, seats, stores, memories, names. Told to the
//! second, like the stories of single faults.

use rota_cib::change::{Change, Configure, Edit};
use rota_node::Ask;
use rota_sim::chaos::Profile;
use rota_sim::client::Step;
use rota_sim::clock::{MS, SECOND, Time};
use rota_sim::setup::Setup;
use rota_sim::world::{What, World};

/// A cluster that stands and runs everything.
fn cluster_of(hosts: usize) -> World {
    let mut world = World::new(7, Setup { hosts, ..Setup::SMALL });
    world.profile = Profile::of_seed(1);
    world.found();
    world.run_until(40 * SECOND);
    peace(&world);
    world
}

fn cluster() -> World {
    cluster_of(3)
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
fn power_losses(world: &World, host: usize) -> usize {
    let line = format!("* n{} loses its power", host + 1);
    world.story.iter().filter(|(_, said)| *said == line).count()
}

fn leader(world: &World) -> usize {
    world.leaders()[0].0
}

/// Cuts all letters of a host, in and out; heartbeats pass.
fn cut_letters(world: &mut World, host: usize, cut: bool) {
    for other in (0..world.hosts.len()).filter(|other| *other != host) {
        world.net.post(host, other).cut = cut;
        world.net.post(other, host).cut = cut;
    }
}

/// Writes so much into the configuration that the log's letters become long.
fn write_much(world: &mut World, host: usize) {
    let values = vec![("note".into(), "x".repeat(20_000).into())];
    let edits = vec![Edit::SetProperties { set: "sim".into(), values }];
    let configure = Configure { edits, ..Configure::default() };
    world.ask(host, Step::Change, Ask::Change(Change::Configure(configure)));
}

/// A firewall that was loaded anew stops TCP and lets heartbeats pass.
#[test]
fn a_follower_that_is_heard_and_gets_no_letters_is_fenced_and_its_services_recovered() {
    let mut world = cluster();
    let leader = leader(&world);
    let is_elsewhere = |name: &&str| !world.active(name).contains(&leader);
    let service = ["vip", "db", "g3"].into_iter().find(is_elsewhere).expect("one is elsewhere");
    let old = world.active(service)[0];
    cut_letters(&mut world, old, true);
    let moved = |world: &World| world.active(service).iter().any(|host| *host != old);
    assert!(world.run_till(10 * SECOND, moved), "{service} was not moved");
    fine(&world);
    assert_eq!(power_losses(&world, old), 1);
    cut_letters(&mut world, old, false);
    world.run_for(60 * SECOND);
    peace(&world);
}

/// It does not come back by its heartbeats alone, and is not shot again for it.
#[test]
fn who_gets_no_letters_stays_out_until_they_arrive_again() {
    let mut world = cluster();
    let deaf = (leader(&world) + 1) % 3;
    cut_letters(&mut world, deaf, true);
    world.run_for(120 * SECOND);
    fine(&world);
    assert_eq!(power_losses(&world, deaf), 1);
    vip(&world);
    cut_letters(&mut world, deaf, false);
    world.run_for(60 * SECOND);
    peace(&world);
}

/// The others elect a new DC; that one must not wait for the deaf one to say what it is doing.
#[test]
fn a_leader_that_is_heard_and_gets_no_letters_does_not_stop_the_others() {
    let mut world = cluster();
    let old = leader(&world);
    cut_letters(&mut world, old, true);
    let service = "db";
    world.run_for(10 * SECOND);
    let at = world.active(service);
    assert!(at.iter().all(|host| *host != old), "{service} is at {at:?}");
    fine(&world);
    assert_eq!(power_losses(&world, old), 1);
    let leaders = world.leaders();
    assert!(leaders.iter().any(|(host, _)| *host != old));
    let other = leaders.iter().find(|(host, _)| *host != old).expect("somebody leads").0;
    world.ask(other, Step::Wait, Ask::WaitIdle);
    let idle = |world: &World| world.client.done.contains(&Step::Wait);
    assert!(world.run_till(30 * SECOND, idle), "the others stand still");
    cut_letters(&mut world, old, false);
    world.run_for(60 * SECOND);
    peace(&world);
}

/// Small letters pass, so that raft's heartbeats are answered; what is long never arrives.
#[test]
fn a_follower_that_gets_no_long_letters_is_lost_when_it_falls_behind() {
    let mut world = cluster();
    let first = leader(&world);
    let deaf = (first + 1) % 3;
    for other in (0..3).filter(|other| *other != deaf) {
        world.net.post(other, deaf).longest = 1_300;
    }
    write_much(&mut world, first);
    assert!(world.run_till(15 * SECOND, |world| power_losses(world, deaf) == 1), "it stays");
    world.run_for(60 * SECOND);
    fine(&world);
    vip(&world);
    world.net.heal();
    world.run_for(90 * SECOND);
    peace(&world);
}

/// Its heartbeats pass, raft's too, and nothing that it has to say: it must not go on leading.
#[test]
fn a_leader_whose_long_letters_reach_nobody_lets_somebody_else_lead() {
    let mut world = cluster();
    let old = leader(&world);
    for other in (0..3).filter(|other| *other != old) {
        world.net.post(old, other).longest = 1_300;
    }
    write_much(&mut world, old);
    let another = |world: &World| world.leaders().iter().any(|(host, _)| *host != old);
    assert!(world.run_till(20 * SECOND, another), "nobody else leads");
    fine(&world);
    world.net.heal();
    world.run_for(90 * SECOND);
    peace(&world);
}

/// What is slow and goes on is not lost: a follower that learns is let learn.
#[test]
fn a_follower_whose_letters_are_slow_is_no_stranger() {
    let mut world = cluster();
    let slow = (leader(&world) + 1) % 3;
    for other in (0..3).filter(|other| *other != slow) {
        for (from, to) in [(other, slow), (slow, other)] {
            let path = world.net.path(0, from, to);
            path.delay_min = 80 * MS;
            path.delay_max = 120 * MS;
        }
    }
    let first = leader(&world);
    for _ in 0..40 {
        write_much(&mut world, first);
        world.run_for(500 * MS);
    }
    assert_eq!(power_losses(&world, slow), 0);
    peace_within(&mut world, 30 * SECOND);
}

#[track_caller]
fn peace_within(world: &mut World, patience: Time) {
    world.run_till(patience, |world| world.unrest(0).is_none());
    peace(world);
}

/// Two of three have a bad record and lose their power together. The third one, up and heard all the
/// time, does not count them at once: that must not make it look deaf to them.
#[test]
fn a_healthy_survivor_is_not_shot_for_the_bad_record_of_the_others() {
    for survivor in 0..3 {
        let mut world = cluster();
        let others = [(survivor + 1) % 3, (survivor + 2) % 3];
        for host in others {
            world.later(0, What::Client(Step::Fence(host)));
            world.run_for(15 * SECOND);
        }
        others.into_iter().for_each(|host| world.power_off(host));
        world.run_for(3 * SECOND);
        others.into_iter().for_each(|host| world.power_on(host, 2 * SECOND));
        // One of the two is to lead: what the survivor asks for does not arrive until then.
        others.into_iter().for_each(|host| world.net.post(survivor, host).cut = true);
        let leads = |world: &World| world.leaders().iter().any(|(host, _)| *host != survivor);
        assert!(world.run_till(20 * SECOND, leads));
        world.net.heal();
        world.run_for(60 * SECOND);
        assert_eq!(power_losses(&world, survivor), 0, "n{} was shot", survivor + 1);
        peace(&world);
    }
}

/// Seven vote; whoever comes later runs services all the same, without a vote.
#[test]
fn an_eighth_and_a_ninth_node_belong_to_the_cluster_without_a_vote() {
    let mut world = cluster_of(9);
    let members = world.hosts[leader(&world)].daemon.as_ref().expect("it leads").node.members();
    assert_eq!((members.voters.len(), members.learners.len()), (7, 2));
    let old = vip(&world);
    world.power_off(old);
    let moved = |world: &World| world.active("vip").iter().any(|host| *host != old);
    assert!(world.run_till(10 * SECOND, moved), "the address was not moved");
    // It is switched on again and learns what it has missed.
    peace_within(&mut world, 40 * SECOND);
}

#[test]
fn a_seat_that_is_free_again_is_given_to_one_without_a_vote() {
    let mut world = cluster_of(8);
    let lead = leader(&world);
    let gone = (0..7).find(|host| *host != lead).expect("seven vote");
    world.later(0, What::Client(Step::Leave(gone)));
    assert!(world.run_till(20 * SECOND, |world| world.hosts[gone].departed));
    let name = world.name(gone);
    world.ask(lead, Step::Change, Ask::Remove(name));
    let eighth = world.hosts[7].id;
    let votes = |world: &World| {
        world.leaders().iter().any(|(host, _)| {
            let daemon = world.hosts[*host].daemon.as_ref();
            daemon.is_some_and(|daemon| daemon.node.members().voters.contains(&eighth))
        })
    };
    assert!(world.run_till(10 * SECOND, votes), "the eighth has no vote");
    fine(&world);
}

/// Its battery is empty: the clock by which it numbers its new store is years behind. Or it was
/// years ahead when the lost store was made.
#[test]
fn a_lost_store_is_replaced_whatever_the_clock_says() {
    let mut world = cluster();
    let host = (leader(&world) + 1) % 3;
    world.crash(host, 200 * MS);
    world.hosts[host].disk.log.lose(5);
    world.run_for(20 * SECOND);
    peace(&world);
    let members = world.hosts[leader(&world)].daemon.as_ref().expect("it leads").node.members();
    assert!(members.voters.contains(&world.hosts[host].id));
    assert_eq!(power_losses(&world, host), 0);

    world.crash(host, 200 * MS);
    world.hosts[host].disk.log.lose(u64::from(u32::MAX));
    world.run_for(20 * SECOND);
    peace(&world);
    world.crash(host, 200 * MS);
    world.hosts[host].disk.log.lose(1_000_000);
    world.run_for(20 * SECOND);
    peace(&world);
}

/// Writes a daemon's memory as if it had seen an order of a term far beyond all that the log knows.
fn remembers_the_far_future(world: &mut World, host: usize, cluster: &str) {
    let bytes = world.hosts[host].run.memory.clone().expect("it remembers something");
    let mut memory: serde_json::Value = rmp_serde::from_slice(&bytes).expect("it can be read");
    memory["newest"] = serde_json::json!({ "term": 1_u64 << 60, "view": 1, "transition": 1 });
    memory["cluster"] = serde_json::json!(cluster);
    world.hosts[host].run.memory = Some(rmp_serde::to_vec_named(&memory).expect("it is written"));
}

/// A host that was in another cluster since its boot, or one that somebody told of a term that never
/// was: it takes orders all the same.
#[test]
fn a_memory_from_beyond_the_log_or_of_another_cluster_stops_nothing() {
    for cluster in ["another", "sim", ""] {
        let mut world = cluster_of(3);
        let host = (leader(&world) + 1) % 3;
        world.later(0, What::Client(Step::Leave(host)));
        assert!(world.run_till(20 * SECOND, |world| world.hosts[host].departed));
        remembers_the_far_future(&mut world, host, cluster);
        world.hosts[host].departed = false;
        world.start_daemon(host);
        world.run_for(20 * SECOND);
        peace(&world);
        assert_eq!(power_losses(&world, host), 0);
        let told = world.story.iter().any(|(_, line)| line.contains("was in another cluster"));
        assert_eq!(told, cluster == "another");
    }
}

/// Its certificate is good, and perhaps it was removed: nobody that leads says such a thing.
#[test]
fn a_token_of_a_term_that_the_log_does_not_know_is_not_believed() {
    let mut world = cluster();
    let host = (leader(&world) + 1) % 3;
    for from in [world.hosts[(host + 1) % 3].id, rota_ids::NodeId(77)] {
        let term = rota_ids::Term(1 << 60);
        let token = rota_node::order::Token { term, ..Default::default() };
        let message = rota_node::message::Message::Sync { token };
        world.event(host, rota_node::Event::Peer { from, message });
    }
    // Everything must go there.
    let others = [(host + 1) % 3, (host + 2) % 3];
    for other in others {
        world.later(0, What::Client(Step::Standby(other, true)));
    }
    let moved = |world: &World| world.active("vip") == [host];
    assert!(world.run_till(10 * SECOND, moved), "the address was not moved");
    for other in others {
        world.later(0, What::Client(Step::Standby(other, false)));
    }
    world.run_for(20 * SECOND);
    peace(&world);
}

/// Somebody empties /run/rota of a host that goes on running: what runs there is neither forgotten
/// nor left without its monitors.
#[test]
fn a_host_that_loses_its_run_directory_looks_for_what_it_runs() {
    let mut world = cluster();
    let host = vip(&world);
    world.crash(host, 200 * MS);
    world.hosts[host].run.memory = None;
    world.run_for(20 * SECOND);
    peace(&world);
    assert_eq!((vip(&world), power_losses(&world, host)), (host, 0));
    world.hosts[host].run.services.leave(&"vip".into());
    let runs = |world: &World| !world.active("vip").is_empty();
    assert!(world.run_till(15 * SECOND, runs), "nobody watches over the address");
    world.run_for(20 * SECOND);
    peace(&world);
}
