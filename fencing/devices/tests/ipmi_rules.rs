//! The rules that the IPMI client learnt from running against BMCs that lose, repeat, delay, lie
//! and refuse. Each rule is a test; the BMC is ours (`strangers.rs` has the independent ones).

#![expect(clippy::unwrap_used, reason = "tests may say what they expect")]

mod common;

use std::collections::btree_map::{BTreeMap, Entry};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use common::*;
use rota_fencing_devices::ipmi::server::{Behaviour, Bmc, Fate, Power, Way};
use rota_fencing_devices::ipmi::{self, Suite};
use rota_fencing_devices::{Action, Params, Reply};
use tokio::net::UdpSocket;

const OPEN_RESPONSE: u8 = 0x11;
const RAKP2: u8 = 0x13;
const RAKP4: u8 = 0x15;
const COMMAND: u8 = 0x00;

fn weather(mut fate: impl FnMut(Way, u8) -> Fate + Send + 'static) -> Behaviour {
    Behaviour {
        weather: Box::new(move |way, kind| kind.map_or(Fate::Pass, |kind| fate(way, kind))),
        ..Behaviour::default()
    }
}

/// Loses the first `count` datagrams of this kind.
fn losing(way: Way, kind: u8, count: u32) -> Behaviour {
    let left = AtomicU32::new(count);
    weather(move |w, k| {
        let hit = w == way
            && k == kind
            && left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
                .is_ok();
        if hit { Fate::Lost } else { Fate::Pass }
    })
}

#[tokio::test]
async fn off_status_on_with_either_suite() {
    for cipher in ["3", "17", "auto"] {
        let (bmc, address) = bmc(Behaviour::default()).await;
        let params = with(login(address), &[("cipher", cipher)]);
        assert_eq!(run(&params, Action::Status).await, Reply::On);
        let reply = run(&params, Action::Off).await;
        let suite = if cipher == "3" { "cipher suite 3)" } else { "cipher suite 17)" };
        assert!(proven(&reply).contains(suite), "{reply}");
        assert_eq!(run(&params, Action::Status).await, Reply::Off);
        assert_eq!(run(&params, Action::Monitor).await, Reply::Works);
        assert_eq!(run(&params, Action::On).await, Reply::On);
        assert_eq!(bmc.log().controls, [0, 1]);
    }
}

#[tokio::test]
async fn rule_1_what_arrives_twice_counts_once() {
    let (bmc, address) = bmc(weather(|_, _| Fate::Twice)).await;
    proven(&run(&login(address), Action::Off).await);
    assert_eq!(bmc.log().sessions, 1);
}

/// Somebody on the way who sees every answer and sends forgeries before it.
async fn forger(bmc: SocketAddr) -> SocketAddr {
    let middle = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
    let address = middle.local_addr().unwrap();
    tokio::spawn(async move {
        let mut ways = BTreeMap::new();
        let mut buffer = [0; 1024];
        loop {
            let (length, client) = middle.recv_from(&mut buffer).await.unwrap();
            if let Entry::Vacant(new) = ways.entry(client) {
                let way = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
                way.connect(bmc).await.unwrap();
                tokio::spawn(back(Arc::clone(&way), Arc::clone(&middle), client));
                new.insert(way);
            }
            ways[&client].send(&buffer[..length]).await.unwrap();
        }
    });
    address
}

async fn back(way: Arc<UdpSocket>, middle: Arc<UdpSocket>, client: SocketAddr) {
    let mut buffer = [0; 1024];
    while let Ok(length) = way.recv(&mut buffer).await {
        let answer = &buffer[..length];
        let mut last_bit = answer.to_vec();
        last_bit[length - 1] ^= 1;
        let mut unsigned = answer.to_vec();
        unsigned[5] &= 0x3f;
        let mut emptied = answer.to_vec();
        emptied.iter_mut().skip(20).for_each(|byte| *byte = 0);
        let forged = [vec![], vec![6], answer[..length / 2].to_vec(), last_bit, emptied];
        for forged in forged {
            middle.send_to(&forged, client).await.unwrap();
        }
        if unsigned != answer {
            middle.send_to(&unsigned, client).await.unwrap();
        }
        middle.send_to(answer, client).await.unwrap();
    }
}

#[tokio::test]
async fn rule_1_garbage_and_forgeries_are_not_there() {
    for cipher in ["3", "17"] {
        let (bmc, address) = bmc(Behaviour::default()).await;
        let params = with(login(forger(address).await), &[("cipher", cipher)]);
        assert_eq!(run(&params, Action::Status).await, Reply::On);
        proven(&run(&params, Action::Off).await);
        assert_eq!(bmc.log().sessions, 2, "one for each call");
    }
}

#[tokio::test]
async fn rule_2_an_answer_to_an_older_rakp_1_gives_no_wrong_key() {
    // Slower than the first retransmission: the BMC has made a new random number by then.
    let (bmc, address) = bmc(weather(|way, kind| match (way, kind) {
        (Way::Out, RAKP2) => Fate::Late(Duration::from_millis(300)),
        _ => Fate::Pass,
    }))
    .await;
    proven(&run(&login(address), Action::Off).await);
    assert_eq!(bmc.log().sessions, 1, "and no handshake was wasted");
}

#[tokio::test]
async fn rule_3_a_lost_rakp_4_means_a_new_handshake() {
    let (bmc, address) = bmc(losing(Way::Out, RAKP4, 1)).await;
    proven(&run(&login(address), Action::Off).await);
    assert_eq!((bmc.log().sessions, bmc.log().rakp3), (2, 2));
}

#[tokio::test]
async fn rule_4_a_repeated_command_has_a_new_session_sequence_number() {
    // Our BMC drops repeats of the sequence number, so only new ones get an answer.
    let (bmc, address) = bmc(losing(Way::Out, COMMAND, 2)).await;
    proven(&run(&login(address), Action::Off).await);
    assert_eq!(bmc.log().sessions, 1);
}

#[tokio::test]
async fn every_message_may_be_lost_once() {
    for (way, kind) in [
        (Way::In, 0x10),
        (Way::Out, OPEN_RESPONSE),
        (Way::In, 0x12),
        (Way::Out, RAKP2),
        (Way::In, 0x14),
        (Way::Out, RAKP4),
        (Way::In, COMMAND),
        (Way::Out, COMMAND),
    ] {
        let (_bmc, address) = bmc(losing(way, kind, 1)).await;
        proven(&run(&login(address), Action::Off).await);
    }
}

#[tokio::test]
async fn bad_weather_of_every_kind_delays_and_does_not_defeat() {
    let runs = (1..=8u64).map(|seed| async move {
        let mut state = seed;
        let (_bmc, address) = bmc(weather(move |_, _| {
            // xorshift64: the seed tells the whole story.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            match state % 10 {
                0 => Fate::Lost,
                1 | 2 => Fate::Twice,
                3 => Fate::Late(Duration::from_millis(state % 400)),
                _ => Fate::Pass,
            }
        }))
        .await;
        (seed, ipmi::run(&login(address), Action::Off, Duration::from_secs(60)).await)
    });
    let mut all = tokio::task::JoinSet::new();
    runs.for_each(|run| drop(all.spawn(run)));
    for (seed, reply) in all.join_all().await {
        assert!(matches!(reply, Reply::ProvenOff { .. }), "seed {seed}: {reply}");
    }
}

#[tokio::test]
async fn rule_5_operator_is_enough_and_user_is_not() {
    let (_bmc, address) = bmc(Behaviour::default()).await;
    proven(&run(&login(address), Action::Off).await);
    assert_eq!(run(&login(address), Action::On).await, Reply::On);
    let user = [("username", "ro"), ("password", "readonly")];
    let reply = run(&with(login(address), &user), Action::Off).await;
    assert!(refused(&reply).contains("privilege"), "{reply}");
    // A session at USER level may look, and is told why it may not switch.
    let params = with(login(address), &[("privlvl", "user")]);
    assert_eq!(run(&params, Action::Status).await, Reply::On);
    assert!(refused(&run(&params, Action::Off).await).contains("privilege"));
}

#[tokio::test]
async fn rule_6_never_talked_down() {
    for chosen in [[0, 0, 0], [1, 0, 0], [1, 1, 0]] {
        let (bmc, address) = bmc(Behaviour { chosen: Some(chosen), ..Behaviour::default() }).await;
        let reply = run(&login(address), Action::Off).await;
        assert!(refused(&reply).contains("did not propose"), "{chosen:?}: {reply}");
        assert_eq!(bmc.log().rakp3, 0);
    }
}

#[tokio::test]
async fn rule_6_auto_finds_the_suite_and_a_fixed_one_is_not_left() {
    let only_3 = || Behaviour { suites: vec![Suite::Three], ..Behaviour::default() };
    let (_bmc, address) = bmc(only_3()).await;
    let fixed = with(login(address), &[("cipher", "17")]);
    assert!(refused(&run(&fixed, Action::Off).await).contains("cipher suite"));
    let reply = run(&login(address), Action::Off).await;
    assert!(proven(&reply).contains("cipher suite 3)"), "{reply}");
}

#[tokio::test]
async fn rule_7_a_bmc_that_is_starting_is_waited_for() {
    let port = free_port();
    let address = format!("127.0.0.1:{port}").parse().unwrap();
    let waiting = tokio::spawn(async move { run(&login(address), Action::Off).await });
    // Refused datagrams meanwhile.
    tokio::time::sleep(Duration::from_millis(400)).await;
    let socket = UdpSocket::bind(address).await.unwrap();
    let bmc = Bmc::new(accounts(), Power::Memory(true), Behaviour::default());
    tokio::spawn(bmc.serve(socket));
    proven(&waiting.await.unwrap());
}

#[tokio::test]
async fn rule_7_silence_is_unreachable_long_before_the_deadline() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let silent = with(login(socket.local_addr().unwrap()), &[("login_timeout", "1")]);
    let reply = ipmi::run(&silent, Action::Off, Duration::from_secs(600)).await;
    assert!(matches!(reply, Reply::Unreachable { .. }), "{reply}");
}

#[tokio::test]
async fn rule_8_error_answers_may_be_short() {
    for cut in 2..=8 {
        let (_bmc, address) = bmc(Behaviour { errors_cut_to: cut, ..Behaviour::default() }).await;
        let params = with(login(address), &[("username", "nobody")]);
        assert_eq!(refused(&run(&params, Action::Off).await), "unknown user name", "{cut} bytes");
    }
}

#[tokio::test]
async fn rule_9_what_ipmi_cannot_carry_is_refused_before_anything_is_sent() {
    let good = [("ip", "127.0.0.1"), ("username", "u"), ("password", "p")];
    let bad: [&[(&str, &str)]; 9] = [
        &[("username", "seventeen-letters")],
        &[("password", "twenty-one-characters")],
        &[("password", "")],
        &[("ip", "")],
        &[("cipher", "0")],
        &[("lanplus", "0")],
        &[("method", "cycle")],
        &[("ipport", "70000")],
        &[("pasword", "x")],
    ];
    assert_eq!(ipmi::check(&Params::from(good)), Ok(()));
    for pairs in bad {
        assert!(ipmi::check(&with(Params::from(good), pairs)).is_err(), "{pairs:?}");
    }
}

#[tokio::test]
async fn rule_10_nothing_made_from_the_password_goes_to_a_bmc_that_does_not_know_it() {
    let (bmc, address) = bmc(Behaviour::default()).await;
    let params = with(login(address), &[("password", "another")]);
    assert_eq!(refused(&run(&params, Action::Off).await), "wrong password");
    assert_eq!(bmc.log().rakp3, 0);
}

#[tokio::test]
async fn rule_11_off_counts_when_seen_twice() {
    let (bmc, address) = bmc(Behaviour { looks_before_off: 3, ..Behaviour::default() }).await;
    let reply = run(&login(address), Action::Off).await;
    assert!(proven(&reply).contains("2 times in 5 looks"), "{reply}");
    assert_eq!(bmc.log().looks, 5);
}

#[tokio::test]
async fn rule_11_off_seen_once_between_two_ons_does_not_count() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    std::fs::write(at.join("looks"), "0\n1\n0\n0\n").unwrap();
    let body = format!(
        "[ $1 = set ] && exit 0\ncd {} && echo power:$(head -n1 looks) && sed -i 1d looks",
        at.display()
    );
    let program = script(&at.join("flap.sh"), &body).display().to_string();
    let power = Power::Program(vec![program]);
    let (_bmc, address) = bmc_with(power, Behaviour::default()).await;
    let reply = run(&login(address), Action::Off).await;
    assert!(proven(&reply).contains("in 4 looks"), "{reply}");
}

#[tokio::test]
async fn rule_11_accepted_but_still_on_is_no_success() {
    let (bmc, address) = bmc(Behaviour { stuck: true, ..Behaviour::default() }).await;
    let reply = ipmi::run(&login(address), Action::Off, Duration::from_secs(1)).await;
    assert!(matches!(&reply, Reply::TimedOut { why } if why.contains("stays on")), "{reply}");
    assert!(bmc.log().looks > 2);
}

#[tokio::test]
async fn rule_11_codes_are_taken_for_what_they_mean() {
    // Not supported in present state, and off: a success.
    let already = Behaviour { control_code: Some(0xd5), ..Behaviour::default() };
    let (_bmc, address) = bmc_with(Power::Memory(false), already).await;
    assert!(proven(&run(&login(address), Action::Off).await).contains("already"));
    // Privilege and unspecified errors, with the power on: known at once.
    for (code, word) in [(0xd4, "privilege"), (0xff, "0xff")] {
        let (_bmc, address) =
            bmc(Behaviour { control_code: Some(code), ..Behaviour::default() }).await;
        assert!(refused(&run(&login(address), Action::Off).await).contains(word));
    }
    // Busy: again until it is not.
    let (bmc, address) = bmc(Behaviour { control_code: Some(0xc0), ..Behaviour::default() }).await;
    let waiting = tokio::spawn(async move { run(&login(address), Action::Off).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    bmc.behave(|b| b.control_code = None);
    proven(&waiting.await.unwrap());
}

#[tokio::test]
async fn a_bmc_that_is_busy_with_the_order_is_not_given_it_twice() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path().display();
    let body = format!(
        "case $1 in get) [ -e {at}/off ] && echo power:0 || echo power:1;; \
         set) sleep 0.8; echo $3 >> {at}/off;; esac"
    );
    let program = script(&directory.path().join("slow.sh"), &body).display().to_string();
    let (_bmc, address) = bmc_with(Power::Program(vec![program]), Behaviour::default()).await;
    proven(&run(&login(address), Action::Off).await);
    assert_eq!(std::fs::read_to_string(directory.path().join("off")).unwrap(), "0\n");
}

#[tokio::test]
async fn a_lost_order_is_given_again_as_soon_as_the_bmc_shows_that_it_is_idle() {
    let mut commands = 0;
    let (bmc, address) = bmc(weather(move |way, kind| {
        commands += u32::from(way == Way::In && kind == COMMAND);
        // The first raises the privilege, the second is the order.
        let order = way == Way::In && kind == COMMAND && commands == 2;
        if order { Fate::Lost } else { Fate::Pass }
    }))
    .await;
    proven(&run(&login(address), Action::Off).await);
    assert_eq!(bmc.log().controls, [0]);
}

#[tokio::test]
async fn a_bmc_that_forgets_its_sessions_is_logged_in_to_again() {
    let (bmc, address) = bmc(Behaviour { stuck: true, ..Behaviour::default() }).await;
    let waiting = tokio::spawn(async move { run(&login(address), Action::Off).await });
    while bmc.log().looks < 3 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // Nothing passes for a session's commands until a second handshake has begun.
    bmc.behave(|b| {
        b.stuck = false;
        let mut reopened = false;
        b.weather = Box::new(move |_, kind| {
            reopened |= kind == Some(0x10);
            if kind == Some(COMMAND) && !reopened { Fate::Lost } else { Fate::Pass }
        });
    });
    // The order was given before; it is given again in time (5 s), since the power stays on.
    proven(&waiting.await.unwrap());
    assert_eq!(bmc.log().sessions, 2);
}

#[tokio::test]
async fn one_deadline_covers_everything() {
    let (_bmc, address) = bmc(weather(|way, _| match way {
        Way::Out => Fate::Late(Duration::from_millis(400)),
        Way::In => Fate::Pass,
    }))
    .await;
    let began = std::time::Instant::now();
    let reply = ipmi::run(&login(address), Action::Off, Duration::from_millis(900)).await;
    assert!(matches!(reply, Reply::TimedOut { .. }), "{reply}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}
