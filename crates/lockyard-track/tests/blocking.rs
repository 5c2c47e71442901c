//! Locks that block threads, and time, through the hooks by which front ends report.

mod support;

use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, MutexGuard};
use std::task::Poll;
use std::time::Duration;

use lockyard_lock::{LockClass, Policy, SharedLock};
use lockyard_track::{BlindSpot, EventWait, Hold, Kind, Mode, Outcome, Resource, Tracker};
use support::{A, B, alarms, run, tracker};

static NAP: LockClass = LockClass::new("nap");

/// A mutex of the standard library that reports what happens to it, as a front end would.
struct StdMutex {
    inner: std::sync::Mutex<u32>,
    resource: Resource,
}

impl StdMutex {
    fn new(class: &'static LockClass) -> Arc<Self> {
        let resource = Resource::blocking_lock(&Tracker::current(), class, "std mutex", Policy::Unfair);
        Arc::new(Self { inner: std::sync::Mutex::new(0), resource })
    }

    #[track_caller]
    fn lock(&self) -> (Hold<'_>, MutexGuard<'_, u32>) {
        let (again, block) = (|| self.inner.try_lock().ok(), || self.inner.lock().unwrap());
        let (guard, hold) = self.resource.lock_blocking(Mode::Write, Location::caller(), again, block);
        (hold, guard)
    }
}

/// Sleeps, and reports that.
async fn nap(length: Duration) {
    let nap = Resource::timer(&Tracker::current(), &NAP, "timer");
    let mut sleep = pin!(tokio::time::sleep(length));
    let mut wait = EventWait::new("sleep", Location::caller());
    std::future::poll_fn(|context| wait.poll(&nap, context, |context| sleep.as_mut().poll(context))).await;
}

#[test]
fn a_guard_that_is_held_across_an_await_is_found_whatever_is_awaited() {
    for naps in [false, true] {
        let (tracker, _reports) = tracker();
        run(&tracker, async {
            let held = StdMutex::new(&A);
            let _guard = held.lock();
            if naps { nap(Duration::from_nanos(1)).await } else { tokio::task::yield_now().await }
        });
        assert_eq!(alarms(&tracker), [Kind::GuardAcrossAwait]);
    }
    let (tracker, _reports) = tracker();
    run(&tracker, async {
        let held = StdMutex::new(&A);
        drop(held.lock());
        nap(Duration::from_nanos(1)).await;
    });
    assert_eq!(alarms(&tracker), []);
}

#[test]
fn two_orders_of_locks_that_block_are_an_inversion() {
    let (tracker, _reports) = tracker();
    run(&tracker, async {
        let (a, b) = (StdMutex::new(&A), StdMutex::new(&B));
        let its = (a.clone(), b.clone());
        let one = lockyard_track::spawn("one", async move { drop((its.0.lock(), its.1.lock())) });
        let other = lockyard_track::spawn("other", async move { drop((b.lock(), a.lock())) });
        one.await.unwrap();
        other.await.unwrap();
    });
    assert_eq!(alarms(&tracker), [Kind::OrderInversion]);
}

/// What `hangs` panics with on one thread, where the tracker panics rather than hang.
fn panics_with(hangs: impl Future<Output = ()>) -> String {
    let (tracker, _reports) = tracker();
    tracker.panic_when_stuck();
    let _watch = tracker.watch(Duration::from_millis(10));
    let outcome = catch_unwind(AssertUnwindSafe(|| run(&tracker, hangs)));
    *outcome.unwrap_err().downcast::<String>().unwrap()
}

#[test]
fn who_locks_twice_panics() {
    let message = panics_with(async {
        let twice = StdMutex::new(&A);
        let _first = twice.lock();
        let _second = twice.lock();
    });
    assert!(message.contains("and holds a #"), "{message}");
}

#[test]
fn who_blocks_the_thread_that_is_to_resume_the_holder_panics() {
    let message = panics_with(async {
        let shared = StdMutex::new(&A);
        let its = shared.clone();
        let local = tokio::task::LocalSet::new();
        local.spawn_local(Tracker::current().task("holder".into(), async move {
            let _guard = its.lock();
            nap(Duration::from_mins(1)).await;
        }));
        let blocks = async {
            tokio::task::yield_now().await;
            drop(shared.lock());
        };
        local.run_until(blocks).await;
    });
    assert!(message.contains("held by task `holder`"), "{message}");
    assert!(message.contains("may need the thread that is blocked here"), "{message}");
}

#[test]
fn who_sleeps_is_shown_and_is_neither_stopped_nor_stuck() {
    let tracker = Tracker::new();
    support::runtime().block_on(async {
        let sleeper = tracker.spawn("sleeper", nap(Duration::from_mins(1)));
        tokio::task::yield_now().await;
        let dump = tracker.dump();
        assert_eq!(dump.tasks[0].waits[0].class.name(), "nap");
        assert!(dump.to_string().contains("waits for nap #"), "{dump}");
        let verdict = tracker.verdict(Duration::ZERO);
        assert_eq!(verdict.outcome(), Outcome::Clean, "{verdict}");
        sleeper.abort();
        assert!(sleeper.await.unwrap_err().is_cancelled());
        assert_eq!(tracker.dump().tasks, []);
    });
}

#[test]
fn who_waits_for_more_than_time_is_listed() {
    let tracker = Tracker::new();
    support::runtime().block_on(async {
        let waiter = tracker.spawn("waiter", async {
            let never = Resource::event(&Tracker::current(), &A, "event", false);
            let mut wait = EventWait::new("recv", Location::caller());
            let event = std::future::poll_fn(|context| wait.poll(&never, context, |_| Poll::<()>::Pending));
            tokio::select! { () = event => {}, () = nap(Duration::from_mins(1)) => {} }
        });
        tokio::task::yield_now().await;
        let verdict = tracker.verdict(Duration::ZERO);
        assert!(matches!(verdict.not_seen[..], [BlindSpot::Waiting(_)]), "{verdict}");
        waiter.abort();
    });
}

#[test]
fn a_sleep_that_was_left_explains_nothing() {
    let tracker = Tracker::new();
    support::runtime().block_on(async {
        let hangs = tracker.spawn("hangs", async {
            let mut nap = Box::pin(nap(Duration::from_mins(1)));
            tokio::select! { biased; () = &mut nap => {}, () = tokio::task::yield_now() => {} }
            tokio::task::yield_now().await;
            std::future::pending::<()>().await;
        });
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        let verdict = tracker.verdict(Duration::ZERO);
        assert!(matches!(verdict.not_seen[..], [BlindSpot::Stopped(_)]), "{verdict}");
        hangs.abort();
    });
}

#[test]
fn a_sleep_that_goes_on_in_another_branch_is_shown_there() {
    let tracker = Tracker::new();
    support::runtime().block_on(async {
        let sleeper = tracker.spawn("sleeper", async {
            let mut nap = Box::pin(nap(Duration::from_mins(1)));
            let first = lockyard_track::scope("first", &mut nap);
            tokio::select! { biased; () = first => {}, () = tokio::task::yield_now() => {} }
            lockyard_track::scope("second", nap).await;
        });
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        let dump = tracker.dump();
        let waits: Vec<_> = dump.tasks.iter().filter(|it| !it.waits.is_empty()).map(|it| &*it.name).collect();
        assert_eq!(waits, ["sleeper/second"], "{dump}");
        assert_eq!(tracker.verdict(Duration::ZERO).outcome(), Outcome::Clean);
        sleeper.abort();
    });
}

#[test]
fn a_sleeper_keeps_nobody_from_being_proven_stuck() {
    let (tracker, _reports) = tracker();
    run(&tracker, async {
        let sleeper = lockyard_track::spawn("sleeper", nap(Duration::from_mins(1)));
        let locks: [support::Mutex<u32>; 2] = [support::lock(&A), support::lock(&B)];
        let locks = Arc::new(locks);
        let stuck = [(0, 1), (1, 0)].map(|(first, second)| {
            let locks = locks.clone();
            lockyard_track::spawn(format!("stuck {first}"), async move {
                let _first = locks[first].write().await;
                tokio::task::yield_now().await;
                drop(locks[second].write().await);
            })
        });
        while !alarms(&tracker).contains(&Kind::Deadlock) {
            tokio::task::yield_now().await;
        }
        stuck.iter().for_each(|it| it.abort());
        sleeper.abort();
    });
}
