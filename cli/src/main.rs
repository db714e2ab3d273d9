//! The Rota command line.
fn main() {}
