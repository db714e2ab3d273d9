//! Real sockets, real threads, real keys: three nodes on loopback.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use rota_ids::{LinkId, NodeId};
use rota_membership::{Birth, LinkState, LostReason, Report, Standing};
use rota_membership_net::{Key, Keys};

use crate::support::{PATIENCE, address, config, key, life, peers_of, run, three};

#[test]
fn a_killed_node_is_lost_for_both_others_and_nobody_else_is() {
    let mut nodes = three(1);
    nodes.pop().unwrap().handle.stop();
    for node in &nodes {
        let (silent_for, before) = node.wait_for("PeerLost of 3", |report| match report {
            Report::PeerLost { peer: NodeId(3), silent_for, reason, .. } => {
                assert_eq!(*reason, LostReason::Silent);
                Some(*silent_for)
            }
            _ => None,
        });
        assert!(silent_for >= Duration::from_millis(400), "{silent_for:?} is not silence");
        assert!(!before.iter().any(|report| matches!(report, Report::PeerLost { .. })));
    }
}

#[test]
fn a_goodbye_is_no_loss() {
    let mut nodes = three(2);
    let leaver = nodes.pop().unwrap();
    leaver.handle.leave().unwrap();
    leaver.wait_for("Departed", |report| matches!(report, Report::Departed).then_some(()));
    for node in &nodes {
        let left = |report: &Report| match report {
            Report::PeerLeft { peer, incarnation } => Some((*peer, *incarnation)),
            _ => None,
        };
        let (who, before) = node.wait_for("PeerLeft", left);
        assert_eq!(who, (NodeId(3), life(3, 1)));
        assert!(!before.iter().any(|report| matches!(report, Report::PeerLost { .. })));
        let table = node.handle.status().unwrap().table;
        assert_eq!(table.peers[1].standing, Standing::Left);
    }
}

#[test]
fn a_daemon_restarted_within_the_detection_time_is_reborn_and_never_lost() {
    let mut nodes = three(3);
    nodes.pop().unwrap().handle.stop();
    let mut again = config(3, 3, 3);
    again.incarnation = life(3, 2);
    let _reborn = run(again);
    for node in &nodes {
        let (birth, before) = node.wait_for("PeerHeard", |report| match report {
            Report::PeerHeard { peer: NodeId(3), incarnation, birth } => {
                assert_eq!(*incarnation, life(3, 2));
                Some(*birth)
            }
            _ => None,
        });
        assert_eq!(birth, Birth::DaemonRestarted);
        assert!(!before.iter().any(|report| matches!(report, Report::PeerLost { .. })));
    }
}

#[test]
fn a_main_loop_that_stands_still_is_as_dead_as_a_silent_host() {
    let nodes = three(4);
    // All main loops begin; then only those of 1 and 2 go on.
    nodes[2].handle.progress();
    let lost = |report: &Report| match report {
        Report::PeerLost { peer, reason, .. } => Some((*peer, *reason)),
        _ => None,
    };
    let deadline = Instant::now() + PATIENCE;
    let found = loop {
        assert!(Instant::now() < deadline, "never lost");
        nodes[0].handle.progress();
        nodes[1].handle.progress();
        match nodes[0].reports.recv_timeout(Duration::from_millis(50)) {
            Ok(report) => {
                if let Some(found) = lost(&report) {
                    break found;
                }
            }
            Err(_timeout) => {}
        }
    };
    assert_eq!(found, (NodeId(3), LostReason::Stalled));
}

#[test]
fn a_node_with_another_key_costs_one_counter() {
    let mut nodes = three(5);
    let leaver = nodes.pop().unwrap();
    leaver.handle.leave().unwrap();
    for node in &nodes {
        node.wait_for("PeerLeft", |r| matches!(r, Report::PeerLeft { .. }).then_some(()));
    }
    drop(leaver);
    drop(nodes.pop());
    let mut stranger = config(5, 3, 3);
    stranger.incarnation = life(33, 1);
    stranger.keys = key(8);
    let stranger = run(stranger);
    stranger.wait_for("PeerAbsent", |r| matches!(r, Report::PeerAbsent { .. }).then_some(()));
    let here = nodes[0].handle.status().unwrap();
    assert!(here.counters.rejected_key > 0);
    assert_eq!(here.table.peers[1].standing, Standing::Left);
    assert!(stranger.handle.status().unwrap().counters.rejected_key > 0);
}

#[test]
fn the_key_is_rotated_without_a_beat_missed() {
    let nodes = three(6);
    let both = |current: u8, older: u8| Keys {
        current: Key::new([current; 32]),
        older: vec![Key::new([older; 32])],
    };
    for keys in [both(7, 8), both(8, 7), key(8)] {
        for node in &nodes {
            node.handle.rekey(keys.clone()).unwrap();
            node.handle.status().unwrap();
        }
    }
    let before: Vec<u64> =
        nodes.iter().map(|node| node.handle.status().unwrap().counters.received).collect();
    for (node, before) in nodes.iter().zip(before) {
        let deadline = Instant::now() + PATIENCE;
        while node.handle.status().unwrap().counters.received < before + 100 {
            assert!(Instant::now() < deadline);
            std::thread::yield_now();
        }
        assert_eq!(node.alarms(), vec![]);
        assert_eq!(node.handle.status().unwrap().counters.rejected_key, 0);
    }
}

#[test]
fn peers_join_and_leave_at_run_time() {
    let first = run(config(7, 1, 1));
    let second = run(config(7, 2, 2));
    first.handle.configure(peers_of(7, 2, 1, 2)).unwrap();
    first.wait_until_heard(2);
    second.wait_until_heard(1);
    first.handle.configure(Vec::new()).unwrap();
    assert!(first.handle.status().unwrap().table.peers.is_empty());
    // Taken back, it is heard again although it never restarted.
    first.handle.configure(peers_of(7, 2, 1, 2)).unwrap();
    first.wait_until_heard(2);
}

#[test]
fn one_link_may_be_of_the_other_address_family() {
    let Ok(probe) = UdpSocket::bind("[::1]:0") else {
        eprintln!("skipped: this host has no IPv6");
        return;
    };
    let first = probe.local_addr().unwrap();
    let second = UdpSocket::bind("[::1]:0").unwrap().local_addr().unwrap();
    drop(probe);
    let with_v6 = |me: u32, own, other| {
        let mut config = config(9, me, 2);
        config.links.push(own);
        config.peers[0].addresses.push(Some(other));
        run(config)
    };
    let nodes = [with_v6(1, first, second), with_v6(2, second, first)];
    nodes[0].wait_for("link 2", |report| match report {
        Report::LinkChanged { link: LinkId(2), state: LinkState::Heard, .. } => Some(()),
        _ => None,
    });
}

#[test]
fn an_address_in_use_is_an_error_that_names_it() {
    let taken = UdpSocket::bind(address(8, 1, 1)).unwrap();
    let refused = rota_membership_net::start(config(8, 1, 1), Box::new(|_| ()));
    let Err(rota_membership_net::Error::Bind { link, address, .. }) = refused else {
        panic!("bound twice");
    };
    assert_eq!((link, address), (1, taken.local_addr().unwrap()));
}
