//! A future that waits for a lock is granted it and not polled, while its own task waits for the same lock.
//!
//! Met in oxidecomputer/omicron, issue 9259, and described in Oxide's RFD 609, "Futurelock" (2025).

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, oneshot};
use tokio::time::sleep;

async fn save(state: &Mutex<u32>) {
    *state.lock().await += 1;
}

/// A task that holds the lock when this returns.
async fn background(state: &Arc<Mutex<u32>>) -> tokio::task::JoinHandle<()> {
    let (its, (begun, has_begun)) = (state.clone(), oneshot::channel());
    let task = tokio::spawn(async move {
        let _state = its.lock().await;
        begun.send(()).unwrap();
        sleep(Duration::from_secs(5)).await;
    });
    has_begun.await.unwrap();
    task
}

/// The first future stays in the queue while the branch waits behind it.
pub async fn wrong() {
    let state = Arc::new(Mutex::new(0));
    let task = background(&state).await;
    let mut saving = Box::pin(save(&state));
    tokio::select! {
        () = &mut saving => {}
        () = sleep(Duration::from_millis(500)) => save(&state).await,
    }
    task.await.unwrap();
}

/// `select!` has the future itself, and drops it before the branch.
pub async fn fixed() {
    let state = Arc::new(Mutex::new(0));
    let task = background(&state).await;
    tokio::select! {
        () = save(&state) => {}
        () = sleep(Duration::from_millis(500)) => save(&state).await,
    }
    task.await.unwrap();
}
