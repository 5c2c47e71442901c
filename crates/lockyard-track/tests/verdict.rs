//! A verdict knows what was not seen: a hang is never clean, and what a broken lock lets in is found.

mod support;

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use lockyard_lock::{LockClass, LockFamily, LockOf, Policy, SharedLock, TokioMutex, TryFamily};
use lockyard_track::{BlindSpot, Certainty, Kind, Outcome, Tracked, Tracker};
use support::{A, Mutex, alarms, lock, runtime, until_waiting};
use tokio::sync::oneshot;

#[test]
fn a_run_of_named_tasks_that_end_is_clean() {
    let tracker = Tracker::new();
    runtime().block_on(tracker.task("main".into(), async {
        let a: Mutex<u32> = lock(&A);
        *a.write().await += 1;
        tokio::task::yield_now().await;
        *a.write().await += 1;
    }));
    let verdict = tracker.verdict(Duration::ZERO);
    assert_eq!(verdict.outcome(), Outcome::Clean, "{verdict}");
    assert_eq!(verdict.acquisitions, 2);
}

/// A task that waits for a channel with a lock in its hands, and another that waits for the lock: no cycle that could be
/// seen, and yet neither clean nor silent.
#[test]
fn a_hang_outside_the_locks_is_named_with_what_it_holds() {
    let tracker = Tracker::new();
    runtime().block_on(async {
        let a: Arc<Mutex<u32>> = Arc::new(tracker.within("set up", || lock(&A)));
        let (_keeps, never) = oneshot::channel::<()>();
        let its = a.clone();
        let holder = tracker.spawn("holder", async move {
            let _held = its.write().await;
            _ = never.await;
        });
        let waiter = tracker.spawn("waiter", async move { *a.write().await += 1 });
        until_waiting(&tracker, 1).await;
        let verdict = tracker.verdict(Duration::ZERO);
        let stuck = verdict.findings.iter().find(|it| it.kind == Kind::Stuck).expect("it is stuck");
        assert_eq!(
            (stuck.certainty, &stuck.tasks[..]),
            (Certainty::Suspected, &["holder".into(), "waiter".into()][..])
        );
        let text = verdict.to_string();
        assert!(text.contains("waits for nothing that is tracked") && text.contains("verdict.rs"), "{text}");
        let dump = tracker.dump().to_string();
        assert!(dump.contains("holder (last polled") && dump.contains("holds a #"), "{dump}");
        assert!(dump.contains("waiter (last polled") && dump.contains("waits for a #"), "{dump}");
        holder.abort();
        waiter.await.unwrap();
    });
    assert_eq!(tracker.findings()[0].certainty, Certainty::Dissolved, "the waiter had its lock in the end");
}

#[test]
fn a_task_that_stopped_elsewhere_is_listed() {
    let tracker = Tracker::new();
    runtime().block_on(async {
        let idle = tracker.spawn("idle", std::future::pending::<()>());
        tokio::task::yield_now().await;
        let verdict = tracker.verdict(Duration::ZERO);
        assert_eq!(verdict.outcome(), Outcome::Inconclusive);
        let [BlindSpot::Stopped(task)] = &verdict.not_seen[..] else { panic!("{verdict}") };
        assert_eq!((task.name.as_str(), task.running), ("idle", Some(false)));
        idle.abort();
    });
}

#[test]
fn what_has_no_name_is_counted() {
    let tracker = Tracker::new();
    let a: Mutex<u32> = tracker.within("set up", || lock(&A));
    runtime().block_on(async {
        *a.write().await += 1;
        let branches = async || {
            let _held = a.write().await;
            tokio::task::yield_now().await;
        };
        tracker.task("main".into(), async { tokio::join!(branches(), branches()) }).await;
    });
    let verdict = tracker.verdict(Duration::ZERO);
    assert!(verdict.not_seen.contains(&BlindSpot::Unnamed(1)), "{verdict}");
    assert!(verdict.not_seen.iter().any(|it| matches!(it, BlindSpot::Branches(_))), "{verdict}");
}

#[test]
fn a_deadlock_that_a_timeout_ends_is_not_clean() {
    let tracker = Tracker::new();
    runtime().block_on(tracker.task("main".into(), async {
        let a: Mutex<u32> = lock(&A);
        let _held = a.write().await;
        assert!(tokio::time::timeout(Duration::from_millis(1), a.write()).await.is_err());
    }));
    let verdict = tracker.verdict(Duration::ZERO);
    assert_eq!(verdict.outcome(), Outcome::Inconclusive);
    assert!(verdict.not_seen.contains(&BlindSpot::Cancelled(1)), "{verdict}");
}

/// Grants whatever it is asked.
struct Generous;

struct Open<T>(T);

struct Guard<'a, T>(&'a T, T);

impl<T> Deref for Guard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.0
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.1
    }
}

impl LockFamily for Generous {
    const NAME: &'static str = "generous";
    const POLICY: Policy = Policy::Unfair;
    const SHARED_READS: bool = true;
    type Lock<T: Clone + Send + Sync + 'static> = Open<T>;
}

impl TryFamily for Generous {
    const BLOCKS: bool = false;

    fn try_write<T: Clone + Send + Sync + 'static>(lock: &Open<T>) -> Option<Guard<'_, T>> {
        Some(Guard(&lock.0, lock.0.clone()))
    }
}

impl<T: Clone + Send + Sync + 'static> SharedLock<T> for Open<T> {
    type Read<'a> = Guard<'a, T>;
    type Write<'a> = Guard<'a, T>;

    fn new(_: &'static LockClass, value: T) -> Self {
        Self(value)
    }

    fn try_read(&self) -> Option<Guard<'_, T>> {
        Some(Guard(&self.0, self.0.clone()))
    }

    async fn read(&self) -> Guard<'_, T> {
        Guard(&self.0, self.0.clone())
    }

    async fn write(&self) -> Guard<'_, T> {
        Guard(&self.0, self.0.clone())
    }
}

type Torn = LockOf<Tracked<Generous>, u32>;

fn broken(tracker: &Tracker) -> Vec<String> {
    let found = tracker.findings().into_iter().filter(|it| it.kind == Kind::BrokenExclusion);
    found.inspect(|it| assert_eq!(it.certainty, Certainty::Certain)).map(|it| it.message).collect()
}

#[test]
fn a_reader_beside_a_writer_and_two_writers_are_always_seen() {
    let tracker = Tracker::new();
    runtime().block_on(tracker.task("main".into(), async {
        let torn: Torn = lock(&A);
        let writing = torn.write().await;
        drop(torn.read().await);
        let found = broken(&tracker);
        assert!(found.len() == 1 && found[0].contains("generous does not exclude"), "{found:?}");
        drop(torn.write().await);
        assert_eq!(broken(&tracker).len(), 2, "two writers");
        drop(writing);
    }));
}

#[test]
fn a_writer_beside_a_reader_is_seen_in_one_of_so_many_grants() {
    let tracker = Tracker::new();
    let one_in = tracker.verdict(Duration::ZERO).looked_one_in;
    runtime().block_on(tracker.task("main".into(), async {
        let torn: Torn = lock(&A);
        let _reading = torn.read().await;
        for _ in 0..one_in {
            drop(torn.write().await);
        }
    }));
    assert_eq!(broken(&tracker).len(), 1);
}

#[test]
fn a_lock_that_excludes_is_not_accused() {
    let tracker = Tracker::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let shared: Arc<LockOf<Tracked<lockyard_lock::TokioRwLock>, u32>> =
        Arc::new(tracker.within("set up", || lock(&A)));
    let tasks: Vec<_> = (0..8)
        .map(|nth| {
            let shared = shared.clone();
            runtime.spawn(tracker.task("task".into(), async move {
                for _ in 0..500 {
                    if nth % 2 == 0 {
                        *shared.write().await += 1;
                    } else {
                        drop(shared.read().await);
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
    assert_eq!(alarms(&tracker), []);
}

/// What is locked while tracking is off is not known, and said to be so; what was held before is still released.
#[test]
fn tracking_can_be_switched_off_and_on() {
    let tracker = Tracker::new();
    runtime().block_on(tracker.task("main".into(), async {
        let (a, b): (Mutex<u32>, Mutex<u32>) = (lock(&A), lock(&support::B));
        let held = a.write().await;
        tracker.switch_off();
        drop(held);
        drop((b.write().await, a.write().await));
        assert_eq!(tracker.acquisitions(), 1);
        let unseen = a.write().await;
        tracker.switch_on();
        let dump = tracker.dump().to_string();
        assert!(!dump.contains("holds"), "{dump}");
        // A wait for a lock whose holder is not known is no lost wake-up.
        let mut wait = Box::pin(a.write());
        assert!(
            std::future::poll_fn(|context| std::task::Poll::Ready(wait.as_mut().poll(context).is_pending()))
                .await
        );
        tracker.look(Duration::ZERO);
        tracker.look(Duration::ZERO);
        assert!(tracker.findings().iter().all(|it| it.kind != Kind::LostWakeUp), "{:?}", tracker.findings());
        drop((wait, unseen));
        drop(b.write().await);
    }));
    assert_eq!(tracker.acquisitions(), 2);
    let verdict = tracker.verdict(Duration::ZERO);
    assert!(verdict.not_seen.contains(&BlindSpot::SwitchedOff(1)), "{verdict}");
}

/// Tracked locks are a family like any other, so that a tracked lock can be tried, and tracked again.
#[test]
fn a_tracked_family_can_be_tried() {
    let tracker = Tracker::new();
    tracker.within("main", || {
        let a: LockOf<Tracked<TokioMutex>, u32> = lock(&A);
        let held = Tracked::<TokioMutex>::try_write(&a);
        assert!(held.is_some() && Tracked::<TokioMutex>::try_write(&a).is_none());
        drop(held);
        let twice: LockOf<Tracked<Tracked<TokioMutex>>, u32> = lock(&A);
        assert_eq!(
            Tracked::<Tracked<TokioMutex>>::try_write(&twice).map(|mut it| std::mem::replace(&mut *it, 1)),
            Some(0)
        );
    });
    assert_eq!(tracker.findings(), []);
}
