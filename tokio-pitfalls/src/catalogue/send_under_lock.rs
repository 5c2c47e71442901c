//! A message is sent, into a channel that is full, under a lock that its receiver needs to go on.
//!
//! Met in nearai/ironclaw, pull request 905 (issue 869): the guard of an `RwLock<Option<Sender>>` was held across
//! `send` in ten places.

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc};

async fn publish(under_lock: bool) {
    let count = Arc::new(Mutex::new(0));
    let (events, mut inbox) = mpsc::channel(1);
    let its = count.clone();
    let listener = tokio::spawn(async move {
        while inbox.recv().await.is_some() {
            *its.lock().await += 1;
        }
    });
    let held = count.lock().await;
    if under_lock {
        for event in 0..3 {
            events.send(event).await.unwrap();
        }
        drop(held);
    } else {
        drop(held);
        for event in 0..3 {
            events.send(event).await.unwrap();
        }
    }
    drop(events);
    listener.await.unwrap();
    assert_eq!(*count.lock().await, 3);
}

/// Sends under the lock.
pub async fn wrong() {
    publish(true).await;
}

/// Unlocks first.
pub async fn fixed() {
    publish(false).await;
}
