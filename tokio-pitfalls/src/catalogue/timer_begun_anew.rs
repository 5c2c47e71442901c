//! A `select!` in a loop makes its `sleep` anew each time around: while messages come, it never ends.
//!
//! A pattern: a batch that is to be written after some time at the latest.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;

const LATEST: Duration = Duration::from_secs(25);

/// How many messages came before the first batch was written.
async fn batches(mut inbox: mpsc::Receiver<u32>, one_timer: bool) -> u32 {
    let mut messages = 0;
    let mut timer = Box::pin(sleep(LATEST));
    loop {
        if !one_timer {
            timer = Box::pin(sleep(LATEST));
        }
        tokio::select! {
            message = inbox.recv() => match message {
                Some(_) => messages += 1,
                None => return messages,
            },
            () = &mut timer => return messages,
        }
    }
}

async fn write(one_timer: bool) {
    let (sender, inbox) = mpsc::channel(1);
    let writer = tokio::spawn(batches(inbox, one_timer));
    for message in 0..4 {
        sleep(Duration::from_secs(10)).await;
        if sender.send(message).await.is_err() {
            break;
        }
    }
    drop(sender);
    assert!(writer.await.unwrap() <= 3, "a message waited longer than it may");
}

/// A timer for each turn of the loop.
pub async fn wrong() {
    write(false).await;
}

/// A timer for each batch.
pub async fn fixed() {
    write(true).await;
}
