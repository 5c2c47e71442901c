//! When all is over nothing is kept.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use lockyard_lock::{LockClass, LockOf, SharedLock, TokioMutex, TryFamily};

use super::Tracker;
use crate::{Certainty, Kind, Tracked, TrackedLock};

static A: LockClass = LockClass::new("a");
static B: LockClass = LockClass::new("b");

type Mutex<T> = TrackedLock<TokioMutex, T>;

fn lock<L: SharedLock<u32>>(class: &'static LockClass) -> L {
    L::new(class, 0)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

async fn until_waiting(tracker: &Tracker, acquisitions: u64) {
    while tracker.contended_acquisitions() < acquisitions {
        tokio::task::yield_now().await;
    }
}

fn certain(tracker: &Tracker) -> Vec<Kind> {
    let findings = tracker.findings().into_iter();
    findings.filter(|finding| finding.certainty == Certainty::Certain).map(|finding| finding.kind).collect()
}

/// A wait that a timeout cancels leaves nothing behind: an empty queue, none overtaken, the lock free.
#[test]
fn a_wait_that_is_cancelled_leaves_nothing() {
    let tracker = Tracker::new();
    runtime().block_on(tracker.scope("main", async {
        let alone: Mutex<u32> = lock(&A);
        let held = alone.write().await;
        for _ in 0..10 {
            let mut wait = std::pin::pin!(alone.write());
            let pending = poll_fn(|context| Poll::Ready(wait.as_mut().poll(context).is_pending()));
            assert!(pending.await);
        }
        assert_eq!(tracker.kept(), (0, 0));
        drop(held);
        *alone.write().await += 1;
    }));
    assert_eq!(certain(&tracker), []);
}

/// Many tasks at few locks, some of them out of tokio's budget, for all families that have a queue: first come,
/// first served, and nothing is kept when all have ended.
#[test]
fn the_order_of_asking_is_kept_where_it_is_promised() {
    fn crowd<F: TryFamily>() {
        let tracker = Tracker::new();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
        let shared: Arc<LockOf<Tracked<F>, u32>> = Arc::new(tracker.within("set up", || lock(&A)));
        let tasks: Vec<_> = (0..16)
            .map(|nth| {
                let (shared, tracker) = (shared.clone(), tracker.clone());
                runtime.spawn(tracker.task(format!("task {nth}").into(), async move {
                    for round in 0..500 {
                        if nth % 4 == 0 {
                            // More than the budget of a task: the next poll of a lock finds none left.
                            for _ in 0..130 {
                                tokio::task::coop::consume_budget().await;
                            }
                        }
                        if (nth + round) % 3 == 0 {
                            *shared.write().await += 1;
                        } else {
                            std::hint::black_box(*shared.read().await);
                        }
                        if round % 7 == 0 {
                            let cancelled = poll_fn(|context| {
                                let mut wait = std::pin::pin!(shared.write());
                                Poll::Ready(wait.as_mut().poll(context).is_ready())
                            });
                            cancelled.await;
                        }
                    }
                }))
            })
            .collect();
        runtime.block_on(async {
            for task in tasks {
                task.await.unwrap();
            }
        });
        assert_eq!(tracker.findings(), [], "{}", F::NAME);
        assert_eq!(tracker.kept(), (0, 0));
        assert!(tracker.acquisitions() >= 8_000);
    }
    macro_rules! yielding {
        ($($module:ident: $family:ident [$($await:ident)?] $about:literal;)*) => {
            $($(yielding!(@$await $family);)?)*
        };
        (@await $family:ident) => {
            crowd::<lockyard_lock::$family>();
        };
    }
    lockyard_lock::for_each_lock! { yielding }
}

/// Ten thousand wait, and one whose order is the wrong way round, but what it wants is not held.
#[test]
fn ten_thousand_that_wait_are_no_cycle_and_leave_nothing() {
    let tracker = Tracker::new();
    runtime().block_on(async {
        let (a, b) =
            tracker.scope("set up", async { (lock::<Mutex<u32>>(&A), lock::<Mutex<u32>>(&B)) }).await;
        let (a, b) = (Arc::new(a), Arc::new(b));
        let held = tracker.scope("one", async { a.write().await }).await;
        for nth in 0..10_000 {
            let a = a.clone();
            tracker.spawn(format!("waiter {nth}"), async move { *a.write().await += 1 });
        }
        until_waiting(&tracker, 10_000).await;
        let (first, second) = (a.clone(), b.clone());
        tracker.spawn("two", async move {
            let _b = second.write().await;
            let _a = first.write().await;
        });
        until_waiting(&tracker, 10_001).await;
        assert_eq!(certain(&tracker), []);
        drop(held);
        let third = a.clone();
        let one = tracker.spawn("one", async move {
            let _a = third.write().await;
            let _b = b.write().await;
        });
        one.await.unwrap();
        assert_eq!(tracker.kept().0, 0, "every waiter was served");
    });
    let findings = tracker.findings();
    assert!(
        findings.iter().any(|it| it.kind == Kind::OrderInversion && it.places.len() == 4),
        "{findings:?}"
    );
}

/// Each task takes them all in one order and releases them in the same.
#[test]
fn a_thousand_of_one_class_held_at_once_leave_nothing_unsearched() {
    let tracker = Tracker::new();
    let locks: Arc<Vec<Mutex<u32>>> =
        Arc::new(tracker.within("set up", || (0..1_000).map(|_| lock(&A)).collect()));
    runtime().block_on(tracker.scope("main", async {
        for nth in 0..4 {
            let locks = locks.clone();
            let all = async move {
                let mut held = std::collections::VecDeque::new();
                for lock in locks.iter() {
                    held.push_back(lock.write().await);
                }
                while held.pop_front().is_some() {}
            };
            tracker.spawn(format!("task {nth}"), all).await.unwrap();
        }
    }));
    assert_eq!(tracker.findings(), []);
    assert_eq!(tracker.kept().1, 999, "an edge for each lock");
    assert_eq!(tracker.orders_not_seen(), crate::order::NotSeen::default());
    drop(locks);
    assert_eq!(tracker.kept(), (0, 0));
}
