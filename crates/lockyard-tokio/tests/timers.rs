//! Who waits for time is shown, and is neither stopped nor stuck.

#![cfg(feature = "track")]

use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use lockyard_tokio as tokio;
use tokio::lockyard::{BlindSpot, Outcome, Tracker, deny_findings};
use tokio::sync::{Mutex, Notify};
use tokio::task::yield_now;
use tokio::time::{interval, sleep, timeout};

const LONG: Duration = Duration::from_mins(10);

fn run(body: impl AsyncFnOnce(&Tracker)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let guard = deny_findings();
        body(guard.tracker()).await;
    });
}

/// The line of a task that waits for a timer.
fn waits(tracker: &Tracker) -> Vec<String> {
    let dump = tracker.dump().to_string();
    dump.lines().filter(|line| line.contains("waits for timer ")).map(str::to_owned).collect()
}

#[test]
fn each_way_of_waiting_for_time_is_shown() {
    run(async |tracker| {
        let sleeper = tokio::spawn(sleep(LONG));
        let limited = tokio::spawn(async { timeout(LONG, pending::<()>()).await.unwrap_err() });
        let ticking = tokio::spawn(async {
            let mut ticks = interval(LONG);
            ticks.tick().await;
            ticks.tick().await
        });
        while waits(tracker).len() < 3 {
            yield_now().await;
        }
        for line in waits(tracker) {
            assert!(line.contains("tests/timers.rs:") && line.contains(" for 0."), "{line}");
        }
        let verdict = tracker.verdict(Duration::ZERO);
        // The task that the timeout is around waits for what is not seen, and yet not for good.
        assert_eq!(verdict.outcome(), Outcome::Clean, "{verdict}");
        sleeper.abort();
        limited.abort();
        ticking.abort();
        assert!(sleeper.await.is_err() && limited.await.is_err() && ticking.await.is_err());
        assert_eq!(waits(tracker), [""; 0]);
    });
}

#[test]
fn a_wait_for_time_ends_with_it_or_when_it_is_given_up() {
    run(async |tracker| {
        sleep(Duration::from_nanos(1)).await;
        assert!(timeout(Duration::from_nanos(1), pending::<()>()).await.is_err());
        let mut ticks = interval(LONG);
        ticks.tick().await;
        let mut next = Box::pin(ticks.tick());
        assert!(poll_fn(|context| Poll::Ready(next.as_mut().poll(context).is_pending())).await);
        assert_eq!(waits(tracker).len(), 1);
        drop(next);
        let mut limited = Box::pin(timeout(LONG, yield_now()));
        limited.as_mut().await.unwrap();
        let mut long = Box::pin(sleep(LONG));
        assert!(poll_fn(|context| Poll::Ready(long.as_mut().poll(context).is_pending())).await);
        let now = tokio::time::Instant::now();
        long.as_mut().reset(now);
        long.as_mut().await;
        // With what was in the timeout its wait has ended.
        assert_eq!(waits(tracker), [""; 0]);
        drop(limited);
    });
}

#[test]
fn who_waits_for_something_else_as_well_is_listed() {
    run(async |tracker| {
        let never = Arc::new(Notify::new());
        let its = never.clone();
        let waits = tokio::spawn(async move { drop(timeout(LONG, its.notified()).await) });
        yield_now().await;
        let verdict = tracker.verdict(Duration::ZERO);
        assert!(matches!(verdict.not_seen[..], [BlindSpot::Waiting(_)]), "{verdict}");
        never.notify_one();
        waits.await.unwrap();
    });
}

#[test]
fn a_sleep_that_select_has_left_explains_no_hang() {
    run(async |tracker| {
        let hangs = tokio::spawn(async {
            let mut limit = Box::pin(sleep(LONG));
            for _ in 0..2 {
                tokio::select! { biased; () = &mut limit => {}, () = yield_now() => {} }
            }
            pending::<()>().await;
        });
        for _ in 0..4 {
            yield_now().await;
        }
        assert_eq!(waits(tracker), [""; 0]);
        let verdict = tracker.verdict(Duration::ZERO);
        assert!(matches!(verdict.not_seen[..], [BlindSpot::Stopped(_)]), "{verdict}");
        hangs.abort();
    });
    run(async |tracker| {
        let sleeps = tokio::spawn(async {
            let mut limit = Box::pin(sleep(LONG));
            for _ in 0..2 {
                tokio::select! { biased; () = &mut limit => {}, () = yield_now() => {} }
            }
            limit.await;
        });
        for _ in 0..4 {
            yield_now().await;
        }
        assert_eq!(waits(tracker).len(), 1);
        sleeps.abort();
    });
}

/// Two tasks that wait for each other, beside one that sleeps; or one of them with a limit.
async fn stuck(limited: bool) {
    let (one, other) = (Arc::new(Mutex::new(1)), Arc::new(Mutex::new(2)));
    let its = (one.clone(), other.clone());
    let sleeps = tokio::spawn(sleep(LONG));
    let first = tokio::spawn(async move {
        let _one = its.0.lock().await;
        yield_now().await;
        drop(its.1.lock().await);
    });
    let held = other.lock().await;
    yield_now().await;
    if limited {
        assert!(timeout(Duration::from_millis(20), one.lock()).await.is_err());
        drop(held);
    } else {
        drop((one.lock().await, held));
    }
    first.await.unwrap();
    sleeps.abort();
}

/// What a test with this body would fail with for certain.
fn failure(body: impl Future<Output = ()>) -> Option<String> {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let _guard = deny_findings();
            body.await;
        });
    }));
    Some(*outcome.err()?.downcast::<String>().expect("a message"))
}

#[test]
fn a_sleeper_keeps_nobody_from_being_proven_stuck() {
    let message = failure(stuck(false)).expect("a failure");
    assert!(message.contains("deadlock: task `"), "{message}");
    // With a limit nothing hangs; the orders are an inversion all the same.
    let message = failure(stuck(true)).expect("a failure");
    assert!(message.contains("order inversion") && !message.contains("deadlock: task"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_shown_while_nothing_is_tracked() {
    let tracker = Tracker::new_off();
    sleep(LONG).await;
    assert_eq!(waits(&tracker), [""; 0]);
}
