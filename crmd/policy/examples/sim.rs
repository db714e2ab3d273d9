#[path = "../../../cli/src/compat/crm_simulate.rs"]
mod crm_simulate;
fn main() -> std::process::ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    crm_simulate::run(&args)
}
