//! What the tests of a whole cluster share.

use std::time::Duration;

use rota_lab::{Cluster, Lab, NAME_PORT, Probe, VIP, skip_reason};

/// True when there can be no cluster here; says why.
pub fn skipped() -> bool {
    let no_bmc = || (!Lab::has_bmcs()).then(|| "needs ipmi_sim".to_owned());
    skip(skip_reason().or_else(no_bmc).or_else(Cluster::skip_reason))
}

/// True when there is a reason to leave a test out; says it. In CI that is a failure: what is
/// always left out proves nothing.
pub fn skip(reason: Option<String>) -> bool {
    if let Some(reason) = &reason {
        assert!(std::env::var_os("CI").is_none(), "{reason}, and CI leaves nothing out");
        println!("skipped: {reason}");
    }
    reason.is_some()
}

/// A cluster with fencing and the floating address, a probe on it, and who holds it.
pub fn ready(lab: &Lab) -> (Cluster<'_>, Probe, String) {
    let cluster = Cluster::form(lab).expect("cluster");
    cluster.configure().expect("configuration");
    cluster.settle(cluster.first().expect("a host")).expect("idle");
    let address = format!("{VIP}:{NAME_PORT}").parse().expect("address");
    let probe = lab.probe(address).expect("probe");
    let holder = probe.steady(Duration::from_secs(20)).expect("the address answers");
    (cluster, probe, holder)
}
