//! When operations were asked and answered: what a property needs to judge the answers.

/// The beginning or the end of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OperationEvent {
    /// Which operation, by its number in the program.
    pub operation: usize,
    /// Which of the two.
    pub kind: EventKind,
    /// The step in which it was, counted from one.
    pub step: u32,
}

/// What a mark marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// The first step in which the operation touched something that is shared. What it does before is not observable.
    Invoked,
    /// The step in which it was answered.
    Returned,
    /// It was dropped on the way: its outcome is unknown.
    GivenUp,
}
