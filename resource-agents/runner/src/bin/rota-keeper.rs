//! `rota-keeper RESULT-FILE PROGRAM ARGS...`: see `rota_runner::keeper`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(rota_runner::keeper::main(std::env::args_os().skip(1)))
}
