//! A wait at a barrier that is cancelled and made again counts twice: the barrier opens before all have come.
//!
//! tokio-rs/tokio pull request 6494 put into the documentation that a barrier is not cancel safe; pull request 8370 mends
//! the same in a barrier of tokio's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use tokio::sync::Barrier;
use tokio::time::{sleep, timeout};

async fn phases(keeps: bool) {
    let (barrier, is_done) = (Arc::new(Barrier::new(2)), Arc::new(AtomicBool::new(false)));
    let (its, done) = (barrier.clone(), is_done.clone());
    let slow = tokio::spawn(async move {
        sleep(Duration::from_mins(1)).await;
        done.store(true, SeqCst);
        its.wait().await;
    });
    if keeps {
        let mut waiting = Box::pin(barrier.wait());
        while timeout(Duration::from_secs(40), &mut waiting).await.is_err() {}
    } else {
        while timeout(Duration::from_secs(40), barrier.wait()).await.is_err() {}
    }
    assert!(is_done.load(SeqCst), "the barrier was passed before the other one came");
    slow.await.unwrap();
}

/// Waits anew after each timeout.
pub async fn wrong() {
    phases(false).await;
}

/// Keeps its one wait.
pub async fn fixed() {
    phases(true).await;
}
