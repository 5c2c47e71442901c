//! The standard library's mutex, whose waits and holds are reported.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::{LockResult, TryLockError, TryLockResult};

use super::{at_once, map};
use crate::kind::Kind;
use crate::lockyard::blocking_lock::{BlockingLock, Held};
use crate::resource::{Mode, Place};

/// [`std::sync::Mutex`], which blocks the thread of who waits for it.
pub struct Mutex<T: ?Sized> {
    lock: BlockingLock,
    inner: std::sync::Mutex<T>,
}

/// The mutex is locked until this is dropped.
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MutexGuard<'a, T: ?Sized> {
    // Dropped first: the next holder must not find the lock free and yet noted as held.
    held: Held<'a>,
    inner: std::sync::MutexGuard<'a, T>,
    lock: &'a BlockingLock,
    at: Place,
}

impl<T> Mutex<T> {
    /// A mutex that nobody holds.
    #[track_caller]
    pub const fn new(t: T) -> Self {
        let lock = BlockingLock::new(Kind::StdMutex, Location::caller(), None);
        Self { lock, inner: std::sync::Mutex::new(t) }
    }

    /// The same, with a name for reports.
    #[track_caller]
    pub const fn named(name: &'static str, t: T) -> Self {
        let lock = BlockingLock::new(Kind::StdMutex, Location::caller(), Some(name));
        Self { lock, inner: std::sync::Mutex::new(t) }
    }

    /// The value.
    ///
    /// # Errors
    /// With the value, if the mutex is poisoned.
    pub fn into_inner(self) -> LockResult<T> {
        self.inner.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Blocks the thread until the mutex is free and locks it.
    ///
    /// # Errors
    /// With the guard, if the mutex is poisoned.
    #[track_caller]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let at = Location::caller();
        let again = || at_once(self.inner.try_lock());
        let (got, held) = self.lock.lock(Mode::Write, at, again, || self.inner.lock());
        map(got, |inner| MutexGuard { held, inner, lock: &self.lock, at })
    }

    /// Locks the mutex if it is free.
    ///
    /// # Errors
    /// If it is not free; with the guard, if it is poisoned.
    #[track_caller]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        let Some(got) = at_once(self.inner.try_lock()) else {
            self.lock.looked_at();
            return Err(TryLockError::WouldBlock);
        };
        let at = Location::caller();
        let held = self.lock.locked(Mode::Write, at);
        Ok(map(got, |inner| MutexGuard { held, inner, lock: &self.lock, at })?)
    }

    /// Whether a thread has panicked while it held the mutex.
    pub fn is_poisoned(&self) -> bool {
        self.inner.is_poisoned()
    }

    /// It is as if no thread had.
    pub fn clear_poison(&self) {
        self.inner.clear_poison();
    }

    /// The value, of a mutex that nobody else has.
    ///
    /// # Errors
    /// With the value, if the mutex is poisoned.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        self.inner.get_mut()
    }
}

impl<T> From<T> for Mutex<T> {
    #[track_caller]
    fn from(t: T) -> Self {
        Self::new(t)
    }
}

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lock.looked_at();
        self.inner.fmt(f)
    }
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// For a condition variable: the mutex is unlocked by `wait`, and locked again after it.
    pub(super) fn unlocked<R>(
        self,
        wait: impl FnOnce(std::sync::MutexGuard<'a, T>) -> R,
    ) -> (R, impl FnOnce(std::sync::MutexGuard<'a, T>) -> Self) {
        let Self { held, inner, lock, at } = self;
        drop(held);
        let result = wait(inner);
        (result, move |inner| Self { held: lock.locked(Mode::Write, at), inner, lock, at })
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
