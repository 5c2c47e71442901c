//! What a family keeps whose guard may be held across an await.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::executor::{Job, block_on, run_on_threads, yield_now};
use super::fixture::{assert_free, lock_of};
use crate::{AwaitFamily, LockOf, SharedLock};

/// Waiters of a yielding family can be dropped while they queue, and even after they have been granted the lock but
/// before they were polled again.
pub fn a_waiter_dropped_in_the_queue_leaves_nothing<F: AwaitFamily>() {
    let lock = lock_of::<F, u64>(1);
    let mut context = Context::from_waker(Waker::noop());
    for dropped_after_grant in [false, true] {
        let guard = block_on(lock.write());
        {
            let mut first = Box::pin(lock.write());
            let mut second = Box::pin(lock.read());
            assert!(first.as_mut().poll(&mut context).is_pending());
            assert!(second.as_mut().poll(&mut context).is_pending());
            if dropped_after_grant {
                drop(guard);
                drop(first);
            } else {
                drop(first);
                drop(guard);
            }
            let Poll::Ready(guard) = second.as_mut().poll(&mut context) else {
                panic!("the waiter behind the dropped one was never granted the lock");
            };
            assert_eq!(*guard, 1);
        }
        assert_free::<F>(&lock);
    }
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
    assert_eq!(*block_on(lock.read()), TASKS * ROUNDS);
}
