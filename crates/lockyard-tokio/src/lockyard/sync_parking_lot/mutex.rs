//! The mutex of `parking_lot`, whose waits and holds are reported.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::time::Duration;

use crate::kind::Kind;
use crate::lockyard::blocking_lock::{BlockingLock, Held};
use crate::resource::Mode;

/// [`parking_lot::Mutex`], which blocks the thread of who waits for it.
pub struct Mutex<T: ?Sized> {
    lock: BlockingLock,
    inner: parking_lot::Mutex<T>,
}

/// The mutex is locked until this is dropped.
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MutexGuard<'a, T: ?Sized> {
    // Dropped first: the next holder must not find the lock free and yet noted as held.
    _held: Held<'a>,
    inner: parking_lot::MutexGuard<'a, T>,
}

impl<T> Mutex<T> {
    /// A mutex that nobody holds.
    #[track_caller]
    pub const fn new(val: T) -> Self {
        let lock = BlockingLock::new(Kind::ParkingLotMutex, Location::caller(), None);
        Self { lock, inner: parking_lot::Mutex::new(val) }
    }

    /// The same, with a name for reports.
    #[track_caller]
    pub const fn named(name: &'static str, val: T) -> Self {
        let lock = BlockingLock::new(Kind::ParkingLotMutex, Location::caller(), Some(name));
        Self { lock, inner: parking_lot::Mutex::new(val) }
    }

    /// The value.
    pub fn into_inner(self) -> T {
        self.inner.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Blocks the thread until the mutex is free and locks it.
    #[track_caller]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        let again = || self.inner.try_lock();
        let (inner, held) = self.lock.lock(Mode::Write, Location::caller(), again, || self.inner.lock());
        MutexGuard { _held: held, inner }
    }

    /// Locks the mutex if it is free.
    #[track_caller]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        let Some(inner) = self.inner.try_lock() else {
            self.lock.looked_at();
            return None;
        };
        let held = self.lock.locked(Mode::Write, Location::caller());
        Some(MutexGuard { _held: held, inner })
    }

    /// The same, and waits for so long at most. That wait is not seen, and in an explored run there is none.
    #[track_caller]
    pub fn try_lock_for(&self, timeout: Duration) -> Option<MutexGuard<'_, T>> {
        let inner = self.inner.try_lock_for(self.lock.patience(timeout))?;
        let held = self.lock.locked(Mode::Write, Location::caller());
        Some(MutexGuard { _held: held, inner })
    }

    /// Whether somebody holds it.
    pub fn is_locked(&self) -> bool {
        self.lock.looked_at();
        self.inner.is_locked()
    }

    /// The value, of a mutex that nobody else has.
    pub fn get_mut(&mut self) -> &mut T {
        self.inner.get_mut()
    }
}

impl<T> From<T> for Mutex<T> {
    #[track_caller]
    fn from(val: T) -> Self {
        Self::new(val)
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
