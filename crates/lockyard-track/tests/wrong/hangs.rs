//! Programs that never end.

use std::time::Duration;

use futures_util::stream::{self, FuturesUnordered, StreamExt};
use lockyard_lock::SharedLock;
use lockyard_track::Kind::{Deadlock, Futurelock, SameTaskWait, Upgrade};
use tokio::sync::{Barrier, Notify, oneshot};
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::corpus::{World, once, wakes_itself};
use crate::wrong;
use crate::{
    Shows::{AtOnce, InTime},
    Wrong,
};

/// Another task holds `a` until it is notified.
async fn held_by_another(w: &World) -> std::sync::Arc<Notify> {
    let release = std::sync::Arc::new(Notify::new());
    let (its, end) = (w.clone(), release.clone());
    w.spawn("another", async move {
        let _held = its.a.write().await;
        end.notified().await;
    });
    w.until_held().await;
    release
}

/// Two tasks, each of which takes a lock, meets the other there, and asks for the other's; their handles.
macro_rules! in_opposite_orders {
    ($w:ident, $first:expr, $second:expr) => {{
        let meeting = std::sync::Arc::new(Barrier::new(2));
        let (first, second, meets) = ($first.clone(), $second.clone(), meeting.clone());
        let one = $w.spawn("one", async move {
            let _held = first.write().await;
            meets.wait().await;
            let _wanted = second.write().await;
        });
        let (first, second) = ($first.clone(), $second.clone());
        let two = $w.spawn("two", async move {
            let _held = second.write().await;
            meeting.wait().await;
            let _wanted = first.write().await;
        });
        (one, two)
    }};
}

pub const ALL: &[Wrong] = wrong! {
    two_tasks_in_opposite_orders(w) AtOnce(Deadlock) => {
        let (one, two) = in_opposite_orders!(w, w.a, w.b);
        one.await.unwrap();
        two.await.unwrap();
    }
    three_tasks_in_a_cycle(w) AtOnce(Deadlock) => {
        let meeting = std::sync::Arc::new(Barrier::new(3));
        let locks = [w.a.clone(), w.b.clone(), w.c.clone()];
        let tasks: Vec<_> = (0..3usize).map(|n| {
            let (first, second, meets) = (locks[n].clone(), locks[(n + 1) % 3].clone(), meeting.clone());
            w.spawn("task", async move {
                let _first = first.write().await;
                meets.wait().await;
                let _second = second.write().await;
            })
        }).collect();
        for task in tasks { task.await.unwrap(); }
    }
    opposite_orders_after_a_turn(w) AtOnce(Deadlock) => {
        let its = w.clone();
        let one = w.spawn("one", async move {
            let _a = its.a.write().await;
            yield_now().await;
            let _b = its.b.write().await;
        });
        let its = w.clone();
        let two = w.spawn("two", async move {
            let _b = its.b.write().await;
            wakes_itself(1).await;
            let _a = its.a.write().await;
        });
        one.await.unwrap();
        two.await.unwrap();
    }
    opposite_orders_of_one_class(w) AtOnce(Deadlock) => {
        let (one, two) = in_opposite_orders!(w, w.many[0], w.many[1]);
        one.await.unwrap();
        two.await.unwrap();
    }
    opposite_orders_of_readers_and_writers(w) AtOnce(Deadlock) => {
        let meeting = std::sync::Arc::new(Barrier::new(2));
        let (its, meets) = (w.clone(), meeting.clone());
        let one = w.spawn("one", async move {
            let _a = its.shared.read().await;
            meets.wait().await;
            let _b = its.other.write().await;
        });
        let its = w.clone();
        let two = w.spawn("two", async move {
            let _b = its.other.read().await;
            meeting.wait().await;
            let _a = its.shared.write().await;
        });
        one.await.unwrap();
        two.await.unwrap();
    }
    an_unfair_lock_in_opposite_orders(w) AtOnce(Deadlock) => {
        let (one, two) = in_opposite_orders!(w, w.unfair, w.b);
        one.await.unwrap();
        two.await.unwrap();
    }
    a_third_task_behind_a_cycle(w) AtOnce(Deadlock) => {
        let (one, two) = in_opposite_orders!(w, w.a, w.b);
        let its = w.clone();
        let three = w.spawn("three", async move { yield_now().await; *its.a.write().await += 1; });
        three.await.unwrap();
        one.await.unwrap();
        two.await.unwrap();
    }
    a_second_read_behind_a_writer(w) AtOnce(Deadlock) => {
        let its = w.clone();
        let reader = w.spawn("reader", async move {
            let _first = its.shared.read().await;
            its.until_waiting(1).await;
            let _second = its.shared.read().await;
        });
        let its = w.clone();
        let writer = w.spawn("writer", async move { yield_now().await; *its.shared.write().await += 1; });
        reader.await.unwrap();
        writer.await.unwrap();
    }
    a_cycle_through_a_queue(w) AtOnce(Deadlock) => {
        // The second waits behind the third, which waits for what the first holds, which waits for the second.
        let its = w.clone();
        let first = w.spawn("first", async move {
            let _a = its.a.write().await;
            its.until_waiting(2).await;
            let _b = its.b.write().await;
        });
        w.until_held().await;
        let its = w.clone();
        let third = w.spawn("third", async move { let _a = its.a.write().await; });
        let its = w.clone();
        let second = w.spawn("second", async move {
            let _b = its.b.write().await;
            let _a = its.a.write().await;
        });
        first.await.unwrap();
        second.await.unwrap();
        third.await.unwrap();
    }
    locking_twice(w) InTime(SameTaskWait) => {
        let _first = w.a.write().await;
        let _second = w.a.write().await;
    }
    locking_twice_through_a_helper(w) InTime(SameTaskWait) => {
        async fn helper(w: &World) { *w.a.write().await += 1; }
        let _held = w.a.write().await;
        helper(&w).await;
    }
    locking_twice_in_a_task(w) InTime(SameTaskWait) => {
        let its = w.clone();
        w.spawn("task", async move {
            let _first = its.a.write().await;
            yield_now().await;
            let _second = its.a.write().await;
        }).await.unwrap();
    }
    locking_twice_an_unfair_lock(w) InTime(SameTaskWait) => {
        let _first = w.unfair.write().await;
        let _second = w.unfair.write().await;
    }
    locking_twice_a_blocking_lock(w) InTime(SameTaskWait) => {
        let _first = w.blocking.write().await;
        let _second = w.blocking.write().await;
    }
    reading_what_it_writes(w) InTime(SameTaskWait) => {
        let _write = w.shared.write().await;
        let _read = w.shared.read().await;
    }
    an_upgrade(w) InTime(Upgrade) => {
        let _read = w.shared.read().await;
        let _write = w.shared.write().await;
    }
    an_upgrade_after_an_await(w) InTime(Upgrade) => {
        let _read = w.shared.read().await;
        wakes_itself(3).await;
        let _write = w.shared.write().await;
    }
    an_upgrade_in_a_task(w) InTime(Upgrade) => {
        let its = w.clone();
        w.spawn("task", async move {
            let _read = its.shared.read().await;
            let _write = its.shared.write().await;
        }).await.unwrap();
    }
    a_branch_that_waits_for_what_is_held_around_it(w) InTime(SameTaskWait) => {
        let _held = w.a.write().await;
        w.branch("inner", async { *w.a.write().await += 1; }).await;
    }
    a_select_that_turns_away_from_a_granted_future(w) AtOnce(Futurelock) => {
        let release = held_by_another(&w).await;
        let mut first = Box::pin(async { *w.a.write().await += 1; });
        tokio::select! {
            biased;
            () = &mut first => unreachable!("it is held"),
            () = yield_now() => {
                release.notify_one();
                *w.a.write().await += 1;
            }
        }
    }
    a_named_future_that_was_granted_and_left(w) AtOnce(Futurelock) => {
        let release = held_by_another(&w).await;
        let mut first = Box::pin(w.branch("first", async { *w.a.write().await += 1; }));
        assert!(once(&mut first).await);
        release.notify_one();
        *w.a.write().await += 1;
    }
    a_future_granted_before_the_second_wait(w) AtOnce(Futurelock) => {
        let release = held_by_another(&w).await;
        let mut first = Box::pin(w.a.write());
        assert!(once(&mut first).await);
        release.notify_one();
        for _ in 0..10 { yield_now().await; }
        *w.a.write().await += 1;
    }
    a_set_that_is_not_polled_while_its_owner_locks(w) AtOnce(Futurelock) => {
        let release = held_by_another(&w).await;
        let mut set: FuturesUnordered<std::pin::Pin<Box<dyn Future<Output = ()>>>> = FuturesUnordered::new();
        for _ in 0..2 { set.push(Box::pin(async { *w.a.write().await += 1; })); }
        set.push(Box::pin(async {}));
        while set.next().await.is_some() {
            release.notify_one();
            *w.a.write().await += 1;
        }
    }
    a_buffer_whose_consumer_locks(w) AtOnce(Futurelock) => {
        let release = held_by_another(&w).await;
        let its = &w;
        let job = async |n: u32| { if n > 0 { *its.a.write().await += 1; } else { yield_now().await; } };
        let mut jobs = std::pin::pin!(stream::iter(0..4).map(job).buffer_unordered(4));
        while jobs.next().await.is_some() {
            release.notify_one();
            *w.a.write().await += 1;
        }
    }
    a_granted_reader_that_is_left(w) AtOnce(Futurelock) => {
        let held = w.shared.write().await;
        let mut first = Box::pin(w.shared.read());
        assert!(once(&mut first).await);
        drop(held);
        *w.shared.write().await += 1;
    }
    a_named_branch_that_holds_and_is_left(w) InTime(Futurelock) => {
        let wakes = Notify::new();
        let mut first = Box::pin(w.branch("first", async {
            let _held = w.a.write().await;
            wakes.notified().await;
        }));
        assert!(once(&mut first).await);
        wakes.notify_one();
        *w.a.write().await += 1;
    }
    a_named_branch_that_holds_and_is_never_woken(w) InTime(Futurelock) => {
        let mut first = Box::pin(w.branch("first", async {
            let _held = w.a.write().await;
            std::future::pending::<()>().await;
        }));
        assert!(once(&mut first).await);
        *w.a.write().await += 1;
    }
    a_branch_that_holds_and_is_left(w) InTime(SameTaskWait) => {
        let (_send, receive) = oneshot::channel::<()>();
        let mut first = Box::pin(async { let _held = w.a.write().await; _ = receive.await; });
        assert!(once(&mut first).await);
        *w.a.write().await += 1;
    }
    a_cycle_beside_a_timer(w) InTime(Deadlock) => {
        // Something else may wake the second task, so the cycle is certain only when it has lasted.
        let meeting = std::sync::Arc::new(Barrier::new(2));
        let (its, meets) = (w.clone(), meeting.clone());
        let one = w.spawn("one", async move {
            let _a = its.a.write().await;
            meets.wait().await;
            let _b = its.b.write().await;
        });
        let its = w.clone();
        let two = w.spawn("two", async move {
            let _b = its.b.write().await;
            meeting.wait().await;
            tokio::select! { _ = its.a.write() => {}, () = sleep(Duration::from_secs(100_000)) => {} }
        });
        one.await.unwrap();
        two.await.unwrap();
    }
    a_cycle_of_named_branches(w) AtOnce(Deadlock) => {
        let meeting = Barrier::new(2);
        let one = w.branch("one", async {
            let _a = w.a.write().await;
            meeting.wait().await;
            let _b = w.b.write().await;
        });
        let two = w.branch("two", async {
            let _b = w.b.write().await;
            meeting.wait().await;
            let _a = w.a.write().await;
        });
        tokio::join!(one, two);
    }
};
