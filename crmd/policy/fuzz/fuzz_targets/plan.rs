//! Any bytes: read as a CIB, planned, the plan checked, executed and planned once more.
//!
//! Nothing may panic, and no plan for a state that can be may have grave faults by the checker.
#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use rota_cib::Cib;
use rota_ids::WallTime;
use rota_policy::{Options, check, plan, simulate};

/// Whether the configuration is one that would be accepted, and the status speaks of each node
/// and of each resource on it once, under one name.
fn can_be(cib: &Cib) -> bool {
    let nodes = &cib.config.nodes;
    let mut seen = BTreeSet::new();
    rota_cib::validate::errors(&cib.config).is_empty()
        && nodes.iter().all(|node| seen.insert(("id", &node.id)) && seen.insert(("name", &node.uname)))
        && cib.status.nodes.iter().all(|state| {
            let mut known = BTreeSet::new();
            seen.insert(("state", &state.id))
                && seen.insert(("state name", &state.uname))
                && nodes.iter().all(|n| (n.id == state.id) == (n.uname == state.uname))
                && state.history.iter().all(|history| known.insert(&history.id))
        })
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut cib) = rota_cib::xml::read(bytes) else { return };
    let now = WallTime(cib.header.execution_date.unwrap_or(1_700_000_000));
    let options = Options { scores: true, ..Options::default() };
    let possible = can_be(&cib);
    for _ in 0..2 {
        let made = plan(&cib, now, &options);
        let findings = check::check(&cib, &made.graph);
        let grave = possible && findings.iter().any(check::Finding::is_grave);
        assert!(!grave, "{findings:?}");
        let _ = simulate::execute(&mut cib, &made.graph, &Vec::new(), now);
        let _ = simulate::status_after(&cib, now, &Options::default());
    }
});
