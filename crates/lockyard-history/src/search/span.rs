//! What the search sees of an operation.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::spec::{OperationOf, SequentialSpec};

/// An operation without what it asks and is answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    /// The place of the operation, as steps are asked for it.
    pub(crate) at: usize,
    pub(crate) process: u64,
    pub(crate) call: usize,
    /// Nothing if its outcome is unknown.
    pub(crate) ret: Option<usize>,
    /// Whether it leaves every state as it is that it fits.
    pub(crate) read: bool,
    /// Whether it may be a read that leaves more known than before. Taken as a change is, where it does.
    pub(crate) learns: bool,
    /// Operations that ask the same have the same number.
    pub(crate) class: u32,
}

/// The operations as the search sees them, numbered by their places.
pub(crate) fn spans<S: SequentialSpec>(spec: &S, operations: &[&OperationOf<S>]) -> Vec<Span> {
    let mut classes: HashMap<&S::Call, u32, RandomState> = HashMap::default();
    let mut spans = Vec::with_capacity(operations.len());
    for (at, &operation) in operations.iter().enumerate() {
        let next = classes.len() as u32;
        spans.push(Span {
            at,
            process: operation.process,
            call: operation.call,
            ret: operation.ret,
            read: spec.is_read(&operation.asked, operation.answer.as_ref()),
            learns: spec.learns(&operation.asked),
            class: *classes.entry(&operation.asked).or_insert(next),
        });
    }
    spans
}
