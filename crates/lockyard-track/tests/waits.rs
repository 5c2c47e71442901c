//! Tasks that wait for each other, and for themselves: named at once, with places, and nothing that is healthy named.

mod support;

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use lockyard_lock::{LockFamily, LockOf, ParkingLotMutex, SharedLock, TokioRwLock, TryFamily};
use lockyard_track::{Certainty, Kind, Tracked, scope};
use support::{A, B, Mutex, alarms, hangs_until, lock, run, runtime, tracker, until_waiting};
use tokio::sync::oneshot;

/// Two threads take two locks in opposite orders, and meet between the two. Neither thread ever ends: the test ends
/// with the tracker's report.
fn opposite_orders<F: TryFamily>() {
    let (tracker, reports) = tracker();
    let (a, b) = tracker.within("set up", || {
        let (a, b): (LockOf<Tracked<F>, u32>, LockOf<Tracked<F>, u32>) = (lock(&A), lock(&B));
        (Arc::new(a), Arc::new(b))
    });
    let meeting = Arc::new(Barrier::new(2));
    for (name, first, second) in [("one", a.clone(), b.clone()), ("two", b, a)] {
        let (tracker, meeting) = (tracker.clone(), meeting.clone());
        thread::spawn(move || {
            tracker.within(name, || {
                runtime().block_on(async {
                    let held = first.write().await;
                    meeting.wait();
                    let _both = (second.write().await, held);
                });
            });
        });
    }
    // What else may wake a thread is not known, so that the cycle has to last.
    assert_eq!(reports.wait_for(Kind::Deadlock).certainty, Certainty::Suspected);
    tracker.look(Duration::ZERO);
    let finding = reports.wait_for(Kind::Deadlock);
    assert_eq!(finding.certainty, Certainty::Certain);
    let mut tasks = finding.tasks.clone();
    tasks.sort();
    assert_eq!(tasks, ["one", "two"], "{finding}");
    assert_eq!(finding.edges.len(), 2, "{finding}");
    assert_eq!(
        finding.places.len(),
        2,
        "both take their first lock at one place and their second at another"
    );
    let here = |place: &String| place.contains("waits.rs");
    assert!(finding.places.iter().all(here), "{finding}");
    assert!(finding.message.contains("holds a #") && finding.message.contains("waits for b #"), "{finding}");
}

mod opposite_orders_close_a_cycle {
    macro_rules! every_lock {
        ($($module:ident: $family:ident [$($await:ident)?] $about:literal;)*) => { $(
            #[test]
            fn $module() {
                super::opposite_orders::<lockyard_lock::$family>();
            }
        )* };
    }

    lockyard_lock::for_each_lock! { every_lock }
}

/// A reader waits for the writer that is queued before it, and that writer for the reader's first read.
fn second_read_behind_a_writer<F: TryFamily>() {
    let (tracker, reports) = tracker();
    runtime().block_on(async {
        let shared: LockOf<Tracked<F>, u32> = tracker.scope("set up", async { lock(&A) }).await;
        let shared = &shared;
        let reader = tracker.scope("reader", async {
            let first = shared.read().await;
            until_waiting(&tracker, 1).await;
            let _both = (shared.read().await, first);
        });
        let writer = tracker.scope("writer", async {
            let _alone = shared.write().await;
        });
        hangs_until(until_waiting(&tracker, 2), async { tokio::join!(reader, writer) }).await;
    });
    let deadlock = reports.wait_for(Kind::Deadlock);
    assert_eq!((deadlock.edges.len(), deadlock.tasks.len()), (2, 2), "{deadlock}");
    assert!(tracker.findings().iter().any(|it| it.kind == Kind::RecursiveRead), "{:?}", tracker.findings());
}

/// Of those that yield: a blocked thread cannot look any more.
#[test]
fn a_second_read_waits_behind_a_writer() {
    macro_rules! yielding {
        ($($module:ident: $family:ident [$($await:ident)?] $about:literal;)*) => {
            [$($(yielding!(@$await $family),)?)*]
        };
        (@await $family:ident) => {
            (lockyard_lock::$family::SHARED_READS, second_read_behind_a_writer::<lockyard_lock::$family> as fn())
        };
    }

    let shared =
        lockyard_lock::for_each_lock!(yielding).into_iter().filter(|(shared_reads, _)| *shared_reads);
    let tried = shared.map(|(_, second_read)| second_read()).count();
    assert!(tried >= 2, "{tried}");
}

#[test]
fn an_upgrade_is_suspected_at_once_and_certain_when_it_stays() {
    let (tracker, reports) = tracker();
    runtime().block_on(async {
        let hangs = tracker.scope("upgrader", async {
            let shared: LockOf<Tracked<TokioRwLock>, u32> = lock(&A);
            let read = shared.read().await;
            let _both = (shared.write().await, read);
        });
        let look = async {
            until_waiting(&tracker, 1).await;
            assert_eq!(reports.wait_for(Kind::Upgrade).certainty, Certainty::Suspected);
            tracker.look(Duration::ZERO);
            let certain = reports.wait_for(Kind::Upgrade);
            assert_eq!((certain.certainty, certain.places.len()), (Certainty::Certain, 2), "{certain}");
        };
        hangs_until(look, hangs).await;
    });
}

#[test]
fn locking_twice_is_a_wait_for_oneself() {
    let (tracker, reports) = tracker();
    runtime().block_on(async {
        let hangs = tracker.scope("twice", async {
            let alone: Mutex<u32> = lock(&A);
            let _both = (alone.write().await, alone.write().await);
        });
        hangs_until(until_waiting(&tracker, 1), hangs).await;
        assert_eq!(reports.wait_for(Kind::SameTaskWait).tasks, ["twice"]);
    });
}

/// The guard was handed to another task, which has released it: what the wait is for now is somebody else's hold.
#[test]
fn a_hold_that_was_released_elsewhere_is_never_certain() {
    let (tracker, _reports) = tracker();
    let certain = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let seen = certain.clone();
    tracker.on_finding(move |it| {
        seen.fetch_or(it.certainty == Certainty::Certain, std::sync::atomic::Ordering::Relaxed);
    });
    runtime().block_on(tracker.task("main".into(), async {
        let alone: &'static Mutex<u32> = Box::leak(Box::new(lock(&A)));
        let held = alone.write().await;
        let (release, released) = oneshot::channel::<()>();
        let next = tracker.spawn("next", async move {
            let _held = alone.write().await;
            released.await.unwrap();
        });
        until_waiting(&tracker, 1).await;
        let look = async {
            until_waiting(&tracker, 2).await;
            tokio::spawn(async move { drop(held) }).await.unwrap();
            tokio::task::yield_now().await;
            tracker.look(Duration::ZERO);
            tracker.look(Duration::ZERO);
            release.send(()).unwrap();
        };
        tokio::join!(async { *alone.write().await += 1 }, look);
        next.await.unwrap();
    }));
    let found = tracker.findings();
    assert!(found.iter().any(|it| it.kind == Kind::SameTaskWait), "{found:?}");
    assert!(found.iter().all(|it| it.certainty == Certainty::Dissolved), "{found:?}");
    assert!(!certain.load(std::sync::atomic::Ordering::Relaxed), "it was released before anybody looked");
}

/// Locking a blocking lock twice would block the thread indefinitely: with the tracker it yields.
#[test]
fn locking_a_blocking_lock_twice_does_not_block() {
    let (tracker, reports) = tracker();
    runtime().block_on(async {
        let hangs = tracker.scope("twice", async {
            let alone: LockOf<Tracked<ParkingLotMutex>, u32> = lock(&A);
            let _both = (alone.write().await, alone.write().await);
        });
        hangs_until(until_waiting(&tracker, 1), hangs).await;
    });
    reports.wait_for(Kind::SameTaskWait);
}

/// The holder of a blocking lock is suspended, and the one thread there is must not be blocked by its waiter: two tasks of
/// their own, on a thread of their own, so that the test can see if it is.
#[test]
fn a_blocking_guard_across_an_await_is_named_and_blocks_no_thread() {
    let (tracker, reports) = tracker();
    let (done, is_done) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let alone: LockOf<Tracked<ParkingLotMutex>, u32> = tracker.within("set up", || lock(&A));
        let alone = std::rc::Rc::new(alone);
        let (go_on, wait) = oneshot::channel::<()>();
        let local = tokio::task::LocalSet::new();
        runtime().block_on(local.run_until(async {
            let its = alone.clone();
            let holder = tokio::task::spawn_local(tracker.task("holder".into(), async move {
                let _held = its.write().await;
                wait.await.unwrap();
            }));
            let its = alone.clone();
            let other = tokio::task::spawn_local(tracker.task("other".into(), async move {
                *its.write().await += 1;
            }));
            until_waiting(&tracker, 1).await;
            go_on.send(()).unwrap();
            holder.await.unwrap();
            other.await.unwrap();
            done.send(*alone.read().await).unwrap();
        }));
    });
    let finding = reports.wait_for(Kind::GuardAcrossAwait);
    assert_eq!((finding.tasks, finding.places.len()), (vec!["holder".to_owned()], 1));
    assert_eq!(
        is_done.recv_timeout(Duration::from_mins(1)),
        Ok(1),
        "the thread is blocked, or the lock was not had"
    );
}

/// The same where the holder awaits a contended async lock: to the one who wants the blocking lock it is an await like any
/// other, and its thread is the one that would have to resume the holder.
#[test]
fn a_blocking_guard_across_a_wait_for_an_async_lock_is_named_and_blocks_no_task() {
    let (tracker, reports) = tracker();
    let (done, is_done) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let (blocking, yielding): (LockOf<Tracked<ParkingLotMutex>, u32>, Mutex<u32>) =
            tracker.within("set up", || (lock(&A), lock(&B)));
        let locks = std::rc::Rc::new((blocking, yielding));
        let local = tokio::task::LocalSet::new();
        runtime().block_on(local.run_until(async {
            let contended = locks.1.write().await;
            let its = locks.clone();
            let holder = tokio::task::spawn_local(tracker.task("holder".into(), async move {
                let mut held = its.0.write().await;
                *its.1.write().await += 1;
                *held += 1;
            }));
            until_waiting(&tracker, 1).await;
            let its = locks.clone();
            let other = tokio::task::spawn_local(tracker.task("other".into(), async move {
                *its.0.write().await += 1;
            }));
            until_waiting(&tracker, 2).await;
            drop(contended);
            holder.await.unwrap();
            other.await.unwrap();
            done.send(*locks.0.read().await).unwrap();
        }));
    });
    assert_eq!(reports.wait_for(Kind::GuardAcrossAwait).tasks, ["holder"]);
    assert_eq!(is_done.recv_timeout(Duration::from_mins(1)), Ok(2), "the thread is blocked");
}

/// A yielding lock may be held across an await: that is what it is for.
#[test]
fn a_yielding_guard_across_an_await_is_measured_and_no_alarm() {
    let (tracker, _reports) = tracker();
    run(&tracker, async {
        let alone: Mutex<u32> = lock(&A);
        let held = alone.write().await;
        tokio::task::yield_now().await;
        drop(held);
        *alone.write().await += 1;
    });
    assert_eq!(alarms(&tracker), []);
    let across = tracker.across_awaits();
    assert_eq!((across.len(), across[0].held.count(), across[0].class.name()), (1, 1, "a"));
}

#[test]
fn block_on_inside_a_runtime_is_distinguished_from_a_slow_wait() {
    let (tracker, reports) = tracker();
    let shared = Arc::new(tracker.within("set up", || lock::<Mutex<u32>>(&A)));
    // One worker, which the second task blocks: the holder, that would release the lock, has nowhere to run.
    let one = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let (held, is_held) = oneshot::channel::<()>();
    let holder = shared.clone();
    one.spawn(tracker.task("holder".into(), async move {
        let _held = holder.write().await;
        held.send(()).unwrap();
        std::future::pending::<()>().await;
    }));
    one.spawn(tracker.task("blocker".into(), async move {
        is_held.await.unwrap();
        drop(by_blocking(shared.write()));
    }));
    while tracker.contended_acquisitions() == 0 {
        thread::yield_now();
    }
    tracker.look(Duration::ZERO);
    // First of all: a runtime with a blocked worker cannot be waited for, as dropping it would if the rest fails.
    one.shutdown_background();
    let finding = reports.wait_for(Kind::BlockOn);
    assert_eq!(finding.tasks, ["blocker", "holder"], "{finding}");
}

/// What people write, or take from a crate, when they have a future and no `async`.
fn by_blocking<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut std::task::Context::from_waker(&waker)) {
            std::task::Poll::Ready(done) => return done,
            std::task::Poll::Pending => thread::park(),
        }
    }
}

/// Branches with names, each with what the other one wants next, and a third way out: the first lock is given back before.
#[test]
fn a_lock_that_is_released_before_the_next_is_asked_for_is_no_edge() {
    let (tracker, _reports) = tracker();
    run(&tracker, async {
        let (a, b): (Mutex<u32>, Mutex<u32>) = (lock(&A), lock(&B));
        let one = scope("one", async {
            *a.write().await += 1;
            *b.write().await += 1;
        });
        let two = scope("two", async {
            *b.write().await += 1;
            *a.write().await += 1;
        });
        tokio::join!(one, two);
    });
    assert_eq!(tracker.findings(), []);
}

/// Two branches of a task that hold one lock each and want none: a third task waits for both in turn, and nothing hangs.
#[test]
fn branches_that_wait_for_different_tasks_are_no_cycle() {
    let (tracker, _reports) = tracker();
    run(&tracker, async {
        let (a, b): (Mutex<u32>, Mutex<u32>) = (lock(&A), lock(&B));
        let (release, released) = oneshot::channel::<()>();
        let holds_a = scope("holds a", async {
            let _a = a.write().await;
            released.await.unwrap();
        });
        let wants_b = scope("wants b", async {
            until_waiting(&tracker, 1).await;
            *b.write().await += 1;
        });
        let holds_b_wants_a = scope("holds b, wants a", async {
            let _b = b.write().await;
            *a.write().await += 1;
        });
        let frees = async {
            until_waiting(&tracker, 2).await;
            release.send(()).unwrap();
        };
        tokio::join!(holds_a, holds_b_wants_a, wants_b, frees);
    });
    assert_eq!(alarms(&tracker), [], "what was suspected of the branches dissolved");
}

/// Reads of a snapshot neither wait nor keep others waiting.
#[test]
fn looks_at_a_snapshot_are_no_waits() {
    let (tracker, _reports) = tracker();
    run(&tracker, async {
        let snapshot: LockOf<Tracked<lockyard_lock::ArcSwap>, u32> = lock(&A);
        let read = snapshot.read().await;
        *snapshot.write().await += 1;
        let again = snapshot.read().await;
        assert_eq!((*read, *again), (0, 1));
    });
    assert_eq!(tracker.findings(), []);
    assert_eq!((tracker.acquisitions(), tracker.contended_acquisitions()), (3, 0));
}
