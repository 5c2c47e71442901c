//! `notify_waiters` comes while the one whom it is for is at work, and not waiting: it stops nobody.
//!
//! Met in octos-org/octos, issue 927, in three places: a loop whose `select!` makes a new `notified()` each time around.

use std::sync::Arc;

use tokio::sync::{Notify, mpsc};
use tokio::task::yield_now;

async fn serve(early: bool) {
    let (requests, mut inbox) = mpsc::channel::<u32>(1);
    let stop = Arc::new(Notify::new());
    let its = stop.clone();
    let before = stop.clone().notified_owned();
    let server = tokio::spawn(async move {
        let mut stopped = std::pin::pin!(before);
        loop {
            if early {
                tokio::select! {
                    _request = inbox.recv() => yield_now().await,
                    () = &mut stopped => break,
                }
            } else {
                tokio::select! {
                    _request = inbox.recv() => yield_now().await,
                    () = its.notified() => break,
                }
            }
        }
    });
    requests.send(1).await.unwrap();
    stop.notify_waiters();
    server.await.unwrap();
    drop(requests);
}

/// Listens while it waits.
pub async fn wrong() {
    serve(false).await;
}

/// Listens from the beginning.
pub async fn fixed() {
    serve(true).await;
}
