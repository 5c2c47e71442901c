//! `notify_one` is called twice before anybody waits, which leaves one permit: who takes one thing for each misses one.
//!
//! A pattern: a queue beside a `Notify`, as if notifications were counted.

use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

#[derive(Default)]
struct Inbox {
    messages: Mutex<Vec<u32>>,
    arrived: Notify,
}

impl Inbox {
    fn put(&self, message: u32) {
        self.messages.lock().unwrap().push(message);
        self.arrived.notify_one();
    }

    fn take(&self) -> Option<u32> {
        self.messages.lock().unwrap().pop()
    }
}

async fn read_two(looks_first: bool) {
    let inbox = Arc::new(Inbox::default());
    let its = inbox.clone();
    let reader = tokio::spawn(async move {
        let mut read = 0;
        while read < 2 {
            if looks_first && its.take().is_some() {
                read += 1;
                continue;
            }
            its.arrived.notified().await;
            if !looks_first {
                read += its.take().map_or(0, |_| 1);
            }
        }
    });
    for message in 0..2 {
        inbox.put(message);
    }
    reader.await.unwrap();
}

/// One message for each notification.
pub async fn wrong() {
    read_two(false).await;
}

/// As many as there are, and only then waits.
pub async fn fixed() {
    read_two(true).await;
}
