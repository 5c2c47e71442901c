//! `lockyard report`: a record once more, as something to read.

use std::path::PathBuf;

use clap::Parser;

use lockyard_bench::record::Record;
use lockyard_bench::report;

use super::exit::Exit;
use super::options::Format;
use super::output;

/// Turn a record into a page, a summary or tables.
#[derive(Parser)]
pub(super) struct Args {
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
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let record = Record::read(&args.record)?;
    let Some(out) = &args.out else {
        output::print(&record, args.format)?;
        return Ok(Exit::Fine);
    };
    report::write_all(&record, out)?;
    eprintln!("Report: {}", out.join("index.html").display());
    Ok(Exit::Fine)
}
