//! Two locks are taken in both orders, so that two tasks can each hold one and wait for the other's.
//!
//! Met in versatica/mediasoup, pull request 1605: `paused` and `producer_paused` of a consumer, taken one way round by a
//! request and the other way round by a notification.

use std::sync::Arc;

use tokio::sync::Mutex;

struct Consumer {
    paused: Mutex<bool>,
    producer_paused: Mutex<bool>,
}

impl Consumer {
    async fn resume(&self) {
        let mut paused = self.paused.lock().await;
        if !*self.producer_paused.lock().await {
            *paused = false;
        }
    }

    async fn producer_resumed(&self, as_resume_does: bool) {
        if as_resume_does {
            let _paused = self.paused.lock().await;
            *self.producer_paused.lock().await = false;
        } else {
            let mut producer_paused = self.producer_paused.lock().await;
            let _paused = self.paused.lock().await;
            *producer_paused = false;
        }
    }
}

async fn both(as_resume_does: bool) {
    let consumer = Arc::new(Consumer { paused: Mutex::new(true), producer_paused: Mutex::new(true) });
    let its = consumer.clone();
    let resuming = tokio::spawn(async move { its.resume().await });
    consumer.producer_resumed(as_resume_does).await;
    resuming.await.unwrap();
}

/// Each has an order of its own.
pub async fn wrong() {
    both(false).await;
}

/// One order for all.
pub async fn fixed() {
    both(true).await;
}
