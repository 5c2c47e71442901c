//! `compare --processes`: this program runs itself again, once for each process, and makes one record of all.
//!
//! A process is given the arguments of this one and which part it is. It answers on its stdout, and ends early when its
//! stdin does: so it heeds an interrupt wherever that arrived, and does not outlive its parent.

use std::io::Read;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use anyhow::Context;

use lockyard_bench::record::Record;
use lockyard_bench::{Part, Plan};

use crate::workload::Scenario;

use super::exit::{Exit, LostProcess};
use super::output;
use super::progress;
use super::stdout;

/// How long an interrupt may stay unnoticed while a process measures.
const HEED: Duration = Duration::from_millis(50);

/// One of how many processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProcessNumber {
    /// From 0 on.
    nth: u32,
    of: u32,
}

/// For clap: `1/5` is the second of five.
pub(super) fn nth(given: &str) -> Result<ProcessNumber, String> {
    let parts = given.split_once('/').and_then(|(nth, of)| Some((nth.parse().ok()?, of.parse().ok()?)));
    let found = parts.filter(|(nth, of)| nth < of).map(|(nth, of)| ProcessNumber { nth, of });
    found.ok_or_else(|| "write which of how many processes, counted from 0: 1/5".to_owned())
}

/// Measures the plan in this many processes, one after the other.
pub(super) fn measure(
    plan: &Plan<Scenario>,
    processes: u32,
    interrupted: &AtomicBool,
) -> anyhow::Result<Record> {
    lockyard_bench::run_in_parts(plan, processes, interrupted, |nth| {
        eprintln!("Process {} of {processes}", nth + 1);
        ask(ProcessNumber { nth, of: processes }, interrupted)
    })
}

/// Runs this program again as one of several processes, and takes its answer.
fn ask(ProcessNumber { nth, of }: ProcessNumber, interrupted: &AtomicBool) -> anyhow::Result<Part> {
    let lost = |what: String| LostProcess { nth: nth + 1, of, what };
    let program = std::env::current_exe().map_err(|error| lost(error.to_string()))?;
    let mut child = Command::new(program)
        .args(std::env::args_os().skip(1))
        .args(["--part", &format!("{nth}/{of}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| lost(error.to_string()))?;
    let mut holding: Option<ChildStdin> = child.stdin.take();
    let mut stdout = child.stdout.take().expect("it was asked for");
    let (send, answer) = mpsc::channel();
    std::thread::spawn(move || {
        let mut answer = Vec::new();
        let read = stdout.read_to_end(&mut answer);
        // The receiver is gone only if the program is ending.
        drop(send.send(read.map(|_| answer)));
    });
    let answer = loop {
        match answer.recv_timeout(HEED) {
            Ok(answer) => break answer,
            Err(RecvTimeoutError::Timeout) if interrupted.load(Ordering::Relaxed) => drop(holding.take()),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => unreachable!("the reader answers before it ends"),
        }
    };
    drop(holding);
    let status = child.wait().map_err(|error| lost(error.to_string()))?;
    let answer = answer.map_err(|error| lost(error.to_string()))?;
    if status.code() == Some(Exit::Interrupted as i32) {
        interrupted.store(true, Ordering::Relaxed);
    } else if !status.success() {
        return Err(lost(format!("it ended with {status}")).into());
    }
    serde_json::from_slice(&answer)
        .map_err(|error| lost(format!("its answer cannot be read: {error}")).into())
}

/// Measures one part of the plan and prints it for the process that asked.
pub(super) fn answer(plan: Plan<Scenario>, ProcessNumber { nth, of }: ProcessNumber) -> anyhow::Result<Exit> {
    let interrupted = output::interrupt(output::WRITES_MEASURED)?;
    end_with_stdin(interrupted.clone());
    let plan = plan.into_part(nth, of);
    let part = lockyard_bench::measure(&plan, &interrupted, &mut *progress::observer(&plan))?;
    stdout::write_out(&serde_json::to_string(&part).context("a part cannot be written")?)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_one_of_several() {
        assert_eq!(nth("1/5"), Ok(ProcessNumber { nth: 1, of: 5 }));
        for wrong in ["5/5", "1", "1/", "/2", "-1/2", "0/0"] {
            assert!(nth(wrong).unwrap_err().contains("1/5"), "{wrong}");
        }
    }
}
