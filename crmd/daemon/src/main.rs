//! `rotad`: the daemon that runs on every node of a Rota cluster.
//!
//! It reads this host's files, then runs one loop around [`rota_node::Node`] ([`node_loop`]) and
//! the edges of the world around that: heartbeats, peers, the log on disk, agents, fence devices,
//! and the socket for the command line. Nothing here decides anything about the cluster.

mod admin;
mod agents;
mod devices;
mod effects;
mod join;
mod life;
mod links;
mod node_loop;
mod peers;
mod planner;
mod start;
mod supervise;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// The word that makes this program the keeper of one agent instead (see `rota_runner::keeper`).
const KEEPER: &str = "keep-agent";

/// The daemon of a Rota cluster node.
#[derive(Parser)]
#[command(name = "rotad", version)]
struct Args {
    /// Directory of this host's files, written by 'rota cluster init' or 'rota cluster join'.
    #[arg(long, default_value = "/etc/rota", global = true)]
    config: PathBuf,
    #[command(subcommand)]
    mode: Option<Mode>,
}

#[derive(Subcommand)]
enum Mode {
    /// Run the daemon below a supervisor that starts it again when it dies (for hosts whose init
    /// system does not do that).
    Supervise,
}

fn main() -> ExitCode {
    let mut args = std::env::args_os();
    if args.nth(1).is_some_and(|word| word == KEEPER) {
        return ExitCode::from(rota_runner::keeper::main(args));
    }
    let args = Args::parse();
    let filter = EnvFilter::try_from_env("ROTA_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,h2=warn,tonic=warn,hyper=warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).init();
    let ended = match args.mode {
        Some(Mode::Supervise) => supervise::run(&args.config),
        None => start::run(&args.config),
    };
    match ended {
        Ok(code) => code,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
