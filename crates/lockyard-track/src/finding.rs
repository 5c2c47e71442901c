//! What the tracker finds, as plain data: what kind of thing, how sure it is, who takes part, where.

use std::fmt;

/// What kind of thing was found: one of the kinds of all instruments.
pub use lockyard_evidence::FindingKind as Kind;

/// How sure a finding is, and whether it still stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
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
    pub standing: Standing,
    /// What happened, in words, with tasks, locks and places.
    pub message: String,
    /// Where in the source, as `file:line:column`. Never empty.
    pub places: Vec<String>,
    /// The tasks that take part.
    pub tasks: Vec<String>,
    /// The circle, where there is one: each step waits for the next, and the last one for the first.
    pub circle: Vec<Step>,
}

/// One who takes part in a circle of waits, or of orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The task; in an order inversion, `seen before` for each order but the last one.
    pub task: String,
    /// What it holds: the lock and where it was taken.
    pub holds: Option<String>,
    /// What it waits for, and where.
    pub wants: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)?;
        for (nth, Step { task, holds, wants }) in self.circle.iter().enumerate() {
            let mark = if nth == 0 { "┌▶" } else { "│ " };
            write!(f, "\n  {mark} {task}")?;
            if let Some(holds) = holds {
                write!(f, "\n  │    holds {holds}")?;
            }
            write!(f, "\n  │    wants {wants}, which is had by ↓")?;
        }
        if !self.circle.is_empty() {
            write!(f, "\n  └── the first one again")?;
        }
        Ok(())
    }
}
