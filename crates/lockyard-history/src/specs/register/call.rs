//! What a register is asked, and what it answers.

use crate::operation::Operation;
use crate::specs::Value;

/// One operation.
pub(super) type RegisterOperation = Operation<RegisterCall, RegisterAnswer>;

/// What a register is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RegisterCall {
    /// What is in it?
    Read,
    /// Put this into it.
    Write(Value),
    /// Put the second into it if the first is in it.
    Cas(Value, Value),
}

/// What a register answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegisterAnswer {
    /// To a read: this is in it.
    Holds(Value),
    /// To a write: done.
    Done,
    /// To a compare-and-set: whether it was done.
    Swapped(bool),
}
