//! Any bytes: read as a CIB, planned, the plan checked, executed and planned once more.
//!
//! Nothing may panic, and no plan may be such that the checker finds grave faults in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rota_ids::WallTime;
use rota_policy::{Options, check, plan, simulate};

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut cib) = rota_cib::xml::read(bytes) else { return };
    let now = WallTime(cib.header.execution_date.unwrap_or(1_700_000_000));
    let options = Options { scores: true, ..Options::default() };
    for _ in 0..2 {
        let made = plan(&cib, now, &options);
        let findings = check::check(&cib, &made.graph);
        assert!(!findings.iter().any(check::Finding::is_grave), "{findings:?}");
        let _ = simulate::execute(&mut cib, &made.graph, &Vec::new(), now);
        let _ = simulate::status_after(&cib, now, &Options::default());
    }
});
