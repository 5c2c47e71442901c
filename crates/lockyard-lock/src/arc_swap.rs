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
        Some(SnapshotWrite { _alone: alone, current: &lock.current, next: lock.current.load_full() })
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
#[must_use = "dropped at once, it stores what stood there before and lets the next writer in"]
pub struct SnapshotWrite<'a, T> {
    // The fields end in this order, so the next writer may come before the value that was replaced ends.
    _alone: MutexGuard<'a, ()>,
    current: &'a sync::ArcSwap<T>,
    /// Shared with the readers until the first change, which makes it a copy of our own.
    next: Arc<T>,
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
        let alone = self.writing.lock();
        SnapshotWrite { _alone: alone, current: &self.current, next: self.current.load_full() }
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
        &self.next
    }
}

impl<T: Clone> DerefMut for SnapshotWrite<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // The first call copies, for `current` has a handle to the same value. From then on this guard is the only
        // owner: readers take handles of what is in `current`, never of the copy.
        Arc::make_mut(&mut self.next)
    }
}

impl<T> Drop for SnapshotWrite<'_, T> {
    fn drop(&mut self) {
        // A change that a panic has cut short is worse than none.
        if !std::thread::panicking() {
            // The old value goes into `next` and so ends after the mutex was released. The swap publishes whole: it
            // releases what was written to the copy, and a reader's load of the new pointer acquires it.
            self.next = self.current.swap(Arc::clone(&self.next));
        }
    }
}
