//! Why a history has no order, drawn: the few operations that no order explains.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The few operations that show why a history has no order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Violation {
    /// What they were asked of, as the system names it.
    pub key: String,
    /// In the order of their calls.
    pub operations: Vec<Bar>,
    /// The place among them of the one whose answer cannot be.
    pub impossible: usize,
    /// What it could have answered instead.
    pub expected: Vec<String>,
    /// The same drawn as text: a lane for each process.
    pub text: String,
}

/// One operation of a violation, from its call to its return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bar {
    /// The client that asked, by its number.
    pub process: u64,
    /// What it asked for.
    pub f: String,
    /// What was asked, and answered.
    pub what: String,
    /// The moment of the call. Moments order the events of the history, and measure nothing.
    pub call: usize,
    /// The moment of the return; null if the outcome is unknown.
    pub ret: Option<usize>,
}
