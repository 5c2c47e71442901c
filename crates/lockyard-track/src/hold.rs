//! A lock that is held, and what it took to have it.

use super::clock::Ticks;
use super::order::LockUse;

/// A lock that a strand holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hold {
    pub(super) number: u64,
    pub(super) taken: LockUse,
    /// The family blocks: while it is held across an await, those who want it block the threads.
    pub(super) blocks: bool,
    pub(super) granted: Ticks,
    pub(super) waited: Acquisition,
    /// The strand has awaited something other than a lock meanwhile.
    pub(super) across: bool,
}

impl Hold {
    /// Held across an await, and whoever wants it meanwhile blocks a thread.
    pub(super) fn is_hazard(&self) -> bool {
        self.blocks && self.across
    }
}

/// What it took to have a lock. Nothing of it where the lock was free.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Acquisition {
    pub(super) queued_ns: u64,
    pub(super) woken_ns: u64,
    /// Others that came later and had the lock before.
    pub(super) overtaken: u64,
}
