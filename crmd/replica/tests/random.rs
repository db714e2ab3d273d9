//! Many seeds of a bad day: loss, delay, reordering, duplication, partitions, power-cuts in the
//! middle of writes, lost disks, false alarms of the detector.
//!
//! `world` checks each step. At the end the network heals, everyone is switched on, and all must
//! agree on everything that was ever committed.

#![expect(clippy::unwrap_used, reason = "a test may say what it expects")]

mod world;

use rota_ids::NodeId;
use rota_replica::{Input, Seat};
use world::World;

/// One seed: `count` voters, `ticks` of trouble.
fn bad_day(seed: u64, count: u32, ticks: u64) -> u64 {
    let mut world = World::cluster(seed, count);
    world.loss = world.random.below(25);
    world.duplicates = world.random.below(15);
    world.delay = world.random.below(4);
    world.keep_entries = 1 + world.random.below(10);
    for n in 0..ticks {
        trouble(&mut world, count, n);
        world.tick();
    }
    heal(&mut world, count);
    world.committed.len() as u64
}

fn trouble(world: &mut World, count: u32, n: u64) {
    let me = NodeId(1 + world.random.below(u64::from(count)) as u32);
    let running = world.nodes[&me].replica.is_some();
    match world.random.below(100) {
        0..30 if running => {
            world.propose(me, &format!("{n}"));
        }
        30..45 => {
            if let Some(leader) = world.leader() {
                world.propose(leader, &format!("{n}"));
            }
        }
        45..47 if running => {
            let keep = world.random.below(3);
            world.power_off(me, keep);
        }
        47..49 if running => {
            let calls = world.random.below(6);
            world.replica(me).store_mut().fail_after(calls);
        }
        49..60 if !running => world.power_on(me),
        60..65 if running => suspect(world, me),
        65..67 => world.isolate(me),
        67..69 => {
            let other = NodeId(1 + world.random.below(u64::from(count)) as u32);
            world.cut.insert((me, other));
        }
        69..74 => world.cut.clear(),
        74..77 if running => world.compact(me),
        77..78 if running => {
            let to = NodeId(1 + world.random.below(u64::from(count)) as u32);
            let _ = world.replica(me).transfer_leadership(to);
            world.flush(me);
        }
        78..79 if running => world.input(me, Input::PeerUnreachable(NodeId(1))),
        79..80 if running => lose_disk(world, me, count),
        80..83 => rejoin(world),
        _ => {}
    }
}

/// The detector of one node, or of all that follow the same leader, speaks up; rightly or not.
fn suspect(world: &mut World, me: NodeId) {
    let Some(leader) = world.replica(me).leader() else { return };
    let everyone = world.random.percent(50);
    for (rank, one) in world.up().into_iter().enumerate() {
        if one == me || (everyone && one != leader) {
            world.input(one, Input::LeaderLost { leader, rank: rank as u32 });
        }
    }
}

/// A disk dies, if everyone else is a voter with a good disk: raft promises nothing beyond.
fn lose_disk(world: &mut World, me: NodeId, count: u32) {
    let Some(leader) = world.leader() else { return };
    let members = world.replica(leader).members();
    let healthy = world.up().len() == count as usize
        && members.voters.len() == count as usize
        && !members.is_joint()
        && world.up().iter().all(|id| world.replica(*id).members() == members);
    if healthy && leader != me {
        world.newcomer(me);
    }
}

/// Whoever is empty asks the leader again and again to be let in.
fn rejoin(world: &mut World) {
    let Some(leader) = world.leader() else { return };
    for me in world.up() {
        if world.nodes[&leader].replica.is_none() {
            return;
        }
        let store = world.replica(me).store_id();
        let known = world.replica(leader).members().stores.get(&me).copied();
        if known != Some(store) {
            let _ = world.replica(leader).add_member(me, store, Seat::Voter);
            world.flush(leader);
        }
    }
}

fn heal(world: &mut World, count: u32) {
    (world.loss, world.duplicates, world.delay) = (0, 0, 0);
    world.cut.clear();
    for me in world.nodes.keys().copied().collect::<Vec<_>>() {
        if let Some(replica) = world.nodes.get_mut(&me).unwrap().replica.as_mut() {
            // Takes back a crash that was still to come.
            replica.store_mut().fail_after(u64::MAX);
        }
        world.power_on(me);
    }
    for _ in 0..10 {
        world.run(60);
        rejoin(world);
    }
    world.commit("the end");
    world.run(20);
    let leader = world.leader().unwrap();
    let members = world.replica(leader).members();
    assert_eq!(members.voters.len(), count as usize, "{}", world.what);
    assert!(!members.is_joint(), "{}", world.what);
    let all: Vec<u64> = world.committed.keys().copied().collect();
    for (me, node) in &world.nodes {
        let has: Vec<u64> = node.state.keys().copied().collect();
        assert_eq!(has, all, "{}: {me} lacks what was committed", world.what);
    }
}

/// `ROTA_SEEDS` makes it a long run.
fn many(first: u64, seeds: u64, count: u32) {
    let seeds = std::env::var("ROTA_SEEDS").map_or(seeds, |text| text.parse().unwrap());
    let seeds = first..first + seeds;
    let total: u64 = seeds.clone().map(|seed| bad_day(seed, count, 400)).sum();
    let mean = total / (seeds.end - seeds.start);
    assert!(mean > 20, "only {mean} commits a day: nothing was tested");
}

#[test]
fn three_replicas_never_lose_what_was_committed() {
    many(0, 400, 3);
}

#[test]
fn five_replicas_never_lose_what_was_committed() {
    many(10_000, 250, 5);
}

#[test]
fn the_same_seed_is_the_same_day() {
    assert_eq!(bad_day(77, 3, 300), bad_day(77, 3, 300));
}

/// A newcomer was sent a snapshot from its earlier life: it found itself the only voter, and led.
#[test]
fn a_lost_disk_never_comes_back_as_the_voter_it_was_when_the_cluster_was_founded() {
    bad_day(10_207, 5, 400);
}
