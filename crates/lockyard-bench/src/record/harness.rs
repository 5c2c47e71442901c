//! What the harness itself costs, so that every number can be seen beside it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the harness adds to an operation, on the worker that does it, by what a slice records.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HarnessCost {
    /// In slices without a clock, which tell throughput.
    pub bare: Overhead,
    /// In slices that record one latency in seventeen.
    pub sampled: Overhead,
    /// In slices that record every latency.
    pub full: Overhead,
    /// The confidence of each interval, such as 0.99.
    pub confidence: f64,
}

/// Time that an operation takes longer for being measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Overhead {
    /// The estimate, in nanoseconds.
    pub ns: f64,
    /// Lower and upper end of its confidence interval, in nanoseconds.
    pub ci: [f64; 2],
}

impl HarnessCost {
    /// What is impossible: that something takes less time for being measured. Where a whole interval lies below zero, it is
    /// the measuring that is wrong.
    #[must_use]
    pub fn is_impossible(&self) -> bool {
        [self.bare, self.sampled, self.full].iter().any(|overhead| overhead.ci[1] < 0.0)
    }
}
