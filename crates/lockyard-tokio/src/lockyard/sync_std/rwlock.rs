//! The standard library's reader-writer lock, whose waits and holds are reported.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::{LockResult, TryLockError, TryLockResult};

use super::{at_once, map};
use crate::kind::Kind;
use crate::lockyard::blocking_lock::{BlockingLock, Held};
use crate::resource::Mode;

/// [`std::sync::RwLock`], which blocks the thread of who waits for it.
pub struct RwLock<T: ?Sized> {
    lock: BlockingLock,
    inner: std::sync::RwLock<T>,
}

/// The lock is held beside other readers until this is dropped.
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    // Dropped first: the next holder must not find the lock free and yet noted as held.
    _held: Held<'a>,
    inner: std::sync::RwLockReadGuard<'a, T>,
}

/// The lock is held alone until this is dropped.
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    // Dropped first, as above.
    held: Held<'a>,
    inner: std::sync::RwLockWriteGuard<'a, T>,
}

impl<T> RwLock<T> {
    /// A lock that nobody holds.
    #[track_caller]
    pub const fn new(t: T) -> Self {
        let lock = BlockingLock::new(Kind::StdRwLock, Location::caller(), None);
        Self { lock, inner: std::sync::RwLock::new(t) }
    }

    /// The same, with a name for reports.
    #[track_caller]
    pub const fn named(name: &'static str, t: T) -> Self {
        let lock = BlockingLock::new(Kind::StdRwLock, Location::caller(), Some(name));
        Self { lock, inner: std::sync::RwLock::new(t) }
    }

    /// The value.
    ///
    /// # Errors
    /// With the value, if the lock is poisoned.
    pub fn into_inner(self) -> LockResult<T> {
        self.inner.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Blocks the thread until no writer is inside, and reads.
    ///
    /// # Errors
    /// With the guard, if the lock is poisoned.
    #[track_caller]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        let again = || at_once(self.inner.try_read());
        let (got, held) = self.lock.lock(Mode::Read, Location::caller(), again, || self.inner.read());
        map(got, |inner| RwLockReadGuard { _held: held, inner })
    }

    /// Blocks the thread until nobody is inside, and writes.
    ///
    /// # Errors
    /// With the guard, if the lock is poisoned.
    #[track_caller]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        let again = || at_once(self.inner.try_write());
        let (got, held) = self.lock.lock(Mode::Write, Location::caller(), again, || self.inner.write());
        map(got, |inner| RwLockWriteGuard { held, inner })
    }

    /// Reads if no writer is inside.
    ///
    /// # Errors
    /// If one is; with the guard, if the lock is poisoned.
    #[track_caller]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        let Some(got) = at_once(self.inner.try_read()) else {
            self.lock.looked_at();
            return Err(TryLockError::WouldBlock);
        };
        let held = self.lock.locked(Mode::Read, Location::caller());
        Ok(map(got, |inner| RwLockReadGuard { _held: held, inner })?)
    }

    /// Writes if nobody is inside.
    ///
    /// # Errors
    /// If somebody is; with the guard, if the lock is poisoned.
    #[track_caller]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        let Some(got) = at_once(self.inner.try_write()) else {
            self.lock.looked_at();
            return Err(TryLockError::WouldBlock);
        };
        let held = self.lock.locked(Mode::Write, Location::caller());
        Ok(map(got, |inner| RwLockWriteGuard { held, inner })?)
    }

    /// Whether a thread has panicked while it wrote.
    pub fn is_poisoned(&self) -> bool {
        self.inner.is_poisoned()
    }

    /// It is as if no thread had.
    pub fn clear_poison(&self) {
        self.inner.clear_poison();
    }

    /// The value, of a lock that nobody else has.
    ///
    /// # Errors
    /// With the value, if the lock is poisoned.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        self.inner.get_mut()
    }
}

impl<T> From<T> for RwLock<T> {
    #[track_caller]
    fn from(t: T) -> Self {
        Self::new(t)
    }
}

impl<T: Default> Default for RwLock<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lock.looked_at();
        self.inner.fmt(f)
    }
}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// Others may read, too, from now on.
    pub fn downgrade(this: Self) -> RwLockReadGuard<'a, T> {
        let Self { mut held, inner } = this;
        // Before the lock lets readers in.
        held.downgrade();
        RwLockReadGuard { _held: held, inner: std::sync::RwLockWriteGuard::downgrade(inner) }
    }
}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
