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
use super::origin::program_name;
use super::progress;
use super::record_file::RecordFile;
use super::stdout::{text_options, write_out};

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

    /// Print every table below the first screen, and not that alone.
    #[arg(long)]
    pub all: bool,

    /// What one can do next, a command with its purpose each: printed after the run.
    #[arg(skip)]
    pub next: Vec<NextStep>,
}

/// What one can do after a run.
#[derive(Clone, Debug)]
pub struct NextStep {
    /// The command.
    pub command: String,
    /// What it shows.
    pub shows: &'static str,
}

impl OutputOptions {
    /// The same with a folder that is known: the one that was named, or else one named after the time.
    #[must_use]
    pub fn with_folder(&self) -> (PathBuf, Self) {
        let out = self.out.clone().unwrap_or_else(default_folder);
        (out.clone(), Self { out: Some(out), ..self.clone() })
    }

    /// The same with one more thing that can be done next.
    #[must_use]
    pub fn followed_by(mut self, command: impl Into<String>, shows: &'static str) -> Self {
        self.next.push(NextStep { command: command.into(), shows });
        self
    }
}

/// What is printed on stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The answer for a terminal; with --all every table
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
    let is_new = claim(&out)?;
    let interrupted = interrupt(WRITES_MEASURED)?;
    let mut file = RecordFile::new(out.clone());
    let record = match run(&interrupted, &mut file) {
        Ok(record) => record,
        Err(error) => {
            if let Some(page) = file.rescue() {
                eprintln!("\nReport of what was measured before the error: {}", page.display());
            } else if is_new {
                // An empty folder would be all that is left of it. Where something stands in it after all, it stays.
                let _ = std::fs::remove_dir(&out);
            }
            return Err(error);
        }
    };
    report::write_all(&record, &out).context("the run was measured, but could not be written")?;
    print(&record, options.format, options.all)?;
    if options.format != Format::Text {
        // If a program reads stdout, what is wrong is reported to its user on stderr.
        let wrong = record.findings().filter(|finding| finding.is_error());
        wrong.for_each(|finding| eprintln!("error: {}: {}", finding.name(), finding.message));
    }
    eprintln!("\nReport: {}", out.join("index.html").display());
    if options.format == Format::Text {
        eprint!("{}", next_steps(options, &record, &out));
    }
    match gate {
        Some(gate) => gate.judge(&record, &out),
        None => Ok(exit::of_record(&record)),
    }
}

/// What one can do next, a line each: to print what was not printed, and what the program has besides.
fn next_steps(options: &OutputOptions, record: &Record, out: &Path) -> String {
    // A record of locks alone is printed as a whole.
    let is_cut = !options.all && record.locks.is_none() && !record.cells.is_empty();
    let file = out.join("run.json");
    let all = is_cut.then(|| NextStep {
        command: format!("{} report {} --all", program_name(), file.display()),
        shows: "every table",
    });
    let steps: Vec<_> = all.iter().chain(&options.next).collect();
    let width = steps.iter().map(|it| it.command.chars().count()).max().unwrap_or(0);
    let line = |(nth, it): (usize, &&NextStep)| {
        let head = if nth == 0 { "Next:" } else { "" };
        format!("{head:8}{:width$}  {}\n", it.command, it.shows)
    };
    steps.iter().enumerate().map(line).collect()
}

/// Prints a record on stdout: as text the first screen, or `all` that there is.
///
/// # Errors
/// When stdout cannot be written.
pub fn print(record: &Record, format: Format, all: bool) -> anyhow::Result<()> {
    let text = match format {
        Format::Text => report::text(record, &text_options(all)),
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

/// Makes the folder and makes sure that it can be written to, before anything is measured for it. Whether it is new.
fn claim(out: &Path) -> anyhow::Result<bool> {
    let is_new = !out.exists();
    let wanted = || format!("--out {} cannot be used: name a folder that can be written to", out.display());
    std::fs::create_dir_all(out).with_context(wanted)?;
    let probe = out.join(".lockyard-probe");
    std::fs::write(&probe, "").and_then(|()| std::fs::remove_file(&probe)).with_context(wanted)?;
    Ok(is_new)
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
