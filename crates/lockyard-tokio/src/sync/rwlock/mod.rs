//! A read-write lock whose waits and holds are reported.

mod owned_read;
mod owned_write;
mod read;
mod write;

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use real::sync as tokio;
use real::sync::TryLockError;

pub use owned_read::OwnedRwLockReadGuard;
pub use owned_write::{OwnedRwLockMappedWriteGuard, OwnedRwLockWriteGuard};
pub use read::RwLockReadGuard;
pub use write::{RwLockMappedWriteGuard, RwLockWriteGuard};

use crate::resource::{Kind, Mode, Place, Resource, name_in_std};
use crate::sync::blocking::may_block;

/// tokio's [`RwLock`](real::sync::RwLock), which is granted in the order of requests.
pub struct RwLock<T: ?Sized> {
    resource: Resource,
    inner: tokio::RwLock<T>,
}

impl<T: ?Sized> RwLock<T> {
    /// A lock that nobody holds.
    #[track_caller]
    pub fn new(value: T) -> RwLock<T>
    where
        T: Sized,
    {
        Self::made(tokio::RwLock::new(value), Location::caller(), None)
    }

    /// The same, for at most so many readers at once. Panics if that is more than tokio can count.
    #[track_caller]
    pub fn with_max_readers(value: T, max_reads: u32) -> RwLock<T>
    where
        T: Sized,
    {
        Self::made(tokio::RwLock::with_max_readers(value, max_reads), Location::caller(), None)
    }

    /// [`new`](Self::new), in a `const` or `static`.
    #[track_caller]
    pub const fn const_new(value: T) -> RwLock<T>
    where
        T: Sized,
    {
        Self::made(tokio::RwLock::const_new(value), Location::caller(), None)
    }

    /// [`with_max_readers`](Self::with_max_readers), in a `const` or `static`.
    #[track_caller]
    pub const fn const_with_max_readers(value: T, max_reads: u32) -> RwLock<T>
    where
        T: Sized,
    {
        Self::made(tokio::RwLock::const_with_max_readers(value, max_reads), Location::caller(), None)
    }

    /// [`new`](Self::new), with a name for reports.
    #[track_caller]
    pub fn named(name: &'static str, value: T) -> RwLock<T>
    where
        T: Sized,
    {
        Self::made(tokio::RwLock::new(value), Location::caller(), Some(name))
    }

    /// [`const_new`](Self::const_new), with a name for reports.
    #[track_caller]
    pub const fn const_named(name: &'static str, value: T) -> RwLock<T>
    where
        T: Sized,
    {
        Self::made(tokio::RwLock::const_new(value), Location::caller(), Some(name))
    }

    const fn made(inner: tokio::RwLock<T>, at: Place, name: Option<&'static str>) -> RwLock<T>
    where
        T: Sized,
    {
        Self { resource: Resource::new(Kind::RwLock, at, name), inner }
    }

    /// Waits until no writer holds the lock or stands before, and reads. Cancelled, it loses its place in the queue.
    #[track_caller]
    pub fn read(&self) -> impl Future<Output = RwLockReadGuard<'_, T>> {
        let at = Location::caller();
        async move {
            let again = || self.inner.try_read().ok();
            let (inner, hold) =
                self.resource.acquire(Mode::Read, false, at, again, || self.inner.read()).await;
            RwLockReadGuard::new(hold, inner)
        }
    }

    /// Blocks the thread until it may read. Panics in an async context.
    #[track_caller]
    pub fn blocking_read(&self) -> RwLockReadGuard<'_, T> {
        may_block();
        let again = || self.inner.try_read().ok();
        let block = || self.inner.blocking_read();
        let (inner, hold) = self.resource.block(Mode::Read, false, Location::caller(), again, block);
        RwLockReadGuard::new(hold, inner)
    }

    /// [`read`](Self::read), with a guard that keeps the lock.
    #[track_caller]
    pub fn read_owned(self: Arc<Self>) -> impl Future<Output = OwnedRwLockReadGuard<T>> {
        let at = Location::caller();
        async move {
            let again = || self.inner.try_read().ok();
            let (inner, hold) =
                self.resource.acquire(Mode::Read, true, at, again, || self.inner.read()).await;
            OwnedRwLockReadGuard::new(hold, &self, inner)
        }
    }

    /// Reads if nobody writes or waits to.
    #[track_caller]
    pub fn try_read(&self) -> Result<RwLockReadGuard<'_, T>, TryLockError> {
        let inner = self.tried(self.inner.try_read())?;
        Ok(RwLockReadGuard::new(self.resource.acquired(Mode::Read, false, Location::caller()), inner))
    }

    /// [`try_read`](Self::try_read), with a guard that keeps the lock.
    #[track_caller]
    pub fn try_read_owned(self: Arc<Self>) -> Result<OwnedRwLockReadGuard<T>, TryLockError> {
        let inner = self.tried(self.inner.try_read())?;
        let hold = self.resource.acquired(Mode::Read, true, Location::caller());
        Ok(OwnedRwLockReadGuard::new(hold, &self, inner))
    }

    /// Waits until nobody holds the lock or stands before, and writes. Cancelled, it loses its place in the queue.
    #[track_caller]
    pub fn write(&self) -> impl Future<Output = RwLockWriteGuard<'_, T>> {
        let at = Location::caller();
        async move {
            let again = || self.inner.try_write().ok();
            let (inner, hold) =
                self.resource.acquire(Mode::Write, false, at, again, || self.inner.write()).await;
            RwLockWriteGuard::new(hold, inner)
        }
    }

    /// Blocks the thread until it may write. Panics in an async context.
    #[track_caller]
    pub fn blocking_write(&self) -> RwLockWriteGuard<'_, T> {
        may_block();
        let again = || self.inner.try_write().ok();
        let block = || self.inner.blocking_write();
        let (inner, hold) = self.resource.block(Mode::Write, false, Location::caller(), again, block);
        RwLockWriteGuard::new(hold, inner)
    }

    /// [`write`](Self::write), with a guard that keeps the lock.
    #[track_caller]
    pub fn write_owned(self: Arc<Self>) -> impl Future<Output = OwnedRwLockWriteGuard<T>> {
        let at = Location::caller();
        async move {
            let again = || self.inner.try_write().ok();
            let (inner, hold) =
                self.resource.acquire(Mode::Write, true, at, again, || self.inner.write()).await;
            OwnedRwLockWriteGuard::new(hold, &self, inner)
        }
    }

    /// Writes if nobody holds the lock.
    #[track_caller]
    pub fn try_write(&self) -> Result<RwLockWriteGuard<'_, T>, TryLockError> {
        let inner = self.tried(self.inner.try_write())?;
        Ok(RwLockWriteGuard::new(self.resource.acquired(Mode::Write, false, Location::caller()), inner))
    }

    /// [`try_write`](Self::try_write), with a guard that keeps the lock.
    #[track_caller]
    pub fn try_write_owned(self: Arc<Self>) -> Result<OwnedRwLockWriteGuard<T>, TryLockError> {
        let inner = self.tried(self.inner.try_write())?;
        let hold = self.resource.acquired(Mode::Write, true, Location::caller());
        Ok(OwnedRwLockWriteGuard::new(hold, &self, inner))
    }

    fn tried<G>(&self, tried: Result<G, TryLockError>) -> Result<G, TryLockError> {
        // That it was not free is something that was learned, too.
        tried.inspect_err(|_| self.resource.access(false))
    }

    /// The value, of a lock that nobody else has.
    pub fn get_mut(&mut self) -> &mut T {
        self.inner.get_mut()
    }

    /// The value.
    pub fn into_inner(self) -> T
    where
        T: Sized,
    {
        self.inner.into_inner()
    }
}

impl<T> From<T> for RwLock<T> {
    #[track_caller]
    fn from(s: T) -> Self {
        let at = Location::caller();
        Self::made(tokio::RwLock::new(s), at, name_in_std::<T>(at))
    }
}

impl<T> Default for RwLock<T>
where
    T: Default,
{
    #[track_caller]
    fn default() -> Self {
        let at = Location::caller();
        Self::made(tokio::RwLock::new(T::default()), at, name_in_std::<T>(at))
    }
}

impl<T: ?Sized> fmt::Debug for RwLock<T>
where
    T: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.resource.access(false);
        self.inner.fmt(f)
    }
}
