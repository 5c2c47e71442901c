//! The verb `report`: a record once more, as something to read; of several records how things went from run to run.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;

use crate::gate;
use crate::record::Record;
use crate::report;
use crate::stats::Confidence;

use super::exit::Exit;
use super::output::{self, Format};
use super::stdout;

/// Turn a record into a page, a summary or tables; of several records show the trends.
///
/// Of several records each strategy is followed from run to run, in the order of their start: its throughput ÷ that of the
/// reference within the same run, with its interval, and its p99. What changed from one run to the next is what `diff` says of the
/// two; where the whole interval lies to one side of 1, it is a step change, and is listed with the commits before and after it.
/// Runs that `diff` would refuse to compare are shown as well, with the reason, and no line goes on between them.
#[derive(Args, Clone, Debug)]
pub struct ReportOptions {
    /// The record: the run.json of a run. Of several, in any order, the trends are shown.
    #[arg(required = true, value_name = "RECORD")]
    records: Vec<PathBuf>,

    /// Write files to this folder, and print nothing: run.json, index.html and summary.md; of several records trends.html and
    /// trends.md.
    #[arg(long, value_name = "DIR", conflicts_with = "format")]
    out: Option<PathBuf>,

    /// What to print on stdout. Of several records: text, json, markdown or html.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Print every table below the first screen, and not that alone.
    #[arg(long, conflicts_with = "out")]
    all: bool,
}

/// Runs the verb.
///
/// # Errors
/// What cannot be read or written.
pub fn run(args: &ReportOptions) -> anyhow::Result<Exit> {
    let mut records = args.records.iter().map(Record::read).collect::<Result<Vec<_>, _>>()?;
    if let [record] = &records[..] {
        return one(record, args);
    }
    records.sort_by_key(|record| record.started_at);
    several(&records, args)
}

fn one(record: &Record, args: &ReportOptions) -> anyhow::Result<Exit> {
    let Some(out) = &args.out else {
        output::print(record, args.format, args.all)?;
        return Ok(Exit::Fine);
    };
    report::write_all(record, out)?;
    eprintln!("Report: {}", out.join("index.html").display());
    Ok(Exit::Fine)
}

/// The trends of records in the order of their start.
fn several(records: &[Record], args: &ReportOptions) -> anyhow::Result<Exit> {
    let Some(latest) = records.last() else { bail!("no records: name the run.json of a run") };
    let trends = gate::trends(records, Confidence::default());
    if let Some(out) = &args.out {
        report::write_trends(&trends, latest, out)?;
        eprintln!("Trends: {}", out.join("trends.html").display());
        return Ok(Exit::Fine);
    }
    stdout::write_out(&match args.format {
        Format::Text => report::trends_text(&trends, &stdout::table_options()),
        Format::Json => trends.to_json(),
        Format::Markdown => report::trends_summary(&trends),
        Format::Html => report::trends_page(&trends, latest),
        Format::Junit | Format::Sarif => {
            bail!("--format junit and sarif are of one record: for several use text, json, markdown or html")
        }
    })?;
    Ok(Exit::Fine)
}
