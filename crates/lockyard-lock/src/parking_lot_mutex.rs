//! `parking_lot::Mutex`: waiters spin a little, then block their thread.

use parking_lot::{Mutex, MutexGuard};

use super::{LockClass, LockFamily, Policy, SharedLock, TryFamily};

/// The family of [`parking_lot::Mutex`].
///
/// Its unlock is unfair as a rule, with a fair one forced about every half millisecond.
#[derive(Debug)]
pub struct ParkingLotMutex;

impl LockFamily for ParkingLotMutex {
    const NAME: &'static str = "parking-lot-mutex";
    const POLICY: Policy = Policy::Unfair;
    const SHARED_READS: bool = false;
    type Lock<T: Clone + Send + Sync + 'static> = Mutex<T>;
}

impl TryFamily for ParkingLotMutex {
    const BLOCKS: bool = true;

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

    async fn read(&self) -> Self::Read<'_> {
        self.lock()
    }

    async fn write(&self) -> Self::Write<'_> {
        self.lock()
    }
}
