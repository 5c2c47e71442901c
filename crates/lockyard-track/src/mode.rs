//! How a lock is taken, and what its policy means for those who wait: the words of both graphs.

use lockyard_lock::Policy;

/// How a lock is taken, as far as others are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mode {
    /// Blocks no other task and is never blocked: a read of a snapshot.
    Look,
    /// Together with other readers.
    Read,
    /// Alone. Reads of a lock that knows no shared reads are taken alone, too.
    Write,
    /// So many of the permits of a semaphore. The order in which they are taken is not judged: whether one task keeps
    /// another waiting depends on how many all others have.
    Permits(u32),
    /// Not to be held, only waited for: a message, a notification, the end of a task.
    Event,
}

impl Mode {
    /// Whether one who has, or must have, the lock so keeps another from having it so.
    pub(super) fn excludes(self, other: Self) -> bool {
        self.is_ordered() && other.is_ordered() && (self == Self::Write || other == Self::Write)
    }

    /// Whether it is a lock that one task alone may keep from others, so that the order of taking it matters.
    pub(super) fn is_ordered(self) -> bool {
        matches!(self, Self::Read | Self::Write)
    }

    /// A number for each, as far as orders distinguish them.
    pub(super) fn number(self) -> u64 {
        match self {
            Self::Look => 0,
            Self::Read => 1,
            Self::Write => 2,
            Self::Permits(_) => 3,
            Self::Event => 4,
        }
    }

    /// The word, as it stands in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Read => "read",
            Self::Write => "write",
            Self::Permits(1) => "permit",
            Self::Permits(_) => "permits",
            Self::Event => "event",
        }
    }
}

/// What a lock promises to those who wait, as far as a deadlock may come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Rule {
    /// In FIFO order.
    Fifo,
    /// A reader waits for every writer that waits.
    WritersFirst,
    /// Waiters do not wait for each other, only for holders.
    AnyOrder,
}

impl Rule {
    pub(super) fn of(policy: Policy) -> Self {
        match policy {
            Policy::FifoFair => Self::Fifo,
            Policy::WriterPreferring => Self::WritersFirst,
            Policy::Handover | Policy::Unfair | Policy::Snapshot => Self::AnyOrder,
        }
    }

    /// Whether one who reads may come to wait for another reader: a writer in between makes it so.
    pub(super) fn readers_meet(self) -> bool {
        self != Self::AnyOrder
    }
}
