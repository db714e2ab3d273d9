//! Tries many seeds and prints those that fail or differ, or makes one small.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use rota_policy_fuzz::compare;
use rota_policy_fuzz::generate::document;
use rota_policy_fuzz::reduce::reduce;
use rota_policy_fuzz::trial::{Outcome, trial};
use rota_policy_fuzz::xml::Element;

/// Random CIBs: planned, checked, executed, compared.
#[derive(Parser)]
struct Args {
    /// How many seeds.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Compare with this program.
    #[arg(long, num_args = 0..=1, default_missing_value = "crm_simulate")]
    compare: Option<String>,
    /// One line a seed that differs, without the texts.
    #[arg(long)]
    brief: bool,
    /// Print the document of this seed.
    #[arg(long)]
    print: Option<u64>,
    /// Make the document of this seed small while it shows the same.
    #[arg(long)]
    reduce: Option<u64>,
    /// Try (or, with --reduce-file, make small) the document in this file.
    #[arg(long)]
    file: Option<PathBuf>,
    /// Make the document of --file small.
    #[arg(long)]
    reduce_file: bool,
    /// Where the small document goes.
    #[arg(long, default_value = "reduced.xml")]
    output: PathBuf,
}

/// What a document shows, in a word that a reduction keeps; none when all is well.
fn shown(args: &Args, text: &str) -> anyhow::Result<Option<(String, String)>> {
    let outcome = match trial(text) {
        Ok(outcome) => outcome,
        Err(problem) => return Ok(Some((problem.kind(), format!("{problem:?}\n")))),
    };
    match &args.compare {
        Some(program) => compared(program, text, &outcome),
        None => Ok(None),
    }
}

fn compared(program: &str, text: &str, ours: &Outcome) -> anyhow::Result<Option<(String, String)>> {
    let theirs = compare::ask(program, text)?;
    let kind = compare::kind(ours, &theirs);
    Ok(kind.map(|kind| (kind, compare::side_by_side(ours, &theirs))))
}

fn smaller(args: &Args, document: &Element) -> anyhow::Result<bool> {
    let Some((kind, _)) = shown(args, &document.text())? else {
        println!("nothing to be seen");
        return Ok(true);
    };
    let small = reduce(
        document,
        |candidate| matches!(shown(args, &candidate.text()), Ok(Some((now, _))) if now == kind),
    );
    std::fs::write(&args.output, small.text())?;
    println!("{kind}: {} elements left of {}", small.count(), document.count());
    if let Some((_, text)) = shown(args, &small.text())? {
        print!("{text}");
    }
    Ok(false)
}

fn many(args: &Args) -> anyhow::Result<bool> {
    let began = Instant::now();
    let mut failed = Vec::new();
    for seed in args.from..args.from + args.seeds {
        match shown(args, &document(seed).text()) {
            Ok(None) => {}
            Ok(Some((kind, text))) => {
                println!("seed {seed}: {kind}");
                if !args.brief {
                    print!("{text}");
                }
                failed.push(seed);
            }
            Err(error) => {
                println!("seed {seed}: {error:#}");
                failed.push(seed);
            }
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    println!("{} seeds, {seconds:.1} s, {} of them fail or differ", args.seeds, failed.len());
    Ok(failed.is_empty())
}

fn run(args: &Args) -> anyhow::Result<bool> {
    if let Some(seed) = args.print {
        print!("{}", document(seed).text());
        return Ok(true);
    }
    if let Some(seed) = args.reduce {
        return smaller(args, &document(seed));
    }
    if let Some(file) = &args.file {
        let text = std::fs::read_to_string(file)?;
        if args.reduce_file {
            return smaller(args, &Element::read(&text)?);
        }
        let found = shown(args, &text)?;
        if let Some((kind, text)) = &found {
            print!("{kind}\n{text}");
        }
        return Ok(found.is_none());
    }
    many(args)
}

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("rota-policy-fuzz: {error:#}");
            ExitCode::from(2)
        }
    }
}
