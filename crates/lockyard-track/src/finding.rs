//! What the tracker finds, as plain data: what kind of thing, how sure it is, who takes part, where.

use std::fmt;

use lockyard_evidence::Edge;

/// What kind of thing was found: one of the kinds of all instruments.
pub use lockyard_evidence::FindingKind as Kind;

/// How sure a finding is, and whether it still stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Certainty {
    /// It is so.
    Certain,
    /// It looks so. It becomes certain if it is still there when a watch ([`Tracker::watch`](super::Tracker::watch))
    /// has lost its patience.
    Suspected,
    /// It looked so, and then it went on by itself: branches of a task that were not told apart. Nothing to mend.
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
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)?;
        for (nth, Edge { task, holds, locked_at, waits_for, place }) in self.edges.iter().enumerate() {
            let mark = if nth == 0 { "┌▶" } else { "│ " };
            let at =
                |place: &Option<String>| place.as_ref().map(|it| format!(" at {it}")).unwrap_or_default();
            write!(f, "\n  {mark} {task}")?;
            if let Some(holds) = holds {
                write!(f, "\n  │    holds {holds}, locked{}", at(locked_at))?;
            }
            write!(f, "\n  │    waits for {waits_for}{}, held by ↓", at(place))?;
        }
        if !self.edges.is_empty() {
            write!(f, "\n  └── the first one again")?;
        }
        Ok(())
    }
}
