//! The verb `diff`: two records side by side.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::gate::{self, Tolerance};
use crate::record::Record;
use crate::report;
use crate::share::Share;
use crate::stats::Confidence;

use super::exit::{self, Exit};
use super::stdout;

/// Compare two records.
///
/// Two runs share no rounds, and machines drift. So what is compared is each strategy's throughput ÷ that of the reference,
/// each within its own run, with both intervals. A differing commit is the normal case; another machine, scenario or point, other
/// settings, another number of processes, or tracked locks in one of the two are refused with exit code 5.
///
/// Where all strategies together are more than 10 % away from their absolute throughput, a note says by which factor. What is
/// missing in the later run stands in the verdict, and fails a gate.
#[derive(Args, Clone, Debug)]
pub struct DiffOptions {
    /// The run.json of the run before.
    before: PathBuf,

    /// The run.json of the run after.
    after: PathBuf,

    /// The tolerated loss, in per cent. With it, a strategy whose whole interval lies below ends with exit code 3, and so does
    /// a strategy or scenario that the later run has no longer; without a gate nothing does, and changes are reported against
    /// a tolerance of zero.
    #[arg(long, value_name = "PERCENT")]
    gate: Option<Share>,

    /// The tolerated loss of absolute throughput, in per cent: a strategy whose operations a second fell by more, with the whole
    /// interval, ends with exit code 3.
    ///
    /// Ratios cannot show what slows all strategies alike. But absolute throughput drifts with the machine, by some per cent from
    /// day to day even on a quiet one, and the interval does not cover that: tolerate 20 % or more, or measure both builds in
    /// turns, with `compare --against`.
    #[arg(long, value_name = "PERCENT")]
    gate_absolute: Option<Share>,

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
    /// A page that loads nothing
    Html,
    /// Test cases, for a CI system
    Junit,
}

/// Runs the verb.
///
/// # Errors
/// A record that cannot be read.
pub fn run(args: &DiffOptions) -> anyhow::Result<Exit> {
    let (before, after) = (Record::read(&args.before)?, Record::read(&args.after)?);
    let tolerance = Tolerance { ratio: args.gate.unwrap_or(Share::NONE), absolute: args.gate_absolute };
    let diff = gate::diff(&before, &after, tolerance, Confidence::default());
    stdout::write_out(&match args.format {
        Format::Text => report::diff_text(&diff, &stdout::table_options()),
        Format::Json => diff.to_json(),
        Format::Markdown => report::diff_summary(&diff),
        Format::Html => report::diff_page(&diff),
        Format::Junit => report::diff_junit(&diff),
    })?;
    let fails = match (args.gate, args.gate_absolute) {
        (Some(_), _) => !diff.passes(),
        // What was lost of ratios is reported, and not judged.
        (None, Some(_)) => !diff.missing.is_empty() || diff.throughput_regressions().next().is_some(),
        (None, None) => false,
    };
    Ok(match exit::of_gate(&after, &diff) {
        Exit::Regression if !fails => Exit::Fine,
        exit => exit,
    })
}
