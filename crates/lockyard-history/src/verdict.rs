//! What is known about a history once it is judged.

use lockyard_evidence::Violation;

/// What is known about a history.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "there is one of a history")]
pub enum Verdict {
    /// Some order explains all answers.
    Linearizable,
    /// No order does. Here are the fewest operations that show it.
    Violation(Violation),
    /// The time was up before one or the other was known.
    Unknown,
}
