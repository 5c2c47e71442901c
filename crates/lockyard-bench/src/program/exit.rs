//! How the program ends, in numbers that scripts rely on.

use std::process::ExitCode;

use crate::against::AgainstError;
use crate::error::RunError;
use crate::gate::Regression;
use crate::record::{Diff, Finding, Record, Severity, VerificationReport};

/// For the end of the help.
pub const HELP: &str = "\
Exit codes: 0 success, 1 internal error, 2 usage or bad input, 3 regression, 4 verification failed (deadlock, stuck, \
violation, failed operations), 5 not comparable, 130 interrupted (partial results are written, and marked).

Environment: LOCKYARD_LOG sets the log level on stderr: off, error, warn (unless set), info, debug or trace.
COLUMNS sets the width of what is printed; NO_COLOR forbids colours, and CLICOLOR_FORCE=1 asks for them.";

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is as it should be.
    Fine = 0,
    /// This program or the machine is at fault.
    Internal = 1,
    /// Usage, or something that was given.
    BadInput = 2,
    /// Slower than is let pass.
    Regression = 3,
    /// Something that was measured is wrong.
    VerificationFailed = 4,
    /// It cannot be held against what it was to be held against.
    NotComparable = 5,
    /// Stopped, with what was measured written.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A run that was interrupted, or did not come to its end, says so before anything else: what it did not get to see is not known
/// to be right.
pub fn of_record(record: &Record) -> Exit {
    let failed = |finding: &Finding| finding.severity == Severity::Error;
    if record.is_partial() {
        Exit::Interrupted
    } else if record.findings().any(failed) || !is_proven(record) {
        Exit::VerificationFailed
    } else {
        Exit::Fine
    }
}

/// Whether all models hold and all pitfalls were caught, of those that the record has.
fn is_proven(record: &Record) -> bool {
    let found = VerificationReport {
        models: record.models.clone().unwrap_or_default(),
        pitfalls: record.pitfalls.clone().unwrap_or_default(),
        ..VerificationReport::default()
    };
    found.holds()
}

/// One of several processes did not come back with what it was to measure.
#[derive(Debug, thiserror::Error)]
#[error(
    "process {nth} of {of} was lost: {what}; its output is above, and --processes 1 avoids child processes"
)]
pub struct ProcessError {
    /// From 1 on.
    pub nth: u32,
    /// How many there are.
    pub of: u32,
    /// What became of it.
    pub what: String,
    /// With which code it ended by itself, if it did: what stops it is then that of the run.
    pub code: Option<i32>,
}

/// A build that lost more than is let pass against another one. An interrupted or wrong run says that before.
pub fn of_losses(record: &Record, losses: &[Regression]) -> Exit {
    match of_record(record) {
        Exit::Fine if !losses.is_empty() => Exit::Regression,
        exit => exit,
    }
}

/// What stands against a run comes in this order: that it was stopped, that it is wrong, that it cannot be compared, that
/// it is slower, or not whole. The speed of wrong answers is not worth a word.
pub fn of_gate(record: &Record, diff: &Diff) -> Exit {
    match of_record(record) {
        Exit::Fine if !diff.refusals.is_empty() => Exit::NotComparable,
        Exit::Fine if !diff.passes() => Exit::Regression,
        exit => exit,
    }
}

/// Errors are a person's to mend, but for those of the machine.
pub fn of_error(error: &anyhow::Error) -> Exit {
    let threads = matches!(error.downcast_ref(), Some(RunError::Threads(_)));
    if let Some(ProcessError { code, .. }) = error.downcast_ref() {
        return if *code == Some(Exit::BadInput as i32) { Exit::BadInput } else { Exit::Internal };
    }
    match error.downcast_ref() {
        Some(AgainstError::Different { .. }) => Exit::NotComparable,
        Some(error) if AgainstError::is_lost(error) => Exit::Internal,
        _ if threads => Exit::Internal,
        _ => Exit::BadInput,
    }
}
