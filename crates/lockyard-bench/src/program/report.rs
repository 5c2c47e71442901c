//! The verb `report`: a record once more, as something to read.

use std::path::PathBuf;

use clap::Args;

use crate::record::Record;
use crate::report;

use super::exit::Exit;
use super::output::{self, Format};

/// Turn a record into a page, a summary or tables.
#[derive(Args, Clone, Debug)]
pub struct ReportOptions {
    /// The record: the run.json of a run.
    record: PathBuf,

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
pub fn run(args: &ReportOptions) -> anyhow::Result<Exit> {
    let record = Record::read(&args.record)?;
    let Some(out) = &args.out else {
        output::print(&record, args.format)?;
        return Ok(Exit::Fine);
    };
    report::write_all(&record, out)?;
    eprintln!("Report: {}", out.join("index.html").display());
    Ok(Exit::Fine)
}
