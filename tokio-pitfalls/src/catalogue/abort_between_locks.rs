//! A task is aborted between two changes that belong together: the first one stays alone.
//!
//! Met in quickwit-oss/quickwit, issue 4675: a request's handler is dropped with its client, and tokio's mutex is not
//! poisoned.

use std::sync::Arc;

use tokio::sync::Mutex;

async fn transfer(accounts: Arc<[Mutex<i32>; 2]>, both_first: bool) {
    let [from, to] = &*accounts;
    if both_first {
        let (mut from, mut to) = (from.lock().await, to.lock().await);
        *from -= 10;
        *to += 10;
    } else {
        *from.lock().await -= 10;
        *to.lock().await += 10;
    }
}

async fn abandoned(both_first: bool) {
    let accounts = Arc::new([Mutex::new(100), Mutex::new(100)]);
    let task = tokio::spawn(transfer(accounts.clone(), both_first));
    tokio::task::yield_now().await;
    task.abort();
    let _ = task.await;
    let sum = *accounts[0].lock().await + *accounts[1].lock().await;
    assert_eq!(sum, 200, "a transfer was made by half");
}

/// Changes, waits, changes.
pub async fn wrong() {
    abandoned(false).await;
}

/// Waits for both, then changes both in one step.
pub async fn fixed() {
    abandoned(true).await;
}
