//! Guards and futures that move from one task to another, and holds that end unobserved.

use std::sync::Arc;
use std::time::Duration;

use lockyard_lock::{LockClass, SharedLock};
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::corpus::{Mutex, Program, World, once};
use crate::programs;

static SHORT: LockClass = LockClass::new("short");

/// A lock that lives for as long as the program, so that its guards may go anywhere.
fn lasting(lock: &Mutex) -> &'static Mutex {
    Box::leak(Box::new(lock.clone()))
}

pub const ALL: &[Program] = programs! {
    a_guard_handed_to_a_task(w) {
        let held = lasting(&w.a).write().await;
        let task = w.spawn("task", async move { sleep(Duration::from_millis(1)).await; drop(held); });
        *w.a.write().await += 1;
        task.await.unwrap();
    }
    a_guard_handed_over_by_a_channel(w) {
        let (send, receive) = oneshot::channel();
        let task = w.spawn("task", async move {
            let held = receive.await.unwrap_or_else(|_| unreachable!());
            sleep(Duration::from_millis(1)).await;
            drop(held);
        });
        _ = send.send(lasting(&w.a).write().await);
        *w.a.write().await += 1;
        task.await.unwrap();
    }
    a_guard_returned_by_a_task(w) {
        let lock = lasting(&w.a);
        let task = w.spawn("task", async move { lock.write().await });
        let mut held = task.await.unwrap();
        *held += 1;
        drop(held);
        *w.a.write().await += 1;
    }
    a_guard_returned_by_a_branch(w) {
        let held = w.branch("branch", async { w.a.write().await }).await;
        yield_now().await;
        drop(held);
        *w.a.write().await += 1;
    }
    a_guard_released_by_another_branch(w) {
        let (send, receive) = oneshot::channel();
        let takes = async { _ = send.send(w.a.write().await); *w.a.write().await += 1; };
        let releases = async { let held = receive.await; sleep(Duration::from_millis(1)).await; drop(held); };
        tokio::join!(takes, releases);
    }
    a_guard_released_by_another_named_branch(w) {
        let (send, receive) = oneshot::channel();
        let takes = w.branch("takes", async { _ = send.send(w.a.write().await); *w.a.write().await += 1; });
        let releases = w.branch("releases", async {
            let held = receive.await;
            sleep(Duration::from_millis(1)).await;
            drop(held);
        });
        tokio::join!(takes, releases);
    }
    an_upgrade_whose_read_was_handed_on(w) {
        let shared: &'static _ = Box::leak(Box::new(w.shared.clone()));
        let read = SharedLock::read(&**shared).await;
        let task = w.spawn("task", async move { sleep(Duration::from_millis(1)).await; drop(read); });
        *w.shared.write().await += 1;
        task.await.unwrap();
    }
    a_future_begun_here_and_ended_there(w) {
        let its: World = w.clone();
        let mut future = Box::pin(async move {
            let _held = its.a.write().await;
            sleep(Duration::from_millis(1)).await;
        });
        assert!(once(&mut future).await);
        let task = w.spawn("task", future);
        *w.a.write().await += 1;
        task.await.unwrap();
    }
    a_wait_begun_here_and_ended_there(w) {
        let held = w.a.write().await;
        let its = w.clone();
        let mut future = Box::pin(async move { *its.a.write().await += 1; });
        assert!(once(&mut future).await);
        let task = w.spawn("task", future);
        yield_now().await;
        drop(held);
        task.await.unwrap();
    }
    a_guard_dropped_on_another_thread(w) {
        let held = lasting(&w.a).write().await;
        let (send, receive) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || drop(receive.recv().map(|()| held)));
        let its = w.clone();
        let waiter = w.spawn("waiter", async move { *its.a.write().await += 1; });
        w.until_waiting(1).await;
        send.send(()).unwrap();
        waiter.await.unwrap();
        thread.join().unwrap();
    }
    a_lock_that_ends_with_its_holder(w) {
        for _ in 0..5 {
            let lock: Mutex = w.tracker.within("make", || Arc::new(SharedLock::new(&SHORT, 0)));
            let its = lock.clone();
            let held = lock.write().await;
            let task = w.spawn("task", async move { *its.write().await += 1; });
            yield_now().await;
            drop(held);
            task.await.unwrap();
        }
    }
};
