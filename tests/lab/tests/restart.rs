//! A killed daemon comes back below its supervisor and finds its services running.

mod common;

use std::time::{Duration, Instant};

use common::{ready, skipped};
use rota_lab::Lab;

const ROUNDS: usize = 7;
/// Below this nothing was touched: one lost question, no restart of a service.
const GAP_MAX: Duration = Duration::from_millis(300);

#[test]
fn kill_9_of_the_daemon_touches_no_service() {
    if skipped() {
        return;
    }
    let lab = Lab::up(3).unwrap();
    let (cluster, probe, holder) = ready(&lab);
    let service = lab.host(&holder).unwrap().sh("pgrep -f '[r]ota-lab-tool names 7778'").unwrap();
    let boots = lab.boots();
    let from = Instant::now();
    for round in 0..ROUNDS {
        for host in lab.hosts() {
            println!("round {round}: kill -9 on {}", host.name());
            cluster.kill_daemon(host).unwrap();
            cluster.wait_online(host, 3).unwrap();
            cluster.settle(host).unwrap();
        }
    }
    let outage = probe.outage_since(from);
    assert!(outage < GAP_MAX, "{outage:?}");
    probe.only(&holder, from).unwrap();
    let now = lab.host(&holder).unwrap().sh("pgrep -f '[r]ota-lab-tool names 7778'").unwrap();
    assert_eq!(now, service, "the service was restarted");
    assert_eq!(lab.boots(), boots, "somebody was fenced");
}
