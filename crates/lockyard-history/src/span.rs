//! What the search sees of an operation.

use super::operation::OperationOf;
use super::spec::SequentialSpec;

/// When an operation was called and returned, and whether it leaves every state as it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub call: usize,
    /// Nothing if its outcome is unknown.
    pub ret: Option<usize>,
    pub read: bool,
    /// Whether it may be a read that leaves more known than before. Taken as a change is, where it does.
    pub learns: bool,
}

impl Span {
    pub(super) fn of<S: SequentialSpec>(spec: &S, operation: &OperationOf<S>) -> Self {
        Self {
            call: operation.call,
            ret: operation.ret.as_ref().map(|(at, _)| *at),
            read: spec.is_read(&operation.asked),
            learns: spec.learns(&operation.asked),
        }
    }
}
