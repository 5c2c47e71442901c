//! A worker ends when the last sender is gone, and the one who waits for its end has kept one.
//!
//! Met in tokio-rs/tokio, issue 1761 ("mpsc deadlocking myself"), and many times since.

use tokio::sync::mpsc;

async fn work(drops: bool) {
    let (jobs, mut inbox) = mpsc::channel(2);
    let worker = tokio::spawn(async move { while inbox.recv().await.is_some() {} });
    let its = jobs.clone();
    let producer = tokio::spawn(async move { its.send(1).await.unwrap() });
    producer.await.unwrap();
    if drops {
        drop(jobs);
        worker.await.unwrap();
    } else {
        worker.await.unwrap();
        drop(jobs);
    }
}

/// The original of the clones is still there.
pub async fn wrong() {
    work(false).await;
}

/// It is dropped first.
pub async fn fixed() {
    work(true).await;
}
