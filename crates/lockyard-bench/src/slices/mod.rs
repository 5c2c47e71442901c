//! Slices: the tasks of a workload do their steps for a while, each measured by itself.
//!
//! | file | what |
//! | --- | --- |
//! | `runtime` | where what belongs to a system runs: threads, and perhaps a tracker |
//! | `runner` | one slice after another on one runtime, with a watchdog |
//! | `ending` | how a task ends, and what the runner hears of it: given back, panicked, stuck |
//! | `slice` | one slice: begun by the last task that is ready, ended by the runner |
//! | `task`, `mode`, `meter` | one task; which of its latencies are kept; what a system reports of each operation |
//! | `counts`, `samples`, `distribution` | counters and latencies, of a task and of a subject; many latencies in little room |
//! | `board`, `watchdog` | what every task is doing, and what notices that nothing moves |
//!
//! Tasks share nothing but what they ask of the system: each has its own steps, counters and samples, merged after the
//! slice. What is not seen: what is under way when a slice ends is not counted, so slices must be long against an
//! operation.

mod board;
mod counts;
mod distribution;
mod ending;
mod meter;
mod mode;
mod runner;
mod runtime;
mod samples;
mod slice;
mod task;
mod watchdog;

pub(crate) use board::{InFlight, TaskStatus};
pub(crate) use distribution::Distribution;
pub(crate) use ending::{GiveBack, SliceFailure, panic_message};
pub use meter::{Meter, Outcome, Start};
pub(crate) use mode::LatencyMode;
pub(crate) use runner::{SliceRunner, Sliced, runtime_of};
pub(crate) use runtime::OWN;
pub use runtime::Runtime;
pub(crate) use samples::{Block, SubjectTotals, TaskLog, latency_curve_of, latency_of};
pub(crate) use slice::Slice;
pub(crate) use task::{Pacing, TURN, Task};

/// Meters and logs for the tests of the code that counts them.
#[cfg(test)]
pub(crate) mod testing {
    use std::sync::Arc;

    use crate::workload::Operation;

    use super::board::ProgressBoard;
    use super::meter::Meter;
    use super::slice::Slice;

    /// A meter of a task in a slice that is on.
    pub(crate) fn meter(operations: &'static [Operation]) -> Meter {
        Meter::new(operations, ProgressBoard::new(1).word(0), Arc::new(Slice::new(0, 1)))
    }
}
