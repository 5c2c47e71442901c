//! Snapshots that do one step of a write otherwise than `arc_swap.rs` of `lockyard-lock`: over each of them what is published
//! contradicts the lock.

use std::future::ready;
use std::marker::PhantomData;

use lockyard::lock::{ArcSwap, LockClass, LockFamily, LockOf, Policy, SharedLock};

type Inner<T> = LockOf<ArcSwap, T>;
type Guard<'a, T> = <Inner<T> as SharedLock<T>>::Write<'a>;

/// The step that is another one.
pub trait SnapshotFault: Send + Sync + 'static {
    /// Ends a write.
    fn finish<T: Clone + Send + Sync + 'static>(
        lock: &Inner<T>,
        guard: Guard<'_, T>,
        last: impl FnOnce(&T) + Send,
    );
}

/// Shows the copy while readers still see what was there before.
pub struct ShownBeforeTheSwap;

impl SnapshotFault for ShownBeforeTheSwap {
    fn finish<T: Clone + Send + Sync + 'static>(
        _: &Inner<T>,
        guard: Guard<'_, T>,
        last: impl FnOnce(&T) + Send,
    ) {
        last(&guard);
    }
}

/// Lets the next writer in, and then shows what stands.
pub struct ShownAfterTheRelease;

impl SnapshotFault for ShownAfterTheRelease {
    fn finish<T: Clone + Send + Sync + 'static>(
        lock: &Inner<T>,
        guard: Guard<'_, T>,
        last: impl FnOnce(&T) + Send,
    ) {
        drop(guard);
        last(&lock.try_read().expect("a snapshot can always be read"));
    }
}

/// The family with this fault.
pub struct FaultySnapshots<M>(PhantomData<fn() -> M>);

/// A lock of it.
pub struct FaultySnapshot<M, T: Clone + Send + Sync + 'static>(Inner<T>, PhantomData<fn() -> M>);

impl<M: SnapshotFault> LockFamily for FaultySnapshots<M> {
    const NAME: &'static str = "faulty-snapshots";
    const POLICY: Policy = Policy::Snapshot;
    const SHARED_READS: bool = true;
    const COPY_ON_WRITE: bool = true;
    type Lock<T: Clone + Send + Sync + 'static> = FaultySnapshot<M, T>;
}

impl<M: SnapshotFault, T: Clone + Send + Sync + 'static> SharedLock<T> for FaultySnapshot<M, T> {
    type Read<'a> = <Inner<T> as SharedLock<T>>::Read<'a>;
    type Write<'a> = Guard<'a, T>;

    fn new(class: &'static LockClass, value: T) -> Self {
        Self(SharedLock::new(class, value), PhantomData)
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        self.0.try_read()
    }

    fn read(&self) -> impl Future<Output = Self::Read<'_>> + Send {
        self.0.read()
    }

    fn write(&self) -> impl Future<Output = Self::Write<'_>> + Send {
        self.0.write()
    }

    fn finish<'a>(
        &'a self,
        guard: Self::Write<'a>,
        last: impl FnOnce(&T) + Send + 'a,
    ) -> impl Future<Output = ()> + Send + 'a {
        M::finish(&self.0, guard, last);
        ready(())
    }
}
