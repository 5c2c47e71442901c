//! Locks that count how they were taken: what is slow and not wrong shows in how often a lock is taken, and for what.

use std::cell::RefCell;
use std::collections::BTreeMap;

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use lockyard_lock::{LockClass, LockFamily, Policy, SharedLock};

/// The family of locks that count, on the thread that takes them.
pub(super) struct CountingLocks;

pub(super) struct CountedLock<T> {
    class: &'static LockClass,
    lock: RwLock<T>,
}

/// How often the locks of a class were taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LockCounts {
    pub(super) reads: usize,
    pub(super) writes: usize,
}

thread_local! {
    static TAKEN: RefCell<BTreeMap<&'static str, LockCounts>> = RefCell::default();
}

/// How often the locks of a class have been taken on this thread since this was last asked.
pub(super) fn taken(class: &'static LockClass) -> LockCounts {
    TAKEN.with_borrow_mut(|taken| taken.remove(class.name()).unwrap_or_default())
}

impl LockFamily for CountingLocks {
    const NAME: &'static str = "counted";
    const POLICY: Policy = Policy::FifoFair;
    const SHARED_READS: bool = true;
    type Lock<T: Clone + Send + Sync + 'static> = CountedLock<T>;
}

impl<T> CountedLock<T> {
    fn count(&self, count: impl FnOnce(&mut LockCounts)) {
        TAKEN.with_borrow_mut(|taken| count(taken.entry(self.class.name()).or_default()));
    }
}

impl<T: Clone + Send + Sync + 'static> SharedLock<T> for CountedLock<T> {
    type Read<'a> = RwLockReadGuard<'a, T>;
    type Write<'a> = RwLockWriteGuard<'a, T>;

    fn new(class: &'static LockClass, value: T) -> Self {
        Self { class, lock: RwLock::new(value) }
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        let guard = self.lock.try_read().ok()?;
        self.count(|taken| taken.reads += 1);
        Some(guard)
    }

    async fn read(&self) -> Self::Read<'_> {
        self.count(|taken| taken.reads += 1);
        self.lock.read().await
    }

    async fn write(&self) -> Self::Write<'_> {
        self.count(|taken| taken.writes += 1);
        self.lock.write().await
    }
}
