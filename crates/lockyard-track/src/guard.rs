//! The guard of a tracked lock.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::strand::Strand;
use super::wait::Lock;

/// A guard, whose release is noted.
///
/// It may go to another task; what it holds is then still counted as held by the task that took it.
#[must_use = "the lock is let go when it is dropped"]
pub struct TrackedGuard<'a, G> {
    // Ends in this order: whoever comes next must not find the lock free and yet noted as held.
    _held: Held,
    guard: G,
    _released: Released<'a>,
}

struct Held {
    strand: Arc<Strand>,
    /// Of the hold.
    number: u64,
}

struct Released<'a>(&'a Lock);

impl<'a, G> TrackedGuard<'a, G> {
    #[inline]
    pub(super) fn new(strand: Arc<Strand>, lock: &'a Lock, number: u64, guard: G) -> Self {
        Self { _held: Held { strand, number }, guard, _released: Released(lock) }
    }
}

impl Drop for Held {
    #[inline]
    fn drop(&mut self) {
        self.strand.pop(self.number);
    }
}

impl Drop for Released<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.released();
    }
}

impl<G: Deref> Deref for TrackedGuard<'_, G> {
    type Target = G::Target;

    fn deref(&self) -> &G::Target {
        &self.guard
    }
}

impl<G: DerefMut> DerefMut for TrackedGuard<'_, G> {
    fn deref_mut(&mut self) -> &mut G::Target {
        &mut self.guard
    }
}
