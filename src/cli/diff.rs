//! `lockyard diff`: two records side by side.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use lockyard_bench::Share;
use lockyard_bench::gate;
use lockyard_bench::record::Record;
use lockyard_bench::report;
use lockyard_bench::stats::Confidence;

use super::exit::{self, Exit};
use super::stdout;

/// Compare two records.
///
/// Two runs share no rounds, and machines drift. So what is compared is each strategy's throughput ÷ that of `naive`, each
/// within its own run, with both intervals. A differing commit is the normal case; another machine, scenario or point is
/// refused with exit code 5.
#[derive(Parser)]
pub(super) struct Args {
    /// The run.json of the run before.
    before: PathBuf,

    /// The run.json of the run after.
    after: PathBuf,

    /// The tolerated loss, in per cent. With it, a strategy whose whole interval lies below ends with exit code 3; without it
    /// nothing does, and changes are reported against a tolerance of zero.
    #[arg(long, value_name = "PERCENT")]
    gate: Option<Share>,

    /// What is printed on stdout.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A verdict and a table for a terminal
    Text,
    /// An object, and nothing else
    Json,
    /// The verdict first, for a pull request
    Markdown,
    /// Test cases, for a CI system
    Junit,
}

/// Runs the verb.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let (before, after) = (Record::read(&args.before)?, Record::read(&args.after)?);
    let share = args.gate.unwrap_or(Share::NONE);
    let diff = gate::diff(&before, &after, share, Confidence::default());
    stdout::write_out(&match args.format {
        Format::Text => report::diff_text(&diff, stdout::colour()),
        Format::Json => diff.to_json(),
        Format::Markdown => report::diff_summary(&diff),
        Format::Junit => report::diff_junit(&diff),
    })?;
    Ok(match exit::of_gate(&after, &diff) {
        Exit::Regression if args.gate.is_none() => Exit::Fine,
        exit => exit,
    })
}
