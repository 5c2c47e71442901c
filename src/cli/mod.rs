//! The command line: one file per verb that knows of sessions. What every program of this kind has, such as reports, gates, and
//! where a record goes, is `lockyard_bench::program`.
//!
//! Data goes to stdout, everything else to stderr. A verb returns an `Exit` or an error; an error is a person's
//! mistake or a refused file unless it says otherwise, so it ends with 2.

mod access_log;
mod build;
mod calibrate;
mod check;
mod compare;
mod completions;
mod edge;
mod errors;
mod hosted;
mod limits;
mod list;
mod load;
mod locks;
mod names;
mod options;
mod plan;
mod program;
mod remote;
mod serve;
mod shared;
mod signals;
mod store;
mod sweep;
mod verify;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use lockyard_bench::program::exit::{self, Exit};
use lockyard_bench::program::{diff, log_level, merge, report, schema};

use crate::checks::models::ExploredLock;
use crate::subjects::CustomSubject;

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
    Locks(locks::Args),
    Calibrate(calibrate::Args),
    Check(check::Args),
    Verify(verify::Args),
    Serve(Box<serve::Args>),
    Store(store::Args),
    Diff(diff::DiffOptions),
    Report(report::ReportOptions),
    Merge(merge::MergeOptions),
    List(list::Args),
    Schema(schema::SchemaOptions),
    Completions(completions::Args),
}

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    main_with(Vec::new(), Vec::new())
}

/// The same with strategies beside the built-in ones, and with locks that are tried themselves: what [`main!`](crate::main)
/// calls.
pub fn main_with(own: Vec<CustomSubject>, explored: Vec<ExploredLock>) -> ExitCode {
    if let Err(error) = CustomSubject::announce(own) {
        eprintln!("error: {error}");
        return Exit::BadInput.into();
    }
    ExploredLock::announce(explored);
    let cli = Cli::parse();
    run(cli)
        .unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            errors::exit_of(&error)
        })
        .into()
}

fn run(cli: Cli) -> anyhow::Result<Exit> {
    let level = log_level()?;
    // Colours are for people who look: in a file or a journal they would be noise between the words.
    let colours = std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty())
        && std::env::var_os("TERM").is_none_or(|it| it != "dumb");
    let log = tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(level).with_ansi(colours);
    match cli.verb {
        // What a server says is read later, beside what others said.
        Some(Verb::Serve(_)) => log.init(),
        _ => log.without_time().init(),
    }
    match cli.verb {
        None => compare::main_job(),
        Some(Verb::Compare(args)) => compare::run(&args),
        Some(Verb::Load(args)) => load::run(&args),
        Some(Verb::Locks(args)) => locks::run(&args),
        Some(Verb::Calibrate(args)) => calibrate::run(&args),
        Some(Verb::Check(args)) => check::run(&args),
        Some(Verb::Verify(args)) => verify::run(&args),
        Some(Verb::Serve(args)) => serve::run(&args),
        Some(Verb::Store(args)) => store::run(&args),
        Some(Verb::Diff(args)) => diff::run(&args),
        Some(Verb::Report(args)) => report::run(&args),
        Some(Verb::Merge(args)) => merge::run(&args, Some(&check::of_sessions)),
        Some(Verb::List(args)) => list::run(&args),
        Some(Verb::Schema(args)) => schema::run(&args),
        Some(Verb::Completions(args)) => completions::run(&args, &mut Cli::command()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Options from two rooms meet here: names that are used twice are noticed when a verb is built, which is here.
    #[test]
    fn no_verb_has_two_options_of_one_name() {
        Cli::command().debug_assert();
    }
}
