//! `std::sync::RwLock`: readers share, one word and the operating system's queue.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError};

use super::{LockClass, LockFamily, Policy, SharedLock, TryFamily};

/// The family of [`std::sync::RwLock`].
///
/// The standard library promises no order; on Linux a waiting writer holds back new readers. Poison is ignored, as
/// for [`StdMutex`](super::StdMutex).
#[derive(Debug)]
pub struct StdRwLock;

impl LockFamily for StdRwLock {
    const NAME: &'static str = "std-rwlock";
    const POLICY: Policy = Policy::WriterPreferring;
    const SHARED_READS: bool = true;
    type Lock<T: Clone + Send + Sync + 'static> = RwLock<T>;
}

impl TryFamily for StdRwLock {
    const BLOCKS: bool = true;

    fn try_write<T: Clone + Send + Sync + 'static>(
        lock: &Self::Lock<T>,
    ) -> Option<<Self::Lock<T> as SharedLock<T>>::Write<'_>> {
        match lock.try_write() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

impl<T: Send + Sync + 'static> SharedLock<T> for RwLock<T> {
    type Read<'a> = RwLockReadGuard<'a, T>;
    type Write<'a> = RwLockWriteGuard<'a, T>;

    fn new(_: &'static LockClass, value: T) -> Self {
        RwLock::new(value)
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        match self.try_read() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    async fn read(&self) -> Self::Read<'_> {
        self.read().unwrap_or_else(PoisonError::into_inner)
    }

    async fn write(&self) -> Self::Write<'_> {
        self.write().unwrap_or_else(PoisonError::into_inner)
    }
}
