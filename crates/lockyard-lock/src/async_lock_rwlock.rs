//! `async_lock::RwLock`: readers share, waiters yield their task, and a waiting writer holds back new readers.

use std::ops::DerefMut;

use async_lock::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::{AwaitFamily, LockClass, LockFamily, Policy, SharedLock, TryFamily};

/// The family of [`async_lock::RwLock`], which knows no runtime.
///
/// Writers are never starved by readers; among themselves they are as [`AsyncLockMutex`](super::AsyncLockMutex) has
/// it.
#[derive(Debug)]
pub struct AsyncLockRwLock;

impl LockFamily for AsyncLockRwLock {
    const NAME: &'static str = "async-lock-rwlock";
    const POLICY: Policy = Policy::WriterPreferring;
    const SHARED_READS: bool = true;
    type Lock<T: Clone + Send + Sync + 'static> = RwLock<T>;
}

impl AwaitFamily for AsyncLockRwLock {
    fn hold<T: Clone + Send + Sync + 'static>(
        lock: &RwLock<T>,
    ) -> impl Future<Output = impl DerefMut<Target = T> + Send> + Send {
        lock.write()
    }
}

impl TryFamily for AsyncLockRwLock {
    const BLOCKS: bool = false;

    fn try_write<T: Clone + Send + Sync + 'static>(
        lock: &Self::Lock<T>,
    ) -> Option<<Self::Lock<T> as SharedLock<T>>::Write<'_>> {
        lock.try_write()
    }
}

impl<T: Send + Sync + 'static> SharedLock<T> for RwLock<T> {
    type Read<'a> = RwLockReadGuard<'a, T>;
    type Write<'a> = RwLockWriteGuard<'a, T>;

    fn new(_: &'static LockClass, value: T) -> Self {
        RwLock::new(value)
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        self.try_read()
    }

    fn read(&self) -> impl Future<Output = Self::Read<'_>> + Send {
        self.read()
    }

    fn write(&self) -> impl Future<Output = Self::Write<'_>> + Send {
        self.write()
    }
}
