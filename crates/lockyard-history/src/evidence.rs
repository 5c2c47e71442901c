//! A violation as it is found, before it is drawn.

use super::operation::OperationOf;
use super::spec::SequentialSpec;

/// Operations that cannot be explained.
pub struct Evidence<'a, S: SequentialSpec> {
    /// In the order of their calls.
    pub operations: Vec<&'a OperationOf<S>>,
    /// The place among them of the one whose answer comes out wrong: up to its return, all the others can be explained.
    pub impossible: usize,
    /// What it could have answered.
    pub expected: Vec<String>,
}
