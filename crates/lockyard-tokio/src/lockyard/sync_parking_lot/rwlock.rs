//! The reader-writer lock of `parking_lot`, whose waits and holds are reported.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::time::Duration;

use crate::kind::Kind;
use crate::lockyard::blocking_lock::{BlockingLock, Held};
use crate::resource::Mode;

/// [`parking_lot::RwLock`], which blocks the thread of who waits for it.
pub struct RwLock<T: ?Sized> {
    lock: BlockingLock,
    inner: parking_lot::RwLock<T>,
}

/// The lock is held beside other readers until this is dropped.
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    // Dropped first: the next holder must not find the lock free and yet noted as held.
    _held: Held<'a>,
    inner: parking_lot::RwLockReadGuard<'a, T>,
}

/// The lock is held alone until this is dropped.
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    // Dropped first, as above.
    held: Held<'a>,
    inner: parking_lot::RwLockWriteGuard<'a, T>,
}

impl<T> RwLock<T> {
    /// A lock that nobody holds.
    #[track_caller]
    pub const fn new(val: T) -> Self {
        let lock = BlockingLock::new(Kind::ParkingLotRwLock, Location::caller(), None);
        Self { lock, inner: parking_lot::RwLock::new(val) }
    }

    /// The same, with a name for reports.
    #[track_caller]
    pub const fn named(name: &'static str, val: T) -> Self {
        let lock = BlockingLock::new(Kind::ParkingLotRwLock, Location::caller(), Some(name));
        Self { lock, inner: parking_lot::RwLock::new(val) }
    }

    /// The value.
    pub fn into_inner(self) -> T {
        self.inner.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Blocks the thread until no writer is inside, and reads.
    #[track_caller]
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        let again = || self.inner.try_read();
        let (inner, held) = self.lock.lock(Mode::Read, Location::caller(), again, || self.inner.read());
        RwLockReadGuard { _held: held, inner }
    }

    /// Reads if no writer is inside.
    #[track_caller]
    pub fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
        let Some(inner) = self.inner.try_read() else {
            self.lock.looked_at();
            return None;
        };
        let held = self.lock.locked(Mode::Read, Location::caller());
        Some(RwLockReadGuard { _held: held, inner })
    }

    /// The same, and waits for so long at most. That wait is not seen, and in an explored run there is none.
    #[track_caller]
    pub fn try_read_for(&self, timeout: Duration) -> Option<RwLockReadGuard<'_, T>> {
        let inner = self.inner.try_read_for(self.lock.patience(timeout))?;
        let held = self.lock.locked(Mode::Read, Location::caller());
        Some(RwLockReadGuard { _held: held, inner })
    }

    /// Blocks the thread until nobody is inside, and writes.
    #[track_caller]
    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        let again = || self.inner.try_write();
        let (inner, held) = self.lock.lock(Mode::Write, Location::caller(), again, || self.inner.write());
        RwLockWriteGuard { held, inner }
    }

    /// Writes if nobody is inside.
    #[track_caller]
    pub fn try_write(&self) -> Option<RwLockWriteGuard<'_, T>> {
        let Some(inner) = self.inner.try_write() else {
            self.lock.looked_at();
            return None;
        };
        let held = self.lock.locked(Mode::Write, Location::caller());
        Some(RwLockWriteGuard { held, inner })
    }

    /// The same, and waits for so long at most. That wait is not seen, and in an explored run there is none.
    #[track_caller]
    pub fn try_write_for(&self, timeout: Duration) -> Option<RwLockWriteGuard<'_, T>> {
        let inner = self.inner.try_write_for(self.lock.patience(timeout))?;
        let held = self.lock.locked(Mode::Write, Location::caller());
        Some(RwLockWriteGuard { held, inner })
    }

    /// Whether somebody is inside.
    pub fn is_locked(&self) -> bool {
        self.lock.looked_at();
        self.inner.is_locked()
    }

    /// The value, of a lock that nobody else has.
    pub fn get_mut(&mut self) -> &mut T {
        self.inner.get_mut()
    }
}

impl<T> From<T> for RwLock<T> {
    #[track_caller]
    fn from(val: T) -> Self {
        Self::new(val)
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
        RwLockReadGuard { _held: held, inner: parking_lot::RwLockWriteGuard::downgrade(inner) }
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

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
