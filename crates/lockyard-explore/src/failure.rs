//! A run in which something did not hold, and of what kind that is.

use super::schedule::Schedule;

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// Nobody can go on.
    Deadlock,
    /// A property does not hold.
    Violation,
    /// The program has panicked.
    Panic,
    /// It runs in circles.
    Endless,
}

/// A run in which something did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// What did not hold.
    pub message: String,
    /// The run.
    pub schedule: Schedule,
}
