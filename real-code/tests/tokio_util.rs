//! tokio-util's tokens, trackers and polled ends, over the drop-in's own types.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use futures_util::{SinkExt, StreamExt};
use real_code::{Search, check};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::yield_now;
use tokio_util::sync::{CancellationToken, PollSemaphore, PollSender, ReusableBoxFuture};
use tokio_util::task::TaskTracker;

#[test]
fn cancelling_reaches_children_and_no_parent() {
    check(Search::Exhausts(6), || async {
        let parent = CancellationToken::new();
        let child = parent.child_token();
        let sibling = parent.child_token();
        let waits = |token: CancellationToken| async move { token.cancelled().await };
        let of_child = tokio::spawn(waits(child.clone()));
        let of_parent = tokio::spawn(waits(parent.clone()));
        child.cancel();
        of_child.await.unwrap();
        assert!(!parent.is_cancelled() && !sibling.is_cancelled());
        parent.cancel();
        of_parent.await.unwrap();
        sibling.cancelled().await;
    });
}

#[test]
fn work_ends_or_is_cancelled_and_is_not_both() {
    check(Search::Exhausts(300), || async {
        let (token, done) = (CancellationToken::new(), Arc::new(AtomicU32::new(0)));
        let works = |token: CancellationToken, done: Arc<AtomicU32>| async move {
            let work = async {
                yield_now().await;
                done.fetch_add(1, Relaxed);
            };
            token.run_until_cancelled(work).await.is_some()
        };
        let others = [
            tokio::spawn(works(token.child_token(), done.clone())),
            tokio::spawn(works(token.clone(), done.clone())),
        ];
        let guard = token.clone().drop_guard();
        yield_now().await;
        drop(guard);
        let mut ended = 0;
        for other in others {
            ended += u32::from(other.await.unwrap());
        }
        assert_eq!(ended, done.load(Relaxed));
    });
}

#[test]
fn a_tracker_waits_for_all_its_tasks() {
    check(Search::Exhausts(100), || async {
        let (tracker, done) = (TaskTracker::new(), Arc::new(AtomicU32::new(0)));
        for _ in 0..2 {
            let (inner, done) = (tracker.clone(), done.clone());
            let handle = tracker.spawn(async move {
                yield_now().await;
                let last = done.clone();
                inner.spawn(async move { last.fetch_add(1, Relaxed) });
                done.fetch_add(1, Relaxed);
            });
            drop(handle);
        }
        tracker.close();
        tracker.wait().await;
        assert_eq!((done.load(Relaxed), tracker.len()), (4, 0));
    });
}

#[test]
fn permits_by_polling() {
    check(Search::Exhausts(1_000), || async {
        let (semaphore, used) = (Arc::new(Semaphore::new(1)), Arc::new(AtomicU32::new(0)));
        let uses = |semaphore: Arc<Semaphore>, used: Arc<AtomicU32>| async move {
            let mut permits = PollSemaphore::new(semaphore);
            for _ in 0..2 {
                let permit = permits.next().await.unwrap();
                assert_eq!(used.fetch_add(1, Relaxed), 0, "one permit, and two who have it");
                yield_now().await;
                used.fetch_sub(1, Relaxed);
                drop(permit);
            }
        };
        let others = [(); 2].map(|()| tokio::spawn(uses(semaphore.clone(), used.clone())));
        uses(semaphore.clone(), used).await;
        for other in others {
            other.await.unwrap();
        }
        assert_eq!(semaphore.available_permits(), 1);
    });
}

#[test]
fn messages_by_a_sink_come_once_and_in_order() {
    check(Search::Exhausts(10_000), || async {
        let (sender, mut receiver) = mpsc::channel(1);
        let sends = |sender: mpsc::Sender<u32>, from: u32| async move {
            let mut sink = PollSender::new(sender);
            for at in 0..2 {
                sink.send(from + at).await.unwrap();
            }
        };
        let others = [tokio::spawn(sends(sender.clone(), 0)), tokio::spawn(sends(sender, 10))];
        let mut came = Vec::new();
        while let Some(message) = receiver.recv().await {
            came.push(message);
        }
        for other in others {
            other.await.unwrap();
        }
        let of = |from: u32| came.iter().copied().filter(|it| it / 10 == from / 10).collect::<Vec<_>>();
        assert_eq!((of(0), of(10)), (vec![0, 1], vec![10, 11]));
    });
}

#[test]
fn a_box_is_used_again() {
    check(Search::Exhausts(10), || async {
        let semaphore = Arc::new(Semaphore::new(0));
        let mut future = ReusableBoxFuture::new(semaphore.clone().acquire_owned());
        let gives = tokio::spawn({
            let semaphore = semaphore.clone();
            async move {
                for _ in 0..2 {
                    semaphore.add_permits(1);
                    yield_now().await;
                }
            }
        });
        for _ in 0..2 {
            std::future::poll_fn(|context| future.poll(context)).await.unwrap().forget();
            future.set(semaphore.clone().acquire_owned());
        }
        gives.await.unwrap();
    });
}

#[test]
fn a_stream_of_permits_ends_when_it_is_closed() {
    check(Search::Exhausts(3), || async {
        let semaphore = Arc::new(Semaphore::new(1));
        let mut permits = PollSemaphore::new(semaphore.clone());
        let held = permits.next().await.unwrap();
        let waits = tokio::spawn(async move { Pin::new(&mut permits).next().await.is_none() });
        yield_now().await;
        semaphore.close();
        assert!(waits.await.unwrap());
        drop(held);
    });
}
