//! The verbs of a program over systems of one's own, and how it is asked for one.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::workload::Workload;

use super::cargo::{self, CargoArgs};
use super::check::CheckOptions;
use super::compare::CompareArgs;
use super::declared::Declared;
use super::diff::DiffOptions;
use super::exit::{self, Exit};
use super::list::ListArgs;
use super::load::LoadArgs;
use super::merge::MergeOptions;
use super::models::HistoryModel;
use super::origin::{log_level, name_of};
use super::report::ReportOptions;
use super::schema::SchemaOptions;
use super::{calibrate, calibrate::CalibrateArgs};
use super::{compare, diff, list, load, merge, report, schema};

/// Which of these systems is faster, by how much, and is it right?
///
/// Without a verb every system answers for a moment and is judged, as `cargo test --benches` asks; with --bench, as `cargo bench`
/// asks, `compare` is run. What follows then may also be names of systems, or parts of them.
#[derive(Parser)]
#[command(max_term_width = 100, after_help = exit::HELP)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Compare(Box<CompareArgs>),
    Load(LoadArgs),
    Calibrate(CalibrateArgs),
    Check(CheckArgs),
    Diff(DiffOptions),
    Report(ReportOptions),
    Merge(MergeOptions),
    List(ListArgs),
    Schema(SchemaOptions),
}

/// Check a history for linearizability: could its answers have come from one operation at a time?
///
/// A history is read as it is: JSON Lines, one JSON array, or EDN as Jepsen and Knossos write it; packed by gzip or not. Each
/// event is an object such as {"process":3,"type":"invoke","f":"write","key":"x","value":5,"time":1200}. The type is invoke,
/// ok, fail (it did not happen) or info (the outcome is unknown, as is that of operations open at the end).
#[derive(clap::Args)]
struct CheckArgs {
    #[command(flatten)]
    options: CheckOptions,

    /// What it is judged by: `own`, which is what this program's systems are judged by, or one that is built in: register, kv,
    /// mutex, counter, set, queue or multi-register.
    #[arg(long, default_value = OWN)]
    model: String,
}

/// The specification of the program's own systems.
const OWN: &str = "own";

/// The verbs, and what else a first word may be that is for clap.
fn verbs() -> Vec<String> {
    let command = Cli::command();
    command.get_subcommands().map(|it| it.get_name().to_owned()).chain(["help".to_owned()]).collect()
}

/// Runs the program with these arguments.
pub(super) fn main<W: Workload + Clone>(
    declared: &Declared<W>,
    strays: &[String],
    arguments: impl IntoIterator<Item = OsString>,
) -> ExitCode {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    let name = arguments.first().map_or_else(String::new, |it| name_of(&it.to_string_lossy()));
    if let Some(first) = arguments.first_mut() {
        *first = name.into();
    }
    let ended = run(declared, strays, arguments);
    let ended = ended.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        exit::of_error(&error)
    });
    ended.into()
}

fn run<W: Workload + Clone>(
    declared: &Declared<W>,
    strays: &[String],
    mut arguments: Vec<OsString>,
) -> anyhow::Result<Exit> {
    let level = log_level()?;
    // A program that runs this twice has its subscriber from the first time.
    drop(
        tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .with_max_level(level)
            .without_time()
            .try_init(),
    );
    let verbs = verbs();
    if let Some(stray) = strays.first() {
        anyhow::bail!("{stray}");
    }
    declared.validate(&verbs)?;
    // `cargo bench` adds it behind whatever else is given.
    let is_bench = arguments.iter().any(|it| it == "--bench");
    arguments.retain(|it| it != "--bench");
    let first = arguments.get(1).and_then(|it| it.to_str()).unwrap_or_default();
    if verbs.iter().any(|verb| verb == first) || ["-h", "--help"].contains(&first) {
        return verb(declared, Cli::parse_from(arguments).verb);
    }
    let arguments = cargo::without_test_format(arguments);
    cargo::run(declared, CargoArgs::parse_from(arguments), is_bench)
}

fn verb<W: Workload + Clone>(declared: &Declared<W>, verb: Verb) -> anyhow::Result<Exit> {
    match verb {
        Verb::Compare(args) => compare::run(declared, &args),
        Verb::Load(args) => load::run(declared, &args),
        Verb::Calibrate(args) => calibrate::run(declared, &args),
        Verb::Check(args) => check(declared, &args),
        Verb::Diff(args) => diff::run(&args),
        Verb::Report(args) => report::run(&args),
        Verb::Merge(args) => merge::run(&args, declared.judge.as_deref()),
        Verb::List(args) => list::run(declared, &args),
        Verb::Schema(args) => schema::run(&args),
    }
}

fn check<W: Workload>(declared: &Declared<W>, args: &CheckArgs) -> anyhow::Result<Exit> {
    if args.model == OWN {
        let own = declared.check.as_ref().ok_or_else(|| {
            anyhow::anyhow!(
                "--model own: this program does not read histories of its own; declare `history_files = true` behind its \
                 specification, or name a model that is built in: register, kv, mutex, counter, set, queue, multi-register"
            )
        })?;
        return own(&args.options);
    }
    let model = <HistoryModel as clap::ValueEnum>::from_str(&args.model, false);
    let unknown = |_| {
        anyhow::anyhow!(
            "--model {}: there are own, register, kv, mutex, counter, set, queue, multi-register",
            args.model
        )
    };
    model.map_err(unknown)?.judge(&args.options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
        CargoArgs::command().debug_assert();
    }
}
