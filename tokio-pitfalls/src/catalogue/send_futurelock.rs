//! A `send` that is not polled has the next room of the channel, for which its own task waits with another `send`.
//!
//! Met in oxidecomputer/omicron, issue 9272: channels of size 1 in a `select!` loop that reports progress.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::sleep;

const TICK: Duration = Duration::from_secs(10);

/// A channel with one message in it and no room for another, and its reader, which is slow to begin.
async fn begun() -> (mpsc::Sender<&'static str>, JoinHandle<u32>) {
    let (sender, mut inbox) = mpsc::channel(1);
    sender.send("begun").await.unwrap();
    let reader = tokio::spawn(async move {
        sleep(2 * TICK).await;
        let mut read = 0;
        while inbox.recv().await.is_some() {
            read += 1;
        }
        read
    });
    (sender, reader)
}

/// The result stays in the queue while progress waits behind it.
pub async fn wrong() {
    let (sender, reader) = begun().await;
    let mut sending = Box::pin(sender.send("result"));
    tokio::select! {
        sent = &mut sending => sent.unwrap(),
        () = sleep(TICK) => {
            sender.send("progress").await.unwrap();
            sending.as_mut().await.unwrap();
        }
    }
    drop(sending);
    drop(sender);
    assert_eq!(reader.await.unwrap(), 3);
}

/// Nothing stays in the queue while the branch is at work.
pub async fn fixed() {
    let (sender, reader) = begun().await;
    tokio::select! {
        sent = sender.send("result") => sent.unwrap(),
        () = sleep(TICK) => {
            sender.send("progress").await.unwrap();
            sender.send("result").await.unwrap();
        }
    }
    drop(sender);
    assert_eq!(reader.await.unwrap(), 3);
}
