//! Tasks of their own: queues at locks, timeouts, aborts, sets of tasks.

use std::time::Duration;

use lockyard_lock::SharedLock;
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, yield_now};
use tokio::time::{sleep, timeout};

use crate::corpus::Program;
use crate::programs;

pub const ALL: &[Program] = programs! {
    tasks_in_a_queue(w) {
        let tasks: Vec<_> = (0..8).map(|_| {
            let its = w.clone();
            w.spawn("task", async move { let _held = its.a.write().await; yield_now().await; })
        }).collect();
        for task in tasks { task.await.unwrap(); }
    }
    a_set_of_tasks(w) {
        let mut set = JoinSet::new();
        for _ in 0..8 {
            let its = w.clone();
            set.spawn(async move { let _held = its.a.write().await; sleep(Duration::from_millis(1)).await; });
        }
        while set.join_next().await.is_some() {}
    }
    a_set_of_tasks_that_is_dropped(w) {
        let mut set = JoinSet::new();
        for _ in 0..8 {
            let its = w.clone();
            set.spawn(async move { let _held = its.a.write().await; sleep(Duration::from_millis(1)).await; });
        }
        set.join_next().await;
        drop(set);
        *w.a.write().await += 1;
    }
    readers_and_writers(w) {
        let mut tasks = Vec::new();
        for n in 0..8 {
            let its = w.clone();
            tasks.push(w.spawn("task", async move {
                if n % 3 == 0 { *its.shared.write().await += 1; } else { drop(its.shared.read().await); }
                yield_now().await;
            }));
        }
        for task in tasks { task.await.unwrap(); }
    }
    both_orders_with_a_timeout_and_another_try(w) {
        let its = w.clone();
        let other = w.spawn("other", async move {
            let _b = its.b.write().await;
            yield_now().await;
            let _a = its.a.write().await;
        });
        loop {
            let a = w.a.write().await;
            yield_now().await;
            let got = timeout(Duration::from_millis(5), w.b.write()).await.is_ok();
            drop(a);
            if got { break; }
            yield_now().await;
        }
        other.await.unwrap();
    }
    both_orders_where_one_tries(w) {
        let its = w.clone();
        let other = w.spawn("other", async move {
            let _b = its.b.write().await;
            yield_now().await;
            loop {
                if its.a.try_read().is_some() { break; }
                yield_now().await;
            }
        });
        {
            let _a = w.a.write().await;
            yield_now().await;
        }
        other.await.unwrap();
    }
    a_cycle_that_a_select_leaves(w) {
        let its = w.clone();
        let other = w.spawn("other", async move {
            let _b = its.b.write().await;
            sleep(Duration::from_millis(1)).await;
            let _a = its.a.write().await;
        });
        let a = w.a.write().await;
        sleep(Duration::from_millis(2)).await;
        tokio::select! {
            _ = w.b.write() => unreachable!("the other has it, and waits"),
            () = sleep(Duration::from_millis(5)) => {}
        }
        drop(a);
        other.await.unwrap();
    }
    a_cycle_of_a_task_whose_other_branch_holds(w) {
        // The branch that holds `a` sleeps and releases it; the one that waits for `b` holds nothing.
        let its = w.clone();
        let other = w.spawn("other", async move {
            let _b = its.b.write().await;
            sleep(Duration::from_millis(1)).await;
            let _a = its.a.write().await;
        });
        let holds = async { let _a = w.a.write().await; sleep(Duration::from_secs(5)).await; };
        let waits = async { sleep(Duration::from_millis(2)).await; *w.b.write().await += 1; };
        tokio::join!(holds, waits);
        other.await.unwrap();
    }
    a_cycle_of_a_task_whose_named_branch_holds(w) {
        let its = w.clone();
        let other = w.spawn("other", async move {
            let _b = its.b.write().await;
            sleep(Duration::from_millis(1)).await;
            let _a = its.a.write().await;
        });
        let holds = w.branch("holds", async {
            let _a = w.a.write().await;
            sleep(Duration::from_secs(5)).await;
        });
        let waits = w.branch("waits", async {
            sleep(Duration::from_millis(2)).await;
            *w.b.write().await += 1;
        });
        tokio::join!(holds, waits);
        other.await.unwrap();
    }
    a_waiter_that_is_aborted(w) {
        let held = w.a.write().await;
        let its = w.clone();
        let waiter = w.spawn("waiter", async move { *its.a.write().await += 1; });
        w.until_waiting(1).await;
        waiter.abort();
        assert!(waiter.await.is_err());
        drop(held);
        *w.a.write().await += 1;
    }
    a_holder_that_is_aborted(w) {
        let its = w.clone();
        let holder = w.spawn("holder", async move {
            let _held = its.a.write().await;
            std::future::pending::<()>().await;
        });
        w.until_held().await;
        let its = w.clone();
        let waiter = w.spawn("waiter", async move { *its.a.write().await += 1; });
        w.until_waiting(1).await;
        holder.abort();
        waiter.await.unwrap();
    }
    a_gate_before_the_lock(w) {
        let gate = std::sync::Arc::new(Semaphore::new(1));
        let tasks: Vec<_> = (0..6).map(|_| {
            let (its, gate) = (w.clone(), gate.clone());
            w.spawn("task", async move {
                let _permit = gate.acquire().await.unwrap();
                let _held = its.a.write().await;
                yield_now().await;
            })
        }).collect();
        for task in tasks { task.await.unwrap(); }
    }
    two_locks_in_one_order(w) {
        let tasks: Vec<_> = (0..6).map(|_| {
            let its = w.clone();
            w.spawn("task", async move {
                let _a = its.a.write().await;
                yield_now().await;
                let _b = its.b.write().await;
                yield_now().await;
            })
        }).collect();
        for task in tasks { task.await.unwrap(); }
    }
    one_class_in_ascending_order(w) {
        let tasks: Vec<_> = (0..6usize).map(|n| {
            let its = w.clone();
            w.spawn("task", async move {
                let _one = its.many[n].write().await;
                yield_now().await;
                let _two = its.many[n + 1].write().await;
            })
        }).collect();
        for task in tasks { task.await.unwrap(); }
    }
    forty_of_one_class_at_once(w) {
        let mut held = Vec::new();
        for lock in w.many.iter() { held.push(lock.write().await); }
        yield_now().await;
    }
    a_task_that_waits_for_a_task(w) {
        let its = w.clone();
        let held = w.a.write().await;
        let task = w.spawn("task", async move { *its.b.write().await += 1; });
        task.await.unwrap();
        drop(held);
    }
    an_unfair_lock_in_a_crowd(w) {
        let tasks: Vec<_> = (0..8).map(|_| {
            let its = w.clone();
            w.spawn("task", async move {
                for _ in 0..20 { *its.unfair.write().await += 1; yield_now().await; }
            })
        }).collect();
        for task in tasks { task.await.unwrap(); }
        assert_eq!(*w.unfair.read().await, 160);
    }
};
