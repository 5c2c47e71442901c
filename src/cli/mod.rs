//! The command line: one file per verb, and what they share.
//!
//! Data goes to stdout, everything else to stderr. A verb returns an `Exit` or an error; an error is a person's
//! mistake or a refused file unless it says otherwise, so it ends with 2.

mod against;
mod calibrate;
mod check;
mod compare;
mod completions;
mod diff;
mod exit;
mod gate;
mod list;
mod load;
mod options;
mod origin;
mod output;
mod plan;
mod processes;
mod progress;
mod record_file;
mod remote;
mod report;
mod schema;
mod serve;
mod signals;
mod stdout;
mod store;
mod sweep;
mod verify;

use std::process::ExitCode;

use anyhow::Context;
use clap::{CommandFactory, Parser, Subcommand};
use tracing_subscriber::filter::LevelFilter;

use exit::Exit;

/// Which lock should guard your sessions, is the code around it correct, and what does it cost?
///
/// Without a verb: the main job. Measures every preset (see `lockyard list strategies`) under polling, hot-context and
/// one-worker in a few minutes, with what each change from before over after to best gives, and leaves a record and a page under
/// reports/local.
#[derive(Parser)]
#[command(name = "lockyard", version, max_term_width = 100, after_help = exit::HELP)]
struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Subcommand)]
enum Verb {
    Compare(compare::Args),
    Load(load::Args),
    Calibrate(calibrate::Args),
    Check(check::Args),
    Verify(verify::Args),
    Serve(serve::Args),
    Store(store::Args),
    Diff(diff::Args),
    Report(report::Args),
    List(list::Args),
    Schema(schema::Args),
    Completions(completions::Args),
}

/// The environment variable that says how much is logged.
const LOG: &str = "LOCKYARD_LOG";

/// How much is logged: what `LOCKYARD_LOG` says, warnings and errors if it is unset or empty.
fn log_level() -> anyhow::Result<LevelFilter> {
    let Some(asked) = std::env::var_os(LOG).filter(|asked| !asked.is_empty()) else {
        return Ok(LevelFilter::WARN);
    };
    let level = asked.to_str().and_then(|level| level.parse().ok());
    level.with_context(|| {
        format!("{LOG}={}: use one of off, error, warn, info, debug, trace", asked.to_string_lossy())
    })
}

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    run(cli)
        .unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            exit::of_error(&error)
        })
        .into()
}

fn run(cli: Cli) -> anyhow::Result<Exit> {
    let level = log_level()?;
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(level).without_time().init();
    match cli.verb {
        None => compare::main_job(),
        Some(Verb::Compare(args)) => compare::run(&args),
        Some(Verb::Load(args)) => load::run(&args),
        Some(Verb::Calibrate(args)) => calibrate::run(&args),
        Some(Verb::Check(args)) => check::run(&args),
        Some(Verb::Verify(args)) => verify::run(&args),
        Some(Verb::Serve(args)) => serve::run(&args),
        Some(Verb::Store(args)) => store::run(&args),
        Some(Verb::Diff(args)) => diff::run(&args),
        Some(Verb::Report(args)) => report::run(&args),
        Some(Verb::List(args)) => list::run(&args),
        Some(Verb::Schema(args)) => schema::run(&args),
        Some(Verb::Completions(args)) => completions::run(&args, &mut Cli::command()),
    }
}
