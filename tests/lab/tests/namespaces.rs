//! The lab itself: what a host is, what faults do, and that nothing is left behind.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rota_lab::{BMC_PASSWORD, BMC_USER, Lab, Link, NAME_PORT, skip_reason, wait_until};

/// True when no lab can be made here; says why.
fn skipped() -> bool {
    let reason = skip_reason();
    if let Some(reason) = &reason {
        println!("skipped: {reason}");
    }
    reason.is_some()
}

const SOON: Duration = Duration::from_secs(10);

/// After a fault is mended the kernel may take its time to ask for an address again.
#[track_caller]
fn hears_again(lab: &Lab, from: u8, address: &str) {
    wait_until("an answer", SOON, || Ok(hears(lab, from, address))).expect(address);
}

fn hears(lab: &Lab, from: u8, address: &str) -> bool {
    let host = &lab.hosts()[usize::from(from) - 1];
    host.sh(&format!("ping -c 1 -W 1 -i 0.2 {address}")).is_ok()
}

#[test]
fn hosts_have_their_own_everything() {
    if skipped() {
        return;
    }
    let lab = Lab::up(2).unwrap();
    let (a, b) = (&lab.hosts()[0], &lab.hosts()[1]);
    assert_eq!(a.sh("hostname").unwrap(), "node1\n");
    for path in ["/etc", "/var", "/run", "/tmp", "/dev/shm"] {
        a.sh(&format!("echo mine > {path}/rota-lab-mark")).unwrap();
        assert!(b.sh(&format!("cat {path}/rota-lab-mark")).is_err(), "{path} is shared");
        assert!(!Path::new(path).join("rota-lab-mark").exists(), "{path} leaked out");
    }
    assert!(a.sh("ps ax | wc -l").unwrap().trim().parse::<u32>().unwrap() < 20);
    assert!(hears(&lab, 1, "10.10.0.12") && hears(&lab, 1, "10.10.1.12"));
}

#[test]
fn a_power_cut_kills_all_and_keeps_the_disk_alone() {
    if skipped() {
        return;
    }
    let lab = Lab::up(1).unwrap();
    let host = &lab.hosts()[0];
    host.sh("echo kept > /var/mark; echo lost > /run/mark; setsid sleep 300 >/dev/null 2>&1 &")
        .unwrap();
    let pids = host.pids().unwrap();
    assert!(pids.len() >= 3, "{pids:?}");
    host.power_off().unwrap();
    for pid in pids {
        assert!(!Path::new(&format!("/proc/{pid}")).exists(), "{pid} lives on");
    }
    assert!(!host.is_on() && host.sh("true").is_err());
    host.power_off().unwrap();
    host.power_on().unwrap();
    assert_eq!(host.sh("cat /var/mark").unwrap(), "kept\n");
    assert!(host.sh("cat /run/mark").is_err());
}

#[test]
fn what_the_disk_says_is_started_at_boot() {
    if skipped() {
        return;
    }
    let lab = Lab::up(1).unwrap();
    let host = &lab.hosts()[0];
    host.sh("mkdir /etc/rota-lab; printf '#!/bin/sh\necho booted > /run/mark' > /etc/rota-lab/boot; chmod +x /etc/rota-lab/boot").unwrap();
    host.power_off().unwrap();
    host.power_on().unwrap();
    wait_until("the boot script ran", SOON, || Ok(host.sh("cat /run/mark").is_ok())).unwrap();
}

#[test]
fn faults_break_what_they_name_and_nothing_else() {
    if skipped() {
        return;
    }
    let lab = Lab::up(3).unwrap();
    let [a, b, c] = [0, 1, 2].map(|at| lab.hosts()[at].as_ref());
    lab.cut(a, Link::Ring0).unwrap();
    assert!(!hears(&lab, 2, "10.10.0.11") && hears(&lab, 2, "10.10.1.11"));
    // Faults outlive the host's reboot.
    a.power_off().unwrap();
    a.power_on().unwrap();
    assert!(!hears(&lab, 2, "10.10.0.11") && hears(&lab, 2, "10.10.1.11"));
    lab.heal_host(a).unwrap();
    hears_again(&lab, 2, "10.10.0.11");
    lab.part(a, b).unwrap();
    assert!(!hears(&lab, 2, "10.10.0.11"));
    hears_again(&lab, 3, "10.10.0.11");
    hears_again(&lab, 3, "10.10.0.12");
    lab.heal().unwrap();
    lab.partition(&[&[a], &[b, c]]).unwrap();
    assert!(!hears(&lab, 1, "10.10.0.12") && !hears(&lab, 1, "10.10.1.13"));
    hears_again(&lab, 2, "10.10.0.13");
    lab.heal().unwrap();
    lab.isolate(a).unwrap();
    assert!(!hears(&lab, 1, "10.10.0.12") && !hears(&lab, 1, "10.10.1.12"));
    lab.heal().unwrap();
    lab.loss(a, Link::Ring0, 100).unwrap();
    assert!(!hears(&lab, 1, "10.10.0.12"));
    lab.loss(a, Link::Ring0, 0).unwrap();
    hears_again(&lab, 1, "10.10.0.12");
}

#[test]
fn a_paused_host_is_silent_and_wakes_up() {
    if skipped() {
        return;
    }
    let lab = Lab::up(1).unwrap();
    let host = &lab.hosts()[0];
    let probe = lab.probe(format!("10.10.0.11:{NAME_PORT}").parse().unwrap()).unwrap();
    assert_eq!(probe.steady(SOON).unwrap(), "node1");
    host.pause().unwrap();
    let from = Instant::now();
    wait_until("silence", SOON, || Ok(probe.outage_since(from) > Duration::from_millis(500)))
        .unwrap();
    host.resume().unwrap();
    assert_eq!(probe.steady(SOON).unwrap(), "node1");
}

/// The floating address as the cluster will move it, here moved by hand.
#[test]
fn the_probe_sees_a_move_and_how_long_it_took() {
    if skipped() {
        return;
    }
    let lab = Lab::up(2).unwrap();
    let (a, b) = (&lab.hosts()[0], &lab.hosts()[1]);
    a.sh("ip addr add 10.10.0.100/24 dev ring0").unwrap();
    let probe = lab.probe(format!("{}:{NAME_PORT}", rota_lab::VIP).parse().unwrap()).unwrap();
    assert_eq!(probe.steady(SOON).unwrap(), "node1");
    let from = Instant::now();
    a.power_off().unwrap();
    wait_until("an outage", SOON, || Ok(probe.outage_since(from) > Duration::from_millis(300)))
        .unwrap();
    b.sh("ip addr add 10.10.0.100/24 dev ring0; arping -U -c 1 -I ring0 10.10.0.100 >/dev/null")
        .unwrap();
    let (holder, outage) = probe.moved("node1", from, SOON).unwrap();
    assert_eq!(holder, "node2");
    assert!(outage >= Duration::from_millis(300), "{outage:?}");
    probe.only("node2", from + outage).unwrap();
}

#[test]
fn a_bmc_switches_its_host_and_can_die() {
    if skipped() || !Lab::has_bmcs() || !Path::new("/usr/bin/ipmitool").exists() {
        println!("skipped: needs root, ipmi_sim and ipmitool");
        return;
    }
    let lab = Lab::up(2).unwrap();
    let (a, b) = (&lab.hosts()[0], &lab.hosts()[1]);
    let power = |what: &str| {
        b.sh(&format!(
            "ipmitool -I lanplus -C 3 -N 3 -R 2 -H 10.10.9.11 -U {BMC_USER} -P {BMC_PASSWORD} chassis power {what}"
        ))
    };
    wait_until("the BMC answers", SOON, || Ok(power("status").is_ok())).unwrap();
    assert!(power("status").unwrap().contains("is on"));
    power("off").unwrap();
    assert!(!a.is_on());
    assert!(power("status").unwrap().contains("is off"));
    power("on").unwrap();
    assert!(a.is_on());
    lab.bmc_off(a);
    assert!(power("off").is_err() && a.is_on(), "a dead BMC does nothing");
    lab.bmc_on(a).unwrap();
    wait_until("the BMC is back", SOON, || Ok(power("off").is_ok())).unwrap();
    assert!(!a.is_on());
}

const VICTIM: &str = "ROTA_LAB_TEST_VICTIM";

/// Not a test of its own: brings a lab up, and panics when it is told to.
#[test]
fn victim() {
    if std::env::var_os(VICTIM).is_none() {
        return;
    }
    let lab = Lab::up(2).unwrap();
    println!("lab is up in {}", lab.dir().display());
    std::io::stdin().read_line(&mut String::new()).unwrap();
    panic!("as asked");
}

/// All processes below one, with those of its namespaces.
fn descendants(pid: u32) -> Vec<u32> {
    let mut found = vec![pid];
    let mut at = 0;
    while at < found.len() {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", found[at])).into_iter().flatten();
        for task in tasks.flatten() {
            let children = std::fs::read_to_string(task.path().join("children"));
            let children = children.unwrap_or_default();
            found.extend(children.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
        }
        at += 1;
    }
    found
}

/// Processes hold the namespaces, and those the links and mounts: all go when the test does.
#[test]
fn nothing_is_left_when_the_test_panics_or_is_killed() {
    if skipped() {
        return;
    }
    for how in ["panic", "kill"] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "victim", "--nocapture"])
            .env(VICTIM, how)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("lab is up in ") {
            line.clear();
            assert_ne!(std::io::BufRead::read_line(&mut out, &mut line).unwrap(), 0, "no lab");
        }
        let dir = line.split("lab is up in ").nth(1).unwrap().trim().to_owned();
        let all = descendants(child.id());
        assert!(all.len() > 10, "three namespaces, two hosts: {all:?}");
        if how == "kill" {
            child.kill().unwrap();
        } else {
            drop(child.stdin.take());
        }
        child.wait().unwrap();
        let alive = || all.iter().filter(|pid| Path::new(&format!("/proc/{pid}")).exists());
        wait_until("all its processes are gone", SOON, || Ok(alive().count() == 0)).unwrap();
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
