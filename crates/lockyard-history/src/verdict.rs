//! What is known about a history once it is judged.

use super::lanes::Lanes;

/// What is known about a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Some order explains all answers.
    Linearizable,
    /// No order does. Here are the fewest operations that show it.
    Violation(Lanes),
    /// The time was up before one or the other was known.
    Unknown,
}
