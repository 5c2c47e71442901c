//! Time behaves as tokio's own does: this source is the same in each mode. The clock stands still, and is put forward.

extern crate lockyard_tokio as tokio;

#[cfg(feature = "track")]
#[path = "support/tracked.rs"]
mod tracked;

use std::future::{pending, poll_fn, ready};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{
    Instant, MissedTickBehavior, Sleep, advance, interval, interval_at, pause, resume, sleep, sleep_until,
    timeout, timeout_at,
};

const SECOND: Duration = Duration::from_secs(1);

/// Whether it is at its end.
async fn is_over<F: Future + Unpin>(future: &mut F) -> bool {
    let mut future = std::pin::Pin::new(future);
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await
}

#[tokio::test(start_paused = true)]
async fn a_sleep_ends_when_it_is_time() {
    let start = Instant::now();
    let mut pinned = Box::pin(sleep(2 * SECOND));
    assert_eq!(pinned.deadline(), start + 2 * SECOND);
    assert!(!is_over(&mut pinned).await && !pinned.is_elapsed());
    advance(SECOND).await;
    assert!(!is_over(&mut pinned).await);
    pinned.as_mut().await;
    assert!(pinned.is_elapsed());
    assert_eq!(start.elapsed(), 2 * SECOND);
    sleep_until(start + 5 * SECOND).await;
    assert_eq!(start.elapsed(), 5 * SECOND);
    sleep(Duration::ZERO).await;
    sleep_until(start).await;
    assert_eq!(start.elapsed(), 5 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_sleep_is_reset() {
    let start = Instant::now();
    let sleeping: Sleep = sleep(SECOND);
    tokio::pin!(sleeping);
    // Later, before it was polled, and while it waits.
    sleeping.as_mut().reset(start + 3 * SECOND);
    assert_eq!(sleeping.deadline(), start + 3 * SECOND);
    assert!(!is_over(&mut sleeping).await);
    sleeping.as_mut().reset(start + 2 * SECOND);
    sleeping.as_mut().await;
    assert_eq!(start.elapsed(), 2 * SECOND);
    // And again, when it has ended.
    sleeping.as_mut().reset(start + 7 * SECOND);
    assert!(!sleeping.is_elapsed());
    sleeping.as_mut().await;
    assert_eq!(start.elapsed(), 7 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn sleeps_of_several_tasks_end_in_order() {
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    for seconds in [3, 1, 2] {
        let sender = sender.clone();
        tokio::spawn(async move {
            sleep(seconds * SECOND).await;
            sender.send(seconds).unwrap();
        });
    }
    drop(sender);
    let mut order = Vec::new();
    while let Some(seconds) = receiver.recv().await {
        order.push(seconds);
    }
    assert_eq!(order, [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_ends_what_takes_too_long() {
    let start = Instant::now();
    let elapsed = timeout(SECOND, pending::<()>()).await.unwrap_err();
    assert_eq!(elapsed.to_string(), "deadline has elapsed");
    assert_eq!(start.elapsed(), SECOND);
    assert_eq!(timeout(SECOND, ready(3)).await.unwrap(), 3);
    assert!(timeout_at(start + 4 * SECOND, pending::<()>()).await.is_err());
    assert_eq!(start.elapsed(), 4 * SECOND);
    // What is ready comes first, however late.
    assert_eq!(timeout_at(start, ready(4)).await.unwrap(), 4);
    let (sender, receiver) = oneshot::channel();
    tokio::spawn(async move {
        sleep(SECOND).await;
        sender.send(5).unwrap();
    });
    assert_eq!(timeout(2 * SECOND, receiver).await.unwrap(), Ok(5));
    assert_eq!(start.elapsed(), 5 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_gives_its_future_back() {
    let (sender, receiver) = oneshot::channel();
    let mut limited = timeout(SECOND, receiver);
    assert!(limited.get_mut().try_recv().is_err());
    assert_eq!(format!("{:?}", limited.get_ref()).split(' ').next(), Some("Receiver"));
    sender.send(6).unwrap();
    assert_eq!(limited.into_inner().await, Ok(6));
}

#[tokio::test(start_paused = true)]
async fn an_interval_ticks() {
    let start = Instant::now();
    let mut ticks = interval(2 * SECOND);
    assert_eq!(ticks.period(), 2 * SECOND);
    assert_eq!(ticks.tick().await, start);
    assert_eq!(ticks.tick().await, start + 2 * SECOND);
    assert_eq!(start.elapsed(), 2 * SECOND);
    let mut ticks = interval_at(start + 3 * SECOND, SECOND);
    assert!(poll_fn(|context| Poll::Ready(ticks.poll_tick(context).is_pending())).await);
    assert_eq!(ticks.tick().await, start + 3 * SECOND);
    assert_eq!(ticks.tick().await, start + 4 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn an_interval_is_reset() {
    let start = Instant::now();
    let mut ticks = interval(10 * SECOND);
    ticks.tick().await;
    advance(SECOND).await;
    ticks.reset();
    assert_eq!(ticks.tick().await, start + 11 * SECOND);
    ticks.reset_immediately();
    assert_eq!(ticks.tick().await, start + 11 * SECOND);
    ticks.reset_after(SECOND);
    assert_eq!(ticks.tick().await, start + 12 * SECOND);
    ticks.reset_at(start + 15 * SECOND);
    assert_eq!(ticks.tick().await, start + 15 * SECOND);
    assert_eq!(ticks.tick().await, start + 25 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn ticks_that_were_missed_are_made_up_for_as_it_is_said() {
    for (behavior, expected) in [
        (MissedTickBehavior::Burst, [20, 30, 40]),
        (MissedTickBehavior::Delay, [20, 45, 55]),
        (MissedTickBehavior::Skip, [20, 40, 50]),
    ] {
        let start = Instant::now();
        let mut ticks = interval_at(start + 10 * SECOND, 10 * SECOND);
        assert_eq!(ticks.missed_tick_behavior(), MissedTickBehavior::Burst);
        ticks.set_missed_tick_behavior(behavior);
        assert_eq!(ticks.missed_tick_behavior(), behavior);
        ticks.tick().await;
        advance(25 * SECOND).await;
        for seconds in expected {
            assert_eq!((ticks.tick().await - start).as_secs(), seconds, "{behavior:?}");
        }
    }
}

#[tokio::test]
async fn the_clock_is_paused_and_goes_on() {
    pause();
    let start = Instant::now();
    advance(SECOND).await;
    assert_eq!(start.elapsed(), SECOND);
    resume();
    sleep(Duration::ZERO).await;
}

#[cfg(feature = "track")]
#[test]
fn the_same_while_all_is_tracked() {
    tracked::again("the_same_while_all_is_tracked");
}
