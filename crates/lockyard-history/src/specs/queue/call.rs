//! What a queue is asked, and what it answers.

use crate::operation::Operation;
use crate::specs::Value;

/// One operation.
pub(super) type QueueOperation = Operation<QueueCall, QueueAnswer>;

/// What a queue is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum QueueCall {
    /// Put this at the end.
    Enqueue(Value),
    /// Take what is first.
    Dequeue,
}

/// What a queue answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueAnswer {
    /// To an enqueue: done.
    Done,
    /// To a dequeue: this was first, and is taken.
    Took(Value),
    /// To a dequeue: there was nothing.
    Empty,
}
