//! A semaphore whose waits and permits are reported.

use std::fmt;
use std::mem;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use real::sync as tokio;
use real::sync::{AcquireError, TryAcquireError};

use super::blocking::may_block;
use crate::resource::{Hold, Kind, Mode, Place, Resource};

/// tokio's [`Semaphore`](real::sync::Semaphore), whose permits are granted in the order of requests.
pub struct Semaphore {
    resource: Resource,
    /// Permits, free or held. A constant function cannot report them, so each acquisition does.
    total: AtomicUsize,
    inner: tokio::Semaphore,
}

/// Some permits, given back when this is dropped.
#[must_use]
#[clippy::has_significant_drop]
pub struct SemaphorePermit<'a> {
    // Dropped first: the next holder must not find permits free and yet noted as held.
    hold: Hold<'a>,
    inner: tokio::SemaphorePermit<'a>,
    semaphore: &'a Semaphore,
}

/// Some permits of a semaphore that is kept, given back when this is dropped.
///
/// tokio's permits are forgotten, and added again in the end, so that no lifetime is in the way.
#[must_use]
#[clippy::has_significant_drop]
pub struct OwnedSemaphorePermit {
    /// There until the drop.
    hold: Option<Hold<'static>>,
    semaphore: Arc<Semaphore>,
    /// More than a `u32`, where some were merged.
    permits: usize,
}

/// An `AcquireError` cannot be made: one who finds the semaphore closed asks again and is told by tokio.
fn tried<G>(tried: Result<G, TryAcquireError>) -> Option<Result<G, AcquireError>> {
    tried.ok().map(Ok)
}

impl Semaphore {
    /// The most permits that there can be.
    pub const MAX_PERMITS: usize = tokio::Semaphore::MAX_PERMITS;

    /// A semaphore with so many permits. Panics if those are too many.
    #[track_caller]
    pub fn new(permits: usize) -> Self {
        Self::made(tokio::Semaphore::new(permits), permits, Location::caller(), None).told()
    }

    /// The same, in a `const` or `static`.
    #[track_caller]
    pub const fn const_new(permits: usize) -> Self {
        Self::made(tokio::Semaphore::const_new(permits), permits, Location::caller(), None)
    }

    /// The same, with a name for reports.
    #[track_caller]
    pub fn named(name: &'static str, permits: usize) -> Self {
        Self::made(tokio::Semaphore::new(permits), permits, Location::caller(), Some(name)).told()
    }

    /// The same, in a `const` or `static` and with a name for reports.
    #[track_caller]
    pub const fn const_named(name: &'static str, permits: usize) -> Self {
        Self::made(tokio::Semaphore::const_new(permits), permits, Location::caller(), Some(name))
    }

    const fn made(inner: tokio::Semaphore, permits: usize, at: Place, name: Option<&'static str>) -> Self {
        Self { resource: Resource::new(Kind::Semaphore, at, name), total: AtomicUsize::new(permits), inner }
    }

    fn told(self) -> Self {
        self.tell();
        self
    }

    fn tell(&self) {
        // A number for reports; nothing is ordered by it.
        self.resource.permits(self.total.load(Ordering::Relaxed));
    }

    fn gone(&self, permits: usize) {
        self.total.fetch_sub(permits, Ordering::Relaxed);
        self.resource.access(true);
        self.tell();
    }

    /// How many permits are free.
    pub fn available_permits(&self) -> usize {
        self.resource.access(false);
        self.inner.available_permits()
    }

    /// Adds permits. Panics if there are too many then.
    pub fn add_permits(&self, n: usize) {
        self.total.fetch_add(n, Ordering::Relaxed);
        self.resource.access(true);
        self.tell();
        self.inner.add_permits(n);
    }

    /// Takes away at most so many of the free permits, and returns how many those were.
    pub fn forget_permits(&self, n: usize) -> usize {
        let permits = self.inner.forget_permits(n);
        self.gone(permits);
        permits
    }

    /// Waits for a permit. Cancelled, it loses its place in the queue.
    #[track_caller]
    pub fn acquire(&self) -> impl Future<Output = Result<SemaphorePermit<'_>, AcquireError>> {
        self.acquire_many(1)
    }

    /// Waits for so many permits at once. Cancelled, it loses its place in the queue.
    #[track_caller]
    pub fn acquire_many(&self, n: u32) -> impl Future<Output = Result<SemaphorePermit<'_>, AcquireError>> {
        let at = Location::caller();
        async move {
            self.tell();
            let again = || tried(self.inner.try_acquire_many(n));
            let future = || self.inner.acquire_many(n);
            let (inner, hold) = self.resource.acquire(Mode::Permits(n), false, at, again, future).await;
            Ok(SemaphorePermit { hold, inner: inner?, semaphore: self })
        }
    }

    /// Takes a permit if one is free.
    #[track_caller]
    pub fn try_acquire(&self) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        self.try_acquire_many(1)
    }

    /// Takes so many permits if they are free.
    #[track_caller]
    pub fn try_acquire_many(&self, n: u32) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        let (inner, hold) = self.tried(n, false, Location::caller())?;
        Ok(SemaphorePermit { hold, inner, semaphore: self })
    }

    fn tried(
        &self,
        n: u32,
        owned: bool,
        at: Place,
    ) -> Result<(tokio::SemaphorePermit<'_>, Hold<'_>), TryAcquireError> {
        self.tell();
        // That there were too few is something that was learned, too.
        let inner = self.inner.try_acquire_many(n).inspect_err(|_| self.resource.access(false))?;
        Ok((inner, self.resource.acquired(Mode::Permits(n), owned, at)))
    }

    /// Blocks the thread until it has a permit. Panics in an async context.
    #[track_caller]
    pub fn blocking_acquire(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.blocking_acquire_many(1)
    }

    /// Blocks the thread until it has so many permits. Panics in an async context.
    #[track_caller]
    pub fn blocking_acquire_many(&self, n: u32) -> Result<SemaphorePermit<'_>, AcquireError> {
        let (inner, hold) = self.blocked(n, false, Location::caller())?;
        Ok(SemaphorePermit { hold, inner, semaphore: self })
    }

    #[track_caller]
    fn blocked(
        &self,
        n: u32,
        owned: bool,
        at: Place,
    ) -> Result<(tokio::SemaphorePermit<'_>, Hold<'_>), AcquireError> {
        may_block();
        self.tell();
        let again = || tried(self.inner.try_acquire_many(n));
        let block = || self.inner.blocking_acquire_many(n);
        let (inner, hold) = self.resource.block(Mode::Permits(n), owned, at, again, block);
        Ok((inner?, hold))
    }

    /// [`acquire`](Self::acquire), with a permit that keeps the semaphore.
    #[track_caller]
    pub fn acquire_owned(
        self: Arc<Self>,
    ) -> impl Future<Output = Result<OwnedSemaphorePermit, AcquireError>> {
        self.acquire_many_owned(1)
    }

    /// [`acquire_many`](Self::acquire_many), with a permit that keeps the semaphore.
    #[track_caller]
    pub fn acquire_many_owned(
        self: Arc<Self>,
        n: u32,
    ) -> impl Future<Output = Result<OwnedSemaphorePermit, AcquireError>> {
        let at = Location::caller();
        async move {
            self.tell();
            let again = || tried(self.inner.try_acquire_many(n));
            let future = || self.inner.acquire_many(n);
            let (inner, hold) = self.resource.acquire(Mode::Permits(n), true, at, again, future).await;
            inner?.forget();
            Ok(OwnedSemaphorePermit::new(hold.kept(), n as usize, self))
        }
    }

    /// [`try_acquire`](Self::try_acquire), with a permit that keeps the semaphore.
    #[track_caller]
    pub fn try_acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.try_acquire_many_owned(1)
    }

    /// [`try_acquire_many`](Self::try_acquire_many), with a permit that keeps the semaphore.
    #[track_caller]
    pub fn try_acquire_many_owned(self: Arc<Self>, n: u32) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        let (inner, hold) = self.tried(n, true, Location::caller())?;
        inner.forget();
        Ok(OwnedSemaphorePermit::new(hold.kept(), n as usize, self))
    }

    /// [`blocking_acquire`](Self::blocking_acquire), with a permit that keeps the semaphore.
    #[track_caller]
    pub fn blocking_acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, AcquireError> {
        self.blocking_acquire_many_owned(1)
    }

    /// [`blocking_acquire_many`](Self::blocking_acquire_many), with a permit that keeps the semaphore.
    #[track_caller]
    pub fn blocking_acquire_many_owned(
        self: Arc<Self>,
        n: u32,
    ) -> Result<OwnedSemaphorePermit, AcquireError> {
        let (inner, hold) = self.blocked(n, true, Location::caller())?;
        inner.forget();
        Ok(OwnedSemaphorePermit::new(hold.kept(), n as usize, self))
    }

    /// Gives no more permits: all who wait get an error.
    pub fn close(&self) {
        self.resource.access(true);
        self.inner.close();
    }

    /// Whether it gives no more permits.
    pub fn is_closed(&self) -> bool {
        self.resource.access(false);
        self.inner.is_closed()
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.resource.access(false);
        self.inner.fmt(f)
    }
}

impl SemaphorePermit<'_> {
    /// The permits are gone for good.
    pub fn forget(self) {
        let permits = self.inner.num_permits();
        self.hold.forget();
        self.inner.forget();
        self.semaphore.gone(permits);
    }

    /// Takes the permits of another one. Panics if that is of another semaphore.
    #[track_caller]
    pub fn merge(&mut self, other: Self) {
        let Self { hold, inner, .. } = other;
        self.inner.merge(inner);
        self.hold.merge(hold);
    }

    /// Splits so many permits off, if there are so many.
    pub fn split(&mut self, n: usize) -> Option<Self> {
        let inner = self.inner.split(n)?;
        let hold = self.hold.split(n);
        Some(Self { hold, inner, semaphore: self.semaphore })
    }

    /// The semaphore.
    pub fn semaphore(&self) -> &Semaphore {
        self.semaphore
    }

    /// How many permits these are.
    pub fn num_permits(&self) -> usize {
        self.inner.num_permits()
    }
}

impl fmt::Debug for SemaphorePermit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl OwnedSemaphorePermit {
    fn new(hold: Hold<'static>, permits: usize, semaphore: Arc<Semaphore>) -> Self {
        Self { hold: Some(hold), semaphore, permits }
    }

    fn used(&self) {
        if let Some(hold) = &self.hold {
            hold.used();
        }
    }

    /// The permits are gone for good.
    pub fn forget(mut self) {
        let permits = mem::take(&mut self.permits);
        if let Some(hold) = self.hold.take() {
            hold.forget();
        }
        self.semaphore.gone(permits);
    }

    /// Takes the permits of another one. Panics if that is of another semaphore.
    #[track_caller]
    pub fn merge(&mut self, mut other: Self) {
        assert!(
            Arc::ptr_eq(&self.semaphore, &other.semaphore),
            "merging permits from different semaphore instances"
        );
        self.permits += mem::take(&mut other.permits);
        if let (Some(hold), Some(other)) = (&mut self.hold, other.hold.take()) {
            hold.merge(other);
        }
    }

    /// Splits so many permits off, if there are so many.
    pub fn split(&mut self, n: usize) -> Option<Self> {
        let rest = self.permits.checked_sub(n)?;
        let hold = self.hold.as_mut()?.split(n);
        self.permits = rest;
        Some(Self::new(hold, n, Arc::clone(&self.semaphore)))
    }

    /// The semaphore.
    pub fn semaphore(&self) -> &Arc<Semaphore> {
        self.used();
        &self.semaphore
    }

    /// How many permits these are.
    pub fn num_permits(&self) -> usize {
        self.used();
        self.permits
    }
}

impl Drop for OwnedSemaphorePermit {
    fn drop(&mut self) {
        drop(self.hold.take());
        self.semaphore.inner.add_permits(self.permits);
    }
}

#[expect(clippy::missing_fields_in_debug, reason = "it prints what tokio's does")]
impl fmt::Debug for OwnedSemaphorePermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedSemaphorePermit")
            .field("sem", &self.semaphore)
            .field("permits", &self.permits)
            .finish()
    }
}
