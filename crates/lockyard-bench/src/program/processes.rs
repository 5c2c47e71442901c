//! `compare --processes`: this program runs itself again, once for each process, and makes one record of all.
//!
//! A process is given the arguments of this one and which part it is. It answers on its stdout, with a line for each experiment
//! as soon as that is measured: so what it has measured is kept when it is lost later. It ends early when its stdin does: so
//! it heeds an interrupt wherever that arrived, and does not outlive its parent.

use std::io::{BufRead, BufReader};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use anyhow::Context;

use crate::parts::Part;
use crate::plan::Plan;
use crate::progress::NoObserver;
use crate::record::Record;
use crate::run::{measure as measure_parts, run_in_parts};
use crate::workload::Workload;

use super::exit::{Exit, ProcessError};
use super::output;
use super::process_number::ProcessNumber;
use super::progress;
use super::record_file::RecordFile;
use super::stdout;

/// How long an interrupt may stay unnoticed while a process measures.
const HEED: Duration = Duration::from_millis(50);

/// Measures the plan in this many processes, one after the other, and keeps what each has measured as soon as it is there.
///
/// # Errors
/// A process that was lost, or what could not be measured.
pub fn measure<W: Workload>(
    plan: &Plan<W>,
    processes: u32,
    interrupted: &AtomicBool,
    file: &mut RecordFile,
) -> anyhow::Result<Record> {
    let mut observer = file.observed_by(Box::new(NoObserver));
    run_in_parts(plan, processes, interrupted, &mut observer, |nth, take| {
        eprintln!("Process {} of {processes}", nth + 1);
        ask(ProcessNumber { nth, of: processes }, interrupted, take)
    })
}

/// Runs this program again as one of several processes, and takes its answers.
fn ask(
    ProcessNumber { nth, of }: ProcessNumber,
    interrupted: &AtomicBool,
    take: &mut dyn FnMut(Part),
) -> anyhow::Result<()> {
    let lost = |what: String| ProcessError { nth: nth + 1, of, what, code: None };
    let program = std::env::current_exe().map_err(|error| lost(error.to_string()))?;
    let mut child = Command::new(program)
        .args(std::env::args_os().skip(1))
        .args(["--part", &format!("{nth}/{of}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| lost(error.to_string()))?;
    let mut holding: Option<ChildStdin> = child.stdin.take();
    let stdout = child.stdout.take().expect("it was asked for");
    let (send, answers) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).split(b'\n') {
            let is_last = line.is_err();
            // The receiver is gone only if the program is ending.
            drop(send.send(line));
            if is_last {
                break;
            }
        }
    });
    // What is wrong with an answer. The process is heard to its end all the same, and why it ended says more.
    let mut unreadable = None;
    loop {
        match answers.recv_timeout(HEED) {
            Ok(line) => match line.map_err(|error| error.to_string()).and_then(|line| parsed(&line)) {
                Ok(part) => take(part),
                Err(error) => unreadable = Some(error),
            },
            Err(RecvTimeoutError::Timeout) if interrupted.load(Ordering::Relaxed) => drop(holding.take()),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    drop(holding);
    let status = child.wait().map_err(|error| lost(error.to_string()))?;
    if status.code() == Some(Exit::Interrupted as i32) {
        interrupted.store(true, Ordering::Relaxed);
    } else if !status.success() {
        return Err(ProcessError { code: status.code(), ..lost(format!("it ended with {status}")) }.into());
    }
    match unreadable {
        Some(error) => Err(lost(format!("its answer cannot be read: {error}")).into()),
        None => Ok(()),
    }
}

fn parsed(line: &[u8]) -> Result<Part, String> {
    serde_json::from_slice(line).map_err(|error| error.to_string())
}

/// Measures one part of the plan and prints what it has measured, a line for each experiment, for the process that asked.
///
/// # Errors
/// What could not be measured or printed.
pub fn answer<W: Workload>(plan: Plan<W>, process: ProcessNumber) -> anyhow::Result<Exit> {
    let interrupted = output::interrupt(output::WRITES_MEASURED)?;
    end_with_stdin(interrupted.clone());
    let plan = plan.into_part(process.nth, process.of);
    let mut written = Ok(());
    let mut observer = progress::observer_of_process(&plan, process);
    measure_parts(&plan, &interrupted, &mut *observer, &mut |part, _| {
        let line = serde_json::to_string(&part).context("a part cannot be written");
        if let Err(error) = line.and_then(|line| stdout::write_out(&line)) {
            // There is nobody to measure for.
            interrupted.store(true, Ordering::Relaxed);
            written = Err(error);
        }
    })?;
    written?;
    Ok(if interrupted.load(Ordering::Relaxed) { Exit::Interrupted } else { Exit::Fine })
}

/// Interrupts the run when the parent process closes this one's stdin.
fn end_with_stdin(interrupted: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        // An error is an end, too.
        drop(std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
        interrupted.store(true, Ordering::Relaxed);
    });
}
