//! From a plan to files and to the terminal: what every run does with its record.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use clap::{Args, ValueEnum};

use crate::plan::Plan;
use crate::record::Record;
use crate::report;
use crate::run::run;
use crate::workload::Workload;

use super::exit::{self, Exit};
use super::gate::Gate;
use super::progress;
use super::record_file::RecordFile;
use super::stdout::{colour, write_out};

/// Where the record of a run goes.
#[derive(Args, Clone, Debug)]
pub struct OutputOptions {
    /// The directory for run.json, index.html and summary.md.
    ///
    /// Created if it does not exist; an earlier run's files in it are replaced. run.json is written after every scenario, so
    /// that what was measured outlasts an error or the end of the machine. By default a new directory under
    /// reports/local, named after the time.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// What is printed on stdout.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

impl OutputOptions {
    /// The same with a folder that is known: the one that was named, or else one named after the time.
    #[must_use]
    pub fn with_folder(&self) -> (PathBuf, Self) {
        let out = self.out.clone().unwrap_or_else(default_folder);
        (out.clone(), Self { out: Some(out), ..self.clone() })
    }
}

/// What is printed on stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A verdict and tables for a terminal
    Text,
    /// The record, and nothing else
    Json,
    /// The summary, for a pull request
    Markdown,
    /// The page
    Html,
    /// Test cases, for a CI system
    Junit,
    /// Findings at their places in the source, for a code host
    Sarif,
}

/// Measures in this process, writes and prints; then holds the record against a baseline, if there is one.
///
/// # Errors
/// What could not be measured or written.
pub fn measure<W: Workload>(
    plan: &Plan<W>,
    options: &OutputOptions,
    gate: Option<&Gate>,
) -> anyhow::Result<Exit> {
    let measured = |interrupted: &Arc<AtomicBool>, file: &mut RecordFile| {
        Ok(run(plan, interrupted, &mut file.observed_by(progress::observer(plan)))?)
    };
    measure_by(options, gate, measured)
}

/// Measures by `run`, writes and prints; then holds the record against a baseline, if there is one.
///
/// After an error nothing is printed and nothing held against anything, but the report of what was measured before is written.
///
/// # Errors
/// What `run` says, and what could not be written.
pub fn measure_by(
    options: &OutputOptions,
    gate: Option<&Gate>,
    run: impl FnOnce(&Arc<AtomicBool>, &mut RecordFile) -> anyhow::Result<Record>,
) -> anyhow::Result<Exit> {
    let out = options.out.clone().unwrap_or_else(default_folder);
    claim(&out)?;
    let interrupted = interrupt(WRITES_MEASURED)?;
    let mut file = RecordFile::new(out.clone());
    let record = match run(&interrupted, &mut file) {
        Ok(record) => record,
        Err(error) => {
            if let Some(page) = file.rescue() {
                eprintln!("\nReport of what was measured before the error: {}", page.display());
            }
            return Err(error);
        }
    };
    report::write_all(&record, &out).context("the run was measured, but could not be written")?;
    print(&record, options.format)?;
    if options.format != Format::Text {
        // If a program reads stdout, what is wrong is reported to its user on stderr.
        let wrong = record.findings().filter(|finding| finding.is_error());
        wrong.for_each(|finding| eprintln!("error: {}: {}", finding.name(), finding.message));
    }
    eprintln!("\nReport: {}", out.join("index.html").display());
    match gate {
        Some(gate) => gate.judge(&record, &out),
        None => Ok(exit::of_record(&record)),
    }
}

/// Prints a record on stdout.
///
/// # Errors
/// When stdout cannot be written.
pub fn print(record: &Record, format: Format) -> anyhow::Result<()> {
    let text = match format {
        Format::Text => report::text(record, colour()),
        Format::Json => record.to_json(),
        Format::Markdown => report::summary(record),
        Format::Html => report::page(record),
        Format::Junit => report::junit(record),
        Format::Sarif => report::sarif(record),
    };
    write_out(&text)
}

/// What becomes of a run that measures.
pub const WRITES_MEASURED: &str = "ending this slice and writing what was measured";

fn default_folder() -> PathBuf {
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H-%M-%SZ");
    Path::new("reports").join("local").join(now.to_string())
}

/// Makes the folder and makes sure that it can be written to, before anything is measured for it.
fn claim(out: &Path) -> anyhow::Result<()> {
    let wanted = || format!("--out {} cannot be used: name a folder that can be written to", out.display());
    std::fs::create_dir_all(out).with_context(wanted)?;
    let probe = out.join(".lockyard-probe");
    std::fs::write(&probe, "").and_then(|()| std::fs::remove_file(&probe)).with_context(wanted)
}

/// The first Ctrl-C, SIGTERM or SIGHUP ends the run early, and says what becomes of it; the second ends the program at once.
///
/// # Errors
/// When signals cannot be caught.
pub fn interrupt(what: &'static str) -> anyhow::Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = interrupted.clone();
    let on_signal = move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Interrupted as i32);
        }
        eprintln!("\nInterrupted: {what}. Again to end at once.");
    };
    ctrlc::set_handler(on_signal).context("signals cannot be caught")?;
    Ok(interrupted)
}
