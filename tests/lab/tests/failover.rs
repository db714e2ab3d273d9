//! The promise: cut the power of the host that holds the address, and another host answers.

mod common;

use std::time::{Duration, Instant};

use common::{ready, skipped};
use rota_lab::{Cluster, Lab, NAME_PORT, VIP, wait_until};

const SOON: Duration = Duration::from_secs(20);
/// Generous: these tests prove that it happens, the lab's measurements say how fast.
const OUTAGE_MAX: Duration = Duration::from_secs(10);

#[test]
fn a_power_cut_moves_the_address() {
    if skipped() {
        return;
    }
    let lab = Lab::up(3).unwrap();
    let (cluster, probe, holder) = ready(&lab);
    let from = Instant::now();
    lab.host(&holder).unwrap().power_off().unwrap();
    let (new, outage) = probe.moved(&holder, from, SOON).unwrap();
    println!("{holder} -> {new} after {outage:?}");
    assert!(outage < OUTAGE_MAX, "{outage:?}");
    back(&lab, &cluster, &holder);
    probe.only(&new, Instant::now() - Duration::from_millis(300)).unwrap();
}

#[test]
fn an_isolated_host_is_fenced_before_the_address_moves() {
    if skipped() {
        return;
    }
    let lab = Lab::up(3).unwrap();
    let (cluster, probe, holder) = ready(&lab);
    let host = lab.host(&holder).unwrap();
    let boots = host.boots();
    let from = Instant::now();
    lab.isolate(host).unwrap();
    let (new, outage) = probe.moved(&holder, from, SOON).unwrap();
    println!("{holder} -> {new} after {outage:?}");
    assert!(outage < OUTAGE_MAX, "{outage:?}");
    lab.heal().unwrap();
    back(&lab, &cluster, &holder);
    assert_eq!(host.boots(), boots + 1, "it was not switched off and on again");
}

#[test]
fn without_proof_nothing_moves_until_somebody_vouches() {
    if skipped() {
        return;
    }
    let lab = Lab::up(3).unwrap();
    let (cluster, probe, holder) = ready(&lab);
    let host = lab.host(&holder).unwrap();
    lab.bmc_off(host);
    let from = Instant::now();
    host.power_off().unwrap();
    let via = cluster.first().unwrap();
    wait_until("the survivors know that it is unclean", SOON, || {
        Ok(cluster.state_of(&holder, via)?.is_some_and(|state| state == "unclean"))
    })
    .unwrap();
    // Long enough for a recovery many times over.
    wait_until("time passes", SOON, || Ok(from.elapsed() > Duration::from_secs(8))).unwrap();
    assert_eq!(probe.holder(), Some(holder.clone()), "recovered without proof");
    let text = cluster.rota(via, &["status".to_owned()]).unwrap();
    assert!(text.contains(&holder) && text.contains("confirm"), "no advice in:\n{text}");
    let confirmed = Instant::now();
    cluster.rota(via, &["stonith", "confirm", &holder, "--force"].map(str::to_owned)).unwrap();
    let (new, _) = probe.moved(&holder, from, SOON).unwrap();
    println!("{holder} -> {new}, {:?} after the confirmation", confirmed.elapsed());
    assert!(confirmed.elapsed() < OUTAGE_MAX);
}

/// The fenced host boots and joins again, and nothing moves back.
fn back(lab: &Lab, cluster: &Cluster<'_>, name: &str) {
    let host = lab.host(name).expect("host");
    wait_until("the fenced host is switched on again", SOON, || Ok(host.is_on())).expect("on");
    let via = cluster.first().expect("a host");
    cluster.wait_online(via, lab.hosts().len()).expect("all online");
    cluster.settle(via).expect("idle");
    let address = format!("{VIP}:{NAME_PORT}").parse().expect("address");
    lab.probe(address).expect("probe").steady(SOON).expect("the address answers");
}
