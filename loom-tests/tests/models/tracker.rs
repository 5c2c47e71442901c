//! The tracker: of two threads that close a cycle together, the one that closes it reports it.
//!
//! Each asks once and is left as it stands, so that there is a cycle and no thread hangs.

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use lockyard::lock::{LockClass, LockOf, SharedLock};
use lockyard::track::{Kind, Tracked, Tracker};
use loom::thread;
use loom_tests::{LoomRwLock, ModelCheck, Mutant, block_on};

static ONE: LockClass = LockClass::new("one");
static OTHER: LockClass = LockClass::new("other");

type Lock = LockOf<Tracked<LoomRwLock>, u32>;

/// Which task has taken the lock that a task holds.
#[derive(Clone, Copy)]
enum TakenBy {
    Itself,
    /// A task inside it, which is over: the tracker does not see that a guard has moved.
    Another,
}

/// A task that has the first lock and asks once for the second; whether it waits, and what keeps it so.
fn holds_and_asks(
    tracker: &Tracker,
    name: &str,
    by: TakenBy,
    (has, wants): (Arc<Lock>, Arc<Lock>),
) -> (bool, impl Sized + use<>) {
    let inside = tracker.clone();
    let mut task = Box::pin(tracker.task(name.into(), async move {
        let held = match by {
            TakenBy::Itself => has.write().await,
            TakenBy::Another => inside.task("another".into(), has.write()).await,
        };
        let asked = *wants.write().await;
        drop(held);
        asked
    }));
    let poll = task.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    (poll == Poll::Pending, task)
}

fn two_in_opposite_orders(by: TakenBy) {
    let tracker = Tracker::new();
    let [one, two] = tracker.within("maker", || [&ONE, &OTHER].map(|class| Arc::new(Lock::new(class, 0))));
    let other = {
        let (tracker, locks) = (tracker.clone(), (two.clone(), one.clone()));
        thread::spawn(move || holds_and_asks(&tracker, "second", by, locks))
    };
    let (first_waits, first) = holds_and_asks(&tracker, "first", by, (one, two));
    let (second_waits, second) = other.join().unwrap();
    let cycles = tracker.findings().iter().filter(|finding| finding.kind == Kind::Deadlock).count();
    assert_eq!(
        cycles,
        usize::from(first_waits && second_waits),
        "a wait cycle was missed, or a false positive"
    );
    drop((first, second));
}

const PREEMPTIONS: Option<usize> = Some(3);

#[test]
fn a_cycle_is_reported_by_the_thread_that_closes_it() {
    ModelCheck {
        name: "tracked-cycle",
        over: "loom-rwlock",
        preemptions: PREEMPTIONS,
        min_executions: 7_000,
    }
    .check(|| two_in_opposite_orders(TakenBy::Itself));
}

#[test]
fn a_cycle_through_guards_that_have_moved_is_missed() {
    Mutant {
        name: "tracked-cycle/moved-guards",
        class: "deadlock",
        preemptions: PREEMPTIONS,
        complaint: "a wait cycle was missed",
    }
    .must_fail(|| two_in_opposite_orders(TakenBy::Another));
}

/// Tasks that come and go while others do: one that is looked up by number is found while it is there.
fn tasks_come_and_go() {
    let tracker = Tracker::new();
    let lock = Arc::new(tracker.within("maker", || Lock::new(&ONE, 0)));
    let seen = Arc::new(Mutex::new(0));
    let others = ["second", "third"].map(|name| {
        let (tracker, lock, seen) = (tracker.clone(), lock.clone(), seen.clone());
        thread::spawn(move || {
            let task = tracker.task(name.into(), async move { *lock.write().await += 1 });
            block_on(task);
            *seen.lock().unwrap() += 1;
        })
    });
    for other in others {
        other.join().unwrap();
    }
    assert_eq!(block_on(tracker.task("last".into(), async move { *lock.read().await })), 2);
    assert_eq!(tracker.acquisitions(), 3, "a hold was lost on the way");
    assert!(tracker.findings().is_empty(), "nothing is wrong here");
}

#[test]
fn what_tasks_held_is_counted_when_they_have_gone() {
    ModelCheck { name: "tracked-tasks", over: "loom-rwlock", preemptions: Some(5), min_executions: 700 }
        .check(tasks_come_and_go);
}
