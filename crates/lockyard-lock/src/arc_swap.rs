//! A snapshot behind `arc_swap`: readers take the value that stands and never wait; a writer changes a copy.
//!
//! Reads cost no shared write at all, and every change costs a copy of the value. So it is worth its price where
//! copies are cheap or changes rare.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::{LockClass, LockFamily, Policy, SharedLock, TryFamily};
use crate::sync::{self, Guard, Mutex, MutexGuard};

/// The family of snapshots in an [`arc_swap::ArcSwap`].
///
/// Writers go one after another, by a mutex that blocks. What a writer has changed becomes the value when its guard
/// is dropped; until then readers see what was there before, and if the writer panics they continue to see that.
#[derive(Debug)]
pub struct ArcSwap;

impl LockFamily for ArcSwap {
    const NAME: &'static str = "arc-swap";
    const POLICY: Policy = Policy::Snapshot;
    const SHARED_READS: bool = true;
    const COPY_ON_WRITE: bool = true;
    type Lock<T: Clone + Send + Sync + 'static> = Snapshot<T>;
}

impl TryFamily for ArcSwap {
    const BLOCKS: bool = true;

    fn try_write<T: Clone + Send + Sync + 'static>(
        lock: &Self::Lock<T>,
    ) -> Option<<Self::Lock<T> as SharedLock<T>>::Write<'_>> {
        // The mutex before the copy: a value loaded first could be one that the writer before replaces meanwhile,
        // and its change would be lost in ours.
        let alone = lock.writing.try_lock()?;
        Some(SnapshotWrite::new(alone, &lock.current))
    }
}

/// A value whose readers do not wait.
pub struct Snapshot<T> {
    current: sync::ArcSwap<T>,
    writing: Mutex<()>,
}

/// The value as it stood when the guard was taken.
#[must_use = "what is not kept is not looked at"]
pub struct SnapshotRead<T>(Guard<Arc<T>>);

/// The value as it will stand when the guard is dropped.
#[must_use = "dropped at once, it changes nothing and lets the next writer in"]
pub struct SnapshotWrite<'a, T> {
    // The fields end in this order, so the next writer may come before the value that was replaced ends.
    _alone: MutexGuard<'a, ()>,
    current: &'a sync::ArcSwap<T>,
    /// Made by the first change. No reader has a handle to it.
    copy: Option<Arc<T>>,
    /// What stands until the copy takes its place.
    before: Arc<T>,
}

impl<'a, T> SnapshotWrite<'a, T> {
    fn new(alone: MutexGuard<'a, ()>, current: &'a sync::ArcSwap<T>) -> Self {
        Self { _alone: alone, current, copy: None, before: current.load_full() }
    }

    /// Makes the copy the value, if there is one and it is whole.
    fn swap(&mut self) {
        // A change that a panic has cut short is worse than none.
        if let Some(copy) = self.copy.take().filter(|_| !std::thread::panicking()) {
            // The swap publishes whole: it releases what was written to the copy, and a reader's load of the new pointer
            // acquires it. What it replaces is `before`, and so does not end here.
            self.current.swap(copy);
        }
    }
}

impl<T: Clone + Send + Sync + 'static> SharedLock<T> for Snapshot<T> {
    type Read<'a> = SnapshotRead<T>;
    type Write<'a> = SnapshotWrite<'a, T>;

    fn new(_: &'static LockClass, value: T) -> Self {
        Self { current: sync::ArcSwap::from_pointee(value), writing: Mutex::new(()) }
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        Some(SnapshotRead(self.current.load()))
    }

    async fn read(&self) -> Self::Read<'_> {
        SnapshotRead(self.current.load())
    }

    async fn write(&self) -> Self::Write<'_> {
        // The mutex before the copy, as in `try_write`.
        SnapshotWrite::new(self.writing.lock(), &self.current)
    }

    fn finish<'a>(
        &'a self,
        mut guard: SnapshotWrite<'a, T>,
        last: impl FnOnce(&T) + Send + 'a,
    ) -> impl Future<Output = ()> + Send + 'a {
        guard.swap();
        // What stands, be it a copy that has taken its place or, after a panic, what was there before; and before the mutex is
        // released: the next writer would be shown first.
        last(&self.current.load());
        std::future::ready(())
    }
}

impl<T> Deref for SnapshotRead<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Deref for SnapshotWrite<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.copy.as_ref().unwrap_or(&self.before)
    }
}

impl<T: Clone> DerefMut for SnapshotWrite<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // This guard is the copy's only owner, so `make_mut` makes no other.
        Arc::make_mut(self.copy.get_or_insert_with(|| Arc::new(T::clone(&self.before))))
    }
}

impl<T> Drop for SnapshotWrite<'_, T> {
    fn drop(&mut self) {
        self.swap();
    }
}
