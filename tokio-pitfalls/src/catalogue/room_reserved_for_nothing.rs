//! A forwarder reserves room in a channel before it has anything to send, so that one with a message finds none.
//!
//! Met in tower, tower-rs/tower pull request 434: readiness of a `Buffer` is a slot in its channel, and idle
//! forwarders keep all of them.

use tokio::sync::mpsc;

async fn forward(mut from: mpsc::Receiver<u32>, to: mpsc::Sender<u32>, room_first: bool) {
    if room_first {
        let room = to.reserve().await.unwrap();
        room.send(from.recv().await.unwrap());
    } else {
        let message = from.recv().await.unwrap();
        to.send(message).await.unwrap();
    }
}

async fn two_sources(room_first: bool) {
    let (to, mut all) = mpsc::channel(1);
    let (first, from_first) = mpsc::channel(1);
    let (second, from_second) = mpsc::channel(1);
    let one = tokio::spawn(forward(from_first, to.clone(), room_first));
    let other = tokio::spawn(forward(from_second, to, room_first));
    second.send(2).await.unwrap();
    assert_eq!(all.recv().await, Some(2));
    first.send(1).await.unwrap();
    assert_eq!(all.recv().await, Some(1));
    one.await.unwrap();
    other.await.unwrap();
}

/// Room first.
pub async fn wrong() {
    two_sources(true).await;
}

/// A message first.
pub async fn fixed() {
    two_sources(false).await;
}
