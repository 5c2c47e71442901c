//! What happened: the operations on all keys, in the order of their invocations.
//!
//! Moments are positions in the order of events, counted from one. They are all that judging needs: an operation comes
//! before another if its response came before the other's invocation, and clocks can say no more than that.

use super::operation::OperationOf;
use super::spec::SequentialSpec;

/// Operations in the order of their invocations, without those that are known not to have happened. One that takes
/// effect twice is there twice.
#[derive(Debug)]
pub struct History<S: SequentialSpec> {
    /// The operations.
    pub operations: Vec<OperationOf<S>>,
    /// The names of the keys.
    pub keys: Vec<String>,
    /// How many operations were invoked, those that failed included.
    pub invoked: usize,
}
