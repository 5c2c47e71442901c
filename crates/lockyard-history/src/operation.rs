//! One operation of a history, from its invocation to its response.

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
    /// The moment of the response. Without one the outcome is unknown: the operation may take effect at any moment after
    /// its invocation, or never.
    pub ret: Option<usize>,
    /// What was answered. Without it any answer is right, also where there was a response: it took effect, and what it
    /// answered is not known.
    pub answer: Option<Answer>,
}
