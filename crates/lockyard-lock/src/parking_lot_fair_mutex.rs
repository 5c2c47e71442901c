//! `parking_lot::FairMutex`: as its plain sibling, but an unlock hands the lock to the waiter.
//!
//! What that fairness costs is the difference between the two: a handed lock makes its next owner wake up first.

use parking_lot::{FairMutex, FairMutexGuard};

use super::{LockClass, LockFamily, Policy, SharedLock, TryFamily};

/// The family of [`parking_lot::FairMutex`].
///
/// The thread that unlocks cannot take the lock again before a thread that is parked for it. That is no strict order of
/// asking: a thread that spins may be quicker than one that went to sleep.
#[derive(Debug)]
pub struct ParkingLotFairMutex;

impl LockFamily for ParkingLotFairMutex {
    const NAME: &'static str = "parking-lot-fair-mutex";
    const POLICY: Policy = Policy::Handover;
    const SHARED_READS: bool = false;
    type Lock<T: Clone + Send + Sync + 'static> = FairMutex<T>;
}

impl TryFamily for ParkingLotFairMutex {
    const BLOCKS: bool = true;

    fn try_write<T: Clone + Send + Sync + 'static>(
        lock: &Self::Lock<T>,
    ) -> Option<<Self::Lock<T> as SharedLock<T>>::Write<'_>> {
        lock.try_lock()
    }
}

impl<T: Send + Sync + 'static> SharedLock<T> for FairMutex<T> {
    type Read<'a> = FairMutexGuard<'a, T>;
    type Write<'a> = FairMutexGuard<'a, T>;

    fn new(_: &'static LockClass, value: T) -> Self {
        FairMutex::new(value)
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
