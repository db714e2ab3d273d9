//! What a replica promises, told as stories.

#![expect(clippy::unwrap_used, reason = "a test may say what it expects")]

mod world;

use rota_ids::NodeId;
use rota_replica::{Effect, Input, LogStore, ProposeError, Refused, Role, Seat, StoreId};
use world::World;

const ALICE: NodeId = NodeId(1);
const BOB: NodeId = NodeId(2);
const CAROL: NodeId = NodeId(3);
const DAVE: NodeId = NodeId(4);

/// Every running node applied the same, and it is everything that was committed.
fn all_agree(world: &World) {
    for (id, node) in world.nodes.iter().filter(|(_, node)| node.replica.is_some()) {
        let state: Vec<_> = node.state.keys().copied().collect();
        let committed: Vec<_> = world.committed.keys().copied().collect();
        assert_eq!(state, committed, "{id} differs");
    }
}

fn ticks_until(world: &mut World, limit: u64, done: impl Fn(&mut World) -> bool) -> u64 {
    for ticks in 0..limit {
        if done(world) {
            return ticks;
        }
        world.tick();
    }
    panic!("not within {limit} ticks");
}

#[test]
fn one_node_founds_a_cluster_and_commits_alone() {
    let mut world = World::new(1);
    world.found(ALICE);
    ticks_until(&mut world, 2, |world| world.leader() == Some(ALICE));
    world.commit("first");
    assert!(world.replica(ALICE).is_quorate());
    all_agree(&world);
}

#[test]
fn three_nodes_commit_what_the_leader_is_given() {
    let mut world = World::cluster(2, 3);
    for n in 0..20 {
        world.commit(&format!("change {n}"));
    }
    world.run(2);
    all_agree(&world);
    assert_eq!(world.committed.len(), 20);
}

#[test]
fn a_follower_refuses_a_proposal_and_names_the_leader() {
    let mut world = World::cluster(3, 3);
    let leader = world.leader().unwrap();
    let follower = world.up().into_iter().find(|id| *id != leader).unwrap();
    match world.replica(follower).propose(b"x".to_vec()) {
        Err(ProposeError::NotLeader(refusal)) => assert_eq!(refusal.leader, Some(leader)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn many_proposals_before_one_flush_share_one_sync() {
    let mut world = World::new(4);
    world.found(ALICE);
    world.run(1);
    let replica = world.replica(ALICE);
    for n in 0..50 {
        replica.propose(format!("{n}").into_bytes()).unwrap();
    }
    // One append and one sync; a third call would fail.
    replica.store_mut().fail_after(2);
    let mut out = Vec::new();
    replica.flush(&mut out).unwrap();
    let committed = out.iter().filter(|e| matches!(e, Effect::Committed { .. })).count();
    assert_eq!(committed, 50);
}

#[test]
fn a_leader_sends_before_its_own_disk_has_the_entry_but_a_follower_answers_after() {
    let mut world = World::cluster(5, 3);
    world.run(10);
    let leader = world.leader().unwrap();
    let replica = world.replica(leader);
    replica.propose(b"early".to_vec()).unwrap();
    replica.store_mut().fail_after(0);
    let mut out = Vec::new();
    replica.send_early(&mut out);
    let sends: Vec<_> = out
        .into_iter()
        .map(|effect| match effect {
            Effect::Send { to, message } => (to, message),
            other => panic!("only messages leave early, not {other:?}"),
        })
        .collect();
    assert_eq!(sends.len(), 2);
    let (to, message) = sends[0].clone();
    let follower = world.replica(to);
    follower.store_mut().fail_after(0);
    follower.step(Input::Received { from: leader, message }).unwrap();
    let mut out = Vec::new();
    follower.send_early(&mut out);
    assert_eq!(out, vec![], "an answer is a promise about the disk");
    assert!(follower.flush(&mut out).is_err());
    assert_eq!(out, vec![]);
}

#[test]
fn when_the_detector_loses_the_leader_a_new_one_acts_within_one_tick() {
    for seed in 0..50 {
        let mut world = World::cluster(seed, 3);
        let old = world.leader().unwrap();
        world.power_off(old, 0);
        let survivors = world.up();
        for (rank, me) in survivors.iter().enumerate() {
            world.input(*me, Input::LeaderLost { leader: old, rank: rank as u32 });
        }
        world.deliver();
        let ticks = ticks_until(&mut world, 3, |world| world.leader().is_some());
        assert!(ticks <= 1, "seed {seed}: {ticks} ticks");
        assert_eq!(world.leader(), Some(survivors[0]), "rank 0 leads");
    }
}

#[test]
fn the_second_survivor_may_be_told_later() {
    for late in 1..15 {
        let mut world = World::cluster(7, 3);
        let old = world.leader().unwrap();
        world.power_off(old, 0);
        let survivors = world.up();
        world.input(survivors[0], Input::LeaderLost { leader: old, rank: 0 });
        world.run(late);
        assert_eq!(world.leader(), None, "the second still trusts the old leader");
        world.input(survivors[1], Input::LeaderLost { leader: old, rank: 1 });
        world.deliver();
        ticks_until(&mut world, 5, |world| world.leader().is_some());
    }
}

#[test]
fn without_a_detector_the_slow_timer_elects() {
    for seed in 0..20 {
        let mut world = World::cluster(seed, 3);
        let old = world.leader().unwrap();
        world.power_off(old, 0);
        ticks_until(&mut world, 120, |world| world.leader().is_some());
    }
}

#[test]
fn who_still_hears_the_leader_refuses_to_depose_it() {
    let mut world = World::cluster(8, 3);
    let leader = world.leader().unwrap();
    let term = world.replica(leader).term();
    let mistaken = world.up().into_iter().find(|id| *id != leader).unwrap();
    world.input(mistaken, Input::LeaderLost { leader, rank: 0 });
    world.run(40);
    assert_eq!(world.leader(), Some(leader));
    assert_eq!(world.replica(leader).term(), term);
    assert_eq!(world.replica(mistaken).leader(), Some(leader), "it follows again");
}

#[test]
fn a_node_that_was_alone_does_not_disturb_when_it_returns() {
    let mut world = World::cluster(9, 3);
    let leader = world.leader().unwrap();
    let term = world.replica(leader).term();
    let alone = world.up().into_iter().find(|id| *id != leader).unwrap();
    world.isolate(alone);
    world.run(200);
    assert!(!world.replica(alone).is_quorate());
    world.commit("while one was away");
    world.cut.clear();
    world.run(30);
    assert_eq!(world.replica(leader).term(), term);
    assert!(world.replica(alone).is_quorate());
    all_agree(&world);
}

#[test]
fn a_leader_without_majority_knows_it_within_the_lease_and_steps_down() {
    let mut world = World::cluster(10, 3);
    let old = world.leader().unwrap();
    world.isolate(old);
    let lost = world.propose(old, "never committed").unwrap();
    world.run(21);
    assert!(!world.replica(old).is_quorate());
    world.run(80);
    assert_ne!(world.replica(old).role(), Role::Leader);
    let new = world.leader().unwrap();
    assert_ne!(new, old);
    world.commit("by the majority");
    world.cut.clear();
    world.run(30);
    all_agree(&world);
    let there = world.committed.get(&lost.index.0);
    assert!(there.is_none_or(|(_, data)| data != b"never committed"));
}

#[test]
fn a_vote_survives_the_power_cut_of_the_voter() {
    let mut world = World::cluster(11, 3);
    let old = world.leader().unwrap();
    let others: Vec<_> = world.up().into_iter().filter(|id| *id != old).collect();
    let (candidate, voter) = (others[0], others[1]);
    world.power_off(old, 0);
    world.input(voter, Input::LeaderLost { leader: old, rank: 9 });
    world.input(candidate, Input::LeaderLost { leader: old, rank: 0 });
    world.deliver();
    let term = world.replica(candidate).term();
    assert_eq!(world.replica(candidate).role(), Role::Leader);
    world.power_off(voter, 0);
    let disk = world.nodes[&voter].disk.as_ref().unwrap();
    assert_eq!(disk.hard_state().term, term.0);
    assert_eq!(disk.hard_state().vote, u64::from(candidate.0));
}

#[test]
fn a_restarted_node_gets_its_state_back_before_it_hears_anyone() {
    let mut world = World::cluster(12, 3);
    for n in 0..30 {
        world.commit(&format!("{n}"));
    }
    world.run(10);
    for me in [ALICE, BOB, CAROL] {
        world.compact(me);
        world.power_off(me, 0);
    }
    for me in [ALICE, BOB, CAROL] {
        world.power_on(me);
        assert_eq!(world.nodes[&me].state.len(), 30, "{me}");
        assert!(world.replica(me).members().voters.len() == 3);
    }
    ticks_until(&mut world, 120, |world| world.leader().is_some());
    world.commit("after the night");
    world.run(2);
    all_agree(&world);
}

#[test]
fn a_newcomer_learns_first_and_votes_when_it_has_caught_up() {
    let mut world = World::cluster(13, 3);
    for n in 0..40 {
        world.commit(&format!("{n}"));
    }
    let leader = world.leader().unwrap();
    world.compact(leader);
    let store = world.newcomer(DAVE);
    world.isolate(DAVE);
    world.replica(leader).add_member(DAVE, store, Seat::Voter).unwrap();
    world.run(30);
    let members = world.replica(leader).members();
    assert!(members.learners.contains(&DAVE) && !members.voters.contains(&DAVE));
    assert!(members.meant_to_vote.contains(&DAVE));
    world.cut.clear();
    world.run(60);
    assert!(world.replica(leader).members().voters.contains(&DAVE));
    assert!(world.replica(DAVE).members().voters.contains(&DAVE));
    world.run(5);
    all_agree(&world);
}

#[test]
fn a_learner_by_choice_never_votes() {
    let mut world = World::new(14);
    world.found(ALICE);
    world.run(1);
    let store = world.newcomer(BOB);
    world.replica(ALICE).add_member(BOB, store, Seat::Learner).unwrap();
    world.run(100);
    world.commit("seen by the learner");
    world.run(2);
    all_agree(&world);
    assert!(world.replica(ALICE).members().learners.contains(&BOB));
    world.power_off(ALICE, 0);
    world.input(BOB, Input::LeaderLost { leader: ALICE, rank: 0 });
    world.run(100);
    assert_eq!(world.leader(), None);
    assert_eq!(world.replica(BOB).role(), Role::Follower);
}

#[test]
fn several_newcomers_become_voters_together_through_joint_consensus() {
    let mut world = World::new(15);
    world.found(ALICE);
    world.run(1);
    let (bob, carol) = (world.newcomer(BOB), world.newcomer(CAROL));
    world.replica(ALICE).add_member(BOB, bob, Seat::Voter).unwrap();
    world.replica(ALICE).add_member(CAROL, carol, Seat::Voter).unwrap();
    world.run(60);
    for me in [ALICE, BOB, CAROL] {
        let members = world.replica(me).members();
        assert_eq!(members.voters.len(), 3, "{me}");
        assert!(!members.is_joint());
    }
}

#[test]
fn a_removed_node_is_not_heard_any_more() {
    let mut world = World::cluster(16, 3);
    let leader = world.leader().unwrap();
    let term = world.replica(leader).term();
    let gone = world.up().into_iter().find(|id| *id != leader).unwrap();
    world.replica(leader).remove_member(gone).unwrap();
    world.run(20);
    assert!(!world.replica(leader).members().contains(gone));
    assert_eq!(world.replica(leader).members().voters.len(), 2);
    world.input(gone, Input::LeaderLost { leader, rank: 0 });
    world.run(100);
    assert_eq!(world.leader(), Some(leader));
    assert_eq!(world.replica(leader).term(), term);
    let old_store = world.replica(gone).store_id();
    let back = world.replica(leader).add_member(gone, old_store, Seat::Voter);
    assert_eq!(back, Err(Refused::StaleStore), "it must come back empty");
}

#[test]
fn the_leader_does_not_remove_itself_but_can_hand_over_first() {
    let mut world = World::cluster(17, 3);
    let old = world.leader().unwrap();
    assert_eq!(world.replica(old).remove_member(old), Err(Refused::LeaderItself));
    let heir = world.up().into_iter().find(|id| *id != old).unwrap();
    world.replica(old).transfer_leadership(heir).unwrap();
    world.flush(old);
    world.deliver();
    ticks_until(&mut world, 2, |world| world.leader() == Some(heir));
    world.replica(heir).remove_member(old).unwrap();
    world.run(20);
    assert!(!world.replica(heir).members().contains(old));
}

#[test]
fn a_removal_that_would_stop_the_cluster_is_refused() {
    let mut world = World::cluster(18, 3);
    let leader = world.leader().unwrap();
    let others: Vec<_> = world.up().into_iter().filter(|id| *id != leader).collect();
    world.power_off(others[0], 0);
    world.run(30);
    let refused = world.replica(leader).remove_member(others[1]);
    assert_eq!(refused, Err(Refused::WouldLoseQuorum));
    world.replica(leader).remove_member(others[0]).unwrap();
    world.run(30);
    assert_eq!(world.replica(leader).members().voters.len(), 2);
}

#[test]
fn a_node_with_an_empty_store_neither_votes_nor_answers_for_its_lost_disk() {
    let mut world = World::cluster(19, 3);
    for n in 0..10 {
        world.commit(&format!("{n}"));
    }
    let leader = world.leader().unwrap();
    let others: Vec<_> = world.up().into_iter().filter(|id| *id != leader).collect();
    let (amnesiac, lagging) = (others[0], others[1]);
    world.isolate(lagging);
    world.commit("only the leader and the amnesiac have this");
    // Now the disk of the amnesiac dies, and the leader's power. With the amnesiac's vote the
    // lagging node could win, and a committed change would be lost.
    world.newcomer(amnesiac);
    world.power_off(leader, 0);
    world.cut.clear();
    for me in [amnesiac, lagging] {
        world.input(me, Input::LeaderLost { leader, rank: 0 });
    }
    world.run(300);
    assert_eq!(world.leader(), None);
    assert_eq!(world.replica(amnesiac).members().voters.len(), 0);
    world.power_on(leader);
    ticks_until(&mut world, 120, |world| world.leader() == Some(leader));
    let store = world.replica(amnesiac).store_id();
    world.replica(leader).add_member(amnesiac, store, Seat::Voter).unwrap();
    world.run(60);
    assert!(world.replica(leader).members().voters.contains(&amnesiac));
    world.run(5);
    all_agree(&world);
}

#[test]
fn a_follower_that_lags_too_far_gets_a_snapshot_even_if_the_first_is_lost() {
    let mut world = World::cluster(20, 3);
    let leader = world.leader().unwrap();
    let late = world.up().into_iter().find(|id| *id != leader).unwrap();
    world.isolate(late);
    for n in 0..50 {
        world.commit(&format!("{n}"));
    }
    world.compact(leader);
    // The way there works, the way back does not: it is contacted, and the snapshot goes astray.
    world.cut.remove(&(late, leader));
    world.run(15);
    world.cut.clear();
    world.run(60);
    all_agree(&world);
}

#[test]
fn a_follower_that_lags_a_little_needs_no_snapshot() {
    let mut world = World::cluster(21, 3);
    let leader = world.leader().unwrap();
    let late = world.up().into_iter().find(|id| *id != leader).unwrap();
    world.run(10);
    world.isolate(late);
    for n in 0..5 {
        world.commit(&format!("{n}"));
    }
    world.compact(leader);
    let before = world.replica(late).store().snapshot_meta().index;
    world.cut.clear();
    world.run(20);
    all_agree(&world);
    assert_eq!(world.replica(late).store().snapshot_meta().index, before);
}

#[test]
fn a_barrier_is_answered_only_by_a_leader_that_still_leads() {
    let mut world = World::cluster(22, 3);
    let leader = world.leader().unwrap();
    let at = world.commit("before");
    world.replica(leader).read_barrier(7).unwrap();
    world.flush(leader);
    world.run(2);
    let answered = |world: &World, wanted: u64| {
        let effects = &world.nodes[&leader].effects;
        effects.iter().any(|effect| match effect {
            Effect::ReadReady { token, index } => *token == wanted && *index >= at.index,
            _ => false,
        })
    };
    assert!(answered(&world, 7));
    world.isolate(leader);
    world.replica(leader).read_barrier(8).unwrap();
    world.flush(leader);
    world.run(100);
    assert!(!answered(&world, 8));
    assert!(world.nodes[&leader].effects.contains(&Effect::ReadLost { token: 8 }));
}

#[test]
fn foreign_bytes_are_refused_and_change_nothing() {
    let mut world = World::cluster(23, 3);
    let (term, refused) = (world.replica(ALICE).term(), world.replica(ALICE).refused_messages());
    for size in 0..300_usize {
        let message: Vec<u8> = (0..size).map(|_| world.random.below(256) as u8).collect();
        world.input(ALICE, Input::Received { from: BOB, message });
    }
    assert_eq!(world.replica(ALICE).refused_messages(), refused + 300);
    assert_eq!(world.replica(ALICE).term(), term);
    world.commit("still here");
}

#[test]
fn a_store_whose_log_went_back_is_found_before_it_does_harm() {
    let mut world = World::cluster(24, 3);
    world.commit("something");
    world.run(10);
    let mut store = world.replica(ALICE).store().clone();
    let mut hard = store.hard_state();
    hard.commit = store.bounds().last + 1;
    store.append(&[], Some(hard)).unwrap();
    let opened = rota_replica::Replica::open(rota_replica::Config::new(ALICE), store);
    assert!(matches!(opened, Err(rota_replica::Error::Inconsistent(_))));
}

#[test]
fn bootstrap_needs_an_empty_store() {
    let mut world = World::new(25);
    world.found(ALICE);
    world.run(1);
    let store = world.replica(ALICE).store().clone();
    assert!(store.id() > StoreId(0));
    let again = rota_replica::Replica::bootstrap(rota_replica::Config::new(ALICE), store, vec![]);
    assert!(matches!(again, Err(rota_replica::Error::NotEmpty)));
}
