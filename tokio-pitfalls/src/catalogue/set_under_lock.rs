//! A set of tasks is drained under the lock by which its tasks add to it.
//!
//! Met in bug-ops/zeph, issue 5139: `drain_pending` of a `Mutex<JoinSet>` at shutdown.

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::task::JoinSet;

type Pending = Arc<Mutex<JoinSet<()>>>;

async fn pending() -> Pending {
    let pending = Pending::default();
    let its = pending.clone();
    pending.lock().await.spawn(async move {
        its.lock().await.spawn(async {});
    });
    pending
}

/// Holds the lock while it drains.
pub async fn wrong() {
    let pending = pending().await;
    let mut set = pending.lock().await;
    while set.join_next().await.is_some() {}
}

/// Takes the set out of the lock.
pub async fn fixed() {
    let pending = pending().await;
    loop {
        let mut set = std::mem::take(&mut *pending.lock().await);
        if set.is_empty() {
            break;
        }
        while set.join_next().await.is_some() {}
    }
}
