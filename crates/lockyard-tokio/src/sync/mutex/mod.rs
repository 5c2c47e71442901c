//! A mutex whose waits and holds are reported.

mod guard;
mod owned;

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use real::sync as tokio;
use real::sync::TryLockError;

pub use guard::{MappedMutexGuard, MutexGuard};
pub use owned::{OwnedMappedMutexGuard, OwnedMutexGuard};

use crate::resource::{Kind, Mode, Place, Resource, name_in_std};
use crate::sync::blocking::may_block;

/// tokio's [`Mutex`](real::sync::Mutex), which is granted in the order of requests.
pub struct Mutex<T: ?Sized> {
    resource: Resource,
    inner: tokio::Mutex<T>,
}

impl<T: ?Sized> Mutex<T> {
    /// A mutex that nobody holds.
    #[track_caller]
    pub fn new(t: T) -> Self
    where
        T: Sized,
    {
        Self::made(tokio::Mutex::new(t), Location::caller(), None)
    }

    /// The same, in a `const` or `static`.
    #[track_caller]
    pub const fn const_new(t: T) -> Self
    where
        T: Sized,
    {
        Self::made(tokio::Mutex::const_new(t), Location::caller(), None)
    }

    /// The same, with a name for reports.
    #[track_caller]
    pub fn named(name: &'static str, t: T) -> Self
    where
        T: Sized,
    {
        Self::made(tokio::Mutex::new(t), Location::caller(), Some(name))
    }

    /// The same, in a `const` or `static` and with a name for reports.
    #[track_caller]
    pub const fn const_named(name: &'static str, t: T) -> Self
    where
        T: Sized,
    {
        Self::made(tokio::Mutex::const_new(t), Location::caller(), Some(name))
    }

    const fn made(inner: tokio::Mutex<T>, at: Place, name: Option<&'static str>) -> Self
    where
        T: Sized,
    {
        Self { resource: Resource::new(Kind::Mutex, at, name), inner }
    }

    /// Waits until the mutex is free and locks it. Cancelled, it loses its place in the queue.
    #[track_caller]
    pub fn lock(&self) -> impl Future<Output = MutexGuard<'_, T>> {
        let at = Location::caller();
        async move {
            let again = || self.inner.try_lock().ok();
            let (inner, hold) =
                self.resource.acquire(Mode::Write, false, at, again, || self.inner.lock()).await;
            MutexGuard::new(hold, inner, self)
        }
    }

    /// Blocks the thread until the mutex is free and locks it. Panics in an async context.
    #[track_caller]
    pub fn blocking_lock(&self) -> MutexGuard<'_, T> {
        may_block();
        let again = || self.inner.try_lock().ok();
        let block = || self.inner.blocking_lock();
        let (inner, hold) = self.resource.block(Mode::Write, false, Location::caller(), again, block);
        MutexGuard::new(hold, inner, self)
    }

    /// [`blocking_lock`](Self::blocking_lock), with a guard that keeps the mutex.
    #[track_caller]
    pub fn blocking_lock_owned(self: Arc<Self>) -> OwnedMutexGuard<T> {
        may_block();
        let again = || self.inner.try_lock().ok();
        let block = || self.inner.blocking_lock();
        let (inner, hold) = self.resource.block(Mode::Write, true, Location::caller(), again, block);
        OwnedMutexGuard::new(hold, &self, inner)
    }

    /// [`lock`](Self::lock), with a guard that keeps the mutex.
    #[track_caller]
    pub fn lock_owned(self: Arc<Self>) -> impl Future<Output = OwnedMutexGuard<T>> {
        let at = Location::caller();
        async move {
            let again = || self.inner.try_lock().ok();
            let (inner, hold) =
                self.resource.acquire(Mode::Write, true, at, again, || self.inner.lock()).await;
            OwnedMutexGuard::new(hold, &self, inner)
        }
    }

    /// Locks the mutex if it is free.
    #[track_caller]
    pub fn try_lock(&self) -> Result<MutexGuard<'_, T>, TryLockError> {
        let inner = self.tried()?;
        Ok(MutexGuard::new(self.resource.acquired(Mode::Write, false, Location::caller()), inner, self))
    }

    /// [`try_lock`](Self::try_lock), with a guard that keeps the mutex.
    #[track_caller]
    pub fn try_lock_owned(self: Arc<Self>) -> Result<OwnedMutexGuard<T>, TryLockError> {
        let inner = self.tried()?;
        let hold = self.resource.acquired(Mode::Write, true, Location::caller());
        Ok(OwnedMutexGuard::new(hold, &self, inner))
    }

    fn tried(&self) -> Result<tokio::MutexGuard<'_, T>, TryLockError> {
        // That it was not free is something that was learned, too.
        self.inner.try_lock().inspect_err(|_| self.resource.access(false))
    }

    /// The value, of a mutex that nobody else has.
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

impl<T> From<T> for Mutex<T> {
    #[track_caller]
    fn from(s: T) -> Self {
        let at = Location::caller();
        Self::made(tokio::Mutex::new(s), at, name_in_std::<T>(at))
    }
}

impl<T> Default for Mutex<T>
where
    T: Default,
{
    #[track_caller]
    fn default() -> Self {
        let at = Location::caller();
        Self::made(tokio::Mutex::new(T::default()), at, name_in_std::<T>(at))
    }
}

impl<T: ?Sized> fmt::Debug for Mutex<T>
where
    T: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.resource.access(false);
        self.inner.fmt(f)
    }
}
