//! Runs many seeds and prints those that fail, or one seed with its story.

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use rota_sim::chaos::Profile;
use rota_sim::run::{Plan, run};
use rota_sim::setup::Setup;

/// One seed, one world: the real nodes on simulated hosts.
#[derive(Parser)]
struct Args {
    /// How many seeds.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Minutes of the world's time for each.
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// Run this seed alone.
    #[arg(long)]
    seed: Option<u64>,
    /// Print the whole story of the seed.
    #[arg(long)]
    verbose: bool,
    /// Lines of the story that are printed of a seed that fails.
    #[arg(long, default_value_t = 60)]
    tail: usize,
    /// Print the Cib as a leader has it at the end.
    #[arg(long)]
    cib: bool,
    /// So many hosts, whatever the seed says.
    #[arg(long)]
    hosts: Option<usize>,
    /// Wall clocks jump, and failures are forgotten after a while.
    #[arg(long)]
    walls: bool,
    /// Agents that write, hang, lie and fail, services of every kind, and administrators at work.
    #[arg(long)]
    rough: bool,
    /// End after so many failing seeds.
    #[arg(long, default_value_t = 1)]
    failures: u64,
}

fn plan(args: &Args, seed: u64) -> Plan {
    let (mut setup, mut profile) = if args.rough {
        (Setup::rough(seed), Profile::rough(seed))
    } else {
        (Setup::of_seed(seed), Profile::of_seed(seed))
    };
    setup.hosts = args.hosts.unwrap_or(setup.hosts);
    if args.walls {
        setup.forgets_failures = true;
        profile.walls = 3;
    }
    let (setup, profile) = (Some(setup), Some(profile));
    Plan { verbose: args.verbose, setup, profile, ..Plan::of(seed, args.minutes) }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let (from, seeds) = args.seed.map_or((args.from, args.seeds), |seed| (seed, 1));
    let began = Instant::now();
    let (mut events, mut plans, mut fenced, mut promises, mut views) = (0, 0, 0, 0, 0);
    let mut failed = Vec::new();
    let mut calm = (0, 0);
    for seed in from..from + seeds {
        let outcome = run(&plan(&args, seed));
        let world = &outcome.world;
        events += world.events;
        plans += world.checks.plans;
        fenced += world.checks.fenced;
        views += world.checks.views;
        promises += world.checks.promises();
        let since = world.since_calm().unwrap_or_default();
        calm = (since.0.max(calm.0), since.1.max(calm.1));
        if args.cib
            && let Some(cib) = world.cib()
        {
            println!("{}", rota_cib::xml::write(cib));
        }
        if let Some(violation) = &outcome.violation {
            if !args.verbose {
                print!("{}", outcome.tail(args.tail));
            }
            println!("seed {seed} FAILED: {}", violation.what);
            failed.push(seed);
            if failed.len() as u64 >= args.failures {
                break;
            }
        }
        if (seed + 1 - from) % 50 == 0 {
            println!("{} seeds, {:.1} s", seed + 1 - from, began.elapsed().as_secs_f64());
        }
    }
    println!(
        "{events} events, {plans} plans, {fenced} proofs, {views} views, {promises} promises, \
         at most {calm:?} plans and calls in the calm, {:.1} s; failed: {failed:?}",
        began.elapsed().as_secs_f64()
    );
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
