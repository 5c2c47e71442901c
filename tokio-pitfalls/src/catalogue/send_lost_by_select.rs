//! A `send` that loses in a `select!` is dropped, and its message with it.
//!
//! Met by Oxide: tokio-rs/tokio pull request 5947 ("has bitten our team a couple of times"), which put it into the
//! documentation.

use std::collections::VecDeque;

use tokio::sync::{Notify, mpsc};

async fn forward(reserve: bool) {
    let (sender, mut inbox) = mpsc::channel(1);
    let reader = tokio::spawn(async move {
        let mut read = Vec::new();
        while let Some(message) = inbox.recv().await {
            read.push(message);
        }
        read
    });
    let tick = Notify::new();
    tick.notify_one();
    let mut queue = VecDeque::from([1, 2]);
    while !queue.is_empty() {
        if reserve {
            tokio::select! {
                permit = sender.reserve() => permit.unwrap().send(queue.pop_front().unwrap()),
                () = tick.notified() => {}
            }
        } else {
            tokio::select! {
                sent = sender.send(queue.pop_front().unwrap()) => sent.unwrap(),
                () = tick.notified() => {}
            }
        }
    }
    drop(sender);
    assert_eq!(reader.await.unwrap(), [1, 2], "a message is lost");
}

/// The message is in the future.
pub async fn wrong() {
    forward(false).await;
}

/// The future has room alone, and the message stays in the queue until there is some.
pub async fn fixed() {
    forward(true).await;
}
