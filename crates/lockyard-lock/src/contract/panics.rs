//! What a panic leaves: of a holder, in its own thread and with others waiting, and of a task that waits.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;

use super::deadline::of_this_test;
use super::executor::block_on;
use super::fixture::{assert_free, lock_of};
use crate::{AwaitFamily, LockFamily, SharedLock};

/// Runs what is to panic.
fn panics(work: impl FnOnce()) {
    assert!(catch_unwind(AssertUnwindSafe(work)).is_err(), "it is to panic");
}

/// A reader and a writer that wait while the holder panics, in another thread, are let in.
pub fn a_holder_that_panics_lets_in_those_that_wait<F: LockFamily>() {
    for write in [false, true] {
        let lock = lock_of::<F, u64>(0);
        let (inside, entered) = mpsc::channel();
        let waiting = [AtomicBool::new(false), AtomicBool::new(false)];
        thread::scope(|scope| {
            let holder = || {
                let hold = || {
                    inside.send(()).expect("the test waits for it");
                    // Both are about to wait, or do. Which of them is not seen from outside: both must be let in.
                    while !waiting.iter().all(|waits| waits.load(Relaxed)) {
                        thread::yield_now();
                    }
                    panic!("planted");
                };
                panics(|| {
                    if write {
                        let _guard = block_on("write", lock.write());
                        hold();
                    } else {
                        let _guard = block_on("read", lock.read());
                        hold();
                    }
                });
            };
            scope.spawn(of_this_test(holder));
            entered.recv().expect("it gets the lock");
            let write = || {
                waiting[0].store(true, Relaxed);
                *block_on("write", lock.write()) += 1;
            };
            scope.spawn(of_this_test(write));
            waiting[1].store(true, Relaxed);
            let seen = *block_on("read", lock.read());
            assert!(seen <= 1, "{seen}");
        });
        assert_eq!(*block_on("read", lock.read()), 1);
        assert_free::<F>(&lock);
    }
}

/// A holder that panics wakes those that queue behind it.
pub fn a_holder_that_panics_hands_over<F: AwaitFamily>() {
    for (holder_writes, waiter_writes) in [(false, true), (true, false), (true, true)] {
        let lock = lock_of::<F, u64>(0);
        let waiter = async { if waiter_writes { *lock.write().await } else { *lock.read().await } };
        let mut waiter = Box::pin(waiter);
        panics(|| {
            let mut context = Context::from_waker(Waker::noop());
            let read = (!holder_writes).then(|| block_on("read", lock.read()));
            let written = holder_writes.then(|| block_on("write", lock.write()));
            assert!(waiter.as_mut().poll(&mut context).is_pending(), "it was let in beside the holder");
            let _held = (read, written);
            panic!("planted");
        });
        assert_eq!(block_on("be let in behind a holder that has panicked", waiter), 0);
        assert_free::<F>(&lock);
    }
}

/// A task that panics while it waits is a waiter that is cancelled.
pub fn a_waiter_that_panics_leaves_nothing<F: AwaitFamily>() {
    for write in [false, true] {
        let lock = lock_of::<F, u64>(0);
        let guard = block_on("write", lock.write());
        let mut behind = Box::pin(lock.write());
        panics(|| {
            let (mut read, mut written) = (Box::pin(lock.read()), Box::pin(lock.write()));
            let mut context = Context::from_waker(Waker::noop());
            let waits = if write {
                written.as_mut().poll(&mut context).is_pending()
            } else {
                read.as_mut().poll(&mut context).is_pending()
            };
            assert!(waits, "it was let in beside a writer");
            assert!(
                matches!(behind.as_mut().poll(&mut context), Poll::Pending),
                "it was let in beside a writer"
            );
            panic!("planted");
        });
        drop(guard);
        drop(block_on("be let in behind a waiter that has panicked", behind));
        assert_free::<F>(&lock);
    }
}
