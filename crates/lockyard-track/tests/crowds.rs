//! Wait cycles, and waits that are none, among ten thousand tasks.

mod support;

use std::sync::Arc;

use lockyard_lock::SharedLock;
use lockyard_track::Kind;
use support::{A, B, Mutex, alarms, lock, runtime, tracker, until_waiting};
use tokio::sync::oneshot;

/// Ten thousand wait for one of two locks. The last wait of a cycle is reported when it begins, and its tasks are dropped.
#[test]
fn a_wait_cycle_is_found_among_ten_thousand_that_wait() {
    let (tracker, reports) = tracker();
    runtime().block_on(async {
        let (a, b) =
            tracker.scope("set up", async { (lock::<Mutex<u32>>(&A), lock::<Mutex<u32>>(&B)) }).await;
        let (a, b) = (Arc::new(a), Arc::new(b));
        let (go_on, goes_on) = oneshot::channel::<()>();
        let (holds, is_held) = oneshot::channel::<()>();
        let (first, second) = (a.clone(), b.clone());
        tracker.spawn("one", async move {
            let _a = first.write().await;
            holds.send(()).unwrap();
            goes_on.await.unwrap();
            let _b = second.write().await;
        });
        is_held.await.unwrap();
        for nth in 0..10_000 {
            let a = a.clone();
            tracker.spawn(format!("waiter {nth}"), async move { *a.write().await += 1 });
        }
        let (first, second) = (a, b);
        tracker.spawn("other", async move {
            let _b = second.write().await;
            let _a = first.write().await;
        });
        until_waiting(&tracker, 10_001).await;
        assert_eq!(alarms(&tracker), [], "nothing is closed yet");
        go_on.send(()).unwrap();
        until_waiting(&tracker, 10_002).await;
    });
    let deadlock = reports.wait_for(Kind::Deadlock);
    let mut tasks = deadlock.tasks.clone();
    tasks.sort();
    // The first of the ten thousand stands before `other`, and waits for the same: the cycle goes by the holder.
    assert_eq!(tasks, ["one", "other"], "{deadlock}");
}
