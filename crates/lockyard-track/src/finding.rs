//! What the tracker finds, as plain data: what kind of thing, who takes part, where.

use std::fmt;

/// What kind of thing was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Tasks wait for each other in a circle. Reported when its last wait begins.
    Deadlock,
    /// A task that reads waits, as a writer, for its own read to end.
    Upgrade,
    /// A task reads twice what it reads already, where a writer may come in between: it then waits for ever.
    RecursiveRead,
    /// A task waits for a lock that it holds itself. Either it has locked twice, or one of its branches holds the lock
    /// and another one wants it, which may be right: names for the branches ([`scope`](super::scope())) tell.
    SameTaskWait,
    /// A branch of a task has the lock, or was granted it, and is not polled any more by its task, which waits for the same
    /// lock. (D. Pacheco, E. Lunnikivi, Oxide RFD 609, "Futurelock", 2025.)
    Futurelock,
    /// Locks were taken in orders that cannot all be kept: a deadlock that has not happened yet.
    OrderInversion,
    /// A guard of a lock that blocks was held across an await: whoever wants it meanwhile blocks a thread, perhaps
    /// the one that would have to resume its holder.
    GuardAcrossAwait,
    /// A thread of the runtime is blocked inside a poll by somebody who waits there for an async lock, as `block_on` does.
    BlockOn,
    /// A waiter was overtaken beyond what its lock promises.
    Starvation,
    /// A lock that promises the order of asking was granted out of order.
    GrantOrder,
    /// Somebody waits for a lock that nobody holds: its wake-up was lost.
    LostWakeUp,
}

impl Kind {
    /// The words, as they stand in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deadlock => "deadlock",
            Self::Upgrade => "upgrade",
            Self::RecursiveRead => "recursive read",
            Self::SameTaskWait => "same-task wait",
            Self::Futurelock => "futurelock",
            Self::OrderInversion => "order inversion",
            Self::GuardAcrossAwait => "guard across await",
            Self::BlockOn => "block_on in runtime",
            Self::Starvation => "starvation",
            Self::GrantOrder => "grant order",
            Self::LostWakeUp => "lost wake-up",
        }
    }

    /// Whether somebody will wait for ever if it is what it seems to be.
    pub fn is_deadly(self) -> bool {
        match self {
            Self::Deadlock
            | Self::Upgrade
            | Self::SameTaskWait
            | Self::Futurelock
            | Self::BlockOn
            | Self::LostWakeUp => true,
            Self::RecursiveRead
            | Self::OrderInversion
            | Self::GuardAcrossAwait
            | Self::Starvation
            | Self::GrantOrder => false,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

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
    /// The task, or `seen once` in an inversion.
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
