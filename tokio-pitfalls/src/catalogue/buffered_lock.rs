//! The futures of a buffered stream hold a lock, and are not polled while the stream's body waits for it.
//!
//! Met as issue 2387 of rust-lang/futures-rs, and in clockworklabs/SpacetimeDB, pull request 369.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use tokio::sync::Mutex;
use tokio::task::yield_now;

async fn query(database: Arc<Mutex<u32>>) {
    let mut database = database.lock().await;
    yield_now().await;
    *database += 1;
}

/// The stream's futures are part of this task.
pub async fn wrong() {
    let database = Arc::new(Mutex::new(0));
    stream::iter(0..2)
        .map(|_| query(database.clone()))
        .buffered(2)
        .for_each(|()| query(database.clone()))
        .await;
}

/// Each is a task of its own.
pub async fn fixed() {
    let database = Arc::new(Mutex::new(0));
    stream::iter(0..2)
        .map(|_| tokio::spawn(query(database.clone())))
        .buffered(2)
        .for_each(|done| {
            done.unwrap();
            query(database.clone())
        })
        .await;
}
