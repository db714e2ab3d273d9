//! Hostile datagrams at every heartbeat socket while hosts fail: counters move, nothing else.

mod common;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use common::{ready, skipped};
use rota_lab::{HEARTBEAT_PORT, Host, Lab, wait_until};

const SOON: Duration = Duration::from_secs(30);
/// To each socket, by each attacker.
const DATAGRAMS: u32 = 10_000;
const ATTACK: Duration = Duration::from_secs(40);
/// Generous: shows that failover works under attack, not how fast.
const OUTAGE_MAX: Duration = Duration::from_secs(10);

#[test]
fn hostile_datagrams_during_failovers_move_counters_only() {
    if skipped() {
        return;
    }
    let lab = Lab::up(3).unwrap();
    let (cluster, probe, first) = ready(&lab);
    let boots = lab.boots();
    let sent: Vec<u32> = std::thread::scope(|scope| {
        // One attacker in each host: it hears what its host hears, is switched off with it, and
        // begins again with its next boot.
        let attackers: Vec<_> = lab
            .hosts()
            .iter()
            .map(|host| scope.spawn(|| attack(host, &targets(&lab, host))))
            .collect();
        let mut holder = first.clone();
        for _ in 0..2 {
            let from = Instant::now();
            lab.host(&holder).unwrap().power_off().unwrap();
            let (new, outage) = probe.moved(&holder, from, SOON).unwrap();
            println!("under attack: {holder} -> {new} after {outage:?}");
            assert!(outage < OUTAGE_MAX, "{outage:?}");
            let lost = lab.host(&holder).unwrap();
            wait_until("the fenced host is on again", SOON, || Ok(lost.is_on())).unwrap();
            cluster.wait_online(cluster.first().unwrap(), 3).unwrap();
            cluster.settle(cluster.first().unwrap()).unwrap();
            holder = new;
        }
        attackers.into_iter().map(|attacker| attacker.join().expect("an attacker")).collect()
    });
    println!("sent to each socket by the attacker in each host: {sent:?}");
    assert_eq!(sent, [DATAGRAMS; 3], "not every socket had its share");
    let more: u32 = lab.boots().iter().zip(&boots).map(|(now, then)| now - then).sum();
    assert_eq!(more, 2, "somebody was fenced beside the two that lost their power");
    let mut rejected = 0;
    for host in lab.hosts() {
        let status = cluster.status(host).unwrap();
        println!("{}: {}", host.name(), status["datagrams"]);
        let count = |name: &str| status["datagrams"][name].as_u64().unwrap_or(0);
        let kinds = ["rejected_size", "rejected_key", "rejected_replayed", "rejected_version"];
        rejected += kinds.map(count).iter().sum::<u64>();
        assert_eq!(count("rejected_content"), 0, "something forged was believed authentic");
    }
    assert!(rejected > u64::from(DATAGRAMS), "only {rejected} were rejected");
    let from = Instant::now();
    wait_until("time passes", SOON, || Ok(from.elapsed() > Duration::from_secs(3))).unwrap();
    assert!(probe.steady(SOON).is_ok(), "the address does not answer");
}

fn targets(lab: &Lab, attacker: &Host) -> Vec<SocketAddr> {
    let others = lab.hosts().iter().filter(|host| host.number() != attacker.number());
    others
        .flat_map(|host| [0, 1].map(|net| ([10, 10, net, 10 + host.number()], HEARTBEAT_PORT)))
        .map(SocketAddr::from)
        .collect()
}

/// How many were sent to each target by the attack that was not cut off.
fn attack(host: &Host, targets: &[SocketAddr]) -> u32 {
    let tool = env!("CARGO_BIN_EXE_rota-lab-tool");
    let seed = 20_261_122 + u32::from(host.number());
    let words = [tool, "hostile", &DATAGRAMS.to_string(), &ATTACK.as_secs().to_string()];
    let mut line: Vec<String> = words.iter().map(ToString::to_string).collect();
    line.push(seed.to_string());
    line.extend(targets.iter().map(ToString::to_string));
    for _ in 0..3 {
        wait_until("the attacker's host is on", SOON, || Ok(host.is_on())).expect("on");
        let output = host.exec(&line).map(|output| String::from_utf8_lossy(&output.stdout).into());
        let sent = output.ok().and_then(|output: String| output.trim().parse().ok());
        if let Some(sent) = sent {
            return sent;
        }
    }
    0
}
