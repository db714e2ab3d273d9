//! Writes CIB documents as Rota would: `cargo run --example rewrite FILE… > OUT`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for file in std::env::args().skip(1) {
        let cib = rota_cib::xml::read(&std::fs::read(&file)?)?;
        print!("{}", rota_cib::xml::write(&cib));
    }
    Ok(())
}
