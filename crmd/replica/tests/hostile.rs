//! A peer that is authenticated and out of its mind: well-formed messages with wrong numbers.
//!
//! raft-rs ends the process on much of this. Here the replica may refuse, or say that it cannot go on
//! (an error), but it must not panic.

#![expect(clippy::unwrap_used, reason = "a test may say what it expects")]

#[expect(dead_code, reason = "only the other tests switch nodes off")]
mod world;

use prost::Message as _;
use rota_ids::NodeId;
use rota_replica::record::{
    ConfState, Entry, Envelope, Message, Snapshot, SnapshotBody, SnapshotMeta,
};
use rota_replica::{Input, Members};
use world::{Random, World};

/// Half of the time a number near the truth, where the edges are.
fn number(random: &mut Random, near: u64) -> u64 {
    match random.below(8) {
        0 => 0,
        1 => random.below(u64::MAX),
        2..5 => near,
        _ => (near + random.below(6)).saturating_sub(3),
    }
}

fn entry(random: &mut Random, index: u64, term: u64) -> Entry {
    let data = (0..random.below(20)).map(|_| random.below(256) as u8).collect();
    let entry_type = i32::from(random.below(6) == 0) * 2;
    Entry { entry_type, index, term: number(random, term), data, context: Vec::new() }
}

fn ids(random: &mut Random) -> Vec<u64> {
    (0..random.below(4)).map(|_| random.below(5)).collect()
}

fn snapshot(random: &mut Random, last: u64, term: u64, members: &Members) -> Snapshot {
    let payload = world::encode(&world::State::new());
    let person = |(node, store): (&NodeId, &rota_replica::StoreId)| rota_replica::record::Person {
        node: u64::from(node.0),
        store: store.0,
        votes: true,
    };
    let body = SnapshotBody {
        people: members.stores.iter().map(person).collect(),
        crc: crc32fast::hash(&payload),
        payload,
    };
    let conf = ConfState {
        voters: ids(random),
        learners: ids(random),
        voters_outgoing: ids(random),
        learners_next: ids(random),
        auto_leave: random.percent(50),
    };
    let (index, term) = (number(random, last), number(random, term));
    let metadata = Some(SnapshotMeta { conf_state: Some(conf), index, term });
    Snapshot { data: body.encode_to_vec(), metadata }
}

fn nonsense(world: &mut World, from: NodeId, to: NodeId) -> Vec<u8> {
    let replica = world.replica(to);
    let (last, term) = (replica.last_index().0, replica.term().0);
    let (members, to_store) = (replica.members(), replica.store_id().0);
    let random = &mut world.random;
    let index = number(random, last);
    let kind = random.below(19) as i32;
    let count = if kind == 3 { random.below(4) } else { 0 };
    let first = index.saturating_add(1);
    let message = Message {
        msg_type: kind,
        to: u64::from(to.0),
        from: u64::from(from.0),
        term: number(random, term),
        log_term: number(random, term),
        index,
        entries: (0..count).map(|n| entry(random, first.saturating_add(n), term)).collect(),
        commit: number(random, last),
        commit_term: number(random, term),
        snapshot: (kind == 7).then(|| snapshot(random, last, term, &members)),
        reject: random.percent(50),
        reject_hint: number(random, last),
        context: if random.percent(10) { b"CampaignTransfer".to_vec() } else { Vec::new() },
        ..Message::default()
    };
    let from_store = members.stores.get(&from).map_or(1, |store| store.0);
    Envelope { message: Some(message), from_store, to_store }.encode_to_vec()
}

#[test]
fn a_peer_out_of_its_mind_does_not_make_a_replica_panic() {
    let seeds = std::env::var("ROTA_SEEDS").map_or(1_500, |text| text.parse().unwrap());
    for seed in 0..seeds {
        let mut world = World::cluster(seed, 3);
        for n in 0..world.random.below(20) {
            world.commit(&format!("{n}"));
        }
        let to = NodeId(1 + world.random.below(3) as u32);
        let from = NodeId(1 + to.0 % 3);
        eprintln!("seed {seed}");
        for _ in 0..40 {
            let message = nonsense(&mut world, from, to);
            let replica = world.replica(to);
            let mut out = Vec::new();
            let stepped = replica.step(Input::Received { from, message });
            if stepped.and_then(|()| replica.step(Input::Tick)).is_err()
                || replica.flush(&mut out).is_err()
            {
                // It said that it cannot go on: its process ends, others recover.
                break;
            }
        }
    }
}
