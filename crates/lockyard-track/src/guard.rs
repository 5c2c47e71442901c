//! The guard of a tracked lock.

use std::ops::{Deref, DerefMut};

use super::granted::Granted;
use super::lock::Lock;

/// A guard, whose release is noted.
///
/// It may go to another task; what it holds is then still counted as held by the task that took it.
#[must_use = "the lock is let go when it is dropped"]
pub struct TrackedGuard<'a, G> {
    // Dropped in this order: the next holder must not find the lock free and yet noted as held.
    /// Nothing while tracking is switched off.
    held: Option<Held<'a>>,
    guard: G,
    released: Released<'a>,
}

struct Held<'a> {
    granted: Granted,
    lock: &'a Lock,
}

/// Notes when it is dropped that the guard has ended.
pub(super) struct Released<'a>(&'a Lock);

impl<'a, G> TrackedGuard<'a, G> {
    #[inline]
    pub(super) fn new(granted: Granted, lock: &'a Lock, guard: G) -> Self {
        let held = Held { granted, lock };
        Self { held: Some(held), guard, released: Released(lock) }
    }

    /// The lock was taken while tracking is switched off.
    #[inline]
    pub(super) fn untracked(lock: &'a Lock, guard: G) -> Self {
        lock.taken_untracked();
        Self { held: None, guard, released: Released(lock) }
    }

    /// The guard inside, to be ended by its own means, and what notes that it has ended. That it is held is noted no more.
    pub(super) fn into_parts(self) -> (G, Released<'a>) {
        let Self { held, guard, released } = self;
        drop(held);
        (guard, released)
    }
}

impl Drop for Held<'_> {
    #[inline]
    fn drop(&mut self) {
        self.granted.end(self.lock);
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
