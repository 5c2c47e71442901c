//! What the executor is worth: it finds a deadlock, reports which task waits for what, and repeats itself.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use lockyard::lock::{LockClass, SharedLock};

use super::RUNS;
use crate::hand_polled::executor::{Executor, first_failure, for_each_seed};
use crate::hand_polled::locks::{Fifo, Order, ToyLock, Unfair};
use crate::hand_polled::stage;

static LEFT: LockClass = LockClass::new("left");
static RIGHT: LockClass = LockClass::new("right");

#[test]
fn a_deadlock_names_the_tasks_and_what_they_wait_for() {
    let opposite = |run: &mut Executor| {
        let locks: Arc<[ToyLock<u8, Unfair>; 2]> =
            Arc::new([SharedLock::new(&LEFT, 0), SharedLock::new(&RIGHT, 0)]);
        for (name, first) in [("one", 0), ("two", 1)] {
            let locks = locks.clone();
            run.task(name, async move {
                let _first = locks[first].write().await;
                let _second = locks[1 - first].write().await;
            });
        }
        run.run().unwrap_or_else(|deadlock| panic!("{deadlock}"));
    };
    let report = first_failure(RUNS, opposite).expect("no seed has shown it");
    assert!(report.contains("one waits for right, held by two;"), "{report}");
    assert!(report.contains("two waits for left, held by one;"), "{report}");
}

/// A task that reads a lock twice, and a writer that may come in between: harmless where readers overtake, a deadlock
/// where they queue.
fn a_recursive_read<O: Order>(run: &mut Executor) {
    let lock: Arc<ToyLock<u8, O>> = Arc::new(SharedLock::new(&LEFT, 0));
    let (reader, writer) = (lock.clone(), lock);
    run.task("reader", async move {
        let _outer = reader.read().await;
        let _inner = reader.read().await;
    });
    run.task("writer", async move { *writer.write().await += 1 });
    run.run().unwrap_or_else(|deadlock| panic!("{deadlock}"));
}

#[test]
fn a_recursive_read_deadlocks_under_a_fair_lock_alone() {
    for_each_seed(RUNS, a_recursive_read::<Unfair>);
    let report = first_failure(RUNS, a_recursive_read::<Fifo>).expect("no seed has shown it");
    assert!(report.contains("reader waits for left, held by reader;"), "{report}");
}

#[test]
fn a_seed_is_a_run() {
    let trace = |seed: u64| {
        stage::begin(seed);
        let mut run = Executor::default();
        let order = Arc::new(Mutex::new(Vec::new()));
        for task in 0..4 {
            let order = order.clone();
            run.task(format!("{task}"), async move {
                for _ in 0..4 {
                    stage::point().await;
                    order.lock().unwrap().push(task);
                }
            });
        }
        run.run().unwrap();
        order.lock().unwrap().clone()
    };
    assert_eq!(trace(3), trace(3));
    let traces: BTreeSet<_> = (0..20).map(trace).collect();
    assert!(traces.len() > 15, "{} different runs of 20 seeds", traces.len());
}
