//! Branches of one task: `join!` and `select!`, with names and without, timeouts, futures that wake themselves.

use std::time::Duration;

use lockyard_lock::SharedLock;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};

use crate::corpus::{Program, once, wakes_itself};
use crate::programs;

pub const ALL: &[Program] = programs! {
    join_of_two_that_lock(w) {
        let lock = async || { let _held = w.a.write().await; yield_now().await; };
        tokio::join!(lock(), lock());
    }
    join_of_two_named_that_lock(w) {
        let lock = async || { let _held = w.a.write().await; yield_now().await; };
        tokio::join!(w.branch("one", lock()), w.branch("two", lock()));
    }
    join_whose_holder_wakes_itself(w) {
        let holder = async { let _held = w.shared.write().await; wakes_itself(3).await; };
        let waiter = async { *w.shared.write().await += 1; };
        tokio::join!(holder, waiter);
    }
    join_whose_named_holder_wakes_itself(w) {
        let holder = w.branch("holder", async { let _held = w.shared.write().await; wakes_itself(3).await; });
        let waiter = w.branch("waiter", async { *w.shared.write().await += 1; });
        tokio::join!(holder, waiter);
    }
    join_whose_named_holder_wakes_itself_often(w) {
        let holder = w.branch("holder", async { let _held = w.a.write().await; wakes_itself(50).await; });
        tokio::join!(holder, w.branch("waiter", async { *w.a.write().await += 1; }));
    }
    join_polled_in_the_other_order(w) {
        let holder = w.branch("holder", async { let _held = w.a.write().await; wakes_itself(9).await; });
        let waiter = w.branch("waiter", async { yield_now().await; *w.a.write().await += 1; });
        tokio::join!(waiter, holder);
    }
    join_of_two_that_read_one_lock(w) {
        let read = async || { let _read = w.shared.read().await; yield_now().await; };
        tokio::join!(read(), read());
    }
    join_of_two_named_that_read_one_lock(w) {
        let read = async || { let _read = w.shared.read().await; yield_now().await; };
        tokio::join!(w.branch("one", read()), w.branch("two", read()));
    }
    join_of_two_that_read_with_a_writer_behind(w) {
        let read = async || { let _read = w.shared.read().await; sleep(Duration::from_millis(1)).await; };
        let write = async { yield_now().await; *w.shared.write().await += 1; };
        tokio::join!(read(), write, read());
    }
    join_of_one_that_reads_and_one_that_yields_before(w) {
        // Tokio keeps one waker for both that yield, so that they look like one.
        let first = async { yield_now().await; drop(w.shared.read().await); };
        let second = async { let _read = w.shared.read().await; yield_now().await; };
        tokio::join!(first, second);
    }
    join_of_orders_that_no_branch_takes(w) {
        let one = async { yield_now().await; *w.b.write().await += 1; };
        let two = async { let _a = w.a.write().await; yield_now().await; };
        tokio::join!(one, two);
        let three = async { yield_now().await; *w.a.write().await += 1; };
        let four = async { let _b = w.b.write().await; yield_now().await; };
        tokio::join!(three, four);
    }
    join_whose_holder_sleeps(w) {
        let holder = async { let _held = w.a.write().await; sleep(Duration::from_mins(1)).await; };
        tokio::join!(holder, async { *w.a.write().await += 1; });
    }
    join_whose_holder_waits_for_a_channel(w) {
        let (send, receive) = oneshot::channel::<()>();
        let holder = async { let _held = w.a.write().await; receive.await.unwrap(); };
        let waiter = async { *w.a.write().await += 1; };
        let sender = async { sleep(Duration::from_secs(1)).await; send.send(()).unwrap(); };
        tokio::join!(holder, waiter, sender);
    }
    join_of_a_reader_and_one_that_writes(w) {
        let reader = async { let _read = w.shared.read().await; wakes_itself(4).await; };
        tokio::join!(reader, async { *w.shared.write().await += 1; });
    }
    join_of_eight_at_one_lock(w) {
        let lock = async || { let _held = w.a.write().await; wakes_itself(2).await; };
        tokio::join!(lock(), lock(), lock(), lock(), lock(), lock(), lock(), lock());
    }
    join_of_branches_with_a_lock_each(w) {
        let one = async { let _a = w.a.write().await; yield_now().await; };
        let two = async { let _b = w.b.write().await; yield_now().await; };
        tokio::join!(one, two);
    }
    nested_joins(w) {
        let lock = async || { let _held = w.a.write().await; wakes_itself(2).await; };
        let two = async || { tokio::join!(lock(), lock()); };
        tokio::join!(two(), w.branch("named", two()), two());
    }
    a_scope_that_holds_around_its_branches(w) {
        let _outer = w.a.write().await;
        let lock = async || { let _held = w.b.write().await; yield_now().await; };
        tokio::join!(w.branch("one", lock()), w.branch("two", lock()));
    }
    select_that_drops_the_wait(w) {
        let held = w.a.write().await;
        tokio::select! {
            biased;
            _ = w.a.write() => unreachable!("it is held"),
            () = yield_now() => {}
        }
        drop(held);
        *w.a.write().await += 1;
    }
    select_that_drops_a_named_wait(w) {
        let held = w.a.write().await;
        tokio::select! {
            biased;
            () = w.branch("waits", async { *w.a.write().await += 1; }) => unreachable!("it is held"),
            () = yield_now() => {}
        }
        drop(held);
    }
    select_in_a_loop_with_a_tick(w) {
        let its = w.clone();
        let holder = w.spawn("holder", async move {
            let _held = its.a.write().await;
            sleep(Duration::from_millis(50)).await;
        });
        w.until_held().await;
        let mut ticks = 0;
        let mut wait = Box::pin(w.a.write());
        let held = loop {
            tokio::select! {
                held = &mut wait => break held,
                () = sleep(Duration::from_millis(1)) => ticks += 1,
            }
        };
        drop(held);
        assert!(ticks > 0);
        holder.await.unwrap();
    }
    select_of_two_locks(w) {
        let held = w.a.write().await;
        tokio::select! {
            _ = w.a.write() => unreachable!("it is held"),
            mut b = w.b.write() => *b += 1,
        }
        drop(held);
    }
    a_timeout_around_a_wait_for_what_it_holds(w) {
        let held = w.a.write().await;
        assert!(timeout(Duration::from_millis(5), w.a.write()).await.is_err());
        drop(held);
        *w.a.write().await += 1;
    }
    a_timeout_around_an_upgrade(w) {
        let read = w.shared.read().await;
        assert!(timeout(Duration::from_millis(5), w.shared.write()).await.is_err());
        drop(read);
    }
    a_timeout_around_a_named_wait(w) {
        let held = w.a.write().await;
        let wait = w.branch("waits", async { *w.a.write().await += 1; });
        assert!(timeout(Duration::from_millis(5), wait).await.is_err());
        drop(held);
    }
    a_branch_that_is_polled_again_later(w) {
        let wakes = Notify::new();
        let mut first = Box::pin(w.branch("first", async {
            let _held = w.a.write().await;
            wakes.notified().await;
        }));
        assert!(once(&mut first).await);
        wakes.notify_one();
        tokio::join!(first, async { *w.a.write().await += 1; });
    }
    a_granted_future_that_is_polled_in_time(w) {
        let held = w.a.write().await;
        let mut first = Box::pin(async { *w.a.write().await += 1; });
        assert!(once(&mut first).await);
        drop(held);
        tokio::join!(async { *w.a.write().await += 1; }, first);
    }
    a_granted_future_that_is_dropped(w) {
        let held = w.a.write().await;
        let mut first = Box::pin(w.a.write());
        assert!(once(&mut first).await);
        drop(held);
        drop(first);
        *w.a.write().await += 1;
    }
    turns_that_a_combinator_gives(w) {
        // Polls one of its futures at a time, and wakes itself for the next: five rounds until each had its turn.
        let lock = || Box::pin(async { let _held = w.a.write().await; yield_now().await; });
        let mut all: Vec<_> = (0..6).map(|_| Some(lock())).collect();
        let mut next = 0;
        std::future::poll_fn(move |context| {
            let at = next % all.len();
            next += 1;
            if let Some(future) = &mut all[at] && future.as_mut().poll(context).is_ready() {
                all[at] = None;
            }
            if all.iter().all(Option::is_none) {
                return std::task::Poll::Ready(());
            }
            context.waker().wake_by_ref();
            std::task::Poll::Pending
        }).await;
    }
    a_worker_that_gets_its_jobs_in_a_branch(w) {
        let (send, mut jobs) = mpsc::channel::<u32>(1);
        let worker = async {
            while let Some(job) = jobs.recv().await { *w.a.write().await += job; }
        };
        let giver = async {
            for job in 0..5 { let _held = w.a.write().await; _ = send.try_send(job); yield_now().await; }
            drop(send);
        };
        tokio::join!(worker, giver);
    }
    a_lock_released_between_two_awaits(w) {
        let one = async { *w.a.write().await += 1; yield_now().await; *w.b.write().await += 1; };
        let two = async { *w.b.write().await += 1; yield_now().await; *w.a.write().await += 1; };
        tokio::join!(one, two);
    }
    try_join_that_ends_at_the_first_error(w) {
        let held = w.a.write().await;
        let waits = async { *w.a.write().await += 1; Ok::<(), ()>(()) };
        let fails = async { yield_now().await; Err::<(), ()>(()) };
        assert!(tokio::try_join!(waits, fails).is_err());
        drop(held);
    }
};
