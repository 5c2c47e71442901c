//! A receiver that has fallen behind takes the error that says so for the end of the channel.
//!
//! Met in jito-labs/shredstream-proxy, pull request 68, and MarineYachtRadar/mayara-server, issue 31: `while let Ok(…) =
//! recv().await`.

use tokio::sync::broadcast::{self, error::RecvError};

async fn last_seen(mut events: broadcast::Receiver<u32>, goes_on: bool) -> u32 {
    let mut last = 0;
    loop {
        match events.recv().await {
            Ok(event) => last = event,
            Err(RecvError::Lagged(_)) if goes_on => {}
            Err(_) => return last,
        }
    }
}

async fn stream(goes_on: bool) {
    let (sender, events) = broadcast::channel(2);
    let listener = tokio::spawn(last_seen(events, goes_on));
    for event in 1..=3 {
        sender.send(event).ok();
        tokio::task::yield_now().await;
    }
    drop(sender);
    assert_eq!(listener.await.unwrap(), 3, "the last event was not seen");
}

/// Any error is the end.
pub async fn wrong() {
    stream(false).await;
}

/// Goes on with the oldest event that is left.
pub async fn fixed() {
    stream(true).await;
}
