//! Futurelock: three ways into it are named, and programs that look like it and are healthy are left alone.

mod support;

use std::pin::Pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use lockyard_lock::SharedLock;
use lockyard_track::{Certainty, Kind, scope};
use support::{
    A, Mutex, alarms, hangs_until, lock, run, runtime, tracker, until_alarmed, until_suspected, until_waiting,
};
use tokio::sync::Notify;
use tokio::task::yield_now;

/// A lock that another task holds until it is notified.
struct Held {
    lock: std::sync::Arc<Mutex<u32>>,
    let_go: std::sync::Arc<Notify>,
}

async fn held_by_another(tracker: &lockyard_track::Tracker) -> Held {
    let (lock, let_go) = (std::sync::Arc::new(lock::<Mutex<u32>>(&A)), std::sync::Arc::new(Notify::new()));
    let (is_held, holds) = tokio::sync::oneshot::channel();
    let (its_lock, its_end) = (lock.clone(), let_go.clone());
    tracker.spawn("another", async move {
        let _held = its_lock.write().await;
        is_held.send(()).unwrap();
        its_end.notified().await;
    });
    holds.await.unwrap();
    Held { lock, let_go }
}

/// Polls once.
async fn once<F: Future + ?Sized>(future: &mut Pin<Box<F>>) -> bool {
    std::future::poll_fn(|context| std::task::Poll::Ready(future.as_mut().poll(context).is_pending())).await
}

/// `select!` on a borrowed future, then the same lock in the other arm: the first one is granted and never polled.
#[test]
fn a_select_that_turns_away_from_a_wait() {
    let (tracker, reports) = tracker();
    runtime().block_on(async {
        let hangs = tracker.task("task".into(), async {
            let Held { lock, let_go } = held_by_another(&tracker).await;
            let mut first = Box::pin(async { *lock.write().await += 1 });
            tokio::select! {
                biased;
                () = &mut first => panic!("it is held"),
                () = yield_now() => {
                    let_go.notify_one();
                    *lock.write().await += 1;
                }
            }
        });
        hangs_until(until_alarmed(&tracker), hangs).await;
    });
    let suspected = reports.wait_for(Kind::Futurelock);
    assert_eq!(suspected.certainty, Certainty::Suspected, "{suspected}");
    let finding = reports.wait_for(Kind::Futurelock);
    assert_eq!((finding.certainty, finding.places.len()), (Certainty::Certain, 2), "{finding}");
}

#[test]
fn granted_before_the_second_wait_begins() {
    let (tracker, reports) = tracker();
    runtime().block_on(async {
        let hangs = tracker.task("task".into(), async {
            let Held { lock, let_go } = held_by_another(&tracker).await;
            let mut first = Box::pin(lock.write());
            assert!(once(&mut first).await);
            let_go.notify_one();
            // The other one has ended by now: the only holder is the future that is not polled.
            for _ in 0..10 {
                yield_now().await;
            }
            *lock.write().await += 1;
        });
        hangs_until(until_alarmed(&tracker), hangs).await;
    });
    reports.wait_for(Kind::Futurelock);
}

#[test]
fn a_set_of_futures_that_is_not_polled_while_its_owner_locks() {
    let (tracker, reports) = tracker();
    runtime().block_on(async {
        let hangs = tracker.task("task".into(), async {
            let Held { lock, let_go } = held_by_another(&tracker).await;
            let mut set: FuturesUnordered<Pin<Box<dyn Future<Output = ()>>>> = FuturesUnordered::new();
            for _ in 0..2 {
                set.push(Box::pin(async { *lock.write().await += 1 }));
            }
            set.push(Box::pin(async {}));
            while set.next().await.is_some() {
                let_go.notify_one();
                *lock.write().await += 1;
            }
        });
        hangs_until(until_alarmed(&tracker), hangs).await;
    });
    reports.wait_for(Kind::Futurelock);
}

/// The branch has the lock already. With a name it is seen to be woken and left alone.
#[test]
fn a_named_branch_that_holds_and_is_left_alone() {
    let (tracker, reports) = tracker();
    runtime().block_on(async {
        let hangs = tracker.task("task".into(), async {
            let lock: Mutex<u32> = lock(&A);
            let wakes = Notify::new();
            let mut first = Box::pin(scope("first", async {
                let _held = lock.write().await;
                wakes.notified().await;
            }));
            assert!(once(&mut first).await);
            wakes.notify_one();
            *lock.write().await += 1;
        });
        hangs_until(until_suspected(&tracker, Kind::Futurelock), hangs).await;
    });
    let finding = reports.wait_for(Kind::Futurelock);
    assert_eq!(finding.certainty, Certainty::Suspected, "the guard may be elsewhere by now: {finding}");
    assert!(finding.tasks.iter().any(|task| task == "task/first"), "{finding}");
}

/// Holds a lock in a branch that is never woken, and asks for it.
async fn leaves_a_holder_alone() {
    let lock: Mutex<u32> = lock(&A);
    let mut first = Box::pin(scope("first", async {
        let _held = lock.write().await;
        std::future::pending::<()>().await;
    }));
    assert!(once(&mut first).await);
    *lock.write().await += 1;
}

/// A branch that nothing wakes is reported by a watch: it was not polled since, though it holds what its task waits for.
#[test]
fn a_named_branch_that_is_never_woken_is_reported_by_a_watch() {
    let (tracker, reports) = tracker();
    runtime().block_on(async {
        let hangs = tracker.task("task".into(), leaves_a_holder_alone());
        hangs_until(until_waiting(&tracker, 1), hangs).await;
    });
    // The wait has ended with its task. A watch that comes too late reports nothing.
    tracker.look(Duration::ZERO);
    assert_eq!(alarms(&tracker), []);

    runtime().block_on(async {
        let hangs = tracker.task("task".into(), leaves_a_holder_alone());
        let look = async {
            until_waiting(&tracker, 2).await;
            tracker.look(Duration::ZERO);
        };
        hangs_until(look, hangs).await;
    });
    reports.wait_for(Kind::Futurelock);
}

/// Programs that end. Each is run as one task, behind a holder that lets go once they wait.
mod healthy {
    use super::*;

    fn is_healthy<F: Future<Output = ()>>(
        waiting: u64,
        program: impl FnOnce(std::sync::Arc<Mutex<u32>>) -> F,
    ) {
        let (tracker, _reports) = tracker();
        run(&tracker, async {
            let Held { lock, let_go } = held_by_another(&tracker).await;
            let release = async {
                until_waiting(&tracker, waiting).await;
                let_go.notify_one();
            };
            tokio::join!(program(lock), release);
        });
        assert_eq!(alarms(&tracker), []);
    }

    async fn pause() {
        for _ in 0..5 {
            yield_now().await;
        }
    }

    async fn locker(lock: &Mutex<u32>) {
        let _held = lock.write().await;
        pause().await;
    }

    #[test]
    fn join_of_two_lockers() {
        is_healthy(2, async |lock| {
            tokio::join!(locker(&lock), locker(&lock));
        });
    }

    #[test]
    fn join_polled_in_the_other_order() {
        is_healthy(2, async |lock| {
            tokio::join!(
                async {
                    pause().await;
                    locker(&lock).await;
                },
                locker(&lock)
            );
        });
    }

    #[test]
    fn a_set_of_lockers() {
        is_healthy(5, async |lock| {
            let mut set: FuturesUnordered<_> = (0..5).map(|_| locker(&lock)).collect();
            while set.next().await.is_some() {}
        });
    }

    #[test]
    fn a_large_set_beside_a_locker() {
        is_healthy(41, async |lock| {
            let mut set: FuturesUnordered<_> = (0..40).map(|_| locker(&lock)).collect();
            tokio::join!(async { while set.next().await.is_some() {} }, locker(&lock));
        });
    }

    #[test]
    fn a_locker_that_comes_first_beside_a_large_set() {
        is_healthy(42, async |lock| {
            let mut set: FuturesUnordered<_> = (0..40).map(|_| locker(&lock)).collect();
            tokio::join!(async { while set.next().await.is_some() {} }, locker(&lock), async {
                yield_now().await;
                locker(&lock).await;
            });
        });
    }

    #[test]
    fn one_branch_holds_for_long_and_the_other_waits() {
        is_healthy(1, async |lock| {
            tokio::join!(locker(&lock), async {
                pause().await;
                locker(&lock).await;
            });
        });
    }

    #[test]
    fn a_select_that_drops_the_one_it_turns_away_from() {
        is_healthy(1, async |lock| {
            for _ in 0..20 {
                tokio::select! {
                    biased;
                    () = locker(&lock) => {}
                    () = yield_now() => {}
                }
                locker(&lock).await;
            }
        });
    }

    /// The wait for what another branch holds was suspected, and is nothing once it goes on.
    #[test]
    fn a_suspicion_dissolves() {
        let (tracker, reports) = tracker();
        run(&tracker, async {
            let lock: Mutex<u32> = lock(&A);
            tokio::join!(locker(&lock), locker(&lock));
        });
        assert_eq!(reports.wait_for(Kind::SameTaskWait).certainty, Certainty::Suspected);
        assert_eq!(tracker.findings()[0].certainty, Certainty::Dissolved);
    }
}
