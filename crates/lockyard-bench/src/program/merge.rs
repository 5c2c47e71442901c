//! The verb `merge`: one record of runs that measured different scenarios, or of machines that measured one together.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::gate::{self, MergeError};
use crate::record::Record;
use crate::report;

use super::exit::{self, Exit};
use super::machines::{self, JudgeHistory, MergeTerms};
use super::options;
use super::output::{self, Format};

/// Make one record and one page of several runs: of other scenarios each, or of the slices of one plan.
///
/// Of other scenarios: for jobs that share the work, each of which measures some, and what they wrote is read as one. All must have run
/// on one machine, by one build, with the same settings, seed, baseline and reference, and no scenario may be in two of them, because
/// strategies are compared in rounds of one run.
///
/// Of one plan (`load --plan FILE --slice I/N`): what several load machines measured together. Operations and latencies are added, rates
/// round by round where all measured at the same time, and each machine's environment is kept. Each machine's own history was judged in
/// its own clock; those of all are judged together with every interval widened by the clock error that the plan states, so that what is
/// refused then is a violation whatever the clocks showed.
///
/// What cannot be one record is refused with exit code 5. The exit code is otherwise that of a run with this record.
#[derive(Args, Clone, Debug)]
pub struct MergeOptions {
    /// The records: the run.json of each run.
    #[arg(required = true, num_args = 2..)]
    records: Vec<PathBuf>,

    /// Merge the slices of a plan that there are, though some are missing: the record is marked as not finished.
    #[arg(long)]
    incomplete: bool,

    /// How long to search for an order of the histories of all machines: 500ms, 10s, 2m.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = options::duration)]
    budget: Duration,

    /// Write run.json, index.html and summary.md to this folder, and print nothing; of several machines also history.jsonl, the widened
    /// history of all.
    #[arg(long, value_name = "DIR", conflicts_with = "format")]
    out: Option<PathBuf>,

    /// What to print on stdout.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Print every table below the first screen, and not that alone.
    #[arg(long, conflicts_with = "out")]
    all: bool,
}

/// Runs the verb. Histories of several machines are judged by `judge`, if the program can read any.
///
/// # Errors
/// What cannot be read or written.
pub fn run(args: &MergeOptions, judge: Option<JudgeHistory<'_>>) -> anyhow::Result<Exit> {
    let read = |path: &PathBuf| Ok((path.display().to_string(), Record::read(path)?));
    let runs = args.records.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
    let named: Vec<_> = runs.iter().map(|(name, run)| (name.as_str(), run)).collect();
    let merged: Result<Record, MergeError> = if named.iter().any(|(_, run)| run.plan.is_some()) {
        let terms = MergeTerms { incomplete: args.incomplete, budget: args.budget, out: args.out.as_deref() };
        machines::merge(&terms, &named, judge)?
    } else {
        gate::merge(&named)
    };
    let merged = match merged {
        Ok(merged) => merged,
        Err(error) => {
            eprintln!("error: {error}");
            return Ok(Exit::NotComparable);
        }
    };
    if let Some(out) = &args.out {
        report::write_all(&merged, out)?;
        eprintln!("Report: {}", out.join("index.html").display());
    } else {
        output::print(&merged, args.format, args.all)?;
    }
    Ok(exit::of_record(&merged))
}
