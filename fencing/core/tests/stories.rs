//! Each rule of fencing as a short story: what is sent, and every effect that follows.

mod common;

use std::time::Duration;

use common::*;
use rota_fencing::*;
use rota_ids::{BootId, Incarnation, StartId};

fn three() -> World {
    World::new(
        vec![device("bmc-n3", "n3")],
        Topology::new(),
        vec![node(1, &["bmc-n3"]), node(2, &["bmc-n3"])],
    )
}

#[test]
fn proven_is_said_when_it_is_off_not_when_it_is_on_again() {
    let mut w = three();
    assert_eq!(w.ask(request("n3", Wish::Reboot, 7)), ["run 1 on n1: bmc-n3 off n3"]);
    assert_eq!(
        w.reply(1, off_reply()),
        [
            "PROVEN n3 boot 7: bmc-n3 (fence_test) by node 1: off twice",
            "note n3 boot 7 Reboot by policy: proven",
            "run 2 on n1: bmc-n3 on n3",
        ]
    );
    assert_eq!(w.reply(2, Reply::On), ["note n3 boot 7 Reboot by policy: turned on"]);
    assert_eq!(w.jobs(), [""; 0]);
}

#[test]
fn a_failing_on_is_noted_and_takes_nothing_back() {
    let mut w = three();
    w.ask(request("n3", Wish::Reboot, 7));
    w.reply(1, off_reply());
    assert_eq!(w.reply(2, unreachable()), ["run 3 on n2: bmc-n3 on n3"]);
    assert_eq!(
        w.reply(3, unreachable()),
        ["note n3 boot 7 Reboot by policy: on failed: bmc-n3 by node 1: unreachable: no answer; \
          bmc-n3 by node 2: unreachable: no answer"]
    );
    assert_eq!(w.jobs(), [""; 0]);
}

#[test]
fn status_off_or_still_on_is_no_proof() {
    for reply in [Reply::Off, Reply::On, Reply::Works] {
        let mut w = three();
        w.ask(request("n3", Wish::Off, 7));
        assert_eq!(w.reply(1, reply), ["run 2 on n2: bmc-n3 off n3"]);
    }
}

#[test]
fn executors_verified_first_then_local_and_the_target_itself_last() {
    let nodes = vec![node(1, &[]), node(2, &["bmc-n3"]), node(3, &["bmc-n3"]), node(4, &[])];
    let mut w = World::new(
        vec![tuned("bmc-n3", &[("pcmk_host_list", "n3"), ("pcmk_off_retries", "4")])],
        Topology::new(),
        nodes,
    );
    assert_eq!(w.ask(request("n3", Wish::Off, 7)), ["run 1 on n2: bmc-n3 off n3"]);
    assert_eq!(w.reply(1, unreachable()), ["run 2 on n1: bmc-n3 off n3"]);
    assert_eq!(w.reply(2, unreachable()), ["run 3 on n4: bmc-n3 off n3"]);
    assert_eq!(w.reply(3, unreachable()), ["run 4 on n3: bmc-n3 off n3"]);
}

#[test]
fn an_executor_that_refused_is_not_asked_again_in_the_round() {
    let mut w = World::new(vec![device("d", "n3")], Topology::new(), vec![node(1, &[])]);
    w.ask(request("n3", Wish::Off, 7));
    let refused = Reply::Refused { why: "wrong password".into() };
    assert_eq!(
        w.reply(1, refused),
        [
            "exhausted n3 until 2000: d by node 1: refused: wrong password",
            "note n3 boot 7 Off by policy: exhausted"
        ]
    );
}

#[test]
fn without_topology_the_next_device_is_tried_and_reached_ones_come_first() {
    let mut w = World::new(
        vec![device("a", "n3"), device("b", "n2 n3"), device("c", "n2")],
        Topology::new(),
        vec![node(1, &["b"])],
    );
    assert_eq!(w.ask(request("n3", Wish::Off, 7)), ["run 1 on n1: b off n3"]);
    assert_eq!(w.reply(1, unreachable()), ["run 2 on n1: b off n3"]);
    assert_eq!(w.reply(2, unreachable()), ["run 3 on n1: a off n3"]);
    assert_eq!(
        w.reply(3, off_reply()),
        [
            "PROVEN n3 boot 7: a (fence_test) by node 1: off twice",
            "note n3 boot 7 Off by policy: proven"
        ]
    );
}

fn two_supplies() -> World {
    let mut topology = Topology::new();
    assert!(topology.add("n3".into(), 1, ["psu-a".into(), "psu-b".into()]));
    assert!(topology.add("n3".into(), 2, ["bmc".into()]));
    assert!(!topology.add("n3".into(), 10, ["bmc".into()]), "levels end at 9");
    let map = &[("pcmk_host_map", "n3:3;n4:4"), ("pcmk_off_retries", "1")];
    let devices = vec![tuned("bmc", map), tuned("psu-a", map), tuned("psu-b", map)];
    World::new(devices, topology, vec![node(1, &[])])
}

#[test]
fn all_supplies_off_before_the_proof_then_all_on() {
    let mut w = two_supplies();
    assert_eq!(
        w.ask(request("n3", Wish::Reboot, 7)),
        ["run 1 on n1: psu-a off n3 plug 3", "run 2 on n1: psu-b off n3 plug 3"]
    );
    assert_eq!(w.reply(2, off_reply()), [""; 0]);
    assert_eq!(
        w.reply(1, off_reply()),
        [
            "PROVEN n3 boot 7: psu-a (fence_test) by node 1: off twice; \
             psu-b (fence_test) by node 1: off twice",
            "note n3 boot 7 Reboot by policy: proven",
            "run 3 on n1: psu-a on n3 plug 3",
            "run 4 on n1: psu-b on n3 plug 3",
        ]
    );
}

#[test]
fn one_failing_supply_fails_the_level_and_late_proofs_complete_it() {
    let mut w = two_supplies();
    w.ask(request("n3", Wish::Off, 7));
    assert_eq!(w.reply(1, unreachable()), ["run 3 on n1: bmc off n3 plug 3"]);
    // psu-b alone proves nothing; the level above still works.
    assert_eq!(w.reply(2, off_reply()), [""; 0]);
    let proven = w.reply(3, off_reply());
    assert_eq!(proven[0], "PROVEN n3 boot 7: bmc (fence_test) by node 1: off twice");
}

#[test]
fn a_supply_proven_in_an_earlier_round_does_not_count_in_the_next() {
    let mut w = two_supplies();
    w.ask(request("n3", Wish::Off, 7));
    w.reply(2, off_reply());
    w.reply(1, unreachable());
    w.reply(3, unreachable());
    assert_eq!(w.at(2000).len(), 2, "both supplies again");
    assert_eq!(w.reply(4, off_reply()), [""; 0], "psu-b must show it anew");
    assert!(w.reply(5, off_reply())[0].starts_with("PROVEN"));
}

#[test]
fn a_late_word_of_one_supply_from_an_earlier_round_does_not_count_either() {
    let mut w = two_supplies();
    w.ask(request("n3", Wish::Off, 7));
    w.reply(2, unreachable());
    w.reply(3, unreachable());
    assert_eq!(w.at(2000).len(), 2, "both supplies again: 4 and 5");
    // Attempt 1 of the first round: psu-a was off once. It may be on again by now.
    assert_eq!(w.reply(1, off_reply()), [""; 0]);
    assert_eq!(w.reply(5, off_reply()), [""; 0], "psu-b alone is no level");
    assert!(w.reply(4, off_reply())[0].starts_with("PROVEN"));
}

#[test]
fn exhausted_is_visible_and_never_final() {
    let mut w = World::new(
        vec![tuned("d", &[("pcmk_host_list", "n3"), ("pcmk_off_retries", "1")])],
        Topology::new(),
        vec![node(1, &[])],
    );
    w.ask(request("n3", Wish::Off, 7));
    assert_eq!(
        w.reply(1, unreachable())[0],
        "exhausted n3 until 2000: d by node 1: unreachable: no answer"
    );
    assert_eq!(w.at(1999), [""; 0]);
    assert_eq!(w.at(2000), ["run 2 on n1: d off n3"]);
    assert_eq!(
        w.reply(2, unreachable())[0],
        "exhausted n3 until 6000: d by node 1: unreachable: no answer"
    );
    // A node that joined may have the path that others lack: at once, not at 6000.
    let nodes = vec![node(1, &[]), node(2, &["d"])];
    assert_eq!(w.send(Event::Nodes(nodes.clone())), ["run 3 on n2: d off n3"]);
    // The same list again is no news.
    w.reply(3, unreachable());
    w.reply(4, unreachable());
    assert_eq!(w.send(Event::Nodes(nodes)), [""; 0]);
    assert_eq!(
        w.send(Event::Devices { devices: vec![device("e", "n3")], topology: Topology::new() }),
        ["run 5 on n2: e off n3"],
        "after three failed rounds it is n2's turn to begin"
    );
}

#[test]
fn a_target_that_no_device_knows_is_exhausted_at_once() {
    let mut w = World::new(
        vec![device("d", "n4"), Device::new("unlisted", "fence_test")],
        Topology::new(),
        vec![node(1, &["d"])],
    );
    assert_eq!(
        w.ask(request("n3", Wish::Off, 7))[0],
        "exhausted n3 until 2000: no fence device is known to reach this node"
    );
}

#[test]
fn a_topology_naming_a_device_of_another_host_does_not_shoot_that_host() {
    let mut topology = Topology::new();
    topology.add("n3".into(), 1, ["bmc-n4".into()]);
    let mut w = World::new(vec![device("bmc-n4", "n4")], topology, vec![node(1, &[])]);
    assert_eq!(
        w.ask(request("n3", Wish::Off, 7))[0],
        "exhausted n3 until 2000: bmc-n4: is not known to reach this node (pcmk_host_list)"
    );
}

#[test]
fn a_late_proof_is_still_a_proof() {
    let mut w = three();
    w.ask(request("n3", Wish::Off, 7));
    assert_eq!(w.at(10_500), ["run 2 on n2: bmc-n3 off n3"], "the attempt's time is over");
    assert_eq!(
        w.reply(1, off_reply()),
        [
            "cancel 2 on n2",
            "PROVEN n3 boot 7: bmc-n3 (fence_test) by node 1: off twice",
            "note n3 boot 7 Off by policy: proven"
        ]
    );
}

#[test]
fn a_late_proof_ends_exhaustion() {
    let mut w = three();
    w.ask(request("n3", Wish::Off, 7));
    w.at(10_500);
    w.reply(2, unreachable());
    assert!(w.jobs()[0].contains("Exhausted"));
    assert!(w.reply(1, off_reply())[0].starts_with("PROVEN n3 boot 7"));
}

#[test]
fn an_executor_that_leaves_is_replaced_at_once_and_believed_later() {
    let mut w = three();
    w.ask(request("n3", Wish::Off, 7));
    assert_eq!(w.send(Event::Nodes(vec![node(2, &["bmc-n3"])])), ["run 2 on n2: bmc-n3 off n3"]);
    assert!(
        w.reply(1, off_reply())
            .contains(&"PROVEN n3 boot 7: bmc-n3 (fence_test) by node 1: off twice".to_owned())
    );
}

#[test]
fn equal_requests_are_one_and_off_beats_reboot() {
    let mut w = three();
    w.ask(request("n3", Wish::Reboot, 7));
    assert_eq!(w.ask(request("n3", Wish::Reboot, 7)), [""; 0], "the same again");
    let admin = Request { requested_by: "admin".into(), ..request("n3", Wish::Off, 7) };
    assert_eq!(w.ask(admin), [""; 0]);
    assert_eq!(
        w.reply(1, off_reply()),
        [
            "PROVEN n3 boot 7: bmc-n3 (fence_test) by node 1: off twice",
            "note n3 boot 7 Off by policy, admin: proven"
        ],
        "one verdict, and nobody switches it on"
    );
}

#[test]
fn a_life_asked_about_after_the_attempt_began_needs_an_attempt_of_its_own() {
    let mut w = three();
    w.ask(request("n3", Wish::Off, 7));
    w.ask(request("n3", Wish::Off, 8));
    // Attempt 1 may have seen "off" before boot 8 began.
    assert_eq!(
        w.reply(1, off_reply()),
        [
            "PROVEN n3 boot 7: bmc-n3 (fence_test) by node 1: off twice",
            "note n3 boot 7 Off by policy: proven",
            "run 2 on n1: bmc-n3 off n3"
        ]
    );
    assert_eq!(
        w.reply(2, off_reply())[0],
        "PROVEN n3 boot 8: bmc-n3 (fence_test) by node 1: off twice"
    );
}

fn seen(boot: u64) -> Event {
    let incarnation = Incarnation { boot: BootId(boot), start: StartId(2) };
    Event::Reborn { target: "n3".into(), incarnation }
}

#[test]
fn a_node_that_came_back_is_not_shot_for_the_old_ones_sins() {
    let mut w = three();
    w.ask(request("n3", Wish::Reboot, 7));
    assert_eq!(w.send(seen(7)), [""; 0], "the same boot proves nothing");
    assert_eq!(
        w.send(seen(8)),
        [
            "PROVEN n3 boot 7: seen again as boot 0000000000000008",
            "note n3 boot 7 Reboot by policy: proven",
            "cancel 1 on n1"
        ]
    );
    assert_eq!(w.jobs(), [""; 0], "and nothing is switched on");
}

#[test]
fn a_node_never_seen_is_not_proven_by_turning_up() {
    let mut w = three();
    w.ask(Request { incarnation: None, ..request("n3", Wish::Reboot, 0) });
    assert_eq!(w.send(seen(8)), [""; 0]);
}

#[test]
fn the_administrators_word_ends_it_for_the_life_named() {
    let mut w = three();
    w.ask(request("n3", Wish::Reboot, 7));
    let confirmed =
        |life| Event::Confirmed { target: "n3".into(), incarnation: life, who: "root".into() };
    assert_eq!(
        w.send(confirmed(life(7))),
        [
            "PROVEN n3 boot 7: confirmed by root",
            "note n3 boot 7 Reboot by policy: proven",
            "cancel 1 on n1"
        ]
    );
    // Also where nobody asked.
    assert_eq!(w.send(confirmed(life(7)))[0], "PROVEN n3 boot 7: confirmed by root");
}

#[test]
fn a_life_proven_over_is_not_shot_again_but_the_verdict_is_repeated() {
    let mut w = three();
    w.ask(request("n3", Wish::Reboot, 7));
    w.reply(1, off_reply());
    let again = ["PROVEN n3 boot 7: bmc-n3 (fence_test) by node 1: off twice"];
    assert_eq!(w.ask(request("n3", Wish::Reboot, 7)), again, "while it is being switched on");
    w.reply(2, Reply::On);
    assert_eq!(w.ask(request("n3", Wish::Off, 7)), again, "and after that");
    // Seen alive under the boot that was proven over: the proof was wrong.
    w.send(seen(7));
    assert_eq!(w.ask(request("n3", Wish::Off, 7)), ["run 3 on n1: bmc-n3 off n3"]);
}

#[test]
fn withdrawn_requests_are_cancelled() {
    let mut w = three();
    w.ask(request("n3", Wish::Reboot, 7));
    assert_eq!(
        w.send(Event::Withdrawn { target: "n3".into() }),
        ["cancel 1 on n1", "note n3 boot 7 Reboot by policy: withdrawn"]
    );
}

#[test]
fn delays_of_device_and_request_add_up_and_only_before_the_first_round() {
    let params = [
        ("pcmk_host_list", "n3"),
        ("pcmk_delay_base", "n3:2s;n4:9s"),
        ("pcmk_delay_max", "4s"),
        ("pcmk_off_retries", "1"),
    ];
    let mut w = World::new(vec![tuned("d", &params)], Topology::new(), vec![node(1, &[])]);
    let delay = RequestDelay::Add(Duration::from_secs(5));
    // 2 s base + half of the 2 s left below the maximum + 5 s of the request.
    assert_eq!(w.ask(Request { delay, ..request("n3", Wish::Off, 7) }), [""; 0]);
    assert_eq!(w.at(7_999), [""; 0]);
    assert_eq!(w.at(8_000), ["run 1 on n1: d off n3"]);
    w.reply(1, unreachable());
    assert_eq!(w.at(10_000), ["run 2 on n1: d off n3"], "no delay in the second round");
}

#[test]
fn skip_means_no_delay_at_all() {
    let params = [("pcmk_host_list", "n3"), ("pcmk_delay_base", "5s")];
    let mut w = World::new(vec![tuned("d", &params)], Topology::new(), vec![node(1, &[])]);
    let urgent = Request { delay: RequestDelay::Skip, ..request("n3", Wish::Off, 7) };
    assert_eq!(w.ask(urgent), ["run 1 on n1: d off n3"]);
}

#[test]
fn the_action_limit_queues_other_targets() {
    let mut w = World::new(vec![device("pdu", "n3 n4 n5")], Topology::new(), vec![node(1, &[])]);
    assert_eq!(w.ask(request("n5", Wish::Off, 5)), ["run 1 on n1: pdu off n5"]);
    assert_eq!(w.ask(request("n3", Wish::Off, 3)), [""; 0]);
    let after = w.reply(1, off_reply());
    assert_eq!(after.last().unwrap(), "run 2 on n1: pdu off n3");
    let unlimited = tuned("pdu", &[("pcmk_host_list", "n3 n4 n5"), ("pcmk_action_limit", "-1")]);
    let mut w = World::new(vec![unlimited], Topology::new(), vec![node(1, &[])]);
    w.ask(request("n5", Wish::Off, 5));
    assert_eq!(w.ask(request("n3", Wish::Off, 3)), ["run 2 on n1: pdu off n3"]);
}

#[test]
fn an_off_asked_during_the_on_of_two_supplies_waits_for_them() {
    let mut w = two_supplies();
    w.ask(request("n3", Wish::Reboot, 7));
    w.reply(1, off_reply());
    w.reply(2, off_reply());
    // 3 and 4 switch on. An "on" that lands between two "off"s would falsify the proof.
    assert_eq!(w.ask(request("n3", Wish::Off, 8)), [""; 0]);
    assert_eq!(w.reply(3, Reply::On), [""; 0]);
    assert_eq!(
        w.reply(4, Reply::On),
        ["run 5 on n1: psu-a off n3 plug 3", "run 6 on n1: psu-b off n3 plug 3"]
    );
}

#[test]
fn on_alone_needs_no_proof_and_gives_none() {
    let mut w = three();
    assert_eq!(w.ask(request("n3", Wish::On, 7)), ["run 1 on n1: bmc-n3 on n3"]);
    assert_eq!(w.reply(1, Reply::On), ["note n3 boot 7 On by policy: turned on"]);
}

#[test]
fn unfencing_devices_take_no_part_in_switching_on_again() {
    let mut fabric = device("fabric", "n3");
    fabric.unfences = true;
    let mut w = World::new(vec![fabric], Topology::new(), vec![node(1, &[])]);
    w.ask(request("n3", Wish::Reboot, 7));
    let after = w.reply(1, off_reply());
    assert_eq!(after.len(), 2, "proven and noted, no on: {after:?}");
    assert_eq!(w.ask(request("n3", Wish::On, 8)), ["run 2 on n1: fabric on n3"]);
}

#[test]
fn odd_parameters_are_found_and_the_defaults_hold() {
    let (device, findings) = Device::from_params(
        "d".into(),
        "fence_test",
        [
            ("ip", "10.0.0.1"),
            ("pcmk_host_map", "n\\ 1:1;n2:2,3"),
            ("pcmk_off_timeout", "soon"),
            ("pcmk_host_check", "status"),
            ("pcmk_nonsense", "1"),
            ("pcmk_off_action", "poweroff"),
        ],
    );
    let names: Vec<_> = findings.iter().map(|f| f.parameter.as_str()).collect();
    assert_eq!(names, ["pcmk_off_timeout", "pcmk_nonsense", "pcmk_host_check"]);
    assert_eq!(device.params.len(), 2, "the agent's own and the alias, which the shell resolves");
    assert_eq!(device.timeouts.off, Duration::from_secs(60));
    assert_eq!(device.targets.plug(&"n2".into()), None, "an unclear host check reaches nobody");
}

#[test]
fn a_limit_of_zero_is_the_default() {
    let names = ["off", "on", "status", "monitor"].map(|a| format!("pcmk_{a}_timeout"));
    let params = names.iter().map(|name| (name.as_str(), "0"));
    let (device, findings) = Device::from_params("d".into(), "fence_test", params);
    assert_eq!(findings, []);
    assert_eq!(device.timeouts, rota_fencing::Timeouts::default());
}

#[test]
fn a_device_in_a_log_shows_no_password() {
    let device = tuned("d", &[("password", "s3cret-pass"), ("pcmk_host_list", "n3")]);
    let event = Event::Devices { devices: vec![device], topology: Topology::new() };
    let text = format!("{event:?}");
    assert!(text.contains("password") && !text.contains("s3cret-pass"), "{text}");
}

#[test]
fn history_is_bounded_and_a_dead_device_does_not_fill_it() {
    let mut history = History::default();
    let mut entry = HistoryEntry {
        target: "n3".into(),
        incarnation: life(7),
        wish: Wish::Off,
        requested_by: "policy".into(),
        why: "lost".into(),
        outcome: Outcome::TurnedOn,
        took: Duration::ZERO,
    };
    for i in 0..600 {
        history.push(rota_ids::WallTime(i), entry.clone());
    }
    assert_eq!(history.iter().count(), HISTORY_ENTRIES_MAX);
    history.clear(None);
    entry.outcome = Outcome::Exhausted { why: "dead".into() };
    for i in 0..600 {
        history.push(rota_ids::WallTime(i), entry.clone());
    }
    assert_eq!(history.iter().map(|r| r.at.0).collect::<Vec<_>>(), [599]);
}
