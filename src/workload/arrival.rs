//! When operations are asked for.
//!
//! A closed loop asks again once it is answered, so a slow answer thins out the questions and hides the wait of those that
//! were never asked ("coordinated omission", G. Tene). An open loop asks at times fixed in advance, and measures latency
//! from the time intended, however late the question really went out.

use super::quantity::Rate;

/// How a workload arrives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arrival {
    /// Closed loop: a task asks again as soon as it is answered.
    Closed,
    /// Open loop: the tasks together ask this often, at fixed intended times.
    Open(Rate),
}
