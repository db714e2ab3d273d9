//! Says what is wrong with CIB documents: `cargo run --example findings FILE…`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for file in std::env::args().skip(1) {
        let cib = rota_cib::xml::read(&std::fs::read(&file)?)?;
        for finding in rota_cib::validate::validate(&cib.config) {
            println!("{file}: {:?}: {finding}", finding.severity);
        }
    }
    Ok(())
}
