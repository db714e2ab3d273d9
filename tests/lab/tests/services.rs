//! Real services whose agents live by notifications, and write attributes in the very action.

mod common;

use std::time::Duration;

use common::{ready, skip, skipped};
use rota_lab::{Cluster, Host, Lab, wait_until};

/// Generous, as agents boot slowly on a busy machine: these tests prove that it happens.
const SOON: Duration = Duration::from_secs(60);
const KEYS: u32 = 2_000;
const REDIS: &str = "ocf:heartbeat:redis";
const STATEFUL: &str = "ocf:pacemaker:Stateful";
/// What a database is run with: others reach it, and an answered write is on the disk.
const REDIS_CONF: &str = "bind 0.0.0.0
protected-mode no
port 6379
dir /var/lib/redis
appendonly yes
appendfsync always
";

/// The agent points the replicas at the promoted one in their post-promote notification, and
/// nowhere else: without it the next failover promotes an empty database.
#[test]
fn redis_replicas_follow_whoever_is_promoted_and_no_key_is_lost() {
    if skipped() || lacks(&["/usr/bin/redis-server", "/usr/lib/ocf/resource.d/heartbeat/redis"]) {
        return;
    }
    let lab = Lab::up(3).unwrap();
    let (cluster, _, _) = ready(&lab);
    for host in lab.hosts() {
        host.sh(&format!("cat > /etc/redis/redis.conf <<'END'\n{REDIS_CONF}END")).unwrap();
        host.sh("mkdir -p /var/lib/redis; chown -R redis: /var/lib/redis").unwrap();
    }
    let monitors = "op monitor interval=3s role=Promoted op monitor interval=4s role=Unpromoted";
    let words: Vec<&str> = ["redis", REDIS].into_iter().chain(monitors.split(' ')).collect();
    create(&cluster, &words);
    let first = followed_by_two(&lab, &cluster);
    write_keys(lab.host(&first).unwrap());

    lab.host(&first).unwrap().sh("kill -9 $(cat /run/redis/redis-server.pid)").unwrap();
    let second = followed_by_two(&lab, &cluster);
    println!("kill -9: {first} -> {second}");
    assert_eq!(keys(lab.host(&second).unwrap()), KEYS, "after kill -9");

    lab.host(&second).unwrap().power_off().unwrap();
    online_again(&lab, &cluster, &second);
    let third = followed_by_two(&lab, &cluster);
    println!("power-cut: {second} -> {third}");
    for host in lab.hosts() {
        assert_eq!(keys(host), KEYS, "on {} after the power-cut", host.name());
    }
}

/// Number and order, as Pacemaker 2.1.5 sends them; and a planned stop is nobody's failure.
#[test]
fn each_step_of_a_clone_with_notify_is_told_to_all_its_instances() {
    if skipped() || lacks(&["/usr/lib/ocf/resource.d/pacemaker/Stateful"]) {
        return;
    }
    let lab = Lab::up(3).unwrap();
    let (cluster, _, _) = ready(&lab);
    create(&cluster, &["st", STATEFUL, "envfile=/var/log/st.env"]);
    let up = ["start", "post-start", "pre-promote", "post-promote"];
    let down = ["pre-demote", "post-demote", "pre-stop", "stop"];
    for round in 1..=3 {
        wait_until("one is promoted", SOON, || Ok(promoted(&cluster, "st")?.len() == 1)).unwrap();
        idle(&cluster);
        let holder = promoted(&cluster, "st").unwrap().remove(0);
        for host in lab.hosts() {
            assert_eq!(
                steps(host),
                expected(&up, "promote", host.name() == holder),
                "round {round}"
            );
        }
        set_state(&cluster, "disable");
        for host in lab.hosts() {
            assert_eq!(
                steps(host),
                expected(&down, "demote", host.name() == holder),
                "round {round}"
            );
        }
        let status = cluster.status(cluster.first().unwrap()).unwrap();
        assert_eq!(status["failures"].as_array().map(Vec::len), Some(0), "{status:#}");
        set_state(&cluster, "enable");
    }
}

/// What an instance sees: all are told before and after, and one does the step between.
fn expected(told: &[&str], step: &str, does: bool) -> Vec<String> {
    let before = format!("pre-{step}");
    let mut all = Vec::new();
    for one in told {
        all.push((*one).to_owned());
        if does && *one == before {
            all.push(step.to_owned());
        }
    }
    all
}

/// What the agent was called for on a host since the last look, but for monitors.
fn steps(host: &Host) -> Vec<String> {
    let told = "/^### [a-z]+ @/ { action = $2; kind = of = \"\" }
        /_notify_type=/ { split($0, word, \"=\"); kind = word[2] }
        /_notify_operation=/ { split($0, word, \"=\"); of = word[2] }
        /^###$/ { print action == \"notify\" ? kind \"-\" of : action }";
    let text = host.sh(&format!("awk '{told}' /var/log/st.env; : > /var/log/st.env")).expect("log");
    text.lines().filter(|line| *line != "monitor").map(str::to_owned).collect()
}

/// The fenced host boots and joins again.
fn online_again(lab: &Lab, cluster: &Cluster<'_>, name: &str) {
    let host = lab.host(name).expect("host");
    wait_until("the fenced host is switched on again", SOON, || Ok(host.is_on())).expect("on");
    cluster.wait_online(cluster.first().expect("a host"), lab.hosts().len()).expect("online");
    idle(cluster);
}

fn lacks(files: &[&str]) -> bool {
    let missing = files.iter().find(|file| !std::path::Path::new(file).exists());
    skip(missing.map(|file| format!("needs {file}")))
}

fn create(cluster: &Cluster<'_>, what: &[&str]) {
    let words = [&["resource", "create"], what, &["promotable", "notify=true"]].concat();
    run(cluster, &words);
    idle(cluster);
}

fn set_state(cluster: &Cluster<'_>, verb: &str) {
    run(cluster, &["resource", verb, "st-clone"]);
    idle(cluster);
}

fn run(cluster: &Cluster<'_>, words: &[&str]) {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    cluster.rota(cluster.first().expect("a host"), &words).expect("accepted");
}

fn idle(cluster: &Cluster<'_>) {
    cluster.settle(cluster.first().expect("a host")).expect("idle");
}

/// Where instances of a resource are promoted, as the first host sees it.
fn promoted(cluster: &Cluster<'_>, resource: &str) -> anyhow::Result<Vec<String>> {
    let status = cluster.status(cluster.first()?)?;
    let all = status["resources"].as_array().into_iter().flatten();
    let ours = all.filter(|one| {
        let id = one["id"].as_str().unwrap_or_default();
        id.split(':').next() == Some(resource)
            && one["role"] == "Promoted"
            && one["failed"] == false
    });
    let nodes = ours.flat_map(|one| one["nodes"].as_array().into_iter().flatten());
    Ok(nodes.filter_map(|node| node.as_str().map(str::to_owned)).collect())
}

/// The one promoted instance, once both others replicate from it.
fn followed_by_two(lab: &Lab, cluster: &Cluster<'_>) -> String {
    let mut holder = String::new();
    wait_until("the promoted database has two replicas", SOON, || {
        let Ok([one]) = promoted(cluster, "redis")?.try_into().map(|one: [String; 1]| one) else {
            return Ok(false);
        };
        let host = lab.host(&one)?;
        let state = host.sh("redis-cli info replication").unwrap_or_default();
        holder = one;
        // A replica counts from its first handshake; "online" is when it has the data.
        Ok(state.contains("role:master") && state.matches("state=online").count() == 2)
    })
    .expect("replication");
    // Notifications of the promotion may still be going on.
    idle(cluster);
    holder
}

/// Written, and acknowledged by both replicas.
fn write_keys(host: &Host) {
    let line = format!(
        "{{ for n in $(seq {KEYS}); do echo SET k$n $n; done; echo WAIT 2 10000; }} | redis-cli"
    );
    let answers = host.sh(&line).expect("written");
    assert_eq!(answers.lines().filter(|line| *line == "OK").count(), KEYS as usize);
    assert_eq!(answers.lines().last(), Some("2"), "replicas that have all of it");
}

fn keys(host: &Host) -> u32 {
    host.sh("redis-cli dbsize").expect("answers").trim().parse().expect("a number")
}
