//! A watched value is read by `borrow` a while after `changed`: a newer one that is read so counts as not seen, and comes again.
//!
//! Met in tokio-stream's `WatchStream`: tokio-rs/tokio issue 3655, and pull request 3813, which brought
//! `borrow_and_update`.

use std::sync::Arc;

use tokio::sync::{Mutex, watch};

async fn follow(updates: bool) {
    let (sender, mut receiver) = watch::channel(0);
    let log = Arc::new(Mutex::new(Vec::new()));
    let its = log.clone();
    let follower = tokio::spawn(async move {
        while receiver.changed().await.is_ok() {
            let mut log = its.lock().await;
            let value = if updates { *receiver.borrow_and_update() } else { *receiver.borrow() };
            log.push(value);
        }
    });
    sender.send(1).unwrap();
    let reading = log.lock().await;
    sender.send(2).unwrap();
    drop(reading);
    drop(sender);
    follower.await.unwrap();
    assert!(log.lock().await.is_sorted_by(|one, next| one < next), "a version was handled twice");
}

/// What is read is not marked as seen.
pub async fn wrong() {
    follow(false).await;
}

/// It is.
pub async fn fixed() {
    follow(true).await;
}
