//! `tokio::sync::RwLock`: readers share, all are served in FIFO order.

use std::ops::DerefMut;

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::{AwaitFamily, LockClass, LockFamily, Policy, SharedLock, TryFamily};

/// The family of [`tokio::sync::RwLock`].
///
/// Its queue is fair: a reader that comes after a waiting writer waits behind it, so a task that reads twice can
/// deadlock with a writer in between.
#[derive(Debug)]
pub struct TokioRwLock;

impl LockFamily for TokioRwLock {
    const NAME: &'static str = "tokio-rwlock";
    const POLICY: Policy = Policy::FifoFair;
    const SHARED_READS: bool = true;
    type Lock<T: Clone + Send + Sync + 'static> = RwLock<T>;
}

impl AwaitFamily for TokioRwLock {
    fn hold<T: Clone + Send + Sync + 'static>(
        lock: &RwLock<T>,
    ) -> impl Future<Output = impl DerefMut<Target = T> + Send> + Send {
        lock.write()
    }
}

impl TryFamily for TokioRwLock {
    const BLOCKS: bool = false;

    fn try_write<T: Clone + Send + Sync + 'static>(
        lock: &Self::Lock<T>,
    ) -> Option<<Self::Lock<T> as SharedLock<T>>::Write<'_>> {
        lock.try_write().ok()
    }
}

impl<T: Send + Sync + 'static> SharedLock<T> for RwLock<T> {
    type Read<'a> = RwLockReadGuard<'a, T>;
    type Write<'a> = RwLockWriteGuard<'a, T>;

    fn new(_: &'static LockClass, value: T) -> Self {
        RwLock::new(value)
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        self.try_read().ok()
    }

    fn read(&self) -> impl Future<Output = Self::Read<'_>> + Send {
        self.read()
    }

    fn write(&self) -> impl Future<Output = Self::Write<'_>> + Send {
        self.write()
    }
}
