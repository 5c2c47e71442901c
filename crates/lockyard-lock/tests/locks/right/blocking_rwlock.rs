//! Right: a read-write lock that blocks the thread, made of a mutex and a condition variable.
//!
//! Every unlock wakes all that wait, and each looks for itself: no order is promised, and none can sleep on.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use lockyard_lock::{LockClass, LockFamily, Policy, SharedLock, TryFamily};

use super::super::value::{ReadGuard, Value, WriteGuard};

/// Its family.
pub struct BlockingRwLock;

impl LockFamily for BlockingRwLock {
    const NAME: &'static str = "blocking-rwlock";
    const POLICY: Policy = Policy::Unfair;
    const SHARED_READS: bool = true;
    type Lock<T: Clone + Send + Sync + 'static> = BlockingLock<T>;
}

impl TryFamily for BlockingRwLock {
    const BLOCKS: bool = true;

    fn try_write<T: Clone + Send + Sync + 'static>(
        lock: &Self::Lock<T>,
    ) -> Option<<Self::Lock<T> as SharedLock<T>>::Write<'_>> {
        Some(lock.value.writer(lock.holders.try_enter(true)?))
    }
}

/// Who is inside.
#[derive(Default)]
struct Inside {
    readers: usize,
    writing: bool,
}

impl Inside {
    fn enter(&mut self, write: bool) -> bool {
        let entered = !self.writing && (!write || self.readers == 0);
        if entered && write {
            self.writing = true;
        } else if entered {
            self.readers += 1;
        }
        entered
    }
}

#[derive(Default)]
struct Holders {
    inside: Mutex<Inside>,
    left: Condvar,
}

impl Holders {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn try_enter(&self, write: bool) -> Option<Access<'_>> {
        self.inside().enter(write).then(|| Access { holders: self, write })
    }

    fn enter(&self, write: bool) -> Access<'_> {
        let mut inside = self.inside();
        while !inside.enter(write) {
            inside = self.left.wait(inside).unwrap_or_else(PoisonError::into_inner);
        }
        Access { holders: self, write }
    }
}

/// One inside.
pub struct Access<'a> {
    holders: &'a Holders,
    write: bool,
}

impl Drop for Access<'_> {
    fn drop(&mut self) {
        let mut inside = self.holders.inside();
        if self.write {
            inside.writing = false;
        } else {
            inside.readers -= 1;
        }
        self.holders.left.notify_all();
    }
}

/// A lock around a value.
pub struct BlockingLock<T> {
    holders: Holders,
    value: Value<T>,
}

impl<T: Clone + Send + Sync + 'static> SharedLock<T> for BlockingLock<T> {
    type Read<'a> = ReadGuard<T, Access<'a>>;
    type Write<'a> = WriteGuard<'a, T, Access<'a>>;

    fn new(_: &'static LockClass, value: T) -> Self {
        Self { holders: Holders::default(), value: Value::new(value) }
    }

    fn try_read(&self) -> Option<Self::Read<'_>> {
        Some(self.value.reader(self.holders.try_enter(false)?))
    }

    async fn read(&self) -> Self::Read<'_> {
        self.value.reader(self.holders.enter(false))
    }

    async fn write(&self) -> Self::Write<'_> {
        self.value.writer(self.holders.enter(true))
    }
}
