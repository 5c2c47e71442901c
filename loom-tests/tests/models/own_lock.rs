//! A lock of a user's own, made of `sync`: every order of its atomics, and what the memory model lets them show. The source
//! is that of the right mutex which the contract is tried on.

#[path = "../../../crates/lockyard-lock/tests/locks/mod.rs"]
mod locks;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use locks::right::{BargingMutex, FairRwLock};
use lockyard::lock::sync::{AtomicU64, Fault, planted};
use lockyard::lock::{LockClass, LockFamily, LockOf, SharedLock};
use loom::thread;
use loom_tests::{ModelCheck, Mutant, block_on};

static COUNTER: LockClass = LockClass::new("counter");

/// So many threads add one each to what the lock guards, by a look and a change that nothing but the lock orders.
fn writers_add<F: LockFamily>(threads: u64) {
    let counter: Arc<LockOf<F, Arc<AtomicU64>>> = Arc::new(SharedLock::new(&COUNTER, Arc::default()));
    let add = |counter: &LockOf<F, Arc<AtomicU64>>| {
        let guard = block_on(counter.write());
        guard.store(guard.load(Relaxed) + 1, Relaxed);
    };
    let others: Vec<_> = (1..threads)
        .map(|_| {
            let counter = counter.clone();
            thread::spawn(move || add(&counter))
        })
        .collect();
    add(&counter);
    for other in others {
        other.join().unwrap();
    }
    assert_eq!(block_on(counter.read()).load(Relaxed), threads, "a change is lost");
}

const PREEMPTIONS: Option<usize> = None;

/// Three threads, so that one that leaves finds another in the queue while the third comes.
#[test]
fn a_mutex_of_ones_own_loses_no_change_and_no_wake_up() {
    ModelCheck { name: "own-lock", over: "barging-mutex", preemptions: PREEMPTIONS, min_executions: 50_000 }
        .check(|| writers_add::<BargingMutex>(3));
}

#[test]
fn a_lock_of_ones_own_hands_itself_over() {
    ModelCheck { name: "own-lock-fair", over: "fair-rwlock", preemptions: PREEMPTIONS, min_executions: 500 }
        .check(|| writers_add::<FairRwLock>(3));
}

#[test]
fn a_flag_that_orders_no_memory_loses_a_change() {
    let mutant = Mutant {
        name: "own-lock/relaxed",
        class: "memory ordering",
        preemptions: PREEMPTIONS,
        complaint: "a change is lost",
    };
    planted(Fault::Relaxed, || mutant.must_fail(|| writers_add::<BargingMutex>(2)));
}

#[test]
fn a_flag_that_is_read_and_set_in_two_steps_lets_in_two() {
    let mutant = Mutant {
        name: "own-lock/two-steps",
        class: "lost update",
        preemptions: PREEMPTIONS,
        complaint: "a change is lost",
    };
    planted(Fault::TwoSteps, || mutant.must_fail(|| writers_add::<BargingMutex>(2)));
}

/// What one writes without this package's counts.
mod elsewhere {
    use super::*;

    #[test]
    fn no_change_is_lost() {
        loom::model(|| writers_add::<BargingMutex>(2));
    }

    /// A model that explores nothing passes as well. So the same has to fail where nothing orders memory.
    #[test]
    #[should_panic(expected = "a change is lost")]
    fn changes_are_lost_where_nothing_orders_memory() {
        planted(Fault::Relaxed, || loom::model(|| writers_add::<BargingMutex>(2)));
    }
}
