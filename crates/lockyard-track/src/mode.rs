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
}

impl Mode {
    /// Whether one who has, or must have, the lock so keeps another from having it so.
    pub(super) fn excludes(self, other: Self) -> bool {
        self != Self::Look && other != Self::Look && (self == Self::Write || other == Self::Write)
    }

    /// The word, as it stands in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Read => "read",
            Self::Write => "write",
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
