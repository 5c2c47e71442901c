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
    /// Of those that were classed, operations that ask the same have the same number. Only where the outcome is unknown does a
    /// search ask for it.
    pub(crate) class: u32,
}

/// The operations as the search sees them, numbered by their places. `is_classed` says of which the outcome is, or may become,
/// unknown.
pub(crate) fn spans<S: SequentialSpec>(
    spec: &S,
    operations: &[&OperationOf<S>],
    is_classed: impl Fn(&OperationOf<S>) -> bool,
) -> Vec<Span> {
    let mut classes: HashMap<&S::Call, u32, RandomState> = HashMap::default();
    let mut spans = Vec::with_capacity(operations.len());
    for (at, &operation) in operations.iter().enumerate() {
        let next = classes.len() as u32;
        let class =
            if is_classed(operation) { *classes.entry(&operation.asked).or_insert(next) } else { u32::MAX };
        spans.push(Span {
            at,
            process: operation.process,
            call: operation.call,
            ret: operation.ret,
            read: spec.is_read(&operation.asked, operation.answer.as_ref()),
            learns: spec.learns(&operation.asked),
            class,
        });
    }
    spans
}
