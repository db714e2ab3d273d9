//! Networks that break in part: one clear outcome, or none at all.

mod common;

use std::time::{Duration, Instant};

use common::{ready, skipped};
use rota_lab::{Cluster, Host, Lab, Link, Probe, wait_until};

const SOON: Duration = Duration::from_secs(20);
/// How long a disturbance lasts that nobody may mind.
const NOISE: Duration = Duration::from_secs(20);

/// Lets `noise` go on for a while, then checks that no membership changed, nobody was fenced, and
/// the address was never away for longer than `gap`.
fn check_nobody_minds(lab: &Lab, gap: Duration, mut noise: impl FnMut(Duration)) {
    let (cluster, probe, holder) = ready(lab);
    let via = cluster.first().expect("a host");
    let (view, boots) = (cluster.view(via).expect("view"), lab.boots());
    let from = Instant::now();
    while from.elapsed() < NOISE {
        noise(from.elapsed());
    }
    lab.heal().expect("healed");
    assert_eq!(cluster.view(via).expect("view"), view, "the membership changed");
    assert_eq!(lab.boots(), boots, "somebody was fenced");
    let outage = probe.outage_since(from);
    assert!(outage <= gap, "the address was away for {outage:?}");
    probe.only(&holder, from).expect("one holder");
}

fn wait(time: Duration) {
    std::thread::sleep(time);
}

#[test]
fn loss_on_one_network_is_nothing() {
    if skipped() {
        return;
    }
    let lab = Lab::up(3).unwrap();
    let mut begun = false;
    // The address itself is on the lossy network: only membership is of interest here.
    check_nobody_minds(&lab, NOISE, |_| {
        if !begun {
            for host in lab.hosts() {
                lab.loss(host, Link::Ring0, 20).unwrap();
            }
            begun = true;
        }
        wait(Duration::from_millis(100));
    });
}

#[test]
fn a_flapping_link_is_nothing() {
    if skipped() {
        return;
    }
    let lab = Lab::up(3).unwrap();
    check_nobody_minds(&lab, NOISE, |_| {
        lab.cut(&lab.hosts()[0], Link::Ring1).unwrap();
        wait(Duration::from_millis(300));
        lab.mend(&lab.hosts()[0], Link::Ring1).unwrap();
        wait(Duration::from_millis(300));
    });
}

#[test]
fn busy_cores_are_nothing() {
    if skipped() {
        return;
    }
    let lab = Lab::up(3).unwrap();
    let mut begun = false;
    check_nobody_minds(&lab, Duration::from_secs(2), |_| {
        if !begun {
            let line = format!(
                "for i in 1 2 3 4; do timeout {} sh -c 'while :; do :; done' >/dev/null 2>&1 & done",
                NOISE.as_secs()
            );
            for host in lab.hosts() {
                host.sh(&line).unwrap();
            }
            begun = true;
        }
        wait(Duration::from_millis(100));
    });
}

#[test]
fn two_hosts_deaf_to_each_other_end_in_one_clear_way() {
    if skipped() {
        return;
    }
    let lab = Lab::up(3).unwrap();
    let (cluster, probe, holder) = ready(&lab);
    let boots = lab.boots();
    let third = lab.hosts().iter().find(|host| host.name() != holder).unwrap();
    let holder = lab.host(&holder).unwrap();
    lab.part(holder, third).unwrap();
    let fenced = || lab.boots().iter().zip(&boots).filter(|(now, old)| now > old).count();
    wait_until("one of the two is fenced, or left out", SOON, || {
        Ok(fenced() > 0 || cluster.first().and_then(|via| outside(&cluster, &lab, via))? > 0)
    })
    .unwrap();
    // What comes back is deaf again: it may be kept out, but the shooting must not go on.
    wait(Duration::from_secs(10));
    assert!(fenced() <= 1, "{} hosts were fenced", fenced());
    assert!(probe.steady(SOON).is_ok(), "the address does not answer");
    lab.heal().unwrap();
    healed(&lab, &cluster, &probe);
}

#[test]
fn a_minority_is_fenced_and_the_majority_goes_on() {
    if skipped() {
        return;
    }
    let lab = Lab::up(3).unwrap();
    let (cluster, probe, holder) = ready(&lab);
    let alone = lab.host(&holder).unwrap();
    let boots = alone.boots();
    let others: Vec<&Host> =
        lab.hosts().iter().map(AsRef::as_ref).filter(|host| host.name() != holder).collect();
    let from = Instant::now();
    lab.partition(&[&[alone], &others]).unwrap();
    // The client still hears the old holder until it is off: the address must come from one host.
    let (new, _) = probe.moved(&holder, from, SOON).unwrap();
    assert!(others.iter().any(|host| host.name() == new), "{new} holds the address");
    wait_until("the minority was switched off and on", SOON, || Ok(alone.boots() > boots)).unwrap();
    lab.heal().unwrap();
    healed(&lab, &cluster, &probe);
    assert_eq!(alone.boots(), boots + 1, "fenced once and not again");
}

/// How many hosts are not online in the eyes of this one.
fn outside(cluster: &Cluster<'_>, lab: &Lab, via: &Host) -> anyhow::Result<usize> {
    let mut count = 0;
    for host in lab.hosts() {
        count += usize::from(cluster.state_of(host.name(), via)?.as_deref() != Some("online"));
    }
    Ok(count)
}

fn healed(lab: &Lab, cluster: &Cluster<'_>, probe: &Probe) {
    let via = cluster.first().expect("a host");
    cluster.wait_online(via, lab.hosts().len()).expect("all online");
    cluster.settle(via).expect("idle");
    probe.steady(SOON).expect("the address answers");
}
