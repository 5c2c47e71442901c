//! What loom cannot see it does not explore, and a model of that holds whatever is wrong with it. The least number of
//! executions is what shows it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use lockyard::lock::{LockClass, LockFamily, LockOf, SharedLock, TokioMutex, TokioRwLock};
use loom::thread;
use loom_tests::{LoomRwLock, ModelCheck, block_on, explore};

static COUNTER: LockClass = LockClass::new("counter");

/// Reads, and writes what it has read: two locks where one would be right. One increment is lost in some orders.
fn increments_that_may_be_lost<F: LockFamily>() {
    let counter: Arc<LockOf<F, u32>> = Arc::new(SharedLock::new(&COUNTER, 0));
    let increment = |counter: &LockOf<F, u32>| {
        let seen = *block_on(counter.read());
        *block_on(counter.write()) = seen + 1;
    };
    let other = {
        let counter = counter.clone();
        thread::spawn(move || increment(&counter))
    };
    increment(&counter);
    other.join().unwrap();
    assert_eq!(*block_on(counter.read()), 2, "one increment is lost");
}

/// The model holds, though what it runs is broken; and is refused, for it has explored next to nothing.
fn is_refused_as_vacuous<F: LockFamily>() {
    let outcome = explore(None, increments_that_may_be_lost::<F>);
    assert_eq!((outcome.executions, outcome.failure), (1, None), "loom sees nothing of {}", F::NAME);
    // Not noted in the results: it is no model of anything.
    let model =
        ModelCheck { name: "over-foreign-locks", over: F::NAME, preemptions: None, min_executions: 2 };
    let check = || model.judge(&explore(None, increments_that_may_be_lost::<F>));
    let panic =
        catch_unwind(AssertUnwindSafe(check)).expect_err("a model that explores nothing was let pass");
    let said = panic.downcast_ref::<String>().expect("a message");
    assert!(said.contains("1 executions, expected at least 2"), "{said}");
}

#[test]
fn a_model_over_tokios_locks_is_refused_as_vacuous() {
    is_refused_as_vacuous::<TokioMutex>();
    is_refused_as_vacuous::<TokioRwLock>();
}

#[test]
fn over_locks_that_loom_sees_the_same_program_fails() {
    let failure = explore(None, increments_that_may_be_lost::<LoomRwLock>).failure;
    assert!(failure.is_some_and(|said| said.contains("one increment is lost")));
}
