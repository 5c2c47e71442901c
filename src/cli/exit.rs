//! How the program ends, in numbers that scripts rely on.

use std::process::ExitCode;

use lockyard_bench::gate::Regression;
use lockyard_bench::record::{Diff, Record, Severity, VerificationReport};
use lockyard_bench::{AgainstError, RunError};

/// For the end of the help.
pub(super) const HELP: &str = "\
Exit codes: 0 success, 1 internal error, 2 usage or bad input, 3 regression, 4 verification failed (deadlock, stuck, \
violation, failed operations), 5 not comparable, 130 interrupted (partial results are written, and marked).

Environment: LOCKYARD_LOG sets the log level on stderr: off, error, warn (unless set), info, debug or trace.";

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    Fine = 0,
    Internal = 1,
    BadInput = 2,
    Regression = 3,
    VerificationFailed = 4,
    NotComparable = 5,
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A run that was interrupted, or did not come to its end, says so before anything else: what it did not get to see is not known
/// to be right.
pub(super) fn of_record(record: &Record) -> Exit {
    let failed = |finding: &lockyard_bench::record::Finding| finding.severity == Severity::Error;
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
pub(super) struct LostProcess {
    pub(super) nth: u32,
    pub(super) of: u32,
    pub(super) what: String,
    /// With which code it ended by itself, if it did: what stops it is then that of the run.
    pub(super) code: Option<i32>,
}

/// The models of a run panicked, which is a fault of this program and none of what was measured.
#[derive(Debug, thiserror::Error)]
#[error("--verify panicked, as is said above: that is a fault of this program; measure without --verify")]
pub(super) struct VerifyPanicked;

/// A build that lost more than is let pass against another one. An interrupted or wrong run says that before.
pub(super) fn of_losses(record: &Record, losses: &[Regression]) -> Exit {
    match of_record(record) {
        Exit::Fine if !losses.is_empty() => Exit::Regression,
        exit => exit,
    }
}

/// What stands against a run comes in this order: that it was stopped, that it is wrong, that it cannot be compared, that
/// it is slower, or not whole. The speed of wrong answers is not worth a word.
pub(super) fn of_gate(record: &Record, diff: &Diff) -> Exit {
    match of_record(record) {
        Exit::Fine if !diff.refusals.is_empty() => Exit::NotComparable,
        Exit::Fine if !diff.passes() => Exit::Regression,
        exit => exit,
    }
}

/// Errors are a person's to mend, but for those of the machine.
pub(super) fn of_error(error: &anyhow::Error) -> Exit {
    let threads = matches!(error.downcast_ref(), Some(RunError::Threads(_)));
    if let Some(LostProcess { code, .. }) = error.downcast_ref() {
        return if *code == Some(Exit::BadInput as i32) { Exit::BadInput } else { Exit::Internal };
    }
    match error.downcast_ref() {
        Some(AgainstError::Different { .. }) => Exit::NotComparable,
        Some(error) if AgainstError::is_lost(error) => Exit::Internal,
        _ if threads || error.is::<VerifyPanicked>() => Exit::Internal,
        _ => Exit::BadInput,
    }
}
