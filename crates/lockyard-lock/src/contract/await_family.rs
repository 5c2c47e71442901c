//! What a family keeps whose guard may be held across an await.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::executor::{Job, block_on, run_on_threads, yield_now};
use super::fixture::{assert_free, lock_of};
use crate::{AwaitFamily, LockOf, SharedLock};

/// Waiters of a yielding family can be dropped while they queue behind a writer, and even after they have been granted the
/// lock but before they were polled again.
pub fn a_waiter_dropped_behind_a_writer_leaves_nothing<F: AwaitFamily>() {
    let lock = lock_of::<F, u64>(1);
    for dropped_after_grant in [false, true] {
        let guard = block_on("write", lock.write());
        dropped_in_the_queue::<F>(&lock, guard, dropped_after_grant);
    }
}

/// The same behind a reader: those behind the dropped writer get in beside that reader, or after it.
pub fn a_waiter_dropped_behind_a_reader_leaves_nothing<F: AwaitFamily>() {
    let lock = lock_of::<F, u64>(1);
    for dropped_after_grant in [false, true] {
        let guard = block_on("read", lock.read());
        dropped_in_the_queue::<F>(&lock, guard, dropped_after_grant);
    }
}

/// A writer queues behind the holder, and one more waits behind it. The first is dropped before the holder leaves, or
/// after.
fn dropped_in_the_queue<F: AwaitFamily>(lock: &LockOf<F, u64>, holder: impl Sized, after_grant: bool) {
    let mut context = Context::from_waker(Waker::noop());
    let mut first = Box::pin(lock.write());
    let mut second = Box::pin(lock.write());
    assert!(first.as_mut().poll(&mut context).is_pending(), "it was let in beside the holder");
    assert!(second.as_mut().poll(&mut context).is_pending(), "it was let in beside the holder");
    if after_grant {
        drop(holder);
        drop(first);
    } else {
        drop(first);
        drop(holder);
    }
    let Poll::Ready(guard) = second.as_mut().poll(&mut context) else {
        panic!("the waiter behind the dropped one was never granted the lock");
    };
    assert_eq!(*guard, 1);
    drop((guard, second));
    assert_free::<F>(lock);
}

/// A guard is kept across an await by tasks that move between threads; that this compiles is half of the test.
pub fn a_held_guard_excludes_across_awaits<F: AwaitFamily>() {
    const TASKS: u64 = 8;
    const ROUNDS: u64 = 20;
    let lock = lock_of::<F, u64>(0);
    let add = |lock: Arc<LockOf<F, u64>>| async move {
        for _ in 0..ROUNDS {
            let mut guard = F::hold(&lock).await;
            let seen = *guard;
            yield_now().await;
            *guard = seen + 1;
        }
    };
    run_on_threads(2, (0..TASKS).map(|_| Box::pin(add(lock.clone())) as Job));
    assert_eq!(*block_on("read", lock.read()), TASKS * ROUNDS);
}
