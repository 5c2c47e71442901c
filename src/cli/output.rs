//! From a plan to files and to the terminal: what every run does with its record.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;

use lockyard_bench::Plan;
use lockyard_bench::record::Record;
use lockyard_bench::report;

use crate::workload::Scenario;

use super::exit::{self, Exit};
use super::gate::Gate;
use super::options::{Format, RunOptions};
use super::progress;
use super::record_file::RecordFile;
use super::stdout::{colour, write_out};

/// Measures in this process, writes and prints; then holds the record against a baseline, if there is one.
pub(super) fn measure(
    plan: &Plan<Scenario>,
    options: &RunOptions,
    gate: Option<&Gate>,
) -> anyhow::Result<Exit> {
    let run = |interrupted: &Arc<AtomicBool>, file: &mut RecordFile| {
        Ok(lockyard_bench::run(plan, interrupted, &mut file.observed_by(progress::observer(plan)))?)
    };
    measure_by(options, gate, run)
}

/// Measures by `run`, writes and prints; then holds the record against a baseline, if there is one.
///
/// After an error nothing is printed and nothing held against anything, but the report of what was measured before is written.
pub(super) fn measure_by(
    options: &RunOptions,
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
pub(super) fn print(record: &Record, format: Format) -> anyhow::Result<()> {
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
pub(super) const WRITES_MEASURED: &str = "ending this slice and writing what was measured";

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
pub(super) fn interrupt(what: &'static str) -> anyhow::Result<Arc<AtomicBool>> {
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
