//! The Rota daemon.
fn main() {}
