//! What the tracker finds, as plain data: what kind of thing, how sure it is, who takes part, where.

use std::fmt;

use lockyard_evidence::{Edge, WaitForGraph};

/// What kind of thing was found: one of the kinds of all instruments.
pub use lockyard_evidence::FindingKind as Kind;

/// How sure a finding is, and whether it still stands.
///
/// What tasks did is certain when it is found: a broken exclusion, a grant out of order, a blocking guard held across an
/// await. What they wait for is suspected at first, since a wait may end otherwise than it seems: another branch of
/// the task may have the lock and resume, the guard may have been handed to another task, a timeout may end the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Certainty {
    /// It is so. A wait is certain to stay in one of two ways: by proof, where every task of a cycle is one of the
    /// tracker's ([`spawn`](super::spawn), [`Tracker::task`](super::Tracker::task)), sleeps, and can be woken by nothing
    /// but its waits for tracked locks; or because it has stood for the patience of a [watch](super::Tracker::watch),
    /// which is longer than any wait of the program that ends, as its author has declared. The proof takes for granted
    /// that the guards of the cycle are with the tasks that took them, and that no task is aborted from outside.
    Certain,
    /// It looks so. It becomes certain in one of those ways, or dissolves.
    Suspected,
    /// It looked so, and then a wait that it was about ended, with the lock or because it was cancelled. Nothing is known
    /// to mend; how many were cancelled is in the [verdict](super::Verdict).
    Dissolved,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind of thing.
    pub kind: Kind,
    /// How sure it is.
    pub certainty: Certainty,
    /// What happened, in words, with tasks, locks and places.
    pub message: String,
    /// Where in the source, as `file:line:column`. Never empty.
    pub places: Vec<String>,
    /// The tasks that take part.
    pub tasks: Vec<String>,
    /// The cycle, where there is one: each task waits for the next, and the last one for the first.
    pub edges: Vec<Edge>,
    /// How often it was found, at the same places.
    pub times: u64,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)?;
        let graph = WaitForGraph { edges: &self.edges }.to_text(None);
        graph.lines().try_for_each(|line| write!(f, "\n  {line}"))
    }
}
