//! What a family keeps that can also be asked for exclusive access without waiting.

use std::thread;

use super::executor::block_on;
use super::fixture::lock_of;
use crate::{Policy, SharedLock, TryFamily};

/// Beside a reader and beside a writer, an attempt is refused at once, without blocking the thread; alone it succeeds.
pub fn try_write_never_waits<F: TryFamily>() {
    let lock = lock_of::<F, u64>(1);
    let tried = || thread::scope(|scope| scope.spawn(|| F::try_write(&lock).is_some()).join().unwrap());
    {
        let mut guard = block_on("write", lock.write());
        *guard = 2;
        assert!(!tried(), "beside a writer");
    }
    {
        let _guard = block_on("read", lock.read());
        assert_eq!(tried(), F::POLICY == Policy::Snapshot, "beside a reader");
    }
    {
        let mut guard = F::try_write(&lock).expect("the lock has no holder");
        *guard += 1;
        assert!(!tried(), "beside one that got in by trying");
    }
    assert_eq!(*block_on("read", lock.read()), 3);
}

/// A finished write is shown before another writer gets in.
pub fn no_writer_gets_in_before_a_finished_one_is_shown<F: TryFamily>() {
    let lock = lock_of::<F, u64>(1);
    let tried = || thread::scope(|scope| scope.spawn(|| F::try_write(&lock).is_some()).join().unwrap());
    let mut guard = block_on("write", lock.write());
    *guard = 2;
    block_on("finish", lock.finish(guard, |_| assert!(!tried(), "a writer got in before")));
    assert!(tried(), "after a finished write the lock has no holder");
}
