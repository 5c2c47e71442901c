//! `Tracked<F>`: a family around any family, whose locks report their use to the tracker.

use std::marker::PhantomData;
use std::ops::DerefMut;
use std::panic::Location;
use std::sync::Arc;

use lockyard_lock::{AwaitFamily, LockClass, LockFamily, LockOf, Policy, SharedLock, TryFamily};

use super::acquire;
use super::ends::Ends;
use super::guard::TrackedGuard;
use super::lock::Lock;
use super::mode::Mode;
use super::strand::Strand;
use super::tracker::Tracker;

/// The family `F`, tracked. Grants what `F` grants, in the order in which `F` does.
///
/// One difference: an acquisition that need not wait is made by trying, and so spends none of tokio's cooperative budget.
/// Another: where waiting for a lock that blocks would close a cycle, or would block the thread that has to resume the
/// lock's holder, the wait yields instead, so that the program can still end.
pub struct Tracked<F>(PhantomData<fn() -> F>);

impl<F: TryFamily> LockFamily for Tracked<F> {
    const NAME: &'static str = F::NAME;
    const POLICY: Policy = F::POLICY;
    const SHARED_READS: bool = F::SHARED_READS;
    const COPY_ON_WRITE: bool = F::COPY_ON_WRITE;
    type Lock<T: Clone + Send + Sync + 'static> = TrackedLock<F, T>;
}

/// A lock of family `F` around a `T`, tracked.
pub struct TrackedLock<F: LockFamily, T: Clone + Send + Sync + 'static> {
    inner: LockOf<F, T>,
    lock: Arc<Lock>,
}

impl<F: TryFamily, T: Clone + Send + Sync + 'static> TrackedLock<F, T> {
    fn read_mode() -> Mode {
        match F::POLICY {
            Policy::Snapshot => Mode::Look,
            _ if F::SHARED_READS => Mode::Read,
            _ => Mode::Write,
        }
    }
}

impl<F: TryFamily, T: Clone + Send + Sync + 'static> SharedLock<T> for TrackedLock<F, T> {
    type Read<'a> = TrackedGuard<'a, <LockOf<F, T> as SharedLock<T>>::Read<'a>>;
    type Write<'a> = TrackedGuard<'a, <LockOf<F, T> as SharedLock<T>>::Write<'a>>;

    fn new(class: &'static LockClass, value: T) -> Self {
        let lock = Lock::new(Tracker::current(), class, F::NAME, F::POLICY, F::BLOCKS, Ends::Unlock);
        Self { inner: SharedLock::new(class, value), lock }
    }

    #[track_caller]
    fn try_read(&self) -> Option<Self::Read<'_>> {
        let taken = self.lock.taken(Self::read_mode(), Location::caller());
        let ahead = self.lock.last_queued();
        let guard = self.inner.try_read()?;
        if !self.lock.tracker.is_on() {
            return Some(TrackedGuard::untracked(&self.lock, guard));
        }
        let granted = acquire::without_order(&self.lock, taken, ahead);
        Some(TrackedGuard::new(granted, &self.lock, guard))
    }

    #[track_caller]
    fn read(&self) -> impl Future<Output = Self::Read<'_>> + Send {
        let (mode, at) = (Self::read_mode(), Location::caller());
        async move {
            if !self.lock.tracker.is_on() {
                return TrackedGuard::untracked(&self.lock, self.inner.read().await);
            }
            let ahead = self.lock.last_queued();
            if let Some(guard) = self.inner.try_read() {
                let granted = acquire::at_once(&self.lock, self.lock.taken(mode, at), ahead);
                return TrackedGuard::new(granted, &self.lock, guard);
            }
            let strand = Strand::current(&self.lock.tracker);
            let (again, taken) = (|| self.inner.try_read(), self.lock.taken(mode, at));
            let held = |guard, granted| TrackedGuard::new(granted, &self.lock, guard);
            acquire::waited(&self.lock, strand, taken, again, self.inner.read(), held).await
        }
    }

    #[track_caller]
    fn write(&self) -> impl Future<Output = Self::Write<'_>> + Send {
        let at = Location::caller();
        async move {
            if !self.lock.tracker.is_on() {
                return TrackedGuard::untracked(&self.lock, self.inner.write().await);
            }
            let ahead = self.lock.last_queued();
            if let Some(guard) = F::try_write(&self.inner) {
                let granted = acquire::at_once(&self.lock, self.lock.taken(Mode::Write, at), ahead);
                return TrackedGuard::new(granted, &self.lock, guard);
            }
            let strand = Strand::current(&self.lock.tracker);
            let (again, taken) = (|| F::try_write(&self.inner), self.lock.taken(Mode::Write, at));
            let held = |guard, granted| TrackedGuard::new(granted, &self.lock, guard);
            acquire::waited(&self.lock, strand, taken, again, self.inner.write(), held).await
        }
    }

    #[track_caller]
    fn finish<'a>(
        &'a self,
        guard: Self::Write<'a>,
        last: impl FnOnce(&T) + Send + 'a,
    ) -> impl Future<Output = ()> + Send + 'a {
        let (guard, released) = guard.into_parts();
        let finishing = self.inner.finish(guard, last);
        async move {
            finishing.await;
            drop(released);
        }
    }
}

/// Trying does not wait: no order comes of it, and what it gets is held.
impl<F: TryFamily> TryFamily for Tracked<F> {
    const BLOCKS: bool = F::BLOCKS;

    #[track_caller]
    fn try_write<T: Clone + Send + Sync + 'static>(
        lock: &TrackedLock<F, T>,
    ) -> Option<<TrackedLock<F, T> as SharedLock<T>>::Write<'_>> {
        let taken = lock.lock.taken(Mode::Write, Location::caller());
        let ahead = lock.lock.last_queued();
        let guard = F::try_write(&lock.inner)?;
        if !lock.lock.tracker.is_on() {
            return Some(TrackedGuard::untracked(&lock.lock, guard));
        }
        let granted = acquire::without_order(&lock.lock, taken, ahead);
        Some(TrackedGuard::new(granted, &lock.lock, guard))
    }
}

impl<F: TryFamily + AwaitFamily> AwaitFamily for Tracked<F> {
    #[track_caller]
    fn hold<T: Clone + Send + Sync + 'static>(
        lock: &TrackedLock<F, T>,
    ) -> impl Future<Output = impl DerefMut<Target = T> + Send> + Send {
        let at = Location::caller();
        async move {
            if !lock.lock.tracker.is_on() {
                return TrackedGuard::untracked(&lock.lock, F::hold(&lock.inner).await);
            }
            let strand = Strand::current(&lock.lock.tracker);
            // Trying would give a guard that is not known to be `Send`: even a lock that is free is asked through its queue.
            let taken = lock.lock.taken(Mode::Write, at);
            let held = |guard, granted| TrackedGuard::new(granted, &lock.lock, guard);
            acquire::waited(&lock.lock, strand, taken, || None, F::hold(&lock.inner), held).await
        }
    }
}
