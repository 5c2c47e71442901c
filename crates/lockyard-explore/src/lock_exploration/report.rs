//! What trying a lock has come to.

use std::fmt;

use crate::failure::{Failure, FailureKind};
use crate::proof::Proof;
use crate::trace::RunTrace;

/// What [exploring a lock](crate::lock) has come to. Its text says how many schedules there were, and of a failure
/// what each task did, and how it is replayed.
#[derive(Clone, Debug)]
pub struct LockReport {
    /// The family's name.
    pub family: &'static str,
    /// How many schedules were run.
    pub schedules: u64,
    /// What it is worth that nothing failed.
    pub proof: Proof,
    /// The first that failed.
    pub failure: Option<LockFailure>,
}

/// A schedule under which the lock does not keep what its family promises.
#[derive(Clone, Debug)]
pub struct LockFailure {
    /// The family, as it is written in code.
    pub family: &'static str,
    /// Which tasks there were: `w` for each that writes, `r` for each that reads.
    pub tasks: String,
    /// What is not kept, and under which schedule.
    pub failure: Failure,
    /// The run, step by step.
    pub trace: RunTrace,
}

impl LockReport {
    /// Whether the lock keeps what its family promises, under every schedule.
    pub fn holds(&self) -> bool {
        self.failure.is_none() && matches!(self.proof, Proof::Exhaustive { .. })
    }
}

impl LockFailure {
    /// The run as text, for [`LockExploration::replay`](super::LockExploration::replay).
    pub fn replay(&self) -> String {
        format!("{}/{}", self.tasks, self.failure.schedule)
    }

    /// What is not kept, in words.
    pub fn message(&self) -> String {
        match self.failure.kind {
            // Each task has one lock and leaves it: there is no cycle that could be theirs.
            FailureKind::Deadlock | FailureKind::Futurelock => format!(
                "a wake-up is lost, or the lock is kept by one that is gone: no task can resume ({})",
                self.failure.message
            ),
            _ => self.failure.message.clone(),
        }
    }
}

impl fmt::Display for LockFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counterexample = self.trace.clone().counterexample(String::new());
        writeln!(f, "{}\n\n{}", self.message(), counterexample.trace())?;
        write!(f, "Replay: lockyard_explore::lock::<{}>().replay(\"{}\")", self.family, self.replay())
    }
}

impl fmt::Display for LockReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { family, schedules, proof, failure } = self;
        match failure {
            Some(failure) => write!(f, "{family}: violation in schedule {schedules}: {failure}"),
            None => write!(f, "{family}: no violation in {schedules} schedules ({proof})"),
        }
    }
}
