//! The law of the seal: what was sealed opens once, at its receiver, on its link, unchanged.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rota_ids::{BootId, Incarnation, LinkId, NodeId, StartId};
use rota_membership_net::seal::{OVERHEAD, Opener, Reject, Sealer};
use rota_membership_net::{Key, Keys};

const LINK: LinkId = LinkId(1);

/// The first one seals.
fn keys(bytes: &[u8]) -> Keys {
    let key = |&byte: &u8| Key::new([byte; 32]);
    Keys { current: key(&bytes[0]), older: bytes[1..].iter().map(key).collect() }
}

fn life(start: u32) -> Incarnation {
    Incarnation { boot: BootId(11), start: StartId(start) }
}

fn sealer(start: u32, key: u8) -> Sealer {
    Sealer::new(NodeId(1), life(start), [3; 12], &keys(&[key]))
}

/// Node 2, which listens to node 1.
fn opener(key: &[u8]) -> Opener {
    let mut opener = Opener::new(NodeId(2), &keys(key));
    opener.set_peers(BTreeSet::from([NodeId(1)]));
    opener
}

fn sealed(by: &mut Sealer, plain: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    assert!(by.seal(NodeId(2), LINK, &mut out, |out| out.extend_from_slice(plain)));
    out
}

fn open(by: &mut Opener, link: LinkId, datagram: &[u8]) -> Result<Vec<u8>, Reject> {
    by.open(link, &mut datagram.to_vec()).map(|opened| opened.plain.to_vec())
}

proptest! {
    #[test]
    fn what_was_sealed_opens_and_only_once(plain in proptest::collection::vec(any::<u8>(), 0..1000)) {
        let datagram = sealed(&mut sealer(1, 7), &plain);
        prop_assert_eq!(datagram.len(), plain.len() + OVERHEAD);
        let mut opener = opener(&[7]);
        prop_assert_eq!(open(&mut opener, LINK, &datagram), Ok(plain));
        prop_assert_eq!(open(&mut opener, LINK, &datagram), Err(Reject::Replayed));
    }

    #[test]
    fn every_changed_bit_is_noticed(bit in 0usize..(100 + OVERHEAD) * 8) {
        let mut datagram = sealed(&mut sealer(1, 7), &[42; 100]);
        datagram[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(open(&mut opener(&[7]), LINK, &datagram).is_err());
    }

    #[test]
    fn every_cut_and_every_addition_is_noticed(cut in 0usize..100 + OVERHEAD, extra in 1usize..200) {
        let datagram = sealed(&mut sealer(1, 7), &[42; 100]);
        prop_assert!(open(&mut opener(&[7]), LINK, &datagram[..cut]).is_err());
        let longer = [datagram, vec![0; extra]].concat();
        prop_assert!(open(&mut opener(&[7]), LINK, &longer).is_err());
    }

    #[test]
    fn random_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..1600)) {
        prop_assert!(open(&mut opener(&[7]), LINK, &bytes).is_err());
    }

    #[test]
    fn random_content_below_a_plausible_header_is_a_wrong_key(
        tail in proptest::collection::vec(any::<u8>(), 16..1300),
    ) {
        let datagram = [&sealed(&mut sealer(1, 7), &[])[..OVERHEAD - 16], &tail].concat();
        prop_assert_eq!(open(&mut opener(&[7]), LINK, &datagram), Err(Reject::Key));
    }

    /// Whatever the network does to the order, nothing passes twice, and what is at most 63 behind
    /// the newest passes.
    #[test]
    fn any_order_passes_each_at_most_once(picks in proptest::collection::vec(0usize..200, 1..400)) {
        let mut sealer = sealer(1, 7);
        let all: Vec<_> = (0u8..200).map(|n| sealed(&mut sealer, &[n])).collect();
        let mut opener = opener(&[7]);
        let (mut passed, mut newest) = (BTreeSet::new(), 0);
        for pick in picks {
            let fits = !passed.contains(&pick) && pick + 64 > newest;
            prop_assert_eq!(open(&mut opener, LINK, &all[pick]).is_ok(), fits);
            if fits {
                passed.insert(pick);
                newest = newest.max(pick);
            }
        }
    }
}

#[test]
fn another_link_another_receiver_and_another_sender_are_refused() {
    let datagram = sealed(&mut sealer(1, 7), b"hello");
    assert_eq!(open(&mut opener(&[7]), LinkId(0), &datagram), Err(Reject::Misdirected));
    let mut third = Opener::new(NodeId(3), &keys(&[7]));
    third.set_peers(BTreeSet::from([NodeId(1)]));
    assert_eq!(open(&mut third, LINK, &datagram), Err(Reject::Misdirected));
    let mut deaf = Opener::new(NodeId(2), &keys(&[7]));
    assert_eq!(open(&mut deaf, LINK, &datagram), Err(Reject::Stranger));
}

#[test]
fn another_clusters_key_does_not_open() {
    let datagram = sealed(&mut sealer(1, 8), b"hello");
    assert_eq!(open(&mut opener(&[7]), LINK, &datagram), Err(Reject::Key));
}

#[test]
fn older_keys_open_until_they_are_taken_away() {
    let (mut sealer, mut opener) = (sealer(1, 7), opener(&[8, 7]));
    assert!(open(&mut opener, LINK, &sealed(&mut sealer, b"old")).is_ok());
    sealer.rekey(&keys(&[8]));
    assert!(open(&mut opener, LINK, &sealed(&mut sealer, b"new")).is_ok());
    opener.rekey(&keys(&[8]));
    assert!(open(&mut opener, LINK, &sealed(&mut sealer, b"new")).is_ok());
    sealer.rekey(&keys(&[7]));
    assert_eq!(open(&mut opener, LINK, &sealed(&mut sealer, b"old")), Err(Reject::Key));
}

#[test]
fn a_restarted_sender_is_not_mistaken_for_a_replay() {
    let mut opener = opener(&[7]);
    let mut before = sealer(1, 7);
    for _ in 0..1000 {
        assert!(open(&mut opener, LINK, &sealed(&mut before, b"x")).is_ok());
    }
    assert!(open(&mut opener, LINK, &sealed(&mut sealer(2, 7), b"x")).is_ok());
}

#[test]
fn the_same_words_never_look_the_same() {
    let mut sealer = sealer(1, 7);
    let datagrams: BTreeSet<_> = (0..100).map(|_| sealed(&mut sealer, b"same")).collect();
    let tails: BTreeSet<_> = datagrams.iter().map(|d| d[OVERHEAD - 16..].to_vec()).collect();
    assert_eq!(tails.len(), 100);
}

#[test]
fn too_much_to_seal_is_not_sealed() {
    let mut out = Vec::new();
    let long = [0; 1400];
    assert!(!sealer(1, 7).seal(NodeId(2), LINK, &mut out, |out| out.extend_from_slice(&long)));
}

#[test]
fn a_key_is_not_printed() {
    assert!(!format!("{:?}", keys(&[0xab])).contains("171"));
}
