//! Programs that end, and were wrong all the same, or may have been.

use std::time::Duration;

use lockyard_lock::SharedLock;
use lockyard_track::Kind::{GuardAcrossAwait, OrderInversion, RecursiveRead};
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::wrong;
use crate::{
    Shows::{Perhaps, Without},
    Wrong,
};

pub const ALL: &[Wrong] = wrong! {
    a_recursive_read(w) Without(RecursiveRead) => {
        let _first = w.shared.read().await;
        let _second = w.shared.read().await;
    }
    a_recursive_read_through_a_helper(w) Perhaps(RecursiveRead) => {
        async fn helper(w: &crate::corpus::World) -> u32 { *w.shared.read().await }
        let _first = w.shared.read().await;
        yield_now().await;
        helper(&w).await;
    }
    a_recursive_read_in_a_task(w) Perhaps(RecursiveRead) => {
        let its = w.clone();
        w.spawn("task", async move {
            let _first = its.shared.read().await;
            sleep(Duration::from_millis(1)).await;
            let _second = its.shared.read().await;
        }).await.unwrap();
    }
    a_recursive_read_through_a_helper_at_once(w) Without(RecursiveRead) => {
        async fn helper(w: &crate::corpus::World) -> u32 { *w.shared.read().await }
        let _first = w.shared.read().await;
        helper(&w).await;
    }
    a_recursive_read_with_a_guard_of_a_branch_that_has_ended(w) Without(RecursiveRead) => {
        let _held = w.branch("branch", async { w.a.write().await }).await;
        let _first = w.shared.read().await;
        let _second = w.shared.read().await;
    }
    a_recursive_read_behind_a_wait(w) Without(RecursiveRead) => {
        let its = w.clone();
        let holder = w.spawn("holder", async move {
            let _held = its.a.write().await;
            sleep(Duration::from_millis(1)).await;
        });
        w.until_held().await;
        let _first = w.shared.read().await;
        let _a = w.a.write().await;
        let _second = w.shared.read().await;
        drop(holder);
    }
    a_recursive_read_beside_another_branch(w) Perhaps(RecursiveRead) => {
        let reads = async {
            let _first = w.shared.read().await;
            yield_now().await;
            let _second = w.shared.read().await;
        };
        tokio::join!(reads, yield_now());
    }
    a_recursive_read_in_a_named_branch(w) Without(RecursiveRead) => {
        let reads = w.branch("reads", async {
            let _first = w.shared.read().await;
            let _second = w.shared.read().await;
        });
        tokio::join!(reads, yield_now());
    }
    both_orders_by_two_tasks(w) Without(OrderInversion) => {
        let its = w.clone();
        let one = w.spawn("one", async move { let _a = its.a.write().await; let _b = its.b.write().await; });
        let its = w.clone();
        let two = w.spawn("two", async move { let _b = its.b.write().await; let _a = its.a.write().await; });
        one.await.unwrap();
        two.await.unwrap();
    }
    both_orders_of_one_class_by_two_tasks(w) Without(OrderInversion) => {
        let its = w.clone();
        let one = w.spawn("one", async move {
            let _a = its.many[3].write().await;
            let _b = its.many[7].write().await;
        });
        let its = w.clone();
        let two = w.spawn("two", async move {
            let _b = its.many[7].write().await;
            let _a = its.many[3].write().await;
        });
        one.await.unwrap();
        two.await.unwrap();
    }
    both_orders_of_many_of_one_class(w) Without(OrderInversion) => {
        let its = w.clone();
        let one = w.spawn("one", async move {
            let mut held = Vec::new();
            for lock in its.many.iter() { held.push(lock.write().await); }
        });
        let its = w.clone();
        let two = w.spawn("two", async move {
            let _last = its.many[39].write().await;
            let _first = its.many[0].write().await;
        });
        one.await.unwrap();
        two.await.unwrap();
    }
    three_orders_by_three_tasks(w) Without(OrderInversion) => {
        let locks = [w.a.clone(), w.b.clone(), w.c.clone()];
        let tasks: Vec<_> = (0..3usize).map(|n| {
            let (first, second) = (locks[n].clone(), locks[(n + 1) % 3].clone());
            w.spawn("task", async move {
                let _first = first.write().await;
                let _second = second.write().await;
            })
        }).collect();
        for task in tasks { task.await.unwrap(); }
    }
    both_orders_of_fair_readers(w) Without(OrderInversion) => {
        let its = w.clone();
        let one = w.spawn("one", async move {
            let _a = its.shared.read().await;
            let _b = its.other.read().await;
        });
        let its = w.clone();
        let two = w.spawn("two", async move {
            let _b = its.other.read().await;
            let _a = its.shared.read().await;
        });
        one.await.unwrap();
        two.await.unwrap();
    }
    a_blocking_guard_across_a_sleep(w) Without(GuardAcrossAwait) => {
        let _held = w.blocking.write().await;
        sleep(Duration::from_millis(1)).await;
    }
    a_blocking_guard_across_a_turn(w) Without(GuardAcrossAwait) => {
        let _held = w.blocking.write().await;
        yield_now().await;
    }
    a_blocking_guard_across_a_wait_for_a_lock(w) Without(GuardAcrossAwait) => {
        let its = w.clone();
        let holder = w.spawn("holder", async move {
            let _held = its.a.write().await;
            sleep(Duration::from_millis(1)).await;
        });
        w.until_held().await;
        let _guard = w.blocking.write().await;
        *w.a.write().await += 1;
        holder.await.unwrap();
    }
};
