//! `std::sync::Mutex`: one word and the operating system's queue.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use super::{LockClass, LockFamily, Policy, SharedLock, TryFamily};

/// The family of [`std::sync::Mutex`].
///
/// Poison is ignored: a value whose writer panicked once must not answer "poisoned" ever after.
#[derive(Debug)]
pub struct StdMutex;

impl LockFamily for StdMutex {
    const NAME: &'static str = "std-mutex";
    const POLICY: Policy = Policy::Unfair;
    const SHARED_READS: bool = false;
    type Lock<T: Clone + Send + Sync + 'static> = Mutex<T>;
}

impl TryFamily for StdMutex {
    const BLOCKS: bool = true;

    fn try_write<T: Clone + Send + Sync + 'static>(
        lock: &Self::Lock<T>,
    ) -> Option<<Self::Lock<T> as SharedLock<T>>::Write<'_>> {
        match lock.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

impl<T: Send + Sync + 'static> SharedLock<T> for Mutex<T> {
    type Read<'a> = MutexGuard<'a, T>;
    type Write<'a> = MutexGuard<'a, T>;

    fn new(_: &'static LockClass, value: T) -> Self {
        Mutex::new(value)
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        match self.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    async fn read(&self) -> Self::Read<'_> {
        self.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn write(&self) -> Self::Write<'_> {
        self.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
