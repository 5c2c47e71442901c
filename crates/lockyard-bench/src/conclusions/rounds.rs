//! What one subject did in one round, and which round that was.

use serde::{Deserialize, Serialize};

/// What one subject did in one round, in operations a second. Empty where it was no longer measured, or the run was
/// interrupted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Round {
    /// In the slice that measures throughput.
    pub(crate) throughput: Option<f64>,
    /// In the slice that measures latency, where that is another one.
    pub(crate) probed: Option<f64>,
}

/// Which round of a process: rounds are numbered within each layout, and layouts within the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RoundNumber {
    pub(crate) layout: usize,
    pub(crate) nth: usize,
}
