//! The verb `merge`: one record of runs that measured different scenarios.

use std::path::PathBuf;

use clap::Args;

use crate::gate;
use crate::record::Record;
use crate::report;

use super::exit::{self, Exit};
use super::output::{self, Format};

/// Make one record and one page of several runs, each of other scenarios.
///
/// For jobs that share the work: each measures some scenarios, and what they wrote is read as one. All must have run on one machine, by
/// one build, with the same settings, seed, baseline and reference, and no scenario may be in two of them, because strategies
/// are compared in rounds of one run: else it is refused with exit code 5. The exit code is otherwise that of a run with this record.
#[derive(Args, Clone, Debug)]
pub struct MergeOptions {
    /// The records: the run.json of each run.
    #[arg(required = true, num_args = 2..)]
    records: Vec<PathBuf>,

    /// Write run.json, index.html and summary.md to this folder, and print nothing.
    #[arg(long, value_name = "DIR", conflicts_with = "format")]
    out: Option<PathBuf>,

    /// What to print on stdout.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Runs the verb.
///
/// # Errors
/// What cannot be read or written.
pub fn run(args: &MergeOptions) -> anyhow::Result<Exit> {
    let read = |path: &PathBuf| Ok((path.display().to_string(), Record::read(path)?));
    let runs = args.records.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
    let named: Vec<_> = runs.iter().map(|(name, run)| (name.as_str(), run)).collect();
    let merged = match gate::merge(&named) {
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
        output::print(&merged, args.format)?;
    }
    Ok(exit::of_record(&merged))
}
