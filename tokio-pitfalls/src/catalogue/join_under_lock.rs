//! A task is awaited under a lock that it needs.
//!
//! A pattern: a worker is stopped under the lock of the state into which it writes its result.

use std::sync::Arc;

use tokio::sync::Mutex;

async fn stop(under_lock: bool) {
    let results = Arc::new(Mutex::new(Vec::new()));
    let its = results.clone();
    let worker = tokio::spawn(async move { its.lock().await.push(1) });
    if under_lock {
        let results = results.lock().await;
        worker.await.unwrap();
        assert!(results.len() <= 1);
    } else {
        worker.await.unwrap();
        assert_eq!(results.lock().await.len(), 1);
    }
}

/// Locks, then waits for the worker.
pub async fn wrong() {
    stop(true).await;
}

/// Waits for the worker, then locks.
pub async fn fixed() {
    stop(false).await;
}
