//! Says how fast a CIB document is read: `cargo run --release --example read_speed FILE…`.

use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for file in std::env::args().skip(1) {
        let document = std::fs::read(&file)?;
        let start = Instant::now();
        let cib = rota_cib::xml::read(&document)?;
        let seconds = start.elapsed().as_secs_f64();
        let megabytes = document.len() as f64 / 1e6;
        let records: usize =
            cib.status.nodes.iter().flat_map(|n| &n.history).map(|h| h.operations.len()).sum();
        println!(
            "{file}: {megabytes:.1} MB, {records} operation records, {seconds:.3} s, {:.0} MB/s",
            megabytes / seconds
        );
    }
    Ok(())
}
