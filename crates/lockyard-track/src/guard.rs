//! The guard of a tracked lock.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::exclusion;
use super::hold::HoldIndex;
use super::mode::Mode;
use super::strand::Strand;
use super::wait::Lock;

/// A guard, whose release is noted.
///
/// It may go to another task; what it holds is then still counted as held by the task that took it.
#[must_use = "the lock is let go when it is dropped"]
pub struct TrackedGuard<'a, G> {
    // Dropped in this order: the next holder must not find the lock free and yet noted as held.
    /// Nothing while tracking is switched off.
    _held: Option<Held<'a>>,
    guard: G,
    _released: Released<'a>,
}

struct Held<'a> {
    strand: Arc<Strand>,
    lock: &'a Lock,
    /// Of the hold, and where it stands.
    number: u64,
    at: HoldIndex,
    mode: Mode,
}

struct Released<'a>(&'a Lock);

impl<'a, G> TrackedGuard<'a, G> {
    #[inline]
    pub(super) fn new(
        strand: Arc<Strand>,
        lock: &'a Lock,
        (at, number): (HoldIndex, u64),
        mode: Mode,
        guard: G,
    ) -> Self {
        let held = Held { strand, lock, number, at, mode };
        Self { _held: Some(held), guard, _released: Released(lock) }
    }

    /// The lock was taken while tracking is switched off.
    #[inline]
    pub(super) fn untracked(lock: &'a Lock, guard: G) -> Self {
        lock.taken_untracked();
        Self { _held: None, guard, _released: Released(lock) }
    }
}

impl Drop for Held<'_> {
    #[inline]
    fn drop(&mut self) {
        exclusion::released(self.lock, &self.strand, self.mode);
        self.strand.pop(self.at, self.number);
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
