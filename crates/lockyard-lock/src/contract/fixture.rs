//! A lock to try, and what is required of one without holders.

use std::sync::Arc;

use super::executor::poll_once;
use crate::{LockClass, LockFamily, LockOf, SharedLock};

static CONTRACT: LockClass = LockClass::new("contract");

/// A lock to try.
pub(super) fn lock_of<F: LockFamily, T: Clone + Send + Sync + 'static>(value: T) -> Arc<LockOf<F, T>> {
    Arc::new(SharedLock::new(&CONTRACT, value))
}

/// The lock is free for a reader and for a writer, without waiting.
pub(super) fn assert_free<F: LockFamily>(lock: &LockOf<F, u64>) {
    assert!(lock.try_read().is_some(), "{}: something still keeps readers out", F::NAME);
    assert!(poll_once(lock.write()).is_ready(), "{}: something still keeps writers out", F::NAME);
}
