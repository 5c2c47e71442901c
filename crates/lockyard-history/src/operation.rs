//! One operation of a history, from its invocation to its response.

use super::spec::SequentialSpec;

/// One operation of one process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation<Call, Answer> {
    /// The process of the call.
    pub process: u64,
    /// Of what: the place of the key in [`History::keys`](crate::History::keys).
    pub key: usize,
    /// What was asked.
    pub asked: Call,
    /// The moment of the invocation.
    pub call: usize,
    /// The moment of the response and the answer. Without one the outcome is unknown: the operation may take effect at
    /// any moment after its invocation, or never.
    pub ret: Option<(usize, Answer)>,
}

/// The operation of a specification.
pub type OperationOf<S> = Operation<<S as SequentialSpec>::Call, <S as SequentialSpec>::Answer>;

/// The operation, and [what it does besides](SequentialSpec::second), which has its place right after it.
pub(super) fn with_second<S: SequentialSpec>(
    operation: OperationOf<S>,
) -> impl Iterator<Item = OperationOf<S>> {
    let second = operation.ret.as_ref().and_then(|(ret, answer)| {
        let (asked, answer) = S::second(&operation.asked, answer)?;
        Some(Operation { asked, ret: Some((*ret, answer)), ..operation })
    });
    std::iter::once(operation).chain(second)
}
