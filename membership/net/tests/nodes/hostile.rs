//! What an attacker on the wire can do: move counters.

use std::net::UdpSocket;
use std::time::Instant;

use rota_ids::{LinkId, NodeId};
use rota_membership::Report;
use rota_membership_net::seal::Sealer;

use crate::support::{Node, Relay, address, config, key, life, run};

/// Hostile datagrams at each socket.
const DATAGRAMS: usize = 10_000;

/// A small generator, so that a failure repeats.
struct Lcg(u64);

impl Lcg {
    fn next(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next()).unwrap() % bound
    }
}

/// Node 1 and node 2; what 2 says to 1 on link 0 goes through a relay that records it.
fn recorded_pair(test: u8) -> (Node, Node, Relay) {
    let mut second = config(test, 2, 2);
    let relay_at = address(test, 0, 99);
    second.peers[0].addresses[0] = Some(relay_at);
    let relay = Relay::new(relay_at, address(test, 0, 1));
    (run(config(test, 1, 2)), run(second), relay)
}

fn hostile(n: usize, dice: &mut Lcg, recorded: &[Vec<u8>], wrong: &mut Sealer) -> Vec<u8> {
    let copy = recorded[dice.below(recorded.len())].clone();
    match n % 5 {
        0 => (0..dice.below(1500)).map(|_| dice.next().to_le_bytes()[0]).collect(),
        1 => copy,
        2 => copy[..dice.below(copy.len())].to_vec(),
        3 => {
            let mut flipped = copy;
            let bit = dice.below(flipped.len() * 8);
            flipped[bit / 8] ^= 1 << (bit % 8);
            flipped
        }
        _ => {
            let mut out = Vec::new();
            assert!(wrong.seal(NodeId(1), LinkId(0), &mut out, |out| out.extend(&copy[60..])));
            out
        }
    }
}

#[test]
fn ten_thousand_hostile_datagrams_at_each_socket_move_counters_only() {
    let (first, second, mut relay) = recorded_pair(21);
    relay.record(50);
    first.wait_until_heard(2);
    second.wait_until_heard(1);
    let seed = 20_261_122;
    let mut dice = Lcg(seed);
    let mut wrong = Sealer::new(NodeId(2), life(2, 1), [9; 12], &key(8));
    first.alarms();
    second.alarms();
    let attacker = UdpSocket::bind("127.0.0.1:0").unwrap();
    let targets = [(1, 0), (1, 1), (2, 0), (2, 1)];
    for n in 0..DATAGRAMS {
        for (node, link) in targets {
            let datagram = hostile(n, &mut dice, &relay.recorded, &mut wrong);
            attacker.send_to(&datagram, address(21, link, node)).unwrap();
        }
        if n % 100 == 0 {
            let so_far = relay.recorded.len();
            relay.record(so_far + 1);
        }
    }
    for node in [&first, &second] {
        assert_eq!(node.alarms(), vec![], "seed {seed}");
        let counters = node.handle.status().unwrap().counters;
        assert!(counters.rejected() > 10_000, "seed {seed}: {counters:?}");
        assert_eq!(counters.rejected_content, 0, "nothing unauthentic is parsed: {counters:?}");
    }
    let at_first = first.handle.status().unwrap().counters;
    for (what, count) in [
        ("size", at_first.rejected_size),
        ("version", at_first.rejected_version),
        ("address", at_first.rejected_address),
        ("key", at_first.rejected_key),
        ("replayed", at_first.rejected_replayed),
    ] {
        assert!(count > 0, "seed {seed}: no {what} among {at_first:?}");
    }
}

#[test]
fn recordings_do_not_make_a_dead_node_look_alive_to_a_restarted_one() {
    let (first, second, mut relay) = recorded_pair(22);
    relay.record(100);
    first.wait_until_heard(2);
    first.handle.stop();
    second.handle.stop();
    let mut again = config(22, 1, 2);
    again.incarnation = life(1, 2);
    let again = run(again);
    let attacker = UdpSocket::bind("127.0.0.1:0").unwrap();
    for datagram in &relay.recorded {
        attacker.send_to(datagram, address(22, 0, 1)).unwrap();
    }
    let absent = |report: &Report| matches!(report, Report::PeerAbsent { .. }).then_some(());
    let ((), mut before) = again.wait_for("PeerAbsent", absent);
    before.retain(|report| !matches!(report, Report::Overslept { .. }));
    assert_eq!(before, vec![], "a recording was believed");
    let counters = again.handle.status().unwrap().counters;
    assert_eq!(counters.received, counters.rejected() + 100, "they were authentic: {counters:?}");
}

#[test]
fn a_flood_drowns_its_own_link_at_most() {
    let (first, second, mut relay) = recorded_pair(23);
    relay.record(5);
    first.wait_until_heard(2);
    second.wait_until_heard(1);
    first.alarms();
    second.alarms();
    // From here on the relay forwards nothing: link 0 may be lost, link 1 must hold.
    let attacker = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut forged = relay.recorded[0].clone();
    *forged.last_mut().unwrap() ^= 1;
    let before = first.handle.status().unwrap();
    let begun = Instant::now();
    for _ in 0..300_000 {
        // A full buffer on the way is the attacker's own problem.
        let _full = attacker.send_to(&forged, address(23, 0, 1));
    }
    let (lasted, after) = (begun.elapsed(), first.handle.status().unwrap());
    println!("{lasted:?} of flood cost {:?}", after.cpu - before.cpu);
    assert!(after.counters.rejected_key > before.counters.rejected_key);
    assert_eq!(first.alarms(), vec![]);
    assert_eq!(second.alarms(), vec![]);
}
