//! `async_lock::Mutex`: waiters yield their task, and a running task may overtake them.

use std::ops::DerefMut;

use async_lock::{Mutex, MutexGuard};

use super::{AwaitFamily, LockClass, LockFamily, Policy, SharedLock, TryFamily};

/// The family of [`async_lock::Mutex`], which knows no runtime.
///
/// Fair only in the end: a waiter that has starved for half a millisecond is served before those that come later.
#[derive(Debug)]
pub struct AsyncLockMutex;

impl LockFamily for AsyncLockMutex {
    const NAME: &'static str = "async-lock-mutex";
    const POLICY: Policy = Policy::Unfair;
    const SHARED_READS: bool = false;
    type Lock<T: Clone + Send + Sync + 'static> = Mutex<T>;
}

impl AwaitFamily for AsyncLockMutex {
    fn hold<T: Clone + Send + Sync + 'static>(
        lock: &Mutex<T>,
    ) -> impl Future<Output = impl DerefMut<Target = T> + Send> + Send {
        lock.lock()
    }
}

impl TryFamily for AsyncLockMutex {
    const BLOCKS: bool = false;

    fn try_write<T: Clone + Send + Sync + 'static>(
        lock: &Self::Lock<T>,
    ) -> Option<<Self::Lock<T> as SharedLock<T>>::Write<'_>> {
        lock.try_lock()
    }
}

impl<T: Send + Sync + 'static> SharedLock<T> for Mutex<T> {
    type Read<'a> = MutexGuard<'a, T>;
    type Write<'a> = MutexGuard<'a, T>;

    fn new(_: &'static LockClass, value: T) -> Self {
        Mutex::new(value)
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        self.try_lock()
    }

    fn read(&self) -> impl Future<Output = Self::Read<'_>> + Send {
        self.lock()
    }

    fn write(&self) -> impl Future<Output = Self::Write<'_>> + Send {
        self.lock()
    }
}
