//! From a plan to files and to the terminal: what every run does with its record.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;

use crate::driver::{self, Plan};
use lockyard_bench::record::{Record, Severity};
use lockyard_bench::report::{self, Colour};

use super::exit::{self, Exit};
use super::gate::Gate;
use super::options::{Format, RunOptions};
use super::progress;

/// Nothing moving for this long is called stuck: long against any operation, short against a person's patience.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// The command as the record tells it, to be repeated by somebody else.
pub(super) fn command_line() -> String {
    let words = std::env::args().skip(1).map(|word| {
        let plain = |c: char| c.is_alphanumeric() || "-_=.,/%:".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            word
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    std::iter::once("lockyard".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// Measures in this process, writes and prints; then holds the record against a baseline, if there is one.
pub(super) fn measure(plan: &Plan, options: &RunOptions, gate: Option<&Gate>) -> anyhow::Result<Exit> {
    let run = |interrupted: &AtomicBool| Ok(driver::run(plan, interrupted, &mut *progress::observer(plan))?);
    measure_by(options, gate, run)
}

/// Lets somebody measure, writes and prints; then holds the record against a baseline, if there is one.
pub(super) fn measure_by(
    options: &RunOptions,
    gate: Option<&Gate>,
    run: impl FnOnce(&AtomicBool) -> anyhow::Result<Record>,
) -> anyhow::Result<Exit> {
    let out = options.out.clone().unwrap_or_else(default_folder);
    claim(&out)?;
    let interrupted = interrupt()?;
    let record = run(&interrupted)?;
    report::write_all(&record, &out).context("the run was measured, but could not be written")?;
    print(&record, options.format)?;
    if options.format != Format::Text {
        // Whoever reads stdout by a program is told on stderr what is wrong.
        let wrong = record.findings().filter(|finding| finding.severity == Severity::Error);
        wrong.for_each(|finding| eprintln!("error: {}: {}", finding.kind, finding.message));
    }
    eprintln!("\nThe page: {}", out.join("index.html").display());
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

/// Writes text on stdout. A reader that has gone away (`| head`) has read enough.
pub(super) fn write_out(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    match writeln!(stdout, "{}", text.trim_end()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("stdout cannot be written"),
    }
}

pub(super) fn colour() -> Colour {
    let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if std::io::stdout().is_terminal() && !forbidden { Colour::Ansi } else { Colour::Plain }
}

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

/// The first Ctrl-C ends the run early; the second ends the program at once.
pub(super) fn interrupt() -> anyhow::Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = interrupted.clone();
    let on_signal = move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Interrupted as i32);
        }
        eprintln!("\nInterrupted: ending this slice and writing what was measured. Again to end at once.");
    };
    ctrlc::set_handler(on_signal).context("Ctrl-C cannot be caught")?;
    Ok(interrupted)
}
