//! `parking_lot::RwLock`: readers share, waiters spin a little, then block their thread.

use parking_lot::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::{LockClass, LockFamily, Policy, SharedLock, TryFamily};

/// The family of [`parking_lot::RwLock`].
///
/// Readers that come after a waiting writer wait behind it, so that readers cannot starve writers.
#[derive(Debug)]
pub struct ParkingLotRwLock;

impl LockFamily for ParkingLotRwLock {
    const NAME: &'static str = "parking-lot-rwlock";
    const POLICY: Policy = Policy::WriterPreferring;
    const SHARED_READS: bool = true;
    type Lock<T: Clone + Send + Sync + 'static> = RwLock<T>;
}

impl TryFamily for ParkingLotRwLock {
    const BLOCKS: bool = true;

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

    async fn read(&self) -> Self::Read<'_> {
        self.read()
    }

    async fn write(&self) -> Self::Write<'_> {
        self.write()
    }
}
