//! Producers and consumers wait for the same `Notify`: the wake-up for one kind goes to the other, which has no use for it.
//!
//! A pattern, as old as condition variables: one of them for "not empty" and "not full", and `notify_one`.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

struct Buffer {
    items: Mutex<VecDeque<u32>>,
    not_empty: Arc<Notify>,
    not_full: Arc<Notify>,
}

impl Buffer {
    fn try_put(&self) -> bool {
        let mut items = self.items.lock().unwrap();
        let has_room = items.is_empty();
        if has_room {
            items.push_back(1);
        }
        has_room
    }

    async fn put(&self) {
        while !self.try_put() {
            self.not_full.notified().await;
        }
        self.not_empty.notify_one();
    }

    async fn take(&self) {
        while self.items.lock().unwrap().pop_front().is_none() {
            self.not_empty.notified().await;
        }
        self.not_full.notify_one();
    }
}

async fn producers_and_consumers(apart: bool) {
    let not_empty = Arc::new(Notify::new());
    let not_full = if apart { Arc::new(Notify::new()) } else { not_empty.clone() };
    let buffer = Arc::new(Buffer { items: Mutex::default(), not_empty, not_full });
    let consumers = [(); 2].map(|()| {
        let buffer = buffer.clone();
        tokio::spawn(async move { buffer.take().await })
    });
    tokio::task::yield_now().await;
    buffer.put().await;
    buffer.put().await;
    for consumer in consumers {
        consumer.await.unwrap();
    }
}

/// One for both.
pub async fn wrong() {
    producers_and_consumers(false).await;
}

/// One for each.
pub async fn fixed() {
    producers_and_consumers(true).await;
}
