//! `tokio::sync::Mutex`: waiters yield their task and are served in FIFO order.

use std::ops::DerefMut;

use tokio::sync::{Mutex, MutexGuard};

use super::{AwaitFamily, LockClass, LockFamily, Policy, SharedLock, TryFamily};

/// The family of [`tokio::sync::Mutex`].
#[derive(Debug)]
pub struct TokioMutex;

impl LockFamily for TokioMutex {
    const NAME: &'static str = "tokio-mutex";
    const POLICY: Policy = Policy::FifoFair;
    const SHARED_READS: bool = false;
    type Lock<T: Clone + Send + Sync + 'static> = Mutex<T>;
}

impl AwaitFamily for TokioMutex {
    fn hold<T: Clone + Send + Sync + 'static>(
        lock: &Mutex<T>,
    ) -> impl Future<Output = impl DerefMut<Target = T> + Send> + Send {
        lock.lock()
    }
}

impl TryFamily for TokioMutex {
    const BLOCKS: bool = false;

    fn try_write<T: Clone + Send + Sync + 'static>(
        lock: &Self::Lock<T>,
    ) -> Option<<Self::Lock<T> as SharedLock<T>>::Write<'_>> {
        lock.try_lock().ok()
    }
}

impl<T: Send + Sync + 'static> SharedLock<T> for Mutex<T> {
    type Read<'a> = MutexGuard<'a, T>;
    type Write<'a> = MutexGuard<'a, T>;

    fn new(_: &'static LockClass, value: T) -> Self {
        Mutex::new(value)
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        self.try_lock().ok()
    }

    fn read(&self) -> impl Future<Output = Self::Read<'_>> + Send {
        self.lock()
    }

    fn write(&self) -> impl Future<Output = Self::Write<'_>> + Send {
        self.lock()
    }
}
