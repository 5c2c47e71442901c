//! A server that is not ready drops a request with its answer's sender, and the asker takes the error for an answer.
//!
//! A pattern: an early return between `recv` and `send`, and a `let _ =` on the other side.

use std::sync::Arc;

use tokio::sync::{Mutex, SetOnce, mpsc, oneshot};

async fn ask(waits: bool) {
    let (requests, mut inbox) = mpsc::channel::<oneshot::Sender<()>>(1);
    let (is_ready, stored) = (Arc::new(SetOnce::new()), Arc::new(Mutex::new(0)));
    let (its_ready, its_stored) = (is_ready.clone(), stored.clone());
    let server = tokio::spawn(async move {
        while let Some(answer) = inbox.recv().await {
            if waits {
                its_ready.wait().await;
            } else if its_ready.get().is_none() {
                continue;
            }
            *its_stored.lock().await += 1;
            answer.send(()).unwrap();
        }
    });
    let starter = tokio::spawn(async move { is_ready.set(()).unwrap() });
    let (answer, answered) = oneshot::channel();
    requests.send(answer).await.unwrap();
    let _ = answered.await;
    drop(requests);
    server.await.unwrap();
    starter.await.unwrap();
    assert_eq!(*stored.lock().await, 1, "a request is lost");
}

/// Drops what comes too early.
pub async fn wrong() {
    ask(false).await;
}

/// Keeps it until it is ready.
pub async fn fixed() {
    ask(true).await;
}
