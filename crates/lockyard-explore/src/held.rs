//! Which locks a task has and waits for at a moment of a run that is shown.

/// The locks of a task at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Those that it has.
    pub has: Vec<&'static str>,
    /// Those that it has asked for.
    pub waits: Vec<&'static str>,
}
